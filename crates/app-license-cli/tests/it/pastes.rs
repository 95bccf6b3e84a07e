//! What people paste, and what they are told: one test a rule.

mod detection;
mod manifests;
mod printed;
mod refusals;
mod unwrapping;

use serde_json::Value;

/// What a run of the program gave.
pub(crate) struct Ran {
    pub(crate) code: u8,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Ran {
    /// Everything that was written.
    pub(crate) fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}: {}", self.all()))
    }
}

/// Runs the program with this on standard input.
pub(crate) fn run(args: &[&str], input: impl AsRef<[u8]>) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let mut io = app_license_cli::Io {
        stdin: Box::new(std::io::Cursor::new(input.as_ref().to_vec())),
        stdin_is_terminal: false,
        out: &mut out,
        err: &mut err,
        progress: false,
    };
    let code = app_license_cli::run(["app-license"].iter().chain(args), &mut io).code();
    let plain = |bytes: Vec<u8>| {
        let text = String::from_utf8(bytes).unwrap();
        let mut pieces = text.split("\u{1b}[");
        let mut plain = pieces.next().unwrap_or_default().to_owned();
        for piece in pieces {
            plain.push_str(piece.split_once('m').map_or(piece, |(_, rest)| rest));
        }
        plain
    };
    Ran {
        code,
        out: plain(out),
        err: plain(err),
    }
}

/// Runs `inspect` as JSON.
pub(crate) fn inspect(input: impl AsRef<[u8]>) -> Value {
    let ran = run(
        &["inspect", "-", "--format", "json", "--now", "1800000000"],
        input.as_ref(),
    );
    ran.json()
}

/// The kind that `inspect` says an input is of, or the code of its error.
pub(crate) fn kind(input: impl AsRef<[u8]>) -> String {
    let said = inspect(input);
    let code = said["input"]["code"].as_str();
    code.or_else(|| said["error"]["code"].as_str())
        .unwrap_or_else(|| panic!("{said}"))
        .to_owned()
}

/// How `inspect --require standard` ends.
pub(crate) fn requires(input: impl AsRef<[u8]>) -> u8 {
    run(&["inspect", "-", "--require", "standard"], input).code
}
