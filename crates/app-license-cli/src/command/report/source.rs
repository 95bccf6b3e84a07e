//! Where a report comes from, and what is said of its bad records.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use app_license_marketplace::report::{Completeness, Error, Kind, Progress, Reader, Record};
use serde::Serialize;

use super::api::ApiArgs;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, WARN, clean, paint};

/// So many bad records are shown; the others are counted.
const SHOWN: u64 = 10;

/// The report to read.
#[derive(Debug, clap::Args)]
pub(super) struct SourceArgs {
    /// The report: a file, `-` for standard input, or `api` for the reporting API
    #[arg(value_name = "REPORT")]
    report: PathBuf,
    /// Stop at the first record that cannot be read
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    api: ApiArgs,
}

/// An input, and the folder that it is in for so long.
type Opened = (Box<dyn Read + Send>, Option<tempfile::TempDir>);

/// What is said of the reading.
#[derive(Debug, Serialize)]
pub(super) struct Reading {
    /// Records that were read.
    pub(super) records: u64,
    /// Records that could not be read.
    pub(super) bad_records: u64,
    /// Whether the report was not read to its end.
    pub(super) partial: bool,
    /// Records that repeat a license, where each counts once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) repeated: Option<u64>,
    /// What is wrong, for the first of them.
    pub(super) errors: Vec<Wrong>,
}

/// An error with its place.
#[derive(Debug, Serialize)]
pub(super) struct Wrong {
    code: &'static str,
    message: String,
    byte: u64,
    line: u64,
    record: u64,
}

impl From<&Error> for Wrong {
    fn from(error: &Error) -> Self {
        let at = error.position();
        Self {
            code: error.code(),
            message: error.kind().to_string(),
            byte: at.byte(),
            line: at.line(),
            record: at.record(),
        }
    }
}

impl SourceArgs {
    /// Asks the reporting API for the free starter tier on a day, where the report is `api`.
    pub(super) const fn ask_for_free_starter_tier(&mut self, day: jiff::civil::Date) {
        self.api.free_starter_tier = Some(day);
    }

    /// Opens the report.
    fn open(&self, stdin: &mut Box<dyn Read + Send>, progress: bool) -> Result<Opened, CliError> {
        let (path, folder) = if self.report.as_os_str() == "api" {
            self.api.download(progress)?
        } else {
            (self.report.clone(), None)
        };
        Ok((open(stdin, &path)?, folder))
    }

    /// Reads the report to its end, or as far as it goes. A report without one record that can be
    /// read is an error.
    pub(super) fn each<K: Kind>(
        &self,
        io: &mut Io<'_>,
        fields: Option<&[K::Field]>,
        take: impl FnMut(&Record<'_, K>) -> Result<(), CliError>,
    ) -> Result<Reading, CliError> {
        self.each_of(&mut io.stdin, io.err, io.progress, fields, take)
    }

    /// The same, where the answer is written meanwhile.
    pub(super) fn each_of<K: Kind>(
        &self,
        stdin: &mut Box<dyn Read + Send>,
        err: &mut dyn Write,
        progress: bool,
        fields: Option<&[K::Field]>,
        mut take: impl FnMut(&Record<'_, K>) -> Result<(), CliError>,
    ) -> Result<Reading, CliError> {
        // the folder of a download is removed when it has been read
        let (input, _folder) = self.open(stdin, progress)?;
        let mut reader = Reader::<K, _>::new(input).strict(self.strict);
        if let Some(fields) = fields {
            reader = reader.select(fields);
        }
        let mut errors = Vec::new();
        let mut shown = 0_u64;
        while let Some(next) = reader.next() {
            match next {
                Ok(record) => take(&record)?,
                Err(error) => {
                    shown = shown.saturating_add(1);
                    if shown <= SHOWN {
                        writeln!(
                            err,
                            "{}: {}",
                            paint(WARN, format_args!("warning[{}]", error.code())),
                            clean(&error)
                        )?;
                        errors.push(error);
                    }
                }
            }
        }
        let progress = reader.progress();
        let partial = reader.completeness() == Completeness::Partial;
        finish(progress, partial, errors)
    }
}

/// Whether a path is standard input.
pub(super) fn is_stdin(path: &Path) -> bool {
    let names = ["-", "/dev/stdin", "/dev/fd/0", "/proc/self/fd/0"];
    names.iter().any(|name| path.as_os_str() == *name)
}

/// Opens a file, or takes standard input for `-`.
pub(super) fn open(
    stdin: &mut Box<dyn Read + Send>,
    path: &Path,
) -> Result<Box<dyn Read + Send>, CliError> {
    if path.as_os_str() == "-" {
        return Ok(std::mem::replace(stdin, Box::new(std::io::empty())));
    }
    Ok(Box::new(crate::files::open(path)?))
}

impl Reading {
    /// How a command ends that read this: a part of a report is no answer.
    pub(super) const fn exit(&self) -> Exit {
        if self.partial { Exit::Error } else { Exit::Yes }
    }

    /// The same, of which so many records repeated a license.
    pub(super) fn with_repeated(self, repeated: u64) -> Self {
        Self {
            repeated: Some(repeated),
            ..self
        }
    }

    /// What people should know of the reading, below the answer.
    pub(super) fn note(&self, out: &mut dyn Write) -> std::io::Result<()> {
        if self.bad_records > 0 {
            let (bad, records) = (self.bad_records, self.records);
            let text = format!("{bad} bad records are not counted, {records} are");
            writeln!(out, "{}", paint(WARN, text))?;
        }
        if let Some(repeated @ 1..) = self.repeated {
            let records = if repeated == 1 {
                "record repeats"
            } else {
                "records repeat"
            };
            let text = format!("{repeated} {records} a license, and each license counts once");
            writeln!(out, "{}", paint(WARN, text))?;
        }
        if self.partial {
            let text = "PARTIAL: the report was not read to its end";
            writeln!(out, "{}", paint(BAD, text))?;
        }
        Ok(())
    }
}

fn finish(progress: Progress, partial: bool, errors: Vec<Error>) -> Result<Reading, CliError> {
    let wrong = errors.iter().map(Wrong::from).collect();
    if progress.records() == 0
        && let Some(error) = errors.into_iter().next()
    {
        return Err(error.into());
    }
    Ok(Reading {
        records: progress.records(),
        bad_records: progress.bad(),
        partial,
        repeated: None,
        errors: wrong,
    })
}

/// CSV that cannot be written: a closed pipe stays one.
pub(super) fn csv_fault(error: csv::Error) -> CliError {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        other => std::io::Error::other(format!("{other:?}")).into(),
    }
}
