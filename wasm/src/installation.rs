//! What events make of an installation.

use app_license::connect::LifecycleBody;
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{
    EnvironmentType, Error, ErrorKind, Event, Installation, InstallationRecord,
    InstallationSecrets, InstallationStatus, License, LicenseSource, SharedSecret,
};

use crate::answer::Answer;
use crate::lifecycle;
use crate::question::{Field, Question, missing};
use crate::record;

/// The installation before the event: a record in JSON, and its secrets.
pub(crate) fn stored(question: &Question<'_>) -> Result<Option<Installation>, Error> {
    let Some(text) = question.get(Field::Keys) else {
        return Ok(None);
    };
    let unreadable = |_: record::Unreadable| ErrorKind::FieldValue {
        what: "stored installation",
        field: "record",
        expected: "a record that this version wrote".to_owned(),
        found: "another".to_owned(),
    };
    let record: InstallationRecord = record::read(text).map_err(unreadable)?;
    let secret = |field| question.get(field).map(SharedSecret::new).transpose();
    let previous = match secret(Field::Previous)? {
        Some(previous) => Some((previous, question.time(Field::Status, "replacedAt")?)),
        None => None,
    };
    let secrets = InstallationSecrets::new(secret(Field::Secret)?, previous);
    Ok(Some(Installation::from_parts(record, secrets)))
}

/// The event: of Connect, which was verified and accepted before; of Forge; or a license.
pub(crate) fn event(question: &Question<'_>) -> Result<Event, Error> {
    let extra = question.text(Field::Extra);
    // wishes of the app, without a body
    match extra {
        "block" => return Ok(Event::Block),
        "unblock" => return Ok(Event::Unblock),
        _ => {}
    }
    let body = question.need(Field::Body, "body")?.as_bytes();
    match extra {
        "connect" => {
            let body = LifecycleBody::parse(body)?;
            let (app, tenant) = (body.app_key().clone(), body.client_key().clone());
            let kind = lifecycle::kind(question)?;
            Ok(body.accept(kind, &app, &tenant, &|_| true)?.into())
        }
        "forge" => {
            let kind = ForgeLifecycleKind::from_name(question.text(Field::Event));
            let kind = kind.ok_or_else(|| missing("event"))?;
            Ok(ForgeLifecycleEvent::parse(kind, body)?.into())
        }
        _ => {
            let source = LicenseSource::from_code(question.text(Field::Event));
            let source = source.ok_or_else(|| missing("source"))?;
            let mut license = License::from_object(body, source)?;
            if let Some(environment) = question.get(Field::Target) {
                license = license.in_environment(EnvironmentType::new(environment));
            }
            if question.get(Field::Leeway).is_some() {
                license = license.at(question.time(Field::Leeway, "asOf")?);
            }
            Ok(license.into())
        }
    }
}

/// The installation after the event, and one field for each change.
pub(crate) fn apply(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let event = event(question)?;
    let (after, changes) = Installation::apply(stored(question)?, &event, question.now()?);
    written(after.as_ref(), answer);
    for change in &changes {
        answer.text(&serde_json::to_string(change).unwrap_or_default());
    }
    Ok(())
}

/// Writes an installation as it is stored: the record in JSON, the secret, the one before it, and
/// when that was replaced.
pub(crate) fn written(installation: Option<&Installation>, answer: &mut Answer) {
    let Some(installation) = installation else {
        (0..4).for_each(|_| answer.none());
        return;
    };
    answer.text(&serde_json::to_string(installation.record()).unwrap_or_default());
    let secrets = installation.stored_secrets();
    answer.maybe(secrets.current().map(SharedSecret::expose));
    match secrets.previous() {
        Some((previous, replaced_at)) => {
            answer.text(previous.expose());
            answer.time(replaced_at);
        }
        None => {
            answer.none();
            answer.none();
        }
    }
}

/// Whether a license is another than the one that is known of the installation.
pub(crate) fn is_news(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let known = stored(question)?;
    let event = event(question)?;
    let news = match (&known, &event) {
        (Some(known), Event::License(license)) => known.is_news(license),
        _ => false,
    };
    answer.flag(news);
    Ok(())
}

/// The secrets that a token may be signed with now, the current one first: of an installation that
/// is in use, or of one that is installed, where that is asked for.
pub(crate) fn secrets(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let grace = question.time(Field::Leeway, "grace")?.as_seconds();
    let served = |status: InstallationStatus| match question.text(Field::Extra) {
        "in_use" => status.is_in_use(),
        "installed" => status != InstallationStatus::Uninstalled,
        _ => true,
    };
    if let Some(installation) = stored(question)?
        && served(installation.status())
    {
        for secret in installation.secrets(question.now()?, grace) {
            answer.text(secret.expose());
        }
    }
    Ok(())
}
