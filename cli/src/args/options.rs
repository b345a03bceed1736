//! Options that several commands share.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches};
use plumb_engine::addr::{InstanceAddr, Target};
use plumb_engine::config::VariableOption;
use plumb_engine::plan::{PlanMode, PlanOptions};

/// How output looks.
#[derive(Args, Clone, Debug, Default)]
pub struct ViewOptions {
    /// Plain text: no colours, no frames.
    #[arg(long)]
    pub no_color: bool,
    /// Show warnings by their first lines only, unless there are errors.
    #[arg(long)]
    pub compact_warnings: bool,
}

impl ViewOptions {
    /// As nobody has asked for anything.
    pub const PLAIN: Self = Self { no_color: false, compact_warnings: false };
}

/// Where the state is.
#[derive(Args, Clone, Debug, Default)]
pub struct StateOption {
    /// File of the state; left out, plumb.db of the workspace.
    #[arg(id = "state-file", long = "state", value_name = "FILE")]
    pub given: Option<PathBuf>,
    /// Write the state to this file, and leave the one that is read as it is.
    #[arg(id = "state-out", long = "state-out", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Taken for compatibility: the store keeps what it held before.
    #[arg(long, value_name = "FILE")]
    pub backup: Option<PathBuf>,
    /// The store, once the workspace is known.
    #[arg(skip)]
    pub path: PathBuf,
    /// What is read, and never written, as long as there is no store.
    #[arg(skip)]
    pub origin: Option<PathBuf>,
}

/// How the right to write is taken.
#[derive(Args, Clone, Debug)]
pub struct LockOptions {
    /// Taken for compatibility: a write always leases what it writes, a plan never takes a lock.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub lock: bool,
    /// How long to wait for another run to end, such as 30s or 5m.
    #[arg(long, value_name = "TIME", default_value = "0s", value_parser = duration)]
    pub lock_timeout: Duration,
}

impl LockOptions {
    /// Until when to wait, from now on.
    pub fn deadline(&self) -> Instant {
        let now = Instant::now();
        now.checked_add(self.lock_timeout).unwrap_or(now + Duration::from_secs(86_400 * 365))
    }
}

/// What to plan.
#[derive(Args, Clone, Debug)]
pub struct PlanningOptions {
    /// Plan to delete everything.
    #[arg(long, conflicts_with = "refresh_only")]
    pub destroy: bool,
    /// Plan only to take over into the state what is found.
    #[arg(long)]
    pub refresh_only: bool,
    /// Whether objects are read before they are compared.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub refresh: bool,
    /// Replace this instance.
    #[arg(long, value_name = "ADDRESS")]
    pub replace: Vec<InstanceAddr>,
    /// Only this module, resource or instance, and whatever it needs.
    #[arg(long, value_name = "ADDRESS")]
    pub target: Vec<Target>,
    /// All but this module, resource or instance, and whatever needs it.
    #[arg(long, value_name = "ADDRESS")]
    pub exclude: Vec<Target>,
    /// Plan to bring back what this run changed, whatever the configuration says.
    #[arg(long, value_name = "RUN", conflicts_with_all = ["destroy", "refresh_only", "replace", "target", "exclude"])]
    pub revert: Option<String>,
    /// Variables.
    #[command(flatten)]
    pub variables: VariableArgs,
    /// Whether to ask for what is missing.
    #[arg(long, num_args = 0..=1, require_equals = true, default_value_t = true, default_missing_value = "true", action = ArgAction::Set, value_name = "BOOL")]
    pub input: bool,
    /// Most operations at one time.
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub parallelism: usize,
}

impl PlanningOptions {
    /// As the planner takes them.
    pub fn plan_options(&self) -> PlanOptions {
        let mode = match (self.destroy, self.refresh_only) {
            (true, _) => PlanMode::Destroy,
            (_, true) => PlanMode::RefreshOnly,
            _ => PlanMode::Normal,
        };
        PlanOptions {
            mode,
            refresh: self.refresh,
            targets: self.target.clone(),
            excludes: self.exclude.clone(),
            replace: self.replace.clone(),
            imports: Vec::new(),
            parallelism: self.parallelism.max(1),
        }
    }
}

/// How to apply.
#[derive(Args, Clone, Debug)]
pub struct ApplyOptions {
    /// Apply without asking.
    #[arg(long)]
    pub auto_approve: bool,
}

/// `-var` and `-var-file` in the order of the command line: later ones win over earlier ones.
#[derive(Clone, Debug, Default)]
pub struct VariableArgs {
    /// The options.
    pub options: Vec<VariableOption>,
}

impl FromArgMatches for VariableArgs {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut options = Self::default();
        options.update_from_arg_matches(matches)?;
        Ok(options)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        let texts = indexed(matches, "var").map(|(at, text)| (at, VariableOption::Var(text)));
        let files = indexed(matches, "var-file").map(|(at, path)| (at, VariableOption::File(path.into())));
        let mut options: Vec<(usize, VariableOption)> = texts.chain(files).collect();
        options.sort_by_key(|(at, _)| *at);
        self.options.extend(options.into_iter().map(|(_, option)| option));
        Ok(())
    }
}

fn indexed<'m>(matches: &'m ArgMatches, name: &str) -> impl Iterator<Item = (usize, String)> + use<'m> {
    let indices = matches.indices_of(name).into_iter().flatten();
    indices.zip(matches.get_many::<String>(name).into_iter().flatten().cloned())
}

impl Args for VariableArgs {
    fn augment_args(command: Command) -> Command {
        let text = Arg::new("var").long("var").value_name("NAME=VALUE").help("Value of a variable");
        let file = Arg::new("var-file").long("var-file").value_name("FILE").help("File with values of variables");
        command.args([text, file].map(|it| it.action(ArgAction::Append)))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// A time as Go programs write it: `30s`, `5m`, `1h30m`, `500ms`.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("{text:?} is not a time such as 30s, 5m or 1h30m");
    let mut total = Duration::ZERO;
    let mut rest = text;
    if rest == "0" {
        return Ok(total);
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).filter(|it| *it > 0).ok_or_else(wrong)?;
        let count: u32 = rest[..digits].parse().map_err(|_| wrong())?;
        let unit_end = rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |it| digits + it);
        let unit = match &rest[digits..unit_end] {
            "ms" => Duration::from_millis(1),
            "s" => Duration::from_secs(1),
            "m" => Duration::from_secs(60),
            "h" => Duration::from_secs(3600),
            _ => return Err(wrong()),
        };
        total = unit.checked_mul(count).and_then(|it| total.checked_add(it)).ok_or_else(wrong)?;
        rest = &rest[unit_end..];
    }
    if text.is_empty() { Err(wrong()) } else { Ok(total) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_those_of_go() {
        assert_eq!(duration("0s"), Ok(Duration::ZERO));
        assert_eq!(duration("0"), Ok(Duration::ZERO));
        assert_eq!(duration("1h30m"), Ok(Duration::from_secs(5400)));
        assert_eq!(duration("500ms"), Ok(Duration::from_millis(500)));
        for wrong in ["", "5", "s", "5x", "-5s", "99999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
