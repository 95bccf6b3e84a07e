//! Operations on what Forge sends.

use app_license::forge::{
    ForgeLifecycleEvent, InvocationVerifierConfig, IsolatedCloud, LicenseApiRequest,
    LicenseApiResponse, UnverifiedInvocationToken, bearer_token,
};
use app_license::{EnvironmentType, Error, ForgeAppId, Jwks};

use app_license::delivery::TokenHash;

use crate::answer::Answer;
use crate::license;
use crate::question::{Field, Question};

/// Which of the platform's keys signed an invocation token.
pub(crate) fn key(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let token = bearer_token(question.authorization())?;
    answer.text(UnverifiedInvocationToken::parse(token)?.kid());
    Ok(())
}

/// The ids of a key set's usable keys.
pub(crate) fn key_set(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let keys = Jwks::parse(question.need(Field::Keys, "jwks")?.as_bytes())?;
    for kid in keys.kids() {
        answer.text(kid);
    }
    Ok(())
}

/// The apps whose tokens are taken: one, or several behind one backend.
fn apps(question: &Question<'_>) -> Result<InvocationVerifierConfig, Error> {
    let mut apps = question.need(Field::AppKey, "appId")?.split('\n');
    let first = ForgeAppId::new(apps.next().unwrap_or_default())?;
    let mut expected = InvocationVerifierConfig::new(first);
    for app in apps {
        expected = expected.accept_app(ForgeAppId::new(app)?);
    }
    Ok(expected)
}

/// Whether settings of a remote can be: refuses those of the core, and says whether the leeway is
/// one.
pub(crate) fn settings(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    apps(question)?;
    if let Some(label) = question.get(Field::Extra) {
        IsolatedCloud::new(label)?;
    }
    answer.flag(question.leeway().is_ok());
    Ok(())
}

/// Reads a lifecycle event: which one it is, and the installation and the app that it names.
pub(crate) fn event(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let event = ForgeLifecycleEvent::parse_any(question.text(Field::Body).as_bytes())?;
    answer.text(event.kind().name());
    answer.maybe(event.installation_id().map(|id| id.as_str()));
    answer.maybe(event.app_id().map(|id| id.as_str()));
    Ok(())
}

/// Whether an answer of the License API tells of any app, and of all that were asked about.
pub(crate) fn license_results(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let read = LicenseApiResponse::parse(question.text(Field::Body).as_bytes())?;
    answer.flag(read.results().any(|(_, result)| result.is_ok()));
    answer.flag(read.results().all(|(_, result)| result.is_ok()));
    Ok(())
}

/// Verifies an invocation token against the platform's key set.
pub(crate) fn invocation(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let text = bearer_token(question.authorization())?;
    let token = UnverifiedInvocationToken::parse(text)?;
    let keys = Jwks::parse(question.need(Field::Keys, "jwks")?.as_bytes())?;
    let mut expected = apps(question)?;
    let leeway = question.leeway()?.unwrap_or_default();
    expected = expected.leeway(leeway);
    if let Some(label) = question.get(Field::Extra) {
        expected = expected.isolated_cloud(IsolatedCloud::new(label)?);
    }
    let token = token.verify(&keys, &expected, question.now()?)?;
    answer.text(token.app_id().as_str());
    answer.text(token.installation_id().as_str());
    answer.time(token.issued_at());
    answer.time(token.expires_at());
    let license = token.license();
    answer.maybe(license.raw());
    license::written(&license, answer);
    for field in [
        token.environment_type().map(EnvironmentType::as_str),
        token.environment_id(),
        token.app_version(),
        token.api_base_url(),
        token.module_key(),
        token.module_type(),
        token.cloud_id().map(|id| id.as_str()),
        token.site_url(),
        token.principal(),
        token.token_id(),
    ] {
        answer.maybe(field);
    }
    match token.user_access() {
        Some(access) => answer.flag(access.allows()),
        None => answer.none(),
    }
    answer.flag(token.is_from_user_interface());
    answer.flag(license.is_confirmed());
    answer.shown(TokenHash::of(text));
    answer.time(token.expires_at().plus(leeway.as_seconds()));
    for context in token.contexts() {
        answer.maybe(context.name());
        answer.maybe(context.api_base_url());
        answer.maybe(context.cloud_id().map(|id| id.as_str()));
        answer.maybe(context.workspace_id());
    }
    Ok(())
}

/// Where to ask the License API: of this very app, or of others too.
pub(crate) fn license_url(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let request = match question.get(Field::AppKey) {
        Some(ids) => {
            let ids: Result<Vec<_>, _> = ids.split('\n').map(ForgeAppId::new).collect();
            LicenseApiRequest::of_apps(&ids?)?
        }
        None => LicenseApiRequest::of_self(),
    };
    answer.text(LicenseApiRequest::ORIGIN);
    answer.text(&request.path());
    Ok(())
}

/// Reads one app's license out of an answer of the License API: `known` and the license's object,
/// or `busy` or `broken` and why.
pub(crate) fn license_api(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let body = question.text(Field::Body).as_bytes();
    let status = question.text(Field::Status).parse().unwrap_or(200);
    let read = match LicenseApiResponse::read(status, question.get(Field::Extra), body) {
        Ok(read) => read,
        Err(fault) => {
            let transient = fault.is_transient();
            answer.text(if transient { "busy" } else { "broken" });
            answer.shown(fault);
            return Ok(());
        }
    };
    let license = match question.get(Field::AppKey) {
        Some(id) => read.license(&ForgeAppId::new(id)?)?,
        None => read.into_only()?,
    };
    answer.text("known");
    answer.maybe(license.raw());
    Ok(())
}
