//! What the state remembers and hides: history, reverts, queries, sealed values.

use std::path::Path;

use libtest_mimic::{Failed, Trial};

use super::emulator;
use super::space::Space;

pub fn trials() -> Vec<Trial> {
    vec![
        Trial::test("state::a_run_can_be_reverted", revert),
        Trial::test("state::the_past_can_be_shown", past),
        Trial::test("state::secrets_are_sealed", sealed),
        Trial::test("state::a_key_of_kms_seals", sealed_by_kms),
    ]
}

const BEFORE: &str = r#"
resource "terraform_data" "kept" {
  input = "one"
}
resource "terraform_data" "gone" {
  input            = terraform_data.base.id
  triggers_replace = [terraform_data.base.id]
}
resource "terraform_data" "base" {
}
"#;

const AFTER: &str = r#"
resource "terraform_data" "kept" {
  input = "two"
}
resource "terraform_data" "new" {
}
"#;

/// The id of the latest run.
fn latest(space: &Space) -> Result<String, Failed> {
    let found = space.plumb(&["sql", "-csv", "SELECT id FROM runs ORDER BY began DESC LIMIT 1"]).expect(0)?;
    Ok(found.stdout.lines().nth(1).unwrap_or_default().to_owned())
}

fn revert() -> Result<(), Failed> {
    let mut space = Space::new();
    space.env("NO_COLOR", "1").write("main.tf", BEFORE);
    space.plumb(&["apply", "-auto-approve"]).expect(0)?;
    space.write("main.tf", AFTER);
    space.plumb(&["apply", "-auto-approve"]).expect(0)?.has("1 added, 1 changed, 2 destroyed")?;
    let run = latest(&space)?;
    let plan = space.plumb(&["plan", "-out=back", &format!("-revert={run}")]).expect(0)?;
    plan.has("2 to add, 1 to change, 1 to destroy")?.has("Not everything can be brought back")?;
    space.plumb(&["apply", "back"]).expect(0)?.has("2 added, 1 changed, 1 destroyed")?;
    // What was brought back is what the old configuration asks for, references included.
    space.write("main.tf", BEFORE);
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    space.plumb(&["plan", "-revert=nothing"]).expect(1)?.has("No such run")?;
    let (first, rest) = run.split_at(8);
    let shown = space.plumb(&["history", "show", first]).expect(0)?;
    shown.has(rest)?.has("delete  terraform_data.gone")?.has("succeeded")?;
    space.plumb(&["history", "terraform_data.kept"]).expect(0)?.has(&run)?;
    Ok(())
}

fn past() -> Result<(), Failed> {
    let mut space = Space::new();
    space.env("NO_COLOR", "1").write("main.tf", BEFORE);
    space.plumb(&["apply", "-auto-approve"]).expect(0)?;
    let run = latest(&space)?;
    space.write("main.tf", AFTER);
    space.plumb(&["apply", "-auto-approve"]).expect(0)?;
    let show = |at: &str| space.plumb(&["state", "show", &format!("-at={at}"), "terraform_data.kept"]);
    show(&run).expect(0)?.has("\"one\"")?;
    show("2100-01-01T00:00:00Z").expect(0)?.has("\"two\"")?;
    show("2000-01-01T00:00:00Z").expect(1)?;
    space.plumb(&["state", "show", "terraform_data.gone"]).expect(1)?;
    space.plumb(&["history", "prune", "-keep=1"]).expect(0)?;
    show(&run).expect(1)?.has("No such run")?;
    Ok(())
}

const SECRET: &str = "correct-horse-battery-staple";

const SECRETS: &str = r#"
variable "secret" {
  sensitive = true
}
resource "terraform_data" "open" {
}
resource "random_pet" "secret" {
  keepers = { secret = var.secret }
}
output "secret" {
  value     = var.secret
  sensitive = true
}
"#;

fn sealed() -> Result<(), Failed> {
    let mut space = Space::new();
    space.env("NO_COLOR", "1").env("TF_VAR_secret", SECRET).env("PLUMB_STATE_KEY", "one").write("main.tf", SECRETS);
    space.plumb(&["plan", "-out=saved"]).expect(0)?;
    space.plumb(&["apply", "saved"]).expect(0)?;
    hidden(space.path(), true)?;
    space.plumb(&["output", "-raw", "secret"]).expect(0)?.has(SECRET)?;
    space.env("PLUMB_STATE_KEY", "");
    space.plumb(&["plan"]).expect(1)?.has("PLUMB_STATE_KEY is not set")?;
    space.plumb(&["show", "saved"]).expect(1)?.has("PLUMB_STATE_KEY is not set")?;
    space.plumb(&["state", "list"]).expect(0)?.has("terraform_data.open")?;
    space.plumb(&["state", "show", "random_pet.secret"]).expect(0)?;
    space.plumb(&["history"]).expect(0)?.has("succeeded")?;
    space.env("PLUMB_STATE_KEY", "wrong");
    space.plumb(&["apply", "-auto-approve"]).expect(1)?.has("sealed with another")?;
    space.env("PLUMB_STATE_KEY", "one").env("PLUMB_STATE_KEY_NEW", "two");
    space.plumb(&["state", "rekey"]).expect(0)?;
    space.plumb(&["plan"]).expect(1)?.has("sealed with another")?;
    space.env("PLUMB_STATE_KEY", "two");
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    let pulled = space.plumb(&["sql", "SELECT * FROM objects, outputs, versions, operations"]).expect(0)?;
    if pulled.text().contains(SECRET) {
        return Err("a query shows the secret".into());
    }
    space.plumb(&["state", "rekey", "-none"]).expect(0)?;
    space.env("PLUMB_STATE_KEY", "");
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    std::fs::remove_file(space.path().join("saved"))?;
    hidden(space.path(), false)
}

const KEY: &str = r#"
resource "aws_kms_key" "state" {
  description = "state"
}
resource "aws_kms_alias" "state" {
  name          = "alias/plumb-state"
  target_key_id = aws_kms_key.state.key_id
}
output "arn" {
  value = aws_kms_key.state.arn
}
"#;

fn sealed_by_kms() -> Result<(), Failed> {
    let account = emulator::space("eu-central-1")?;
    account.write("main.tf", KEY);
    account.plumb(&["apply", "-auto-approve", "-no-color"]).expect(0)?;
    let arn = account.plumb(&["output", "-raw", "arn"]).expect(0)?.stdout;
    let mut space = emulator::space("eu-central-1")?;
    space.env("NO_COLOR", "1").env("TF_VAR_secret", SECRET).write("main.tf", SECRETS);
    space.env("PLUMB_STATE_KEY", "awskms:alias/plumb-state");
    space.plumb(&["apply", "-auto-approve"]).expect(0)?;
    hidden(space.path(), true)?;
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    // The state says itself which key it needs: any name of a key of the service asks for it.
    space.env("PLUMB_STATE_KEY", &arn);
    space.plumb(&["output", "-raw", "secret"]).expect(0)?.has(SECRET)?;
    space.env("PLUMB_STATE_KEY_NEW", "a passphrase");
    space.plumb(&["state", "rekey"]).expect(0)?;
    space.plumb(&["plan"]).expect(1)?.has("PLUMB_STATE_KEY names a key of a key service")?;
    space.env("PLUMB_STATE_KEY", "a passphrase");
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    space.env("PLUMB_STATE_KEY_NEW", &arn);
    space.plumb(&["state", "rekey"]).expect(0)?;
    space.plumb(&["plan"]).expect(1)?.has("PLUMB_STATE_KEY is a passphrase")?;
    space.env("PLUMB_STATE_KEY", "awskms:alias/plumb-state");
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    hidden(space.path(), true)?;
    // A key that the service does not have opens nothing that is not sealed yet either.
    space.env("PLUMB_STATE_KEY_NEW", "awskms:alias/nobody");
    space.plumb(&["state", "rekey"]).expect(1)?.has("alias/nobody is not found")?;
    space.plumb(&["plan", "-detailed-exitcode"]).expect(0)?;
    account.plumb(&["destroy", "-auto-approve", "-no-color"]).expect(0)?;
    Ok(())
}

/// Fails unless the secret is in none of the files, or in some.
fn hidden(dir: &Path, wanted: bool) -> Result<(), Failed> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_file() && String::from_utf8_lossy(&std::fs::read(&path)?).contains(SECRET) {
            found.push(path);
        }
    }
    if found.is_empty() == wanted { Ok(()) } else { Err(format!("the secret is in {found:?}").into()) }
}
