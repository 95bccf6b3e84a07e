//! `app-license report export`

use std::borrow::Cow;
use std::io::Write;

use app_license_marketplace::report::{LicenseField, LicenseRecord, Licenses, Value};
use serde_json::{Map, Value as Json};

use super::source::{SourceArgs, csv_fault};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;

/// Write the report in one documented schema, for DuckDB, BigQuery or Spark
///
/// One column a field, named in lower case with `_`: words in lower case, dates as 2026-11-28,
/// no value for `NA` and `Pending`. `tier_users` is the number of users of the tier. What this
/// version does not know is JSON in the column `unknown`.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license report export licenses.json --as ndjson > licenses.ndjson
  app-license report export licenses.csv.gz --as csv > licenses.csv
  app-license report export licenses.json --as csv --spreadsheet > to-open.csv
  duckdb -c \"SELECT app_edition, count(*) FROM 'licenses.csv' GROUP BY ALL\"")]
pub(super) struct Args {
    /// What to write
    #[arg(long = "as", value_enum, default_value_t, value_name = "FORMAT")]
    form: Form,
    /// CSV that a person opens: an apostrophe stands before texts that a spreadsheet takes for formulas. It is no
    /// lossless export
    #[arg(long)]
    spreadsheet: bool,
    #[command(flatten)]
    source: SourceArgs,
}

#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum Form {
    /// One JSON object a line; every column in each.
    #[default]
    Ndjson,
    /// CSV with a header.
    Csv,
}

const TIER_USERS: &str = "tier_users";
const UNKNOWN: &str = "unknown";

impl Args {
    pub(super) fn run(self, io: &mut Io<'_>) -> Result<Exit, CliError> {
        if self.spreadsheet && matches!(self.form, Form::Ndjson) {
            let why = "`--spreadsheet` is for CSV: give `--as csv` too";
            return Err(CliError::Option(why.to_owned()));
        }
        let Io {
            stdin,
            out,
            err,
            progress,
            ..
        } = io;
        let out = std::io::BufWriter::with_capacity(1 << 16, out);
        let reading = match self.form {
            Form::Ndjson => {
                let mut out = out;
                let reading =
                    self.source
                        .each_of::<Licenses>(stdin, *err, *progress, None, |license| {
                            serde_json::to_writer(&mut out, &object(license))
                                .map_err(std::io::Error::from)?;
                            Ok(out.write_all(b"\n")?)
                        })?;
                out.flush()?;
                reading
            }
            Form::Csv => {
                let mut csv = csv::WriterBuilder::new();
                if self.spreadsheet {
                    // some split at `;` what has no quotes
                    csv.quote_style(csv::QuoteStyle::Always);
                }
                let mut csv = csv.from_writer(out);
                let columns = LicenseField::ALL.iter().map(|field| field.spec().column());
                csv.write_record(columns.chain([TIER_USERS, UNKNOWN]))
                    .map_err(csv_fault)?;
                let reading =
                    self.source
                        .each_of::<Licenses>(stdin, *err, *progress, None, |license| {
                            for field in LicenseField::ALL {
                                let text = license.clean(*field).unwrap_or_default();
                                let text = if self.spreadsheet {
                                    without_formula(text)
                                } else {
                                    text
                                };
                                csv.write_field(&*text).map_err(csv_fault)?;
                            }
                            let users = users(license).map(|users| users.to_string());
                            csv.write_field(users.unwrap_or_default())
                                .map_err(csv_fault)?;
                            let unknown = unknown(license).map(|unknown| unknown.to_string());
                            csv.write_field(unknown.unwrap_or_default())
                                .map_err(csv_fault)?;
                            csv.write_record(None::<&[u8]>).map_err(csv_fault)?;
                            Ok(())
                        })?;
                csv.flush()?;
                reading
            }
        };
        if reading.bad_records > 0 || reading.partial {
            reading.note(*err)?;
        }
        Ok(reading.exit())
    }
}

/// A text that no spreadsheet takes for a formula, as <https://owasp.org/www-community/attacks/CSV_Injection>
/// recommends.
fn without_formula(text: Cow<'_, str>) -> Cow<'_, str> {
    let begins = [
        '=', '+', '-', '@', '\t', '\r', '\n', '\0', '＝', '＋', '－', '＠',
    ];
    if text.starts_with(begins) {
        Cow::Owned(format!("'{text}"))
    } else {
        text
    }
}

fn users(license: &LicenseRecord<'_>) -> Option<u32> {
    license.tier().and_then(|tier| tier.users())
}

fn object(license: &LicenseRecord<'_>) -> Json {
    let mut object = Map::new();
    for field in LicenseField::ALL {
        let value = license
            .clean(*field)
            .map(|text| Json::String(text.into_owned()));
        object.insert(field.spec().column().to_owned(), value.unwrap_or_default());
    }
    let users = users(license).map(Json::from);
    object.insert(TIER_USERS.to_owned(), users.unwrap_or_default());
    object.insert(UNKNOWN.to_owned(), unknown(license).unwrap_or_default());
    Json::Object(object)
}

/// What this version does not know, by its path in the report.
fn unknown(license: &LicenseRecord<'_>) -> Option<Json> {
    let mut object = Map::new();
    for (path, value) in license.unknown() {
        let json = match &value {
            Value::Text(text) if path == UNKNOWN => serde_json::from_str(text).ok(),
            Value::Text(text) => Some(Json::String(text.as_ref().to_owned())),
            Value::Json(json) => serde_json::from_str(json).ok(),
            _ => None,
        };
        match (&*path, json.unwrap_or_default()) {
            // an export that is exported again
            (TIER_USERS, _) => {}
            (UNKNOWN, Json::Object(earlier)) => object.extend(earlier),
            (_, json) => {
                object.insert(path.into_owned(), json);
            }
        }
    }
    (!object.is_empty()).then_some(Json::Object(object))
}
