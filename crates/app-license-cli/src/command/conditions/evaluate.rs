//! Which modules of a descriptor or a manifest the host shows to whom.

use std::io::Write;
use std::path::PathBuf;

use anstyle::Style;
use app_license_doctor::{Document, Gate, Visibility, gates_behind, visibility};
use comfy_table::Cell;
use serde::Serialize;

use crate::error::CliError;
use crate::exit::Exit;
use crate::files::must_exist;
use crate::files::read_file;
use crate::io::Io;
use crate::output::{BAD, DIM, Format, WARN, clean, escaped, paint, show, table, verdict};

const MAX_BYTES: usize = 1024 * 1024;

/// A descriptor or a manifest has one of these, at least.
const SHAPE: [&str; 5] = ["modules", "app", "connectModules", "key", "baseUrl"];

const EXAMPLES: &str = "\
Examples:
  app-license conditions evaluate atlassian-connect.json
  app-license conditions evaluate manifest.yml --format json

Marks every module that a condition hides and whose code, in the folder of the file, does not ask
for the license. Exit codes: 0 yes, 1 a file that is not there, 3 a file of another shape.";

/// Lists which modules the host shows to whom, and which are hidden without a gate behind them
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Args {
    /// A Connect descriptor (JSON) or a Forge manifest (YAML)
    #[arg(value_name = "DESCRIPTOR|MANIFEST")]
    file: PathBuf,
    /// Where the code is [default: the folder of the file]
    #[arg(long, value_name = "DIR")]
    source: Option<PathBuf>,
}

#[derive(Debug, Serialize)]
struct Evaluation<'m> {
    modules: &'m [Visibility],
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let bytes = read_file(&self.file, MAX_BYTES)?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let start = text.trim_start_matches('\u{feff}').trim_start();
        let is_json = ["{", "//", "/*"]
            .iter()
            .any(|begin| start.starts_with(begin));
        let document = if is_json {
            Document::descriptor(text)
        } else {
            Document::yaml(text)
        };
        let path = self.file.display();
        let document =
            document.map_err(|e| CliError::Option(format!("`{path}` cannot be read: {e}")))?;
        let root = document.root();
        if !SHAPE.iter().any(|field| root.get(field).is_some()) {
            return Err(CliError::Option(format!(
                "`{path}` is neither a Connect descriptor nor a Forge manifest: it has none of {}",
                SHAPE.join(", ")
            )));
        }
        let mut modules = visibility(&document);
        if let Some(source) = &self.source {
            must_exist(source)?;
        }
        let folder = self.source.or_else(|| Some(self.file.parent()?.to_owned()));
        if let Some(folder) = folder {
            gates_behind(&document, &folder, &mut modules)?;
        }
        let evaluation = Evaluation { modules: &modules };
        show(io, format, &evaluation, |out| human(out, &modules))?;
        Ok(Exit::Yes)
    }
}

/// How wide text is written.
const WIDTH: usize = 80;
/// The most of a module's key that is shown in the table, in characters.
const MAX_KEY: usize = 14;

fn human(out: &mut dyn Write, modules: &[Visibility]) -> std::io::Result<()> {
    let Some(first) = modules.first() else {
        return writeln!(out, "no module that a customer sees");
    };
    let mut heading = vec!["shown to".to_owned()];
    // two lines each, so that the keys of modules have the width
    let customers = first.cells.iter();
    heading.extend(customers.map(|cell| cell.customer.replacen(' ', "\n", 1)));
    let mut rows = table([]);
    rows.set_header(heading).set_width(80);
    for column in rows.column_iter_mut().skip(1) {
        column.set_padding((0, 1));
    }
    for (n, module) in (1_usize..).zip(modules) {
        let name = module.key.as_ref().unwrap_or(&module.kind);
        let mut row = vec![Cell::new(escaped(format_args!("{n} {}", short(name))))];
        row.extend(module.cells.iter().map(|cell| match cell.shown {
            Some(true) => verdict(true, "yes"),
            Some(false) => verdict(false, "no"),
            None => Cell::new("depends"),
        }));
        rows.add_row(row);
    }
    writeln!(out, "{rows}")?;
    for (n, module) in (1_usize..).zip(modules) {
        let name = format!("{n} {}", escaped(&module.module));
        lines(out, "", "  ", &name, Style::new())?;
        if let Some(condition) = &module.condition {
            lines(out, "  ", "  ", condition, DIM)?;
        }
        if let Some(error) = &module.error {
            writeln!(out, "  {}", paint(BAD.bold(), "error"))?;
            lines(out, "    ", "    ", error, Style::new())?;
        }
        if module.about_the_license {
            match module.gate {
                Gate::Found => writeln!(out, "  gate: the code behind it asks for the license")?,
                Gate::Missing => {
                    let word = paint(WARN.bold(), "no gate");
                    writeln!(
                        out,
                        "  {word}: the code behind it does not ask for the license"
                    )?;
                }
                _ => writeln!(out, "  gate: unknown, no code behind it was found")?,
            }
        }
    }
    Ok(())
}

/// A name for the table; it stands whole below.
fn short(name: &str) -> String {
    let mut shown: String = name.chars().take(MAX_KEY).collect();
    if name.chars().nth(MAX_KEY).is_some() {
        shown.pop();
        shown.push('…');
    }
    shown
}

/// Text within the width; a name that is longer is broken.
fn lines(
    out: &mut dyn Write,
    first: &str,
    rest: &str,
    text: &str,
    style: Style,
) -> std::io::Result<()> {
    let options = textwrap::Options::new(WIDTH)
        .initial_indent(first)
        .subsequent_indent(rest);
    for line in textwrap::wrap(&clean(text).replace('\n', " "), options) {
        writeln!(out, "{}", paint(style, line))?;
    }
    Ok(())
}
