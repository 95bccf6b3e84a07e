//! An app on a site: a real one, or one of a running lab.

use std::path::{Path, PathBuf};
use std::time::Duration;

use app_license::connect::{
    BaseUrl, CanonicalRequest, KeyHosts, LicenseApiResponse, RequestLine, TokenClaims,
};
use app_license::{AppKey, ClientKey, Edition, HmacKey, License, State as LicenseState, UnixTime};
use app_license_client::{ConnectLicenseApi, Fetcher};
use serde::{Deserialize, Serialize};

use super::step::{Step, said};
use crate::command::keys::{base_url, hmac};
use crate::error::CliError;
use crate::files::read_file;
use crate::io::{Io, MAX_INPUT};
use crate::now::NowArgs;
use crate::output::one_line;

/// A site, and the app on it.
#[derive(Debug, clap::Args)]
pub(super) struct SiteArgs {
    /// The site's base URL, as the app was told; of Confluence with /wiki
    #[arg(long, value_name = "URL", requires_all = ["app_key", "client_key", "secret_file"])]
    site: Option<String>,
    /// The app's key
    #[arg(long, value_name = "KEY", requires = "site")]
    app_key: Option<String>,
    /// The tenant
    #[arg(long, value_name = "CLIENT_KEY", requires = "site")]
    client_key: Option<String>,
    /// The file with the tenant's shared secret
    #[arg(long, value_name = "FILE", requires = "site")]
    secret_file: Option<PathBuf>,
    /// The edition that the site has
    #[arg(long, value_name = "EDITION", requires = "site", value_parser = edition)]
    expect: Option<Edition>,
    /// The app's base URL, to ask its gates
    #[arg(long, value_name = "URL", requires = "site")]
    app_url: Option<String>,
    /// A path of the app that must be open to the site; it begins with `/`
    #[arg(long, value_name = "PATH", requires = "app_url")]
    granted: Vec<String>,
    /// A path of the app that must be closed to it: 402 or 403; it begins with `/`
    #[arg(long, value_name = "PATH", requires = "app_url")]
    denied: Vec<String>,
    /// A file that keeps the edition for the next run
    #[arg(long, value_name = "FILE", requires = "site")]
    state: Option<PathBuf>,
    /// Fail unless the edition is another than at the last run
    #[arg(long, requires = "state")]
    changed: bool,
    #[command(flatten)]
    now: NowArgs,
}

fn edition(name: &str) -> Result<Edition, String> {
    Edition::from_name(name).ok_or_else(|| "expected free, standard or advanced".to_owned())
}

/// Everything that a run needs.
pub(super) struct Plan {
    site: BaseUrl,
    app: AppKey,
    tenant: ClientKey,
    key: HmacKey,
    expect: Option<Edition>,
    gates: Vec<Gate>,
    app_url: Option<BaseUrl>,
    state: Option<PathBuf>,
    changed: bool,
    now: UnixTime,
}

struct Gate {
    path: String,
    open: bool,
}

/// What the file of the last run holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Last {
    edition: String,
    #[serde(default)]
    site: Option<String>,
    #[serde(default)]
    app: Option<String>,
}

impl SiteArgs {
    pub(super) fn plan(&self, io: &mut Io<'_>) -> Result<Option<Plan>, CliError> {
        let Some(site) = &self.site else {
            return Ok(None);
        };
        let missing = || CliError::Option("--app-key, --client-key and --secret-file".to_owned());
        let app = self.app_key.as_deref().ok_or_else(missing)?;
        let tenant = self.client_key.as_deref().ok_or_else(missing)?;
        let secret = self.secret_file.as_deref().ok_or_else(missing)?;
        let gate = |path: &String, open| Gate {
            path: path.clone(),
            open,
        };
        let granted = self.granted.iter().map(|path| gate(path, true));
        let denied = self.denied.iter().map(|path| gate(path, false));
        let gates: Vec<_> = granted.chain(denied).collect();
        if let Some(gate) = gates.iter().find(|it| !it.path.starts_with('/')) {
            let path = one_line(&gate.path);
            return Err(CliError::Option(format!(
                "the path `{path}` must begin with `/`"
            )));
        }
        Ok(Some(Plan {
            site: base_url(site)?,
            app: AppKey::new(app)?,
            tenant: ClientKey::new(tenant)?,
            key: hmac(io, secret)?,
            expect: self.expect,
            gates,
            app_url: self.app_url.as_deref().map(base_url).transpose()?,
            state: self.state.clone(),
            changed: self.changed,
            now: self.now.time(),
        }))
    }
}

impl Plan {
    pub(super) fn site(&self) -> String {
        self.site.to_string()
    }

    pub(super) async fn run(&self) -> Result<Vec<Step>, CliError> {
        let mut steps = Vec::new();
        let answer = self.ask().await?;
        let (text, license) = match &answer {
            Ok(answer) => said(answer),
            Err(why) => (why.clone(), None),
        };
        let active = license.is_some_and(|it| it.state() == LicenseState::Active);
        steps.push(Step::new("license read, active", active, text));
        let Some(license) = license.filter(|_| active) else {
            steps.push(Step::skipped(
                "gates, edition",
                "there is no active license",
            ));
            return Ok(steps);
        };
        let edition = edition_of(license);
        let found = edition.clone().unwrap_or_else(|| "none".to_owned());
        match self.expect {
            None => steps.push(Step::skipped("edition as expected", "no --expect")),
            Some(expected) => {
                let right = edition.as_deref() == Some(expected.name());
                let found = format!("{found}, expected {}", expected.name());
                steps.push(Step::new("edition as expected", right, found));
            }
        }
        for gate in &self.gates {
            steps.push(self.gate(gate, license).await?);
        }
        steps.push(self.change(&found)?);
        Ok(steps)
    }

    /// The answer of the License API, or why there is none.
    async fn ask(&self) -> Result<Result<LicenseApiResponse, String>, CliError> {
        let network = |error: app_license_client::Error| CliError::Network(error.to_string());
        let local = self.site.as_str().starts_with("http://");
        let fetcher = if local {
            Fetcher::loopback_for_tests().map_err(network)?
        } else {
            Fetcher::new().map_err(network)?
        };
        let now = self.now;
        let api = ConnectLicenseApi::builder(fetcher, self.app.clone(), KeyHosts::default())
            .clock(move || -> UnixTime { now })
            .attempts(1, Duration::ZERO, Duration::ZERO)
            .build()
            .map_err(network)?;
        Ok(match api.get(&self.tenant, &self.site, &self.key).await {
            Ok(answer) => Ok(answer.into_value()),
            Err(error) => Err(error.to_string()),
        })
    }

    /// Opens a page as the site would: signed, with what the License API said.
    async fn gate(&self, gate: &Gate, license: &License) -> Result<Step, CliError> {
        let name = if gate.open {
            "gate granted"
        } else {
            "gate denied"
        };
        let Some(app_url) = &self.app_url else {
            return Ok(Step::skipped(name, "no --app-url"));
        };
        let joint = if gate.path.contains('?') { '&' } else { '?' };
        let capability = license
            .capability_set()
            .map(|it| format!("&capSet={it}"))
            .unwrap_or_default();
        let target = format!("{}{joint}lic=active{capability}", gate.path);
        let full = format!("{}{target}", app_url.path());
        let canonical = CanonicalRequest::new(&RequestLine::new("GET", &full), app_url)?;
        let token = TokenClaims::new(self.tenant.as_str(), self.now)
            .qsh(&canonical)
            .sign(&self.key);
        let url = format!("{app_url}{target}&jwt={token}");
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .build()
            .map_err(|error| CliError::Network(crate::net::why(&error)))?;
        let (passed, found) = match client.get(url).send().await {
            Err(error) => (false, crate::net::why(&error)),
            Ok(answer) => {
                let status = answer.status().as_u16();
                let passed = match gate.open {
                    true => (200..300).contains(&status),
                    false => matches!(status, 402 | 403),
                };
                (passed, status.to_string())
            }
        };
        let path = one_line(&gate.path);
        Ok(Step::new(name, passed, format!("{path}: {found}")))
    }

    /// Compares the edition with that of the last run, and keeps it for the next.
    fn change(&self, edition: &str) -> Result<Step, CliError> {
        const NAME: &str = "edition changed since the last run";
        let Some(path) = &self.state else {
            let how = "no --state: change the edition by hand between two runs that share one";
            return Ok(Step::skipped(NAME, how));
        };
        let last = last(path)?;
        let (site, app) = (self.site.as_str(), self.app.as_str());
        let other = |of: &Option<String>, this: &str| of.as_ref().is_some_and(|it| it != this);
        if last
            .as_ref()
            .is_some_and(|it| other(&it.site, site) || other(&it.app, app))
        {
            return Err(CliError::Option(format!(
                "`{}` is of another site or app: give each its own --state",
                path.display()
            )));
        }
        let text = serde_json::json!({"edition": edition, "site": site, "app": app}).to_string();
        std::fs::write(path, text)?;
        Ok(match last {
            Some(last) if last.edition != edition => Step::new(
                NAME,
                true,
                format!("{} to {edition}", one_line(&last.edition)),
            ),
            Some(_) if self.changed => Step::new(NAME, false, format!("still {edition}")),
            None if self.changed => Step::new(NAME, false, format!("first run: {edition}")),
            Some(_) => Step::skipped(NAME, format!("still {edition}")),
            None => Step::skipped(NAME, format!("first run: {edition}")),
        })
    }
}

/// The ranked edition of an active license; an unknown capability as it is.
fn edition_of(license: &License) -> Option<String> {
    if let Some(capability) = license.capability_set() {
        let known = Edition::ALL
            .into_iter()
            .find(|it| app_license::Capability::from(*it) == *capability);
        return Some(known.map_or_else(|| capability.to_string(), |it| it.name().to_owned()));
    }
    license
        .has_capability("capabilityStandard")
        .then(|| Edition::Standard.name().to_owned())
}

fn last(path: &Path) -> Result<Option<Last>, CliError> {
    match read_file(path, MAX_INPUT) {
        Ok(bytes) => serde_json::from_slice(&bytes)
            .map(Some)
            .map_err(|error| CliError::Option(format!("`{}`: {error}", path.display()))),
        Err(CliError::Read { source, .. }) if source.kind() == std::io::ErrorKind::NotFound => {
            Ok(None)
        }
        Err(other) => Err(other),
    }
}
