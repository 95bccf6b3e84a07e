//! `app-license partner tier`

use std::io::Write;
use std::path::PathBuf;

use app_license_marketplace::partner::{
    Missing, Money, PartnerProgram, RowState, TierReport, YearSales, read_sales,
};
use serde::Serialize;
use serde_json::json;

use crate::command::keys::text_file;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::{Io, MAX_INPUT};
use crate::now::NowArgs;
use crate::output::{BAD, BOLD, DIM, Format, GOOD, WARN, one_line, paint, show};
use crate::wrap::hanging;

/// Add up the sales of a year, and say which level they reach and what is missing to the next
///
/// The year is 1 July to 30 June; the price that customers paid counts, refunds are taken off.
/// What no report answers is unknown, never met. Exit code 0: shown, or the sales reach
/// --require. 2: they do not. 3: a row cannot be read.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license partner tier transactions.json
  app-license partner tier 2025.json 2026.json --year 2026 --require gold
  app-license partner tier transactions.json --format json")]
pub(super) struct Args {
    /// Exports of transactions, as JSON or CSV, compressed or not; `-` for standard input
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The year of the review in July [default: the one that the current year of sales ends in]
    #[arg(long, value_name = "YEAR", value_parser = clap::value_parser!(i16).range(2000..=9998))]
    year: Option<i16>,
    /// Exit with 2 unless the sales reach this level
    #[arg(long, value_name = "LEVEL")]
    require: Option<String>,
    /// A file of levels, in place of the one that is shipped
    #[arg(long, value_name = "FILE")]
    program: Option<PathBuf>,
    #[command(flatten)]
    now: NowArgs,
}

/// Print the file of levels that is shipped: copy it, change it, give it as --program
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license partner program > ours.toml
  app-license partner tier transactions.json --program ours.toml")]
pub(super) struct ProgramArgs {}

impl ProgramArgs {
    #[expect(clippy::unused_self, reason = "as its siblings")]
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let text = PartnerProgram::SHIPPED;
        show(io, format, &json!({"toml": text}), |out| {
            write!(out, "{text}")
        })?;
        Ok(Exit::Yes)
    }
}

/// Whose levels.
#[derive(Debug, Serialize)]
struct Rules {
    name: String,
    as_of: String,
    retiring: bool,
    notice: String,
}

#[derive(Debug, Serialize)]
struct Output {
    program: Rules,
    #[serde(flatten)]
    report: TierReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    required: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reached: Option<bool>,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let program = match &self.program {
            Some(path) => PartnerProgram::from_toml(&text_file(io, path, MAX_INPUT)?)?,
            None => PartnerProgram::shipped()?,
        };
        let required = match &self.require {
            None => None,
            Some(name) => Some(program.tier(name).ok_or_else(|| {
                let known: Vec<_> = program.tiers.iter().map(|it| it.name.as_str()).collect();
                let known = known.join(", ");
                CliError::Option(format!(
                    "`{}` is no level; there are {known}",
                    one_line(name)
                ))
            })?),
        };
        let mut sales = YearSales::new(&program, self.review(&program)?)?;
        for path in &self.files {
            if path.as_os_str() == "-" {
                let read = read_sales(&mut io.stdin, |row| sales.add(row));
                read.map_err(CliError::in_file(path))?;
                continue;
            }
            let wrong = |source| CliError::Read {
                path: path.display().to_string(),
                source,
            };
            if path.is_dir() {
                return Err(wrong(std::io::ErrorKind::IsADirectory.into()));
            }
            let file = crate::files::open(path)?;
            let read = read_sales(file, |row| sales.add(row));
            read.map_err(CliError::in_file(path))?;
        }
        let report = sales.report(&program);
        let reached = required.map(|tier| {
            let of = |it: &&app_license_marketplace::partner::TierResult| it.tier == tier.name;
            let result = report.tiers.iter().find(of);
            result.is_some_and(|it| it.sales == RowState::Met)
        });
        let answer = Output {
            program: Rules {
                name: program.name.clone(),
                as_of: program.as_of.to_string(),
                retiring: program.retiring,
                notice: program.notice.clone(),
            },
            required: required.map(|tier| tier.name.clone()),
            reached,
            report,
        };
        show(io, format, &answer, |out| human(out, &answer))?;
        Ok(match reached {
            Some(false) => Exit::Denied,
            _ => Exit::Yes,
        })
    }

    /// The year asked for, or the one whose sales are going on.
    fn review(&self, program: &PartnerProgram) -> Result<i16, CliError> {
        if let Some(year) = self.year {
            return Ok(year);
        }
        let now = crate::net::timestamp(self.now.time())?;
        let today = now.to_zoned(jiff::tz::TimeZone::UTC).date();
        let (_, last) = program.year(today.year())?;
        Ok(if today > last {
            today.year().saturating_add(1)
        } else {
            today.year()
        })
    }
}

fn human(out: &mut dyn Write, answer: &Output) -> std::io::Result<()> {
    let report = &answer.report;
    let program = &answer.program;
    let rules = format!("rules: {}, as of {}", program.name, program.as_of);
    writeln!(out, "{}", paint(DIM, one_line(rules)))?;
    let notice = hanging(&one_line(&program.notice), 2);
    writeln!(out, "  {}", paint(DIM, notice))?;
    let currency = one_line(&report.currency);
    writeln!(
        out,
        "sales of {} to {}: {} {currency}",
        report.first_day,
        report.last_day,
        paint(BOLD, report.total)
    )?;
    let share = report.cloud_share_percent.as_deref().unwrap_or("-");
    writeln!(out, "  cloud    {} {currency}, {share} %", report.cloud)?;
    writeln!(out, "  refunds  {} {currency}", report.refunds)?;
    writeln!(out, "  open     {} {currency}, not paid yet", report.open)?;
    if report.uncollectible != Money::ZERO {
        let lost = report.uncollectible;
        writeln!(
            out,
            "  lost     {lost} {currency}, uncollectible, not counted"
        )?;
    }
    let (rows, outside, repeated) = (report.rows, report.rows_outside, report.rows_repeated);
    writeln!(
        out,
        "  lines    {rows} of the year, {outside} of others, {repeated} given twice"
    )?;
    match &report.by_sales {
        Some(tier) => writeln!(
            out,
            "level by sales: {}",
            paint(GOOD.bold(), one_line(tier))
        )?,
        None => writeln!(out, "level by sales: {}", paint(BAD.bold(), "none"))?,
    }
    for tier in &report.tiers {
        writeln!(out, "\n{}", paint(BOLD, one_line(&tier.tier)))?;
        for row in &tier.rows {
            let (style, word) = match row.state {
                RowState::Met => (GOOD, "met    "),
                RowState::NotMet => (BAD, "not met"),
                _ => (WARN, "unknown"),
            };
            let title = hanging(&one_line(&row.title), 10);
            writeln!(out, "  {} {title}", paint(style, word))?;
        }
    }
    if let Some(next) = &report.next {
        writeln!(out, "\nmissing to {}:", paint(BOLD, one_line(&next.tier)))?;
        for way in &next.ways {
            missing(out, way, &currency)?;
        }
    }
    if let (Some(tier), Some(reached)) = (&answer.required, answer.reached) {
        let word = if reached {
            paint(GOOD.bold(), "reached by sales")
        } else {
            paint(BAD.bold(), "not reached")
        };
        writeln!(out, "\n{}: {word}", one_line(tier))?;
    }
    Ok(())
}

fn missing(out: &mut dyn Write, way: &Missing, currency: &str) -> std::io::Result<()> {
    writeln!(out, "  {}", one_line(&way.title))?;
    if way.total > Money::ZERO {
        writeln!(out, "    {} {currency} of sales", way.total)?;
    }
    match way.cloud {
        Some(cloud) => writeln!(out, "    {cloud} {currency} of cloud sales would be enough"),
        None => writeln!(out, "    no amount of cloud sales is enough"),
    }
}
