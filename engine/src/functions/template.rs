//! Functions that render templates.

use super::filesystem::read_text;
use super::{
    Context, Function, FunctionError, Outcome, Parameter, TemplateError, TemplateSource, any, quote, string, text,
};
use crate::diagnostic::Diagnostics;
use crate::value::{Kind, Type, Value, convert};

const VARS: Parameter = Parameter::new("vars", "An object or a map of the variables that the template may use.", any);

pub(super) static TEMPLATEFILE: Function = Function::new(
    "templatefile",
    "Renders the template in a file.",
    &[Parameter::new("path", "Name of the file, from the working directory.", string), VARS],
    any,
    |ctx: &Context<'_>, args| {
        check_nesting(ctx, "templatefile")?;
        let template = read_text(ctx, args)?;
        render(ctx, &TemplateSource { name: text(args, 0), text: &template }, &args[1])
    },
);

pub(super) static TEMPLATESTRING: Function = Function::new(
    "templatestring",
    "Renders a template that is the value of something else.",
    &[Parameter::new("template", "A reference to the text of the template.", string), VARS],
    string,
    |ctx: &Context<'_>, args| {
        check_nesting(ctx, "templatestring")?;
        let source = TemplateSource { name: "<templatestring argument>", text: text(args, 0) };
        let result = render(ctx, &source, &args[1])?;
        convert(&result, &Type::String)
            .map_err(|error| FunctionError::failed(format!("invalid template result: {}", error.reason)))
    },
)
.listed_as_returned();

fn check_nesting(ctx: &Context<'_>, name: &str) -> Result<(), FunctionError> {
    if ctx.in_template {
        return Err(FunctionError::failed(format!(
            "cannot call {name} from inside a template that a function renders"
        )));
    }
    Ok(())
}

fn render(ctx: &Context<'_>, source: &TemplateSource<'_>, vars: &Value) -> Outcome {
    let names: Vec<&str> = match vars.kind() {
        Kind::Map(_, items) | Kind::Object(items) => items.keys().map(|it| &**it).collect(),
        _ => return Err(FunctionError::argument(1, "invalid vars value: must be a map")),
    };
    if let Some(name) = names.into_iter().find(|it| !crate::text::is_identifier(it)) {
        let message = format!(
            "invalid template variable name {}: must start with a letter, followed by zero or more letters, digits, \
             and underscores",
            quote(name)
        );
        return Err(FunctionError::argument(1, message));
    }
    let result = (ctx.render)(source, vars).map_err(|error| match error {
        TemplateError::MissingVariable { name, at } => {
            let message = format!("vars map does not contain key {}, referenced at {at}", quote(&name));
            FunctionError::argument(1, message)
        }
        TemplateError::Failed(diagnostics) => FunctionError::failed(summarize(&diagnostics)),
    })?;
    if result.is_null() {
        let message = format!("{}: the result of the template is null, which is not a valid result", source.name);
        return Err(FunctionError::failed(message));
    }
    Ok(result)
}

/// All errors on one line.
pub(super) fn summarize(diagnostics: &Diagnostics) -> String {
    let errors: Vec<String> = diagnostics
        .iter()
        .filter(|it| it.is_error())
        .map(|it| format!("{}; {}", it.summary, it.detail.trim_end_matches('.')))
        .collect();
    errors.join("; ")
}

#[cfg(test)]
mod tests {
    use super::super::testing::v;
    use super::super::{call, find};
    use super::*;
    use crate::diagnostic::Diagnostic;

    /// Calls with a renderer that returns `x` from the variables, or its text without one.
    fn ask(name: &str, args: &[Value], in_template: bool) -> Outcome {
        let render = |source: &TemplateSource<'_>, vars: &Value| match (source.text, vars.get("x")) {
            ("bad", _) => Err(TemplateError::Failed(Diagnostic::error("Bad", "It is bad.").into())),
            ("x", None) => Err(TemplateError::MissingVariable { name: "x".into(), at: "t:1,1-2".into() }),
            (text, None) => Ok(text.into()),
            (_, Some(value)) => Ok(value.clone()),
        };
        let read_tfvars = |_: &str| Err(Diagnostics::new());
        let ctx = Context {
            base_dir: env!("CARGO_MANIFEST_DIR").into(),
            now: None,
            plan_time: None,
            random: false,
            in_template,
            render: &render,
            read_tfvars: &read_tfvars,
        };
        call(find(name).unwrap(), &ctx, args)
    }

    #[test]
    fn results_have_the_type_of_the_template() {
        assert_eq!(ask("templatefile", &["Cargo.toml".into(), v("{\"x\":[1]}")], false).unwrap(), v("[1]"));
        assert_eq!(ask("templatestring", &["t".into(), v("{\"x\":true}")], false).unwrap(), Value::from("true"));
        let text = ask("templatefile", &["Cargo.toml".into(), v("{}")], false).unwrap();
        assert!(text.as_str().unwrap().contains("[package]"));
    }

    #[test]
    fn errors_say_where_they_come_from() {
        for (name, args, nested, part) in [
            ("templatestring", "[\"t\",{\"x\":[1]}]", false, "invalid template result: string required"),
            ("templatestring", "[\"x\",{}]", false, "does not contain key \"x\", referenced at t:1,1-2"),
            ("templatestring", "[\"bad\",{}]", false, "Bad; It is bad"),
            ("templatestring", "[\"t\",[]]", false, "must be a map"),
            ("templatestring", "[\"t\",{\"a b\":1}]", false, "invalid template variable name \"a b\""),
            ("templatefile", "[\"Cargo.toml\",{\"x\":null}]", false, "is null"),
            ("templatefile", "[\"Cargo.toml\",{}]", true, "from inside a template"),
        ] {
            let error = ask(name, v(args).as_slice().unwrap(), nested).unwrap_err();
            assert!(error.message.contains(part), "{name} {args}: {}", error.message);
        }
    }
}
