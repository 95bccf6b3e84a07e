//! Lifecycle events: bodies, and who signs them how.

use std::sync::PoisonError;

use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};
use crate::product::Product;
use crate::qsh::qsh;
use crate::request::SignedRequest;
use crate::tenant::{Facts, Tenant, installation_ari};
use crate::token::TokenSpec;

/// How long lifecycle tokens live, in seconds, and all of Confluence's.
pub(crate) const LIFE: u64 = 180;
/// How long tokens of Jira's iframe URLs and webhooks live, in seconds, as real URLs show.
pub(crate) const JIRA_LIFE: u64 = 900;

impl Tenant {
    /// A lifecycle event of the installation as it stands: `installed`, `enabled`, `disabled` or
    /// `uninstalled`, without a move. `installed` and `uninstalled` are signed with the install
    /// key, the others with the shared secret.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let again = acme.lifecycle_event("installed")?;
    /// assert_eq!(again.json()["eventType"], "installed");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid` for a name that none of them has, `not_installed`, `wrong_half` for a Forge app.
    pub fn lifecycle_event(&self, event: &str) -> Result<SignedRequest, Error> {
        self.lifecycle_event_of(event, &self.facts()?, 0)
    }

    /// The event as a move sends it: each with a token of its own. Tokens have whole seconds, so that of
    /// the second move of one has a `jti`, or apps would take it for the first one repeated.
    pub(crate) fn event_of_move(&self, event: &str) -> Result<SignedRequest, Error> {
        let facts = self.facts()?;
        let of = (self.site.clone(), self.app.clone(), event.to_owned());
        let before = {
            let moves = self.host.shared.moves.lock();
            let mut moves = moves.unwrap_or_else(PoisonError::into_inner);
            let (second, count) = moves.entry(of).or_insert((facts.token_time, 0));
            if *second != facts.token_time {
                (*second, *count) = (facts.token_time, 0);
            }
            let before = *count;
            *count = before.saturating_add(1);
            before
        };
        self.lifecycle_event_of(event, &facts, before)
    }

    fn lifecycle_event_of(
        &self,
        event: &str,
        facts: &Facts,
        before: u64,
    ) -> Result<SignedRequest, Error> {
        let path = match event {
            "installed" => &facts.app.paths.installed,
            "enabled" => &facts.app.paths.enabled,
            "disabled" => &facts.app.paths.disabled,
            "uninstalled" => &facts.app.paths.uninstalled,
            _ => {
                return Err(ErrorKind::Invalid {
                    what: "lifecycle event: there are installed, uninstalled, enabled, disabled",
                    found: event.to_owned(),
                }
                .into());
            }
        };
        let Some(key) = facts.app.connect_key() else {
            return Err(facts.app.wrong_half("Connect"));
        };
        let mut spec = self.claims(facts).claim("qsh", qsh("POST", path, ""));
        if before > 0 {
            spec = spec.claim("jti", before.to_string());
        }
        let token = if matches!(event, "installed" | "uninstalled") {
            spec.claim("aud", json!([facts.app.base_url()]))
                .rs256(&self.host.install_key()?)
        } else {
            spec.hs256(facts.installation.secret.as_bytes())
        };
        Ok(
            SignedRequest::new(event, "POST", facts.app.base_url(), path)
                .with_header("authorization", format!("JWT {token}"))
                .with_json(&body(facts, key, event)),
        )
    }

    /// The claims of everything the host signs for this tenant.
    pub(crate) fn claims(&self, facts: &Facts) -> TokenSpec {
        let now = facts.token_time;
        let spec = TokenSpec::new()
            .claim("iss", facts.site.client_key.as_str())
            .claim("iat", now.as_seconds())
            .claim("exp", now.plus(LIFE).as_seconds());
        match &self.user {
            Some(user) => spec.claim("sub", user.as_str()),
            None => spec,
        }
    }

    /// The same claims, for as long as the product's iframe URLs and webhooks hold.
    pub(crate) fn bound_claims(&self, facts: &Facts) -> TokenSpec {
        let life = match facts.site.product {
            Product::Jira => JIRA_LIFE,
            _ => LIFE,
        };
        let expires = facts.token_time.plus(life);
        self.claims(facts).claim("exp", expires.as_seconds())
    }

    /// Those of the events that the platform sends to this kind of app.
    pub(crate) fn connect_events(&self, events: &[&str]) -> Result<Vec<SignedRequest>, Error> {
        let app = self.app()?;
        if app.connect_key.is_none() {
            return Ok(Vec::new());
        }
        let on_forge = app.forge_id.is_some();
        events
            .iter()
            .filter(|event| !on_forge || !matches!(**event, "enabled" | "disabled"))
            .map(|event| self.event_of_move(event))
            .collect()
    }

    pub(crate) fn resend_after_rename(&self) -> Result<Vec<SignedRequest>, Error> {
        if !self.is_installed() {
            return Ok(Vec::new());
        }
        let events = self.connect_events(&["installed"])?;
        Ok(events
            .into_iter()
            .map(|event| event.without_field("installationId"))
            .collect())
    }
}

fn body(facts: &Facts, key: &str, event: &str) -> Value {
    let site = &facts.site;
    let on_forge = facts.app.forge_id.is_some();
    let display = site.display_url.as_ref().unwrap_or(&facts.base_url);
    let title = site.product.title();
    let mut body = json!({
        "eventType": event,
        "key": key,
        "clientKey": site.client_key,
        "baseUrl": facts.base_url,
        "displayUrl": display,
        "productType": site.product.name(),
        "description": format!("Atlassian {title} at {}", facts.base_url),
    });
    let Some(fields) = body.as_object_mut() else {
        return body;
    };
    let mut set = |name: &str, value: Value| fields.insert(name.to_owned(), value);
    if !on_forge {
        set("publicKey", json!(""));
        set("serverVersion", json!("100309"));
        set("pluginsVersion", json!("1001.0.0-SNAPSHOT"));
    }
    if site.product == Product::Jira {
        set("displayUrlServicedeskHelpCenter", json!(display));
    }
    if facts.has_entitlement && facts.snapshot.speaks() {
        set("serviceEntitlementNumber", json!(facts.support_number));
        set("entitlementId", json!(facts.snapshot.entitlement_id));
        set(
            "entitlementNumber",
            json!(facts.snapshot.entitlement_number),
        );
    }
    if event == "installed" {
        set("sharedSecret", json!(facts.installation.secret));
        if let Some(text) = facts.snapshot.capability_text() {
            set("capabilitySet", json!(text));
        }
        if on_forge {
            set(
                "installationId",
                json!(installation_ari(&facts.installation.id)),
            );
        }
    }
    body
}
