//! Forge lifecycle events to the remote. None carries a license.

use serde_json::json;

use super::context::{environment_id, install_context};
use super::invocation::{Invocation, TriggerForm};
use crate::error::Error;
use crate::request::SignedRequest;
use crate::tenant::Tenant;

/// How the body of a Forge lifecycle event looks: what two backends received, and the two samples
/// of the documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum LifecycleForm {
    /// With `eventType`, `context` (an ARI), bare ids and a flat `retryContext`.
    Received,
    /// The documentation's: without `eventType`.
    Documented,
    /// The documentation's of a retry: wrapped in `payload`.
    Retried,
}

impl LifecycleForm {
    /// The form of the token that comes with it: recorded with what was received, documented with
    /// what is documented.
    const fn token(self) -> TriggerForm {
        match self {
            Self::Received => TriggerForm::Recorded,
            Self::Documented | Self::Retried => TriggerForm::Documented,
        }
    }
}

impl Tenant {
    /// A Forge lifecycle event, `avi:forge:installed:app` or `avi:forge:upgraded:app`, sent to the
    /// remote. Nothing for an app without a Forge half.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/events-reference/life-cycle/>
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// let events = acme.install()?;
    /// assert_eq!(events[0].name(), "avi:forge:installed:app");
    /// assert_eq!(events[0].target(), "/forge/lifecycle");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn forge_lifecycle(&self, event: &str) -> Result<Vec<SignedRequest>, Error> {
        self.forge_lifecycle_as(event, LifecycleForm::Received)
    }

    /// The same event with its body in another form that was recorded.
    ///
    /// ```
    /// use app_license_testkit::{App, LifecycleForm, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// let events = acme.forge_lifecycle_as("avi:forge:upgraded:app", LifecycleForm::Documented)?;
    /// assert_eq!(events[0].json().get("eventType"), None);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn forge_lifecycle_as(
        &self,
        event: &str,
        form: LifecycleForm,
    ) -> Result<Vec<SignedRequest>, Error> {
        let app = self.app()?;
        if app.forge_id.is_none() {
            return Ok(Vec::new());
        }
        let facts = self.forge_facts()?;
        let who = if event == "avi:forge:upgraded:app" {
            "upgraderAccountId"
        } else {
            "installerAccountId"
        };
        let mut body = json!({
            "id": facts.installation.id,
            who: self.user(),
            "app": {
                "id": facts.app.forge_id(),
                "version": facts.app.version,
                "name": facts.app.name(),
            },
            "environment": {"id": environment_id(&facts)},
        });
        let retry = json!({"retryCount": 1, "retryReason": "FUNCTION_TIME_OUT"});
        match form {
            LifecycleForm::Documented => {}
            LifecycleForm::Retried => body = json!({"payload": body, "retryContext": retry}),
            LifecycleForm::Received => {
                if let Some(fields) = body.as_object_mut() {
                    fields.insert("eventType".to_owned(), json!(event));
                    fields.insert("context".to_owned(), json!(install_context(&facts)));
                    fields.insert("retryContext".to_owned(), retry);
                }
            }
        }
        let call = self.invoke(
            "POST",
            &facts.app.paths.forge,
            &Invocation::trigger("lifecycle", form.token()),
        )?;
        let mut call = call.with_json(&body);
        event.clone_into(&mut call.name);
        Ok(vec![call])
    }
}
