//! How many steps the core took, for the tests that hold what a request costs. No module that ships has it.

use app_license::work;
use wasm_bindgen::prelude::*;

/// What was counted so far: bytes that were looked at, entries that were passed.
#[wasm_bindgen]
#[expect(
    clippy::as_conversions,
    clippy::cast_precision_loss,
    reason = "of the requests of a test"
)]
pub fn steps() -> f64 {
    work::steps() as f64
}
