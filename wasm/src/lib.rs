//! The core for JavaScript servers: a question in JSON goes in, an answer in JSON comes out.
//!
//! [`room`] makes room for the question, [`ask`] answers it; [`answer`] says where the answer is.
//! No logic lives here: an operation takes its arguments apart, calls the core, and writes down
//! what it says. A refusal answers `{"error": code, "class": …, "message": …}`.
//!
//! The question, which may hold a secret, is wiped as soon as it is parsed, and nothing of a
//! tenant is kept between two calls but the last answer.

mod arguments;
mod connect;
mod decision;
mod forge;

use std::sync::Mutex;

use app_license::{Error, ErrorClass};
use serde_json::{Value, json};

static QUESTION: Mutex<Vec<u8>> = Mutex::new(Vec::new());
static ANSWER: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// The largest question, in bytes.
const LIMIT: usize = 1024 * 1024;

/// Makes room for a question of `len` bytes and says where; nowhere (0) when it is too long.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn room(len: usize) -> *mut u8 {
    match QUESTION.lock() {
        Ok(mut question) if len <= LIMIT => {
            question.clear();
            question.resize(len, 0);
            question.as_mut_ptr()
        }
        _ => std::ptr::null_mut(),
    }
}

/// Answers the question and says how many bytes the answer has.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn ask() -> usize {
    let (Ok(mut question), Ok(mut place)) = (QUESTION.lock(), ANSWER.lock()) else {
        return 0;
    };
    let parsed = serde_json::from_slice::<Value>(&question);
    question.fill(0);
    question.clear();
    let answer = match parsed {
        Ok(question) => respond(&question),
        Err(_) => failure("misuse", "the question is no JSON"),
    };
    *place = answer.to_string().into_bytes();
    place.len()
}

/// Where the answer is.
#[expect(unsafe_code, reason = "an export of the module")]
#[unsafe(no_mangle)]
pub extern "C" fn answer() -> *const u8 {
    ANSWER
        .lock()
        .map_or(std::ptr::null(), |answer| answer.as_ptr())
}

/// Answers one question: an object with `op`, the name of the operation, and its arguments.
#[must_use]
pub fn respond(question: &Value) -> Value {
    let op = question.get("op").and_then(Value::as_str);
    let result = match op.unwrap_or_default() {
        "tenant" => connect::tenant(question),
        "request" => connect::request_token(question),
        "context" => connect::context(question),
        "install_key" => connect::install_key(question),
        "install" => connect::install(question),
        "lifecycle" => connect::lifecycle(question),
        "sign" => connect::sign(question),
        "invocation_key" => forge::invocation_key(question),
        "invocation" => forge::invocation(question),
        "license_api" => forge::license_api(question),
        "decide" => decision::decide(question),
        other => return failure("misuse", &format!("no operation `{other}`")),
    };
    result.unwrap_or_else(|error| refusal(&error))
}

fn refusal(error: &Error) -> Value {
    let class = match error.class() {
        ErrorClass::Malformed => "malformed",
        ErrorClass::TooLarge => "too_large",
        ErrorClass::Refused => "refused",
        _ => "misuse",
    };
    json!({
        "error": error.code(),
        "class": class,
        "status": error.class().http_status(),
        "message": error.to_string(),
    })
}

fn failure(code: &str, message: &str) -> Value {
    json!({ "error": code, "class": "misuse", "status": 500, "message": message })
}

#[cfg(target_arch = "wasm32")]
const fn no_random(_: &mut [u8]) -> Result<(), getrandom::Error> {
    Err(getrandom::Error::UNSUPPORTED)
}

#[cfg(target_arch = "wasm32")]
getrandom::register_custom_getrandom!(no_random);
