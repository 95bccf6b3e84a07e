//! Playing a story: steps in order, every expectation checked.

mod vendor;
mod vendor_app;

use std::sync::Arc;

use app_license::{InstallationKey, InstallationStatus, UnixTime};
use app_license_server::customer_history;
use app_license_store::{MemoryStore, Sequence};
use app_license_testkit::{Tenant, TestClock};
use serde::Serialize;

use super::{Expect, PageExpectation, Scenario, Step};
use crate::decisions::DecisionSource;
use crate::demo::Rules;
use crate::error::Error;
use crate::explainer::Explainer;
use crate::forge::ForgeConfig;
use crate::lab::AppKind;
use crate::{AppLicensing, ExternalApp, Lab, LabConfig, Start};

use vendor_app::VendorApp;

/// How much of the store a step looks at: a story is shorter.
const MOST: usize = 1_000;

/// How a story went.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct ScenarioReport {
    /// The story's title.
    pub title: String,
    /// Whether every expectation held.
    pub passed: bool,
    /// Every expectation, in order.
    pub checks: Vec<Check>,
    /// What could not be looked at, and why.
    pub notes: Vec<String>,
}

/// One expectation, and what was found.
#[derive(Debug, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// The step, from 1.
    pub step: usize,
    /// What the step does.
    pub say: String,
    /// What was looked at.
    pub what: String,
    /// What the story expects, as text.
    pub expected: String,
    /// What was found, as text.
    pub found: String,
    /// Whether the two are the same.
    pub passed: bool,
}

/// Plays a story against the demo app, or an app that somebody else runs.
///
/// # Errors
/// When the lab cannot be started, a step names what does not exist, or the platform refuses an
/// action whose refusal the story does not expect. An expectation that does not hold is no error:
/// it is in the report.
///
/// An app that somebody else runs asks the platform, so it has to know where that is: `ports` are those of
/// [`LabConfig`]; free ones unless said.
///
/// The crate's first page has an example.
pub async fn run(
    story: &Scenario,
    rules: Rules,
    own: Option<ExternalApp>,
    ports: Option<u16>,
    explainer: Explainer,
) -> Result<ScenarioReport, Error> {
    play(story, rules, own, ports, None, explainer).await
}

/// Plays a story as [`run`] does, with the vendor's own Forge app: its functions are called, and its
/// pages are looked at in Chromium where that is installed. Where it is not, the report notes so.
///
/// # Errors
/// As [`run`], and when the app cannot be started.
///
/// ```no_run
/// use app_license_lab::{Explainer, ForgeConfig, Rules, Scenario, run_forge};
/// # async fn play(rules: Rules, explainer: Explainer) -> Result<(), app_license_lab::Error> {
/// let story = Scenario::parse(
///     "title = \"the export shows\"\n\
///      [[step]]\nmove = \"install\"\n\
///      [[step]]\nmove.buy = { edition = \"advanced\" }\n\
///      expect.page.\"#export\" = \"visible\"\n",
/// )?;
/// let app = ForgeConfig { custom_ui: Some("dist".to_owned()), ..ForgeConfig::default() };
/// assert!(run_forge(&story, rules, None, None, &app, explainer).await?.passed);
/// # Ok(())
/// # }
/// ```
pub async fn run_forge(
    story: &Scenario,
    rules: Rules,
    own: Option<ExternalApp>,
    ports: Option<u16>,
    forge: &ForgeConfig,
    explainer: Explainer,
) -> Result<ScenarioReport, Error> {
    play(story, rules, own, ports, Some(forge), explainer).await
}

async fn play(
    story: &Scenario,
    rules: Rules,
    own: Option<ExternalApp>,
    ports: Option<u16>,
    forge: Option<&ForgeConfig>,
    explainer: Explainer,
) -> Result<ScenarioReport, Error> {
    let now = match story.start() {
        Some(text) => UnixTime::parse(text)
            .ok_or_else(|| Error::Scenario(format!("`{text}` is no time to start at")))?,
        None => UnixTime::EPOCH.plus(TestClock::START),
    };
    let kind = match (story.app, forge) {
        (Some(kind), _) => kind,
        (None, Some(_)) => AppKind::Forge,
        (None, None) => AppKind::default(),
    };
    let descriptor = match (&own, kind) {
        (Some(app), AppKind::Connect | AppKind::ConnectOnForge) => {
            AppLicensing::of_running(app).await
        }
        _ => None,
    };
    let lab = Lab::start(LabConfig {
        rules,
        store: Arc::new(MemoryStore::new()),
        kind,
        licensing: forge
            .map(ForgeConfig::licensing)
            .or(descriptor)
            .unwrap_or_default(),
        own,
        forge_id: forge.and_then(ForgeConfig::app_id).map(str::to_owned),
        ports,
        start: Start::New { now },
        explainer,
    })
    .await?;
    let vendor = match forge {
        Some(config) => Some(VendorApp::start(&lab, config).await?),
        None => None,
    };
    let notes = vendor.iter().flat_map(|it| it.app.notes());
    let mut notes: Vec<String> = notes.map(str::to_owned).collect();
    notes.extend(descriptor.and_then(|it| it.note("descriptor")));
    let mut stage = Player {
        lab,
        vendor,
        notes,
        site: "acme".to_owned(),
        seen: Sequence::START,
        step: 0,
        say: String::new(),
        checks: Vec::new(),
    };
    let mut played = Ok(());
    for (step, number) in story.steps.iter().zip(1..) {
        stage.step = number;
        stage.say.clone_from(&step.say);
        played = stage.play(step).await;
        if played.is_err() {
            break;
        }
    }
    if let Some(vendor) = &stage.vendor {
        vendor.app.stop().await;
    }
    played?;
    Ok(ScenarioReport {
        title: story.title.clone(),
        passed: stage.checks.iter().all(|check| check.passed),
        checks: stage.checks,
        notes: stage.notes,
    })
}

struct Player {
    lab: Arc<Lab>,
    vendor: Option<VendorApp>,
    notes: Vec<String>,
    site: String,
    /// How much of the store's history is told.
    seen: Sequence,
    step: usize,
    say: String,
    checks: Vec<Check>,
}

impl Player {
    async fn play(&mut self, step: &Step) -> Result<(), Error> {
        if let Some(site) = &step.site {
            self.site.clone_from(site);
        }
        if let Some(tick) = &step.clock {
            match &self.vendor {
                Some(vendor) => vendor.app.change_clock(tick).await?,
                None => self.lab.change_clock(tick).await?,
            };
        }
        if let Some(trouble) = &step.fault {
            self.lab.change_fault(trouble)?;
        }
        if let Some(keys) = step.rotate {
            self.lab.rotate_keys(keys)?;
        }
        if let Some(way) = step.delivery {
            self.lab.set_delivery_mode(way);
        }
        let tenant = self.lab.tenant(&self.site)?;
        if let Some(access) = step.access {
            self.lab.set_access(&self.site, access)?;
        }
        let mut answers = Vec::new();
        let mut refused = None;
        if let Some(action) = &step.action {
            if let Some(vendor) = &self.vendor {
                vendor.app.before_move(&self.site, action).await;
            }
            match self.lab.perform(&self.site, action).await {
                Ok(said) => answers = said,
                Err(Error::Host(error)) if step.expect.refused.is_some() => {
                    refused = Some(error.code());
                }
                Err(other) => return Err(other),
            }
            if let (Some(vendor), None) = (&self.vendor, refused) {
                vendor.app.after_move(&self.site, action).await;
            }
        }
        if let Some(vendor) = &self.vendor {
            // what a function pushed to a queue has happened before anything is looked at
            vendor.app.deliver_due().await;
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
        self.check_snapshot(expect, &tenant);
        if let Some(expected) = expect.installed {
            let found = self.is_installed(&tenant).await?;
            self.check("installed", &expected.to_string(), &found.to_string());
        }
        self.customer(expect, &tenant).await?;
        self.decisions(expect, &tenant).await?;
        for (path, expected) in &expect.page {
            let PageExpectation::Status(status) = expected else {
                continue;
            };
            let found = self.lab.open(&self.site, path).await?;
            let found = found
                .status
                .map_or_else(|| "none".to_owned(), |code| code.to_string());
            self.check(&format!("page {path}"), &status.to_string(), &found);
        }
        self.pages(step).await?;
        self.functions(step).await
    }

    fn check(&mut self, what: &str, expected: &str, found: &str) {
        self.record_check(what, expected, found, expected == found);
    }

    fn record_check(&mut self, what: &str, expected: &str, found: &str, passed: bool) {
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
    async fn changes(&mut self, expect: &Expect) -> Result<(), Error> {
        let news = self.lab.store.events_after(self.seen, MOST).await?;
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

    fn check_snapshot(&mut self, expect: &Expect, tenant: &Tenant) {
        let snapshot = tenant.snapshot();
        if let Some(stage) = &expect.stage {
            self.check("stage", stage, snapshot.stage.name());
        }
        if let Some(edition) = &expect.edition {
            let found = snapshot.edition.map_or("none", app_license::Edition::name);
            self.check("edition", edition, found);
        }
    }

    async fn is_installed(&self, tenant: &Tenant) -> Result<bool, Error> {
        let mut found = self.lab.store.get(&key_of(tenant)?).await?;
        // an installation of Forge may be linked to the customer of before
        if let Some(customer) = found.as_ref().and_then(|it| it.tenant().cloned()) {
            let key = InstallationKey::Connect(customer);
            found = self.lab.store.get(&key).await?;
        }
        Ok(found.is_some_and(|found| found.status() != InstallationStatus::Uninstalled))
    }

    /// One customer, once, with one history.
    async fn customer(&mut self, expect: &Expect, tenant: &Tenant) -> Result<(), Error> {
        let store = Arc::clone(&self.lab.store);
        if let Some(expected) = &expect.history {
            let history = customer_history(&*store, &key_of(tenant)?, MOST).await?;
            let changes = history.iter().flat_map(|entry| &entry.changes);
            let found: Vec<&str> = changes.map(app_license::Change::code).collect();
            self.check("history", &expected.join(", "), &found.join(", "));
        }
        if let Some(expected) = expect.customers {
            let all = store.list(None, MOST).await?;
            let customers = all.iter().filter(|it| it.status().is_in_use());
            let found = customers.count().to_string();
            self.check("customers", &expected.to_string(), &found);
        }
        Ok(())
    }

    /// Every feature at every place. A URL says no more than `lic=none` of a license that ended
    /// or never was, so `inactive` there stands for what the other places know better.
    async fn decisions(&mut self, expect: &Expect, tenant: &Tenant) -> Result<(), Error> {
        if expect.decision.is_empty() {
            return Ok(());
        }
        let places = match &expect.at {
            Some(places) => places.clone(),
            None => self.lab.decision_sources(tenant),
        };
        for place in places {
            let seen = self.lab.decisions_at(&self.site, place).await?;
            for (feature, expected) in &expect.decision {
                let found = seen.of(feature);
                let blurred = expect.at.is_none() && is_blurred(place, expected, &found);
                let what = format!("decision {feature} at the {}", place.name());
                self.record_check(&what, expected, &found, blurred || found == *expected);
            }
        }
        Ok(())
    }
}

/// The key under which the platform speaks of the app on a site.
fn key_of(tenant: &Tenant) -> Result<InstallationKey, Error> {
    Ok(if tenant.app()?.connect_key().is_some() {
        let key = app_license::ClientKey::new(&tenant.site().client_key()?)?;
        InstallationKey::Connect(key)
    } else {
        let ari = app_license::InstallationAri::new(&tenant.installation_ari()?)?;
        InstallationKey::Forge(ari)
    })
}

fn is_blurred(place: DecisionSource, expected: &str, found: &str) -> bool {
    place.says_only_lic()
        && found == "denied: inactive"
        && matches!(expected, "denied: trial_ended" | "denied: absent")
}
