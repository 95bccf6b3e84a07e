//! Drift on the screen: for people, or as JSON.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use app_license::UnixTime;
use app_license_marketplace::reconcile::{Drift, DriftKind, ReportRead, Summary, Unreadable};
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Table, Width, presets};
use serde::Serialize;

use super::selection::Selection;
use crate::error::CliError;
use crate::io::Io;
use crate::output::{BAD, BOLD, DIM, Format, GOOD, WARN, escaped, fit, paint, show};

/// How many cases of a kind people are shown.
const SHOWN: usize = 20;

/// All that is shown.
pub(super) struct Page<'a> {
    pub(super) now: UnixTime,
    pub(super) summary: &'a Summary,
    pub(super) selection: &'a Selection,
    pub(super) report: &'a ReportRead,
    pub(super) unreadable: &'a Unreadable,
    pub(super) all: bool,
    /// Whether one side could not be read in whole.
    pub(super) partial: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Json<'a> {
    compared_at: UnixTime,
    partial: bool,
    drift: &'a [Drift],
    counts: BTreeMap<&'static str, usize>,
    lasting: &'a [String],
    earlier: usize,
    excepted: usize,
    summary: &'a Summary,
    report: Read<'a>,
    installations: Read<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Read<'a> {
    complete: bool,
    unreadable: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_unreadable: Option<&'a str>,
}

impl Page<'_> {
    pub(super) fn show(&self, io: &mut Io<'_>, format: Format) -> Result<(), CliError> {
        let mut counts = BTreeMap::new();
        for kind in DriftKind::ALL {
            counts.insert(kind.code(), self.of(kind).count());
        }
        let json = Json {
            compared_at: self.now,
            partial: self.partial,
            drift: &self.selection.drift,
            counts,
            lasting: &self.selection.lasting,
            earlier: self.selection.earlier,
            excepted: self.selection.excepted,
            summary: self.summary,
            report: Read {
                complete: self.report.complete,
                unreadable: self.report.bad,
                first_unreadable: self.report.first.as_deref(),
            },
            installations: Read {
                complete: true,
                unreadable: self.unreadable.count,
                first_unreadable: self.unreadable.first.as_deref(),
            },
        };
        show(io, format, &json, |out| self.human(out))
    }

    fn of(&self, kind: DriftKind) -> impl Iterator<Item = &Drift> {
        self.selection.drift.iter().filter(move |d| d.kind == kind)
    }

    fn human(&self, out: &mut dyn Write) -> io::Result<()> {
        let mut causes = BTreeSet::new();
        for kind in DriftKind::ALL {
            let cases = self.of(kind).count();
            if cases == 0 {
                continue;
            }
            writeln!(out, "{} {}", paint(BOLD, kind.title()), paint(DIM, cases))?;
            let shown = if self.all { cases } else { SHOWN };
            writeln!(out, "{}", table(self.of(kind).take(shown)))?;
            if cases > shown {
                let more = cases.saturating_sub(shown);
                writeln!(
                    out,
                    "{}",
                    paint(DIM, format_args!("and {more} more: --all"))
                )?;
            }
            writeln!(out)?;
            causes.extend(self.of(kind).map(|d| d.cause));
        }
        if !causes.is_empty() {
            writeln!(out, "{}", paint(BOLD, "likely causes"))?;
            for cause in causes {
                let text = format!("{cause}: {}", cause.explanation());
                for line in textwrap(&text, 78) {
                    writeln!(out, "  {line}")?;
                }
            }
            writeln!(out)?;
        }
        self.totals(out)
    }

    fn totals(&self, out: &mut dyn Write) -> io::Result<()> {
        let drift = self.selection.drift.len();
        let s = self.summary;
        let verdict = match drift {
            0 if self.partial => paint(WARN, "no drift, as far as both sides were read,"),
            0 => paint(GOOD, "no drift"),
            1 => paint(BAD, "1 case of drift"),
            n => paint(BAD, format_args!("{n} cases of drift")),
        };
        writeln!(
            out,
            "{verdict} between {} entitlements and {} installations",
            s.entitlements, s.installations
        )?;
        let left_out = [
            (self.selection.lasting.len(), "shown by an earlier run"),
            (self.selection.earlier, "begun earlier than --since"),
            (self.selection.excepted, "of a cause in --except"),
        ];
        for (count, what) in left_out {
            if count > 0 {
                writeln!(out, "  and {count} {what}")?;
            }
        }
        let notes = [
            (s.not_in_use, "installations disabled or uninstalled"),
            (s.not_production, "installations outside production"),
            (s.installations_of_other_apps, "installations of other apps"),
            (
                s.installations_without_ids,
                "installations that name neither site nor entitlement",
            ),
            (
                s.superseded,
                "installations left out for a newer one of the same license",
            ),
            (
                s.repeated,
                "installations that differ are there a second time",
            ),
            (
                s.not_compared,
                "installations not compared: too little is said",
            ),
            (
                s.joined_by_host_name,
                "installations joined by their host name alone",
            ),
            (
                s.rows_not_cloud,
                "records of the report of Server or Data Center",
            ),
            (s.rows_of_other_apps, "records of the report of other apps"),
            (s.rows_without_ids, "records of the report without any id"),
        ];
        for (count, what) in notes {
            if count > 0 {
                writeln!(out, "{}", paint(DIM, format_args!("  {count} {what}")))?;
            }
        }
        let unreadable = [
            (self.report.bad, &self.report.first, "the report"),
            (
                self.unreadable.count,
                &self.unreadable.first,
                "the installations",
            ),
        ];
        for (count, first, of) in unreadable {
            if count > 0 {
                let first = escaped(first.as_deref().unwrap_or_default());
                let text = format_args!("  {count} records of {of} cannot be read; {first}");
                writeln!(out, "{}", paint(WARN, text))?;
            }
        }
        for (read, what) in [
            (s.rows, "the report has no license"),
            (
                s.installations,
                "there is no installation: the store is empty",
            ),
        ] {
            if read == 0 {
                writeln!(out, "{}", paint(WARN, format_args!("  warning: {what}")))?;
            }
        }
        if !self.report.complete {
            let text = "  the report was cut off: what it lacks shows as drift";
            writeln!(out, "{}", paint(WARN, text))?;
        }
        if self.partial {
            let text = "PARTIAL: one side was not read in whole, and what it lacks may be drift or";
            writeln!(out, "{}", paint(BAD, text))?;
            writeln!(out, "{}", paint(BAD, "seem to be; --partial takes it so"))?;
        }
        Ok(())
    }
}

fn table<'d>(cases: impl Iterator<Item = &'d Drift>) -> Table {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .enforce_styling()
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_header(["customer", "bought", "runs", "likely cause", "since"]);
    for drift in cases {
        table.add_row([
            Cell::new(escaped(customer(drift))),
            Cell::new(bought(drift)),
            Cell::new(runs(drift)),
            Cell::new(drift.cause.code().replace('_', " ")).fg(Color::DarkMagenta),
            Cell::new(drift.since.map(day).unwrap_or_default()),
        ]);
    }
    fit(&mut table);
    // a host name is not broken where there is room for it
    if let Some(customer) = table.column_mut(0) {
        customer.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(28)));
    }
    table
}

/// Who it is: the site, or what else names it.
fn customer(drift: &Drift) -> &str {
    let runs = drift.runs.as_ref();
    let bought = drift.bought.as_ref();
    let host = runs.and_then(|r| r.host.as_deref());
    host.or_else(|| bought.and_then(|b| b.host.as_deref()))
        .or_else(|| bought.and_then(|b| b.entitlement_number.as_deref()))
        .or_else(|| runs.map(|r| &*r.tenant))
        .unwrap_or_default()
}

fn bought(drift: &Drift) -> String {
    let Some(bought) = &drift.bought else {
        return "unknown".to_owned();
    };
    let until = match (&bought.maintenance_end, bought.grants) {
        (Some(end), "nothing") => format!(" since {end}"),
        _ => String::new(),
    };
    escaped(format!("{}{until}", bought.grants))
}

fn runs(drift: &Drift) -> String {
    match &drift.runs {
        None => "not installed".to_owned(),
        Some(runs) if runs.uninstalled_at.is_some() => "uninstalled".to_owned(),
        Some(runs) => match runs.license {
            Some("active trial") => format!("{} (trial)", runs.grants),
            Some(_) => runs.grants.to_owned(),
            None => format!("{} (never confirmed)", runs.grants),
        },
    }
}

fn day(time: UnixTime) -> String {
    let text = time.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}

/// Lines of at most so many characters.
fn textwrap(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split(' ') {
        match lines.last_mut() {
            Some(line) if line.len().saturating_add(word.len()) < width => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) => lines.push(format!("  {word}")),
            None => lines.push(word.to_owned()),
        }
    }
    lines
}
