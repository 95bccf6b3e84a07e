//! Answers on the screen: for people, or as JSON.

use std::fmt::Display;
use std::io::Write;

use anstyle::{AnsiColor, Style};
use app_license::error::alters_display;
use comfy_table::{Attribute, Cell, ContentArrangement, Table, presets};
#[cfg(feature = "store")]
use comfy_table::{ColumnConstraint, Width};
use serde::Serialize;

use crate::error::CliError;
use crate::io::Io;

/// How answers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
pub(crate) enum Format {
    /// For people.
    #[default]
    Human,
    /// One JSON document.
    Json,
}

pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
pub(crate) const BAD: Style = AnsiColor::Red.on_default();
// yellow is hardly seen on a light screen
pub(crate) const WARN: Style = AnsiColor::Magenta.on_default();
pub(crate) const BOLD: Style = Style::new().bold();
pub(crate) const DIM: Style = Style::new().dimmed();

/// Text in a style; the stream strips it when it is no terminal.
pub(crate) fn paint(style: Style, text: impl Display) -> String {
    format!("{style}{text}{style:#}")
}

/// Text from outside, without what could steer a terminal or show it in another order; line ends
/// stay.
pub(crate) fn clean(text: impl Display) -> String {
    let text = text.to_string();
    let steers = |c: char| c != '\n' && alters_display(c);
    if text.contains(steers) {
        text.replace(steers, "\u{fffd}")
    } else {
        text
    }
}

/// A value from outside, in one line: what could steer a terminal, show it in another order or begin a line of
/// its own is escaped.
pub(crate) fn escaped(text: impl Display) -> String {
    let text = text.to_string();
    if !text.contains(alters_display) {
        return text;
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if alters_display(c) {
            shown.extend(c.escape_default());
        } else {
            shown.push(c);
        }
    }
    shown
}

/// Text in one line: text from outside cannot begin a line of its own.
#[cfg(any(feature = "marketplace", feature = "store"))]
pub(crate) fn one_line(text: impl Display) -> String {
    clean(text).replace('\n', " ")
}

/// Writes the answer in the format asked for.
///
/// Where its reader has closed the pipe (`| head`), the rest is not written, and the command ends
/// with the exit code that it would have had.
pub(crate) fn show(
    io: &mut Io<'_>,
    format: Format,
    json: &impl Serialize,
    human: impl FnOnce(&mut dyn Write) -> std::io::Result<()>,
) -> Result<(), CliError> {
    let written = match format {
        Format::Human => human(io.out),
        Format::Json => serde_json::to_writer_pretty(&mut *io.out, json)
            .map_err(std::io::Error::from)
            .and_then(|()| writeln!(io.out)),
    };
    unless_closed(written.and_then(|()| io.out.flush()))
}

/// What was written, or that the reader closed the pipe: that is no error of the command.
pub(crate) fn unless_closed(written: std::io::Result<()>) -> Result<(), CliError> {
    match written {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        other => Ok(other?),
    }
}

/// `1 installation`, `2 installations`.
#[cfg(feature = "store")]
pub(crate) fn counted(count: u64, noun: &str) -> String {
    let many = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{many}")
}

/// Writes why there is no answer.
pub(crate) fn show_fault(io: &mut Io<'_>, format: Format, code: &str, message: &str) {
    let written = match format {
        Format::Human => writeln!(
            io.err,
            "{}: {}",
            paint(BAD.bold(), format_args!("error[{code}]")),
            clean(message)
        ),
        Format::Json => writeln!(
            io.out,
            "{}",
            serde_json::json!({"error": {"code": code, "message": message}})
        ),
    };
    // there is no other place to write it to
    drop(written);
}

/// An empty table with a heading.
pub(crate) fn table<'a>(heading: impl IntoIterator<Item = &'a str>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::UTF8_BORDERS_ONLY)
        .enforce_styling()
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(
            heading
                .into_iter()
                .map(|h| Cell::new(h).add_attribute(Attribute::Bold)),
        );
    table
}

/// Keeps a table within the screen: `COLUMNS`, the terminal, or 80 columns.
#[cfg(any(feature = "marketplace", feature = "store"))]
pub(crate) fn fit(table: &mut Table) {
    const LEAST: u16 = 40;
    let columns = std::env::var("COLUMNS").ok();
    let columns = columns.and_then(|columns| columns.parse::<u16>().ok());
    if let Some(columns) = columns {
        table.set_width(columns.max(LEAST));
    } else if table.width().is_none() {
        table.set_width(80);
    }
}

/// The same for a table of names: no word is broken, so that each can be copied. A table whose words do not
/// fit is wider than the screen.
#[cfg(feature = "store")]
pub(crate) fn whole_words(table: &mut Table) {
    fit(table);
    let longest: Vec<u16> = (0..table.column_count())
        .map(|column| {
            let cells = table.column_cells_with_header_iter(column).flatten();
            let longest = cells.map(|cell| longest_word(&cell.content())).max();
            longest.unwrap_or_default()
        })
        .collect();
    for (column, longest) in table.column_iter_mut().zip(longest) {
        let width = longest.saturating_add(column.padding_width());
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(width)));
    }
}

/// Whether a table is no wider than its screen.
#[cfg(feature = "store")]
pub(crate) fn fits(table: &Table) -> bool {
    let line = table.lines().next().unwrap_or_default();
    table
        .width()
        .is_none_or(|width| line.chars().count() <= usize::from(width))
}

#[cfg(feature = "store")]
fn longest_word(text: &str) -> u16 {
    let longest = text
        .split_whitespace()
        .map(|word| word.chars().count())
        .max();
    u16::try_from(longest.unwrap_or_default()).unwrap_or(u16::MAX)
}

/// A yes or a no, green or red: the dark ones, which are seen on a light screen too.
pub(crate) fn verdict(yes: bool, text: impl ToString) -> Cell {
    Cell::new(text).fg(if yes {
        comfy_table::Color::DarkGreen
    } else {
        comfy_table::Color::DarkRed
    })
}

#[cfg(test)]
mod tests {
    use super::{clean, escaped};

    #[test]
    fn what_steers_a_terminal_or_reorders_text_is_replaced() {
        for c in [
            '\u{1b}', '\r', '\t', '\u{202e}', '\u{2066}', '\u{2028}', '\u{feff}',
        ] {
            assert_eq!(clean(format!("a{c}b\n")), "a\u{fffd}b\n", "{c:?}");
        }
        assert_eq!(clean("ä字🙂\n"), "ä字🙂\n");
    }

    #[test]
    fn a_value_stays_in_its_line() {
        let hostile = "a\n  license  active\r\t\u{1b}[2K\u{202e}\u{2028}ä字🙂\\";
        let shown = "a\\n  license  active\\r\\t\\u{1b}[2K\\u{202e}\\u{2028}ä字🙂\\";
        assert_eq!(escaped(hostile), shown);
    }
}
