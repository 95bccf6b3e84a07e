//! Exit codes: four answers, never more.

use std::process::ExitCode;

/// How the program ends.
///
/// ```
/// use app_license_cli::Exit;
/// assert_eq!(Exit::Denied.code(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "scripts rely on these four codes")]
pub enum Exit {
    /// 0: yes, granted, accepted, all passed.
    Yes,
    /// 1: something around the question failed: a file, the terminal, a conformance case.
    Error,
    /// 2: no: denied or refused, with the reason.
    Denied,
    /// 3: the question itself cannot be read: an option, a key, a file of another shape.
    Invalid,
}

impl Exit {
    /// The number.
    #[must_use]
    pub const fn code(self) -> u8 {
        match self {
            Self::Yes => 0,
            Self::Error => 1,
            Self::Denied => 2,
            Self::Invalid => 3,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
