//! Results as JUnit's XML, which build servers show.

use std::fmt::Write;

use super::{FileResult, RunResult, Status};
use crate::render::Paint;
use crate::render::diagnostic::{DiagnosticOptions, diagnostic};

/// The document.
pub fn document(files: &[FileResult]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?><testsuites>\n");
    for file in files {
        let count = |status: Status| file.runs.iter().filter(|it| it.status == status).count();
        writeln!(
            out,
            "  <testsuite name=\"{}\" tests=\"{}\" skipped=\"{}\" failures=\"{}\" errors=\"{}\">",
            escape(&file.path),
            file.runs.len(),
            count(Status::Skip),
            count(Status::Fail),
            count(Status::Error)
        )
        .expect("writing to a string cannot fail");
        for (at, run) in file.runs.iter().enumerate() {
            out += &case(&file.path, run, &file.runs[..at]);
        }
        out += "  </testsuite>\n";
    }
    out + "</testsuites>\n"
}

fn case(path: &str, run: &RunResult, before: &[RunResult]) -> String {
    let name = format!("name=\"{}\" classname=\"{}\"", escape(&run.name), escape(path));
    if run.status == Status::Skip {
        let cause = before.iter().rev().find(|it| it.status == Status::Error);
        let text = cause.map_or_else(
            || "The tests were interrupted".to_owned(),
            |it| {
                format!(
                    "Previous testcase {:?} ended in error, which caused the remaining tests in the file to be skipped",
                    it.name
                )
            },
        );
        return format!(
            "    <testcase {name}>\n      <skipped message=\"Testcase skipped due to a previous testcase error\">{}</skipped>\n    \
             </testcase>\n",
            escape(&text)
        );
    }
    let time =
        format!("time=\"{}\" timestamp=\"{}\"", run.elapsed.as_secs_f64(), run.began.strftime("%Y-%m-%dT%H:%M:%SZ"));
    let inner = match run.status {
        Status::Fail => {
            let messages: Vec<&str> =
                run.diagnostics.iter().filter(|it| it.is_error()).map(|it| it.detail.as_str()).collect();
            let (all, failed) = run.asserts;
            let message = format!("{failed} of {all} assertions failed: {}", messages.join(", "));
            element("failure", &message, run)
        }
        Status::Error => element("error", "Encountered an error", run),
        _ => return format!("    <testcase {name} {time}></testcase>\n"),
    };
    format!("    <testcase {name} {time}>\n{inner}    </testcase>\n")
}

fn element(kind: &str, message: &str, run: &RunResult) -> String {
    let options = DiagnosticOptions { paint: Paint::new(false), columns: 78, boxed: false };
    let text: String = run.diagnostics.iter().map(|it| diagnostic(it, Some(&run.sources), options)).collect();
    // A section of characters ends with these three, wherever they stand.
    let text = text.replace("]]>", "]]]]><![CDATA[>");
    format!("      <{kind} message=\"{}\"><![CDATA[{text}]]></{kind}>\n", escape(message))
}

/// Text inside an element or an attribute. Characters that XML cannot hold are left out.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for it in text.chars() {
        match it {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&#34;",
            '\n' => out += "&#xA;",
            '\t' => out += "&#x9;",
            it if it < ' ' => {}
            it => out.push(it),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
    use plumb_engine::source::SourceMap;

    fn result(name: &str, status: Status, diagnostics: Diagnostics) -> RunResult {
        RunResult {
            name: name.into(),
            status,
            diagnostics,
            sources: SourceMap::default(),
            asserts: (2, 1),
            began: jiff::Timestamp::UNIX_EPOCH,
            elapsed: std::time::Duration::from_millis(1500),
        }
    }

    #[test]
    fn failures_errors_and_skips() {
        let failed = Diagnostic::error("Test assertion failed", "a < b ]]>");
        let runs = vec![
            result("good", Status::Pass, Diagnostics::new()),
            result("bad", Status::Fail, failed.into()),
            result("worse", Status::Error, Diagnostic::error("No", "way").into()),
            result("never", Status::Skip, Diagnostics::new()),
        ];
        let text = document(&[FileResult { path: "a.tftest.hcl".into(), status: Status::Error, runs }]);
        for part in [
            "<testsuite name=\"a.tftest.hcl\" tests=\"4\" skipped=\"1\" failures=\"1\" errors=\"1\">",
            "<testcase name=\"good\" classname=\"a.tftest.hcl\" time=\"1.5\" timestamp=\"1970-01-01T00:00:00Z\"></testcase>",
            "<failure message=\"1 of 2 assertions failed: a &lt; b ]]&gt;\"><![CDATA[",
            "a < b ]]]]><![CDATA[>",
            "Previous testcase &#34;worse&#34; ended in error",
        ] {
            assert!(text.contains(part), "{part}\n{text}");
        }
    }
}
