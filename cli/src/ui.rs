//! The terminal: the only place that prints and asks.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "everything that plumb says goes through here")]

use std::io::{BufRead, IsTerminal, Write};

use console::Term;
use indicatif::{MultiProgress, ProgressDrawTarget};
use plumb_engine::diagnostic::{Diagnostic, Diagnostics};
use plumb_engine::provider::Providers;
use plumb_engine::source::SourceMap;
use serde_json::Value as Json;

use crate::render::diagnostic::{self, DiagnosticOptions};
use crate::render::{Paint, View, json_stream};

/// Width of text that goes to no terminal.
const COLUMNS: usize = 78;

/// How a command wants to speak.
#[derive(Clone, Copy, Debug, Default)]
pub struct UiOptions {
    /// `-no-color`.
    pub no_color: bool,
    /// `-compact-warnings`.
    pub compact_warnings: bool,
    /// One JSON object per line on standard output, and nothing else.
    pub json_stream: bool,
    /// Whether `NO_COLOR` is set.
    pub no_color_wanted: bool,
}

/// Where a command speaks.
pub struct Ui {
    options: UiOptions,
    out_paint: Paint,
    err_paint: Paint,
    columns: usize,
    bars: Option<MultiProgress>,
}

impl Ui {
    /// Looks at the terminals once.
    pub fn new(options: UiOptions) -> Self {
        let (out, err) = (Term::stdout(), Term::stderr());
        let color = !options.no_color && !options.no_color_wanted && !options.json_stream;
        let live = out.is_term() && !options.json_stream && !options.no_color;
        Self {
            options,
            out_paint: Paint::new(color && out.is_term()),
            err_paint: Paint::new(color && err.is_term()),
            columns: if out.is_term() { usize::from(out.size().1).max(40) } else { COLUMNS },
            bars: live.then(|| MultiProgress::with_draw_target(ProgressDrawTarget::stdout())),
        }
    }

    /// What renderings for standard output need.
    pub fn view<'a>(&self, providers: &'a Providers) -> View<'a> {
        View { providers, paint: self.out_paint, columns: self.columns }
    }

    /// Colours of standard output.
    pub fn paint(&self) -> Paint {
        self.out_paint
    }

    /// Whether everything said is JSON.
    pub fn is_json(&self) -> bool {
        self.options.json_stream
    }

    /// Lines that are redrawn while something lasts; only on a terminal.
    pub fn bars(&self) -> Option<&MultiProgress> {
        self.bars.as_ref()
    }

    /// Whether somebody can be asked.
    pub fn is_interactive(&self) -> bool {
        std::io::stdin().is_terminal() && !self.options.json_stream
    }

    /// Text for standard output, as it is. A reader that went away is no error.
    pub fn out(&self, text: &str) {
        let print = || {
            let mut out = std::io::stdout().lock();
            out.write_all(text.as_bytes()).and_then(|()| out.flush()).ok();
        };
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    /// Text for standard error, as it is.
    pub fn err(&self, text: &str) {
        match &self.bars {
            Some(bars) => bars.suspend(|| eprint!("{text}")),
            None => eprint!("{text}"),
        }
    }

    /// Takes lines for standard output from wherever they come, for as long as the process lives.
    pub fn lines(&self) -> impl Fn(&str) + Send + Sync + 'static {
        |line| {
            let mut out = std::io::stdout().lock();
            writeln!(out, "{line}").and_then(|()| out.flush()).ok();
        }
    }

    /// A document for standard output, indented.
    pub fn document(&self, json: &Json) {
        self.out(&format!("{json:#}\n"));
    }

    /// One line of the JSON stream.
    pub fn json_line(&self, json: &Json) {
        self.out(&format!("{json}\n"));
    }

    /// Errors go to standard error, warnings to standard output; in the JSON stream, both are lines of it.
    pub fn diagnostics(&self, all: &Diagnostics, sources: Option<&SourceMap>) {
        if self.options.json_stream {
            all.iter().for_each(|it| self.json_line(&json_stream::diagnostic(it, sources)));
            return;
        }
        if self.options.compact_warnings && !all.has_errors() && !all.is_empty() {
            let options = self.diagnostic_options(self.out_paint);
            self.out(&format!("\n{}", diagnostic::compact_warnings(all, sources, options)));
            return;
        }
        for it in all {
            self.diagnostic(it, sources);
        }
    }

    fn diagnostic(&self, it: &Diagnostic, sources: Option<&SourceMap>) {
        if it.is_error() {
            self.err(&diagnostic::diagnostic(it, sources, self.diagnostic_options(self.err_paint)));
        } else {
            self.out(&diagnostic::diagnostic(it, sources, self.diagnostic_options(self.out_paint)));
        }
    }

    fn diagnostic_options(&self, paint: Paint) -> DiagnosticOptions {
        DiagnosticOptions { paint, columns: self.columns, boxed: !self.options.no_color }
    }

    /// Asks for a line of text; `None` at the end of the input.
    pub fn ask(&self, prompt: &str) -> Option<String> {
        self.out(prompt);
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line).unwrap_or(0);
        if read == 0 {
            return None;
        }
        Some(line.trim_end_matches(['\n', '\r']).to_owned())
    }
}
