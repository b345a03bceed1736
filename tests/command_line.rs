//! What the command line does with trouble: no credentials, no endpoint, a state that is none, a folder it may not write.

use libtest_mimic::{Failed, Trial};

use super::space::Space;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("command_line::credentials_missing", credentials_missing),
        Trial::test("command_line::endpoint_down", endpoint_down),
        Trial::test("command_line::corrupt_state", corrupt_state),
        Trial::test("command_line::plan_writes_nothing", plan_writes_nothing),
        Trial::test("command_line::unknown_flag_names_the_nearest", unknown_flag),
        Trial::test("command_line::apply_needs_approval", apply_needs_approval),
        Trial::test("command_line::saved_plan_is_applied_and_refused_when_stale", saved_plan),
        Trial::test("command_line::secrets_are_not_printed", secrets_are_not_printed),
    ]
}

const VPC: &str = "resource \"aws_vpc\" \"main\" {\n  cidr_block = \"10.0.0.0/16\"\n}\n";

fn aws() -> Space {
    let mut space = Space::new();
    space.env("AWS_REGION", "us-east-1").env("AWS_EC2_METADATA_DISABLED", "true");
    space
}

fn credentials_missing() -> Result<(), Failed> {
    let mut space = aws();
    // Nothing listens there: a call that is sent all the same fails the test by its message.
    space.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    space.write("main.tf", &format!("{VPC}data \"aws_caller_identity\" \"me\" {{}}\n"));
    let run = space.plumb(&["plan", "-no-color"]).expect(1)?;
    one_error(&run.text(), "redentials")?;
    unchanged(&space)
}

fn endpoint_down() -> Result<(), Failed> {
    let mut space = aws();
    space
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
        .env("AWS_ACCESS_KEY_ID", "test")
        .env("AWS_SECRET_ACCESS_KEY", "test")
        .env("AWS_MAX_ATTEMPTS", "2");
    space.write("main.tf", "data \"aws_caller_identity\" \"me\" {}\n");
    let run = space.plumb(&["plan", "-no-color"]).expect(1)?;
    one_error(&run.text(), "127.0.0.1:9")?;
    unchanged(&space)
}

fn corrupt_state() -> Result<(), Failed> {
    let space = aws();
    space.write("main.tf", "resource \"terraform_data\" \"a\" {}\n").write("plumb.db", "this is no database");
    for command in [&["plan", "-no-color"][..], &["apply", "-auto-approve", "-no-color"], &["state", "list"]] {
        let run = space.plumb(command).expect(1)?;
        one_error(&run.text(), "plumb.db")?;
    }
    let kept = std::fs::read_to_string(space.path().join("plumb.db"))?;
    if kept == "this is no database" { Ok(()) } else { Err("the file was changed".into()) }
}

fn plan_writes_nothing() -> Result<(), Failed> {
    let space = aws();
    space.write("main.tf", "resource \"terraform_data\" \"a\" {}\n");
    space.plumb(&["plan", "-detailed-exitcode", "-no-color"]).expect(2)?;
    unchanged(&space)
}

fn unknown_flag() -> Result<(), Failed> {
    let space = aws();
    space.write("main.tf", "resource \"terraform_data\" \"a\" {}\n");
    let run = space.plumb(&["plan", "-detailed-exitcod"]).expect(1)?;
    one_error(&run.text(), "detailed-exitcode").map_err(Into::into)
}

fn apply_needs_approval() -> Result<(), Failed> {
    let space = aws();
    space.write("main.tf", "resource \"terraform_data\" \"a\" {}\n");
    space.plumb(&["apply", "-no-color", "-input=false"]).expect(1)?.has("auto-approve")?;
    let list = space.plumb(&["state", "list"]);
    if list.stdout.trim().is_empty() { Ok(()) } else { Err("something was applied".into()) }
}

fn saved_plan() -> Result<(), Failed> {
    let space = aws();
    space.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = \"one\"\n}\n");
    space.plumb(&["plan", "-out=first.tfplan", "-no-color"]).expect(0)?.has("Saved the plan to: first.tfplan")?;
    // The plan carries its configuration: what the files say later does not matter.
    space.write("main.tf", "resource \"terraform_data\" \"a\" {\n  input = \"two\"\n}\n");
    space.plumb(&["apply", "-no-color", "first.tfplan"]).expect(0)?.has("1 added")?;
    space.plumb(&["state", "show", "-no-color", "terraform_data.a"]).expect(0)?.has("\"one\"")?;
    space.plumb(&["plan", "-out=second.tfplan", "-no-color"]).expect(0)?;
    space.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?.has("1 changed")?;
    space
        .plumb(&["apply", "-no-color", "second.tfplan"])
        .expect(1)?
        .has("Saved plan is stale")?
        .has("terraform_data.a")?;
    Ok(())
}

fn secrets_are_not_printed() -> Result<(), Failed> {
    let space = aws();
    let secret = "correct-horse-battery";
    space.write(
        "main.tf",
        "variable \"password\" {\n  type      = string\n  sensitive = true\n}\n\
         resource \"terraform_data\" \"a\" {\n  triggers_replace = { user = \"admin\", password = var.password }\n}\n\
         output \"password\" {\n  value     = var.password\n  sensitive = true\n}\n",
    );
    let var = format!("-var=password={secret}");
    for command in [
        &["plan", "-no-color", &var][..],
        &["apply", "-auto-approve", "-no-color", &var],
        &["show", "-no-color"],
        &["state", "show", "-no-color", "terraform_data.a"],
        &["output", "-no-color"],
        &["destroy", "-auto-approve", "-no-color", &var],
    ] {
        let run = space.plumb(command).expect(0)?;
        if run.text().contains(secret) {
            return Err(format!("{} prints the secret:\n{}", run.command, run.text()).into());
        }
    }
    Ok(())
}

/// Exactly one diagnostic, which has the text.
fn one_error(text: &str, wanted: &str) -> Result<(), String> {
    let errors = text.lines().filter(|line| line.trim_start_matches(['│', '|', ' ']).starts_with("Error: ")).count();
    match (errors, text.contains(wanted)) {
        (1, true) => Ok(()),
        (1, false) => Err(format!("the error does not name {wanted:?}:\n{text}")),
        (count, _) => Err(format!("{count} errors instead of one:\n{text}")),
    }
}

/// Nothing but the configuration is there.
fn unchanged(space: &Space) -> Result<(), Failed> {
    let names: Vec<_> = super::space::entries(space.path())
        .into_iter()
        .filter_map(|path| path.file_name().map(|name| name.to_string_lossy().into_owned()))
        .filter(|name| name != "main.tf")
        .collect();
    if names.is_empty() { Ok(()) } else { Err(format!("the run left {names:?} behind").into()) }
}
