//! The canonical request, whose SHA-256 is the query hash (`qsh`) of a token.

use std::cmp::Ordering;

use crate::gate::work;

use super::base_url::BaseUrl;
use super::query::{
    Class, HostValue, Pair, decode_path, has_escape, next_classed, pairs, push_canonical,
};
use super::request_line::{MAX_TARGET, RequestLine};
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
/// use app_license::connect::{BaseUrl, CanonicalRequest, RequestLine};
/// let base = BaseUrl::new("https://app.example.com/connect")?;
/// let request = RequestLine::new("get", "/connect/panel/?b=2+3&a=x&b=1&jwt=eyJ0");
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
    /// `too_large` when the target has more than 64 KiB, `too_many` over 1024 parameters, `field_value` when
    /// method or target cannot be a request's.
    pub fn new(request: &RequestLine<'_>, base: &BaseUrl) -> Result<Self, Error> {
        Self::below(request, base.path())
    }

    pub(super) fn below(request: &RequestLine<'_>, base_path: &str) -> Result<Self, Error> {
        let method = request.checked_method()?;
        let (path, query) = request.path_and_query()?;
        let parameters = parameters(request, query)?;
        let slashed = path.ends_with('/');
        let path = relative(path, base_path);
        // an escaped value only shrinks; one with raw characters may grow
        let capacity = method
            .len()
            .saturating_add(path.len())
            .saturating_add(parameters.len());
        let mut raw = Vec::with_capacity(capacity.saturating_add(32));
        raw.extend(method.bytes().map(|b| b.to_ascii_uppercase()));
        let after_method = raw.len();
        raw.push(b'&');
        push_path(path, &mut raw);
        let after_path = raw.len();
        raw.push(b'&');
        push_query(parameters, &mut raw)?;
        let decoded = decoded_path(path, slashed).map(|path| {
            let mut decoded = Vec::with_capacity(raw.len());
            decoded.extend_from_slice(raw.get(..after_method).unwrap_or_default());
            decoded.push(b'&');
            push_path(&path, &mut decoded);
            decoded.extend_from_slice(raw.get(after_path..).unwrap_or_default());
            text(decoded)
        });
        let raw = text(raw);
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
    /// an app that serves escaped slashes as something else refuses what has [`PathForm::Decoded`].
    ///
    /// ```
    /// use app_license::connect::{BaseUrl, CanonicalRequest, RequestLine};
    /// let base = BaseUrl::new("https://app.example.com")?;
    /// let of = |target| CanonicalRequest::new(&RequestLine::new("GET", target), &base);
    /// assert_eq!(of("/a%20b?x=1")?.decoded(), Some("GET&/a b&x=1"));
    /// assert_eq!(of("/a%2520b?x=1")?.decoded(), None);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn decoded(&self) -> Option<&str> {
        self.decoded.as_deref()
    }

    /// The query hash of the path as written.
    #[must_use]
    pub fn qsh(&self) -> super::Qsh {
        super::Qsh::of(&self.raw)
    }

    /// The query hash of the decoded path, where there is one.
    #[must_use]
    pub fn decoded_qsh(&self) -> Option<super::Qsh> {
        self.decoded().map(super::Qsh::of)
    }

    /// Whose path form the hash is, if it is this request's at all.
    pub(super) fn matches(&self, claimed: &str) -> Option<PathForm> {
        if self.qsh().is(claimed) {
            return Some(PathForm::Raw);
        }
        let decoded = self.decoded_qsh()?;
        decoded.is(claimed).then_some(PathForm::Decoded)
    }
}

/// The query, or the form body that stands in for it.
pub(super) fn parameters<'r>(request: &RequestLine<'r>, query: &'r str) -> Result<&'r str, Error> {
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

pub(super) fn push_path(path: &str, into: &mut Vec<u8>) {
    if path.is_empty() {
        into.push(b'/');
        return;
    }
    for (index, part) in path.split('&').enumerate() {
        if index > 0 {
            into.extend_from_slice(b"%26");
        }
        into.extend_from_slice(part.as_bytes());
    }
}

/// The bytes are pieces of text and ASCII between them.
fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap_or_default()
}

/// `slashed` when the path as written lost its trailing slash already.
fn decoded_path(path: &str, slashed: bool) -> Option<String> {
    if !path.contains('%') {
        return None;
    }
    let mut decoded = decode_path(path)?;
    if !slashed && decoded.ends_with('/') {
        decoded.pop();
    }
    let dots = |segment: &str| matches!(segment, "." | "..");
    let ambiguous = has_escape(&decoded)
        || decoded.chars().any(char::is_control)
        || decoded.split('/').any(dots) && !path.split('/').any(dots)
        || decoded == path;
    (!ambiguous).then_some(decoded)
}

/// A parameter on its way into the canonical query: `name=value`, the name in canonical encoding.
#[derive(Clone, Copy)]
struct Parameter<'q> {
    /// The first bytes of the name as a number, which tells most names apart at once.
    first: u64,
    text: &'q str,
    name_len: usize,
    value_class: Class,
}

/// Parameters: a page of a host has no more than have their place here.
struct Parameters<'q> {
    few: [Parameter<'q>; 16],
    count: usize,
    /// All of them, when they are not few.
    many: Vec<Parameter<'q>>,
}

impl<'q> Parameters<'q> {
    const NONE: Self = Self {
        few: [Parameter::NONE; 16],
        count: 0,
        many: Vec::new(),
    };

    fn push(&mut self, parameter: Parameter<'q>) {
        match self.few.get_mut(self.count) {
            Some(place) => *place = parameter,
            None => {
                if self.many.is_empty() {
                    self.many.extend_from_slice(&self.few);
                }
                self.many.push(parameter);
            }
        }
        self.count = self.count.wrapping_add(1);
    }

    fn all(&mut self) -> &mut [Parameter<'q>] {
        match self.few.get_mut(..self.count) {
            Some(few) => few,
            None => &mut self.many,
        }
    }
}

impl<'q> Parameter<'q> {
    const NONE: Self = Self {
        first: 0,
        text: "",
        name_len: 0,
        value_class: Class::PLAIN,
    };

    fn name(&self) -> &'q str {
        self.text.get(..self.name_len).unwrap_or(self.text)
    }

    fn value(&self) -> &'q str {
        let at = self.name_len.wrapping_add(1);
        self.text.get(at..).unwrap_or_default()
    }

    #[inline]
    fn cmp_name(&self, other: &Self) -> Ordering {
        let first = self.first.cmp(&other.first);
        first.then_with(|| {
            work::count(self.name_len.min(other.name_len));
            self.name().cmp(other.name())
        })
    }
}

fn push_query(query: &str, into: &mut Vec<u8>) -> Result<(), Error> {
    let mut parameters = Parameters::NONE;
    if read_plain(query, &mut parameters)? {
        push_sorted(parameters.all(), into);
        return Ok(());
    }
    // a name needs encoding, which is rare: encode them all, so that reading is the same again
    let encoded = with_encoded_names(query);
    let mut parameters = Parameters::NONE;
    read_pairs(&encoded, &mut parameters, |_| true)?;
    push_sorted(parameters.all(), into);
    Ok(())
}

/// Reads the pairs as long as their names are plain; whether all are.
fn read_plain<'q>(query: &'q str, into: &mut Parameters<'q>) -> Result<bool, Error> {
    read_pairs(query, into, |name| name == Class::PLAIN)
}

fn read_pairs<'q>(
    query: &'q str,
    into: &mut Parameters<'q>,
    is_fit: impl Fn(Class) -> bool,
) -> Result<bool, Error> {
    let mut rest = query;
    while !rest.is_empty() {
        let (pair, after) = next_classed(rest);
        rest = after;
        if !is_fit(pair.name_class) {
            return Ok(false);
        }
        let parameter = Parameter {
            first: 0,
            text: pair.text,
            name_len: pair.name_len,
            value_class: pair.value_class,
        };
        if pair.text.is_empty() || parameter.name() == "jwt" {
            continue;
        }
        if into.count >= MAX_PAIRS {
            return Err(too_many(query));
        }
        let first = first_bytes(pair.text, pair.name_len);
        into.push(Parameter { first, ..parameter });
    }
    Ok(true)
}

/// The query with its names in canonical encoding and its values as they are.
#[cold]
fn with_encoded_names(query: &str) -> String {
    let mut encoded = Vec::with_capacity(query.len().saturating_mul(3));
    for Pair { name, value } in pairs(query) {
        if !encoded.is_empty() {
            encoded.push(b'&');
        }
        push_canonical(name, Class::of(name), &mut encoded);
        encoded.push(b'=');
        encoded.extend_from_slice(value.as_bytes());
    }
    text(encoded)
}

fn push_sorted(parameters: &mut [Parameter<'_>], into: &mut Vec<u8>) {
    sort(parameters);
    let mut last: Option<&Parameter<'_>> = None;
    for parameter in &*parameters {
        if last.is_some_and(|last| last.cmp_name(parameter).is_eq()) {
            into.push(b',');
            push_canonical(parameter.value(), parameter.value_class, into);
            continue;
        }
        if last.is_some() {
            into.push(b'&');
        }
        last = Some(parameter);
        if parameter.value_class == Class::PLAIN && parameter.text.len() > parameter.name_len {
            // `name=value` is canonical as it stands
            into.extend_from_slice(parameter.text.as_bytes());
            continue;
        }
        into.extend_from_slice(parameter.name().as_bytes());
        into.push(b'=');
        push_canonical(parameter.value(), parameter.value_class, into);
    }
}

/// Sorts by name, then by value. Numbers first, which are quick to sort; what they leave equal is
/// looked at again. Each value is decoded once.
fn sort(parameters: &mut [Parameter<'_>]) {
    parameters.sort_unstable_by_key(|p| p.first);
    for alike in parameters.chunk_by_mut(|a, b| a.first == b.first) {
        if alike.len() > 1 {
            alike.sort_unstable_by(compare);
            for repeated in alike.chunk_by_mut(|a, b| a.cmp_name(b).is_eq()) {
                if repeated.len() > 1 {
                    repeated.sort_by_cached_key(|p| HostValue::of(p.value()));
                }
            }
        }
    }
}

/// Apart: what sorts has it at thirty places, and long names that begin alike are rare.
#[inline(never)]
fn compare(one: &Parameter<'_>, other: &Parameter<'_>) -> Ordering {
    one.cmp_name(other)
}

/// The first eight bytes of a name, less those that follow it, as a number that sorts like it.
fn first_bytes(text: &str, name_len: usize) -> u64 {
    let bytes = text.as_bytes();
    let eight = bytes.first_chunk().copied().unwrap_or_else(|| {
        let mut eight = [0; 8];
        for (to, from) in eight.iter_mut().zip(bytes) {
            *to = *from;
        }
        eight
    });
    let following = name_len.saturating_mul(8).min(64);
    let following = u32::try_from(following).unwrap_or(64);
    u64::from_be_bytes(eight) & !u64::MAX.checked_shr(following).unwrap_or_default()
}

#[cold]
fn too_many(query: &str) -> Error {
    ErrorKind::TooMany {
        what: "parameters",
        limit: MAX_PAIRS,
        found: pairs(query).count(),
    }
    .into()
}
