//! Rare calls about lifecycle events of Atlassian Connect.

use app_license::connect::{
    LifecycleBody, LifecycleEvent, LifecycleKind, UnverifiedInstallToken, UnverifiedPlatformEvent,
    UnverifiedReceivedEvent, Verifier, jwt_from_headers,
};
use app_license::delivery::ReplayMark;
use app_license::{AppKey, Capability, Error, RsaPublicKey, UnixTime};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::call::{Input, Output, answered, missing};
use crate::expected::{Arrived, expectations, headers, key_hosts, tenant_keys};
use crate::host::refused;
use crate::lines::json_text;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A token of a lifecycle event, and the cloud it is from. */
export interface InstallKeyInput extends CloudPlaces {
  authorization: string | undefined;
}

/** Which key signed an event, and where to look for it, first choice first. */
export interface InstallKey {
  kid: string;
  urls: string[];
}

/** A lifecycle event as it arrived, and what it is held to. */
export interface EventInput extends Arrived, CloudPlaces {
  body: string;
  /** Which endpoint this is. */
  event: string;
  appKey: string;
}

/** The fields of a lifecycle body. */
export interface BodyFields {
  event: "installed" | "uninstalled" | "enabled" | "disabled";
  appKey: string;
  clientKey: string;
  baseUrl: string;
  displayUrl: string;
  productType: string;
  capabilitySet: string | null;
  entitlementId: string | null;
  entitlementNumber: string | null;
  serviceEntitlementNumber: string | null;
  installationId: string | null;
  cloudId: string | null;
  oauthClientId: string | null;
  accountId: string | null;
  description: string | null;
}

/** An accepted event. */
export interface AcceptedEvent extends BodyFields {
  /** Of `installed` alone. */
  sharedSecret: string | null;
  tokenHash: string;
  /** Seconds since 1970. */
  tokenIssuedAt: number;
  tokenExpiresAt: number;
  tokenProvesUntil: number;
}
"#;

/// Which of the platform's keys signed an event, and where it may be fetched.
#[wasm_bindgen(js_name = installKeyOf, unchecked_return_type = "Json<InstallKey>")]
pub fn install_key_of(
    #[wasm_bindgen(unchecked_param_type = "InstallKeyInput")] input: Input,
) -> Result<String, JsValue> {
    answered(key(&input))
}

fn key(input: &Input) -> Result<Output, Error> {
    let authorization = input.text("authorization");
    let authorization = authorization.as_ref().map(|text| text.as_str());
    let token = UnverifiedInstallToken::parse(jwt_from_headers(headers(authorization))?)?;
    let hosts = key_hosts(input)?;
    let mut output = Output::new();
    output.text("kid", token.kid().as_str());
    output.list(
        "urls",
        hosts.key_urls(token.kid()).map(|url| json_text(&url)),
    );
    Ok(output)
}

pub(crate) fn kind(input: &Input) -> Result<LifecycleKind, Error> {
    let name = input.text("event").unwrap_or_default();
    LifecycleKind::from_name(&name).ok_or_else(|| missing("event"))
}

/// An event as it arrived, and the app that it is held to.
struct EventCall {
    arrived: Arrived,
    verifier: Verifier,
    kind: LifecycleKind,
    body: Zeroizing<String>,
}

impl EventCall {
    fn read(input: &Input) -> Result<Self, Error> {
        let kind = kind(input)?;
        let arrived = Arrived::read(input)?;
        let strips = input.flag("proxyStripsBasePath");
        let config = expectations(&input.need("baseUrl")?, strips, input.leeway()?)?;
        let verifier = Verifier::new(AppKey::new(&*input.need("appKey")?)?, config);
        Ok(Self {
            verifier: verifier.key_hosts(key_hosts(input)?),
            arrived,
            kind,
            body: input.need("body")?,
        })
    }

    fn token(&self) -> Result<&str, Error> {
        jwt_from_headers(self.arrived.authorization())
    }

    /// What the platform signs: of a tenant's, it is not the event of this call.
    fn checked(&self) -> Result<UnverifiedReceivedEvent<'_>, Error> {
        let event: UnverifiedPlatformEvent<'_> = match self.kind {
            LifecycleKind::Installed => self.verifier.installed(self.token()?)?,
            LifecycleKind::Uninstalled => self.verifier.uninstalled(self.token()?)?,
            _ => return Err(missing("event")),
        };
        let (request, now) = (self.arrived.request()?, self.arrived.now);
        event.receive(self.body.as_bytes(), &request, now)
    }
}

fn accepted(
    event: &LifecycleEvent,
    mark: &ReplayMark,
    (issued_at, expires_at): (UnixTime, UnixTime),
) -> Output {
    let mut output = written(event.body());
    output.maybe(
        "sharedSecret",
        match event {
            LifecycleEvent::Installed(installed) => Some(installed.shared_secret().expose()),
            _ => None,
        },
    );
    output.shown("tokenHash", mark.token_hash());
    output.time("tokenIssuedAt", issued_at);
    output.time("tokenExpiresAt", expires_at);
    output.time("tokenProvesUntil", mark.expires_at());
    output
}

fn written(body: &LifecycleBody) -> Output {
    let mut output = Output::new();
    output.text("event", body.kind().name());
    output.text("appKey", body.app_key().as_str());
    output.text("clientKey", body.client_key().as_str());
    output.text("baseUrl", body.base_url());
    output.text("displayUrl", body.display_url());
    output.text("productType", body.product_type());
    output.maybe(
        "capabilitySet",
        body.capability_set().map(Capability::as_str),
    );
    for (name, field) in [
        ("entitlementId", body.entitlement_id()),
        ("entitlementNumber", body.entitlement_number()),
        (
            "serviceEntitlementNumber",
            body.service_entitlement_number(),
        ),
        (
            "installationId",
            body.installation_id().map(|id| id.as_str()),
        ),
        ("cloudId", body.cloud_id().map(|id| id.as_str())),
        ("oauthClientId", body.oauth_client_id()),
        ("accountId", body.account_id()),
        ("description", body.description()),
    ] {
        output.maybe(name, field);
    }
    output
}

/// Reads a body that nobody vouches for.
#[wasm_bindgen(
    js_name = readLifecycleBody,
    unchecked_return_type = "Json<BodyFields & { hasSecret: boolean }>"
)]
pub fn read_lifecycle_body(body: String) -> Result<String, JsValue> {
    answered(LifecycleBody::parse(body.as_bytes()).map(|body| {
        let mut output = written(&body);
        output.flag("hasSecret", body.has_secret());
        output
    }))
}

/// Checks all of `installed` or `uninstalled` that needs no key, so that what cannot be right costs
/// no fetch. Nothing is proved by it. Says whose event it would be.
#[wasm_bindgen(js_name = checkUnprovedInstall)]
pub fn check_unproved_install(
    #[wasm_bindgen(unchecked_param_type = "EventInput")] input: Input,
) -> Result<String, JsValue> {
    unproved(&input).map_err(refused)
}

fn unproved(input: &Input) -> Result<String, Error> {
    let call = EventCall::read(input)?;
    let event = call.checked()?;
    Ok(event.issuer().as_str().to_owned())
}

/// Verifies `installed` or `uninstalled`, signed by the platform, and accepts its body.
#[wasm_bindgen(js_name = verifyInstall, unchecked_return_type = "Json<AcceptedEvent>")]
pub fn verify_install(
    #[wasm_bindgen(unchecked_param_type = "EventInput & { pem: string }")] input: Input,
) -> Result<String, JsValue> {
    answered(signed(&input))
}

fn signed(input: &Input) -> Result<Output, Error> {
    let call = EventCall::read(input)?;
    let event = call.checked()?;
    let key = RsaPublicKey::from_pem(&input.need("pem")?)?;
    let received = event.verify(&key)?;
    let times = (received.token().issued_at(), received.token().expires_at());
    Ok(accepted(received.event(), received.mark(), times))
}

/// Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its body.
#[wasm_bindgen(js_name = verifyLifecycle, unchecked_return_type = "Json<AcceptedEvent>")]
pub fn verify_lifecycle(
    #[wasm_bindgen(unchecked_param_type = "EventInput & TenantSecrets")] input: Input,
) -> Result<String, JsValue> {
    answered(shared(&input))
}

fn shared(input: &Input) -> Result<Output, Error> {
    let call = EventCall::read(input)?;
    // signed with the tenant's secret: of the platform's, it is not the event of this call
    let event = match call.kind {
        LifecycleKind::Enabled => call.verifier.enabled(call.token()?)?,
        LifecycleKind::Disabled => call.verifier.disabled(call.token()?)?,
        _ => return Err(missing("event")),
    };
    let [client_key, secret, previous] =
        ["clientKey", "secret", "previous"].map(|name| input.text(name));
    let [client_key, secret, previous] =
        [&client_key, &secret, &previous].map(|it| it.as_ref().map(|text| text.as_str()));
    let keys = tenant_keys(client_key, secret, previous)?;
    let (request, now) = (call.arrived.request()?, call.arrived.now);
    let sender = event.verify(&keys, &request, now)?;
    let received = sender.receive(call.body.as_bytes())?;
    let times = (received.token().issued_at(), received.token().expires_at());
    Ok(accepted(received.event(), received.mark(), times))
}
