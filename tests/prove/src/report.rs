//! What was claimed, whether it held, and the figures.

use std::fmt::Display;

/// The claims of one proof. A claim that does not hold makes the program fail.
#[derive(Debug)]
pub(crate) struct Report {
    name: &'static str,
    figures: Vec<String>,
    /// How many were made; a bench makes none.
    claims: usize,
    failed: usize,
}

impl Report {
    pub(crate) fn new(name: &'static str) -> Self {
        println!("{name}");
        Self {
            name,
            figures: Vec::new(),
            claims: 0,
            failed: 0,
        }
    }

    /// A claim, and what was seen.
    pub(crate) fn claim(&mut self, claim: &str, holds: bool, seen: impl Display) {
        let word = if holds { "holds" } else { "FAILS" };
        println!("  {word}  {claim}: {seen}");
        self.claims += 1;
        if !holds {
            self.failed += 1;
        }
    }

    /// A claim that nothing of a kind was found; shows the first few that were.
    pub(crate) fn none<T: Display>(&mut self, claim: &str, found: &[T]) {
        self.claim(claim, found.is_empty(), format!("{} against", found.len()));
        for one in found.iter().take(5) {
            println!("         {one}");
        }
    }

    /// A figure for the closing line.
    pub(crate) fn figure(&mut self, figure: impl Into<String>) {
        self.figures.push(figure.into());
    }

    /// Prints the closing line. Whether everything held.
    pub(crate) fn close(&self) -> bool {
        let verdict = match (self.claims, self.failed) {
            (0, _) => "measured".to_owned(),
            (_, 0) => "holds".to_owned(),
            (_, failed) => format!("{failed} of its claims FAIL"),
        };
        println!("{} {verdict}: {}", self.name, self.figures.join(", "));
        self.failed == 0
    }
}
