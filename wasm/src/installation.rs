//! Rare calls about what events make of an installation.

use app_license::answer::Refusal;
use app_license::connect::{LifecycleBody, LifecycleKind};
use app_license::delivery::BodyHash;
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{
    Admission, ClientKey, CloudId, ConnectCall, EnvironmentType, Error, ErrorKind, Event,
    ForgeAppId, ForgeCall, ForgeHalf, ForgeLookup, Installation, InstallationAri,
    InstallationRecord, InstallationSecrets, InstallationStatus, Learning, License, LicenseSource,
    LookupStage, LookupStep, SharedSecret, State,
};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, missing};
use crate::host::refused;
use crate::lines::json_text;
use crate::parsed::{BODIES, BodyTexts, ReadBody};
use crate::{received, record};

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
  record?: string | undefined;
  /** What a token came with, which was proved: of Connect the first two, when it was issued beside it (seconds since
   * 1970); of Forge the others, what it says beside it. */
  call?: "request" | "context" | "invocation" | "event" | undefined;
  issuedAt?: number | undefined;
  half?: ForgeHalf | undefined;
  /** How far the lookup of a token of Forge came; 0 once what is stored under its installation is loaded. */
  stage?: number | undefined;
}

/** What a record says beyond its fields. */
export interface About {
  /** Of a link: the customer. */
  tenant: string | null;
  /** Under which keys links to the customer belong; not without a record. */
  links: string[];
  /** The code by which the call is refused, or `reopen` where its page brings the installation back; without a call,
   * any is refused. */
  refusesCall: string | null;
  /** Of Forge: what is to be loaded next, and how far the lookup is then. */
  load: string | null;
  stage: number;
  /** Whether what the token says is written down, once nothing is to be loaded; null where nobody is known whose it is. */
  learns: "nothing" | "try" | "require" | null;
  /** Whether an event of the token is the record's to take. */
  takesEvents: boolean;
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

/** Secrets, and the last second (since 1970) in which they may be used out of memory, where they may. */
export interface Secrets {
  secrets: string[];
  through?: number;
  /** Whether proved requests of it are served. */
  isServed?: boolean;
}

export interface SecretsInput {
  stored: StoredInstallation;
  /** How long the previous secret counts after it was replaced, in seconds; the core's, when left out. */
  grace: number | undefined;
  /** What the token came with; or of which installations: those that are installed, or any. */
  of: "request" | "context" | "enabled" | "disabled" | "in_use" | "installed" | "any";
  /** For how many seconds they are kept at the most. */
  keepFor: number | undefined;
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
///
/// With the hash of its body, where that is known.
pub(crate) fn event(input: &Input) -> Result<(Event, Option<BodyHash>), Error> {
    let on = input.text("on").unwrap_or_default();
    // decisions of the app, without a body
    let decision = match on.as_str() {
        "block" => Some(Event::Block),
        "unblock" => Some(Event::Unblock),
        "invoked" => {
            let half = half(input)?.ok_or_else(|| missing("half"))?;
            Some(Event::Invoked(Box::new(half)))
        }
        "page_opened" => {
            let issued_at = input.time("asOf")?;
            Some(Event::PageOpened { issued_at })
        }
        _ => None,
    };
    if let Some(decision) = decision {
        return Ok((decision, None));
    }
    let of = texts(input)?;
    if let Some(read) = BODIES.with(|kept| kept.take(|it| it.of == of)) {
        return Ok((read.event, read.hash));
    }
    let [_, _, text, _] = &of.texts;
    let text = text.as_ref().ok_or_else(|| missing("body"))?;
    let body = text.as_bytes();
    let event = match on.as_str() {
        "linked" => {
            let tenant = ClientKey::new(text.as_str())?;
            Event::Linked { tenant }
        }
        "joined" => Event::Joined(Box::new(read(text)?)),
        "connect" => {
            let body = LifecycleBody::parse(body)?;
            if body.kind() != received::kind(input)? {
                return Err(missing("event"));
            }
            // accepted together with its token, by `verifyInstall` or `verifyLifecycle`
            body.accepted_before()?.into()
        }
        "forge" => {
            let name = input.text("event").unwrap_or_default();
            let kind = ForgeLifecycleKind::from_name(&name).ok_or_else(|| missing("event"))?;
            ForgeLifecycleEvent::parse(kind, body)?.into()
        }
        "license" => stated(input, body)?.into(),
        _ => return Err(missing("on")),
    };
    Ok((event, None))
}

/// All that an event with a body is read by.
fn texts(input: &Input) -> Result<BodyTexts, Error> {
    Ok(BodyTexts {
        texts: ["on", "event", "body", "environment"].map(|name| input.text(name)),
        as_of: input.number("asOf")?,
    })
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
    let (event, _) = event(input)?;
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
    let (half, call) = (half(input)?, input.text("call"));
    let known = input.text("record").map(|text| read(&text)).transpose()?;
    let known = known.map(|it| Installation::from_parts(it, InstallationSecrets::default()));
    let known = known.as_ref();
    let mut output = Output::new();
    let tenant = known.and_then(|it| it.tenant());
    output.maybe("tenant", tenant.map(ClientKey::as_str));
    if let Some(known) = known {
        let links = known.links().map(|key| json_text(key.as_str()));
        output.list("links", links);
    }
    let refusal = match (known, &half, &call) {
        (Some(it), Some(half), Some(call)) => it.refusal_of(half, forge_call(call)?),
        (Some(it), None, Some(call)) => {
            match it.admission(request_of(call)?, input.time("issuedAt")?) {
                Admission::Serve => None,
                Admission::Reopen => {
                    output.text("refusesCall", "reopen");
                    return Ok(output);
                }
                Admission::Refuse(refusal) => Some(refusal),
            }
        }
        // nobody says whose token it is
        _ => Some(Refusal::UnknownTenant),
    };
    output.maybe("refusesCall", refusal.as_ref().map(Refusal::code));
    if let (Some(half), Some(call)) = (&half, &call) {
        let stage = input.number("stage")?.unwrap_or_default();
        let stage = usize::try_from(stage).ok().and_then(|at| STAGES.get(at));
        let stage = *stage.ok_or_else(|| missing("stage"))?;
        let mut lookup = ForgeLookup::at(half, forge_call(call)?, stage);
        let step = lookup.loaded(known.map(Installation::record));
        let (load, learns) = match &step {
            LookupStep::Load(key) => (Some(key.as_str()), None),
            LookupStep::Nobody => (None, None),
            LookupStep::Found(Learning::Nothing) => (None, Some("nothing")),
            LookupStep::Found(Learning::Try) => (None, Some("try")),
            LookupStep::Found(Learning::Require) => (None, Some("require")),
        };
        output.maybe("load", load);
        output.maybe("learns", learns);
        output.number("stage", lookup.stage() as u64);
        output.flag(
            "takesEvents",
            known.is_some_and(|it| it.takes_event_of(half)),
        );
    }
    Ok(output)
}

const STAGES: [LookupStage; 4] = [
    LookupStage::Own,
    LookupStage::Linked,
    LookupStage::Site,
    LookupStage::OnSite,
];

fn forge_call(name: &str) -> Result<ForgeCall, Error> {
    match name {
        "event" => Ok(ForgeCall::Event),
        "invocation" => Ok(ForgeCall::Invocation),
        _ => Err(missing("call")),
    }
}

/// What is served. An event is none: whoever takes it stores it, whatever is known of the tenant.
fn request_of(name: &str) -> Result<ConnectCall, Error> {
    match name {
        "request" => Ok(ConnectCall::Page),
        "context" => Ok(ConnectCall::FrontEnd),
        _ => Err(missing("call")),
    }
}

/// Whether a license is another than the one that is known of the installation.
#[wasm_bindgen(js_name = isNews)]
pub fn is_news(
    #[wasm_bindgen(unchecked_param_type = "ApplyInput")] input: Input,
) -> Result<bool, JsValue> {
    let news = || {
        let now = input.time("now")?;
        let (event, hash) = event(&input)?;
        let is_news = match (stored(&input)?, &event) {
            (Some(known), Event::License(license)) => known.is_news(license, now),
            _ => false,
        };
        if is_news {
            // it is delivered next
            let of = texts(&input)?;
            BODIES.with(|kept| kept.keep(ReadBody { of, event, hash }));
        }
        Ok(is_news)
    };
    news().map_err(refused)
}

fn status_of(name: &str) -> Option<InstallationStatus> {
    let mut all = InstallationStatus::ALL.into_iter();
    all.find(|status| status.name() == name)
}

/// For what the secrets are that are asked for. Any secret of the installation proves a `disabled`.
fn secrets_asked(of: &str) -> Result<ConnectCall, Error> {
    match of {
        "in_use" => Ok(ConnectCall::Page),
        "installed" => Ok(ConnectCall::Event(LifecycleKind::Installed)),
        "enabled" => Ok(ConnectCall::Event(LifecycleKind::Enabled)),
        "disabled" | "any" => Ok(ConnectCall::Event(LifecycleKind::Disabled)),
        name => request_of(name).map_err(|_| missing("of")),
    }
}

/// The state of the license that a store knows: of an installation in this status, of which this was stated.
#[wasm_bindgen(js_name = storedState)]
pub fn stored_state(status: &str, is_blocked: bool, stated: &str) -> String {
    let states = [State::Active, State::Inactive, State::Absent];
    let stated = states.into_iter().find(|state| state.name() == stated);
    let state = InstallationStatus::stored_state(status_of(status), is_blocked, stated);
    state.name().to_owned()
}

/// The secrets that a token may be signed with now that came with this, the current one first; or those of an
/// installation that is in use, where that is asked for.
#[wasm_bindgen(js_name = secretsOf, unchecked_return_type = "Json<Secrets>")]
pub fn secrets_of(
    #[wasm_bindgen(unchecked_param_type = "SecretsInput")] input: Input,
) -> Result<String, JsValue> {
    answered(secrets(&input))
}

fn secrets(input: &Input) -> Result<Output, Error> {
    let grace = input.number("grace")?;
    let grace = grace.unwrap_or(Installation::SECRET_GRACE);
    let of = input.need("of")?;
    let call = secrets_asked(&of)?;
    let (stored, now) = (stored(input)?, input.time("now")?);
    let known = stored.filter(|it| of.as_str() != "in_use" || it.status().is_in_use());
    let mut output = Output::new();
    let Some(known) = known else {
        output.json("secrets", "[]");
        return Ok(output);
    };
    let secrets = known.secrets_for(call, now, grace);
    output.list("secrets", secrets.map(|secret| json_text(secret.expose())));
    output.flag("isServed", known.refusal().is_none());
    let keep_for = input.number("keepFor")?.unwrap_or_default();
    if let Some(through) = known.kept_through(now, keep_for, grace) {
        output.time("through", through);
    }
    Ok(output)
}
