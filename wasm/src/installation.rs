//! Rare calls about what events make of an installation.

use app_license::connect::LifecycleBody;
use app_license::delivery::BodyHash;
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{
    ClientKey, CloudId, EnvironmentType, Error, ErrorKind, Event, ForgeAppId, ForgeHalf,
    Installation, InstallationAri, InstallationRecord, InstallationSecrets, License, LicenseSource,
    SharedSecret,
};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, missing};
use crate::host::refused;
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

export interface ApplyInput extends Happened {
  stored: StoredInstallation | undefined;
  now: number;
}

/** An installation after an event, and what changed. */
export interface Applied {
  installation: StoredInstallation | null;
  changes: unknown[];
}
"#;

pub(crate) fn read(record: &str) -> Result<InstallationRecord, Error> {
    let unreadable = |_: record::Unreadable| ErrorKind::FieldValue {
        what: "stored installation",
        field: "record",
        expected: "a record that this version wrote".to_owned(),
        found: "another".to_owned(),
    };
    Ok(record::read(record).map_err(unreadable)?)
}

/// What a verified token says of the Forge half of a customer.
pub(crate) fn half(input: &Input) -> Result<Option<ForgeHalf>, Error> {
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
    if let Some(read) = BODIES.with(|kept| kept.take(&|it| it.of == of)) {
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

/// All that an event with a body is read by. Of a license alone it is said where and when that was stated.
fn texts(input: &Input) -> Result<BodyTexts, Error> {
    let [on, event, body] = ["on", "event", "body"].map(|name| input.text(name));
    let is_license = on.as_ref().is_some_and(|on| on.as_str() == "license");
    let (environment, as_of) = if is_license {
        (input.text("environment"), input.number("asOf")?)
    } else {
        (None, None)
    };
    Ok(BodyTexts {
        texts: [on, event, body, environment],
        as_of,
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
