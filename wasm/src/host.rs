//! What the module asks of the program that it runs in.

use std::cell::OnceCell;

use app_license::{Error, ErrorClass};
use wasm_bindgen::prelude::*;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** Whose fault a refusal is. */
export type FailureClass = "malformed" | "too_large" | "refused" | "unavailable" | "misuse";

/** What the module asks of the program that it runs in. No function of it may throw. */
export interface Host {
  /**
   * Whether a signature holds: RSASSA-PKCS1-v1_5 with SHA-256. `n` and `e` are the public key's
   * modulus and exponent, big-endian. The arrays are views, good during the call.
   */
  rs256Verify(n: Uint8Array, e: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean;
  /** Makes the error that is thrown for a refusal. */
  refusal(code: string, message: string, failure: FailureClass, status: number): Error;
}
"#;

#[wasm_bindgen]
extern "C" {
    /// The functions that the host hands in.
    #[wasm_bindgen(typescript_type = "Host")]
    pub type Host;

    #[wasm_bindgen(method, js_name = rs256Verify)]
    fn rs256_verify(this: &Host, n: &[u8], e: &[u8], message: &[u8], signature: &[u8]) -> bool;

    #[wasm_bindgen(method)]
    fn refusal(this: &Host, code: &str, message: &str, failure: &str, status: u16) -> JsValue;
}

thread_local! {
    static HOST: OnceCell<Host> = const { OnceCell::new() };
}

/// Hands in the functions of the host: once, before anything else.
#[wasm_bindgen]
pub fn start(host: Host) {
    let _started_before = HOST.with(|cell| cell.set(host));
    app_license_host_crypto::provide(|n, e, message, signature| {
        HOST.with(|cell| {
            cell.get()
                .is_some_and(|host| host.rs256_verify(n, e, message, signature))
        })
    });
}

const CLASSES: [(ErrorClass, &str); 5] = [
    (ErrorClass::Malformed, "malformed"),
    (ErrorClass::TooLarge, "too_large"),
    (ErrorClass::Refused, "refused"),
    (ErrorClass::CouldNotCheck, "unavailable"),
    (ErrorClass::Misuse, "misuse"),
];

/// The name of a class in JavaScript.
pub(crate) fn name_of(class: ErrorClass) -> &'static str {
    let named = CLASSES.iter().find(|(known, _)| *known == class);
    named.map_or("misuse", |(_, name)| name)
}

/// The class of a name. What is none is the app's own mistake.
pub(crate) fn class_of(name: &str) -> ErrorClass {
    let class = CLASSES.iter().find(|(_, known)| *known == name);
    class.map_or(ErrorClass::Misuse, |(class, _)| *class)
}

/// The error of a code.
pub(crate) fn thrown(code: &str, message: &str, class: ErrorClass) -> JsValue {
    let failure = name_of(class);
    HOST.with(|cell| match cell.get() {
        Some(host) => host.refusal(code, message, failure, class.http_status()),
        None => JsValue::from_str(code),
    })
}

/// The error that JavaScript gets for a refusal of the core.
pub(crate) fn refused(error: Error) -> JsValue {
    thrown(error.code(), &error.to_string(), error.class())
}
