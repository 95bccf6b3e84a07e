//! Findings for people, in 80 columns.

use std::io::Write;

use anstyle::Style;
use app_license_descriptor::Severity;
use app_license_doctor::{Finding, Summary};

use crate::output::{BAD, BOLD, DIM, WARN, clean, escaped, paint};

const WIDTH: usize = 78;
/// The most of a line that is shown, in characters.
const MAX_LINE: usize = 72;

pub(super) fn write(
    out: &mut dyn Write,
    findings: &[Finding],
    known: usize,
) -> std::io::Result<()> {
    for finding in findings {
        write_one(out, finding)?;
    }
    let summary = Summary::of(findings);
    write!(out, "{}", paint(BOLD, summary))?;
    if summary.fixable > 0 {
        write!(out, "; `--fix` can fix {}", summary.fixable)?;
    }
    if known > 0 {
        write!(out, "; {known} known from the baseline")?;
    }
    writeln!(out)
}

fn style(severity: Severity) -> Style {
    match severity {
        Severity::Error => BAD.bold(),
        Severity::Warning => WARN.bold(),
        _ => BOLD,
    }
}

fn write_one(out: &mut dyn Write, finding: &Finding) -> std::io::Result<()> {
    let severity = finding.severity();
    // the word alone has a color: what must be read has that of the terminal
    let word = paint(style(severity), severity);
    let code = paint(BOLD, format_args!("[{}]", finding.code()));
    let place = format!("{}:{}", finding.file(), finding.start());
    writeln!(out, "{word}{code} {}", escaped(place))?;
    wrapped(out, "  ", &finding.diagnostic().to_string())?;
    snippet(out, finding, style(severity))?;
    wrapped(out, "  fix: ", finding.diagnostic().fix())?;
    writeln!(out, "  {}\n", paint(DIM, finding.diagnostic().page()))
}

fn wrapped(out: &mut dyn Write, first: &str, text: &str) -> std::io::Result<()> {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent("  ");
    for line in textwrap::wrap(&clean(text).replace('\n', " "), options) {
        writeln!(out, "{line}")?;
    }
    Ok(())
}

/// The line and a mark below what is meant; nothing for a file as a whole.
fn snippet(out: &mut dyn Write, finding: &Finding, style: Style) -> std::io::Result<()> {
    let (start, end) = (finding.start(), finding.end());
    let line = finding.line();
    if finding.range().is_empty() || line.trim().is_empty() {
        return Ok(());
    }
    let indent = line.chars().take_while(|c| c.is_whitespace()).count();
    let before = start.column.saturating_sub(1).saturating_sub(indent);
    let shown: String = line.chars().skip(indent).take(MAX_LINE).collect();
    let length = shown.chars().count();
    let marked = if end.line == start.line {
        end.column.saturating_sub(start.column)
    } else {
        length
    };
    if before >= length {
        return Ok(());
    }
    let marked = marked.min(length.saturating_sub(before)).max(1);
    let cut = line.chars().nth(indent.saturating_add(MAX_LINE)).is_some();
    let rest = if cut { "…" } else { "" };
    writeln!(out, "    {}{rest}", clean(&shown))?;
    let mark = "^".repeat(marked);
    writeln!(out, "    {}{}", " ".repeat(before), paint(style, mark))
}
