//! Forge lifecycle events to the remote. None carries a licence.

use serde_json::json;

use super::context::environment_id;
use super::invocation::Invocation;
use crate::error::Error;
use crate::request::SignedRequest;
use crate::tenant::Tenant;

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
        let body = json!({
            "eventType": event,
            "id": facts.installation.id,
            who: self.user(),
            "app": {
                "id": facts.app.forge_id(),
                "version": facts.app.version,
                "name": facts.app.name(),
            },
            "environment": {"id": environment_id(&facts)},
        });
        let call = self.invoke(
            "POST",
            &facts.app.paths.forge,
            &Invocation::function("lifecycle"),
        )?;
        let mut call = call.with_json(&body);
        event.clone_into(&mut call.name);
        Ok(vec![call])
    }
}
