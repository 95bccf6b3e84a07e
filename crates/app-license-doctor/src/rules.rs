//! The rules of this crate; those about one document alone are the descriptor crate's.

use app_license_descriptor::{Rule, Severity};

macro_rules! rules {
    ($($name:ident = $code:literal, $severity:ident, $summary:literal, $fix:literal;)+) => {
        $(
            pub(crate) const $name: Rule = Rule::new($code, Severity::$severity, $summary, $fix);
        )+
        static OWN: &[&Rule] = &[$(&$name,)+];
    };
}

rules! {
    UNREADABLE = "unreadable", Error,
        "a file that cannot be read",
        "correct what the message names";
    APP_DIFFERS = "app_differs", Error,
        "`editions.toml` is of another app than the descriptor or the manifest",
        "make the key and the id the same: what is sold and what is installed are one app";
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
    DEPRECATED_ENDPOINT = "deprecated_endpoint", Warning,
        "an endpoint that the platform takes away",
        "call what has taken its place";
    HIDDEN_WITHOUT_GATE = "hidden_without_gate", Warning,
        "a module is hidden by a condition, and no code behind it asks for the license",
        "gate on the server what the module shows: a condition runs in the browser and protects \
         nothing";
    LICENSE_API_LIMIT = "license_api_limit", Warning,
        "the License API is called as often as its limit allows, or more",
        "call it once an hour, keep the answer, and read the license of the invocation otherwise";
    SCHEDULED_TRIGGER_UNLICENSED = "scheduled_trigger_unlicensed", Warning,
        "a scheduled trigger of a paid app runs whether the customer pays or not",
        "set `filter.appIsLicensed: true`, or ask the License API";
    ONLY_IS_ACTIVE_READ = "only_is_active_read", Error,
        "only `isActive` is read, which the platform takes away",
        "read `active`, or let the library read both";
    ONLY_ACTIVE_READ = "only_active_read", Info,
        "only `active` is read: older Forge contexts say `isActive`",
        "let the library read the license: it reads both spellings";
    CAPABILITY_WITHOUT_ACTIVE = "capability_without_active", Warning,
        "an edition is compared and the active flag is not read",
        "ask `hasCapability`, which needs an active license, or read `active` as well";
    ABSENT_LICENSE_GRANTS = "absent_license_grants", Warning,
        "a license that is absent grants what is sold",
        "deny when there is no license in production: only development, staging and free apps have none";
    LICENSE_TRUTHINESS = "license_truthiness", Warning,
        "a license is tested for being there, not for being active",
        "read `active`: an ended license is there as well";
    DECISION_AS_CONDITION = "decision_as_condition", Error,
        "a decision is used as a condition: it is an object, and every object is true",
        "read `allowed` of the decision";
    LICENSE_NOT_AWAITED = "license_not_awaited", Error,
        "`getLicense` is not awaited",
        "write `await getLicense(context)`";
    HINT_IN_FUNCTION = "hint_in_function", Warning,
        "a resolver reads its license as a page does, as a hint",
        "write `await getLicense(context)` of `@app-license/sdk/forge`, or `License.fromFunctionContext(context)`";
    TRIAL_FROM_DATES = "trial_from_dates", Warning,
        "a trial is inferred from dates",
        "read `isEvaluation` (Forge) or `evaluation` (Connect)";
    UI_CONTEXT_TRUSTED = "ui_context_trusted", Error,
        "a resolver decides by what the browser sent",
        "read `context.license` of the resolver, which the platform fills in";
    SERVER_ENTRY_IN_BROWSER = "server_entry_in_browser", Warning,
        "the server entry of the npm package is bundled for a page",
        "import the package itself: its `server` entry is WebAssembly, which pages may not run";
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
/// assert!(rules.iter().any(|rule| rule.code == "hidden_without_gate"));
/// ```
#[must_use]
pub fn all_rules() -> Vec<&'static Rule> {
    let mut rules: Vec<_> = Rule::all().iter().chain(OWN).copied().collect();
    rules.sort_by_key(|rule| rule.code);
    rules
}
