//! The Forge License API: what to ask, and what the answer says.

mod error;
mod request;

use crate::gate::facts::MAX_KEYS;
use crate::gate::json::{Kind, Scanner, Value};

use crate::document::{Field, ReadError, name_of, read_object};
use crate::error::{Error, ErrorKind, shown};
use crate::ids::ForgeAppId;
use crate::license::License;
use crate::license_source::LicenseSource;

pub use error::LicenseApiError;
pub use request::LicenseApiRequest;

const WHAT: &str = "License API answer";
/// The largest answer that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// The most results that are read: more than can be asked for.
const MAX_RESULTS: usize = 64;

const fn field(name: &'static str) -> Field {
    Field { what: WHAT, name }
}

/// What the Forge License API answered, app by app.
///
/// An app without a license reads as absent, in both spellings of the platform: empty `data`, and
/// an error of type `NOT_FOUND`. Any other error says that the app could not be checked.
///
/// ```
/// use app_license::{ForgeAppId, State, forge::LicenseApiResponse};
///
/// let answer = LicenseApiResponse::parse(br#"{"results": [
///     {"appId": "35559c21", "data": {"active": true, "capabilitySet": "capabilityAdvanced"}},
///     {"appId": "11259c21", "error": {"type": "NOT_FOUND", "message": "No license found"}},
///     {"appId": "99959c21", "error": {"type": "INTERNAL", "message": "try again"}}
/// ]}"#)?;
/// let of = |id: &str| answer.license(&ForgeAppId::new(id).unwrap());
/// assert!(of("35559c21")?.has_capability("capabilityAdvanced"));
/// assert_eq!(of("11259c21")?.state(), State::Absent);
/// assert_eq!(of("99959c21").unwrap_err().code(), "not_checked");
/// assert_eq!(of("00059c21").unwrap_err().code(), "not_checked");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LicenseApiResponse {
    results: Vec<Checked>,
}

impl LicenseApiResponse {
    /// Reads the body of a 200 answer.
    ///
    /// # Errors
    /// `field_missing`, `field_type`, `field_value` (an app twice), `invalid_id`, `json_…`,
    /// `too_large`.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let mut results = None;
        read_object(WHAT, body, MAX_BYTES, |s: &mut AnswerScanner<'_>, key| {
            if name_of(key) != "results" {
                s.value()?;
                return Ok(());
            }
            let kind = s.peek()?;
            if kind != Kind::Array {
                return Err(field("results").must_be(Kind::Array, kind).into());
            }
            results = Some(read_results(s)?);
            Ok(())
        })?;
        let results = results.ok_or_else(|| field("results").missing())?;
        Ok(Self { results })
    }

    /// Reads an answer by its status; `retry_after` is the header of that name.
    ///
    /// # Errors
    /// The fault that keeps it from being an answer.
    pub fn read(
        status: u16,
        retry_after: Option<&str>,
        body: &[u8],
    ) -> Result<Self, LicenseApiError> {
        match LicenseApiError::of_status(status, retry_after) {
            Some(fault) => Err(fault),
            None => Self::parse(body).map_err(LicenseApiError::Malformed),
        }
    }

    /// The license of an app.
    ///
    /// # Errors
    /// `not_checked` when the platform could not tell, or does not name the app.
    pub fn license(&self, app: &ForgeAppId) -> Result<License, Error> {
        let found = self.results.iter().find(|(id, _)| id == app);
        found.map_or_else(
            || Err(not_checked(app.uuid(), "the answer does not name it")),
            |(_, result)| result.clone(),
        )
    }

    /// The results, in the order of the answer: licenses, and errors for apps that could not be
    /// checked.
    pub fn results(&self) -> impl Iterator<Item = (&ForgeAppId, Result<&License, &Error>)> {
        self.results
            .iter()
            .map(|(id, result)| (id, result.as_ref()))
    }

    /// The license of the only app in the answer: of the app itself.
    ///
    /// # Errors
    /// `field_value` when there is not exactly one, `not_checked`.
    pub fn into_only(self) -> Result<License, Error> {
        let count = self.results.len();
        let mut results = self.results.into_iter();
        match (results.next(), results.next()) {
            (Some((_, result)), None) => result,
            _ => Err(field("results")
                .must_say("one app", &format!("{count} apps"))
                .into()),
        }
    }
}

type AnswerScanner<'a> = Scanner<'a, { MAX_KEYS * 2 }>;

fn not_checked(app: &str, reason: &str) -> Error {
    ErrorKind::NotChecked {
        app: shown(app),
        reason: shown(reason),
    }
    .into()
}

/// An app, and its license or why it could not be checked.
type Checked = (ForgeAppId, Result<License, Error>);

fn read_results(s: &mut AnswerScanner<'_>) -> Result<Vec<Checked>, ReadError> {
    let mut results: Vec<Checked> = Vec::new();
    s.array(|s| {
        let (id, result) = read_result(s)?;
        if results.iter().any(|(other, _)| *other == id) {
            return Err(field("results").must_say("each app once", id.uuid()).into());
        }
        if results.len() >= MAX_RESULTS {
            return Err(ErrorKind::TooMany {
                what: "results of the License API",
                limit: MAX_RESULTS,
                found: results.len().saturating_add(1),
            }
            .into());
        }
        results.push((id, result));
        Ok::<(), ReadError>(())
    })?;
    Ok(results)
}

fn read_result(s: &mut AnswerScanner<'_>) -> Result<Checked, ReadError> {
    let (mut id, mut data, mut error) = (None, None, None);
    let mut null = false;
    if s.peek()? != Kind::Object {
        let kind = s.peek()?;
        return Err(field("results[]").must_be(Kind::Object, kind).into());
    }
    s.object(|s, key| {
        match &*name_of(key) {
            "appId" => id = field("results[].appId").text(s.value()?)?,
            "data" => match s.peek()? {
                Kind::Object => data = Some(License::read(s, LicenseSource::ForgeLicenseApi)?),
                Kind::Null => {
                    s.value()?;
                    null = true;
                }
                kind => {
                    return Err(field("results[].data").must_be(Kind::Object, kind).into());
                }
            },
            "error" => {
                if let Some(text) = field("results[].error").object(s.value()?)? {
                    error = Some(read_error(text)?);
                }
            }
            _ => drop(s.value()?),
        }
        Ok::<(), ReadError>(())
    })?;
    let id = ForgeAppId::new(&id.ok_or_else(|| field("results[].appId").missing())?)?;
    let result = match (data, error) {
        // every part of a license may be null, and so may the whole
        (None, None) if null => Ok(License::absent(LicenseSource::ForgeLicenseApi)),
        (None, None) => return Err(field("results[].data").missing().into()),
        (Some(data), None) => Ok(data),
        (None, Some(kind)) if kind == "NOT_FOUND" => {
            Ok(License::absent(LicenseSource::ForgeLicenseApi))
        }
        (_, Some(kind)) => Err(not_checked(id.uuid(), &kind)),
    };
    Ok((id, result))
}

/// The type of an error.
fn read_error(text: &str) -> Result<String, ReadError> {
    let mut kind = None;
    let mut s = Scanner::<64>::from_text(text);
    s.object(|s, key| {
        let value: Value<'_> = s.value()?;
        if name_of(key) == "type" {
            kind = field("results[].error.type").text(value)?;
        }
        Ok::<(), ReadError>(())
    })?;
    Ok(kind.unwrap_or_else(|| "an error without a type".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::{LicenseApiError, LicenseApiRequest, LicenseApiResponse};
    use crate::gate::facts::State;
    use crate::ids::ForgeAppId;

    fn code(json: &str) -> &'static str {
        LicenseApiResponse::parse(json.as_bytes())
            .unwrap_err()
            .code()
    }

    #[test]
    fn what_is_no_answer_is_refused() {
        for (json, want) in [
            ("{}", "field_missing"),
            (
                r#"{"code":400,"message":"Invalid appId format"}"#,
                "field_missing",
            ),
            (r#"{"results":{}}"#, "field_type"),
            (r#"{"results":[7]}"#, "field_type"),
            (r#"{"results":[{}]}"#, "field_missing"),
            (r#"{"results":[{"appId":"a"}]}"#, "field_missing"),
            (r#"{"results":[{"appId":"a","data":[]}]}"#, "field_type"),
            (r#"{"results":[{"appId":"a/b","data":{}}]}"#, "invalid_id"),
            (
                r#"{"results":[{"appId":"a","data":{}},{"appId":"a","data":{}}]}"#,
                "field_value",
            ),
            (
                r#"{"results":[{"appId":"a","data":{"active":true,"active":false}}]}"#,
                "json_duplicate_key",
            ),
            ("<html>", "json_syntax"),
        ] {
            assert_eq!(code(json), want, "{json}");
        }
    }

    #[test]
    fn null_is_no_license() {
        let json =
            br#"{"results":[{"appId":"a","data":null},{"appId":"b","data":{"active":true}}]}"#;
        let answer = LicenseApiResponse::parse(json).unwrap();
        let license = |app: &str| answer.license(&ForgeAppId::new(app).unwrap()).unwrap();
        assert_eq!(license("a").state(), State::Absent);
        assert_eq!(license("b").state(), State::Active);
    }

    #[test]
    fn data_beside_an_error_does_not_count() {
        let json = br#"{"results":[{"appId":"a","data":{"active":true},"error":{"type":"X"}}]}"#;
        let only = LicenseApiResponse::parse(json).unwrap().into_only();
        assert_eq!(
            only.unwrap_err().to_string(),
            "the license of the app `a` could not be checked: X"
        );
    }

    #[test]
    fn every_status_is_classified() {
        use LicenseApiError::{RateLimited, Refused, Unavailable};
        for (status, want) in [
            (400, Some(Refused { status: 400 })),
            (401, Some(Refused { status: 401 })),
            (403, Some(Refused { status: 403 })),
            (404, Some(Refused { status: 404 })),
            (408, Some(Unavailable { status: Some(408) })),
            (429, Some(RateLimited { retry_after: None })),
            (500, Some(Unavailable { status: Some(500) })),
            (503, Some(Unavailable { status: Some(503) })),
            (302, Some(Unavailable { status: Some(302) })),
            (204, Some(Unavailable { status: Some(204) })),
            (0, Some(Unavailable { status: Some(0) })),
        ] {
            assert_eq!(LicenseApiError::of_status(status, Some("soon")), want);
        }
        let html = LicenseApiResponse::read(200, None, b"<html>").unwrap_err();
        assert!(matches!(html, LicenseApiError::Malformed(_)));
    }

    #[test]
    fn at_most_ten_apps() {
        let app = ForgeAppId::new("a").unwrap();
        assert!(LicenseApiRequest::of_apps(&vec![app.clone(); 10]).is_ok());
        let error = LicenseApiRequest::of_apps(&vec![app; 11]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "11 apps in one License API request are more than the limit of 10"
        );
    }
}
