//! When an event is tried again whose hook failed.

use app_license::UnixTime;
use app_license::plan::hooks::HookPlan;
use wasm_bindgen::prelude::*;

fn plan(pause: u32, tries: u32) -> HookPlan {
    let pause = pause.into();
    HookPlan { pause, tries }
}

/// When an event is tried again that failed so often, in seconds after now; `pause` in milliseconds.
#[wasm_bindgen(js_name = hookRetry)]
pub fn retry(pause: u32, tries: u32) -> u32 {
    let retry_at = plan(pause, 0).retry_at(tries, UnixTime::EPOCH);
    u32::try_from(retry_at.as_seconds()).unwrap_or(u32::MAX)
}

/// Whether an event that failed so often is tried again by itself.
#[wasm_bindgen(js_name = hookGoesOn)]
pub fn goes_on(most: u32, tries: u32) -> bool {
    plan(0, most).goes_on(tries)
}

/// How long to rest after so many turns that failed, in milliseconds as `pause` is.
#[wasm_bindgen(js_name = hookRest)]
pub fn rest(pause: u32, failures: u32) -> u32 {
    u32::try_from(plan(pause, 0).rest(failures)).unwrap_or(u32::MAX)
}
