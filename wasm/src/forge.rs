//! Calls about what Forge sends.

use std::cell::RefCell;
use std::sync::Arc;

use app_license::answer::Refusal;
use app_license::delivery::TokenHash;
use app_license::forge::{
    ForgeLifecycleEvent, ForgeSender, IsolatedCloud, JwksUrl, LicenseApiResponse, Verifier,
    bearer_token,
};
use app_license::{EnvironmentType, Error, ForgeAppId, ForgeHalf, InstallationAri, Jwks};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, leeway, missing, time};
use crate::connect::{not_known, status};
use crate::expected::headers;
use crate::host::refused;
use crate::license;
use crate::parsed::{BODIES, BodyTexts, INVOCATIONS, InvocationToken, ReadBody, is_of_other_keys};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Settings of a remote: its apps, a line each. */
export interface ForgeSettingsInput {
  appId: string;
  isolatedCloud: string | undefined;
  leeway: number | undefined;
}

/** What is asked about the body of a lifecycle event, and what its token says. */
export interface ForgeEventInput {
  body: string;
  installationId: string;
  appId: string;
  isFromPlatform: boolean;
}

/** Which lifecycle event it is, or the code by which it is refused. */
export interface ForgeEvent {
  kind: string | null;
  refusal: string | null;
}

/** A product that the app is installed in. */
export interface ProductContextFields {
  name: string | null;
  apiBaseUrl: string | null;
  cloudId: string | null;
  workspaceId: string | null;
}

/** What a verified invocation token says. */
export interface InvocationProof extends JudgedLicense {
  appId: string;
  installationId: string;
  /** Seconds since 1970. */
  issuedAt: number;
  expiresAt: number;
  /** The license, JSON as it was signed. */
  license: string | null;
  environmentType: string | null;
  environmentId: string | null;
  appVersion: string | null;
  apiBaseUrl: string | null;
  moduleKey: string | null;
  moduleType: string | null;
  cloudId: string | null;
  siteUrl: string | null;
  principal: string | null;
  tokenId: string | null;
  userMayAccess: boolean | null;
  isFromUserInterface: boolean;
  contexts: ProductContextFields[];
  tokenProvesUntil: number;
  /** The product that it is installed in, where it is one alone. */
  product: string | null;
  isProduction: boolean;
}

/** An answer of the Forge License API. */
export interface ForgeLicenseInput {
  status: number;
  body: string;
  retryAfter: string | undefined;
  /** Of which app; the only result's, without it. */
  appId: string | undefined;
}

/** What an answer of the Forge License API says. */
export interface ForgeLicense {
  /** The license's object as JSON text; null where there is none. */
  raw: string | null;
}
"#;

/// Which of the platform's keys signed an invocation token.
#[wasm_bindgen(js_name = invocationKeyOf)]
pub fn invocation_key_of(authorization: Option<String>) -> Result<String, JsValue> {
    let token = InvocationToken::parse(authorization).map_err(refused)?;
    let kid = token.borrow_dependent().kid().to_owned();
    INVOCATIONS.with(|kept| kept.keep(token));
    Ok(kid)
}

/// The apps whose tokens are taken: one, or several behind one backend, a line each.
fn apps(ids: Option<&str>) -> Result<Verifier, Error> {
    let mut apps = ids.ok_or_else(|| missing("appId"))?.split('\n');
    let first = ForgeAppId::new(apps.next().unwrap_or_default())?;
    let mut expected = Verifier::new(first);
    for app in apps {
        expected = expected.accept_app(ForgeAppId::new(app)?);
    }
    Ok(expected)
}

/// Whether settings of a remote can be: refuses those of the core, and says where the keys of its tokens
/// are; nothing where the leeway is none.
#[wasm_bindgen(js_name = forgeKeySet)]
pub fn forge_key_set(
    #[wasm_bindgen(unchecked_param_type = "ForgeSettingsInput")] input: Input,
) -> Result<Option<String>, JsValue> {
    let settings = || {
        apps(input.text("appId").as_ref().map(|ids| ids.as_str()))?;
        let url = match input.text("isolatedCloud") {
            Some(label) => JwksUrl::of_isolated_cloud(&IsolatedCloud::new(&label)?),
            None => JwksUrl::default(),
        };
        Ok(input.leeway().is_ok().then(|| url.to_string()))
    };
    settings().map_err(refused)
}

/// Reads a lifecycle event.
#[wasm_bindgen(js_name = receiveForgeEvent, unchecked_return_type = "Json<ForgeEvent>")]
pub fn receive_forge_event(
    #[wasm_bindgen(unchecked_param_type = "ForgeEventInput")] input: Input,
) -> Result<String, JsValue> {
    answered(received(&input))
}

fn received(input: &Input) -> Result<Output, Error> {
    let installation = InstallationAri::new(input.need("installationId")?.as_str())?;
    let app = ForgeAppId::new(input.need("appId")?.as_str())?;
    let body = input.need("body")?;
    // where it is not said, a browser sent it
    let sender = ForgeSender::new(&installation, &app, !input.flag("isFromPlatform"));
    let mut output = Output::new();
    match ForgeLifecycleEvent::receive(body.as_bytes(), &sender) {
        Ok(event) => {
            let kind = event.kind().name();
            output.text("kind", kind);
            output.json("refusal", "null");
            // who has it verified has it delivered
            let of = BodyTexts::of_event("forge", kind, &body);
            let (event, hash) = (event.into(), None);
            BODIES.with(|kept| kept.keep(ReadBody { of, event, hash }));
        }
        Err(Refusal::Error(error)) => return Err(error),
        Err(refusal) => {
            output.json("kind", "null");
            output.text("refusal", refusal.code());
        }
    }
    Ok(output)
}

/// Verifies an invocation token against the platform's key set. `app_ids` has a line each.
#[wasm_bindgen(js_name = verifyInvocation, unchecked_return_type = "Json<InvocationProof>")]
pub fn verify_invocation(
    authorization: Option<String>,
    jwks: Option<String>,
    app_ids: Option<String>,
    isolated_cloud: Option<String>,
    seconds: Option<f64>,
    now: f64,
) -> Result<String, JsValue> {
    let verify = || {
        let is_of = |it: &InvocationToken| *it.borrow_owner() == authorization;
        let waiting = match INVOCATIONS.with(|kept| kept.take(&is_of)) {
            Some(waiting) => waiting,
            None => InvocationToken::parse(authorization)?,
        };
        let jwks = jwks.as_deref().ok_or_else(|| missing("jwks"))?;
        let keys = parsed(jwks)?;
        let mut expected = apps(app_ids.as_deref())?;
        expected = expected.leeway(leeway(seconds)?.unwrap_or_default());
        if let Some(label) = &isolated_cloud {
            expected = expected.isolated_cloud(IsolatedCloud::new(label)?);
        }
        let now = time(now, "now")?;
        let verified = waiting.borrow_dependent().verify(&keys, &expected, now);
        if is_of_other_keys(&verified) {
            INVOCATIONS.with(|kept| kept.keep(waiting));
        }
        let token = verified?;
        let mut output = Output::new();
        output.text("appId", token.app_id().as_str());
        output.text("installationId", token.installation_id().as_str());
        output.time("issuedAt", token.issued_at());
        output.time("expiresAt", token.expires_at());
        let license = token.license();
        output.maybe("license", license.raw());
        license::written(&license, &mut output);
        for (name, field) in [
            (
                "environmentType",
                token.environment_type().map(EnvironmentType::as_str),
            ),
            ("environmentId", token.environment_id()),
            ("appVersion", token.app_version()),
            ("apiBaseUrl", token.api_base_url()),
            ("moduleKey", token.module_key()),
            ("moduleType", token.module_type()),
            ("cloudId", token.cloud_id().map(|id| id.as_str())),
            ("siteUrl", token.site_url()),
            ("principal", token.principal()),
            ("tokenId", token.token_id()),
        ] {
            output.maybe(name, field);
        }
        match token.user_access() {
            Some(access) => output.flag("userMayAccess", access.allows()),
            None => output.json("userMayAccess", "null"),
        }
        output.flag("isFromUserInterface", token.is_from_user_interface());
        output.time("tokenProvesUntil", token.proves_until());
        let half = ForgeHalf::from(&*token);
        output.maybe("product", half.product.as_deref());
        output.flag("isProduction", half.is_production);
        let contexts = token.contexts().iter().map(|context| {
            let mut output = Output::new();
            output.maybe("name", context.name());
            output.maybe("apiBaseUrl", context.api_base_url());
            output.maybe("cloudId", context.cloud_id().map(|id| id.as_str()));
            output.maybe("workspaceId", context.workspace_id());
            output.done()
        });
        output.list("contexts", contexts);
        Ok(output)
    };
    answered(verify())
}

thread_local! {
    /// The key set that was asked with last: the platform's changes once in weeks.
    static KEY_SET: RefCell<Option<(String, Arc<Jwks>)>> = const { RefCell::new(None) };
}

fn parsed(jwks: &str) -> Result<Arc<Jwks>, Error> {
    KEY_SET.with_borrow_mut(|last| {
        if let Some((text, keys)) = last
            && text == jwks
        {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(Jwks::parse(jwks.as_bytes())?);
        *last = Some((jwks.to_owned(), Arc::clone(&keys)));
        Ok(keys)
    })
}

/// What marks the token of a lifecycle event, which was verified.
#[wasm_bindgen(js_name = tokenHash)]
pub fn token_hash(authorization: Option<String>) -> Result<String, JsValue> {
    let token = bearer_token(headers(authorization.as_deref()));
    token
        .map(|token| TokenHash::of(token).to_string())
        .map_err(refused)
}

/// Reads one app's license out of an answer of the License API.
#[wasm_bindgen(js_name = forgeLicense, unchecked_return_type = "Json<ForgeLicense>")]
pub fn forge_license(
    #[wasm_bindgen(unchecked_param_type = "ForgeLicenseInput")] input: Input,
) -> Result<String, JsValue> {
    let body = input.text("body").unwrap_or_default();
    let retry_after = input.text("retryAfter");
    let retry_after = retry_after.as_ref().map(|text| text.as_str());
    let status = status(&input).unwrap_or(200);
    let read = LicenseApiResponse::read(status, retry_after, body.as_bytes())
        .map_err(|fault| not_known(&fault.to_string()))?;
    let license = match input.text("appId") {
        Some(id) => ForgeAppId::new(&id).and_then(|id| read.license(&id)),
        None => read.into_only(),
    };
    let mut output = Output::new();
    output.maybe("raw", license.map_err(refused)?.raw());
    Ok(output.done())
}
