//! Decisions on verified licenses.

use app_license::forge::UserAccess;
use app_license::{
    Capability, Edition, EnvironmentType, Error, License, LicenseSource, Policy, Verified,
    WhenAbsent,
};

use crate::answer::Answer;
use crate::question::{Field, Question, missing};

/// What an absent license means, by the name of an edition; any other denies.
fn when_absent(name: &str) -> WhenAbsent {
    Edition::from_name(name).map_or(WhenAbsent::Deny, WhenAbsent::Assume)
}

/// Decides on a license that the caller has verified before; only a confirmed one counts.
pub(crate) fn decide(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let source = LicenseSource::from_code(question.text(Field::Event));
    let source = source.ok_or_else(|| missing("source"))?;
    let mut license = License::from_object(question.text(Field::Body).as_bytes(), source)?;
    if let Some(environment) = question.get(Field::Extra) {
        license = license.in_environment(EnvironmentType::new(environment));
    }
    // what the platform said of the user, and what the policy makes of it
    let flags = question.text(Field::Method);
    if flags.contains('d') {
        license = license.with_user_access(Some(UserAccess::UNREADABLE));
    }
    if flags.contains('t') {
        // told by the License API or the record of a license that ended
        license = license.with_evaluation(Some(true));
    }
    if question.get(Field::Status).is_some() {
        license = license.at(question.time(Field::Status, "asOf")?);
    }
    let mut policy = Policy::new()
        .production_only(question.get(Field::Form).is_some())
        .confirmed_only(true)
        .sells_nothing(flags.contains('n'))
        .ignore_user_access(flags.contains('i'));
    if let Some(meaning) = question.get(Field::Target) {
        policy = policy.when_absent(when_absent(meaning));
    }
    if let Some(meaning) = question.get(Field::Secret) {
        policy = policy.when_absent_outside_production(when_absent(meaning));
    }
    if question.get(Field::Leeway).is_some() {
        policy = policy.max_age(question.time(Field::Leeway, "maxAge")?.as_seconds());
    }
    let needs = question.need(Field::AppKey, "requires")?;
    let decision = Verified::dangerous_assume(license).decide(&policy, needs, question.now()?);
    answer.flag(decision.is_allowed());
    answer.text(decision.code());
    answer.text(decision.needs().as_str());
    answer.maybe(decision.has().map(Capability::as_str));
    match decision.age() {
        Some(age) => answer.shown(age),
        None => answer.none(),
    }
    Ok(())
}
