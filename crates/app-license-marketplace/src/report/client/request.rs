//! One request, again where that may help.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use reqwest::{Method, Response};
use serde_json::Value;
use url::Url;

use super::error::{Error, ErrorKind};
use super::{Account, Client, Query};

/// The longest time that is waited because a host asks for it.
const LONGEST: Duration = Duration::from_secs(300);

/// A version of the API, with the folder of this account's reports.
#[derive(Debug, Clone)]
pub(super) struct Reports {
    pub(super) folder: Url,
    is_v3: bool,
}

impl Client {
    /// The reports of the account in version 3, or in version 2.
    pub(super) async fn reports(&self) -> Result<Reports, Error> {
        let Account { developer, vendor } = &self.account;
        if let Some(developer) = developer {
            return self.v3(developer);
        }
        let vendor = vendor.unwrap_or_default();
        let url = join(
            &self.v3,
            &[
                "rest",
                "3",
                "developer-space",
                "vendor",
                &vendor.to_string(),
            ],
        )?;
        match self.json(Method::GET, url).await {
            Ok(answer) => match answer.get("developerId").and_then(Value::as_str) {
                Some(developer) => self.v3(developer),
                None => Err(ErrorKind::Answer {
                    missing: "`developerId`",
                }
                .into()),
            },
            Err(error) if is_gone(&error) => self.v2(),
            Err(error) => Err(error),
        }
    }

    fn v3(&self, developer: &str) -> Result<Reports, Error> {
        let parts = ["rest", "3", "reporting", "developer-space", developer];
        Ok(Reports {
            folder: join(&self.v3, &parts)?,
            is_v3: true,
        })
    }

    fn v2(&self) -> Result<Reports, Error> {
        let vendor = self.account.vendor.unwrap_or_default().to_string();
        Ok(Reports {
            folder: join(&self.v2, &["rest", "2", "vendors", &vendor, "reporting"])?,
            is_v3: false,
        })
    }

    /// Asks version 3, and version 2 where there is no version 3 of it.
    pub(super) async fn with_fallback(
        &self,
        method: Method,
        parts: &[&str],
        query: &Query,
    ) -> Result<(Reports, Value), Error> {
        let reports = self.reports().await?;
        let url = with_query(join(&reports.folder, parts)?, query);
        match self.json(method.clone(), url).await {
            Err(error) if reports.is_v3 && self.account.vendor.is_some() && is_gone(&error) => {
                let reports = self.v2()?;
                let url = with_query(join(&reports.folder, parts)?, query);
                let answer = self.json(method, url).await?;
                Ok((reports, answer))
            }
            other => Ok((reports, other?)),
        }
    }

    pub(super) async fn json(&self, method: Method, url: Url) -> Result<Value, Error> {
        let answer = self.send(method, url, |request| request).await?;
        let text = answer.bytes().await.map_err(http)?;
        serde_json::from_slice(&text).map_err(|_| ErrorKind::Answer { missing: "JSON" }.into())
    }

    /// Sends a request; again after 429, 502, 503, 504 and connections that fail.
    pub(super) async fn send(
        &self,
        method: Method,
        url: Url,
        with: impl Fn(reqwest::RequestBuilder) -> reqwest::RequestBuilder,
    ) -> Result<Response, Error> {
        let mut pause = self.pause;
        let mut attempt = 0_u32;
        loop {
            attempt = attempt.saturating_add(1);
            let request = self
                .credentials
                .sign(self.http.request(method.clone(), url.clone()));
            let last = attempt >= self.attempts;
            let wait = match with(request).send().await {
                Ok(answer) if answer.status().is_success() => return Ok(answer),
                Ok(answer) => {
                    let status = answer.status().as_u16();
                    if last || !matches!(status, 429 | 502 | 503 | 504) {
                        return Err(refusal(answer).await);
                    }
                    wait_after(answer.headers(), pause)
                }
                Err(error) if last => return Err(http(error)),
                Err(_) => pause.min(LONGEST),
            };
            tokio::time::sleep(wait).await;
            pause = pause.saturating_mul(2);
        }
    }
}

/// A connection that failed.
pub(super) fn http(source: reqwest::Error) -> Error {
    ErrorKind::Http { source }.into()
}

/// How long to wait before the request is sent again: as long as the host says in seconds, but
/// not longer than [`LONGEST`]; `pause` where it says nothing, or a date, which is not read.
fn wait_after(headers: &HeaderMap, pause: Duration) -> Duration {
    let said = headers.get(RETRY_AFTER).and_then(|said| said.to_str().ok());
    let seconds = said.and_then(|said| said.trim().parse().ok());
    seconds.map_or(pause, Duration::from_secs).min(LONGEST)
}

async fn refusal(answer: Response) -> Error {
    let status = answer.status().as_u16();
    if matches!(status, 401 | 403) {
        return ErrorKind::Unauthorized { status }.into();
    }
    // a message of a host that is not read to its end if it has none
    let text = answer.text().await.unwrap_or_default();
    let said: Option<Value> = serde_json::from_str(&text).ok();
    let said = said.as_ref().and_then(|said| {
        let inner = said.pointer("/errors/0/message");
        inner.or_else(|| said.get("message"))?.as_str()
    });
    let message = said.unwrap_or("no message that can be read").chars();
    let message = message.filter(|c| !c.is_control()).take(200).collect();
    ErrorKind::Status { status, message }.into()
}

/// Whether the host says that it has no such version.
fn is_gone(error: &Error) -> bool {
    matches!(
        error.kind(),
        ErrorKind::Status {
            status: 404 | 405 | 410 | 501,
            ..
        }
    )
}

/// An address below another one; every part is one part, whatever is in it.
pub(super) fn join(base: &Url, parts: &[&str]) -> Result<Url, Error> {
    let mut url = base.clone();
    match url.path_segments_mut() {
        Ok(mut path) => {
            path.pop_if_empty().extend(parts);
        }
        Err(()) => {
            let found = base.as_str().chars().take(100).collect();
            return Err(ErrorKind::Address { found }.into());
        }
    }
    Ok(url)
}

pub(super) fn with_query(mut url: Url, query: &Query) -> Url {
    url.query_pairs_mut().extend_pairs(query.pairs());
    url
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use reqwest::header::{HeaderMap, HeaderValue, RETRY_AFTER};

    use super::{LONGEST, wait_after};

    #[test]
    fn retry_after_is_kept_to_where_it_is_a_number_of_seconds() {
        let pause = Duration::from_secs(4);
        for (said, expected) in [
            (None, pause),
            (Some("7"), Duration::from_secs(7)),
            (Some(" 0 "), Duration::ZERO),
            (Some("86400"), LONGEST),
            (Some("99999999999999999999999"), pause),
            (Some("-1"), pause),
            (Some("Wed, 21 Oct 2026 07:28:00 GMT"), pause),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(said) = said {
                headers.insert(RETRY_AFTER, HeaderValue::from_static(said));
            }
            assert_eq!(wait_after(&headers, pause), expected, "{said:?}");
        }
    }
}
