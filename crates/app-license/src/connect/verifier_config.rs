//! What a token is checked against besides its signature and its request.

use super::base_url::BaseUrl;
use super::canonical_request::{CanonicalRequest, PathForm};
use super::request_line::RequestLine;
use crate::error::{Error, ErrorKind, shown};
use crate::jwt::Leeway;

/// The app's own settings: where it lives and how strict it is. Made once.
///
/// ```
/// use app_license::Leeway;
/// use app_license::connect::{BaseUrl, RequestVerifierConfig};
/// let expected = RequestVerifierConfig::new(BaseUrl::new("https://app.example.com")?)
///     .leeway(Leeway::from_seconds(60).unwrap_or_default());
/// assert_eq!(expected.base_url().as_str(), "https://app.example.com");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct RequestVerifierConfig {
    base_url: BaseUrl,
    former: Vec<BaseUrl>,
    leeway: Leeway,
    proxy_strips_base_path: bool,
}

impl RequestVerifierConfig {
    /// An app at this base URL (that of its descriptor), with the default leeway of 30 seconds.
    #[must_use]
    pub const fn new(base_url: BaseUrl) -> Self {
        Self {
            base_url,
            former: Vec::new(),
            leeway: match Leeway::from_seconds(30) {
                Some(leeway) => leeway,
                None => Leeway::NONE,
            },
            proxy_strips_base_path: false,
        }
    }

    /// Accepts another base URL as well: of a descriptor that some sites still have installed.
    ///
    /// ```
    /// use app_license::connect::{BaseUrl, RequestVerifierConfig};
    /// let expected = RequestVerifierConfig::new(BaseUrl::new("https://new.example.com")?)
    ///     .accept_base_url(BaseUrl::new("https://old.example.com/connect")?);
    /// assert_eq!(expected.base_urls().count(), 2);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn accept_base_url(mut self, base_url: BaseUrl) -> Self {
        self.former.push(base_url);
        self
    }

    /// How far clocks may differ.
    #[must_use]
    pub const fn leeway(mut self, leeway: Leeway) -> Self {
        self.leeway = leeway;
        self
    }

    /// Says that a proxy in front of the app strips the base URL's path from requests: what arrives
    /// as `/export` was sent to `https://app.example.com/a/export`.
    ///
    /// Without it a request outside the base URL is refused, `outside_base_url`: a token for
    /// `/a/export` must not prove a request to `/export`, which may be another service. With it
    /// every path is taken as one below the base URL.
    ///
    /// ```
    /// use app_license::connect::{BaseUrl, RequestVerifierConfig};
    /// let base = BaseUrl::new("https://app.example.com/a")?;
    /// let expected = RequestVerifierConfig::new(base).proxy_strips_base_path();
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub const fn proxy_strips_base_path(mut self) -> Self {
        self.proxy_strips_base_path = true;
        self
    }

    /// The app's base URL.
    #[must_use]
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// Every base URL that is accepted, the app's own first.
    pub fn base_urls(&self) -> impl Iterator<Item = &BaseUrl> {
        std::iter::once(&self.base_url).chain(&self.former)
    }

    /// How far clocks may differ.
    #[must_use]
    pub const fn allowed_leeway(&self) -> Leeway {
        self.leeway
    }

    /// Checks a computed query hash against the request, below any accepted base URL.
    pub(super) fn check_qsh(
        &self,
        claimed: &str,
        request: &RequestLine<'_>,
    ) -> Result<PathForm, Error> {
        let mut refused = None;
        for (index, base) in self.base_urls().enumerate() {
            let same_path = |other: &BaseUrl| other.path() == base.path();
            if self.base_urls().take(index).any(same_path) {
                continue;
            }
            match self.check_qsh_below(claimed, request, base) {
                Ok(form) => return Ok(form),
                // told is what is wrong below the first base URL that the request is below
                Err(error) if refused.is_none() || is_outside(&refused) => refused = Some(error),
                Err(_) => {}
            }
        }
        Err(refused.unwrap_or_else(|| outside(request, &self.base_url)))
    }

    /// Checks a computed query hash against the request, below one base URL.
    pub(super) fn check_qsh_below(
        &self,
        claimed: &str,
        request: &RequestLine<'_>,
        base: &BaseUrl,
    ) -> Result<PathForm, Error> {
        let canonical = if self.proxy_strips_base_path {
            CanonicalRequest::below(request, "")?
        } else if request.is_below(base.path())? {
            CanonicalRequest::new(request, base)?
        } else {
            return Err(outside(request, base));
        };
        canonical
            .matches(claimed)
            .ok_or_else(|| mismatch(claimed, &canonical))
    }
}

fn is_outside(refused: &Option<Error>) -> bool {
    let kind = refused.as_ref().map(Error::kind);
    matches!(kind, Some(ErrorKind::OutsideBaseUrl { .. }))
}

#[cold]
fn outside(request: &RequestLine<'_>, base: &BaseUrl) -> Error {
    ErrorKind::OutsideBaseUrl {
        path: shown(request.path()),
        base_url: base.to_string(),
    }
    .into()
}

#[cold]
fn mismatch(claimed: &str, canonical: &CanonicalRequest) -> Error {
    ErrorKind::QshMismatch {
        expected: canonical.qsh().to_string(),
        found: shown(claimed),
    }
    .into()
}
