//! Tokens without a URL of their own: context tokens, session tokens, and the ACJS context.

use serde_json::{Value, json};

use crate::error::Error;
use crate::qsh::CONTEXT_QSH;
use crate::request::SignedRequest;
use crate::tenant::{Facts, Tenant};
use crate::token::TokenSpec;

/// How long a context token lives, in seconds.
const CONTEXT_LIFE: u64 = 900;

impl Tenant {
    /// What `AP.context.getContext()` answers: the product context with the license in it.
    ///
    /// Platform page: <https://developer.atlassian.com/cloud/jira/service-desk/jsapi/context>
    ///
    /// ```
    /// use app_license::{Edition, License};
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// acme.start_trial(Edition::Advanced, 30)?;
    /// let context = acme.browser_context()?.to_string();
    /// assert!(License::from_connect_context(context.as_bytes())?.has_capability("capabilityAdvanced"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn browser_context(&self) -> Result<Value, Error> {
        Ok(self.context_of(&self.facts()?))
    }

    /// The token that `AP.context.getToken()` answers: HS256, `qsh` is the literal `context-qsh`,
    /// the context inside.
    ///
    /// # Errors
    /// `not_installed`.
    pub fn context_token(&self) -> Result<String, Error> {
        let facts = self.facts()?;
        Ok(self
            .context_claims(&facts)
            .hs256(facts.installation.secret.as_bytes()))
    }

    fn context_claims(&self, facts: &Facts) -> TokenSpec {
        self.claims(facts)
            .claim("exp", facts.token_time.plus(CONTEXT_LIFE).as_seconds())
            .claim("qsh", CONTEXT_QSH)
            .claim("context", self.context_of(facts))
    }

    fn context_of(&self, facts: &Facts) -> Value {
        let mut context = context(facts);
        self.put_access(&mut context);
        context
    }

    /// A request of the app's front end to its back end with a context token.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let call = acme.front_end_call("GET", "/api/report")?;
    /// assert!(call.header("authorization").unwrap().starts_with("JWT "));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn front_end_call(
        &self,
        method: &'static str,
        target: &str,
    ) -> Result<SignedRequest, Error> {
        let token = self.context_token()?;
        let app = self.app()?;
        Ok(
            SignedRequest::new("front-end call", method, app.base_url(), target)
                .with_header("authorization", format!("JWT {token}")),
        )
    }

    /// A session token, as an app signs it for its own front end: `iss` is the app, `aud` the
    /// tenant, no `qsh`.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// assert_ne!(acme.session_token()?, acme.context_token()?);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn session_token(&self) -> Result<String, Error> {
        let facts = self.facts()?;
        Ok(self
            .claims(&facts)
            .claim("iss", facts.app.name())
            .claim("aud", json!([facts.site.client_key]))
            .claim("exp", facts.token_time.plus(CONTEXT_LIFE).as_seconds())
            .hs256(facts.installation.secret.as_bytes()))
    }

    /// The claims the host would sign for this tenant, to spoil them: `iss`, `iat`, `exp`, `sub`.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let stale = acme.token_spec()?.claim("exp", 1).hs256(acme.shared_secret()?.as_bytes());
    /// let request = acme.signed("page", "GET", "/panel")?.with_token(&stale);
    /// assert_eq!(request.token(), Some(stale.as_str()));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn token_spec(&self) -> Result<TokenSpec, Error> {
        Ok(self.claims(&self.facts()?))
    }
}

fn context(facts: &Facts) -> Value {
    let product = match facts.site.product {
        crate::product::Product::Confluence => {
            json!({"content": {"id": "65541", "type": "page", "version": "1"},
                "space": {"id": "65538", "key": "T"}})
        }
        crate::product::Product::Jira => {
            json!({"issue": {"id": "10000", "key": "T-1", "issuetype": {"id": "1"}},
                "project": {"id": "10000", "key": "T"}})
        }
    };
    let display = facts.site.display_url.as_ref().unwrap_or(&facts.base_url);
    let mut context = json!({
        facts.site.product.name(): product,
        "url": {"displayUrl": display},
    });
    if facts.snapshot.speaks()
        && let Some(fields) = context.as_object_mut()
    {
        fields.insert(
            "license".to_owned(),
            super::license_api::license(facts, false),
        );
    }
    context
}
