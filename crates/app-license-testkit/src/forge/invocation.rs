//! The Forge Invocation Token, and the requests that carry it.

use serde_json::{Value, json};

use super::context::{environment_ari, ui};
use super::object::{Surface, license};
use crate::bytes::{hex, sha256};
use crate::error::Error;
use crate::request::SignedRequest;
use crate::tenant::{Facts, Tenant, installation_ari};
use crate::token::TokenSpec;

/// How long an invocation token lives, in seconds.
const LIFE: u64 = 25;

/// Who calls the remote: which module, and from where.
///
/// ```
/// use app_license_testkit::Invocation;
/// let from_browser = Invocation::ui("my-panel");
/// let from_function = Invocation::function("my-resolver");
/// assert_ne!(from_browser, from_function);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invocation {
    module: String,
    kind: String,
    by: By,
}

/// Who calls, which decides what the token says of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    User,
    Function,
    Trigger(TriggerForm),
}

/// The two forms of the token of a lifecycle trigger. Remotes get both.
///
/// ```
/// use app_license_testkit::TriggerForm;
/// assert_ne!(TriggerForm::Recorded, TriggerForm::Documented);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TriggerForm {
    /// As remotes recorded it: `context` with `cloudId`, `moduleKey` and `userAccess`, and products
    /// without `cloudId`.
    Recorded,
    /// As the platform's page has it: no `context`, products with `cloudId`.
    Documented,
}

impl Invocation {
    /// A call by a page of the app: the token carries the product context and the user.
    #[must_use]
    pub fn ui(module: &str) -> Self {
        Self {
            module: module.to_owned(),
            kind: "xen:macro".to_owned(),
            by: By::User,
        }
    }

    /// A call by a lifecycle trigger, `core:trigger`: no user.
    ///
    /// ```
    /// use app_license_testkit::{Invocation, TriggerForm};
    /// let recorded = Invocation::trigger("installed", TriggerForm::Recorded);
    /// assert_ne!(recorded, Invocation::trigger("installed", TriggerForm::Documented));
    /// ```
    #[must_use]
    pub fn trigger(module: &str, form: TriggerForm) -> Self {
        Self {
            module: module.to_owned(),
            kind: "core:trigger".to_owned(),
            by: By::Trigger(form),
        }
    }

    /// A call by a function of the app, a product event or a schedule: no context, no user.
    #[must_use]
    pub fn function(module: &str) -> Self {
        Self {
            module: module.to_owned(),
            kind: "core:endpoint".to_owned(),
            by: By::Function,
        }
    }

    /// The same call by a module of another type, for example `jira:issuePanel`.
    #[must_use]
    pub fn of_type(mut self, kind: &str) -> Self {
        kind.clone_into(&mut self.kind);
        self
    }
}

impl Tenant {
    /// The Forge Invocation Token of a call to the remote: RS256, 25 seconds, with the license.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
    ///
    /// ```
    /// use app_license_testkit::{App, Invocation, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// let token = acme.invocation_token(&Invocation::ui("my-panel"))?;
    /// assert_eq!(token.split('.').count(), 3);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn invocation_token(&self, invocation: &Invocation) -> Result<String, Error> {
        Ok(self
            .invocation_spec(invocation)?
            .rs256(&self.host.forge_key()?))
    }

    /// The token before it is signed, to spoil it.
    ///
    /// ```
    /// use app_license_testkit::{App, Invocation, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let host = MockHost::offline();
    /// let acme = host.tenant(&app, "acme")?;
    /// acme.install()?;
    /// let isolated = acme.invocation_spec(&Invocation::ui("my-panel"))?.claim("icLabel", "orange");
    /// assert_eq!(isolated.rs256(&host.forge_key()?).split('.').count(), 3);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn invocation_spec(&self, invocation: &Invocation) -> Result<TokenSpec, Error> {
        let facts = self.forge_facts()?;
        let now = facts.token_time;
        let jti = sha256(format!("{}/{now}/{invocation:?}", facts.installation.id).as_bytes());
        let jti: String = hex(&jti).chars().take(40).collect();
        let mut spec = TokenSpec::new()
            .claim("app", app_claim(&facts, invocation))
            .claim("aud", facts.app.ari())
            .claim("iss", "forge/invocation-token")
            .claim("iat", now.as_seconds())
            .claim("nbf", now.as_seconds())
            .claim("exp", now.plus(LIFE).as_seconds())
            .claim("jti", jti);
        if invocation.by == By::Trigger(TriggerForm::Recorded) {
            let context = json!({
                "cloudId": facts.site.cloud_id,
                "moduleKey": invocation.module,
                "userAccess": {"enabled": false},
            });
            spec = spec.claim("context", context);
        }
        if invocation.by == By::User {
            let mut context = ui(&facts, self.user(), &invocation.module);
            if let Some(fields) = context.as_object_mut() {
                fields.remove("accountId");
            }
            self.put_access(&mut context);
            spec = spec.claim("context", context);
            if let Some(user) = self.user() {
                spec = spec.claim("principal", user);
            }
        }
        Ok(spec)
    }

    /// A call to the remote with everything the platform puts on it.
    ///
    /// ```
    /// use app_license_testkit::{App, Invocation, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// let call = acme.invoke("GET", "/report", &Invocation::ui("my-panel"))?;
    /// assert!(call.header("authorization").unwrap().starts_with("Bearer "));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn invoke(
        &self,
        method: &'static str,
        target: &str,
        invocation: &Invocation,
    ) -> Result<SignedRequest, Error> {
        let token = self.invocation_token(invocation)?;
        let app = self.app()?;
        let trace = hex(&sha256(token.as_bytes()));
        let (trace, span): (String, String) = (
            trace.chars().take(16).collect(),
            trace.chars().skip(16).take(16).collect(),
        );
        Ok(
            SignedRequest::new("invocation", method, app.base_url(), target)
                .with_header("x-b3-traceid", trace)
                .with_header("x-b3-spanid", span)
                .with_header("authorization", format!("Bearer {token}"))
                .with_header("x-forge-oauth-system", self.system_token()?),
        )
    }

    /// The app's system token, opaque: what the Forge License API takes.
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn system_token(&self) -> Result<String, Error> {
        let facts = self.forge_facts()?;
        let proof = sha256(facts.installation.secret.as_bytes());
        let proof: String = hex(&proof).chars().take(32).collect();
        Ok(format!("TEST-SYSTEM-{}-{proof}", facts.installation.id))
    }
}

fn app_claim(facts: &Facts, invocation: &Invocation) -> Value {
    let installation = installation_ari(&facts.installation.id);
    let product = facts.site.product.name();
    let api = format!(
        "https://api.atlassian.com/ex/{product}/{}",
        facts.site.cloud_id
    );
    let mut product_context = json!({"name": product, "apiBaseUrl": api});
    if invocation.by != By::Trigger(TriggerForm::Recorded)
        && let Some(fields) = product_context.as_object_mut()
    {
        fields.insert("cloudId".to_owned(), json!(facts.site.cloud_id));
    }
    let mut app = json!({
        "id": facts.app.ari(),
        "version": facts.app.version,
        "appVersion": facts.app.version,
        "installationId": installation,
        "apiBaseUrl": api,
        "installation": {
            "id": installation,
            "contexts": [product_context],
        },
        "environment": {"type": facts.app.environment.name(), "id": environment_ari(facts)},
        "module": {"type": invocation.kind, "key": invocation.module},
    });
    let object = license(
        &facts.snapshot,
        &facts.support_number,
        Surface::Backend(facts.spelling),
    );
    if let (Some(object), Some(fields)) = (object, app.as_object_mut()) {
        fields.insert("license".to_owned(), object);
    }
    app
}
