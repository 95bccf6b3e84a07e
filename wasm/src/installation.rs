//! Rare calls about what events make of an installation.

use app_license::answer::Refusal;
use app_license::connect::LifecycleBody;
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{
    EnvironmentType, Error, ErrorKind, Event, Installation, InstallationRecord,
    InstallationSecrets, InstallationStatus, License, LicenseSource, SharedSecret,
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
  on: "connect" | "forge" | "license" | "page_opened" | "block" | "unblock";
  /** Which event; of a license, its source; of an opened page, when its token was issued (seconds since
   * 1970, `asOf`); of a wish of the app, nothing, and no body. */
  event: string;
  body: string;
  /** Of a license: its environment, and when it was stated (seconds since 1970). */
  environment?: string | undefined;
  asOf?: number | undefined;
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

export interface SecretsInput {
  stored: StoredInstallation;
  /** How long the previous secret counts after it was replaced, in seconds. */
  grace: number;
  /** Of which installations. */
  of: "in_use" | "installed" | "any";
  now: number;
}
"#;

/// The installation before the event.
pub(crate) fn stored(input: &Input) -> Result<Option<Installation>, Error> {
    let Some(stored) = input.object("stored") else {
        return Ok(None);
    };
    let unreadable = |_: record::Unreadable| ErrorKind::FieldValue {
        what: "stored installation",
        field: "record",
        expected: "a record that this version wrote".to_owned(),
        found: "another".to_owned(),
    };
    let text = stored.need("record")?;
    let record: InstallationRecord = record::read(&text).map_err(unreadable)?;
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

/// The event: of Connect, which was verified and accepted before; of Forge; or a license.
pub(crate) fn event(input: &Input) -> Result<Event, Error> {
    let on = input.text("on").unwrap_or_default();
    // wishes of the app, without a body
    match on.as_str() {
        "block" => return Ok(Event::Block),
        "unblock" => return Ok(Event::Unblock),
        "page_opened" => {
            let issued_at = input.time("asOf")?;
            return Ok(Event::PageOpened { issued_at });
        }
        _ => {}
    }
    let body = input.need("body")?;
    let body = body.as_bytes();
    match on.as_str() {
        "connect" => {
            let body = LifecycleBody::parse(body)?;
            let (app, tenant) = (body.app_key().clone(), body.client_key().clone());
            let kind = lifecycle::kind(input)?;
            Ok(body.accept(kind, &app, &tenant, &|_| true)?.into())
        }
        "forge" => {
            let name = input.text("event").unwrap_or_default();
            let kind = ForgeLifecycleKind::from_name(&name).ok_or_else(|| missing("event"))?;
            Ok(ForgeLifecycleEvent::parse(kind, body)?.into())
        }
        _ => Ok(license(input, body)?.into()),
    }
}

fn license(input: &Input, body: &[u8]) -> Result<License, Error> {
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

/// Whether a license is another than the one that is known of the installation.
#[wasm_bindgen(js_name = isNews)]
pub fn is_news(
    #[wasm_bindgen(unchecked_param_type = "Omit<ApplyInput, \"now\">")] input: Input,
) -> Result<bool, JsValue> {
    let news = || {
        Ok(match (stored(&input)?, event(&input)?) {
            (Some(known), Event::License(license)) => known.is_news(&license),
            _ => false,
        })
    };
    news().map_err(refused)
}

/// Why proved requests of an installation in this status are not served; nothing where they are. A status
/// of a later version is not served.
#[wasm_bindgen(js_name = refusalOf)]
pub fn refusal_of(status: &str, is_blocked: bool) -> Option<String> {
    let status = InstallationStatus::ALL
        .into_iter()
        .find(|it| it.name() == status);
    let refusal = match status {
        Some(status) => status.refusal(is_blocked)?,
        None if is_blocked => Refusal::TenantBlocked,
        None => Refusal::UnknownTenant,
    };
    Some(refusal.code().to_owned())
}

/// The secrets that a token may be signed with now, the current one first: of an installation that
/// is in use, or of one that is installed, where that is asked for.
#[wasm_bindgen(js_name = secretsOf, unchecked_return_type = "Json<{ secrets: string[] }>")]
pub fn secrets_of(
    #[wasm_bindgen(unchecked_param_type = "SecretsInput")] input: Input,
) -> Result<String, JsValue> {
    answered(secrets(&input))
}

fn secrets(input: &Input) -> Result<Output, Error> {
    let grace = input.number("grace")?.ok_or_else(|| missing("grace"))?;
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
    Ok(output)
}
