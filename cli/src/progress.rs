//! Shows what happens while a plan is made or applied: live lines on a terminal, plain lines or JSON elsewhere.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use plumb_engine::events::{Event, Events};
use plumb_engine::plan::Action;
use plumb_engine::store::ObjectKey;

use crate::render::{json_stream, progress};
use crate::ui::Ui;

/// How often a live line is redrawn.
const TICK: Duration = Duration::from_millis(500);

/// Receives events and shows them.
pub struct Progress<'u> {
    ui: &'u Ui,
    running: Mutex<BTreeMap<ObjectKey, ProgressBar>>,
}

impl<'u> Progress<'u> {
    /// Shows events on `ui`.
    pub fn new(ui: &'u Ui) -> Self {
        Self { ui, running: Mutex::default() }
    }

    fn running(&self) -> MutexGuard<'_, BTreeMap<ObjectKey, ProgressBar>> {
        // A thread that panicked while it held the lock leaves a map that is still good for showing.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins a live line; whether there is one now.
    fn begin(&self, object: &ObjectKey, action: Action, id: Option<&str>) -> bool {
        let Some(bars) = self.ui.bars() else { return false };
        let bar = live_bar(bars, object, action, id);
        bar.enable_steady_tick(TICK);
        self.running().insert(object.clone(), bar);
        true
    }

    fn end(&self, object: &ObjectKey) {
        if let Some(bar) = self.running().remove(object) {
            bar.finish_and_clear();
        }
    }

    /// Whether the event is shown by a live line, so that it needs no line of its own.
    fn is_live(&self, event: &Event<'_>) -> bool {
        match event {
            Event::OperationStart { object, action, id } => self.begin(object, *action, *id),
            Event::OperationProgress { .. } => self.ui.bars().is_some(),
            Event::OperationDone { object, .. } | Event::OperationFailed { object, .. } => {
                self.end(object);
                false
            }
            _ => false,
        }
    }
}

impl Events for Progress<'_> {
    fn event(&self, event: Event<'_>) {
        if self.ui.is_json() {
            json_stream::event(&event).iter().for_each(|line| self.ui.json_line(line));
            return;
        }
        // That an object was read is said when the reading begins, and the end of a provisioner is that of its lines.
        if matches!(event, Event::RefreshDone { .. } | Event::ProvisionDone { .. }) || self.is_live(&event) {
            return;
        }
        let lines: String = progress::lines(&event).iter().map(|line| format!("{line}\n")).collect();
        self.ui.out(&lines);
    }
}

fn live_bar(bars: &MultiProgress, object: &ObjectKey, action: Action, id: Option<&str>) -> ProgressBar {
    let (object, id) = (object.clone(), id.map(str::to_owned));
    let line = move |state: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
        // A line that cannot be drawn is left out.
        out.write_str(&progress::live(&object, action, id.as_deref(), state.elapsed())).ok();
    };
    let style = ProgressStyle::with_template("{spinner} {line}").expect("the template is well-formed");
    let bar = bars.add(ProgressBar::new_spinner());
    bar.set_style(style.with_key("line", line));
    bar
}
