//! Lifecycle events signed by the platform: `installed` and `uninstalled`.

use std::path::PathBuf;

use app_license::connect::{
    Cloud, KeyHosts, LifecycleEvent, RequestLine, UnverifiedPlatformEvent, Verifier,
};
use app_license::{AppKey, Error, ErrorKind, KeyId, RsaPublicKey};
use clap::builder::PossibleValuesParser;

use super::output::VerifyOutput;
use crate::command::keys::{AppArgs, TokenArgs, key_file};
use crate::error::CliError;
use crate::io::{Io, MAX_INPUT};

/// What to do about a token for another base URL.
const OTHER_BASE_URLS: &str = "the audience is the base URL of the descriptor that the site has installed: one of \
     `regionBaseUrls`, or of an older version, must be accepted as well; check it here with `--base-url`";

/// A signed `installed` event: RS256, with its body
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify install --public-key-file kid.pem \\
      --base-url https://app.example.com --app-key com.example.app \\
      --url /installed --body-file body.json --token-file header.txt

The key is what https://connect-install-keys.atlassian.com/{kid} answers; `app-license inspect`
shows the `kid` of a token. The shared secret in the body is never shown.")]
pub(super) struct Install {
    #[command(flatten)]
    event: EventArgs,
}

/// A signed `uninstalled` event: RS256, with its body
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license verify uninstall --public-key-file kid.pem \\
      --base-url https://app.example.com --app-key com.example.app \\
      --url /uninstalled --body-file body.json --token-file header.txt")]
pub(super) struct Uninstall {
    #[command(flatten)]
    event: EventArgs,
}

#[derive(Debug, clap::Args)]
struct EventArgs {
    /// The platform's public key, PEM
    #[arg(long, value_name = "FILE")]
    public_key_file: PathBuf,
    /// The id of that key [default: whatever the token names]
    #[arg(long, value_name = "KID")]
    key_id: Option<String>,
    #[command(flatten)]
    token: TokenArgs,
    #[command(flatten)]
    app: AppArgs,
    /// The app's key, as its descriptor has it
    #[arg(long, value_name = "APP_KEY")]
    app_key: String,
    /// The URL, or path and query, as on the wire
    #[arg(long, value_name = "URL")]
    url: String,
    /// The method
    #[arg(long, value_name = "METHOD", default_value = "POST")]
    method: String,
    /// The body, byte for byte
    #[arg(long, value_name = "FILE")]
    body_file: PathBuf,
    /// The cloud that sites must belong to
    #[arg(long, value_name = "CLOUD", default_value = "commercial", value_parser = cloud())]
    cloud: String,
    /// A domain of sites beside those of the cloud: of a perimeter without a name here; may be
    /// repeated
    #[arg(long, value_name = "DOMAIN")]
    site_domain: Vec<String>,
}

impl Install {
    pub(super) fn run(&self, io: &mut Io<'_>) -> Result<VerifyOutput, CliError> {
        self.event.run(io, Verifier::installed)
    }
}

impl Uninstall {
    pub(super) fn run(&self, io: &mut Io<'_>) -> Result<VerifyOutput, CliError> {
        self.event.run(io, Verifier::uninstalled)
    }
}

/// The names of clouds.
fn cloud() -> PossibleValuesParser {
    PossibleValuesParser::new(Cloud::ALL.map(Cloud::name))
}

type Parse = for<'t> fn(&'t Verifier, &'t str) -> Result<UnverifiedPlatformEvent<'t>, Error>;

impl EventArgs {
    /// What to do about a site of another cloud.
    fn other_cloud(&self, hosts: &KeyHosts, site: &str) -> String {
        let sites: Vec<_> = hosts
            .site_domains()
            .map(|domain| format!("*.{domain}"))
            .collect();
        let other = Cloud::ALL
            .into_iter()
            .find(|cloud| KeyHosts::of(*cloud).check_site(site).is_ok());
        let next = match other.map(Cloud::name) {
            Some(name) => format!("this is a site of `{name}`: give `--cloud {name}`"),
            None => {
                "this is a site of none of the known clouds: `--site-domain` names its domain, if it is yours to trust"
                    .to_owned()
            }
        };
        format!(
            "the configured cloud is `{}`, whose sites are {}; {next}",
            self.cloud,
            sites.join(", ")
        )
    }

    fn hosts(&self) -> Result<KeyHosts, CliError> {
        let hosts = KeyHosts::of(Cloud::from_name(&self.cloud).unwrap_or_default());
        let mut domains = self.site_domain.iter();
        Ok(domains.try_fold(hosts, |hosts, domain| hosts.with_site_domain(domain))?)
    }

    fn run(&self, io: &mut Io<'_>, parse: Parse) -> Result<VerifyOutput, CliError> {
        let app = AppKey::new(self.app_key.as_str())?;
        let config = self.app.verifier_config(io)?;
        let verifier = Verifier::new(app, config).key_hosts(self.hosts()?);
        let key = RsaPublicKey::from_pem(&key_file(io, &self.public_key_file)?)?;
        let kid = self.key_id.as_deref().map(KeyId::new).transpose()?;
        let text = self.token.token(io, None)?;
        let body = io.read(&self.body_file, MAX_INPUT)?;
        let request = RequestLine::new(&self.method, &self.url);
        let event = match parse(&verifier, &text) {
            Ok(event) => event,
            Err(error) => return Ok(VerifyOutput::refused(&error, None)),
        };
        let explanation = event.explain(&request);
        let refused = |error: &Error| {
            let refused = VerifyOutput::refused(error, Some(explanation));
            match error.kind() {
                ErrorKind::Audience { .. } => refused.help(OTHER_BASE_URLS.to_owned()),
                ErrorKind::ForeignBaseUrl { found } => {
                    refused.help(self.other_cloud(verifier.hosts(), found))
                }
                _ => refused,
            }
        };
        let event = match event.receive(&body, &request, self.app.now.time()) {
            Ok(event) => event,
            Err(error) => return Ok(refused(&error)),
        };
        let received = match kid {
            Some(kid) if kid != *event.kid() => {
                let kid = event.kid().to_string();
                Err(ErrorKind::UnknownKey { kid }.into())
            }
            _ => event.verify(&key),
        };
        let received = match received {
            Ok(received) => received,
            Err(error) => return Ok(refused(&error)),
        };
        let (token, body) = (received.token(), received.event().body());
        let secret = match received.event() {
            LifecycleEvent::Installed(_) => Some("new, not shown"),
            _ => None,
        };
        Ok(VerifyOutput::accepted()
            .fact("event", body.kind())
            .fact("tenant", token.tenant())
            .fact("site", body.base_url())
            .fact_if("subject", token.subject())
            .fact("key id", token.kid())
            .times(token.issued_at(), token.expires_at())
            .path_form(token.path_form())
            .fact_if("shared secret", secret)
            .fact_if("edition named", body.capability_set())
            .fact_if("installation", body.installation_id()))
    }
}
