//! Hooks of a data residency migration: told apart, their bodies kept as they come.

use std::fmt;

use app_license_gate::json::{Kind, Scanner, Value};

use crate::error::{Error, ErrorKind, at_most, in_json};

/// The largest body that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

/// A step of a data residency migration, below the `dare-migration` URL of the descriptor.
///
/// Platform page: <https://blog.developer.atlassian.com/data-residency-realm-migration-for-connect-apps-early-access-program/>
///
/// ```
/// use app_license::connect::DareHook;
/// assert_eq!(DareHook::of("POST", "/schedule"), Some(DareHook::Schedule));
/// assert_eq!(DareHook::of("GET", "schedule"), None);
/// assert_eq!(DareHook::Status.method(), "GET");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DareHook {
    /// `POST /schedule`
    Schedule,
    /// `POST /start`
    Start,
    /// `GET /status`
    Status,
    /// `POST /commit`
    Commit,
    /// `POST /rollback`
    Rollback,
}

impl DareHook {
    /// Every hook.
    pub const ALL: [Self; 5] = [
        Self::Schedule,
        Self::Start,
        Self::Status,
        Self::Commit,
        Self::Rollback,
    ];

    /// The last segment of the path.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Schedule => "schedule",
            Self::Start => "start",
            Self::Status => "status",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
        }
    }

    /// The HTTP method.
    #[must_use]
    pub const fn method(self) -> &'static str {
        match self {
            Self::Status => "GET",
            _ => "POST",
        }
    }

    /// The hook of this method and last path segment.
    #[must_use]
    pub fn of(method: &str, segment: &str) -> Option<Self> {
        let segment = segment.strip_prefix('/').unwrap_or(segment);
        Self::ALL
            .into_iter()
            .find(|hook| hook.name() == segment && hook.method() == method)
    }
}

impl fmt::Display for DareHook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A call of such a hook: which, and its body.
///
/// ```
/// use app_license::connect::{DareHook, DareMigration};
/// let call = DareMigration::parse(DareHook::Schedule, br#"{"startTime":1}"#)?;
/// assert_eq!(call.hook(), DareHook::Schedule);
/// assert_eq!(call.raw(), Some(r#"{"startTime":1}"#));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DareMigration {
    hook: DareHook,
    raw: Option<Box<str>>,
}

impl DareMigration {
    /// Takes the body of a hook: an object, or nothing.
    ///
    /// # Errors
    /// `json_…`, `field_type` when it is no object, `too_large` over 256 KiB.
    pub fn parse(hook: DareHook, body: &[u8]) -> Result<Self, Error> {
        const WHAT: &str = "migration hook body";
        at_most(WHAT, body.len(), MAX_BYTES)?;
        if body.trim_ascii().is_empty() {
            return Ok(Self { hook, raw: None });
        }
        let mut scanner = Scanner::<256>::new(body).map_err(in_json(WHAT))?;
        let value = scanner.value().map_err(in_json(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        let Value::Object(raw) = value else {
            return Err(ErrorKind::FieldType {
                what: WHAT,
                field: "body",
                expected: Kind::Object,
                found: value.kind(),
            }
            .into());
        };
        Ok(Self {
            hook,
            raw: Some(raw.into()),
        })
    }

    /// Which hook was called.
    #[must_use]
    pub const fn hook(&self) -> DareHook {
        self.hook
    }

    /// The JSON text of its body.
    #[must_use]
    pub fn raw(&self) -> Option<&str> {
        self.raw.as_deref()
    }
}
