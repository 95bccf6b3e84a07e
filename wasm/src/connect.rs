//! Operations on requests of Atlassian Connect.

use app_license::connect::{
    CanonicalRequest, IframeQuery, LicenseApiError, LicenseApiResponse, Request, SignedWith,
    UnverifiedContextToken, UnverifiedRequestToken, sign_request, token_from_header,
    token_from_request,
};
use app_license::{AppKey, ClientKey, Error, HmacKey, License, LicenseSource, SharedSecret};

use crate::answer::Answer;
use crate::license;
use crate::question::{Field, Question};

const fn signed_with(which: SignedWith) -> &'static str {
    match which {
        SignedWith::Current => "current",
        SignedWith::Previous => "previous",
    }
}

fn query<'q>(question: &Question<'q>) -> &'q str {
    let target = question.text(Field::Target);
    let target = target.split_once('#').map_or(target, |(before, _)| before);
    target.split_once('?').map_or("", |(_, query)| query)
}

/// Whose token a request carries: which record to look up. Nothing is proved by it.
pub(crate) fn tenant(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let authorization = question.authorization();
    let kind = question.text(Field::Extra);
    if kind == "event" {
        // an address may be logged, and be followed again
        let token = token_from_header(authorization)?;
        answer.text(UnverifiedRequestToken::parse(token)?.issuer().as_str());
        return Ok(());
    }
    let token = token_from_request(authorization, query(question))?;
    if kind == "context" {
        answer.text(UnverifiedContextToken::parse(&token)?.issuer().as_str());
    } else {
        answer.text(UnverifiedRequestToken::parse(&token)?.issuer().as_str());
    }
    Ok(())
}

/// Verifies a request by the token bound to its URL.
pub(crate) fn request(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let request = question.request()?;
    let expected = question.expectations()?;
    let keys = question.tenant_keys()?;
    let text = token_from_request(question.authorization(), request.query())?;
    let token = UnverifiedRequestToken::parse(&text)?;
    let token = token.verify(&keys, &request, &expected, question.now()?)?;
    answer.text(token.issuer().as_str());
    answer.maybe(token.subject());
    answer.time(token.issued_at());
    answer.time(token.expires_at());
    answer.text(signed_with(token.signed_with()));
    license::written(&token.license(), answer);
    Ok(())
}

/// Verifies a request by a context token.
pub(crate) fn context(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let expected = question.expectations()?;
    let keys = question.tenant_keys()?;
    let text = token_from_request(question.authorization(), query(question))?;
    let token = UnverifiedContextToken::parse(&text)?;
    let token = token.verify(&keys, &expected, question.now()?)?;
    answer.text(token.issuer().as_str());
    answer.maybe(token.subject());
    answer.time(token.issued_at());
    answer.time(token.expires_at());
    answer.text(signed_with(token.signed_with()));
    answer.maybe(token.context());
    answer.maybe(token.license().raw());
    Ok(())
}

/// The canonical request and its hash.
pub(crate) fn query_hash(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let canonical = CanonicalRequest::new(&question.request()?, &question.base_url()?)?;
    answer.text(canonical.as_str());
    answer.text(canonical.qsh().as_str());
    Ok(())
}

/// Signs a call of the app to a site: the License API's, unless it names another. Answers the token
/// and the URL.
pub(crate) fn sign(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let secret = SharedSecret::new(question.need(Field::Secret, "secret")?)?;
    let app = AppKey::new(question.need(Field::AppKey, "appKey")?)?;
    let tenant = ClientKey::new(question.need(Field::ClientKey, "clientKey")?)?;
    let mut site = question.base_url()?;
    if question.get(Field::Cloud).is_some() {
        // what is stored may be of another cloud, or of before the app knew better
        site = question.key_hosts()?.check_site(site.as_str())?;
    }
    let key = HmacKey::new(&secret);
    let target = match question.get(Field::Target) {
        Some(target) => target.to_owned(),
        None => format!("{site}{}", LicenseApiResponse::path(&app)),
    };
    let request = Request::new(question.get(Field::Method).unwrap_or("GET"), &target);
    let token = sign_request(&request, &site, &app, &tenant, &key, question.now()?)?;
    answer.text(&token);
    answer.text(&target);
    Ok(())
}

/// Reads an answer of the Connect License API: what it says, and the license's object.
pub(crate) fn license_api(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let status = question.text(Field::Status).parse().ok();
    let body = question.text(Field::Body).as_bytes();
    let read = match question.get(Field::AppKey) {
        Some(app) => LicenseApiResponse::read_for(&AppKey::new(app)?, status, body),
        None => LicenseApiResponse::read(status, body),
    };
    answer.text(match read {
        LicenseApiResponse::License(_) => "license",
        LicenseApiResponse::NotFound => "not_found",
        LicenseApiResponse::Refused { .. } => "refused",
        _ => "faulted",
    });
    answer.maybe(read.license().and_then(License::raw));
    let malformed = matches!(
        read,
        LicenseApiResponse::Failed(LicenseApiError::Malformed(_))
    );
    answer.flag(malformed);
    Ok(())
}

/// Whether settings of an app can be: refuses those of the core, and says whether the leeway is
/// one, and the name of the cloud.
pub(crate) fn settings(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    AppKey::new(question.text(Field::AppKey))?;
    question.expectations_but_leeway()?;
    let knows_cloud = question.knows_cloud();
    if knows_cloud {
        question.key_hosts()?;
    }
    answer.flag(question.leeway().is_ok());
    answer.flag(knows_cloud);
    Ok(())
}

/// Whether an active license of the License API counts instead of a page's `lic=none`.
pub(crate) fn overrules(question: &Question<'_>, answer: &mut Answer) -> Result<(), Error> {
    let body = question.text(Field::Body).as_bytes();
    let answered = License::from_object(body, LicenseSource::ConnectLicenseApi)?;
    let answered = answered.at(question.time(Field::Leeway, "asOf")?);
    let stated = IframeQuery::parse("lic=none").license().at(question.now()?);
    answer.flag(LicenseApiResponse::overrules(&answered, &stated));
    Ok(())
}
