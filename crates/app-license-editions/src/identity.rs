//! The app of the file, and the app that a descriptor or a manifest is of.

use app_license::error::shown;

use crate::diagnostic::{Diagnostic, Severity};
use crate::editions::Editions;

/// What a descriptor or a manifest says about which app it is of.
///
/// ```
/// use app_license_editions::{AppIdentity, Editions, check_app};
/// let text = "[app]\nkey = \"com.example.reports\"";
/// let editions = Editions::from_toml("editions.toml", text)?;
/// let mut app = AppIdentity::new("atlassian-connect.json");
/// app.key = Some("com.example.report".to_owned());
/// let found = check_app(&editions, &app);
/// assert_eq!(found[0].code(), "app_differs");
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct AppIdentity {
    /// The file that says it, for messages.
    pub file: String,
    /// The key: of a Connect descriptor, or `app.connect.key` of a manifest.
    pub key: Option<String>,
    /// The Forge app id: `app.id` of a manifest.
    pub id: Option<String>,
}

impl AppIdentity {
    /// Of a file that says nothing yet.
    #[must_use]
    pub fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            key: None,
            id: None,
        }
    }
}

/// Holds `[app]` of the file to a descriptor or a manifest: `app_differs`, an error, for a key or an
/// id that is another one. What either of them does not say, and an id with a variable in it, is
/// not compared.
#[must_use]
pub fn check_app(editions: &Editions, app: &AppIdentity) -> Vec<Diagnostic> {
    let own = editions.app();
    let pairs = [
        (
            "key",
            own.key.as_deref(),
            app.key.as_deref(),
            same_key as Same,
        ),
        ("id", own.id.as_deref(), app.id.as_deref(), same_id as Same),
    ];
    let differs = pairs.into_iter().filter_map(|(name, own, theirs, same)| {
        let (own, theirs) = (own?, theirs?);
        if same(own, theirs) || theirs.contains("${") {
            return None;
        }
        let message = format!(
            "the {name} of the app is `{}` here and `{}` in {}",
            shown(own),
            shown(theirs),
            app.file
        );
        let help = "make them the same: one of the files is of another app";
        let place = editions.place(&["app", name]);
        Some(Diagnostic::new(Severity::Error, "app_differs", message, help).at(place))
    });
    differs.collect()
}

/// A descriptor or manifest that cannot be read, and why: `app_unread`, an error where `[app]` of the
/// file names the app, for that was not compared, else a warning.
///
/// ```
/// use app_license_editions::{Editions, app_unread};
/// let editions = Editions::from_toml("editions.toml", "[app]\nkey = \"a\"\n[features]\nx = \"standard\"")?;
/// assert_eq!(
///     app_unread(&editions, "manifest.yml", "not UTF-8").to_string(),
///     "editions.toml:1:2: error[app_unread]: manifest.yml cannot be read: not UTF-8",
/// );
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[must_use]
pub fn app_unread(editions: &Editions, file: &str, why: &str) -> Diagnostic {
    let own = editions.app();
    let severity = if own.key.is_some() || own.id.is_some() {
        Severity::Error
    } else {
        Severity::Warning
    };
    let message = format!("{file} cannot be read: {why}");
    let help = "correct it: the app of this file was not compared with it";
    Diagnostic::new(severity, "app_unread", message, help).at(editions.place(&["app"]))
}

type Same = fn(&str, &str) -> bool;

fn same_key(a: &str, b: &str) -> bool {
    a == b
}

/// `ari:cloud:ecosystem::app/ID` and `ID` are one app.
fn same_id(a: &str, b: &str) -> bool {
    let id = |text: &str| text.rsplit('/').next().map(str::to_ascii_lowercase);
    id(a) == id(b)
}
