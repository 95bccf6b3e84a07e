//! `app-license pricing check`

use std::io::Write;
use std::path::PathBuf;

use app_license::Edition;
use app_license_editions::{
    Comparison, Cycle, Diagnostic, Money, Offering, Row, compare, from_commerce,
};
use comfy_table::{Cell, CellAlignment};
use serde::Serialize;

use crate::command::features::{diagnostics, read_editions, summary};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{Format, show, table, verdict};

/// The largest answer of the Commerce API that is read, in bytes.
const MAX_COMMERCE: usize = 4 << 20;

/// Hold the price of Advanced above that of Standard at every user count
///
/// Both plans are compared on the union of their breakpoints, in cents, by month and by year. The
/// prices stand in `editions.toml`, or are what the Commerce API answers for the pricing plans of
/// both offerings.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license pricing check
  app-license pricing check --from-commerce standard.json \\
      --from-commerce advanced.json

Exit code 0: Advanced is above Standard everywhere. 1: a file is not there. 2: Advanced is not
above Standard; the first user count is named. 3: the file holds no prices that can be compared.")]
pub(crate) struct Args {
    /// The file
    #[arg(default_value = "editions.toml", value_name = "FILE")]
    file: PathBuf,
    /// Pricing plans as the Commerce API answers them, instead; may be repeated
    #[arg(long, value_name = "FILE", conflicts_with = "file")]
    from_commerce: Vec<PathBuf>,
    /// Show the prices of this user count too; may be repeated
    #[arg(long, value_name = "COUNT")]
    users: Vec<u64>,
}

#[derive(Debug, Serialize)]
struct Output<'a> {
    holds: bool,
    first_failure: Option<Failure>,
    ranges: &'a [Row],
    users: Vec<Price>,
    diagnostics: &'a [Diagnostic],
}

#[derive(Debug, Serialize)]
struct Failure {
    cycle: Cycle,
    users: u64,
}

#[derive(Debug, Serialize)]
struct Price {
    users: u64,
    cycle: Cycle,
    standard: Option<Money>,
    advanced: Option<Money>,
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let offerings = if self.from_commerce.is_empty() {
            let Some(editions) = read_editions(io, format, &self.file)? else {
                return Ok(Exit::Invalid);
            };
            editions.offerings().to_vec()
        } else {
            self.commerce(io)?
        };
        let of = |edition| offerings.iter().find(|o| o.edition() == edition);
        let (Some(standard), Some(advanced)) = (of(Edition::Standard), of(Edition::Advanced))
        else {
            return Err(CliError::Option(
                "there are no prices of both Standard and Advanced to compare".to_owned(),
            ));
        };
        let comparison = compare(standard, advanced);
        let answer = Output {
            holds: comparison.holds(),
            first_failure: comparison
                .first_failure()
                .map(|(cycle, users)| Failure { cycle, users }),
            ranges: comparison.rows(),
            users: self.prices(standard, advanced),
            diagnostics: comparison.diagnostics(),
        };
        show(io, format, &answer, |out| {
            human(out, &comparison, &answer.users, standard.currency())
        })?;
        Ok(if comparison.holds() {
            Exit::Yes
        } else {
            Exit::Denied
        })
    }

    fn commerce(&self, io: &mut Io<'_>) -> Result<Vec<Offering>, CliError> {
        let mut found: Vec<Offering> = Vec::new();
        for path in &self.from_commerce {
            let bytes = io.read(path, MAX_COMMERCE)?;
            let offerings = from_commerce(&bytes)
                .map_err(|error| CliError::Option(format!("`{}`: {error}", path.display())))?;
            for offering in offerings {
                if found.iter().any(|o| o.edition() == offering.edition()) {
                    let name = offering.edition().name();
                    let message = format!("`{}`: a second plan of {name}", path.display());
                    return Err(CliError::Option(message));
                }
                found.push(offering);
            }
        }
        Ok(found)
    }

    fn prices(&self, standard: &Offering, advanced: &Offering) -> Vec<Price> {
        let of = |offering: &Offering, cycle, users| offering.plan(cycle)?.price(users);
        let all = self
            .users
            .iter()
            .flat_map(|users| Cycle::ALL.map(|cycle| (*users, cycle)));
        all.map(|(users, cycle)| Price {
            users,
            cycle,
            standard: of(standard, cycle, users),
            advanced: of(advanced, cycle, users),
        })
        .collect()
    }
}

fn human(
    out: &mut dyn Write,
    comparison: &Comparison,
    prices: &[Price],
    currency: &str,
) -> std::io::Result<()> {
    for cycle in Cycle::ALL {
        let rows: Vec<_> = comparison
            .rows()
            .iter()
            .filter(|r| r.cycle == cycle)
            .collect();
        if rows.is_empty() {
            continue;
        }
        writeln!(
            out,
            "{}, {currency}: prices at the first user count",
            cycle.name()
        )?;
        let mut shown = table(["users", "Standard", "Advanced", "above"]);
        shown.set_width(80);
        for row in rows {
            let users = match row.to {
                Some(to) if to == row.from => to.to_string(),
                Some(to) => format!("{} to {to}", row.from),
                None => format!("{} and more", row.from),
            };
            shown.add_row([
                number(users),
                amount(row.standard),
                amount(row.advanced),
                verdict(row.holds, if row.holds { "yes" } else { "no" }),
            ]);
        }
        writeln!(out, "{shown}")?;
    }
    for price in prices {
        let show =
            |money: Option<Money>| money.map_or_else(|| "none".to_owned(), |m| m.to_string());
        writeln!(
            out,
            "{} users, {}: Standard {}, Advanced {}",
            price.users,
            price.cycle.name(),
            show(price.standard),
            show(price.advanced)
        )?;
    }
    diagnostics(out, comparison.diagnostics())?;
    summary(out, "Advanced above Standard", comparison.diagnostics())
}

fn number(text: impl ToString) -> Cell {
    Cell::new(text).set_alignment(CellAlignment::Right)
}

fn amount(money: Option<Money>) -> Cell {
    number(money.map_or_else(|| "none".to_owned(), |money| money.to_string()))
}
