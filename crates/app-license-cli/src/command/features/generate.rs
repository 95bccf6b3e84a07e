//! `app-license features generate`

use std::path::PathBuf;

use app_license_editions::{Editions, Generator, update_manifest};
use serde_json::json;

use super::read_editions;
use crate::error::CliError;
use crate::exit::Exit;
use crate::files::{holds, is_there, write_file};
use crate::io::{Io, MAX_INPUT};
use crate::output::{BAD, Format, GOOD, clean, paint, show, unless_closed};

/// What is generated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Kind {
    /// Enums of features, limits and service levels: a misspelled one does not compile
    Rust,
    /// The same for TypeScript, with the map as a constant
    Typescript,
    /// The map as the npm package reads it
    Json,
    /// A flag manifest of OpenFeature
    Openfeature,
    /// The text of the listing, in the order of the form
    Markdown,
    /// The display conditions of a Forge manifest, between `# begin feature KEY` and
    /// `# end feature KEY` in the file that --output names
    Manifest,
}

/// Generate what follows from `editions.toml`: typed names, JSON, flags, listing text
///
/// Generating again changes nothing. With --check nothing is written: for CI.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license features generate rust --output src/editions.rs
  app-license features generate typescript --output ui/editions.ts --check
  app-license features generate manifest --output manifest.yml
  app-license features generate markdown

Exit code 0: written, or up to date. 1: a file that cannot be opened. 2: --check found a difference.
3: the file is not what it must be; --output is it, or no regular file.")]
pub(crate) struct Args {
    /// What
    #[arg(value_enum)]
    kind: Kind,
    /// The file
    #[arg(default_value = "editions.toml", value_name = "FILE")]
    file: PathBuf,
    /// Where to; standard output when left out
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
    /// Write nothing, and say whether the output is up to date
    #[arg(long, requires = "output")]
    check: bool,
}

impl Args {
    pub(crate) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let Some(editions) = read_editions(io, format, &self.file)? else {
            return Ok(Exit::Invalid);
        };
        let there = match &self.output {
            Some(output) => is_there(output, &[&self.file])?,
            None => false,
        };
        let text = self.generate(io, &editions)?;
        let Some(output) = &self.output else {
            // what is JSON already is printed as it is
            let wrapped = !matches!(self.kind, Kind::Json | Kind::Openfeature);
            if format == Format::Json && wrapped {
                show(io, format, &json!({ "text": text }), |_| Ok(()))?;
            } else {
                unless_closed(write!(io.out, "{text}").and_then(|()| io.out.flush()))?;
            }
            return Ok(Exit::Yes);
        };
        let shown = output.display().to_string();
        let same = there && holds(output, &text)?;
        let (state, style) = match (same, self.check) {
            (true, _) => ("up to date", GOOD),
            (false, true) => ("not up to date: generate it again", BAD),
            (false, false) => {
                write_file(output, &text)?;
                ("written", GOOD)
            }
        };
        let answer = json!({ "output": shown, "changed": !same, "written": !same && !self.check });
        show(io, format, &answer, |out| {
            writeln!(out, "{}: {}", clean(&shown), paint(style, state))
        })?;
        Ok(if !same && self.check {
            Exit::Denied
        } else {
            Exit::Yes
        })
    }

    fn generate(&self, io: &mut Io<'_>, editions: &Editions) -> Result<String, CliError> {
        let generator = match self.kind {
            Kind::Rust => Generator::Rust,
            Kind::Typescript => Generator::TypeScript,
            Kind::Json => Generator::Json,
            Kind::Openfeature => Generator::OpenFeature,
            Kind::Markdown => Generator::Markdown,
            Kind::Manifest => {
                let Some(path) = &self.output else {
                    let message = "a manifest is updated where it is: name it by --output";
                    return Err(CliError::Option(message.to_owned()));
                };
                let shown = path.display();
                let manifest = String::from_utf8(io.read(path, MAX_INPUT)?)
                    .map_err(|_| CliError::Option(format!("`{shown}` is not UTF-8")))?;
                return update_manifest(editions, &manifest)
                    .map_err(|why| CliError::Option(format!("`{shown}`: {why}")));
            }
        };
        generator.generate(editions).map_err(CliError::Option)
    }
}
