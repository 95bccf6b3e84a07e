//! `app-license fortified incident`

use std::path::PathBuf;

use app_license_marketplace::fortified::Incident;

use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BOLD, Format, one_line, paint, show};
use crate::wrap::hanging;

/// The largest e-mail, in bytes.
const MAX_MAIL: usize = 4 << 20;

/// Read the e-mail that tells of a breach, as JSON for your alerting service
///
/// The e-mail as it was sent, with any encoding; other scripts of its HTML are passed over.
/// Nothing here checks who sent it.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license fortified incident breach.eml
  app-license fortified incident - --format json < breach.eml")]
pub(super) struct Args {
    /// The e-mail; `-` for standard input
    #[arg(value_name = "FILE")]
    mail: PathBuf,
}

impl Args {
    pub(super) fn run(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let incident = Incident::from_mail(&io.read(&self.mail, MAX_MAIL)?)?;
        show(io, format, &incident, |out| {
            let title = format!("{}: {}", incident.status, incident.metric_name);
            writeln!(out, "{}", paint(BOLD, hanging(&one_line(title), 0)))?;
            let unit = incident.metric_unit.as_deref().unwrap_or_default();
            let (sli, slo) = (&incident.sli_value, &incident.slo_value);
            writeln!(out, "  measured  {sli} of {slo} {}", one_line(unit))?;
            if let Some(seconds) = incident.window_seconds {
                writeln!(out, "  window    {seconds} s")?;
            }
            writeln!(out, "  time      {}", one_line(&incident.time))?;
            writeln!(out, "  app       {}", one_line(&incident.app_key))?;
            writeln!(out, "  incident  {}", one_line(&incident.id))
        })?;
        Ok(Exit::Yes)
    }
}
