//! What a delivery does: what a JavaScript store asks between reading and writing.

use app_license::delivery::{BodyHash, Delivery, ReplayMark, StoredMark, TokenHash};
use app_license::{ClientKey, Error, InstallationAri, InstallationKey};
use wasm_bindgen::prelude::*;

use crate::call::{Input, Output, answered, missing};
use crate::installation::{event, stored, written};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A verified delivery to one installation. */
export interface DeliverInput extends ApplyInput {
  key: string;
  /** Of which framework the key is. */
  framework: "connect" | "forge";
  /** The hash of the token that it came with, the last second in which that proves anything, and when it
   * was issued. */
  token: { hash: string; provesUntil: number; issuedAt: number | undefined } | undefined;
  /** What is marked under the token's hash. */
  mark: { body: string; expiresAt: number } | undefined;
}

/** What is to be written, all or nothing. */
export interface Delivered {
  repeated: boolean;
  installation: StoredInstallation | null;
  /** The hash of the body to mark. */
  body: string | null;
  entries: { event: string; changes: unknown[] }[];
}
"#;

/// What a delivery comes to.
#[wasm_bindgen(unchecked_return_type = "Json<Delivered>")]
pub fn deliver(
    #[wasm_bindgen(unchecked_param_type = "DeliverInput")] input: Input,
) -> Result<String, JsValue> {
    answered(delivered(&input))
}

fn delivered(input: &Input) -> Result<Output, Error> {
    let name = input.need("key")?;
    let key = if input.text("framework").is_some_and(|it| *it == "forge") {
        InstallationKey::Forge(InstallationAri::new(name.as_str())?)
    } else {
        InstallationKey::Connect(ClientKey::new(name.as_str())?)
    };
    let (event, known) = event(input)?;
    let mut delivery = Delivery::new(key, event);
    if let Some(token) = input.object("token") {
        let hash = TokenHash::from_hex(&token.need("hash")?).ok_or_else(|| missing("token"))?;
        let expires_at = token.time("provesUntil")?;
        let body = match known {
            Some(known) => known,
            None => BodyHash::of(input.need("body")?.as_bytes()),
        };
        delivery = delivery.marked(ReplayMark::from_hashes(hash, body, expires_at));
        if let Some(issued_at) = token.maybe_time("issuedAt")? {
            delivery = delivery.issued(issued_at);
        }
    }
    let mark = match input.object("mark") {
        Some(mark) => {
            let body = BodyHash::from_hex(&mark.need("body")?).ok_or_else(|| missing("body"))?;
            Some(StoredMark::new(body, mark.time("expiresAt")?))
        }
        None => None,
    };
    let outcome = delivery.apply(stored(input)?, mark.as_ref(), input.time("now")?)?;
    let mut output = Output::new();
    output.flag("repeated", outcome.repeated);
    written(outcome.after.as_ref(), &mut output);
    match &outcome.mark {
        Some(mark) => output.shown("body", mark.body_hash()),
        None => output.json("body", "null"),
    }
    let entries = outcome.entries.iter().map(|entry| {
        let mut output = Output::new();
        output.text("event", entry.event);
        output.json(
            "changes",
            &serde_json::to_string(&entry.changes).unwrap_or_default(),
        );
        output.done()
    });
    output.list("entries", entries);
    Ok(output)
}
