//! What a delivery does: what a JavaScript store asks between reading and writing.
//!
//! Of the question's fields, four have another meaning here: `Form` is the hash of the delivery's
//! token and `Sites` the last second in which it verifies, `Cloud` the hash of the body that is
//! marked under the token and `AppKey` the end of that mark.

use app_license::delivery::{BodyHash, Delivery, ReplayMark, StoredMark, TokenHash};
use app_license::{ClientKey, Error, InstallationAri, InstallationKey};

use crate::answer::Answer;
use crate::installation::{event, stored, written};
use crate::question::{Field, Question, missing};

/// Says whether the delivery is repeated, the installation after it, the hash of the body to mark,
/// and of every history entry the event and the changes.
pub(crate) fn deliver(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let name = question.need(Field::ClientKey, "key")?;
    let key = if question.text(Field::Flags) == "forge" {
        InstallationKey::Forge(InstallationAri::new(name)?)
    } else {
        InstallationKey::Connect(ClientKey::new(name)?)
    };
    let mut delivery = Delivery::new(key, event(question)?);
    if let Some(token) = question.get(Field::Form) {
        let token = TokenHash::from_hex(token).ok_or_else(|| missing("token"))?;
        let body = question.text(Field::Body).as_bytes();
        let expires_at = question.time(Field::Sites, "expiresAt")?;
        delivery = delivery.marked(ReplayMark::from_hash(token, body, expires_at));
    }
    let mark = match question.get(Field::Cloud) {
        Some(body) => {
            let body = BodyHash::from_hex(body).ok_or_else(|| missing("body"))?;
            let expires_at = question.time(Field::AppKey, "expiresAt")?;
            Some(StoredMark::new(body, expires_at))
        }
        None => None,
    };
    let outcome = delivery.apply(stored(question)?, mark.as_ref(), question.now()?)?;
    answer.flag(outcome.repeated);
    written(outcome.after.as_ref(), answer);
    match &outcome.mark {
        Some(mark) => answer.shown(mark.body_hash()),
        None => answer.none(),
    }
    for entry in &outcome.entries {
        answer.text(entry.event);
        answer.text(&serde_json::to_string(&entry.changes).unwrap_or_default());
    }
    Ok(())
}
