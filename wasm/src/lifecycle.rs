//! Rare calls about lifecycle events of Atlassian Connect.

use app_license::connect::{
    LifecycleBody, LifecycleEvent, LifecycleKind, UnverifiedInstallToken, jwt_from_headers,
};
use app_license::delivery::ReplayMark;
use app_license::{Capability, Error, RsaPublicKey, UnixTime};
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::call::{Input, Output, answered, missing};
use crate::expected::{headers, key_hosts, tenant_keys};
use crate::host::refused;
use crate::lines::json_text;
use crate::parsed::{BODIES, BodyTexts, ReadBody, is_of_other_keys};
use crate::received::{ReceivedEvent, kind};

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
export interface EventInput extends Arrival, CloudPlaces {
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
    let kid = match ReceivedEvent::kid_of(authorization) {
        Some(kid) => kid,
        None => {
            let token = jwt_from_headers(headers(authorization))?;
            UnverifiedInstallToken::parse(token)?.kid().clone()
        }
    };
    let hosts = key_hosts(input)?;
    let mut output = Output::new();
    output.text("kid", kid.as_str());
    output.list("urls", hosts.key_urls(&kid).map(|url| json_text(&url)));
    Ok(output)
}

/// What another signs is not the event of this call.
fn is_of(input: &Input, kinds: &[LifecycleKind]) -> Result<(), Error> {
    let known = kinds.contains(&kind(input)?);
    known.then_some(()).ok_or_else(|| missing("event"))
}

fn accepted(
    input: &Input,
    event: &LifecycleEvent,
    mark: &ReplayMark,
    (issued_at, expires_at): (UnixTime, UnixTime),
) -> Output {
    if input.flag("isDelivered") {
        let body = input.text("body").unwrap_or_default();
        let of = BodyTexts::of_event("connect", event.body().kind().name(), &body);
        let (event, hash) = (event.clone().into(), Some(*mark.body_hash()));
        BODIES.with(|kept| kept.keep(ReadBody { of, event, hash }));
    }
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

/// Parses the token of an event whose body is still to come, so that what is no token costs no body. Nothing
/// is proved by it. Says whose event it would be. Who verifies the same event next finds it parsed.
#[wasm_bindgen(js_name = parseEvent)]
pub fn parse_event(
    #[wasm_bindgen(unchecked_param_type = "Omit<EventInput, \"body\">")] input: Input,
) -> Result<String, JsValue> {
    let event = ReceivedEvent::of(&input, None).map_err(refused)?;
    let issuer = event.issuer();
    event.keep();
    Ok(issuer)
}

/// Checks all of `installed` or `uninstalled` that needs no key, so that what cannot be right costs
/// no fetch. Nothing is proved by it. Says whose event it would be. Who verifies the same event next finds
/// it parsed.
#[wasm_bindgen(js_name = checkUnprovedInstall)]
pub fn check_unproved_install(
    #[wasm_bindgen(unchecked_param_type = "EventInput")] input: Input,
) -> Result<String, JsValue> {
    let event = unproved(&input).map_err(refused)?;
    let issuer = event.issuer();
    event.keep();
    Ok(issuer)
}

/// Drops what waits of an event that comes no further, by its header or by its body: its key is out of reach, or the
/// store fails. The secret of an install is in it.
#[wasm_bindgen(js_name = dropEvent)]
pub fn drop_event(of: String) {
    let of = Zeroizing::new(of);
    ReceivedEvent::drop_of(&of);
    ReadBody::drop_of(&of);
}

fn unproved(input: &Input) -> Result<ReceivedEvent, Error> {
    is_of(
        input,
        &[LifecycleKind::Installed, LifecycleKind::Uninstalled],
    )?;
    let body = input.need("body")?;
    let mut event = ReceivedEvent::of(input, Some(&body))?;
    event.receive(body)?;
    Ok(event)
}

/// Verifies `installed` or `uninstalled`, signed by the platform, and accepts its body.
#[wasm_bindgen(js_name = verifyInstall, unchecked_return_type = "Json<AcceptedEvent>")]
pub fn verify_install(
    #[wasm_bindgen(
        unchecked_param_type = "EventInput & { pem: string; isDelivered: boolean | undefined }"
    )]
    input: Input,
) -> Result<String, JsValue> {
    answered(signed(&input))
}

fn signed(input: &Input) -> Result<Output, Error> {
    let event = unproved(input)?;
    let key = RsaPublicKey::from_pem(&input.need("pem")?)?;
    let received = event.received()?.verify(&key);
    let output = received.as_ref().map(|received| {
        let token = received.token();
        let times = (token.issued_at(), token.expires_at());
        accepted(input, received.event(), received.mark(), times)
    });
    let output = output.map_err(Error::clone);
    if is_of_other_keys(&received) {
        drop(received);
        event.keep();
    }
    output
}

/// Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its body.
#[wasm_bindgen(js_name = verifyLifecycle, unchecked_return_type = "Json<AcceptedEvent>")]
pub fn verify_lifecycle(
    #[wasm_bindgen(
        unchecked_param_type = "EventInput & TenantSecrets & { isDelivered: boolean | undefined }"
    )]
    input: Input,
) -> Result<String, JsValue> {
    answered(shared(&input))
}

fn shared(input: &Input) -> Result<Output, Error> {
    is_of(input, &[LifecycleKind::Enabled, LifecycleKind::Disabled])?;
    let body = input.need("body")?;
    let event = ReceivedEvent::of(input, Some(&body))?;
    let (event, request, now) = event.of_tenant()?;
    let [client_key, secret, previous] =
        ["clientKey", "secret", "previous"].map(|name| input.text(name));
    let [client_key, secret, previous] =
        [&client_key, &secret, &previous].map(|it| it.as_ref().map(|text| text.as_str()));
    let keys = tenant_keys(client_key, secret, previous)?;
    let sender = event.verify(&keys, &request, now)?;
    let received = sender.receive(body.as_bytes())?;
    let times = (received.token().issued_at(), received.token().expires_at());
    Ok(accepted(input, received.event(), received.mark(), times))
}
