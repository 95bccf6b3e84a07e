//! Method and target of the request that a token is checked against, as they were on the wire.

use super::query::redacted;
use crate::error::{Error, ErrorKind, at_most, shown};
use crate::find::{split, split_once};

/// The largest target or form body that is read, in bytes.
pub(super) const MAX_TARGET: usize = 64 * 1024;

/// What a query hash covers of a request: the method and the target of its request line, as they were on the
/// wire.
///
/// Take the target before any router or proxy rewrites it.
///
/// ```
/// use app_license::connect::RequestLine;
/// let request = RequestLine::new("GET", "/panel?lic=active&capSet=capabilityAdvanced");
/// assert_eq!(request.query(), "lic=active&capSet=capabilityAdvanced");
/// ```
#[derive(Clone, Copy)]
pub struct RequestLine<'r> {
    pub(super) method: &'r str,
    target: &'r str,
    before_query: &'r str,
    query: &'r str,
    pub(super) form_body: Option<&'r str>,
}

impl<'r> RequestLine<'r> {
    /// A request: its method, and `path?query` or an absolute URL.
    #[must_use]
    pub fn new(method: &'r str, target: &'r str) -> Self {
        let (without_fragment, _) = split_once(target, b'#').unwrap_or((target, ""));
        let (before_query, query) = split(without_fragment, b'?');
        Self {
            method,
            target,
            before_query,
            query,
            form_body: None,
        }
    }

    /// Lets a form body stand in for the query of a POST or PUT whose query is empty, as some
    /// clients sign it. A body is covered by no hash otherwise.
    #[must_use]
    pub const fn with_form_body(mut self, body: &'r str) -> Self {
        self.form_body = Some(body);
        self
    }

    /// The query as written: what follows the first `?`, up to a fragment.
    #[must_use]
    pub const fn query(&self) -> &'r str {
        self.query
    }

    /// Path and query, both as written; the path is empty or begins with `/`.
    pub(super) fn path_and_query(&self) -> Result<(&'r str, &'r str), Error> {
        at_most("request target", self.target.len(), MAX_TARGET)?;
        let before = self.before_query;
        if before.is_empty() || before.starts_with('/') {
            return Ok((before, self.query));
        }
        let is_web = |scheme: &str| {
            ["http", "https"]
                .iter()
                .any(|s| s.eq_ignore_ascii_case(scheme))
        };
        let path = match before.split_once("://") {
            Some((scheme, rest)) if is_web(scheme) => {
                let authority = rest.find('/').unwrap_or(rest.len());
                rest.get(authority..).unwrap_or_default()
            }
            _ => return Err(invalid("target", "a path or an absolute URL", self.target)),
        };
        Ok((path, self.query))
    }

    /// The path as written.
    pub(super) fn path(&self) -> &'r str {
        self.path_and_query().map_or("", |(path, _)| path)
    }

    /// Whether its path is that of a base URL or below it, on a segment boundary.
    pub(super) fn is_below(&self, base_path: &str) -> Result<bool, Error> {
        let (path, _) = self.path_and_query()?;
        let rest = path.strip_prefix(base_path);
        Ok(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')))
    }

    /// How much of it there is to hash, in bytes.
    pub(super) fn size(&self) -> usize {
        let body = self.form_body.map_or(0, str::len);
        self.target.len().saturating_add(body)
    }

    /// The method, which must be a name.
    pub(super) fn checked_method(&self) -> Result<&'r str, Error> {
        let name = |b: u8| b.is_ascii_alphabetic() || matches!(b, b'-' | b'_');
        if self.method.is_empty() || self.method.len() > 32 || !self.method.bytes().all(name) {
            return Err(invalid("method", "the name of a method", self.method));
        }
        Ok(self.method)
    }
}

/// Neither a token in the query nor the body is shown.
impl std::fmt::Debug for RequestLine<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RequestLine")
            .field("method", &self.method)
            .field("before_query", &self.before_query)
            .field("query", &redacted(self.query))
            .finish_non_exhaustive()
    }
}

#[cold]
fn invalid(field: &'static str, expected: &str, found: &str) -> Error {
    ErrorKind::FieldValue {
        what: "request",
        field,
        expected: expected.to_owned(),
        found: shown(found),
    }
    .into()
}
