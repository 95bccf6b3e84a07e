//! How far a command is, on a terminal alone.

use std::path::Path;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// How often a spinner turns.
const TICK: Duration = Duration::from_millis(120);

/// A bar on standard error, or none that is seen; the first time that it is drawn it has all of this.
pub(super) fn bar(
    shown: bool,
    template: &str,
    what: &'static str,
    length: Option<u64>,
) -> ProgressBar {
    let target = if shown {
        ProgressDrawTarget::stderr()
    } else {
        ProgressDrawTarget::hidden()
    };
    let bar = ProgressBar::with_draw_target(length, target);
    style(&bar, template);
    bar.set_message(what);
    if shown {
        bar.enable_steady_tick(TICK);
    }
    bar
}

/// How much of a file is read; of what has no length, how much was.
pub(super) fn reading(shown: bool, what: &'static str, path: &Path) -> ProgressBar {
    let file = std::fs::metadata(path)
        .ok()
        .filter(std::fs::Metadata::is_file);
    let length = file.map(|file| file.len());
    let template = match length {
        Some(_) => "{msg:13} {wide_bar} {bytes} of {total_bytes}, {bytes_per_sec}, {eta} left",
        None => "{msg:13} {spinner} {bytes}, {bytes_per_sec}",
    };
    bar(shown, template, what, length)
}

/// A task of unknown length.
pub(super) fn waiting(shown: bool, what: &'static str) -> ProgressBar {
    bar(shown, "{spinner} {msg}, {elapsed}", what, None)
}

/// Sets the template of a bar; a wrong one is a mistake of this program and changes nothing.
pub(super) fn style(bar: &ProgressBar, template: &str) {
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
}
