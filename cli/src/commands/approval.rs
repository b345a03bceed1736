//! Approval: nothing is applied unless somebody says `yes`.

use plumb_engine::diagnostic::Diagnostic;
use plumb_engine::plan::PlanMode;

use crate::ui::Ui;

/// The only text that approves.
const YES: &str = "yes";

/// Asks whether a plan is to be applied. Standard input need not be a terminal: a `yes` that is piped in counts.
///
/// # Errors
/// Nobody may be asked, or nobody answers.
pub fn plan(mode: PlanMode, may_ask: bool, ui: &Ui) -> Result<bool, Diagnostic> {
    let (question, explanation) = match mode {
        PlanMode::Normal => (
            "Do you want to perform these actions?",
            "  Plumb will perform the actions described above.\n  Only 'yes' will be accepted to approve.",
        ),
        PlanMode::RefreshOnly => (
            "Would you like to update the state to reflect these detected changes?",
            "  Plumb will write them to the state without changing any object.\n  There is no undo. Only 'yes' will be \
             accepted to approve.",
        ),
        PlanMode::Destroy => (
            "Do you really want to destroy all resources?",
            "  Plumb will destroy everything that is shown above.\n  There is no undo. Only 'yes' will be accepted to \
             confirm.",
        ),
    };
    ask(question, explanation, may_ask, ui)
}

/// Asks whether a lock is to be broken.
///
/// # Errors
/// Nobody answers.
pub fn unlock(run: &str, ui: &Ui) -> Result<bool, Diagnostic> {
    let explanation = format!(
        "  Plumb will break the lock of run {run}. If that run still goes on, it\n  writes nothing from then on. Only \
         'yes' will be accepted to confirm."
    );
    ask("Do you really want to force-unlock?", &explanation, true, ui)
}

fn ask(question: &str, explanation: &str, may_ask: bool, ui: &Ui) -> Result<bool, Diagnostic> {
    if !may_ask || ui.is_json() {
        return Err(unanswerable("Asking is turned off by -input=false, TF_INPUT or -json."));
    }
    let prompt = format!("\n{}\n{explanation}\n\n  {} ", ui.paint().bold(question), ui.paint().bold("Enter a value:"));
    match ui.ask(&prompt) {
        Some(answer) => {
            if !ui.is_interactive() {
                ui.out("\n");
            }
            Ok(answer == YES)
        }
        None => {
            ui.out("\n");
            Err(unanswerable("Nobody answered: standard input is at its end."))
        }
    }
}

fn unanswerable(why: &str) -> Diagnostic {
    let way_out = "Give -auto-approve to go on without being asked, or save a plan with \"plumb plan -out=FILE\" and \
                   apply that file, which counts as approved.";
    Diagnostic::error("Approval required", format!("{why} {way_out}"))
}
