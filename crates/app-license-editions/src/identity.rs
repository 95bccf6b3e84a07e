//! The app of the file, and the app that a descriptor or a manifest is of.

use app_license::Edition;
use app_license::error::shown;
use app_license_descriptor::rules;

use crate::diagnostic::{Diagnostic, Severity};
use crate::editions::{Editions, Gating};

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
    /// Whether licensing is enabled: `enableLicensing` of a descriptor, `app.licensing.enabled` of a manifest.
    pub licensing: Option<bool>,
    /// Whether editions are: `editionsEnabled` of either.
    pub editions: Option<bool>,
}

impl AppIdentity {
    /// Of a file that says nothing yet.
    #[must_use]
    pub fn new(file: impl Into<String>) -> Self {
        Self {
            file: file.into(),
            key: None,
            id: None,
            licensing: None,
            editions: None,
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

/// Holds what the file sells to a descriptor or a manifest: `licensing_not_enabled`, a warning, where that does
/// not enable licensing and a feature is of a paid edition, `editions_not_enabled` where it does not enable
/// editions and a feature is of one above Standard. No customer gets such a feature: without
/// [licensing](https://developer.atlassian.com/platform/forge/manifest-reference/) the platform hands over no
/// license, without editions none with a capability set. Services are left out: no code asks for them.
///
/// ```
/// use app_license_editions::{AppIdentity, Editions, check_sold};
/// let editions = Editions::from_toml("editions.toml", "[features]\nexport = \"advanced\"")?;
/// let mut app = AppIdentity::new("manifest.yml");
/// (app.licensing, app.editions) = (Some(true), Some(false));
/// assert_eq!(
///     check_sold(&editions, &app).unwrap().to_string(),
///     "editions.toml:2:1: warning[editions_not_enabled]: feature `export` is above Standard, and manifest.yml \
///      does not enable editions",
/// );
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[must_use]
pub fn check_sold(editions: &Editions, app: &AppIdentity) -> Option<Diagnostic> {
    let of = |wanted: fn(Option<Edition>) -> bool| {
        let mut features = editions.features().iter();
        features.find(|it| it.gating != Gating::Service && wanted(it.requires.edition()))
    };
    let file = &app.file;
    let (code, feature, message, help) = if app.licensing == Some(false) {
        (
            rules::LICENSING_NOT_ENABLED.code,
            of(|edition| edition != Some(Edition::Free))?,
            format!("is of a paid edition, and {file} does not enable licensing"),
            "set `enableLicensing: true` in a descriptor, `app.licensing.enabled: true` in a manifest: until \
             then the app gets no license",
        )
    } else if app.editions == Some(false) {
        (
            rules::EDITIONS_NOT_ENABLED.code,
            of(|edition| !matches!(edition, Some(Edition::Free | Edition::Standard)))?,
            format!("is above Standard, and {file} does not enable editions"),
            "set `editionsEnabled: true`, beside `enableLicensing` in a descriptor, below `app.licensing` in a \
             manifest: until then no license names an edition",
        )
    } else {
        return None;
    };
    let message = format!("feature `{}` {message}", feature.key);
    let place = editions.place(&["features", &feature.key]);
    Some(Diagnostic::new(Severity::Warning, code, message, help).at(place))
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
