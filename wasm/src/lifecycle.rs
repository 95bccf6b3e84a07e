//! Rare calls about lifecycle events of Atlassian Connect.

use app_license::connect::{
    LifecycleBody, LifecycleEvent, LifecycleKind, UnverifiedInstallToken, UnverifiedRequestToken,
    jwt_from_headers,
};
use app_license::delivery::TokenHash;
use app_license::{AppKey, Capability, ClientKey, Error, RsaPublicKey, UnixTime};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, missing};
use crate::expected::{Arrived, headers, key_hosts, tenant_keys};
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

/// Each event is signed by the platform or with the tenant's secret: by the other, it is not the event of this call.
fn of_call(input: &Input, by_platform: bool) -> Result<(), Error> {
    let kind = kind(input)?;
    let signed = matches!(kind, LifecycleKind::Installed | LifecycleKind::Uninstalled);
    if signed == by_platform {
        Ok(())
    } else {
        Err(missing("event"))
    }
}

fn parsed(input: &Input) -> Result<LifecycleBody, Error> {
    LifecycleBody::parse(input.need("body")?.as_bytes())
}

fn taken(input: &Input, body: LifecycleBody, issuer: &ClientKey) -> Result<LifecycleEvent, Error> {
    let app = AppKey::new(&*input.need("appKey")?)?;
    body.accept(kind(input)?, &app, issuer, &key_hosts(input)?)
}

fn accepted(
    event: &LifecycleEvent,
    token: &str,
    arrived: &Arrived,
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
    output.shown("tokenHash", TokenHash::of(token));
    output.time("tokenIssuedAt", issued_at);
    output.time("tokenExpiresAt", expires_at);
    let leeway = arrived.expected.allowed_leeway().as_seconds();
    output.time("tokenProvesUntil", expires_at.plus(leeway));
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
    of_call(input, true)?;
    let arrived = Arrived::read(input)?;
    let token = UnverifiedInstallToken::parse(jwt_from_headers(arrived.authorization())?)?;
    let body = parsed(input)?;
    let client_key = body.client_key().clone();
    let request = arrived.request()?;
    token.check_unproved(&request, &client_key, &arrived.expected, arrived.now)?;
    taken(input, body, &client_key)?;
    Ok(client_key.as_str().to_owned())
}

/// Verifies `installed` or `uninstalled`, signed by the platform, and accepts its body.
#[wasm_bindgen(js_name = verifyInstall, unchecked_return_type = "Json<AcceptedEvent>")]
pub fn verify_install(
    #[wasm_bindgen(unchecked_param_type = "EventInput & { pem: string }")] input: Input,
) -> Result<String, JsValue> {
    answered(signed(&input))
}

fn signed(input: &Input) -> Result<Output, Error> {
    of_call(input, true)?;
    let arrived = Arrived::read(input)?;
    let text = jwt_from_headers(arrived.authorization())?;
    let token = UnverifiedInstallToken::parse(text)?;
    let key = RsaPublicKey::from_pem(&input.need("pem")?)?;
    let (request, body) = (arrived.request()?, parsed(input)?);
    let (tenant, expected) = (body.client_key(), &arrived.expected);
    let token = token.verify(&key, &request, tenant, expected, arrived.now)?;
    let event = taken(input, body, token.issuer())?;
    let times = (token.issued_at(), token.expires_at());
    Ok(accepted(&event, text, &arrived, times))
}

/// Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its body.
#[wasm_bindgen(js_name = verifyLifecycle, unchecked_return_type = "Json<AcceptedEvent>")]
pub fn verify_lifecycle(
    #[wasm_bindgen(unchecked_param_type = "EventInput & TenantSecrets")] input: Input,
) -> Result<String, JsValue> {
    answered(shared(&input))
}

fn shared(input: &Input) -> Result<Output, Error> {
    of_call(input, false)?;
    let arrived = Arrived::read(input)?;
    let text = jwt_from_headers(arrived.authorization())?;
    let [client_key, secret, previous] =
        ["clientKey", "secret", "previous"].map(|name| input.text(name));
    let [client_key, secret, previous] =
        [&client_key, &secret, &previous].map(|it| it.as_ref().map(|text| text.as_str()));
    let keys = tenant_keys(client_key, secret, previous)?;
    let token = UnverifiedRequestToken::parse(text)?;
    let token = token.verify(&keys, &arrived.request()?, &arrived.expected, arrived.now)?;
    let event = taken(input, parsed(input)?, token.issuer())?;
    let times = (token.issued_at(), token.expires_at());
    Ok(accepted(&event, text, &arrived, times))
}
