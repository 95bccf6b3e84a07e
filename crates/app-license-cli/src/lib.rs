//! The command line `app-license`: what a license says, who says it, and what it grants.
//!
//! ```text
//! app-license inspect                                # the documented payloads, one table
//! app-license inspect context.json                   # paste anything: JSON, token, URL, manifest
//! curl … | app-license inspect --require capabilityAdvanced
//! app-license verify request --secret-file tenant.secret --base-url https://app.example.com \
//!     --method GET --url '/panel?lic=active&jwt=…'
//! app-license qsh GET '/panel?lic=active' --base-url https://app.example.com --token "$JWT"
//! app-license sign invocation --private-key-file test.pem --key-id test-1 \
//!     --app-id 8db33809-1f69-42a5-8e40-8b6e0b3f8d11 --license-json '{"active":true}'
//! app-license conformance tests/vectors/*.json
//! ```
//!
//! Every command takes `--format json`. Exit codes: 0 yes (granted, accepted, all passed), 1 an
//! error around the question, 2 no (denied, refused), 3 the question cannot be read.
//!
//! The binary is a thin `main` over [`run`]; everything here can be called in-process:
//!
//! ```
//! use app_license_cli::{Exit, Io, run};
//! let (mut out, mut err) = (Vec::new(), Vec::new());
//! let mut io = Io {
//!     stdin: Box::new(&br#"{"license":{"active":true}}"#[..]),
//!     stdin_is_terminal: false,
//!     out: &mut out,
//!     err: &mut err,
//!     progress: false,
//! };
//! let exit = run(["app-license", "inspect", "--require", "advanced"], &mut io);
//! assert_eq!(exit, Exit::Denied);
//! ```

mod command;
mod conformance;
mod detect;
mod error;
mod exit;
mod files;
mod input_error;
mod io;
#[cfg(feature = "marketplace")]
mod net;
mod now;
mod output;
mod raw;
mod reading;
mod rsa;
#[cfg(feature = "store")]
mod store_address;
mod token;
#[cfg(feature = "lab")]
mod wrap;
mod yaml;

use std::ffi::OsString;

use clap::{CommandFactory, Parser};

pub use error::CliError;
pub use exit::Exit;
pub use input_error::InputError;
pub use io::{Io, MAX_INPUT};

use command::Command;
use output::{Format, show_fault};

const EXAMPLES: &str = "\
Examples:
  app-license inspect   the documented payloads, decided in one table
  app-license inspect context.json   what a license says, and what it grants
  app-license conformance vectors/*.json
      # check the library against test vectors

Exit codes: 0 yes, 1 error, 2 denied or refused, 3 input that cannot be read.";

/// Reads, verifies and decides Atlassian Marketplace licenses: Connect and Forge, Standard and
/// Advanced.
#[derive(Debug, Parser)]
#[command(
    name = "app-license",
    version,
    after_help = EXAMPLES,
    arg_required_else_help = true,
    max_term_width = 80
)]
struct Cli {
    /// How answers are written
    #[arg(
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORMAT"
    )]
    format: Format,
    #[command(subcommand)]
    command: Command,
}

/// Runs the program with these arguments, the first of which is its name.
pub fn run<I, A>(args: I, io: &mut Io<'_>) -> Exit
where
    I: IntoIterator<Item = A>,
    A: Into<OsString> + Clone,
{
    let args: Vec<OsString> = args.into_iter().map(Into::into).collect();
    let cli = match Cli::try_parse_from(&args) {
        Ok(cli) => cli,
        Err(error) => return usage(io, &error, wants_json(&args)),
    };
    match cli.command.run(io, cli.format, Cli::command) {
        Ok(exit) => exit,
        // a report that is written as it is read (`report export`), whose reader has closed the pipe:
        // the rest of it is not read, and what was read is right
        Err(CliError::Write(error)) if error.kind() == std::io::ErrorKind::BrokenPipe => Exit::Yes,
        Err(fault) => {
            show_fault(io, cli.format, fault.code(), &fault.to_string());
            fault.exit()
        }
    }
}

/// Help, the version, or what is wrong with the arguments.
fn usage(io: &mut Io<'_>, error: &clap::Error, json: bool) -> Exit {
    let text = error.render();
    if !error.use_stderr() {
        return match write!(io.out, "{}", text.ansi()) {
            Ok(()) => Exit::Yes,
            Err(_) => Exit::Error,
        };
    }
    if json {
        let message = text.to_string();
        let message = message.trim_start_matches("error: ").trim_end();
        show_fault(io, Format::Json, "usage", message);
    } else if write!(io.err, "{}", text.ansi()).is_err() {
        return Exit::Error;
    }
    Exit::Invalid
}

/// Whether JSON is asked for, where the arguments as a whole cannot be read.
fn wants_json(args: &[OsString]) -> bool {
    let args: Vec<_> = args.iter().map(|a| a.to_string_lossy()).collect();
    args.iter().any(|a| a == "--format=json")
        || args
            .windows(2)
            .any(|pair| matches!(pair, [a, b] if a == "--format" && b == "json"))
}
