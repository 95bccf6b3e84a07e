//! `app-license trigger`

mod events;
mod world;

use std::io::Write;
use std::path::{Path, PathBuf};

use app_license::FeatureMap;
use app_license_testkit::{Delivery, SignedRequest};
use serde_json::{Value, json};

use crate::command::lab::check::explainer;
use crate::command::lab::{FOLDER, runtime};
use crate::command::policy_args::read_features;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, DIM, Format, GOOD, clean, escaped, paint, show, table, unless_closed};
use app_license_lab::Rules;
use app_license_lab::demo::{APP_KEY, FORGE_ID};
use events::{Made, Trigger};

/// The features of the app in whose folder this is called.
const OWN_FEATURES: &str = "editions.toml";

/// Send your app one signed event, iframe URL, invocation token or context
///
/// The mock host's keys and the installation are kept in a folder, so that the next call is of the
/// same customer. While the call lasts the keys are served on fixed ports, for the app to fetch.
/// Without --to nothing is sent: the request is printed as a command for curl, or as JSON.
/// Exit code 0: the app answered 2xx. 2: it did not.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  app-license trigger --list
  app-license trigger installed --to http://127.0.0.1:3000
  app-license trigger page --path /export --edition advanced \\
      --to http://127.0.0.1:3000
  app-license trigger page --path /export --license trial-ended \\
      --to http://127.0.0.1:3000
  app-license trigger invocation --path /report --edition standard \\
      --to http://127.0.0.1:3000
  app-license trigger context-call --path /api/export --method post \\
      --to http://127.0.0.1:3000
  app-license trigger ui-context --edition advanced > context.json
  app-license trigger app-context --override trial
  app-license trigger --export   keys and addresses for your configuration")]
pub(crate) struct Args {
    /// What to send; see --list
    #[arg(value_name = "EVENT", required_unless_present_any = ["list", "export"])]
    event: Option<Trigger>,
    /// Show every event
    #[arg(long)]
    list: bool,
    /// Write public keys and addresses for the app's configuration, and send nothing
    #[arg(long, conflicts_with = "event")]
    export: bool,
    /// The base URL of your app
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The customer's site, as in acme.atlassian.net
    #[arg(long, default_value = "acme", value_name = "NAME")]
    site: String,
    /// The page or endpoint, relative to the base URL
    #[arg(long, value_name = "PATH", default_value = "/panel")]
    path: String,
    /// The method of `context-call` [default: GET] and of `invocation` [default: POST]
    #[arg(long, value_enum, value_name = "METHOD", ignore_case = true)]
    method: Option<Method>,
    #[command(flatten)]
    license: world::LicenseArgs,
    /// The key of the app's Connect half
    #[arg(long, value_name = "KEY", default_value = APP_KEY)]
    app_key: String,
    /// The id of the app's Forge half
    #[arg(long, value_name = "ID", default_value = FORGE_ID)]
    app_id: String,
    /// A Connect app without a Forge half
    #[arg(long)]
    connect_only: bool,
    /// Where the mock host's keys and installations are kept
    #[arg(long, value_name = "FOLDER", default_value_os_t = PathBuf::from(FOLDER).join("trigger"))]
    keys: PathBuf,
    /// The first of six ports on which keys and License APIs are served meanwhile
    #[arg(long, default_value_t = 4690, value_parser = clap::value_parser!(u16).range(1..=65_529))]
    port: u16,
    /// The app's editions.toml: each of its features is decided and shown [default: editions.toml,
    /// where there is one; else nothing is decided]
    #[arg(long, value_name = "FILE")]
    features: Option<PathBuf>,
}

/// How a page or a remote is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Method {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl Method {
    const fn name(self) -> &'static str {
        match self {
            Self::Get => "GET",
            Self::Post => "POST",
            Self::Put => "PUT",
            Self::Patch => "PATCH",
            Self::Delete => "DELETE",
        }
    }
}

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        if self.list {
            return list(io, format);
        }
        let runtime = runtime()?;
        let run = runtime.block_on(self.act(io, format));
        runtime.shutdown_background();
        run
    }

    async fn act(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        let world = world::World::open(self).await?;
        let Some(event) = self.event else {
            let exported = world.export(self)?;
            show(io, format, &exported, |out| {
                let shown = serde_json::to_string_pretty(&exported).unwrap_or_default();
                writeln!(out, "{shown}")
            })?;
            return Ok(Exit::Yes);
        };
        if event.is_connect_lifecycle() {
            world::second_after_the_last(self).await;
        }
        self.license.stand(&world.tenant)?;
        let made = event.make(&world, self)?;
        let exit = match (made, &self.to) {
            (Made::Json(value), _) => {
                let text = serde_json::to_string_pretty(&value).unwrap_or_default();
                unless_closed(writeln!(io.out, "{text}").and_then(|()| io.out.flush()))?;
                Exit::Yes
            }
            (Made::Request(request), None) => {
                show(io, format, &json!({"curl": request.curl()}), |out| {
                    writeln!(out, "{}", request.curl())
                })?;
                Exit::Yes
            }
            (Made::Request(request), Some(_)) => {
                let answer = world.host.deliver(&request).await?;
                self.report(io, format, &world, &request, &answer)?
            }
        };
        world.keep(self)?;
        Ok(exit)
    }

    /// What the user's own app sells, where that is known.
    fn own_features(&self) -> Result<Option<FeatureMap>, CliError> {
        let found = self.features.as_deref().or_else(|| {
            let here = Path::new(OWN_FEATURES);
            here.is_file().then_some(here)
        });
        found.map(read_features).transpose()
    }

    fn report(
        &self,
        io: &mut Io<'_>,
        format: Format,
        world: &world::World,
        request: &SignedRequest,
        answer: &Delivery,
    ) -> Result<Exit, CliError> {
        let map = self.own_features()?;
        let explainer = explainer(map.as_ref())?;
        let rules = Rules::new(map.unwrap_or_default(), app_license::Policy::new());
        let explained = explainer.request(&world.host, &rules, request, &world.tenant);
        let good = (200..300).contains(&answer.status());
        let json = json!({
            "event": request.name(), "url": request.url().split('?').next(),
            "status": answer.status(), "answer": answer.text(), "verified": explained.verified,
        });
        show(io, format, &json, |out| {
            let style = if good { GOOD } else { BAD };
            let status = paint(style.bold(), answer.status());
            writeln!(out, "{status} {}", escaped(request.name()))?;
            human(out, &explained.verified)?;
            let text = answer.text();
            match text.trim() {
                "" => Ok(()),
                text => writeln!(out, "{}", paint(DIM, clean(text))),
            }
        })?;
        Ok(if good { Exit::Yes } else { Exit::Denied })
    }
}

/// What the request proves, in a few lines.
fn human(out: &mut dyn Write, verified: &Value) -> std::io::Result<()> {
    let text = |value: &Value, name: &str| {
        let found = value.get(name).and_then(Value::as_str);
        escaped(found.unwrap_or_default())
    };
    if let Some(license) = verified.get("license") {
        let edition = text(license, "edition");
        let edition = if edition.is_empty() { "none" } else { &edition };
        writeln!(
            out,
            "  license {}, edition {edition}",
            text(license, "state")
        )?;
    }
    let decisions = verified.get("decisions").and_then(Value::as_array);
    for one in decisions.into_iter().flatten() {
        let word = if one.get("allowed") == Some(&Value::Bool(true)) {
            paint(GOOD, "granted")
        } else {
            paint(BAD, format_args!("denied: {}", text(one, "reason")))
        };
        writeln!(out, "  {} {word}", text(one, "name"))?;
    }
    Ok(())
}

fn list(io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
    let rows: Vec<(&str, &str)> = Trigger::ALL
        .iter()
        .map(|trigger| (trigger.name(), trigger.about()))
        .collect();
    let json: Vec<Value> = rows
        .iter()
        .map(|(name, about)| json!({"event": name, "about": about}))
        .collect();
    show(io, format, &json, |out| {
        let mut shown = table(["event", "what it is"]);
        for (name, about) in &rows {
            shown.add_row([*name, *about]);
        }
        writeln!(out, "{shown}")
    })?;
    Ok(Exit::Yes)
}
