//! Decisions on verified licenses.

use std::time::Duration;

use app_license::forge::UserAccess;
use app_license::{
    Capability, Edition, EnvironmentType, Error, License, LicenseSource, Policy, Verified,
    WhenAbsent,
};
use wasm_bindgen::prelude::*;

use crate::call::{Output, answered, missing, time, whole};

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A decision, and why. */
export interface DecisionFields {
  allowed: boolean;
  reason: string;
  needs: string;
  has: string | null;
  age: number | null;
}
"#;

/// What an absent license means, by the name of an edition; any other denies.
fn when_absent(name: &str) -> WhenAbsent {
    Edition::from_name(name).map_or(WhenAbsent::Deny, WhenAbsent::Assume)
}

/// Decides on a license that the caller has verified before; only a confirmed one counts. `letters`:
/// `d` the platform says that this user has no access, `t` what ended was a trial, `n` the app sells
/// nothing, `i` access does not count, `p` production alone does.
#[wasm_bindgen(unchecked_return_type = "Json<DecisionFields>")]
#[expect(clippy::too_many_arguments, reason = "texts by position, for speed")]
pub fn decide(
    document: String,
    source: String,
    environment: Option<String>,
    as_of: Option<f64>,
    needs: Option<String>,
    letters: String,
    absent: Option<String>,
    absent_outside_production: Option<String>,
    max_age: Option<f64>,
    now: f64,
) -> Result<String, JsValue> {
    let decide = || {
        let source = LicenseSource::from_code(&source).ok_or_else(|| missing("source"))?;
        let mut license = License::from_object(document.as_bytes(), source)?;
        if let Some(environment) = &environment {
            license = license.in_environment(EnvironmentType::new(environment));
        }
        if letters.contains('d') {
            license = license.with_user_access(Some(UserAccess::UNREADABLE));
        }
        if letters.contains('t') {
            // told by the License API or the record of a license that ended
            license = license.with_evaluation(Some(true));
        }
        if let Some(as_of) = as_of {
            license = license.at(time(as_of, "asOf")?);
        }
        let mut policy = Policy::new()
            .production_only(letters.contains('p'))
            .confirmed_only(true)
            .sells_nothing(letters.contains('n'))
            .ignore_user_access(letters.contains('i'));
        if let Some(meaning) = &absent {
            policy = policy.when_absent(when_absent(meaning));
        }
        if let Some(meaning) = &absent_outside_production {
            policy = policy.when_absent_outside_production(when_absent(meaning));
        }
        if let Some(seconds) = max_age {
            policy = policy.max_age(Duration::from_secs(whole(seconds, "maxAge")?));
        }
        let needs = needs.as_deref().ok_or_else(|| missing("requires"))?;
        let license = Verified::dangerous_assume(license);
        let decision = license.decide(&policy, needs, time(now, "now")?);
        let mut output = Output::new();
        output.flag("allowed", decision.is_allowed());
        output.text("reason", decision.code());
        output.text("needs", decision.needs().as_str());
        output.maybe("has", decision.has().map(Capability::as_str));
        match decision.age() {
            Some(age) => output.number("age", age),
            None => output.json("age", "null"),
        }
        Ok::<_, Error>(output)
    };
    answered(decide())
}
