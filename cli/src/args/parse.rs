//! From an argument list to a command.

use std::collections::BTreeMap;

use clap::{CommandFactory, FromArgMatches};
use plumb_engine::diagnostic::Diagnostic;

use super::failure::one_hyphen;
use super::normalize::normalize;
use super::{Cli, Misuse, misuse};

/// Reads an argument list without the program's name.
///
/// # Errors
/// The list leads to no command: see [`Misuse`].
pub fn parse(arguments: Vec<String>, environment: &BTreeMap<String, String>) -> Result<Cli, Misuse> {
    let mut root = Cli::command();
    root.build();
    let normal = normalize(&root, arguments, environment).map_err(|variable| {
        let detail = format!("The environment variable {variable} has a quote that is not closed.");
        Misuse::Wrong(Box::new(Diagnostic::error("Invalid arguments in the environment", detail)))
    })?;
    let program = std::iter::once("plumb".to_owned());
    let matches = Cli::command().try_get_matches_from(program.chain(normal)).map_err(|it| misuse(&it))?;
    let cli = Cli::from_arg_matches(&matches).map_err(|it| misuse(&it))?;
    if cli.command.is_none() && !cli.version {
        return Err(Misuse::Asked(one_hyphen(&Cli::command().render_help().to_string())));
    }
    Ok(cli)
}

#[cfg(test)]
mod tests {
    use plumb_engine::config::VariableOption;

    use super::*;
    use crate::args::Command;

    fn read(line: &str) -> Result<Cli, Misuse> {
        parse(shlex::split(line).unwrap(), &BTreeMap::new())
    }

    fn detail(line: &str) -> String {
        match read(line).unwrap_err() {
            Misuse::Wrong(it) => format!("{}: {}", it.summary, it.detail.lines().next().unwrap()),
            Misuse::Asked(text) => panic!("{text}"),
        }
    }

    #[test]
    fn the_definition_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn variables_keep_their_order() {
        let Some(Command::Plan(plan)) = read("plan -var a=1 -var-file f -var b=2").unwrap().command else { panic!() };
        let want =
            [VariableOption::Var("a=1".into()), VariableOption::File("f".into()), VariableOption::Var("b=2".into())];
        assert_eq!(plan.planning.variables.options, want);
    }

    #[test]
    fn what_atlantis_runs_is_understood() {
        for line in [
            "version",
            "init -input=false -upgrade",
            "plan -input=false -refresh -out F -var a=b",
            "show -json F",
            "apply -input=false F",
            "import -var x=y aws_vpc.main vpc-1",
            "state rm aws_vpc.main 'aws_subnet.a[\"k\"]'",
            "destroy -auto-approve -no-color",
            "output -json",
            "-chdir=d plan -detailed-exitcode -lock-timeout=5m -parallelism=4 -compact-warnings -exclude=module.a",
        ] {
            assert!(read(line).is_ok(), "{line}: {:?}", read(line));
        }
    }

    #[test]
    fn a_mistake_is_named_with_the_way_out() {
        for (line, want) in [
            (
                "plan -detailed-exit",
                "Failed to parse command-line flags: There is no option -detailed-exit here. Did you mean -detailed-exitcode?",
            ),
            ("plann", "Unknown command: There is no command \"plann\". Did you mean plan?"),
            ("plan x", "Too many command line arguments: The argument \"x\" is one too many."),
            ("import aws_vpc.main", "Missing argument: The command needs <ID>."),
            ("plan -target", "Failed to parse command-line flags: The option -target <ADDRESS> needs a value."),
            (
                "plan -destroy -refresh-only",
                "Options exclude each other: Of -destroy and -refresh-only only one can be given.",
            ),
            (
                "plan -lock-timeout=5",
                "Invalid value: The value \"5\" does not fit -lock-timeout <TIME>: \"5\" is not a time such as 30s, 5m or 1h30m.",
            ),
            (
                "plan -target=x",
                "Invalid value: The value \"x\" does not fit -target <ADDRESS>: \"x\" is not an address: `x` is not followed by a dot and the name of the resource.",
            ),
        ] {
            assert_eq!(detail(line), want, "{line}");
        }
    }

    #[test]
    fn help_names_options_with_one_hyphen() {
        let Misuse::Asked(text) = read("plan -help").unwrap_err() else { panic!() };
        assert!(text.contains("  -detailed-exitcode"), "{text}");
        assert!(!text.contains("--"), "{text}");
    }
}
