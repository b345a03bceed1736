//! The one-line summaries that end a plan and an apply.

use std::collections::BTreeMap;
use std::sync::Arc;

use anstyle::AnsiColor;
use plumb_engine::plan::Counts;

use super::Paint;

/// The last line of a plan: `Plan: 1 to add, 0 to change, 0 to destroy.`
///
/// tfcmt and Atlantis match it with its numbers.
pub fn planned(counts: Counts, paint: Paint) -> String {
    format!("{} {}", paint.bold("Plan:"), planned_text(counts))
}

/// The same without `Plan: `.
pub fn planned_text(counts: Counts) -> String {
    let import = if counts.import > 0 { format!("{} to import, ", counts.import) } else { String::new() };
    let forget = if counts.forget > 0 { format!(", {} to forget", counts.forget) } else { String::new() };
    let Counts { add, change, destroy, .. } = counts;
    format!("{import}{add} to add, {change} to change, {destroy} to destroy{forget}.")
}

/// The last line of an apply: `Apply complete! Resources: 1 added, 0 changed, 0 destroyed.`
pub fn applied(counts: Counts, paint: Paint) -> String {
    paint.strong(AnsiColor::Green, &applied_text(counts))
}

/// The same without colours.
pub fn applied_text(counts: Counts) -> String {
    let import = if counts.import > 0 { format!("{} imported, ", counts.import) } else { String::new() };
    let forget = if counts.forget > 0 { format!(", {} forgotten", counts.forget) } else { String::new() };
    let Counts { add, change, destroy, .. } = counts;
    format!("Apply complete! Resources: {import}{add} added, {change} changed, {destroy} destroyed{forget}.")
}

/// The last line of a destroy: `Destroy complete! Resources: 1 destroyed.`
pub fn destroyed(counts: Counts, paint: Paint) -> String {
    paint.strong(AnsiColor::Green, &destroyed_text(counts))
}

/// The same without colours.
pub fn destroyed_text(counts: Counts) -> String {
    format!("Destroy complete! Resources: {} destroyed.", counts.destroy)
}

/// How many API calls were sent: `API calls: 63 (aws 63)`; `None` when there were none.
pub fn calls(calls: &BTreeMap<Arc<str>, u64>) -> Option<String> {
    let total: u64 = calls.values().sum();
    if total == 0 {
        return None;
    }
    let by_provider: Vec<String> = calls
        .iter()
        .filter(|(_, count)| **count > 0)
        .map(|(source, count)| format!("{} {count}", source.rsplit('/').next().unwrap_or(source)))
        .collect();
    Some(format!("API calls: {total} ({})", by_provider.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rare_numbers_are_left_out_when_they_are_zero() {
        let counts = Counts { import: 0, add: 1, change: 2, destroy: 3, forget: 0 };
        assert_eq!(planned(counts, Paint::PLAIN), "Plan: 1 to add, 2 to change, 3 to destroy.");
        assert_eq!(applied_text(counts), "Apply complete! Resources: 1 added, 2 changed, 3 destroyed.");
        let counts = Counts { import: 4, forget: 5, ..counts };
        assert_eq!(planned_text(counts), "4 to import, 1 to add, 2 to change, 3 to destroy, 5 to forget.");
        assert_eq!(
            applied_text(counts),
            "Apply complete! Resources: 4 imported, 1 added, 2 changed, 3 destroyed, 5 forgotten."
        );
        assert_eq!(destroyed_text(counts), "Destroy complete! Resources: 3 destroyed.");
    }

    #[test]
    fn calls_are_counted_by_provider() {
        let sent = [("registry.terraform.io/hashicorp/aws".into(), 60), ("x/y/http".into(), 3), ("x/y/z".into(), 0)];
        assert_eq!(calls(&sent.into()).unwrap(), "API calls: 63 (aws 60, http 3)");
        assert_eq!(calls(&BTreeMap::new()), None);
    }
}
