//! Operations on lifecycle events of Atlassian Connect.

use app_license::connect::{
    LifecycleBody, LifecycleEvent, LifecycleKind, UnverifiedInstallToken, UnverifiedRequestToken,
    token_from_header,
};
use app_license::{AppKey, Capability, ClientKey, Error, RsaPublicKey};

use app_license::delivery::TokenHash;

use crate::answer::Answer;
use crate::question::{Field, Question, missing};

/// Which of the platform's keys signed an event, and where it may be fetched.
pub(crate) fn key(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let token = token_from_header(question.authorization())?;
    let token = UnverifiedInstallToken::parse(token)?;
    answer.text(token.kid().as_str());
    for url in question.key_hosts()?.key_urls(token.kid()) {
        answer.text(&url);
    }
    Ok(())
}

fn parsed(question: &Question<'_>) -> Result<LifecycleBody, Error> {
    LifecycleBody::parse(question.need(Field::Body, "body")?.as_bytes())
}

pub(crate) fn kind(question: &Question<'_>) -> Result<LifecycleKind, Error> {
    LifecycleKind::from_name(question.text(Field::Event)).ok_or_else(|| missing("event"))
}

fn accepted(
    question: &Question<'_>,
    answer: &mut Answer,
    body: LifecycleBody,
    issuer: &ClientKey,
) -> Result<(), Error> {
    let app = AppKey::new(question.need(Field::AppKey, "appKey")?)?;
    let hosts = question.key_hosts()?;
    let event = body.accept(kind(question)?, &app, issuer, &|host| hosts.is_site(host))?;
    written(event.body(), answer);
    answer.maybe(match &event {
        LifecycleEvent::Installed(installed) => Some(installed.shared_secret().expose()),
        _ => None,
    });
    Ok(())
}

fn written(body: &LifecycleBody, answer: &mut Answer) {
    answer.text(body.kind().name());
    answer.text(body.app_key().as_str());
    answer.text(body.client_key().as_str());
    answer.text(body.base_url());
    answer.text(body.display_url());
    answer.text(body.product_type());
    answer.maybe(body.capability_set().map(Capability::as_str));
    for field in [
        body.entitlement_id(),
        body.entitlement_number(),
        body.service_entitlement_number(),
        body.installation_id().map(|id| id.as_str()),
        body.cloud_id().map(|id| id.as_str()),
        body.oauth_client_id(),
        body.account_id(),
        body.description(),
    ] {
        answer.maybe(field);
    }
}

/// Reads a body that nobody vouches for.
pub(crate) fn body(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let body = parsed(question)?;
    written(&body, answer);
    answer.none();
    answer.flag(body.has_secret());
    Ok(())
}

/// Checks all of `installed` or `uninstalled` that needs no key, so that what cannot be right costs
/// no fetch. Nothing is proved by it. Says whose event it would be.
pub(crate) fn unproved(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let token = token_from_header(question.authorization())?;
    let token = UnverifiedInstallToken::parse(token)?;
    let body = parsed(question)?;
    let client_key = body.client_key().clone();
    let request = question.request()?;
    let expected = question.expectations()?;
    token.check_unproved(&request, &client_key, &expected, question.now()?)?;
    let app = AppKey::new(question.need(Field::AppKey, "appKey")?)?;
    let hosts = question.key_hosts()?;
    body.accept(kind(question)?, &app, &client_key, &|host| {
        hosts.is_site(host)
    })?;
    answer.text(client_key.as_str());
    Ok(())
}

/// Whether a text is a public key that may prove something.
pub(crate) fn public_key(question: &Question<'_>, _: &mut Answer) -> Result<(), Error> {
    RsaPublicKey::from_pem(question.need(Field::Keys, "pem")?).map(drop)
}

/// Verifies `installed` or `uninstalled`, signed by the platform, and accepts its body.
pub(crate) fn signed(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let text = token_from_header(question.authorization())?;
    let token = UnverifiedInstallToken::parse(text)?;
    let key = RsaPublicKey::from_pem(question.need(Field::Keys, "pem")?)?;
    let request = question.request()?;
    let expected = question.expectations()?;
    let now = question.now()?;
    let body = parsed(question)?;
    let token = token.verify(&key, &request, body.client_key(), &expected, now)?;
    accepted(question, answer, body, token.issuer())?;
    answer.shown(TokenHash::of(text));
    answer.time(token.expires_at());
    answer.time(token.expires_at().plus(expected.leeway().as_seconds()));
    Ok(())
}

/// Verifies `enabled` or `disabled`, signed with the tenant's secret, and accepts its body.
pub(crate) fn shared(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let text = token_from_header(question.authorization())?;
    let keys = question.tenant_keys()?;
    let request = question.request()?;
    let expected = question.expectations()?;
    let token = UnverifiedRequestToken::parse(text)?;
    let token = token.verify(&keys, &request, &expected, question.now()?)?;
    accepted(question, answer, parsed(question)?, token.issuer())?;
    answer.shown(TokenHash::of(text));
    answer.time(token.expires_at());
    answer.time(token.expires_at().plus(expected.leeway().as_seconds()));
    Ok(())
}
