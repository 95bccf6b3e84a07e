//! Whose lifecycle event it is: of the installation and the app that its token is of, and no browser's.

use super::{ForgeLifecycleEvent, InvocationToken};
use crate::answer::Refusal;
use crate::error::{Error, ErrorKind};
use crate::ids::{ForgeAppId, InstallationAri};

/// Who sent a lifecycle event, as the verified invocation token says that it came with.
///
/// ```
/// use app_license::forge::{ForgeLifecycleEvent, ForgeSender};
/// use app_license::{ForgeAppId, InstallationAri};
/// let installation = InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1")?;
/// let app = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
/// let mut sender = ForgeSender::new(&installation, &app, false);
/// let body = br#"{"eventType": "preUninstall"}"#;
/// let event = ForgeLifecycleEvent::receive(body, &sender).unwrap();
/// assert_eq!(event.kind().name(), "preUninstall");
///
/// // a user's browser may send anything to any path of a remote, with a token of its own
/// sender = ForgeSender::new(&installation, &app, true);
/// let refusal = ForgeLifecycleEvent::receive(body, &sender).unwrap_err();
/// assert_eq!((refusal.status(), refusal.code()), (401, "user_initiated"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, Copy)]
pub struct ForgeSender<'t> {
    installation: &'t InstallationAri,
    app: &'t ForgeAppId,
    is_from_user_interface: bool,
}

impl<'t> ForgeSender<'t> {
    /// What a verified token says, for those who keep its parts and not the token:
    /// [`InvocationToken::installation_id`], [`InvocationToken::app_id`] and
    /// [`InvocationToken::is_from_user_interface`].
    #[must_use]
    pub const fn new(
        installation: &'t InstallationAri,
        app: &'t ForgeAppId,
        is_from_user_interface: bool,
    ) -> Self {
        Self {
            installation,
            app,
            is_from_user_interface,
        }
    }

    /// Whether lifecycle events are taken from this sender, which is known before the body is read.
    ///
    /// ```
    /// use app_license::forge::ForgeSender;
    /// use app_license::{ForgeAppId, InstallationAri};
    /// let installation = InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1")?;
    /// let app = ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?;
    /// assert!(ForgeSender::new(&installation, &app, false).may_send_events().is_ok());
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// `user_initiated` for a user's browser.
    pub const fn may_send_events(&self) -> Result<(), Refusal> {
        if self.is_from_user_interface {
            let code = "user_initiated";
            return Err(Refusal::Unproved { code });
        }
        Ok(())
    }
}

impl<'t> From<&'t InvocationToken> for ForgeSender<'t> {
    fn from(token: &'t InvocationToken) -> Self {
        Self::new(
            token.installation_id(),
            token.app_id(),
            token.is_from_user_interface(),
        )
    }
}

impl ForgeLifecycleEvent {
    /// Reads a body as [`ForgeLifecycleEvent::parse_any`] does, and holds it to the token that it came
    /// with. Nothing may be stored before this holds. See [`ForgeSender`] for an example.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/events-reference/life-cycle/>
    ///
    /// # Errors
    /// `user_initiated` for a call from a user interface; `tenant_mismatch` where the body names another
    /// installation or app than the token; those of [`ForgeLifecycleEvent::parse_any`].
    pub fn receive(body: &[u8], sender: &ForgeSender<'_>) -> Result<Self, Refusal> {
        sender.may_send_events()?;
        let event = Self::parse_any(body)?;
        if let Some(found) = event.installation_id()
            && found != sender.installation
        {
            let expected = sender.installation.as_str();
            return Err(mismatch("id", expected, found.as_str()).into());
        }
        if let Some(found) = event.app_id()
            && found != sender.app
        {
            return Err(mismatch("app.id", sender.app.as_str(), found.as_str()).into());
        }
        Ok(event)
    }
}

fn mismatch(field: &'static str, expected: &str, found: &str) -> Error {
    let (expected, found) = (expected.to_owned(), found.to_owned());
    ErrorKind::TenantMismatch {
        field,
        expected,
        found,
    }
    .into()
}

#[cfg(test)]
mod tests {
    use super::ForgeSender;
    use crate::forge::ForgeLifecycleEvent;
    use crate::ids::{ForgeAppId, InstallationAri};

    const OURS: &str = "ari:cloud:ecosystem::installation/7ab5a4a1";
    const APP: &str = "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

    fn received(id: &str, app: &str, is_from_user_interface: bool) -> Result<String, &'static str> {
        let body = format!(
            r#"{{"eventType":"avi:forge:installed:app","id":"{id}","app":{{"id":"{app}"}}}}"#
        );
        let installation = InstallationAri::new(OURS).unwrap();
        let ours = ForgeAppId::new(APP).unwrap();
        let sender = ForgeSender::new(&installation, &ours, is_from_user_interface);
        ForgeLifecycleEvent::receive(body.as_bytes(), &sender)
            .map(|event| event.kind().name().to_owned())
            .map_err(|refusal| refusal.code())
    }

    #[test]
    fn an_event_is_of_the_installation_and_the_app_of_its_token() {
        assert!(received(OURS, APP, false).is_ok());
        let other = "ari:cloud:ecosystem::installation/11111111";
        assert_eq!(received(other, APP, false), Err("tenant_mismatch"));
        let other = "ari:cloud:ecosystem::app/11111111-1f69-42a5-8e40-8b6e0b3f8d11";
        assert_eq!(received(OURS, other, false), Err("tenant_mismatch"));
    }

    #[test]
    fn an_event_of_a_browser_is_refused_whatever_it_says() {
        assert_eq!(received(OURS, APP, true), Err("user_initiated"));
        let installation = InstallationAri::new(OURS).unwrap();
        let app = ForgeAppId::new(APP).unwrap();
        let sender = ForgeSender::new(&installation, &app, true);
        let refusal = ForgeLifecycleEvent::receive(b"no JSON", &sender).unwrap_err();
        assert_eq!(refusal.code(), "user_initiated");
    }
}
