//! The rules of this crate; those about one document alone are the descriptor crate's.

use app_license_descriptor::{Rule, Severity};

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $summary:literal, $fix:literal;)+) => {
        $(
            pub(crate) static $name: Rule = Rule::new($code, Severity::$severity, $summary, $fix);
        )+
        static OWN: &[&Rule] = &[$(&$name,)+];
    };
}

rules! {
    UNREADABLE = "unreadable", Error,
        "a file that cannot be read",
        "correct what the message names";
    DEPRECATED_RUNTIME = "deprecated_runtime", Warning,
        "a runtime that the platform no longer supports",
        "set `app.runtime.name` to a runtime that is supported";
    DEPRECATED_FIELD = "deprecated_field", Warning,
        "a field that the platform takes away",
        "write what has taken its place";
    CONNECT_END_OF_SUPPORT = "connect_end_of_support", Info,
        "Connect ends, and its descriptors can no longer be updated",
        "adopt Forge from Connect";
    UNSAFE_EVAL = "unsafe_eval", Warning,
        "the manifest allows `eval`",
        "remove `unsafe-eval`: in the browser the npm package needs no WebAssembly";
    WASM_UNSAFE_EVAL = "wasm_unsafe_eval", Error,
        "the platform refuses `wasm-unsafe-eval`",
        "remove it: in the browser the npm package needs no WebAssembly";
    BARE_NPM_NAME = "bare_npm_name", Error,
        "the npm name `app-license` belongs to another publisher",
        "depend on the package of this project by its full name, `@app-license/sdk`";
    NO_SIGNATURE_BACKEND = "no_signature_backend", Warning,
        "the core is built without a backend for signatures: it verifies no token",
        "enable one: `aws-lc-rs` on servers, `rust-crypto` for wasm32";
}

/// Every rule that the doctor knows, by code.
///
/// ```
/// let rules = app_license_doctor::all_rules();
/// assert!(rules.iter().any(|rule| rule.code == "deprecated_runtime"));
/// ```
#[must_use]
pub fn all_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<_> = Rule::all().iter().chain(OWN).copied().collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}
