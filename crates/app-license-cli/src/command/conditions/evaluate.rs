//! Which modules of a descriptor or a manifest the host shows to whom.

use std::io::Write;
use std::path::PathBuf;

use app_license_doctor::{Document, Gate, Visibility, gates_behind, visibility};
use comfy_table::Cell;
use serde::Serialize;

use crate::error::CliError;
use crate::exit::Exit;
use crate::files::must_exist;
use crate::io::{Io, read_file};
use crate::output::{DIM, Format, WARN, clean, paint, show, table, verdict};

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
        let is_json = start.starts_with('{');
        let document = if is_json {
            Document::json(text)
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

fn human(out: &mut dyn Write, modules: &[Visibility]) -> std::io::Result<()> {
    let Some(first) = modules.first() else {
        return writeln!(out, "no module that a customer sees");
    };
    let mut heading = vec!["shown to".to_owned()];
    heading.extend(first.cells.iter().map(|cell| cell.customer.to_owned()));
    let mut rows = table::<0>([]);
    rows.set_header(heading).set_width(80);
    for module in modules {
        let name = module
            .module
            .strip_prefix("modules.")
            .unwrap_or(&module.module);
        let mut row = vec![Cell::new(clean(name))];
        row.extend(module.cells.iter().map(|cell| match cell.shown {
            Some(true) => verdict(true, "yes"),
            Some(false) => verdict(false, "no"),
            None => Cell::new("depends"),
        }));
        rows.add_row(row);
    }
    writeln!(out, "{rows}")?;
    for module in modules {
        let name = clean(&module.module);
        if let Some(condition) = &module.condition {
            writeln!(out, "{name}\n  {}", paint(DIM, clean(condition)))?;
        }
        if let Some(error) = &module.error {
            writeln!(out, "{name}\n  {}", paint(WARN, clean(error)))?;
        }
        if module.about_the_license {
            match module.gate {
                Gate::Found => writeln!(out, "  gate: the code behind it asks for the license")?,
                Gate::Missing => {
                    let warning = "no gate: the code behind it does not ask for the license";
                    writeln!(out, "  {}", paint(WARN, warning))?;
                }
                _ => writeln!(out, "  gate: unknown, no code behind it was found")?,
            }
        }
    }
    Ok(())
}
