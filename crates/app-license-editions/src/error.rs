//! What is wrong with a file that cannot be used at all.

use std::fmt::Display;
use std::ops::Range;

use miette::{LabeledSpan, NamedSource, SourceCode, SourceSpan};

/// Why a file was not read, with the place in it.
///
/// It is a [`miette::Diagnostic`]: a report of it shows the line with a caret.
///
/// ```
/// use app_license_editions::Editions;
/// let error = Editions::from_toml("editions.toml", "[features]\nexport = \"premium\"").unwrap_err();
/// assert_eq!(error.code(), "editions_file");
/// assert_eq!((error.line(), error.column()), (2, 10));
/// assert!(error.to_string().starts_with("unknown edition `premium`: expected "));
/// assert!(error.report(80).contains("╰── here"));
/// ```
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    message: String,
    help: Option<String>,
    text: Box<NamedSource<String>>,
    at: SourceSpan,
    range: Range<usize>,
    line: usize,
    column: usize,
}

impl Error {
    pub(crate) fn new(
        file: &str,
        text: &str,
        range: Range<usize>,
        message: impl Into<String>,
    ) -> Self {
        let start = range.start.min(text.len());
        let before = text.as_bytes().get(..start).unwrap_or_default();
        let breaks = before.iter().filter(|b| **b == b'\n').count();
        let after_break = before.iter().rposition(|b| *b == b'\n');
        let line = before.get(after_break.map_or(0, |at| at.saturating_add(1))..);
        let column = String::from_utf8_lossy(line.unwrap_or_default())
            .chars()
            .count();
        let length = range.end.saturating_sub(start).max(1);
        // a table is marked by its beginning
        let first_line = text
            .get(start..)
            .and_then(|rest| rest.find('\n'))
            .unwrap_or(length);
        let length = length.min(first_line.max(1));
        let (shown, at) = shortened(text, start, length);
        Self {
            message: message.into(),
            help: None,
            text: Box::new(NamedSource::new(file, shown)),
            at: at.into(),
            range: start..start.saturating_add(length).min(text.len()),
            line: breaks.saturating_add(1),
            column: column.saturating_add(1),
        }
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The stable code: `editions_file`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        "editions_file"
    }

    /// The line, from 1.
    #[must_use]
    pub const fn line(&self) -> usize {
        self.line
    }

    /// The column, from 1, in characters.
    #[must_use]
    pub const fn column(&self) -> usize {
        self.column
    }

    /// Where, in bytes of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The name of the file.
    #[must_use]
    pub fn file(&self) -> &str {
        self.text.name()
    }

    /// The message with the line it is about and a caret, at most so many columns wide. No colors.
    #[must_use]
    pub fn report(&self, width: usize) -> String {
        let theme = miette::GraphicalTheme::unicode_nocolor();
        let handler = miette::GraphicalReportHandler::new_themed(theme).with_width(width);
        let mut report = String::new();
        match handler.render_report(&mut report, self) {
            Ok(()) => report,
            Err(_) => self.to_string(),
        }
    }
}

/// The longest line that is shown whole, in bytes.
const LONG_LINE: usize = 120;
/// What is shown of a longer line around its place, on either side, in characters.
const AROUND: usize = 30;

/// The text with a line that is too long for a screen cut to what is around its place, and the
/// place in it. Lines before and after are cut as well: a report shows them, too.
fn shortened(text: &str, start: usize, length: usize) -> (String, (usize, usize)) {
    if text.split('\n').all(|line| line.len() <= LONG_LINE) {
        return (text.to_owned(), (start, length));
    }
    let mut shown = String::with_capacity(text.len());
    let mut at = (start, length);
    let mut begin = 0_usize;
    for line in text.split_inclusive('\n') {
        let end = begin.saturating_add(line.len());
        let body = line.trim_end_matches(['\r', '\n']);
        let inside = (begin..end).contains(&start) || (start == end && end == text.len());
        let offset = start.saturating_sub(begin).min(body.len());
        let new_begin = shown.len();
        if body.len() <= LONG_LINE {
            shown.push_str(body);
            if inside {
                at = (new_begin.saturating_add(offset), length);
            }
        } else if inside {
            let before = body.get(..offset).unwrap_or_default();
            let from = before.char_indices().rev().nth(AROUND.saturating_sub(1));
            let from = from.map_or(0, |(at, _)| at);
            let rest = body.get(offset..).unwrap_or_default();
            let to = rest.char_indices().nth(AROUND);
            let to = to.map_or(body.len(), |(at, _)| offset.saturating_add(at));
            if from > 0 {
                shown.push('…');
            }
            let place = shown.len().saturating_add(offset.saturating_sub(from));
            shown.push_str(body.get(from..to).unwrap_or_default());
            let left = to.saturating_sub(offset).max(1);
            at = (place, length.min(left));
            if to < body.len() {
                shown.push('…');
            }
        } else {
            shown.extend(body.chars().take(AROUND.saturating_mul(2)));
            shown.push('…');
        }
        if line.ends_with('\n') {
            shown.push('\n');
        }
        begin = end;
    }
    (shown, at)
}

impl miette::Diagnostic for Error {
    fn code<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        Some(Box::new(Self::code(self)))
    }

    fn help<'a>(&'a self) -> Option<Box<dyn Display + 'a>> {
        let help = self.help.as_deref()?;
        Some(Box::new(help))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&*self.text)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let label = LabeledSpan::new_primary_with_span(Some("here".to_owned()), self.at);
        Some(Box::new(std::iter::once(label)))
    }
}
