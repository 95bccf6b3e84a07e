//! Playing a story: steps in order, every expectation checked.

use std::sync::Arc;

use app_license::{InstallationKey, InstallationStatus, UnixTime};
use app_license_store::{MemoryStore, Sequence};
use app_license_testkit::{Tenant, TestClock};
use serde::Serialize;

use super::{Expect, Scenario, Step};
use crate::fault::Fault;
use crate::lab::ask::Place;
use crate::lab::bench::{Lab, OwnApp, Setup, Start};
use crate::lab::demo::Rules;

/// How a story went.
#[derive(Debug, Serialize)]
pub(crate) struct Told {
    pub(crate) title: String,
    pub(crate) passed: bool,
    pub(crate) checks: Vec<Check>,
}

/// One expectation, and what was found.
#[derive(Debug, Serialize)]
pub(crate) struct Check {
    /// The step, from 1.
    pub(crate) step: usize,
    /// What the step does.
    pub(crate) say: String,
    pub(crate) what: String,
    pub(crate) expected: String,
    pub(crate) found: String,
    pub(crate) passed: bool,
}

/// Plays a story against the demo app, or an app that somebody else runs.
pub(crate) async fn run(
    story: &Scenario,
    rules: Rules,
    own: Option<OwnApp>,
) -> Result<Told, Fault> {
    let now = match story.start() {
        Some(text) => UnixTime::parse(text)
            .ok_or_else(|| Fault::Scenario(format!("`{text}` is no time to start at")))?,
        None => UnixTime::EPOCH.plus(TestClock::START),
    };
    let lab = Lab::start(Setup {
        rules,
        store: Arc::new(MemoryStore::new()),
        kind: story.app,
        own,
        ports: None,
        start: Start::New { now },
    })
    .await?;
    let mut stage = Stage {
        lab,
        site: "acme".to_owned(),
        seen: Sequence::START,
        step: 0,
        say: String::new(),
        checks: Vec::new(),
    };
    for (step, number) in story.steps.iter().zip(1..) {
        stage.step = number;
        stage.say.clone_from(&step.say);
        stage.play(step).await?;
    }
    Ok(Told {
        title: story.title.clone(),
        passed: stage.checks.iter().all(|check| check.passed),
        checks: stage.checks,
    })
}

struct Stage {
    lab: Arc<Lab>,
    site: String,
    /// How much of the store's history is told.
    seen: Sequence,
    step: usize,
    say: String,
    checks: Vec<Check>,
}

impl Stage {
    async fn play(&mut self, step: &Step) -> Result<(), Fault> {
        if let Some(site) = &step.site {
            self.site.clone_from(site);
        }
        if let Some(tick) = &step.clock {
            self.lab.tick(tick).await?;
        }
        if let Some(trouble) = &step.fault {
            self.lab.trouble(trouble)?;
        }
        if let Some(keys) = step.rotate {
            self.lab.rotate(keys)?;
        }
        if let Some(way) = step.delivery {
            self.lab.deliver_so(way);
        }
        let tenant = self.lab.tenant(&self.site)?;
        let mut answers = Vec::new();
        let mut refused = None;
        if let Some(wish) = &step.wish {
            match self.lab.make(&self.site, wish).await {
                Ok(said) => answers = said,
                Err(Fault::Host(error)) if step.expect.refused.is_some() => {
                    refused = Some(error.code());
                }
                Err(other) => return Err(other),
            }
        }
        let expect = &step.expect;
        if let Some(code) = &expect.refused {
            self.check("refused", code, refused.unwrap_or("made"));
        }
        if let Some(statuses) = &expect.answers {
            let found: Vec<u16> = answers.iter().map(|it| it.status.unwrap_or(0)).collect();
            self.check("answers", &format!("{statuses:?}"), &format!("{found:?}"));
        }
        self.changes(expect).await?;
        self.standing(expect, &tenant);
        if let Some(expected) = expect.installed {
            let found = self.is_installed(&tenant).await?;
            self.check("installed", &expected.to_string(), &found.to_string());
        }
        self.decisions(expect, &tenant).await?;
        for (path, status) in &expect.page {
            let found = self.lab.open(&self.site, path).await?;
            let found = found
                .status
                .map_or_else(|| "none".to_owned(), |code| code.to_string());
            self.check(&format!("page {path}"), &status.to_string(), &found);
        }
        Ok(())
    }

    fn check(&mut self, what: &str, expected: &str, found: &str) {
        self.judge(what, expected, found, expected == found);
    }

    fn judge(&mut self, what: &str, expected: &str, found: &str, passed: bool) {
        self.checks.push(Check {
            step: self.step,
            say: self.say.clone(),
            what: what.to_owned(),
            expected: expected.to_owned(),
            found: found.to_owned(),
            passed,
        });
    }

    /// What the app's store noted since it was last looked at, of any site.
    async fn changes(&mut self, expect: &Expect) -> Result<(), Fault> {
        let news = self.lab.store.events_after(self.seen, 1_000).await?;
        if let Some(last) = news.last() {
            self.seen = last.sequence;
        }
        if let Some(expected) = &expect.changes {
            let found: Vec<&str> = news
                .iter()
                .flat_map(|entry| entry.changes.iter().map(app_license::Change::code))
                .collect();
            self.check("changes", &expected.join(", "), &found.join(", "));
        }
        Ok(())
    }

    fn standing(&mut self, expect: &Expect, tenant: &Tenant) {
        let standing = tenant.standing();
        if let Some(stage) = &expect.stage {
            self.check("stage", stage, standing.stage.name());
        }
        if let Some(edition) = &expect.edition {
            let found = standing.edition.map_or("none", app_license::Edition::name);
            self.check("edition", edition, found);
        }
    }

    async fn is_installed(&self, tenant: &Tenant) -> Result<bool, Fault> {
        let key = match tenant.app()?.connect_key() {
            Some(_) => {
                let key = app_license::ClientKey::new(&tenant.site().client_key()?)?;
                InstallationKey::Connect(key)
            }
            None => {
                let ari = app_license::InstallationAri::new(&tenant.installation_ari()?)?;
                InstallationKey::Forge(ari)
            }
        };
        let found = self.lab.store.get(&key).await?;
        Ok(found.is_some_and(|found| found.status() != InstallationStatus::Uninstalled))
    }

    /// Every feature at every place. A URL says no more than `lic=none` of a licence that ended
    /// or never was, so `inactive` there stands for what the other places know better.
    async fn decisions(&mut self, expect: &Expect, tenant: &Tenant) -> Result<(), Fault> {
        if expect.decision.is_empty() {
            return Ok(());
        }
        let places = match &expect.at {
            Some(places) => places.clone(),
            None => self.lab.places(tenant),
        };
        for place in places {
            let seen = self.lab.ask(&self.site, place).await?;
            for (feature, expected) in &expect.decision {
                let found = seen.of(feature);
                let blurred = expect.at.is_none() && is_blurred(place, expected, &found);
                let what = format!("decision {feature} at the {}", place.name());
                self.judge(&what, expected, &found, blurred || found == *expected);
            }
        }
        Ok(())
    }
}

fn is_blurred(place: Place, expected: &str, found: &str) -> bool {
    place.says_only_lic()
        && found == "denied: inactive"
        && matches!(expected, "denied: trial_ended" | "denied: absent")
}
