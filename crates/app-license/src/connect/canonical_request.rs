//! The canonical request, whose SHA-256 is the query hash (`qsh`) of a token.

use super::base_url::BaseUrl;
use super::query::{Class, compare_values, decode_path, has_escape, push_canonical};
use super::request::{MAX_TARGET, Request};
use crate::error::{Error, ErrorKind, at_most};

/// The most parameters a request may have.
const MAX_PAIRS: usize = 1024;

/// The text that a query hash is the SHA-256 of: `METHOD&PATH&QUERY`.
///
/// - The method is in upper case.
/// - The path is as written, without the base URL's path (on a segment boundary) and without one
///   trailing slash; an empty one is `/`; an `&` in it is written `%26`.
/// - Parameters are decoded as form data and encoded again; `jwt` is left out; names are sorted by
///   their encoded form; the values of a repeated name are sorted as they are, by UTF-16 units, and
///   joined with commas.
///
/// Hosts have hashed the **decoded** path as well, so there may be a second form; see
/// [`CanonicalRequest::decoded`].
///
/// Platform page: <https://developer.atlassian.com/cloud/jira/platform/understanding-jwt-for-connect-apps/>
///
/// ```
/// use app_license::connect::{BaseUrl, CanonicalRequest, Request};
/// let base = BaseUrl::new("https://app.example.com/connect")?;
/// let request = Request::new("get", "/connect/panel/?b=2+3&a=x&b=1&jwt=eyJ0");
/// let canonical = CanonicalRequest::new(&request, &base)?;
/// assert_eq!(canonical.as_str(), "GET&/panel&a=x&b=1,2%203");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CanonicalRequest {
    raw: String,
    decoded: Option<String>,
}

/// Which form of the path a query hash was made over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(clippy::exhaustive_enums, reason = "a path is as written, or decoded")]
pub enum PathForm {
    /// The path as written in the request.
    Raw,
    /// The percent-decoded path.
    Decoded,
}

impl CanonicalRequest {
    /// Makes the canonical text of a request to what lies below a base URL.
    ///
    /// # Errors
    /// `too_large` when the target has more than 64 KiB or 1024 parameters, `field_value` when
    /// method or target cannot be a request's.
    pub fn new(request: &Request<'_>, base: &BaseUrl) -> Result<Self, Error> {
        Self::below(request, base.path())
    }

    pub(super) fn below(request: &Request<'_>, base_path: &str) -> Result<Self, Error> {
        let method = request.checked_method()?;
        let (path, query) = request.path_and_query()?;
        let parameters = parameters(request, query)?;
        let path = relative(path, base_path);
        let mut raw = String::with_capacity(
            method
                .len()
                .saturating_add(path.len())
                .saturating_add(parameters.len())
                .saturating_add(32),
        );
        raw.push_str(method);
        raw.make_ascii_uppercase();
        let after_method = raw.len();
        raw.push('&');
        push_path(path, &mut raw);
        let after_path = raw.len();
        raw.push('&');
        push_query(parameters, &mut raw)?;
        let decoded = decoded_path(path).map(|path| {
            let mut decoded = String::with_capacity(raw.len());
            decoded.push_str(raw.get(..after_method).unwrap_or_default());
            decoded.push('&');
            push_path(&path, &mut decoded);
            decoded.push_str(raw.get(after_path..).unwrap_or_default());
            decoded
        });
        Ok(Self { raw, decoded })
    }

    /// The text with the path as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.raw
    }

    /// The text with the path decoded, when the path holds escapes and its decoded form says
    /// nothing else than it does.
    ///
    /// There is none when decoding leaves something that reads as an escape again (`%2541`), makes
    /// a `.` or `..` segment or a control character, or is not UTF-8: two different requests would
    /// have one text. An `&` is escaped as ever, and a decoded `?` or `#` is never taken for the
    /// end of the path, since parameters follow an `&`. A decoded `/` is taken as hosts take it;
    /// an app that serves escaped slashes as something else should accept raw paths only.
    ///
    /// ```
    /// use app_license::connect::{BaseUrl, CanonicalRequest, Request};
    /// let base = BaseUrl::new("https://app.example.com")?;
    /// let of = |target| CanonicalRequest::new(&Request::new("GET", target), &base);
    /// assert_eq!(of("/a%20b?x=1")?.decoded(), Some("GET&/a b&x=1"));
    /// assert_eq!(of("/a%2520b?x=1")?.decoded(), None);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn decoded(&self) -> Option<&str> {
        self.decoded.as_deref()
    }

    /// The query hash of the path as written.
    #[cfg(feature = "_crypto")]
    #[must_use]
    pub fn qsh(&self) -> super::Qsh {
        super::Qsh::of(&self.raw)
    }

    /// The query hash of the decoded path, where there is one.
    #[cfg(feature = "_crypto")]
    #[must_use]
    pub fn decoded_qsh(&self) -> Option<super::Qsh> {
        self.decoded().map(super::Qsh::of)
    }

    /// Whose path form the hash is, if it is this request's at all.
    #[cfg(feature = "_crypto")]
    pub(super) fn matches(&self, claimed: &str, raw_only: bool) -> Option<PathForm> {
        if self.qsh().is(claimed) {
            return Some(PathForm::Raw);
        }
        let decoded = self.decoded_qsh().filter(|_| !raw_only)?;
        decoded.is(claimed).then_some(PathForm::Decoded)
    }
}

/// The query, or the form body that stands in for it.
pub(super) fn parameters<'r>(request: &Request<'r>, query: &'r str) -> Result<&'r str, Error> {
    let Some(body) = request.form_body else {
        return Ok(query);
    };
    let takes_body = ["POST", "PUT"]
        .iter()
        .any(|m| request.method.eq_ignore_ascii_case(m));
    if takes_body && query.bytes().all(|b| b == b'&') {
        at_most("form body", body.len(), MAX_TARGET)?;
        Ok(body)
    } else {
        Ok(query)
    }
}

/// The path below the base path, without one trailing slash.
pub(super) fn relative<'p>(path: &'p str, base_path: &str) -> &'p str {
    let below = match path.strip_prefix(base_path) {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => rest,
        _ => path,
    };
    below.strip_suffix('/').unwrap_or(below)
}

pub(super) fn push_path(path: &str, into: &mut String) {
    if path.is_empty() {
        into.push('/');
        return;
    }
    for (index, part) in path.split('&').enumerate() {
        if index > 0 {
            into.push_str("%26");
        }
        into.push_str(part);
    }
}

fn decoded_path(path: &str) -> Option<String> {
    if !path.contains('%') {
        return None;
    }
    let decoded = decode_path(path)?;
    let dots = |segment: &str| matches!(segment, "." | "..");
    let ambiguous = has_escape(&decoded)
        || decoded.chars().any(char::is_control)
        || decoded.split('/').any(dots) && !path.split('/').any(dots)
        || decoded == path;
    (!ambiguous).then_some(decoded)
}

/// A parameter on its way into the canonical query: the name encoded, the value as written.
struct Parameter<'q> {
    name: Name<'q>,
    value: &'q str,
    class: Class,
}

enum Name<'q> {
    Plain(&'q str),
    Encoded(String),
}

impl Name<'_> {
    fn as_str(&self) -> &str {
        match self {
            Self::Plain(name) => name,
            Self::Encoded(name) => name,
        }
    }
}

fn push_query(query: &str, into: &mut String) -> Result<(), Error> {
    let mut parameters = Vec::with_capacity(16);
    for pair in query.split('&') {
        if pair.is_empty() {
            continue;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = match Class::of(name) {
            Class::PLAIN => Name::Plain(name),
            class => {
                let mut encoded = String::with_capacity(name.len().saturating_mul(3));
                push_canonical(name, class, &mut encoded);
                Name::Encoded(encoded)
            }
        };
        if name.as_str() == "jwt" {
            continue;
        }
        parameters.push(Parameter {
            name,
            value,
            class: Class::of(value),
        });
        if parameters.len() > MAX_PAIRS {
            return Err(too_many(query));
        }
    }
    parameters.sort_unstable_by(|a, b| {
        let names = a.name.as_str().cmp(b.name.as_str());
        names.then_with(|| compare_values(a.value, b.value))
    });
    let mut last: Option<&str> = None;
    for parameter in &parameters {
        let name = parameter.name.as_str();
        if last == Some(name) {
            into.push(',');
        } else {
            if last.is_some() {
                into.push('&');
            }
            into.push_str(name);
            into.push('=');
        }
        push_canonical(parameter.value, parameter.class, into);
        last = Some(name);
    }
    Ok(())
}

#[cold]
fn too_many(query: &str) -> Error {
    ErrorKind::TooLarge {
        what: "number of parameters",
        limit: MAX_PAIRS,
        found: query.split('&').count(),
    }
    .into()
}
