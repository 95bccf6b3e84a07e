//! Options that name keys, tokens and requests, shared by `verify`, `sign` and `qsh`.

use std::path::{Path, PathBuf};

use app_license::connect::{
    BaseUrl, DescriptorUrls, RequestLine, RequestVerifierConfig, TenantKeys, token_from_request,
};
use app_license::{ClientKey, HmacKey, Leeway, SharedSecret};

use crate::error::CliError;
use crate::io::Io;
use crate::now::NowArgs;
use crate::token::strip_scheme;

/// The largest key file, in bytes.
const MAX_KEY: usize = 256 * 1024;

/// Reads a file of text, without the line end that editors add.
pub(crate) fn text_file(io: &mut Io<'_>, path: &Path, limit: usize) -> Result<String, CliError> {
    let bytes = io.read(path, limit)?;
    let mut text = String::from_utf8(bytes)
        .map_err(|_| CliError::Option(format!("`{}` is not UTF-8", path.display())))?;
    text.truncate(text.trim_end_matches(['\r', '\n']).len());
    Ok(text)
}

/// Reads a key file of any kind.
pub(crate) fn key_file(io: &mut Io<'_>, path: &Path) -> Result<String, CliError> {
    text_file(io, path, MAX_KEY)
}

/// The shared secrets of one installation.
#[derive(Debug, clap::Args)]
pub(crate) struct SecretArgs {
    /// The file with the tenant's shared secret
    #[arg(long, value_name = "FILE")]
    secret_file: PathBuf,
    /// The file with the secret before it, where that still counts
    #[arg(long, value_name = "FILE")]
    previous_secret_file: Option<PathBuf>,
    /// The tenant that the secret belongs to [default: the one that the token names]
    #[arg(long, value_name = "CLIENT_KEY")]
    client_key: Option<String>,
}

impl SecretArgs {
    /// The keys; `named` is the tenant that the token says to be from.
    pub(crate) fn keys(&self, io: &mut Io<'_>, named: &ClientKey) -> Result<TenantKeys, CliError> {
        let tenant = match &self.client_key {
            Some(key) => ClientKey::new(key.as_str())?,
            None => named.clone(),
        };
        let keys = TenantKeys::new(tenant, hmac(io, &self.secret_file)?);
        Ok(match &self.previous_secret_file {
            Some(path) => keys.with_previous(hmac(io, path)?),
            None => keys,
        })
    }
}

/// The key of a secret in a file.
pub(crate) fn hmac(io: &mut Io<'_>, path: &Path) -> Result<HmacKey, CliError> {
    Ok(HmacKey::new(&SharedSecret::new(key_file(io, path)?)?))
}

/// Where the token is.
#[derive(Debug, clap::Args)]
#[group(multiple = false)]
pub(crate) struct TokenArgs {
    /// The token, with or without `JWT ` or `Bearer `
    #[arg(long, value_name = "TOKEN")]
    token: Option<String>,
    /// A file with the token, or with the Authorization header
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
}

impl TokenArgs {
    /// The token; without the options, the one in a query.
    pub(crate) fn token(&self, io: &mut Io<'_>, query: Option<&str>) -> Result<String, CliError> {
        let given = match (&self.token, &self.token_file) {
            (Some(token), _) => token.clone(),
            (None, Some(path)) => key_file(io, path)?,
            (None, None) => {
                let Some(query) = query else {
                    return Err(CliError::Option("give --token or --token-file".to_owned()));
                };
                let found = token_from_request([], query).map_err(|_| {
                    CliError::Option(
                        "give --token or --token-file: the URL has no parameter `jwt`".to_owned(),
                    )
                })?;
                found.into_owned()
            }
        };
        let given = given.trim();
        Ok(strip_scheme(given).unwrap_or(given).to_owned())
    }
}

/// The app that is asked, and its clock.
#[derive(Debug, clap::Args)]
pub(crate) struct AppArgs {
    /// The app's base URL, as its descriptor has it; may be repeated, for those of regions
    #[arg(long, value_name = "URL", required_unless_present = "descriptor")]
    base_url: Vec<String>,
    /// The app's descriptor: its `baseUrl` and `regionBaseUrls` are accepted as well
    #[arg(long, value_name = "FILE")]
    descriptor: Option<PathBuf>,
    /// How far clocks may differ, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    leeway: u64,
    /// A proxy strips the base URL's path from requests: `--url` is the path that the app got
    #[arg(long)]
    proxy_strips_base_path: bool,
    #[command(flatten)]
    pub(crate) now: NowArgs,
}

impl AppArgs {
    pub(crate) fn verifier_config(
        &self,
        io: &mut Io<'_>,
    ) -> Result<RequestVerifierConfig, CliError> {
        let described = match &self.descriptor {
            Some(path) => {
                let urls = DescriptorUrls::parse(key_file(io, path)?.as_bytes())?;
                let regions = urls.regions().map(|(_, url)| url);
                std::iter::once(urls.base_url())
                    .chain(regions)
                    .cloned()
                    .collect()
            }
            None => Vec::new(),
        };
        let named: Result<Vec<_>, CliError> =
            self.base_url.iter().map(|url| base_url(url)).collect();
        let mut all = named?.into_iter().chain(described);
        let first = all
            .next()
            .ok_or_else(|| CliError::Option("give --base-url or --descriptor".to_owned()))?;
        let expected = RequestVerifierConfig::new(first).leeway(leeway(self.leeway)?);
        let expected = all.fold(expected, RequestVerifierConfig::accept_base_url);
        Ok(if self.proxy_strips_base_path {
            expected.proxy_strips_base_path()
        } else {
            expected
        })
    }
}

/// Reads a leeway.
pub(crate) fn leeway(seconds: u64) -> Result<Leeway, CliError> {
    Leeway::from_seconds(seconds).ok_or_else(|| {
        CliError::Option(format!(
            "a leeway of {seconds} s is more than the {} s that are taken: clocks differ by \
             seconds, and an expired token counts for as long as the leeway",
            Leeway::MAX_SECONDS
        ))
    })
}

/// Reads a base URL: `https`, or `http` on this very machine.
pub(crate) fn base_url(text: &str) -> Result<BaseUrl, CliError> {
    // an error would show it
    if text.contains('@') {
        let why = "a base URL is without user, password and `@`".to_owned();
        return Err(CliError::Option(why));
    }
    match BaseUrl::new(text) {
        Err(_) if text.starts_with("http://") => Ok(BaseUrl::http_loopback(text)?),
        other => Ok(other?),
    }
}

/// The request that a token is checked against.
#[derive(Debug, clap::Args)]
pub(crate) struct TargetArgs {
    /// The method
    #[arg(long, value_name = "METHOD", default_value = "GET")]
    method: String,
    /// The URL, or path and query, as on the wire
    #[arg(long, value_name = "URL")]
    url: String,
}

impl TargetArgs {
    /// A whole URL is one of the app's: only its path and query are signed, so that the host says
    /// nothing to the signature, but a URL of another app was not meant.
    pub(crate) fn must_be_of(&self, expected: &RequestVerifierConfig) -> Result<(), CliError> {
        let Ok(url) = url::Url::parse(&self.url) else {
            // path and query alone
            return Ok(());
        };
        let same = |base: &BaseUrl| {
            url::Url::parse(base.as_str()).is_ok_and(|base| base.origin() == url.origin())
        };
        if expected.base_urls().any(same) {
            return Ok(());
        }
        let bases: Vec<_> = expected.base_urls().map(BaseUrl::as_str).collect();
        Err(CliError::Option(format!(
            "--url is at `{}`, the app at {}; behind a proxy, give path and query alone",
            url.origin().ascii_serialization(),
            bases.join(", ")
        )))
    }

    pub(crate) fn request(&self) -> RequestLine<'_> {
        RequestLine::new(&self.method, &self.url)
    }
}
