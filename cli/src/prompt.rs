//! Questions for the values of variables.

use crate::ui::Ui;

/// Asks for a variable's value; `None` when the input is at its end.
pub fn variable(name: &str, description: Option<&str>, ui: &Ui) -> Option<String> {
    let answer = ui.ask(&question(name, description, ui));
    if answer.is_none() || !ui.is_interactive() {
        ui.out("\n");
    }
    answer
}

fn question(name: &str, description: Option<&str>, ui: &Ui) -> String {
    let paint = ui.paint();
    let about = description.filter(|it| !it.trim().is_empty()).map(|it| {
        let lines = it.trim().lines().map(|line| format!("  {line}\n"));
        lines.collect::<String>() + "\n"
    });
    let title = paint.bold(&format!("var.{name}"));
    format!("{title}\n{}  {} ", about.unwrap_or_default(), paint.bold("Enter a value:"))
}
