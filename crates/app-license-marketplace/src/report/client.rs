//! The reporting API over HTTP. Needs the feature `client`.
//!
//! Version 3 of the API is asked first, and version 2 where the host says that it has no version 3
//! and a vendor id is given. All clouds are asked for: by default the API leaves out government and
//! isolated ones. Addresses are made of ids: those in the API's own links have been wrong.
//!
//! ```no_run
//! use app_license_marketplace::report::LicenseReader;
//! use app_license_marketplace::report::client::{Account, Client, Credentials, Query};
//! # async fn download() -> Result<(), Box<dyn std::error::Error>> {
//! let credentials = Credentials::from_env()?;
//! let client = Client::new(Account::developer("8db33809-1f69-42a5-8e40-8b6e0b3f8d11"), credentials)?;
//! let path = std::path::Path::new("licenses.json");
//! client.export(&Query::new(), path, |progress| eprintln!("{progress}")).await?;
//! let mut reader = LicenseReader::new(std::fs::File::open(path)?);
//! # let _ = reader.next();
//! # Ok(()) }
//! ```
//!
//! The account of the token needs "View sales reports" and "View all other reports". Forge and
//! OAuth apps cannot call this API. See the
//! [documentation](https://developer.atlassian.com/platform/marketplace/rest/v4/api-group-reporting/).

mod credentials;
mod download;
mod error;
mod query;
mod request;
mod target;

use std::time::Duration;

use url::Url;

pub use credentials::Credentials;
pub use download::Progress;
pub use error::{Error, ErrorKind};
pub use query::Query;

/// Whose reports are read.
///
/// ```
/// use app_license_marketplace::report::client::Account;
/// let account = Account::vendor(1212980);
/// # let _ = account;
/// ```
#[derive(Debug, Clone)]
pub struct Account {
    developer: Option<String>,
    vendor: Option<u64>,
}

impl Account {
    /// By the developer id, a UUID: version 3 of the API alone.
    pub fn developer(id: impl Into<String>) -> Self {
        Self {
            developer: Some(id.into()),
            vendor: None,
        }
    }

    /// By the vendor id, a number: the developer id is asked for, and version 2 can be used.
    #[must_use]
    pub const fn vendor(id: u64) -> Self {
        Self {
            developer: None,
            vendor: Some(id),
        }
    }
}

/// A client of the reporting API.
#[derive(Debug)]
pub struct Client {
    http: reqwest::Client,
    account: Account,
    credentials: Credentials,
    v3: Url,
    v2: Url,
    poll: Duration,
    attempts: u32,
    pause: Duration,
}

impl Client {
    /// A client of the real API.
    ///
    /// # Errors
    ///
    /// When the system's certificates cannot be read.
    pub fn new(account: Account, credentials: Credentials) -> Result<Self, Error> {
        let v3 = "https://api.atlassian.com/marketplace/";
        Self::at(
            account,
            credentials,
            v3,
            "https://marketplace.atlassian.com/",
        )
    }

    /// A client of other hosts, as of a mock: `https`, or `http` on this very machine.
    ///
    /// # Errors
    ///
    /// When an address is no such one, and when the system's certificates cannot be read.
    pub fn at(
        account: Account,
        credentials: Credentials,
        v3: &str,
        v2: &str,
    ) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(30))
            .read_timeout(Duration::from_secs(120))
            .user_agent(concat!("app-license/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|source| Error::from(ErrorKind::Http { source }))?;
        Ok(Self {
            http,
            account,
            credentials,
            v3: base(v3)?,
            v2: base(v2)?,
            poll: Duration::from_secs(5),
            attempts: 6,
            pause: Duration::from_secs(1),
        })
    }

    /// How long to wait between two looks at an export, and before the first retry: 5 s and 1 s
    /// unless said. A longer time that the host names is kept to.
    #[must_use]
    pub const fn with_pauses(mut self, poll: Duration, retry: Duration) -> Self {
        self.poll = poll;
        self.pause = retry;
        self
    }
}

fn base(text: &str) -> Result<Url, Error> {
    let wrong = || {
        Error::from(ErrorKind::Address {
            found: text.chars().take(100).collect(),
        })
    };
    let url = Url::parse(text).map_err(|_| wrong())?;
    let local = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && local) {
        return Ok(url);
    }
    Err(wrong())
}
