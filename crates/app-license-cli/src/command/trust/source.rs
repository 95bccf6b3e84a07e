//! Where a listing comes from: a file, or the platform.

use std::path::{Path, PathBuf};
use std::time::Duration;

use app_license_marketplace::trust::{Listing, TrustFields};

use crate::command::keys::text_file;
use crate::error::CliError;
use crate::io::{Io, MAX_INPUT};

/// Where the platform's listings are.
const MARKETPLACE: &str = "https://api.atlassian.com/marketplace";

/// The live listing.
#[derive(Debug, clap::Args)]
pub(super) struct LiveArgs {
    /// The product id of a listing (a UUID, not the app's key), to read it from the platform
    #[arg(long, value_name = "ID", value_parser = product_id)]
    product_id: Option<String>,
    /// What is live, or the draft, which needs --auth-file
    #[arg(long, value_enum, default_value_t, value_name = "STATE")]
    state: State,
    /// A file that holds `email:api_token`
    #[arg(long, value_name = "FILE")]
    auth_file: Option<PathBuf>,
    /// Another address of the Marketplace API, for tests
    #[arg(long, value_name = "URL", default_value = MARKETPLACE, hide = true)]
    marketplace_url: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, clap::ValueEnum)]
enum State {
    #[default]
    Live,
    Draft,
}

/// The fields of the tab.
#[derive(Debug, clap::Args)]
pub(super) struct FieldArgs {
    /// A file of fields, in place of the one that is shipped
    #[arg(long, value_name = "FILE")]
    fields: Option<PathBuf>,
}

impl FieldArgs {
    pub(super) fn read(&self, io: &mut Io<'_>) -> Result<TrustFields, CliError> {
        Ok(match &self.fields {
            Some(path) => TrustFields::from_toml(&text_file(io, path, MAX_INPUT)?)?,
            None => TrustFields::shipped()?,
        })
    }
}

/// One listing.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("source").required(true).args(["file", "product_id"]))]
pub(super) struct SourceArgs {
    /// The document of the API, in a file; `-` for standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    live: LiveArgs,
}

impl SourceArgs {
    pub(super) fn read(&self, io: &mut Io<'_>, fields: &TrustFields) -> Result<Listing, CliError> {
        match &self.file {
            Some(path) => from_file(io, path, fields),
            None => self.live.read(io, fields),
        }
    }
}

pub(super) fn from_file(
    io: &mut Io<'_>,
    path: &Path,
    fields: &TrustFields,
) -> Result<Listing, CliError> {
    let bytes = io.read(path, MAX_INPUT)?;
    Listing::from_json(&bytes, fields).map_err(CliError::in_file(path))
}

impl LiveArgs {
    pub(super) const fn is_given(&self) -> bool {
        self.product_id.is_some()
    }

    /// Reads the listing from the platform, and writes nothing there.
    pub(super) fn read(&self, io: &mut Io<'_>, fields: &TrustFields) -> Result<Listing, CliError> {
        let Some(id) = &self.product_id else {
            return Err(CliError::Option("--product-id is missing".to_owned()));
        };
        if self.state == State::Draft && self.auth_file.is_none() {
            let why = "a draft is shown to its vendor alone: give --auth-file";
            return Err(CliError::Option(why.to_owned()));
        }
        let auth = match &self.auth_file {
            Some(path) => Some(credentials(io, path)?),
            None => None,
        };
        let base = marketplace(&self.marketplace_url)?;
        // without `state`, a vendor gets the draft where there is one
        let state = match self.state {
            State::Live => "live",
            State::Draft => "draft",
        };
        let url = format!("{base}/rest/3/privacy-and-security/products/{id}?state={state}");
        let bytes = crate::net::block_on(get(&url, auth))?;
        Ok(Listing::from_json(&bytes, fields)?)
    }
}

/// https, or plain http to this machine.
fn marketplace(text: &str) -> Result<String, CliError> {
    let wrong = || CliError::Option("--marketplace-url must be https".to_owned());
    let url = url::Url::parse(text).map_err(|_| wrong())?;
    let loopback = match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    };
    if url.scheme() == "https" || (url.scheme() == "http" && loopback) {
        return Ok(text.trim_end_matches('/').to_owned());
    }
    Err(wrong())
}

/// `email:api_token` of a file.
fn credentials(io: &mut Io<'_>, path: &Path) -> Result<(String, String), CliError> {
    let text = text_file(io, path, MAX_INPUT)?;
    match text.trim().split_once(':') {
        Some((email, token)) if !email.is_empty() && !token.is_empty() => {
            Ok((email.to_owned(), token.to_owned()))
        }
        _ => Err(CliError::Option(format!(
            "`{}` must hold `email:api_token`",
            path.display()
        ))),
    }
}

async fn get(url: &str, auth: Option<(String, String)>) -> Result<Vec<u8>, CliError> {
    let failed = |error: reqwest::Error| {
        let why = if error.is_timeout() {
            "no answer in time".to_owned()
        } else {
            crate::net::why(&error)
        };
        CliError::Network(format!("cannot read the listing: {why}"))
    };
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .user_agent(concat!("app-license/", env!("CARGO_PKG_VERSION")))
        .build()
        .map_err(failed)?;
    let mut request = client.get(url).header("accept", "application/json");
    if let Some((email, token)) = auth {
        request = request.basic_auth(email, Some(token));
    }
    let mut response = request.send().await.map_err(failed)?;
    let status = response.status().as_u16();
    if status != 200 {
        let cause = match status {
            401 | 403 => "; --auth-file must hold `email:api_token` of somebody who may see it",
            404 => "; the listing, or its draft, is not there",
            _ => "",
        };
        return Err(CliError::Network(format!(
            "the platform answered {status}{cause}"
        )));
    }
    let mut bytes = Vec::new();
    while let Some(piece) = response.chunk().await.map_err(failed)? {
        if bytes.len().saturating_add(piece.len()) > MAX_INPUT {
            return Err(CliError::TooLarge {
                path: "the listing".to_owned(),
                limit: MAX_INPUT,
            });
        }
        bytes.extend_from_slice(&piece);
    }
    Ok(bytes)
}

/// A UUID: nothing else may become part of a URL.
fn product_id(text: &str) -> Result<String, String> {
    let groups: Vec<_> = text.split('-').collect();
    let lengths: Vec<_> = groups.iter().map(|it| it.len()).collect();
    let hex = |it: &&str| it.bytes().all(|b| b.is_ascii_hexdigit());
    if lengths == [8, 4, 4, 4, 12] && groups.iter().all(hex) {
        return Ok(text.to_ascii_lowercase());
    }
    Err("a product id is a UUID, as 6f1c1f3e-9d0c-4b7a-8a39-0c4f7f2f3a11".to_owned())
}
