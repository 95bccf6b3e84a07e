//! Delivery over HTTP to the app under test, also with the mishaps of a network.

use std::time::Duration;

use app_license::error::with_causes;

use crate::error::{Error, ErrorKind};
use crate::host::MockHost;
use crate::request::SignedRequest;

/// What the app answered.
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use app_license_testkit::{App, MockHost};
/// let host = MockHost::start().await?;
/// // the mock host stands in for an app here: it knows no `/installed`
/// let app = App::connect("com.example.app", &host.install_keys_url().unwrap())?;
/// let events = host.tenant(&app, "acme")?.install()?;
/// let response = host.deliver(&events[0]).await?;
/// assert_eq!(response.status(), 405);
/// assert!(!response.is_success());
/// # Ok::<(), app_license_testkit::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Delivery {
    name: String,
    status: u16,
    body: Vec<u8>,
    headers: Vec<(String, String)>,
}

impl Delivery {
    /// What was delivered.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The status.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// Whether the platform takes it as delivered: 200 or 204.
    #[must_use]
    pub const fn is_success(&self) -> bool {
        matches!(self.status, 200 | 204)
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body as text, what is no text replaced.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        let all = self.headers.iter();
        all.map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// One header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find_map(|(found, value)| (found == name).then_some(value.as_str()))
    }
}

/// What happens to events on their way.
///
/// ```
/// use app_license_testkit::Mishap;
/// let events = vec!["installed", "enabled"];
/// assert_eq!(Mishap::Lost.applied(events.clone()), Vec::<&str>::new());
/// assert_eq!(Mishap::Twice.applied(events.clone()).len(), 4);
/// assert_eq!(Mishap::OutOfOrder.applied(events), ["enabled", "installed"]);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Mishap {
    /// Every event comes once, in order.
    #[default]
    None,
    /// No event comes.
    Lost,
    /// Every event comes twice in a row.
    Twice,
    /// The events come in the opposite order.
    OutOfOrder,
}

impl Mishap {
    /// The events as they come.
    #[must_use]
    pub fn applied<T: Clone>(self, events: Vec<T>) -> Vec<T> {
        match self {
            Self::None => events,
            Self::Lost => Vec::new(),
            Self::Twice => events
                .into_iter()
                .flat_map(|event| [event.clone(), event])
                .collect(),
            Self::OutOfOrder => events.into_iter().rev().collect(),
        }
    }
}

impl MockHost {
    /// Sends a request to the app under test and answers what it said, whatever that is.
    ///
    /// # Errors
    /// `network` when the app could not be reached, or did not answer in 30 seconds.
    pub async fn deliver(&self, request: &SignedRequest) -> Result<Delivery, Error> {
        send(&client()?, request).await
    }

    /// Sends events one after the other, with a mishap on the way. Answers what the app said to
    /// each that came.
    ///
    /// # Errors
    /// `network` at the first that could not be sent.
    pub async fn deliver_all(
        &self,
        events: Vec<SignedRequest>,
        mishap: Mishap,
    ) -> Result<Vec<Delivery>, Error> {
        let client = client()?;
        let mut answers = Vec::new();
        for event in mishap.applied(events) {
            answers.push(send(&client, &event).await?);
        }
        Ok(answers)
    }
}

pub(crate) fn client() -> Result<reqwest::Client, Error> {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .map_err(|error| failed("making an HTTP client", &error))
}

pub(crate) async fn send(
    client: &reqwest::Client,
    request: &SignedRequest,
) -> Result<Delivery, Error> {
    const WHAT: &str = "reaching the app";
    let method = reqwest::Method::from_bytes(request.method().as_bytes());
    let method = method.unwrap_or(reqwest::Method::GET);
    let mut builder = client.request(method, request.url());
    for (name, value) in request.headers() {
        builder = builder.header(name, value);
    }
    let response = builder
        .body(request.body().to_vec())
        .send()
        .await
        .map_err(|error| failed(WHAT, &error))?;
    let status = response.status().as_u16();
    let headers = response
        .headers()
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.as_str().to_owned(), value)
        })
        .collect();
    let body = response.bytes().await;
    let body = body.map_err(|error| failed(WHAT, &error))?.to_vec();
    Ok(Delivery {
        name: request.name().to_owned(),
        status,
        body,
        headers,
    })
}

fn failed(what: &'static str, error: &reqwest::Error) -> Error {
    // without its own message: that has the URL, which may hold a token
    let cause = std::error::Error::source(error);
    let why = cause.map_or_else(|| "no answer".to_owned(), with_causes);
    ErrorKind::Network { what, why }.into()
}
