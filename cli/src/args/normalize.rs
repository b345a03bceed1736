//! Brings an argument list as Terraform's users write it into the form that clap parses.
//!
//! `-flag` and `--flag` are the same, a bool takes `=true` and `=false`, a value may follow after a space even if it
//! begins with a hyphen, and `TF_CLI_ARGS` are put between the command and its own arguments.

use std::collections::{BTreeMap, VecDeque};

use clap::{Arg, Command};

/// The list in clap's form, without the program's name. `environment` is where `TF_CLI_ARGS` and `TF_CLI_ARGS_command`
/// are looked up.
///
/// # Errors
/// The name of a variable whose text cannot be split into words.
pub fn normalize(
    root: &Command,
    arguments: impl IntoIterator<Item = String>,
    environment: &BTreeMap<String, String>,
) -> Result<Vec<String>, String> {
    let mut rest: VecDeque<String> = arguments.into_iter().collect();
    let mut command = root;
    let mut path = Vec::new();
    let mut out = Vec::new();
    while let Some(argument) = rest.pop_front() {
        if argument == "--" {
            out.push(argument);
            out.extend(rest);
            break;
        }
        if let Some(flag) = flag(&argument) {
            out.extend(option(command, flag, &mut rest));
            continue;
        }
        let inner = command.find_subcommand(&argument);
        out.push(argument);
        let Some(inner) = inner else { continue };
        command = inner;
        path.push(command.get_name().to_owned());
        if !command.has_subcommands() {
            for word in preset(&path, environment)?.into_iter().rev() {
                rest.push_front(word);
            }
        }
    }
    Ok(out)
}

/// Words of the environment for a command.
fn preset(path: &[String], environment: &BTreeMap<String, String>) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    for name in ["TF_CLI_ARGS".to_owned(), format!("TF_CLI_ARGS_{}", path.join("_"))] {
        if let Some(text) = environment.get(&name) {
            words.extend(shlex::split(text).ok_or(name)?);
        }
    }
    Ok(words)
}

/// The text of an option after its one or two hyphens; short options such as `-h` are none of ours.
fn flag(argument: &str) -> Option<&str> {
    let text = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-'))?;
    let long = text.starts_with(|c: char| c.is_ascii_alphabetic()) && (text.len() > 1 || argument.starts_with("--"));
    long.then_some(text)
}

fn option(command: &Command, flag: &str, rest: &mut VecDeque<String>) -> Option<String> {
    let (name, value) = match flag.split_once('=') {
        Some((name, value)) => (name, Some(value.to_owned())),
        None => (flag, None),
    };
    let known = command.get_arguments().find(|it| it.get_long() == Some(name));
    let value = match (value, known) {
        (None, Some(it)) if needs_value(it) => rest.pop_front(),
        (Some(value), Some(it)) if !it.get_action().takes_values() => match &*value {
            "true" | "1" => None,
            "false" | "0" => return None,
            _ => Some(value),
        },
        (value, _) => value,
    };
    Some(match value {
        Some(value) => format!("--{name}={value}"),
        None => format!("--{name}"),
    })
}

fn needs_value(argument: &Arg) -> bool {
    argument.get_action().takes_values() && argument.get_num_args().is_none_or(|it| it.min_values() > 0)
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;
    use crate::args::Cli;

    fn run(line: &str, environment: &[(&str, &str)]) -> String {
        let mut root = Cli::command();
        root.build();
        let environment = environment.iter().map(|(name, text)| (name.to_string(), text.to_string())).collect();
        normalize(&root, shlex::split(line).unwrap(), &environment).unwrap().join(" ")
    }

    #[test]
    fn one_hyphen_is_as_good_as_two() {
        assert_eq!(run("-chdir=x plan -no-color --destroy", &[]), "--chdir=x plan --no-color --destroy");
        assert_eq!(run("-version", &[]), "--version");
        assert_eq!(run("plan -h", &[]), "plan -h");
        assert_eq!(run("plan -nonsense=1", &[]), "plan --nonsense=1");
    }

    #[test]
    fn values_follow_after_a_space_or_an_equals_sign() {
        assert_eq!(run("plan -var a=b -var=c=-d -out -x", &[]), "plan --var=a=b --var=c=-d --out=-x");
        assert_eq!(run("apply -target module.a plan.bin", &[]), "apply --target=module.a plan.bin");
    }

    #[test]
    fn bools_take_values() {
        assert_eq!(run("plan -refresh=false -input -lock=false", &[]), "plan --refresh=false --input --lock=false");
        assert_eq!(run("plan -destroy=false -no-color=true -json=1", &[]), "plan --no-color --json");
    }

    #[test]
    fn the_environment_comes_before_the_arguments() {
        let environment =
            [("TF_CLI_ARGS", "-no-color"), ("TF_CLI_ARGS_plan", "-var 'a=b c'"), ("TF_CLI_ARGS_state_list", "-id=x")];
        assert_eq!(run("plan -out p", &environment), "plan --no-color --var=a=b c --out=p");
        assert_eq!(run("state list a.b", &environment), "state list --no-color --id=x a.b");
    }
}
