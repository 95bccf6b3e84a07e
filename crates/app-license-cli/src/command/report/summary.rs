//! `app-license report summary`

use std::io::Write;
use std::path::PathBuf;

use app_license_marketplace::report::{Count, Dimension, Licenses, Summary};
use comfy_table::{Attribute, Cell, CellAlignment};

use super::counts::{Counts, Group, key, numbers, title};
use super::page;
use super::source::{SourceArgs, csv_fault};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, escaped, show, table};

/// Count licenses by edition, type, status, tier, hosting and month
///
/// Each license counts once: where it is repeated, and in a report with the history of licenses,
/// by its newest record. "Licensed" is not
/// "paid": the platform enforces access softly, and has commercial licenses of price zero.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report summary licenses.json
  app-license report summary licenses.csv.gz --format json
  app-license report summary licenses.json --html report.html
      # one page, opens offline
  app-license report summary licenses.json --csv summary.csv")]
pub(super) struct Args {
    /// Write one HTML page with plots, which needs no network
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the counts as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    #[command(flatten)]
    source: SourceArgs,
}

impl Args {
    pub(super) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let mut summary = Summary::new();
        let fields = Some(Summary::FIELDS);
        let reading = self.source.each::<Licenses>(io, fields, |license| {
            summary.add(license);
            Ok(())
        })?;
        let groups = |dimension: Dimension| {
            let group = |(name, count): (&str, Count)| Group {
                name: name.to_owned(),
                count,
            };
            (
                key(dimension),
                summary.groups(dimension).map(group).collect(),
            )
        };
        let counts = Counts {
            reading: reading.with_repeated(summary.repeated()),
            total: summary.total(),
            groups: Dimension::ALL
                .iter()
                .map(|dimension| groups(*dimension))
                .collect(),
        };
        if let Some(path) = &self.html {
            std::fs::write(path, page::page(&counts))?;
        }
        if let Some(path) = &self.csv {
            write_csv(std::fs::File::create(path)?, &counts)?;
        }
        show(io, format, &counts, |out| human(out, &counts))?;
        Ok(counts.reading.exit())
    }
}

fn cells(name: &str, count: Count) -> Vec<Cell> {
    let number = |count: u64| {
        let text = if count == 0 {
            "-".to_owned()
        } else {
            count.to_string()
        };
        Cell::new(text).set_alignment(CellAlignment::Right)
    };
    std::iter::once(Cell::new(escaped(name)))
        .chain(numbers(count).map(|(_, count)| number(count)))
        .collect()
}

fn human(out: &mut dyn Write, counts: &Counts) -> std::io::Result<()> {
    // months without end are for the page and for JSON
    const MONTHS: usize = 12;
    let heading = [
        "", "all", "active", "licensed", "trial", "upgrade", "free", "ended",
    ];
    let mut shown = table(heading);
    shown.add_row(cells("all licenses", counts.total));
    for dimension in Dimension::ALL {
        let groups = counts.groups(*dimension);
        shown.add_row([Cell::new(title(*dimension)).add_attribute(Attribute::Bold)]);
        let skipped = match dimension {
            Dimension::Month => groups.len().saturating_sub(MONTHS),
            _ => 0,
        };
        if skipped > 0 {
            shown.add_row([Cell::new(format!("  … {skipped} earlier"))]);
        }
        for group in groups.iter().skip(skipped) {
            shown.add_row(cells(&format!("  {}", group.name), group.count));
        }
    }
    // numbers close together, so that a line has at most 80 columns
    let gap = u16::from(counts.total.all < 100_000);
    for column in shown.column_iter_mut().skip(1) {
        column.set_padding((gap, 0));
    }
    writeln!(out, "{shown}")?;
    counts.reading.note(out)
}

fn write_csv(to: impl Write, counts: &Counts) -> Result<(), CliError> {
    let mut csv = csv::Writer::from_writer(to);
    let columns = numbers(Count::default()).map(|(name, _)| name.replace(' ', "_"));
    let header = ["dimension".to_owned(), "group".to_owned()]
        .into_iter()
        .chain(columns);
    csv.write_record(header).map_err(csv_fault)?;
    let row = |dimension: &str, name: &str, count: Count| {
        let counts = numbers(count).map(|(_, count)| count.to_string());
        [dimension.to_owned(), name.to_owned()]
            .into_iter()
            .chain(counts)
            .collect::<Vec<_>>()
    };
    csv.write_record(row("all", "all", counts.total))
        .map_err(csv_fault)?;
    for dimension in Dimension::ALL {
        for group in counts.groups(*dimension) {
            let row = row(dimension.name(), &group.name, group.count);
            csv.write_record(row).map_err(csv_fault)?;
        }
    }
    csv.flush()?;
    Ok(())
}
