//! Contexts as JSON: of the browser, of functions, of `getAppContext()`.

use serde_json::{Value, json};

use super::object::{Surface, license};
use crate::error::Error;
use crate::tenant::{Facts, Tenant, installation_ari};

impl Tenant {
    /// What `view.getContext()` and `useProductContext()` answer in the browser.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/ui-api-bridge/view/>
    ///
    /// ```
    /// use app_license::{Edition, License};
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// acme.start_trial(Edition::Advanced, 30)?;
    /// let context = acme.ui_context("my-panel")?.to_string();
    /// assert!(License::from_forge_ui_context(context.as_bytes())?.has_capability("capabilityAdvanced"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn ui_context(&self, module: &str) -> Result<Value, Error> {
        let facts = self.forge_facts()?;
        let mut context = ui(&facts, self.user(), module);
        put_license(&facts, &mut context, Surface::Browser);
        self.put_access(&mut context);
        Ok(context)
    }

    /// The second argument of a Forge function: resolvers, product events, web triggers.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/function-reference/arguments/>
    ///
    /// ```
    /// use app_license::{Edition, License};
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// acme.buy(Edition::Standard)?;
    /// let context = acme.function_context()?.to_string();
    /// assert!(License::from_forge_function_context(context.as_bytes())?.has_capability("capabilityStandard"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn function_context(&self) -> Result<Value, Error> {
        let facts = self.forge_facts()?;
        let mut context = json!({
            "installContext": install_context(&facts),
            "installation": {
                "ari": {"installationId": facts.installation.id},
                "contexts": [{"cloudId": facts.site.cloud_id}],
            },
        });
        if let (Some(user), Some(fields)) = (self.user(), context.as_object_mut()) {
            fields.insert("principal".to_owned(), json!({"accountId": user}));
        }
        put_license(&facts, &mut context, Surface::Backend(facts.spelling));
        Ok(context)
    }

    /// The context of a scheduled trigger, which holds no license.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/events-reference/scheduled-trigger/>
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn scheduled_context(&self) -> Result<Value, Error> {
        let facts = self.forge_facts()?;
        Ok(json!({"installContext": install_context(&facts)}))
    }

    /// What `getAppContext()` answers in a function. Where nothing is said, its `license` is null,
    /// as seen on the platform; the other contexts leave it out.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/runtime-reference/app-context-api/>
    ///
    /// ```
    /// use app_license_testkit::{App, Environment, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?
    ///     .environment(Environment::Development);
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// assert_eq!(acme.app_context("resolver")?["environmentType"], "DEVELOPMENT");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn app_context(&self, module: &str) -> Result<Value, Error> {
        let facts = self.forge_facts()?;
        let object = license(
            &facts.snapshot,
            &facts.support_number,
            Surface::Backend(facts.spelling),
        );
        Ok(json!({
            "appAri": facts.app.ari(),
            "appVersion": facts.app.version,
            "environmentAri": environment_ari(&facts),
            "environmentType": facts.app.environment.name(),
            "invocationId": facts.installation.id,
            "installationAri": installation_ari(&facts.installation.id),
            "moduleKey": module,
            "license": object,
            "installation": {
                "ari": installation_ari(&facts.installation.id),
                "contexts": [{"cloudId": facts.site.cloud_id}],
            },
            "permissions": permissions(),
        }))
    }

    /// What a validator, condition or post-function of a Jira workflow gets: the license stands in
    /// `context` of its one argument.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/manifest-reference/modules/jira-workflow-validator/>
    ///
    /// ```
    /// use app_license::{Edition, License};
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// acme.buy(Edition::Standard)?;
    /// let arguments = acme.workflow_arguments()?.to_string();
    /// let license = License::from_forge_workflow_arguments(arguments.as_bytes())?;
    /// assert!(license.has_capability("capabilityStandard"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn workflow_arguments(&self) -> Result<Value, Error> {
        Ok(json!({
            "issue": {"key": "T-1"},
            "transition": {"from": {"id": "1"}, "to": {"id": "2"}},
            "configuration": null,
            "context": self.function_context()?,
        }))
    }

    pub(crate) fn forge_facts(&self) -> Result<Facts, Error> {
        let facts = self.facts()?;
        if facts.app.forge_id.is_none() {
            return Err(facts.app.wrong_half("Forge"));
        }
        Ok(facts)
    }
}

pub(crate) fn ui(facts: &Facts, user: Option<&str>, module: &str) -> Value {
    let origin = facts
        .base_url
        .strip_suffix(facts.site.product.context_path())
        .unwrap_or(&facts.base_url);
    json!({
        "accountId": user,
        "cloudId": facts.site.cloud_id,
        "extension": {"type": format!("{}:panel", facts.site.product.name())},
        "environmentId": environment_id(facts),
        "environmentType": facts.app.environment.name(),
        "localId": format!("{}/{module}", installation_ari(&facts.installation.id)),
        "locale": "en-US",
        "moduleKey": module,
        "siteUrl": origin,
        "timezone": "Etc/UTC",
        "permissions": permissions(),
    })
}

/// What the app may do, as current contexts say it.
fn permissions() -> Value {
    json!({"scopes": ["read:jira-work"], "external": {}})
}

fn put_license(facts: &Facts, context: &mut Value, surface: Surface) {
    let object = license(&facts.snapshot, &facts.support_number, surface);
    if let (Some(object), Some(fields)) = (object, context.as_object_mut()) {
        fields.insert("license".to_owned(), object);
    }
}

pub(crate) fn install_context(facts: &Facts) -> String {
    format!(
        "ari:cloud:{}::site/{}",
        facts.site.product.name(),
        facts.site.cloud_id
    )
}

/// One environment of each type an app.
pub(crate) fn environment_id(facts: &Facts) -> String {
    let name = format!("{}/{}", facts.app.name(), facts.app.environment.name());
    crate::bytes::Ids::new(0).uuid(&name)
}

pub(crate) fn environment_ari(facts: &Facts) -> String {
    format!(
        "ari:cloud:ecosystem::environment/{}/{}",
        facts.app.forge_id().unwrap_or_default(),
        environment_id(facts)
    )
}
