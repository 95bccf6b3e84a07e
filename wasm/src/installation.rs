//! Rare calls about what events make of an installation.

use app_license::answer::Refusal;
use app_license::connect::LifecycleBody;
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{
    ClientKey, CloudId, EnvironmentType, Error, ErrorKind, Event, ForgeAppId, ForgeCall, ForgeHalf,
    Installation, InstallationAri, InstallationKey, InstallationRecord, InstallationSecrets,
    InstallationStatus, License, LicenseSource, SharedSecret, State,
};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, missing};
use crate::host::refused;
use crate::lifecycle;
use crate::lines::json_text;
use crate::record;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** An installation as it is stored: the record in JSON, the secrets, and when the one before was replaced. */
export interface StoredInstallation {
  record: string;
  secret: string | null;
  previous: string | null;
  /** Seconds since 1970. */
  replacedAt: number | undefined;
}

/** Something that happened, which was verified before. */
export interface Happened {
  on: "connect" | "forge" | "license" | "page_opened" | "block" | "unblock" | "linked" | "joined" | "invoked";
  /** Which event; of a license, its source; of an opened page, when its token was issued (seconds since
   * 1970, `asOf`); of a decision of the app, nothing, and no body. Of a link, the body is the tenant; of what
   * it takes over, that record in JSON. */
  event: string;
  body: string;
  /** Of a license: its environment, and when it was stated (seconds since 1970). */
  environment?: string | undefined;
  asOf?: number | undefined;
  /** Of an invocation. */
  half?: ForgeHalf | undefined;
}

/** What a verified token says of the Forge half of a customer. */
export interface ForgeHalf {
  installation: string;
  app: string;
  cloudId: string | null;
  /** The product that it is installed in, where it is one alone. */
  product: string | null;
  isProduction: boolean;
  /** Seconds since 1970. */
  issuedAt: number;
}

/** What is asked about a record, or without one. */
export interface AboutInput {
  record: string | undefined;
  half: ForgeHalf | undefined;
  /** When the token of a page was issued, in seconds. */
  pageOpened: number | undefined;
}

/** What a record says beyond its fields. */
export interface About {
  /** Of a link: the customer. */
  tenant: string | null;
  installationId: string | null;
  /** The code by which an invocation with the half's token is refused; without a half, any is. */
  refusesInvocation: string | null;
  /** The code by which an event with it is refused. */
  refusesEvent: string | null;
  /** Under which keys links to the customer belong. */
  links: string[];
  /** The key of the link of the half's site and product. */
  site: string | null;
  /** Whether the half is the customer's, though nothing is known of it. */
  isContinued: boolean;
  /** Whether the half says something of the customer that is not known. */
  learns: boolean;
  /** Whether the page says that the app was switched on again. */
  isReopened: boolean;
}

export interface ApplyInput extends Happened {
  stored: StoredInstallation | undefined;
  now: number;
}

/** An installation after an event, and what changed. */
export interface Applied {
  installation: StoredInstallation | null;
  changes: unknown[];
}

/** Secrets, and until when they are these (seconds since 1970): the last second, where they end by themselves. */
export interface Secrets {
  secrets: string[];
  end: number | null;
}

export interface SecretsInput {
  stored: StoredInstallation;
  /** How long the previous secret counts after it was replaced, in seconds; the core's, when left out. */
  grace: number | undefined;
  /** Of which installations. */
  of: "in_use" | "installed" | "any";
  now: number;
}
"#;

fn read(record: &str) -> Result<InstallationRecord, Error> {
    let unreadable = |_: record::Unreadable| ErrorKind::FieldValue {
        what: "stored installation",
        field: "record",
        expected: "a record that this version wrote".to_owned(),
        found: "another".to_owned(),
    };
    Ok(record::read(record).map_err(unreadable)?)
}

/// What a verified token says of the Forge half of a customer.
fn half(input: &Input) -> Result<Option<ForgeHalf>, Error> {
    let Some(half) = input.object("half") else {
        return Ok(None);
    };
    let cloud_id = half.text("cloudId");
    Ok(Some(ForgeHalf {
        installation: InstallationAri::new(half.need("installation")?.as_str())?,
        app: ForgeAppId::new(&half.need("app")?)?,
        cloud_id: cloud_id.map(|id| CloudId::new(id.as_str())).transpose()?,
        product: half.text("product").map(|name| name.to_string()),
        is_production: half.flag("isProduction"),
        issued_at: half.time("issuedAt")?,
    }))
}

/// The installation before the event.
pub(crate) fn stored(input: &Input) -> Result<Option<Installation>, Error> {
    let Some(stored) = input.object("stored") else {
        return Ok(None);
    };
    let record = read(&stored.need("record")?)?;
    let secret = |name| {
        let text = stored.text(name);
        text.map(|text| SharedSecret::new(text.as_str()))
            .transpose()
    };
    let previous = match secret("previous")? {
        Some(previous) => Some((previous, stored.time("replacedAt")?)),
        None => None,
    };
    let secrets = InstallationSecrets::new(secret("secret")?, previous);
    Ok(Some(Installation::from_parts(record, secrets)))
}

/// The event: of Connect, which was verified and accepted before; of Forge; of the link between the two; or
/// a license.
pub(crate) fn event(input: &Input) -> Result<Event, Error> {
    let on = input.text("on").unwrap_or_default();
    // decisions of the app, without a body
    match on.as_str() {
        "block" => return Ok(Event::Block),
        "unblock" => return Ok(Event::Unblock),
        "invoked" => {
            let half = half(input)?.ok_or_else(|| missing("half"))?;
            return Ok(Event::Invoked(Box::new(half)));
        }
        "page_opened" => {
            let issued_at = input.time("asOf")?;
            return Ok(Event::PageOpened { issued_at });
        }
        _ => {}
    }
    let text = input.need("body")?;
    let body = text.as_bytes();
    match on.as_str() {
        "linked" => {
            let tenant = ClientKey::new(text.as_str())?;
            Ok(Event::Linked { tenant })
        }
        "joined" => Ok(Event::Joined(Box::new(read(&text)?))),
        "connect" => {
            let body = LifecycleBody::parse(body)?;
            if body.kind() != lifecycle::kind(input)? {
                return Err(missing("event"));
            }
            // accepted together with its token, by `verifyInstall` or `verifyLifecycle`
            Ok(body.accepted_before()?.into())
        }
        "forge" => {
            let name = input.text("event").unwrap_or_default();
            let kind = ForgeLifecycleKind::from_name(&name).ok_or_else(|| missing("event"))?;
            Ok(ForgeLifecycleEvent::parse(kind, body)?.into())
        }
        _ => Ok(stated(input, body)?.into()),
    }
}

fn stated(input: &Input, body: &[u8]) -> Result<License, Error> {
    let source = LicenseSource::from_code(&input.text("event").unwrap_or_default());
    let mut license = License::from_object(body, source.ok_or_else(|| missing("source"))?)?;
    if let Some(environment) = input.text("environment") {
        license = license.in_environment(EnvironmentType::new(&environment));
    }
    if let Some(as_of) = input.maybe_time("asOf")? {
        license = license.at(as_of);
    }
    Ok(license)
}

/// The installation after an event, and what changed.
#[wasm_bindgen(unchecked_return_type = "Json<Applied>")]
pub fn apply(
    #[wasm_bindgen(unchecked_param_type = "ApplyInput")] input: Input,
) -> Result<String, JsValue> {
    answered(applied(&input))
}

fn applied(input: &Input) -> Result<Output, Error> {
    let event = event(input)?;
    let (after, changes) = Installation::apply(stored(input)?, &event, input.time("now")?);
    let mut output = Output::new();
    written(after.as_ref(), &mut output);
    output.json(
        "changes",
        &serde_json::to_string(&changes).unwrap_or_default(),
    );
    Ok(output)
}

/// Writes an installation as it is stored.
pub(crate) fn written(installation: Option<&Installation>, output: &mut Output) {
    let Some(installation) = installation else {
        output.json("installation", "null");
        return;
    };
    let mut stored = Output::new();
    let record = serde_json::to_string(installation.record());
    stored.text("record", &record.unwrap_or_default());
    let secrets = installation.stored_secrets();
    stored.maybe("secret", secrets.current().map(SharedSecret::expose));
    match secrets.previous() {
        Some((previous, replaced_at)) => {
            stored.text("previous", previous.expose());
            stored.time("replacedAt", replaced_at);
        }
        None => stored.json("previous", "null"),
    }
    output.json("installation", &stored.done());
}

/// What a stored record says beyond its fields: of links, of the end, and of what came now.
#[wasm_bindgen(unchecked_return_type = "Json<About>")]
pub fn about(
    #[wasm_bindgen(unchecked_param_type = "AboutInput")] input: Input,
) -> Result<String, JsValue> {
    answered(said(&input))
}

fn said(input: &Input) -> Result<Output, Error> {
    let half = half(input)?;
    let opened = input.maybe_time("pageOpened")?;
    let known = input.text("record").map(|text| read(&text)).transpose()?;
    let known = known.map(|it| Installation::from_parts(it, InstallationSecrets::default()));
    let (known, half) = (known.as_ref(), half.as_ref());
    let both = known.zip(half);
    let mut output = Output::new();
    let tenant = known.and_then(|it| it.tenant());
    output.maybe("tenant", tenant.map(ClientKey::as_str));
    let installation = known.and_then(|it| it.installation_id());
    output.maybe("installationId", installation.map(|id| id.as_str()));
    for (name, call) in [
        ("refusesInvocation", ForgeCall::Invocation),
        ("refusesEvent", ForgeCall::Event),
    ] {
        let refusal = match (known, half) {
            (Some(it), Some(half)) => it.refusal_of(half, call),
            // nobody says whose token it is
            (Some(_), None) => Some(Refusal::UnknownTenant),
            (None, _) => None,
        };
        output.maybe(name, refusal.as_ref().map(Refusal::code));
    }
    let links = known.into_iter().flat_map(|it| it.links());
    output.list("links", links.map(|key| json_text(key.as_str())));
    let site = half.and_then(ForgeHalf::site_key);
    output.maybe("site", site.as_ref().map(InstallationKey::as_str));
    output.flag(
        "isContinued",
        both.is_some_and(|(it, half)| it.is_continued_by(half)),
    );
    output.flag(
        "learns",
        both.is_some_and(|(it, half)| it.learns_from(half)),
    );
    let reopened = known.zip(opened).is_some_and(|(it, at)| it.is_reopened(at));
    output.flag("isReopened", reopened);
    Ok(output)
}

/// Whether a license is another than the one that is known of the installation.
#[wasm_bindgen(js_name = isNews)]
pub fn is_news(
    #[wasm_bindgen(unchecked_param_type = "ApplyInput")] input: Input,
) -> Result<bool, JsValue> {
    let news = || {
        let now = input.time("now")?;
        Ok(match (stored(&input)?, event(&input)?) {
            (Some(known), Event::License(license)) => known.is_news(&license, now),
            _ => false,
        })
    };
    news().map_err(refused)
}

fn status_of(name: &str) -> Option<InstallationStatus> {
    let mut all = InstallationStatus::ALL.into_iter();
    all.find(|status| status.name() == name)
}

/// Why proved requests of an installation in this status are not served; nothing where they are. A status
/// of a later version is not served.
#[wasm_bindgen(js_name = refusalOf)]
pub fn refusal_of(status: &str, is_blocked: bool) -> Option<String> {
    let refusal = match status_of(status) {
        Some(status) => status.refusal(is_blocked)?,
        None if is_blocked => Refusal::TenantBlocked,
        None => Refusal::UnknownTenant,
    };
    Some(refusal.code().to_owned())
}

/// The state of the license that a store knows: of an installation in this status, of which this was stated.
#[wasm_bindgen(js_name = storedState)]
pub fn stored_state(status: &str, is_blocked: bool, stated: &str) -> String {
    let states = [State::Active, State::Inactive, State::Absent];
    let stated = states.into_iter().find(|state| state.name() == stated);
    let state = InstallationStatus::stored_state(status_of(status), is_blocked, stated);
    state.name().to_owned()
}

/// The secrets that a token may be signed with now, the current one first: of an installation that
/// is in use, or of one that is installed, where that is asked for.
#[wasm_bindgen(js_name = secretsOf, unchecked_return_type = "Json<Secrets>")]
pub fn secrets_of(
    #[wasm_bindgen(unchecked_param_type = "SecretsInput")] input: Input,
) -> Result<String, JsValue> {
    answered(secrets(&input))
}

fn secrets(input: &Input) -> Result<Output, Error> {
    let grace = input.number("grace")?;
    let grace = grace.unwrap_or(Installation::SECRET_GRACE);
    let of = input.text("of").unwrap_or_default();
    let served = |status: InstallationStatus| match of.as_str() {
        "in_use" => status.is_in_use(),
        "installed" => status != InstallationStatus::Uninstalled,
        _ => true,
    };
    let (stored, now) = (stored(input)?, input.time("now")?);
    let served = stored.filter(|installation| served(installation.status()));
    let secrets = served.iter().flat_map(|it| it.secrets(now, grace));
    let mut output = Output::new();
    output.list("secrets", secrets.map(|secret| json_text(secret.expose())));
    match served.as_ref().and_then(|it| it.secrets_end(now, grace)) {
        Some(last) => output.time("end", last),
        None => output.json("end", "null"),
    }
    Ok(output)
}
