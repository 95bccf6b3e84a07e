//! The one way out of this crate: a GET that trusts nobody.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, HOST, HeaderMap, HeaderValue, RETRY_AFTER};
use url::Url;
use zeroize::Zeroizing;

use crate::error::{Error, ErrorKind};
use crate::retry::retry_after;
use app_license::error::{shown, with_causes};

/// Fetches keys and licenses. One for the whole process: clones share their connections.
///
/// What holds for every request:
/// - https only, and the platform's certificate is checked against the machine's trust store;
/// - no redirect is followed, whatever the status;
/// - a time limit for connecting and one for the whole answer;
/// - the body is read in pieces and dropped at its size limit, 2xx or not;
/// - no proxy is taken from the environment: see [`FetcherBuilder::proxy`];
/// - no cookies, no compression, no referer;
/// - nothing that is sent or answered is logged.
///
/// ```
/// use app_license_client::Fetcher;
/// let fetcher = Fetcher::new()?;
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Fetcher {
    client: reqwest::Client,
    way: Transport,
}

/// How long a whole request may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where requests may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Transport {
    /// https, anywhere the caller's table says.
    Https,
    /// Tests: plain http to this machine.
    Loopback,
    /// Tests: every https URL is asked of this address by plain http, with its host as `Host`.
    Rerouted(SocketAddr),
}

/// A request: where, with what, and how much may come back.
#[derive(Debug)]
pub(crate) struct Get<'a> {
    pub(crate) url: &'a Url,
    pub(crate) accept: &'static str,
    /// The whole `Authorization` header.
    pub(crate) authorization: Option<Zeroizing<String>>,
    /// The most bytes the body may have.
    pub(crate) limit: usize,
}

/// An answer that is no redirect and not too large.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) retry_after: Option<u64>,
    pub(crate) body: Vec<u8>,
    pub(crate) host: String,
}

impl Reply {
    /// The body of a 2xx.
    pub(crate) fn success(self) -> Result<Vec<u8>, Error> {
        match self.status {
            200..=299 => Ok(self.body),
            _ => Err(self.fault()),
        }
    }

    pub(crate) fn fault(&self) -> Error {
        ErrorKind::Status {
            host: self.host.clone(),
            status: self.status,
            retry_after: self.retry_after,
        }
        .into()
    }
}

impl Fetcher {
    /// A fetcher with the defaults of [`FetcherBuilder`].
    ///
    /// # Errors
    /// `setting` when the machine has no trust store.
    pub fn new() -> Result<Self, Error> {
        Self::builder().build()
    }

    /// A fetcher with other time limits, a proxy, or another trust store.
    pub fn builder() -> FetcherBuilder {
        FetcherBuilder::default()
    }

    /// For tests: plain http to a loopback address, and nowhere else. Key stores over it accept
    /// test keys.
    ///
    /// # Errors
    /// `setting` when no HTTP client can be made.
    pub fn loopback_for_tests() -> Result<Self, Error> {
        Self::builder().build_for_tests(Transport::Loopback)
    }

    /// For tests: every https URL is asked of one loopback address by plain http, with its host
    /// in the `Host` header, so that a mock host platform stands in for all of the platform's
    /// hosts while URLs, tables and checks stay those of production. Key stores over it accept test
    /// keys.
    ///
    /// ```
    /// use app_license_client::Fetcher;
    /// assert!(Fetcher::rerouted_for_tests(([127, 0, 0, 1], 8080).into()).is_ok());
    /// assert!(Fetcher::rerouted_for_tests(([192, 0, 2, 1], 8080).into()).is_err());
    /// ```
    ///
    /// # Errors
    /// `setting` when the address is not a loopback address.
    pub fn rerouted_for_tests(to: SocketAddr) -> Result<Self, Error> {
        Self::builder().rerouted_for_tests(to)
    }

    /// Whether it was made by a constructor for tests: what is built over it accepts test keys, which
    /// anybody can sign with.
    ///
    /// ```
    /// use app_license_client::Fetcher;
    /// assert!(Fetcher::loopback_for_tests()?.is_for_tests());
    /// # Ok::<(), app_license_client::Error>(())
    /// ```
    #[must_use]
    pub const fn is_for_tests(&self) -> bool {
        !matches!(self.way, Transport::Https)
    }

    /// Whether it asks this machine and nothing else.
    pub(crate) fn is_loopback_only(&self) -> bool {
        self.way == Transport::Loopback
    }

    /// Whether a URL of a setting can be asked at all.
    pub(crate) fn takes(&self, url: &Url) -> bool {
        let host = url.host();
        let plain = url.username().is_empty() && url.password().is_none();
        let loopback = match host {
            Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
            Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
            Some(url::Host::Domain(name)) => name == "localhost",
            None => false,
        };
        plain
            && match self.way {
                Transport::Https | Transport::Rerouted(_) => {
                    url.scheme() == "https" && host.is_some()
                }
                Transport::Loopback => url.scheme() == "http" && loopback,
            }
    }

    /// Sends a request and reads the answer.
    pub(crate) async fn get(&self, get: Get<'_>) -> Result<Reply, Error> {
        let host = get.url.host_str().unwrap_or_default().to_owned();
        if !self.takes(get.url) {
            return Err(ErrorKind::ForeignHost { host: shown(&host) }.into());
        }
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, HeaderValue::from_static(get.accept));
        if let Some(authorization) = &get.authorization {
            let mut value = HeaderValue::from_str(authorization)
                .map_err(|_| Error::setting("token", "it is not one line of visible text"))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let url = self.on_its_way(get.url, &mut headers)?;
        let failed = |error: reqwest::Error| fault(&host, error);
        let response = self.client.get(url).headers(headers).send().await;
        let mut response = response.map_err(failed)?;
        let status = response.status().as_u16();
        if response.status().is_redirection() {
            return Err(ErrorKind::Redirected { host, status }.into());
        }
        let wait = response.headers().get(RETRY_AFTER);
        let retry_after = wait.and_then(|v| v.to_str().ok()).and_then(retry_after);
        let too_large = || ErrorKind::TooLarge {
            host: host.clone(),
            limit: get.limit,
        };
        let limit = u64::try_from(get.limit).unwrap_or(u64::MAX);
        if response.content_length().is_some_and(|said| said > limit) {
            return Err(too_large().into());
        }
        let mut body = Vec::new();
        while let Some(piece) = response.chunk().await.map_err(failed)? {
            if piece.len() > get.limit.saturating_sub(body.len()) {
                return Err(too_large().into());
            }
            body.extend_from_slice(&piece);
        }
        Ok(Reply {
            status,
            retry_after,
            body,
            host,
        })
    }

    fn on_its_way(&self, url: &Url, headers: &mut HeaderMap) -> Result<Url, Error> {
        let Transport::Rerouted(to) = self.way else {
            return Ok(url.clone());
        };
        let wrong = || Error::setting("url", "it cannot be rerouted");
        let authority = url.host_str().and_then(|h| HeaderValue::from_str(h).ok());
        headers.insert(HOST, authority.ok_or_else(wrong)?);
        let mut url = url.clone();
        url.set_scheme("http").map_err(|()| wrong())?;
        url.set_ip_host(to.ip()).map_err(|()| wrong())?;
        url.set_port(Some(to.port())).map_err(|()| wrong())?;
        Ok(url)
    }
}

#[cold]
fn fault(host: &str, error: reqwest::Error) -> Error {
    let host = host.to_owned();
    if error.is_timeout() {
        return ErrorKind::TimedOut { host }.into();
    }
    ErrorKind::Unreachable {
        host,
        source: Arc::new(error.without_url()),
    }
    .into()
}

/// Settings of a [`Fetcher`].
///
/// ```
/// use std::time::Duration;
/// use app_license_client::Fetcher;
/// let fetcher = Fetcher::builder()
///     .connect_timeout(Duration::from_secs(1))
///     .timeout(Duration::from_secs(3))
///     .proxy("http://proxy.internal:3128")
///     .build()?;
/// # Ok::<(), app_license_client::Error>(())
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct FetcherBuilder {
    connect_timeout: Duration,
    timeout: Duration,
    proxy: Option<String>,
    roots: Option<Vec<u8>>,
    user_agent: String,
}

impl Default for FetcherBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            timeout: TIMEOUT,
            proxy: None,
            roots: None,
            user_agent: concat!("app-license/", env!("CARGO_PKG_VERSION")).to_owned(),
        }
    }
}

impl FetcherBuilder {
    /// How long connecting may take. 2 s if not set.
    pub const fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a whole request may take, from its start to the last byte of the answer. 5 s if
    /// not set: a lifecycle webhook waits for it.
    pub const fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// The proxy to go through. None if not set, whatever the environment says.
    pub fn proxy(mut self, url: impl Into<String>) -> Self {
        self.proxy = Some(url.into());
        self
    }

    /// Trusts the certificates of this PEM text and no others, instead of the machine's store:
    /// for images without one.
    ///
    /// ```
    /// use app_license_client::Fetcher;
    /// // one that could reach nobody is not made
    /// let error = Fetcher::builder().trust_only("no certificate").build().unwrap_err();
    /// assert_eq!(error.to_string(), "the setting `trust_only` is not valid: it has no certificate");
    /// ```
    pub fn trust_only(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots = Some(pem.into());
        self
    }

    /// What the app calls itself. `app-license/` and the version if not set.
    pub fn user_agent(mut self, name: impl Into<String>) -> Self {
        self.user_agent = name.into();
        self
    }

    /// Makes the fetcher.
    ///
    /// # Errors
    /// `setting` when a proxy, certificate or name cannot be used, or the machine has no trust
    /// store.
    pub fn build(self) -> Result<Fetcher, Error> {
        self.make(Transport::Https)
    }

    /// For tests: as [`Fetcher::loopback_for_tests`], with these time limits.
    ///
    /// # Errors
    /// As [`Fetcher::loopback_for_tests`].
    pub fn loopback_for_tests(self) -> Result<Fetcher, Error> {
        self.build_for_tests(Transport::Loopback)
    }

    /// For tests: as [`Fetcher::rerouted_for_tests`], with these time limits.
    ///
    /// # Errors
    /// As [`Fetcher::rerouted_for_tests`].
    pub fn rerouted_for_tests(self, to: SocketAddr) -> Result<Fetcher, Error> {
        if !to.ip().is_loopback() {
            return Err(Error::setting("to", "it is not a loopback address"));
        }
        self.build_for_tests(Transport::Rerouted(to))
    }

    fn build_for_tests(mut self, way: Transport) -> Result<Fetcher, Error> {
        // no TLS on the way, so no trust store is loaded
        self.roots = Some(Vec::new());
        self.proxy = None;
        self.make(way)
    }

    fn make(self, way: Transport) -> Result<Fetcher, Error> {
        // reqwest's own message says only "builder error"
        let wrong = |setting| move |e: reqwest::Error| Error::setting(setting, with_causes(&e));
        let mut client = reqwest::Client::builder()
            .https_only(way == Transport::Https)
            .redirect(reqwest::redirect::Policy::none())
            .referer(false)
            .no_proxy()
            .connect_timeout(self.connect_timeout)
            .timeout(self.timeout)
            .pool_max_idle_per_host(2)
            .pool_idle_timeout(Duration::from_secs(30))
            .user_agent(self.user_agent);
        if let Some(proxy) = self.proxy {
            client = client.proxy(reqwest::Proxy::all(proxy).map_err(wrong("proxy"))?);
        }
        if let Some(pem) = self.roots {
            let roots = reqwest::Certificate::from_pem_bundle(&pem).map_err(wrong("trust_only"))?;
            if roots.is_empty() && way == Transport::Https {
                return Err(Error::setting("trust_only", "it has no certificate"));
            }
            client = client.tls_certs_only(roots);
        }
        let client = client.build().map_err(wrong("fetcher"))?;
        Ok(Fetcher { client, way })
    }
}
