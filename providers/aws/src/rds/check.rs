//! Checks of names, snapshots and passwords that the types of RDS share.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::value::Value;

use crate::wire::Check;

/// How many characters of a create's key follow a prefix.
const SUFFIX: usize = 26;

/// A name of lower-case letters, digits and hyphens, and the prefix of one.
pub fn name_and_prefix(check: &mut Check<'_>, name: &str, prefix: &str, most: usize) {
    check.length(name, most).length(prefix, most - SUFFIX);
    for argument in [name, prefix] {
        let Some(text) = check.text(argument) else { continue };
        let whole = argument == name;
        if let Some(why) = why_no_name(text, whole).filter(|_| !text.is_empty()) {
            check.error(
                argument,
                format!(
                    "is \"{text}\", which {why}. Write lower-case letters, digits and single hyphens, beginning with \
                     a letter."
                ),
            );
        }
    }
}

/// Whether the last snapshot can be made or is not wanted.
pub fn final_snapshot(check: &mut Check<'_>, config: &Value) -> Option<Diagnostic> {
    let (skip, identifier) = ("skip_final_snapshot", "final_snapshot_identifier");
    if let Some(text) = check.text(identifier)
        && let Some(why) = why_no_name(&text.to_ascii_lowercase(), true)
    {
        check.error(
            identifier,
            format!("is \"{text}\", which {why}. Write letters, digits and single hyphens, beginning with a letter."),
        );
    }
    let skipped = config.get(skip).is_some_and(|it| it.is_unknown() || it.as_bool() == Some(true));
    if skipped || check.is_set(identifier) != Some(false) {
        return None;
    }
    Some(Diagnostic::warning(
        "Missing final snapshot identifier",
        format!(
            "The database cannot be deleted as it is configured, because its last snapshot has no name. Set \
             \"{identifier}\", or set \"{skip}\" to true if no snapshot is wanted, and apply that before the delete."
        ),
    ))
}

/// At most one of the ways to give the password of the master user.
pub fn password(check: &mut Check<'_>, config: &Value, password: &str, write_only: &str, version: &str) {
    let managed = config.get("manage_master_user_password").and_then(Value::as_bool) == Some(true);
    for name in [password, write_only] {
        if managed && check.is_set(name) == Some(true) {
            check.error(
                name,
                "is set although RDS makes the password itself. Remove it, or remove \"manage_master_user_password\".",
            );
        }
    }
    if check.is_set(password) == Some(true) && check.is_set(write_only) == Some(true) {
        check.error(password, format!("is set together with \"{write_only}\". Remove one of the two."));
    }
    check.needs(write_only, version).needs(version, write_only);
}

/// Monitoring takes a role, and the role has no use without it.
pub fn monitoring(check: &mut Check<'_>) {
    const INTERVALS: [i64; 7] = [0, 1, 5, 10, 15, 30, 60];
    match check.number("monitoring_interval") {
        Some(0) | None => {}
        Some(seconds) if !INTERVALS.contains(&seconds) => {
            check.error("monitoring_interval", format!("is {seconds}; it takes 0, 1, 5, 10, 15, 30 or 60 seconds."));
        }
        Some(_) if check.is_set("monitoring_role_arn") == Some(false) => {
            check.error("monitoring_interval", "needs \"monitoring_role_arn\": a role that may write to CloudWatch.");
        }
        Some(_) => {}
    }
}

/// How long Performance Insights keeps data.
pub fn insights(check: &mut Check<'_>) {
    let name = "performance_insights_retention_period";
    let wrong = |days: &i64| !(*days == 7 || *days == 731 || (days % 31 == 0 && (31..=713).contains(days)));
    if let Some(days) = check.number(name).filter(wrong) {
        check.error(name, format!("is {days}; it takes 7, 731, or a multiple of 31 up to 713 days."));
    }
    check.one_of("database_insights_mode", &["standard", "advanced"]);
}

/// A window of a day, `03:00-04:00`, and one of a week, `mon:03:00-mon:04:00`, both in UTC.
pub fn windows(check: &mut Check<'_>, daily: &str, weekly: &str) {
    if let Some(text) = check.text(daily).filter(|it| !is_window(it, is_time)) {
        check.error(daily, format!("is \"{text}\"; write the beginning and the end in UTC, such as 03:00-04:00."));
    }
    if let Some(text) = check.text(weekly).filter(|it| !is_window(it, is_day_and_time)) {
        let example = "sun:04:00-sun:05:00";
        check.error(weekly, format!("is \"{text}\"; write the beginning and the end in UTC, such as {example}."));
    }
}

fn is_window(text: &str, part: fn(&str) -> bool) -> bool {
    text.is_empty() || text.split_once('-').is_some_and(|(begin, end)| part(begin) && part(end))
}

fn is_day_and_time(text: &str) -> bool {
    const DAYS: [&str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
    text.split_once(':').is_some_and(|(day, time)| DAYS.contains(&day.to_ascii_lowercase().as_str()) && is_time(time))
}

fn is_time(text: &str) -> bool {
    let below = |digits: &str, end: u8| digits.len() == 2 && digits.parse::<u8>().is_ok_and(|it| it < end);
    text.split_once(':').is_some_and(|(hours, minutes)| below(hours, 24) && below(minutes, 60))
}

fn why_no_name(text: &str, whole: bool) -> Option<&'static str> {
    if !text.starts_with(|it: char| it.is_ascii_lowercase()) {
        return Some("does not begin with a letter that AWS takes");
    }
    if !text.bytes().all(|it| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-') {
        return Some("has characters that AWS does not take");
    }
    if text.contains("--") {
        return Some("has two hyphens in a row");
    }
    (whole && text.ends_with('-')).then_some("ends with a hyphen")
}

#[cfg(test)]
mod tests {
    use plumb_engine::value::Type;

    use super::*;

    fn config(items: &[(&'static str, Value)]) -> Value {
        let all = [
            "identifier",
            "identifier_prefix",
            "final_snapshot_identifier",
            "password",
            "password_wo",
            "password_wo_version",
        ];
        let nothing = Value::object(all.map(|name| (name, Value::null(Type::String))));
        items.iter().fold(nothing, |object, (name, value)| {
            let mut items: Vec<_> = object.as_map().unwrap().clone().into_iter().collect();
            items.retain(|(key, _)| &**key != *name);
            items.push(((*name).into(), value.clone()));
            Value::object(items)
        })
    }

    fn errors(config: &Value, check: impl Fn(&mut Check<'_>)) -> Vec<String> {
        let mut checks = Check::of(config);
        check(&mut checks);
        checks.found().iter().map(|it| it.detail.clone()).collect()
    }

    #[test]
    fn names() {
        let of = |text: &str| {
            errors(&config(&[("identifier", text.into())]), |it| {
                name_and_prefix(it, "identifier", "identifier_prefix", 63);
            })
        };
        assert!(of("web-1").is_empty());
        for (wrong, why) in
            [("Web", "begin"), ("1web", "begin"), ("a--b", "two hyphens"), ("a-", "ends"), ("a_b", "characters")]
        {
            assert!(of(wrong)[0].contains(why), "{wrong}: {:?}", of(wrong));
        }
        let prefix = config(&[("identifier_prefix", "web-".into())]);
        assert!(errors(&prefix, |it| name_and_prefix(it, "identifier", "identifier_prefix", 63)).is_empty());
    }

    #[test]
    fn a_last_snapshot_needs_a_name() {
        let found = |items: &[(&'static str, Value)]| {
            let config = config(items);
            final_snapshot(&mut Check::of(&config), &config)
        };
        let skip = |value: Value| ("skip_final_snapshot", value);
        assert!(!found(&[skip(false.into())]).unwrap().is_error());
        assert!(found(&[skip(true.into())]).is_none());
        assert!(found(&[skip(Value::unknown(Type::Bool))]).is_none());
        assert!(found(&[skip(false.into()), ("final_snapshot_identifier", "last".into())]).is_none());
    }

    #[test]
    fn one_password() {
        let of = |items: &[(&'static str, Value)]| {
            let config = config(items);
            errors(&config, |it| password(it, &config, "password", "password_wo", "password_wo_version"))
        };
        assert!(of(&[("password", "x".into())]).is_empty());
        assert!(of(&[("password", "x".into()), ("manage_master_user_password", true.into())])[0].contains("itself"));
        assert!(of(&[("password_wo", "x".into())])[0].contains("password_wo_version"));
        assert!(of(&[("password_wo", "x".into()), ("password_wo_version", 1i64.into())]).is_empty());
    }

    #[test]
    fn windows_are_in_utc() {
        assert!(is_window("03:00-04:30", is_time));
        assert!(!is_window("3:00-04:30", is_time));
        assert!(!is_window("03:00-24:30", is_time));
        assert!(is_window("Mon:03:00-tue:04:30", is_day_and_time));
        assert!(!is_window("03:00-04:30", is_day_and_time));
    }
}
