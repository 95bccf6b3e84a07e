//! Rare calls about what is stored: what a record says, what its secrets may prove, and what becomes of what is
//! proved.

use app_license::answer::Refusal;
use app_license::connect::LifecycleKind;
use app_license::{
    Admission, ClientKey, ConnectCall, Error, ForgeCall, ForgeLookup, Installation,
    InstallationSecrets, InstallationStatus, Learning, LookupStage, LookupStep, State,
};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, missing};
use crate::installation::{half, read, stored};
use crate::lines::json_text;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
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
        name => request_of(name),
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
