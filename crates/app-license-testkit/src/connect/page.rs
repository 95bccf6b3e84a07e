//! Iframe pages and webhooks.

use serde_json::Value;

use crate::error::Error;
use crate::qsh::{encoded, qsh};
use crate::request::SignedRequest;
use crate::tenant::Tenant;

impl Tenant {
    /// The iframe page of a module: its URL, with `lic`, `capSet`, `cp`, `xdm_e`, `xdm_c`, `cv` and
    /// a `jwt` bound to it, which holds 900 s on Jira and 180 s on Confluence. Context variables are
    /// the caller's to fill in.
    ///
    /// Platform page: <https://developer.atlassian.com/cloud/jira/platform/context-parameters>
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// acme.start_trial(Edition::Advanced, 30)?;
    /// let page = acme.page("/panel?issueKey=T-1")?;
    /// assert!(page.target().starts_with("/panel?issueKey=T-1&xdm_e=https%3A%2F%2Facme.atlassian.net&"));
    /// assert!(page.target().contains("&lic=active&capSet=capabilityAdvanced&"));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Forge app.
    pub fn page(&self, target: &str) -> Result<SignedRequest, Error> {
        let facts = self.facts()?;
        let Some(key) = facts.app.connect_key() else {
            return Err(facts.app.wrong_half("Connect"));
        };
        let path = facts.site.product.context_path();
        let origin = facts.base_url.strip_suffix(path).unwrap_or(&facts.base_url);
        let mut parameters = vec![
            ("xdm_e", origin.to_owned()),
            ("xdm_c", format!("channel-{key}__panel")),
            ("cp", path.to_owned()),
            ("xdm_deprecated_addon_key_do_not_use", key.to_owned()),
            ("lic", facts.snapshot.lic().to_owned()),
        ];
        if let Some(text) = facts.snapshot.capability_text() {
            parameters.push(("capSet", text.to_owned()));
        }
        if let Some(has_access) = self.access {
            parameters.push(("userAccess", has_access.to_string()));
        }
        parameters.push(("cv", "1001.0.0-SNAPSHOT".to_owned()));
        let query: Vec<String> = parameters
            .iter()
            .map(|(name, value)| format!("{name}={}", encoded(value)))
            .collect();
        let joint = if target.contains('?') { '&' } else { '?' };
        self.signed_page(&format!("{target}{joint}{}", query.join("&")))
    }

    /// A URL with no parameter but a `jwt` bound to it: to set `lic` and its companions by hand, as
    /// a descriptor that names `lic` itself does.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let page = acme.signed_page("/panel?lic=active&lic=none")?;
    /// assert!(page.target().starts_with("/panel?lic=active&lic=none&jwt="));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn signed_page(&self, target: &str) -> Result<SignedRequest, Error> {
        let facts = self.facts()?;
        let token = self
            .bound_claims(&facts)
            .claim("qsh", qsh("GET", target, ""))
            .claim("context", Value::Object(serde_json::Map::new()))
            .hs256(facts.installation.secret.as_bytes());
        let joint = if target.contains('?') { '&' } else { '?' };
        Ok(SignedRequest::new(
            "page",
            "GET",
            facts.app.base_url(),
            &format!("{target}{joint}jwt={token}"),
        ))
    }

    /// The page of a module with `cacheable: true`: the platform adds no parameter at all.
    ///
    /// # Errors
    /// `not_installed`.
    pub fn cacheable_page(&self, target: &str) -> Result<SignedRequest, Error> {
        let facts = self.facts()?;
        Ok(SignedRequest::new(
            "cacheable page",
            "GET",
            facts.app.base_url(),
            target,
        ))
    }

    /// A webhook with a JSON body, its token in the `Authorization` header.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let hook = acme.webhook("/issue-updated", &serde_json::json!({"issue": {"key": "T-1"}}))?;
    /// assert_eq!(hook.name(), "webhook");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn webhook(&self, target: &str, body: &Value) -> Result<SignedRequest, Error> {
        Ok(self.signed("webhook", "POST", target)?.with_json(body))
    }

    /// A request by the host with a token bound to it in the `Authorization` header.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// assert_eq!(acme.signed("status", "GET", "/status")?.method(), "GET");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`.
    pub fn signed(
        &self,
        name: &str,
        method: &'static str,
        target: &str,
    ) -> Result<SignedRequest, Error> {
        let facts = self.facts()?;
        let token = self
            .bound_claims(&facts)
            .claim("qsh", qsh(method, target, ""))
            .hs256(facts.installation.secret.as_bytes());
        let request = SignedRequest::new(name, method, facts.app.base_url(), target);
        Ok(request.with_header("authorization", format!("JWT {token}")))
    }
}
