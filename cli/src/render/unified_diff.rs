//! What differs between two texts, as `diff -u` shows it.

use std::time::Duration;

use similar::TextDiff;

/// Time after which a shorter diff is no longer looked for.
const PATIENCE: Duration = Duration::from_secs(2);

/// The hunks with three lines around each, headed by the names of both texts; empty when nothing differs.
pub fn unified_diff(old: &str, new: &str, old_name: &str, new_name: &str) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    diff.unified_diff().context_radius(3).header(old_name, new_name).to_string()
}
