//! Taking the arguments of an operation apart.

use app_license::connect::{BaseUrl, Expectations, Request, TenantKeys};
use app_license::{ClientKey, Error, ErrorKind, HmacKey, Leeway, SharedSecret, UnixTime};
use serde_json::Value;

pub(crate) fn text<'q>(question: &'q Value, name: &'static str) -> Result<&'q str, Error> {
    optional(question, name).ok_or_else(|| missing(name))
}

pub(crate) fn optional<'q>(question: &'q Value, name: &str) -> Option<&'q str> {
    question.get(name).and_then(Value::as_str)
}

pub(crate) fn number(question: &Value, name: &str) -> Option<u64> {
    question.get(name).and_then(Value::as_u64)
}

pub(crate) fn flag(question: &Value, name: &str) -> bool {
    question.get(name).and_then(Value::as_bool) == Some(true)
}

pub(crate) fn texts<'q>(question: &'q Value, name: &str) -> Vec<&'q str> {
    let list = question.get(name).and_then(Value::as_array);
    list.into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

pub(crate) fn missing(field: &'static str) -> Error {
    ErrorKind::FieldMissing {
        what: "call",
        field,
    }
    .into()
}

pub(crate) fn now(question: &Value) -> Result<UnixTime, Error> {
    number(question, "now")
        .and_then(UnixTime::from_seconds)
        .ok_or_else(|| missing("now"))
}

pub(crate) fn leeway(question: &Value) -> Result<Option<Leeway>, Error> {
    match number(question, "leeway") {
        None => Ok(None),
        Some(seconds) => match Leeway::from_seconds(seconds) {
            Some(leeway) => Ok(Some(leeway)),
            None => Err(missing("leeway")),
        },
    }
}

pub(crate) fn expectations(question: &Value) -> Result<Expectations, Error> {
    let mut urls = texts(question, "baseUrls").into_iter();
    let first = urls.next().ok_or_else(|| missing("baseUrls"))?;
    let mut expected = Expectations::new(BaseUrl::new(first)?);
    for url in urls {
        expected = expected.accept_base_url(BaseUrl::new(url)?);
    }
    if let Some(leeway) = leeway(question)? {
        expected = expected.with_leeway(leeway);
    }
    Ok(expected)
}

pub(crate) fn request(question: &Value) -> Result<Request<'_>, Error> {
    let request = Request::new(text(question, "method")?, text(question, "target")?);
    Ok(match optional(question, "form") {
        Some(form) => request.with_form_body(form),
        None => request,
    })
}

/// The keys of one tenant: the current secret, then the one before.
pub(crate) fn tenant_keys(question: &Value) -> Result<TenantKeys, Error> {
    let client_key = ClientKey::new(text(question, "clientKey")?)?;
    let mut secrets = texts(question, "secrets").into_iter();
    let current = secrets.next().ok_or_else(|| missing("secrets"))?;
    let key = |secret: &str| SharedSecret::new(secret).map(|secret| HmacKey::new(&secret));
    let keys = TenantKeys::new(client_key, key(current)?);
    Ok(match secrets.next() {
        Some(previous) => keys.with_previous(key(previous)?),
        None => keys,
    })
}
