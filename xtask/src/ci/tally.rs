//! Counting tests over several runners.

use std::fmt;
use std::io::{BufRead, BufReader, pipe};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// How many tests ran.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    passed: u64,
    failed: u64,
}

impl Tally {
    pub(super) fn add(&mut self, other: Self) {
        self.passed = self.passed.saturating_add(other.passed);
        self.failed = self.failed.saturating_add(other.failed);
    }

    /// What a runner's closing line says: libtest's, nextest's, or one of Node's two.
    fn of_line(line: &str) -> Option<Self> {
        if let Some(said) = ["# ", "\u{2139} "]
            .iter()
            .find_map(|mark| line.strip_prefix(mark))
        {
            return Self::of_node(said);
        }
        // Indented, libtest's line is part of what nextest shows of a failed test.
        let closing =
            line.starts_with("test result: ") || line.trim_start().starts_with("Summary [");
        if !closing {
            return None;
        }
        let mut tally = Self::default();
        let mut number = 0;
        for word in line.split([' ', ',', ';']) {
            match word {
                "passed" => tally.passed = number,
                "failed" => tally.failed = number,
                _ => number = word.parse().unwrap_or(number),
            }
        }
        Some(tally)
    }

    /// `pass 3` or `fail 0`: Node says the two on lines of their own.
    fn of_node(said: &str) -> Option<Self> {
        let (word, number) = said.split_once(' ')?;
        let number = number.parse().ok()?;
        match word {
            "pass" => Some(Self {
                passed: number,
                failed: 0,
            }),
            "fail" => Some(Self {
                passed: 0,
                failed: number,
            }),
            _ => None,
        }
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "tests: {} passed, {} failed", self.passed, self.failed)
    }
}

/// Runs a test runner, shows what it prints, and counts what it ran.
pub(super) fn counted(mut command: Command) -> Result<Tally> {
    let shown = command.get_program().to_string_lossy().into_owned();
    let arguments: Vec<_> = command
        .get_args()
        .map(|word| word.to_string_lossy())
        .collect();
    let shown = format!("{shown} {}", arguments.join(" "));
    println!("$ {shown}");
    // One pipe for both streams, so that their lines stay in order.
    let (reader, writer) = pipe()?;
    command.stdout(writer.try_clone()?).stderr(writer);
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run `{shown}`"))?;
    drop(command); // it holds the writing end: the pipe would never close

    let mut tally = Tally::default();
    for line in BufReader::new(reader).split(b'\n') {
        let line = line?;
        let line = String::from_utf8_lossy(&line);
        println!("{line}");
        if let Some(more) = Tally::of_line(&line) {
            tally.add(more);
        }
    }
    let status = child.wait()?;
    ensure!(status.success(), "`{shown}`: {status}, {tally}");
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::Tally;

    #[track_caller]
    fn check(line: &str, passed: u64, failed: u64) {
        assert_eq!(Tally::of_line(line), Some(Tally { passed, failed }));
    }

    #[test]
    fn reads_closing_lines() {
        check(
            "test result: ok. 12 passed; 0 failed; 1 ignored; 0 measured; 3 filtered out; finished in 0.01s",
            12,
            0,
        );
        check(
            "     Summary [   0.013s] 9 tests run: 7 passed (1 slow), 2 failed, 3 skipped",
            7,
            2,
        );
        check(
            "     Summary [   1.2s] 5/9 tests run: 5 passed, 0 skipped",
            5,
            0,
        );
    }

    #[test]
    fn reads_what_node_says() {
        check("# pass 12", 12, 0);
        check("\u{2139} fail 2", 0, 2);
    }

    #[test]
    fn leaves_other_lines_alone() {
        assert_eq!(Tally::of_line("3 passed, 4 failed"), None);
        assert_eq!(Tally::of_line("# tests 14"), None);
        assert_eq!(Tally::of_line("# pass by reference"), None);
        assert_eq!(Tally::of_line("test tests::a ... ok"), None);
        assert_eq!(
            Tally::of_line("    test result: FAILED. 0 passed; 1 failed; 0 ignored"),
            None
        );
    }
}
