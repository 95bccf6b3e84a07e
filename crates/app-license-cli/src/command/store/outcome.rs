//! What every command of the store answers.

use crate::error::CliError;
use crate::exit::Exit;

/// The exit, or what went wrong.
pub(super) type Outcome = Result<Exit, CliError>;
