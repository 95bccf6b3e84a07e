//! Lifecycle events of Forge apps: installed, upgraded, about to be uninstalled.

use std::fmt;

use crate::gate::json::{Scanner, Value};

use crate::document::{Field, ReadError, name_of, read_object};
use crate::error::{Error, ErrorKind, shown};
use crate::find::named;
use crate::ids::{ForgeAppId, InstallationAri};

const WHAT: &str = "Forge lifecycle event";
/// The largest payload that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;

const fn field(name: &'static str) -> Field {
    Field { what: WHAT, name }
}

/// Which event it is. No event tells of a license.
///
/// ```
/// use app_license::forge::ForgeLifecycleKind;
/// let kind = ForgeLifecycleKind::from_name("avi:forge:installed:app");
/// assert_eq!(kind, Some(ForgeLifecycleKind::Installed));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ForgeLifecycleKind {
    /// `avi:forge:installed:app`
    Installed,
    /// `avi:forge:upgraded:app`: major versions only.
    Upgraded,
    /// The module `preUninstall`: runs before the app is removed.
    PreUninstall,
}

impl ForgeLifecycleKind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Installed, Self::Upgraded, Self::PreUninstall];

    /// The name of the event, or of the module.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Installed => "avi:forge:installed:app",
            Self::Upgraded => "avi:forge:upgraded:app",
            Self::PreUninstall => "preUninstall",
        }
    }

    /// The kind with this name, compared exactly.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        named(&Self::ALL, Self::name, name)
    }
}

impl fmt::Display for ForgeLifecycleKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The payload of a lifecycle event of a Forge app. Unknown fields stay in [`Self::raw`].
///
/// Platform page: <https://developer.atlassian.com/platform/forge/events-reference/life-cycle/>
///
/// ```
/// use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
///
/// let event = ForgeLifecycleEvent::parse(
///     ForgeLifecycleKind::Upgraded,
///     br#"{"id": "fff8e466-31f4-4c73-a337-c3309dd930dc", "upgraderAccountId": "4ad9aa0c",
///          "app": {"id": "406d303d-0393-4ec4-ad7c-1435be94583a", "version": "9.0.0"},
///          "environment": {"id": "23863033-1de4-4ebf-b30d-c906264a1e92"}}"#,
/// )?;
/// assert_eq!(
///     event.installation_id().unwrap().as_str(),
///     "ari:cloud:ecosystem::installation/fff8e466-31f4-4c73-a337-c3309dd930dc",
/// );
/// assert_eq!(event.app_version(), Some("9.0.0"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ForgeLifecycleEvent {
    kind: ForgeLifecycleKind,
    installation_id: Option<InstallationAri>,
    account_id: Option<String>,
    app_id: Option<ForgeAppId>,
    app_version: Option<String>,
    app_name: Option<String>,
    app_owner_account_id: Option<String>,
    environment_id: Option<String>,
    raw: Box<str>,
}

impl ForgeLifecycleEvent {
    /// Reads a payload, bare or wrapped in `payload` as the documentation's sample of a retry is.
    /// `kind` is known from the trigger that was called; where the payload names its event too,
    /// both must agree. [`ForgeLifecycleEvent::parse_any`] finds the kind out.
    ///
    /// # Errors
    /// `field_missing` (without `id`, or without `app.id`, unless it is about to be uninstalled),
    /// `field_type`, `field_value`, `invalid_id`, `json_…`, `too_large`.
    pub fn parse(kind: ForgeLifecycleKind, payload: &[u8]) -> Result<Self, Error> {
        let mut event = Self {
            kind,
            installation_id: None,
            account_id: None,
            app_id: None,
            app_version: None,
            app_name: None,
            app_owner_account_id: None,
            environment_id: None,
            raw: String::from_utf8_lossy(payload).into(),
        };
        let mut wrapped = None;
        read_object(WHAT, payload, MAX_BYTES, |s: &mut Scanner<'_, 256>, key| {
            let value = s.value()?;
            match (&*name_of(key), value) {
                // as the documentation's sample of a retry has it
                ("payload", Value::Object(inner)) => wrapped = Some(inner),
                (name, value) => event.read(name, value)?,
            }
            Ok::<(), ReadError>(())
        })?;
        if let (Some(inner), None) = (wrapped, &event.installation_id) {
            let read = inside(inner, |key, value| event.read(key, value));
            read.map_err(|fault| fault.named(WHAT))?;
        }
        if kind != ForgeLifecycleKind::PreUninstall {
            if event.installation_id.is_none() {
                return Err(field("id").missing().into());
            }
            if event.app_id.is_none() {
                return Err(field("app.id").missing().into());
            }
        }
        Ok(event)
    }

    /// Reads a payload and finds out which event it is: as `eventType` says, and where it is
    /// missing, as the documentation's samples lack it, by whose account is named:
    /// `installerAccountId` or `upgraderAccountId`.
    ///
    /// ```
    /// use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
    /// let body = br#"{"id":"fff8e466","installerAccountId":"4ad9","app":{"id":"406d303d"}}"#;
    /// let event = ForgeLifecycleEvent::parse_any(body)?;
    /// assert_eq!(event.kind(), ForgeLifecycleKind::Installed);
    /// let error = ForgeLifecycleEvent::parse_any(br#"{"id":"fff8e466"}"#).unwrap_err();
    /// assert_eq!(error.to_string(), "the Forge lifecycle event lacks `eventType`");
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`ForgeLifecycleEvent::parse`]; `field_missing` when nothing says which event it is,
    /// `field_value` when `eventType` is none of them.
    pub fn parse_any(payload: &[u8]) -> Result<Self, Error> {
        let mut said = Said::default();
        read_object(WHAT, payload, MAX_BYTES, |s: &mut Scanner<'_, 256>, key| {
            let value = s.value()?;
            match (&*name_of(key), value) {
                ("payload", Value::Object(inner)) => {
                    inside(inner, |key, value| said.read(key, value))
                }
                (name, value) => said.read(name, value),
            }
        })?;
        Self::parse(said.kind()?, payload)
    }

    fn read(&mut self, key: &str, value: Value<'_>) -> Result<(), ReadError> {
        match key {
            "eventType" => {
                if let Some(name) = field("eventType").text(value)?
                    && name != self.kind.name()
                {
                    let expected = format!("`{}`", self.kind);
                    return Err(field("eventType").must_say(expected, &name).into());
                }
            }
            "id" => {
                let id = field("id").text(value)?;
                self.installation_id = id.as_deref().map(installation_ari).transpose()?;
            }
            "installerAccountId" => self.account_id = field("installerAccountId").text(value)?,
            "upgraderAccountId" => self.account_id = field("upgraderAccountId").text(value)?,
            "app" => {
                if let Some(app) = field("app").object(value)? {
                    inside(app, |key, value| self.read_app(key, value))?;
                }
            }
            "environment" => {
                if let Some(environment) = field("environment").object(value)? {
                    inside(environment, |key, value| {
                        if key == "id" {
                            self.environment_id = field("environment.id").text(value)?;
                        }
                        Ok(())
                    })?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn read_app(&mut self, key: &str, value: Value<'_>) -> Result<(), ReadError> {
        match key {
            "id" => {
                let id = field("app.id").text(value)?;
                self.app_id = id.as_deref().map(ForgeAppId::new).transpose()?;
            }
            "version" => self.app_version = field("app.version").text(value)?,
            "name" => self.app_name = field("app.name").text(value)?,
            "ownerAccountId" => {
                self.app_owner_account_id = field("app.ownerAccountId").text(value)?;
            }
            _ => {}
        }
        Ok(())
    }

    /// Which event it is.
    #[must_use]
    pub const fn kind(&self) -> ForgeLifecycleKind {
        self.kind
    }

    /// The installation. Always there but in an event before uninstalling.
    #[must_use]
    pub const fn installation_id(&self) -> Option<&InstallationAri> {
        self.installation_id.as_ref()
    }

    /// Who installed or upgraded it.
    #[must_use]
    pub fn account_id(&self) -> Option<&str> {
        self.account_id.as_deref()
    }

    /// The app. Always there but in an event before uninstalling.
    #[must_use]
    pub const fn app_id(&self) -> Option<&ForgeAppId> {
        self.app_id.as_ref()
    }

    /// The version of the app, `9.0.0`.
    #[must_use]
    pub fn app_version(&self) -> Option<&str> {
        self.app_version.as_deref()
    }

    /// The name of the app.
    #[must_use]
    pub fn app_name(&self) -> Option<&str> {
        self.app_name.as_deref()
    }

    /// Who owns the app.
    #[must_use]
    pub fn app_owner_account_id(&self) -> Option<&str> {
        self.app_owner_account_id.as_deref()
    }

    /// The environment the app is installed from, an id.
    #[must_use]
    pub fn environment_id(&self) -> Option<&str> {
        self.environment_id.as_deref()
    }

    /// The payload as it came, with every field it holds.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }
}

/// What says which event it is.
#[derive(Default)]
struct Said {
    event_type: Option<String>,
    by_installer: bool,
    by_upgrader: bool,
}

impl Said {
    fn read(&mut self, key: &str, value: Value<'_>) -> Result<(), ReadError> {
        match key {
            "eventType" => self.event_type = field("eventType").text(value)?,
            "installerAccountId" => self.by_installer = true,
            "upgraderAccountId" => self.by_upgrader = true,
            _ => {}
        }
        Ok(())
    }

    fn kind(&self) -> Result<ForgeLifecycleKind, Error> {
        match (&self.event_type, self.by_installer, self.by_upgrader) {
            (Some(name), ..) => ForgeLifecycleKind::from_name(name).ok_or_else(|| {
                let names = ForgeLifecycleKind::ALL.map(|kind| format!("`{kind}`"));
                field("eventType").must_say(names.join(", "), name).into()
            }),
            (None, true, false) => Ok(ForgeLifecycleKind::Installed),
            (None, false, true) => Ok(ForgeLifecycleKind::Upgraded),
            _ => Err(field("eventType").missing().into()),
        }
    }
}

/// An installation id as an ARI: events hold it bare, tokens in full.
pub(crate) fn installation_ari(id: &str) -> Result<InstallationAri, Error> {
    const PREFIX: &str = "ari:cloud:ecosystem::installation/";
    if id.starts_with("ari:") {
        let bare = id.strip_prefix(PREFIX);
        if bare.is_none_or(str::is_empty) {
            return Err(ErrorKind::InvalidId {
                what: "installation id",
                found: shown(id),
            }
            .into());
        }
        return InstallationAri::new(id);
    }
    InstallationAri::new(format!("{PREFIX}{id}"))
}

fn inside(
    object: &str,
    mut read: impl FnMut(&str, Value<'_>) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    let mut scanner = Scanner::<256>::from_text(object);
    scanner.object(|s, key| {
        let value = s.value()?;
        read(&name_of(key), value)
    })
}

#[cfg(test)]
mod tests {
    use super::{ForgeLifecycleEvent, ForgeLifecycleKind};

    #[test]
    fn what_is_wrong_is_named() {
        let error = |json: &str| {
            ForgeLifecycleEvent::parse(ForgeLifecycleKind::Installed, json.as_bytes())
                .unwrap_err()
                .to_string()
        };
        for (json, want) in [
            ("{}", "the Forge lifecycle event lacks `id`"),
            (r#"{"id":"a"}"#, "the Forge lifecycle event lacks `app.id`"),
            (
                r#"{"id":7}"#,
                "`id` of the Forge lifecycle event must be a string, found a number",
            ),
            (
                r#"{"app":[]}"#,
                "`app` of the Forge lifecycle event must be an object, found an array",
            ),
            (
                r#"{"eventType":"avi:forge:upgraded:app"}"#,
                "`eventType` of the Forge lifecycle event must be `avi:forge:installed:app`, found \
                 `avi:forge:upgraded:app`",
            ),
            (
                r#"{"id":"ari:cloud:ecosystem::app/x"}"#,
                "`ari:cloud:ecosystem::app/x` is not a valid installation id",
            ),
        ] {
            assert_eq!(error(json), want);
        }
    }

    /// The bodies that two backends receive, and the documentation's two samples.
    #[test]
    fn bodies_as_they_were_recorded() {
        let inner = r#""id":"7ab5a4a1","installerAccountId":"4ad9","app":{"id":"406d303d","version":"1.0.0"}"#;
        let ari = "ari:cloud:ecosystem::installation/7ab5a4a1";
        for body in [
            // the documentation's, without `eventType`
            format!("{{{inner}}}"),
            // as received: `context` an ARI, bare ids, a flat `retryContext`
            format!(
                r#"{{{inner},"eventType":"avi:forge:installed:app","context":"ari:cloud:jira::site/c1","retryContext":{{"retryCount":1,"retryReason":"FUNCTION_TIME_OUT"}}}}"#
            ),
            format!(r#"{{{inner},"eventType":"avi:forge:installed:app","retryCount":1}}"#),
            // the documentation's sample of a retry
            format!(r#"{{"payload":{{{inner}}},"retryContext":{{"retryCount":1}}}}"#),
            format!(
                r#"{{"eventType":"avi:forge:installed:app","payload":{{{inner}}},"retryContext":{{}}}}"#
            ),
        ] {
            let event = ForgeLifecycleEvent::parse_any(body.as_bytes()).unwrap();
            assert_eq!(event.kind(), ForgeLifecycleKind::Installed, "{body}");
            assert_eq!(event.installation_id().unwrap().as_str(), ari, "{body}");
            assert_eq!(event.app_id().unwrap().uuid(), "406d303d", "{body}");
        }
        let upgraded = r#"{"id":"a","upgraderAccountId":"b","app":{"id":"c"}}"#;
        let event = ForgeLifecycleEvent::parse_any(upgraded.as_bytes()).unwrap();
        assert_eq!(event.kind(), ForgeLifecycleKind::Upgraded);
    }

    #[test]
    fn an_event_that_nobody_can_name_says_which_field_is_missing() {
        for (body, want) in [
            ("{}", "the Forge lifecycle event lacks `eventType`"),
            (
                r#"{"installerAccountId":"a","upgraderAccountId":"b"}"#,
                "the Forge lifecycle event lacks `eventType`",
            ),
            (
                r#"{"payload":{"eventType":"avi:forge:installed:app","app":{"id":"c"}}}"#,
                "the Forge lifecycle event lacks `id`",
            ),
            (
                r#"{"eventType":"avi:jira:created:issue"}"#,
                "`eventType` of the Forge lifecycle event must be `avi:forge:installed:app`, \
                 `avi:forge:upgraded:app`, `preUninstall`, found `avi:jira:created:issue`",
            ),
        ] {
            let error = ForgeLifecycleEvent::parse_any(body.as_bytes()).unwrap_err();
            assert_eq!(error.to_string(), want, "{body}");
        }
    }

    #[test]
    fn before_uninstalling_little_is_promised() {
        let event = ForgeLifecycleEvent::parse(ForgeLifecycleKind::PreUninstall, b"{\"x\":1}");
        assert_eq!(event.unwrap().raw(), "{\"x\":1}");
    }
}
