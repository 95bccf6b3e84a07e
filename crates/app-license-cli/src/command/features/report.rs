//! Reading the file, and showing what was found about it.

use std::io::Write;
use std::path::Path;

use app_license_editions::{Diagnostic, Editions, Severity};
use serde_json::json;

use crate::error::CliError;
use crate::io::{Io, MAX_INPUT};
use crate::output::{BAD, BOLD, DIM, Format, GOOD, WARN, clean, escaped, paint, unless_closed};

/// How wide text is written.
const WIDTH: usize = 80;

/// Reads the file. All that is wrong in it is shown with line, column and a caret: then `None`.
pub(crate) fn read_editions(
    io: &mut Io<'_>,
    format: Format,
    path: &Path,
) -> Result<Option<Editions>, CliError> {
    let bytes = io.read(path, MAX_INPUT)?;
    let shown = path.display().to_string();
    let Ok(text) = String::from_utf8(bytes) else {
        return Err(CliError::Option(format!("`{shown}` is not UTF-8")));
    };
    let errors = match Editions::read(&shown, &text) {
        Ok(editions) => return Ok(Some(editions)),
        Err(errors) => errors,
    };
    match format {
        Format::Human => {
            for error in &errors {
                write!(io.err, "{}", clean(error.report(WIDTH)))?;
            }
            if errors.len() > 1 {
                let text = format_args!("{} errors", errors.len());
                writeln!(io.err, "{}: {}", clean(&shown), paint(BAD, text))?;
            }
        }
        Format::Json => {
            let errors: Vec<_> = errors
                .iter()
                .map(|error| {
                    json!({
                        "code": error.code(),
                        "message": error.to_string(),
                        "file": error.file(),
                        "line": error.line(),
                        "column": error.column(),
                    })
                })
                .collect();
            let first = errors.first();
            let written = writeln!(io.out, "{}", json!({ "error": first, "errors": errors }));
            unless_closed(written)?;
        }
    }
    Ok(None)
}

/// What was found, one after the other.
pub(crate) fn diagnostics(out: &mut dyn Write, found: &[Diagnostic]) -> std::io::Result<()> {
    for diagnostic in found {
        let style = match diagnostic.severity() {
            Severity::Error => BAD.bold(),
            Severity::Warning => WARN.bold(),
            _ => DIM,
        };
        let head = format!("{}[{}]", diagnostic.severity().name(), diagnostic.code());
        write!(out, "{}", paint(style, head))?;
        match diagnostic.place() {
            Some(place) => writeln!(out, " {}", escaped(place))?,
            None => writeln!(out)?,
        }
        paragraph(out, "  ", diagnostic.message())?;
        if let Some(help) = diagnostic.help() {
            paragraph(out, "  help: ", help)?;
        }
    }
    Ok(())
}

/// Text within the width; further lines stand under the first one.
fn paragraph(out: &mut dyn Write, label: &str, text: &str) -> std::io::Result<()> {
    let indent = " ".repeat(label.len());
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(label)
        .subsequent_indent(&indent)
        .break_words(false);
    for line in textwrap::wrap(&clean(text), options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// How many of each kind, in one line.
pub(crate) fn summary(
    out: &mut dyn Write,
    what: &str,
    found: &[Diagnostic],
) -> std::io::Result<()> {
    let count = |severity| found.iter().filter(|d| d.severity() == severity).count();
    let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
    let infos = count(Severity::Info);
    let number = |count: usize, name: &str| match count {
        1 => format!("1 {name}"),
        _ => format!("{count} {name}s"),
    };
    let counts = format!(
        "{}, {}, {}",
        number(errors, "error"),
        number(warnings, "warning"),
        number(infos, "info")
    );
    let style = match (errors, warnings) {
        (0, 0) => GOOD,
        (0, _) => BOLD,
        _ => BAD.bold(),
    };
    writeln!(out, "{}: {}", clean(what), paint(style, counts))
}
