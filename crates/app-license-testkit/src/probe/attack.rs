//! The attacks, each a request.

use serde_json::{Value, json};

use super::route::{Route, RouteKind};
use crate::error::{Error, ErrorKind};
use crate::forge::invocation::{Invocation, TriggerForm};
use crate::keys::SigningKey;
use crate::qsh::{CONTEXT_QSH, qsh};
use crate::request::SignedRequest;
use crate::tenant::Tenant;
use crate::token::TokenSpec;

/// What a correct app answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Must {
    /// 400 or more.
    Refuse,
    /// Less than 400: the platform's own request.
    Accept,
}

pub(super) struct Attack {
    pub(super) name: &'static str,
    pub(super) must: Must,
    pub(super) request: SignedRequest,
}

/// Secrets that were found in sample code, or that an empty record amounts to.
const GUESSES: [(&str, &str); 4] = [
    ("hs256-empty-secret", ""),
    ("hs256-guessed-secret", "secret"),
    ("hs256-guessed-null", "null"),
    ("hs256-guessed-undefined", "undefined"),
];

pub(super) fn all(
    base_url: &str,
    route: &Route,
    tenants: Option<&(Tenant, Tenant)>,
) -> Result<Vec<Attack>, Error> {
    let workshop = Workshop {
        base_url,
        route,
        victim: tenants.map(|(victim, _)| victim),
    };
    let mut attacks = workshop.by_strangers()?;
    if let Some((victim, neighbor)) = tenants {
        if route.is_invoked() {
            attacks.extend(workshop.on_a_remote(victim, neighbor)?);
        } else {
            attacks.extend(workshop.on_connect(victim, neighbor)?);
        }
    }
    Ok(attacks)
}

struct Workshop<'a> {
    base_url: &'a str,
    route: &'a Route,
    victim: Option<&'a Tenant>,
}

impl Workshop<'_> {
    fn is_rs256(&self) -> bool {
        matches!(
            self.route.kind,
            RouteKind::Installed
                | RouteKind::Uninstalled
                | RouteKind::Remote
                | RouteKind::ForgeLifecycle
        )
    }

    fn event(&self) -> Option<&'static str> {
        match self.route.kind {
            RouteKind::Installed => Some("installed"),
            RouteKind::Uninstalled => Some("uninstalled"),
            RouteKind::Lifecycle if self.route.target.contains("disable") => Some("disabled"),
            RouteKind::Lifecycle => Some("enabled"),
            RouteKind::Page
            | RouteKind::FrontEnd
            | RouteKind::Remote
            | RouteKind::ForgeLifecycle => None,
        }
    }

    /// Who calls the route.
    fn invocation(&self) -> Invocation {
        match self.route.kind {
            RouteKind::ForgeLifecycle => Invocation::trigger("lifecycle", TriggerForm::Recorded),
            _ => Invocation::ui("panel"),
        }
    }

    /// The request without a token: for an event with the body the platform would send.
    fn bare(&self) -> Result<SignedRequest, Error> {
        let route = self.route;
        let bare = SignedRequest::new("probe", route.method, self.base_url, &route.target);
        if self.route.kind == RouteKind::ForgeLifecycle {
            // what would do most harm
            return match self.victim {
                Some(victim) => Ok(bare.with_json(&pre_uninstall(victim)?.json())),
                None => Ok(bare.with_json(&json!({ "eventType": "preUninstall" }))),
            };
        }
        let Some(event) = self.event() else {
            return Ok(bare);
        };
        let body = match self.victim {
            // a forged install brings a secret of the attacker's choice
            Some(victim) => {
                let body = victim.lifecycle_event(event)?.json();
                with(body, "sharedSecret", "attacker-known-secret-0123456789")
            }
            None => json!({
                "eventType": event,
                "key": "com.example.app",
                "clientKey": "11111111-2222-4333-8444-555555555555",
                "sharedSecret": "attacker-known-secret-0123456789",
                "baseUrl": "https://example.atlassian.net",
                "displayUrl": "https://example.atlassian.net",
                "productType": "jira",
            }),
        };
        Ok(bare.with_json(&body))
    }

    fn carrying(&self, token: &str) -> Result<SignedRequest, Error> {
        let scheme = if self.route.is_invoked() {
            "Bearer"
        } else {
            "JWT"
        };
        Ok(self
            .bare()?
            .with_header("authorization", format!("{scheme} {token}")))
    }

    /// Claims as good as an attacker can make them: everything public is right.
    fn claims(&self) -> Result<TokenSpec, Error> {
        if self.route.is_invoked() {
            return match self.victim {
                Some(victim) => victim.invocation_spec(&self.invocation()),
                None => Ok(TokenSpec::new()
                    .claim("iss", "forge/invocation-token")
                    .claim(
                        "aud",
                        "ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000",
                    )
                    .claim("iat", stranger_time())
                    .claim("exp", stranger_time().saturating_add(25))),
            };
        }
        let spec = match self.victim {
            Some(victim) => victim.token_spec()?,
            None => TokenSpec::new()
                .claim("iss", "11111111-2222-4333-8444-555555555555")
                .claim("iat", stranger_time())
                .claim("exp", stranger_time().saturating_add(180)),
        };
        let hash = if self.route.kind == RouteKind::FrontEnd {
            CONTEXT_QSH.to_owned()
        } else {
            qsh(self.route.method, &self.route.target, "")
        };
        Ok(spec.claim("qsh", hash).claim("aud", json!([self.base_url])))
    }

    fn by_strangers(&self) -> Result<Vec<Attack>, Error> {
        let claims = self.claims()?;
        let mut attacks = vec![
            refuse("empty-token", self.carrying("")?),
            refuse("garbage-token", self.carrying("a.b.c")?),
            refuse("alg-none", self.carrying(&claims.unsigned())?),
            refuse(
                "alg-none-mixed-case",
                self.carrying(&claims.clone().header("alg", "nOnE").unsigned())?,
            ),
        ];
        attacks.insert(0, refuse("no-token", self.bare()?));
        for (name, secret) in GUESSES {
            attacks.push(refuse(
                name,
                self.carrying(&claims.hs256(secret.as_bytes()))?,
            ));
        }
        let stranger = SigningKey::generate("test-stranger")?;
        attacks.push(refuse(
            "rs256-unknown-key",
            self.carrying(&claims.rs256(&stranger))?,
        ));
        attacks.push(refuse(
            "kid-traversal",
            self.carrying(
                &claims
                    .clone()
                    .header("kid", "../../etc/passwd")
                    .rs256(&stranger),
            )?,
        ));
        Ok(attacks)
    }

    /// The signature that this route wants, with the platform's own keys.
    fn signed(&self, tenant: &Tenant, claims: &TokenSpec) -> Result<String, Error> {
        match self.route.kind {
            RouteKind::Remote | RouteKind::ForgeLifecycle => {
                Ok(claims.rs256(&tenant.host.forge_key()?))
            }
            RouteKind::Installed | RouteKind::Uninstalled => {
                Ok(claims.rs256(&tenant.host.install_key()?))
            }
            _ => Ok(claims.hs256(tenant.shared_secret()?.as_bytes())),
        }
    }

    /// What takes a token that the platform signed, of the right or the wrong kind.
    fn on_connect(&self, victim: &Tenant, neighbor: &Tenant) -> Result<Vec<Attack>, Error> {
        let claims = self.claims()?;
        let secret = victim.shared_secret()?;
        let key = victim.host.install_key()?;
        let mut attacks = Vec::new();
        let mut add = |name, token: &str| -> Result<(), Error> {
            attacks.push(refuse(name, self.carrying(token)?));
            Ok(())
        };
        let past = claims.clone().claim("iat", 1_000).claim("exp", 1_180);
        add("expired", &self.signed(victim, &past)?)?;
        add(
            "no-expiry",
            &self.signed(victim, &claims.clone().without_claim("exp"))?,
        )?;
        let pem = key.renamed(key.id()).public_pem();
        let confused = claims.clone().header("kid", key.id());
        add("alg-confusion", &confused.hs256(pem.as_bytes()))?;
        let critical = claims.clone().header("crit", json!(["exp"]));
        add("critical-header", &self.signed(victim, &critical)?)?;
        if self.route.kind == RouteKind::FrontEnd {
            let bound = qsh(self.route.method, &self.route.target, "");
            let page = claims.clone().claim("qsh", bound);
            add("page-token-on-front-end", &self.signed(victim, &page)?)?;
        } else {
            let elsewhere = qsh(self.route.method, "/somewhere/else", "");
            let other = claims.clone().claim("qsh", elsewhere);
            add("qsh-of-another-path", &self.signed(victim, &other)?)?;
            add("context-token", &victim.context_token()?)?;
        }
        let unbound = claims.clone().without_claim("qsh");
        add("no-qsh", &self.signed(victim, &unbound)?)?;
        if self.is_rs256() {
            // the platform's signature for the neighbor, with the victim's body
            let neighbors = neighbor
                .token_spec()?
                .claim("qsh", qsh(self.route.method, &self.route.target, ""))
                .claim("aud", json!([self.base_url]));
            add("token-of-another-tenant", &neighbors.rs256(&key))?;
            add("hs256-own-secret", &claims.hs256(secret.as_bytes()))?;
            let foreign = claims
                .clone()
                .claim("aud", json!(["https://other.example.com"]));
            add("foreign-audience", &foreign.rs256(&key))?;
            let none = claims.without_claim("aud");
            add("no-audience", &none.rs256(&key))?;
        } else {
            // a neighbor that signs for the victim
            let forged = neighbor.shared_secret()?;
            add("token-of-another-tenant", &claims.hs256(forged.as_bytes()))?;
        }
        {
            let honest = match self.event() {
                // with a token of its own: the victim was installed by one of this second, perhaps
                Some(event) => victim.event_of_move(event)?,
                None if self.route.kind == RouteKind::FrontEnd => {
                    victim.front_end_call(self.route.method, &self.route.target)?
                }
                None if self.route.method == "GET" => victim.page(&self.route.target)?,
                None => victim.signed("page", self.route.method, &self.route.target)?,
            };
            attacks.push(Attack {
                name: "control",
                must: Must::Accept,
                request: honest,
            });
        }
        Ok(attacks)
    }

    fn on_a_remote(&self, victim: &Tenant, neighbor: &Tenant) -> Result<Vec<Attack>, Error> {
        let claims = self.claims()?;
        let key = victim.host.forge_key()?;
        let mut attacks = Vec::new();
        let mut add = |name, token: &str| -> Result<(), Error> {
            attacks.push(refuse(name, self.carrying(token)?));
            Ok(())
        };
        let past = claims
            .clone()
            .claim("iat", 1_000)
            .claim("nbf", 1_000)
            .claim("exp", 1_025);
        add("expired", &past.rs256(&key))?;
        add(
            "no-expiry",
            &claims.clone().without_claim("exp").rs256(&key),
        )?;
        let foreign = claims.clone().claim(
            "aud",
            "ari:cloud:ecosystem::app/00000000-0000-4000-8000-000000000000",
        );
        add("foreign-audience", &foreign.rs256(&key))?;
        add(
            "foreign-issuer",
            &claims
                .clone()
                .claim("iss", "forge/context-token")
                .rs256(&key),
        )?;
        let confused = claims.clone().header("kid", key.id());
        add(
            "alg-confusion",
            &confused.hs256(key.public_pem().as_bytes()),
        )?;
        let critical = claims.clone().header("crit", json!(["exp"]));
        add("critical-header", &critical.rs256(&key))?;
        // the victim's token with the neighbor's installation in one of its two places
        let theirs = neighbor.installation_ari()?;
        let mixed = claims
            .get("app")
            .map(|app| with(app.clone(), "installationId", theirs));
        if let Some(mixed) = mixed {
            add(
                "contradicting-installation",
                &claims.clone().claim("app", mixed).rs256(&key),
            )?;
        }
        let request = if self.route.kind == RouteKind::ForgeLifecycle {
            // a page's own token is genuine, and its user may send any body with it
            let by_user = victim.invocation_token(&Invocation::ui("panel"))?;
            attacks.push(refuse("token-of-a-page", self.carrying(&by_user)?));
            // the platform's token for the victim, with the neighbor's event
            let other = pre_uninstall(neighbor)?.with_token(&claims.rs256(&key));
            attacks.push(refuse("event-of-another-installation", other));
            // with a token of its own: the victim was installed by one of this second, perhaps
            let own = claims.claim("jti", "0b4e5a1f9c7d2e8356a4f1b0c9d8e7f6a5b4c3d2");
            pre_uninstall(victim)?.with_token(&own.rs256(&key))
        } else {
            victim.invoke(self.route.method, &self.route.target, &self.invocation())?
        };
        attacks.push(Attack {
            name: "control",
            must: Must::Accept,
            request,
        });
        Ok(attacks)
    }
}

impl Route {
    /// Whether an invocation token proves its requests.
    fn is_invoked(&self) -> bool {
        matches!(self.kind, RouteKind::Remote | RouteKind::ForgeLifecycle)
    }
}

/// What an app's function sends before the app is removed.
fn pre_uninstall(tenant: &Tenant) -> Result<SignedRequest, Error> {
    let mut events = tenant.forge_lifecycle("preUninstall")?;
    events.pop().ok_or_else(|| {
        let what = "app with a Forge half";
        ErrorKind::Invalid {
            what,
            found: tenant.app_name().to_owned(),
        }
        .into()
    })
}

const fn refuse(name: &'static str, request: SignedRequest) -> Attack {
    Attack {
        name,
        must: Must::Refuse,
        request,
    }
}

fn with(mut object: Value, name: &str, value: impl Into<Value>) -> Value {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value.into());
    }
    object
}

/// A stranger has no clock of the platform: the system's.
fn stranger_time() -> u64 {
    crate::clock::TestClock::ticking().now().as_seconds()
}
