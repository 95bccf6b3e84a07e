//! What the lab's journal says about a request of the platform: what `inspect` and `verify` say.

use std::sync::Arc;

use app_license::connect::{
    BaseUrl, LifecycleKind, RequestLine, RequestVerifierConfig, TenantKeys, UnverifiedContextToken,
    UnverifiedEvent, UnverifiedPlatformEvent, UnverifiedRequestToken, UnverifiedTenantEvent,
    Verifier,
};
use app_license::forge::{self, UnverifiedInvocationToken};
use app_license::{
    AppKey, ClientKey, Error, ErrorKind, FeatureMap, ForgeAppId, HmacKey, Jwks, KeyId, Policy,
    RsaPublicKey, SharedSecret, UnixTime,
};
use app_license_lab::{DeliveredRequest, Error as LabError, Explainer};
use app_license_testkit::{App, MockHost, SignedRequest, Tenant};
use serde_json::{Value, json};

use crate::command::inspect::inspected;
use crate::command::policy_args::Questions;
use crate::command::verify::output::VerifyOutput;
use crate::detect::Look;
use crate::error::CliError;
use crate::token;

/// The command line's `verify` and `inspect`, for the lab. Decides about every feature of the map;
/// without one about nothing.
pub(crate) fn explainer(map: Option<&FeatureMap>) -> Result<Explainer, CliError> {
    let questions = match map {
        Some(map) => Questions::new(Some(map.clone()), None)?,
        None => Questions::none(),
    };
    let questions = Arc::new(questions);
    let of_text = Arc::clone(&questions);
    Ok(Explainer::new(
        move |host, rules, request, tenant| {
            Checker {
                host,
                questions: &questions,
                policy: *rules.policy(),
            }
            .explain(request, tenant)
        },
        move |host, rules, text| {
            let look = Look {
                now: host.clock().now(),
                source: None,
            };
            inspected(text, look, &of_text, rules.policy()).map_err(|fault| LabError::Explain {
                code: fault.code(),
                message: fault.to_string(),
            })
        },
    ))
}

struct Checker<'a> {
    host: &'a MockHost,
    questions: &'a Questions,
    policy: Policy,
}

impl Checker<'_> {
    /// Decodes a request and says what it proves.
    fn explain(&self, request: &SignedRequest, tenant: &Tenant) -> DeliveredRequest {
        let body = request.json();
        let statement = self.statement(request, &body);
        let look = Look {
            now: self.host.clock().now(),
            source: None,
        };
        let inspected = inspected(statement.as_bytes(), look, self.questions, &self.policy);
        let verified = self.verified(request, tenant);
        DeliveredRequest {
            token: request.token().map_or(Value::Null, opened),
            inspected: inspected.unwrap_or_else(|fault| json!({"error": fault.to_string()})),
            verified: verified
                .map(|answer| serde_json::to_value(answer).unwrap_or_default())
                .unwrap_or_default(),
            ..DeliveredRequest::of(request)
        }
    }

    /// The part of a request that holds the license statement, or would.
    fn statement(&self, request: &SignedRequest, body: &Value) -> String {
        match request.name() {
            "page" | "cacheable page" => request.url(),
            "invocation" | "front-end call" => request.token().unwrap_or_default().to_owned(),
            name if name.starts_with("avi:forge:") => {
                request.token().unwrap_or_default().to_owned()
            }
            _ if body.is_null() => request.url(),
            _ => body.to_string(),
        }
    }

    /// What `verify` would say; `None` where there is no app of that half to verify for.
    fn verified(&self, request: &SignedRequest, tenant: &Tenant) -> Option<VerifyOutput> {
        let app = tenant.app().ok()?;
        let now = self.host.clock().token_time();
        let text = request.token();
        let expected = "a token of the platform";
        let missing = || VerifyOutput::refused(&ErrorKind::TokenMissing { expected }.into(), None);
        let answer = match (request.name(), text) {
            ("cacheable page", _) => return None,
            (_, None) => Ok(missing()),
            ("front-end call", Some(text)) => self.context(tenant, &app, text, now),
            (name, Some(text)) if name == "invocation" || name.starts_with("avi:forge:") => {
                self.invocation(&app, text, now)
            }
            (name, Some(text)) => match LifecycleKind::from_name(name) {
                Some(kind) => self.event(kind, request, tenant, &app, text),
                None => self.request(request, tenant, &app, text, now),
            },
        };
        Some(answer.unwrap_or_else(|error| VerifyOutput::refused(&error, None)))
    }

    fn event(
        &self,
        kind: LifecycleKind,
        request: &SignedRequest,
        tenant: &Tenant,
        app: &App,
        text: &str,
    ) -> Result<VerifyOutput, Error> {
        let key = AppKey::new(app.connect_key().unwrap_or_default())?;
        let verifier = Verifier::new(key, verifier_config(app)?);
        match verifier.event(kind, text)? {
            UnverifiedEvent::OfPlatform(event) => self.platform_event(event, request),
            UnverifiedEvent::OfTenant(event) => self.tenant_event(&event, request, tenant),
        }
    }

    fn platform_event(
        &self,
        event: UnverifiedPlatformEvent<'_>,
        request: &SignedRequest,
    ) -> Result<VerifyOutput, Error> {
        let target = RequestLine::new(request.method(), request.target());
        let now = self.host.clock().token_time();
        let event = event.receive(request.body(), &target, now)?;
        let key = self.host.install_key().ok();
        let key = key.filter(|key| KeyId::new(key.id()).is_ok_and(|id| id == *event.kid()));
        let Some(key) = key else {
            let kid = event.kid().to_string();
            return Err(ErrorKind::UnknownKey { kid }.into());
        };
        let received = event.verify(&RsaPublicKey::from_pem(&key.public_pem())?)?;
        let (token, body) = (received.token(), received.event().body());
        Ok(VerifyOutput::accepted()
            .fact("event", body.kind())
            .fact("tenant", token.tenant())
            .fact("site", body.base_url())
            .fact("key id", token.kid())
            .times(token.issued_at(), token.expires_at())
            .fact_if("shared secret", body.has_secret().then_some("a new one"))
            .fact_if("edition named", body.capability_set())
            .fact_if("installation", body.installation_id()))
    }

    fn tenant_event(
        &self,
        event: &UnverifiedTenantEvent<'_>,
        request: &SignedRequest,
        tenant: &Tenant,
    ) -> Result<VerifyOutput, Error> {
        let target = RequestLine::new(request.method(), request.target());
        let keys = keys(tenant, event.issuer())?;
        let sender = event.verify(&keys, &target, self.host.clock().token_time())?;
        let received = sender.receive(request.body())?;
        let (token, body) = (received.token(), received.event().body());
        Ok(VerifyOutput::accepted()
            .fact("event", body.kind())
            .fact("tenant", token.tenant())
            .fact("site", body.base_url())
            .fact_if("subject", token.subject())
            .times(token.issued_at(), token.expires_at())
            .signed_with(token.signed_with())
            .fact_if("edition named", body.capability_set()))
    }

    fn request(
        &self,
        request: &SignedRequest,
        tenant: &Tenant,
        app: &App,
        text: &str,
        now: UnixTime,
    ) -> Result<VerifyOutput, Error> {
        let target = RequestLine::new(request.method(), request.target());
        let token = UnverifiedRequestToken::parse(text)?;
        let keys = keys(tenant, token.issuer())?;
        let token = token.verify(&keys, &target, &verifier_config(app)?, now)?;
        let answer = VerifyOutput::accepted()
            .fact("tenant", token.tenant())
            .fact_if("subject", token.subject())
            .times(token.issued_at(), token.expires_at())
            .signed_with(token.signed_with());
        if request.name() != "page" {
            return Ok(answer);
        }
        Ok(answer.decided(&token.license(), self.questions, &self.policy, now))
    }

    fn context(
        &self,
        tenant: &Tenant,
        app: &App,
        text: &str,
        now: UnixTime,
    ) -> Result<VerifyOutput, Error> {
        let token = UnverifiedContextToken::parse(text)?;
        let keys = keys(tenant, token.issuer())?;
        let token = token.verify(&keys, &verifier_config(app)?, now)?;
        Ok(VerifyOutput::accepted()
            .fact("tenant", token.tenant())
            .times(token.issued_at(), token.expires_at())
            .decided(&token.license(), self.questions, &self.policy, now))
    }

    fn invocation(&self, app: &App, text: &str, now: UnixTime) -> Result<VerifyOutput, Error> {
        let id = ForgeAppId::new(app.forge_id().unwrap_or_default())?;
        let keys = Jwks::parse(self.host.jwks().to_string().as_bytes())?;
        let expected = forge::Verifier::new(id);
        let token = UnverifiedInvocationToken::parse(text)?.verify(&keys, &expected, now)?;
        Ok(VerifyOutput::accepted()
            .fact("app", token.app_id())
            .fact("installation", token.installation_id())
            .fact_if("site", token.cloud_id())
            .fact_if("module", token.module_key())
            .times(token.issued_at(), token.expires_at())
            .decided(&token.license(), self.questions, &self.policy, now))
    }
}

fn keys(tenant: &Tenant, issuer: &ClientKey) -> Result<TenantKeys, Error> {
    let hmac = |secret: String| Ok::<_, Error>(HmacKey::new(&SharedSecret::new(secret)?));
    let secret = tenant.shared_secret().unwrap_or_default();
    let keys = TenantKeys::new(issuer.clone(), hmac(secret)?);
    match tenant.previous_secret().ok().flatten() {
        Some(secret) => Ok(keys.with_previous(hmac(secret)?)),
        None => Ok(keys),
    }
}

fn verifier_config(app: &App) -> Result<RequestVerifierConfig, Error> {
    let url = app.base_url();
    let url = BaseUrl::new(url).or_else(|error| BaseUrl::http_loopback(url).map_err(|_| error))?;
    Ok(RequestVerifierConfig::new(url))
}

/// Header and claims, unverified.
fn opened(text: &str) -> Value {
    match token::open(text) {
        Ok(token) => json!({"header": token.header, "claims": token.claims}),
        Err(why) => json!({"error": why}),
    }
}
