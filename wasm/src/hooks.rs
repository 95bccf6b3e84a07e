//! When an event is tried again whose hook failed.

use app_license::UnixTime;
use app_license::plan::hooks::HookPlan;
use wasm_bindgen::prelude::*;

fn plan(pause: u32, tries: u32) -> HookPlan {
    HookPlan {
        pause: pause.into(),
        tries,
        ..HookPlan::default()
    }
}

/// When an event is tried again that failed so often, in seconds after now; `pause` in milliseconds.
#[wasm_bindgen(js_name = hookRetry)]
pub fn retry(pause: u32, tries: u32) -> u32 {
    let retry_at = plan(pause, 0).retry_at(tries, UnixTime::EPOCH);
    u32::try_from(retry_at.as_seconds()).unwrap_or(u32::MAX)
}

/// As how many tries a call counts that was not finished.
#[wasm_bindgen(js_name = hookUnfinished)]
pub fn unfinished(most: u32, tries: u32) -> u32 {
    plan(0, most).unfinished(tries)
}

/// Whether an event that failed so often is tried again now, whose time is so many seconds ahead.
#[wasm_bindgen(js_name = hookIsDue)]
pub fn is_due(most: u32, tries: u32, ahead: f64) -> bool {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "what is behind is due, and what is beyond all times the last of them"
    )]
    let retry_at = UnixTime::EPOCH.plus(ahead as u64);
    plan(0, most).is_due(tries, retry_at, UnixTime::EPOCH)
}

/// How long to rest after so many turns that failed, in milliseconds as `pause` is.
#[wasm_bindgen(js_name = hookRest)]
pub fn rest(pause: u32, failures: u32) -> u32 {
    u32::try_from(plan(pause, 0).rest(failures)).unwrap_or(u32::MAX)
}
