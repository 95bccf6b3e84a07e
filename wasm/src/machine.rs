//! The core's machines for JavaScript: an object in JSON goes in, one comes out.
//!
//! A machine is called by its name. What it reads is closed: a field that there is not is a mistake
//! of the package. No logic lives here.

mod answer;
mod current_license;
mod fetch;
mod forge_keys;
mod install_keys;
mod license;
mod plans;

use app_license::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use wasm_bindgen::prelude::*;

use crate::call::missing;
use crate::host::refused;
use crate::record;

/// Which statement about the license counts for a request: lines in, lines out.
#[wasm_bindgen(js_name = currentLicense)]
pub fn current_license_of(known: String) -> Result<String, JsValue> {
    current_license::next(&known).map_err(refused)
}

/// Calls a machine by its name. `input` and what it answers are JSON.
#[wasm_bindgen]
pub fn machine(name: String, input: String) -> Result<String, JsValue> {
    call(&name, &input).map_err(refused)
}

/// Calls a machine. Answers JSON.
pub(crate) fn call(name: &str, input: &str) -> Result<String, Error> {
    match name {
        "answer" => run(input, answer::answer),
        "problem" => run(input, fetch::traits),
        "license.next" => run(input, license::next),
        "license.found" => run(input, license::found),
        "license.leased" => run(input, license::leased),
        "license.answered" => run(input, license::answered),
        "license.retry" => run(input, license::retry),
        "forge_keys.next" => run(input, forge_keys::next),
        "forge_keys.fetched" => run(input, forge_keys::fetched),
        "forge_keys.after" => run(input, forge_keys::after),
        "install_keys.next" => run(input, install_keys::next),
        "install_keys.loaded" => run(input, install_keys::loaded),
        "install_keys.proved" => run(input, install_keys::proved),
        "install_keys.lane" => run(input, install_keys::lane),
        "install_keys.refund" => run(input, install_keys::refund),
        "install_keys.refresh" => run(input, install_keys::refresh),
        "install_keys.ask" => run(input, install_keys::ask),
        "install_keys.sizes" => run(input, install_keys::sizes),
        "install_keys.flood" => run(input, install_keys::flood),
        "forget" => run(input, forget),
        _ => Err(missing("machine")),
    }
}

fn run<I: DeserializeOwned, O: Serialize>(
    input: &str,
    machine: fn(I) -> Result<O, Error>,
) -> Result<String, Error> {
    let input = record::read(input).map_err(|_| missing("input"))?;
    serde_json::to_string(&machine(input)?).map_err(|_| missing("output"))
}

/// A plan that nobody has any more.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Gone {
    plan: u64,
}

fn forget(gone: Gone) -> Result<(), Error> {
    license::forget(gone.plan);
    forge_keys::forget(gone.plan);
    install_keys::forget(gone.plan);
    Ok(())
}
