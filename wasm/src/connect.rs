//! Rare calls about Atlassian Connect.

use app_license::connect::{CanonicalRequest, LicenseApiResponse, RequestLine, sign_request};
use app_license::{AppKey, ClientKey, Error, ErrorClass, HmacKey, License, SharedSecret};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered};
use crate::expected::{base_url, expectations, key_hosts, knows_cloud};
use crate::host::{refused, thrown};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A request whose query hash is wanted. */
export interface QueryHashInput {
  method: string;
  target: string;
  /** The body of a form. */
  form: string | undefined;
  baseUrl: string;
}

/** The canonical form of a request, and its hash. */
export interface QueryHash {
  canonical: string;
  qsh: string;
}

/** A call of the app to a site. */
export interface SignInput {
  appKey: string;
  clientKey: string;
  secret: string;
  /** The site. */
  baseUrl: string;
  /** Where it must be a site of; anywhere, without it. */
  places: CloudPlaces | undefined;
  /** `GET`, without it. */
  method: string | undefined;
  /** The License API of the app, without it. */
  target: string | undefined;
  /** Seconds since 1970. */
  now: number;
}

/** A signed call. */
export interface SignedCall {
  token: string;
  url: string;
}

/** An answer of the Connect License API. */
export interface ConnectLicenseInput {
  status: number;
  body: string;
  /** The app that was asked about, where the answer is held to it. */
  appKey: string | undefined;
}

/** What an answer of the Connect License API says. */
export interface ConnectLicense {
  /** The license's object, as JSON text; null where the site does not have the app. */
  raw: string | null;
}

/** Settings of an app. */
export interface ConnectSettingsInput extends CloudPlaces {
  appKey: string;
  /** A line each. */
  baseUrl: string;
  leeway: number | undefined;
}

/** Which settings can be; the others are refused. */
export interface ConnectSettings {
  leewayIsValid: boolean;
  cloudIsKnown: boolean;
}
"#;

/// The canonical request and its hash.
#[wasm_bindgen(js_name = queryHash, unchecked_return_type = "Json<QueryHash>")]
pub fn query_hash(
    #[wasm_bindgen(unchecked_param_type = "QueryHashInput")] input: Input,
) -> Result<String, JsValue> {
    answered(hash(&input))
}

fn hash(input: &Input) -> Result<Output, Error> {
    let (method, target, form) = (
        input.need("method")?,
        input.need("target")?,
        input.text("form"),
    );
    let request = RequestLine::new(&method, &target);
    let request = match &form {
        Some(form) => request.with_form_body(form),
        None => request,
    };
    let canonical = CanonicalRequest::new(&request, &base_url(&input.need("baseUrl")?)?)?;
    let mut output = Output::new();
    output.text("canonical", canonical.as_str());
    output.text("qsh", canonical.qsh().as_str());
    Ok(output)
}

/// Signs a call of the app to a site: the License API's, unless it names another.
#[wasm_bindgen(unchecked_return_type = "Json<SignedCall>")]
pub fn sign(
    #[wasm_bindgen(unchecked_param_type = "SignInput")] input: Input,
) -> Result<String, JsValue> {
    answered(signed(&input))
}

fn signed(input: &Input) -> Result<Output, Error> {
    let secret = SharedSecret::new(&*input.need("secret")?)?;
    let app = AppKey::new(&*input.need("appKey")?)?;
    let tenant = ClientKey::new(&*input.need("clientKey")?)?;
    let mut site = base_url(&input.need("baseUrl")?)?;
    if let Some(places) = input.object("places") {
        // what is stored may be of another cloud, or of before the app knew better
        site = key_hosts(&places)?.check_site(site.as_str())?;
    }
    let key = HmacKey::new(&secret);
    let url = match input.text("target") {
        Some(target) => target.to_string(),
        None => format!("{site}{}", LicenseApiResponse::path(&app)),
    };
    let method = input.text("method");
    let method = method.as_ref().map_or("GET", |method| method.as_str());
    let request = RequestLine::new(method, &url);
    let token = sign_request(&request, &site, &app, &tenant, &key, input.time("now")?)?;
    let mut output = Output::new();
    output.text("token", &token);
    output.text("url", &url);
    Ok(output)
}

/// Reads an answer of the Connect License API.
#[wasm_bindgen(js_name = connectLicense, unchecked_return_type = "Json<ConnectLicense>")]
pub fn connect_license(
    #[wasm_bindgen(unchecked_param_type = "ConnectLicenseInput")] input: Input,
) -> Result<String, JsValue> {
    let status = status(&input);
    let body = input.text("body").unwrap_or_default();
    let read = match input.text("appKey") {
        Some(app) => {
            let app = AppKey::new(&*app).map_err(refused)?;
            LicenseApiResponse::read_for(&app, status, body.as_bytes())
        }
        None => LicenseApiResponse::read(status, body.as_bytes()),
    };
    let fault = match read {
        LicenseApiResponse::License(_) | LicenseApiResponse::NotFound => None,
        LicenseApiResponse::Refused { .. } => Some("the site refuses"),
        _ => Some("the License API answers nothing"),
    };
    if let Some(fault) = fault {
        let status = status.unwrap_or_default();
        return Err(not_known(&format!("{fault}, status {status}")));
    }
    let mut output = Output::new();
    output.maybe("raw", read.license().and_then(License::raw));
    Ok(output.done())
}

/// The error where a License API did not say what it was asked.
pub(crate) fn not_known(message: &str) -> JsValue {
    thrown("license_api", message, ErrorClass::CouldNotCheck)
}

/// A status of HTTP; none for what is no number of one.
pub(crate) fn status(input: &Input) -> Option<u16> {
    u16::try_from(input.number("status").ok()??).ok()
}

/// Whether settings of an app can be: refuses those of the core, and says whether the leeway is
/// one, and the name of the cloud.
#[wasm_bindgen(js_name = connectSettings, unchecked_return_type = "Json<ConnectSettings>")]
pub fn connect_settings(
    #[wasm_bindgen(unchecked_param_type = "ConnectSettingsInput")] input: Input,
) -> Result<String, JsValue> {
    answered(settings(&input))
}

fn settings(input: &Input) -> Result<Output, Error> {
    AppKey::new(&*input.text("appKey").unwrap_or_default())?;
    expectations(&input.need("baseUrl")?, false, None)?;
    let cloud_is_known = knows_cloud(input);
    if cloud_is_known {
        key_hosts(input)?;
    }
    let mut output = Output::new();
    output.flag("leewayIsValid", input.leeway().is_ok());
    output.flag("cloudIsKnown", cloud_is_known);
    Ok(output)
}
