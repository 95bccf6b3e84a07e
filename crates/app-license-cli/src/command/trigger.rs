//! `app-license trigger`

mod args;
mod events;
mod license_args;
mod made;
mod world;

use std::io::Write;
use std::path::Path;

use app_license::FeatureMap;
use app_license_testkit::{Delivery, SignedRequest};
use serde_json::{Value, json};

use crate::command::lab::check::explainer;
use crate::command::lab::runtime;
use crate::command::policy_args::read_features;
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, DIM, Format, GOOD, clean, escaped, paint, show, table, unless_closed};
use app_license_lab::Rules;
pub(crate) use args::Args;
use events::Trigger;
use made::Made;

/// The features of the app in whose folder this is called.
const OWN_FEATURES: &str = "editions.toml";

impl Args {
    pub(crate) fn run(self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
        if self.list {
            return list(io, format);
        }
        let runtime = runtime()?;
        let run = runtime.block_on(self.send(io, format));
        runtime.shutdown_background();
        run
    }

    async fn send(&self, io: &mut Io<'_>, format: Format) -> Result<Exit, CliError> {
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
