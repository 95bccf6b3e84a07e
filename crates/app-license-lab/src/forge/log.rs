//! What the app's functions print, within bounds.

use std::collections::VecDeque;

use serde::Serialize;

/// How many lines are kept.
const MAX_LINES: usize = 500;
/// The longest line that is kept, in bytes.
const MAX_LINE: usize = 4096;

/// One line of a function.
#[derive(Debug, Clone, Serialize)]
pub(super) struct LogLine {
    /// Counts up from 1.
    id: u64,
    /// `log`, `warn`, `error`, …; `output` for what was not printed by the console.
    level: String,
    text: String,
    /// What was called.
    function: Option<String>,
}

/// The newest lines.
#[derive(Debug, Default)]
pub(super) struct Log {
    lines: VecDeque<LogLine>,
    last: u64,
}

impl Log {
    pub(super) fn add(&mut self, level: &str, text: &str, function: Option<String>) {
        self.last = self.last.saturating_add(1);
        if self.lines.len() >= MAX_LINES {
            self.lines.pop_front();
        }
        self.lines.push_back(LogLine {
            id: self.last,
            level: level.chars().take(10).collect(),
            text: shortened(text),
            function,
        });
    }

    /// Every line that is kept, oldest first.
    pub(super) fn lines(&self) -> Vec<LogLine> {
        self.lines.iter().cloned().collect()
    }
}

fn shortened(text: &str) -> String {
    let end = (0..=MAX_LINE.min(text.len())).rev();
    let end = end.into_iter().find(|at| text.is_char_boundary(*at));
    text.get(..end.unwrap_or_default())
        .unwrap_or_default()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_their_number_are_bounded() {
        let mut log = Log::default();
        for _ in 0..2000 {
            log.add("log", &"é".repeat(5000), None);
        }
        let lines = log.lines();
        assert_eq!(lines.len(), MAX_LINES);
        assert!(lines.iter().all(|line| line.text.len() <= MAX_LINE));
        assert_eq!(lines.last().map(|line| line.id), Some(2000));
    }
}
