//! Reports into a file: by an export that the host prepares, or page by page.

use std::fmt;
use std::path::Path;

use jiff::civil::Date;
use reqwest::header::{ETAG, IF_RANGE, RANGE};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use url::Url;

use super::super::{LicenseReader, Reader};
use super::error::{Error, ErrorKind};
use super::request::{http, join, with_query};
use super::target::Target;
use super::{Client, Query};

/// How often an export is looked at: two hours at five seconds.
const LOOKS: u32 = 1440;

/// Records of a page; the API gives no more.
const PAGE: usize = 50;

/// How far a download is.
///
/// ```
/// use app_license_marketplace::report::client::Progress;
/// let progress = Progress::Downloading { bytes: 10, of: Some(20) };
/// assert_eq!(progress.to_string(), "downloading: 10 of 20 bytes");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The host prepares the export.
    Preparing {
        /// Its word for how far it is.
        status: String,
    },
    /// The file comes.
    Downloading {
        /// Bytes that are there.
        bytes: u64,
        /// Bytes that there are, where the host says so.
        of: Option<u64>,
    },
    /// The connection broke, and goes on at this byte.
    Resuming {
        /// The byte.
        at: u64,
    },
    /// Pages come.
    Paging {
        /// Records that are there.
        records: u64,
        /// Records that there are, where the host says so.
        of: Option<u64>,
    },
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preparing { status } => write!(f, "the host prepares the export: {status}"),
            Self::Downloading {
                bytes,
                of: Some(of),
            } => write!(f, "downloading: {bytes} of {of} bytes"),
            Self::Downloading { bytes, of: None } => write!(f, "downloading: {bytes} bytes"),
            Self::Resuming { at } => write!(f, "the connection broke: going on at byte {at}"),
            Self::Paging {
                records,
                of: Some(of),
            } => write!(f, "{records} of {of} records"),
            Self::Paging { records, of: None } => write!(f, "{records} records"),
        }
    }
}

impl Client {
    /// Writes all licenses into a file, as JSON: the host prepares an export, which is looked at
    /// until it is ready, and downloaded; a connection that breaks goes on where it broke. A query
    /// of several [parts](Query::parts) makes one list after the other, which a [`Reader`] reads.
    ///
    /// # Errors
    ///
    /// When the API refuses, cannot be reached, or does not get ready in two hours.
    pub async fn export(
        &self,
        query: &Query,
        path: &Path,
        mut progress: impl FnMut(&Progress),
    ) -> Result<(), Error> {
        let mut file = Target::create(path)?;
        for query in query.parts() {
            let query = query.with("accept", "json");
            let parts = ["licenses", "async", "export"];
            let (reports, made) = self.with_fallback(Method::POST, &parts, &query).await?;
            let missing = "the id of the export";
            let id = made.pointer("/export/id").and_then(Value::as_str);
            let id = id.ok_or_else(|| Error::from(ErrorKind::Answer { missing }))?;
            let url = join(&reports.folder, &["licenses", "async", "export", id])?;
            self.wait(join(&url, &["status"])?, &mut progress).await?;
            self.download(url, &mut file, &mut progress).await?;
        }
        Ok(())
    }

    /// Writes the licenses of the free starter tier on one day into a file, as JSON.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/marketplace/rest/v4/api-group-reporting/>
    ///
    /// # Errors
    ///
    /// When the API refuses or cannot be reached.
    pub async fn free_starter_tier(
        &self,
        day: Date,
        path: &Path,
        mut progress: impl FnMut(&Progress),
    ) -> Result<(), Error> {
        let mut file = Target::create(path)?;
        let reports = self.reports().await?;
        let url = join(&reports.folder, &["sales", "freeStarterTier", "export"])?;
        let query = Query::of_nothing().with("date", day).with("accept", "json");
        self.download(with_query(url, &query), &mut file, &mut progress)
            .await
    }

    /// Waits until the export is ready.
    async fn wait(&self, status: Url, progress: &mut impl FnMut(&Progress)) -> Result<(), Error> {
        for _ in 0..LOOKS {
            let answer = self.json(Method::GET, status.clone()).await?;
            let found = answer.pointer("/export/status").and_then(Value::as_str);
            let found: String = found.unwrap_or("unknown").chars().take(40).collect();
            match found.as_str() {
                "COMPLETED" => return Ok(()),
                "FAILED" => return Err(ErrorKind::Failed { status: found }.into()),
                _ => progress(&Progress::Preparing { status: found }),
            }
            tokio::time::sleep(self.poll).await;
        }
        Err(ErrorKind::TooSlow { looks: LOOKS }.into())
    }

    async fn download(
        &self,
        url: Url,
        target: &mut Target<'_>,
        progress: &mut impl FnMut(&Progress),
    ) -> Result<(), Error> {
        target.begin()?;
        let (mut bytes, mut of, mut tag, mut broken) = (0_u64, None::<u64>, None, 0_u32);
        loop {
            let answer = self
                .send(Method::GET, url.clone(), |request| match &tag {
                    Some(tag) if bytes > 0 => request
                        .header(RANGE, format!("bytes={bytes}-"))
                        .header(IF_RANGE, tag),
                    _ if bytes > 0 => request.header(RANGE, format!("bytes={bytes}-")),
                    _ => request,
                })
                .await;
            let mut answer = match answer {
                // the export is ready, but its file is not there yet
                Err(error) if bytes == 0 && is_processed(&error) && broken < self.attempts => {
                    broken = broken.saturating_add(1);
                    tokio::time::sleep(self.poll).await;
                    continue;
                }
                other => other?,
            };
            if answer.status() != StatusCode::PARTIAL_CONTENT {
                // from the start, also where it was to go on
                bytes = 0;
                target.again()?;
            }
            of = answer
                .content_length()
                .map(|rest| rest.saturating_add(bytes))
                .or(of);
            tag = answer.headers().get(ETAG).cloned().or(tag);
            let failure = loop {
                match answer.chunk().await {
                    Ok(Some(chunk)) => {
                        target.write(&chunk)?;
                        let length = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
                        bytes = bytes.saturating_add(length);
                        progress(&Progress::Downloading { bytes, of });
                    }
                    Ok(None) => break None,
                    Err(error) => break Some(error),
                }
            };
            match failure {
                None if of.is_none_or(|of| bytes >= of) => {
                    return target.end();
                }
                Some(error) if broken >= self.attempts => return Err(http(error)),
                _ if broken >= self.attempts => {
                    let missing = "the end of the file";
                    return Err(ErrorKind::Answer { missing }.into());
                }
                _ => {}
            }
            broken = broken.saturating_add(1);
            progress(&Progress::Resuming { at: bytes });
            tokio::time::sleep(self.pause).await;
        }
    }

    /// Writes all licenses into a file, page by page: for few licenses. The file has the pages one
    /// after the other, which a [`Reader`] reads.
    ///
    /// # Errors
    ///
    /// When the API refuses or cannot be reached, and when a page cannot be read.
    pub async fn pages(
        &self,
        query: &Query,
        path: &Path,
        mut progress: impl FnMut(&Progress),
    ) -> Result<(), Error> {
        let mut file = Target::create(path)?;
        for query in query.parts() {
            self.pages_of(&query, &mut file, &mut progress).await?;
        }
        Ok(())
    }

    async fn pages_of(
        &self,
        query: &Query,
        file: &mut Target<'_>,
        progress: &mut impl FnMut(&Progress),
    ) -> Result<(), Error> {
        let mut offset = 0_usize;
        let mut reports = None;
        loop {
            let query = query.clone().with("limit", PAGE).with("offset", offset);
            let page = match &reports {
                None => {
                    let (found, page) = self
                        .with_fallback(Method::GET, &["licenses"], &query)
                        .await?;
                    reports = Some(found);
                    page
                }
                Some(reports) => {
                    let url = with_query(join(&reports.folder, &["licenses"])?, &query);
                    self.json(Method::GET, url).await?
                }
            };
            let text = page.to_string();
            file.write(text.as_bytes())?;
            file.write(b"\n")?;
            let (records, of) = counted(LicenseReader::new(text.as_bytes()));
            offset = offset.saturating_add(records);
            progress(&Progress::Paging {
                records: u64::try_from(offset).unwrap_or(u64::MAX),
                of,
            });
            let more = of.is_none_or(|of| u64::try_from(offset).is_ok_and(|offset| offset < of));
            if records == 0 || !more {
                return file.end();
            }
        }
    }
}

/// The records of a page, bad ones too, and how many the list has.
fn counted(mut reader: Reader<super::super::Licenses, &[u8]>) -> (usize, Option<u64>) {
    while reader.next().is_some() {}
    let progress = reader.progress();
    let records = progress.records().saturating_add(progress.bad());
    (
        usize::try_from(records).unwrap_or(usize::MAX),
        reader.total_count(),
    )
}

fn is_processed(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Status { status: 404, .. })
}
