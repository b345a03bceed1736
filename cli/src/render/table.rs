//! Tables: aligned for people, comma-separated for programs.

use serde_json::Value as Json;
use unicode_width::UnicodeWidthStr;

/// Columns under their names; numbers to the right, texts to the left.
pub fn text(columns: &[String], rows: &[Vec<Json>]) -> String {
    let cells: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|it| one_line(&plain(it))).collect()).collect();
    let width = |at: usize| {
        let all = cells.iter().map(|row| row[at].width());
        all.chain([columns[at].width()]).max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..columns.len()).map(width).collect();
    let right = |at: usize| rows.iter().all(|row| row[at].is_number() || row[at].is_null()) && !rows.is_empty();
    let right: Vec<bool> = (0..columns.len()).map(right).collect();
    let line = |cells: &[String]| {
        let padded = cells.iter().enumerate().map(|(at, cell)| {
            let space = " ".repeat(widths[at] - cell.width());
            if right[at] { space + cell } else { cell.clone() + &space }
        });
        format!("{}\n", padded.collect::<Vec<_>>().join("  ").trim_end())
    };
    let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
    line(columns) + &line(&rule) + &cells.iter().map(|row| line(row)).collect::<String>()
}

/// As RFC 4180 has it, with a line of names.
pub fn csv(columns: &[String], rows: &[Vec<Json>]) -> String {
    let line = |cells: Vec<String>| cells.iter().map(|it| quoted(it)).collect::<Vec<_>>().join(",") + "\r\n";
    let rows = rows.iter().map(|row| line(row.iter().map(plain).collect()));
    line(columns.to_vec()) + &rows.collect::<String>()
}

fn quoted(cell: &str) -> String {
    let special = cell.contains([',', '"', '\n', '\r']) || cell.trim() != cell;
    if special { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell.to_owned() }
}

fn plain(cell: &Json) -> String {
    match cell {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn one_line(text: &str) -> String {
    text.replace('\n', "\\n").replace(['\r', '\t'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn table() -> (Vec<String>, Vec<Vec<Json>>) {
        let columns = ["name", "count"].map(str::to_owned).to_vec();
        (
            columns,
            vec![vec![json!("a \"b\", c"), json!(7)], vec![json!("é\nf"), json!(null)], vec![json!(null), json!(12)]],
        )
    }

    #[test]
    fn columns_are_aligned() {
        let (columns, rows) = table();
        let want = "name      count\n--------  -----\na \"b\", c      7\né\\nf\n             12\n";
        assert_eq!(text(&columns, &rows), want);
        assert_eq!(text(&columns, &[]), "name  count\n----  -----\n");
    }

    #[test]
    fn cells_with_commas_are_quoted() {
        let (columns, rows) = table();
        assert_eq!(csv(&columns, &rows), "name,count\r\n\"a \"\"b\"\", c\",7\r\n\"é\nf\",\r\n,12\r\n");
    }
}
