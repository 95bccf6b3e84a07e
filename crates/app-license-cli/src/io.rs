//! The world as the commands see it: three streams, and a terminal or not.

use std::fmt;
use std::io::{Read, Write};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

use crate::error::CliError;
use crate::files::{read_capped, read_file};

/// The most that is read of any pasted input, in bytes.
pub const MAX_INPUT: usize = 1 << 20;

/// The streams of one run.
///
/// ```
/// use app_license_cli::{Exit, Io, run};
/// let (mut out, mut err) = (Vec::new(), Vec::new());
/// let mut io = Io {
///     stdin: Box::new(std::io::empty()),
///     stdin_is_terminal: true, // nothing will come: the tour is shown
///     out: &mut out,
///     err: &mut err,
///     progress: false,
/// };
/// assert_eq!(run(["app-license", "inspect"], &mut io), Exit::Yes);
/// ```
#[expect(clippy::exhaustive_structs, reason = "made by main and by tests")]
pub struct Io<'a> {
    /// Standard input.
    pub stdin: Box<dyn Read + Send>,
    /// Whether a person would have to type it.
    pub stdin_is_terminal: bool,
    /// Answers.
    pub out: &'a mut dyn Write,
    /// Errors and progress.
    pub err: &'a mut dyn Write,
    /// Whether progress may be drawn on the terminal.
    pub progress: bool,
}

impl fmt::Debug for Io<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Io")
            .field("stdin_is_terminal", &self.stdin_is_terminal)
            .field("progress", &self.progress)
            .finish_non_exhaustive()
    }
}

impl Io<'_> {
    /// Reads standard input to its end.
    pub(crate) fn read_stdin(&mut self, limit: usize) -> Result<Vec<u8>, CliError> {
        read_capped("-", &mut *self.stdin, limit)
    }

    /// Reads standard input to its end, but gives up when not even its first byte comes in time.
    ///
    /// Programs are often started with an open pipe as their input that is never written to.
    pub(crate) fn read_stdin_if_any(
        &mut self,
        limit: usize,
        patience: Duration,
    ) -> Result<Option<Vec<u8>>, CliError> {
        let mut stdin = std::mem::replace(&mut self.stdin, Box::new(std::io::empty()));
        let (first, began) = mpsc::channel();
        let reader = std::thread::spawn(move || {
            let mut byte = [0];
            let got = loop {
                match stdin.read(&mut byte) {
                    Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                    other => break other,
                }
            };
            // whether the receiver has given up does not matter here
            let _ = first.send(());
            let source = |source| CliError::Read {
                path: "-".to_owned(),
                source,
            };
            let start = byte.get(..got.map_err(source)?).unwrap_or_default();
            read_capped("-", &mut start.chain(stdin), limit)
        });
        if began.recv_timeout(patience).is_err() {
            return Ok(None);
        }
        match reader.join() {
            Ok(read) => read.map(Some),
            Err(_) => Ok(None),
        }
    }

    /// Reads a file, or standard input for `-`.
    pub(crate) fn read(&mut self, path: &Path, limit: usize) -> Result<Vec<u8>, CliError> {
        if path.as_os_str() == "-" {
            return self.read_stdin(limit);
        }
        read_file(path, limit)
    }
}
