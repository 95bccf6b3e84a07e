//! The demo app against the mock host platform.

use std::sync::Arc;
use std::time::Duration;

use app_license::connect::{BaseUrl, KeyHosts};
use app_license::{
    AppKey, ClientKey, Edition, FeatureMap, HmacKey, Policy, SharedSecret, State, UnixTime,
};
use app_license_client::{ConnectLicenseApi, Fetcher};
use app_license_lab::demo::APP_KEY;
use app_license_lab::{AppKind, AppLicensing, EDITIONS, Lab, LabConfig, Rules, Start};
use app_license_store::MemoryStore;
use app_license_testkit::{
    App, InjectedFault, MockHost, Service, SignedRequest, Tenant, TestClock,
};

use super::step::{Step, said};
use crate::command::lab::check::explainer;
use crate::error::CliError;

/// A feature of the demo app that needs Advanced.
const GATED: &str = "/features/bulk-export";

/// Plays the path of a license, and says of each step how it went.
pub(super) async fn run(without: Option<&str>) -> Result<Vec<Step>, CliError> {
    let rules = Rules::new(FeatureMap::from_toml(EDITIONS)?, Policy::new());
    let explainer = explainer(Some(rules.features()))?;
    let lab = Lab::start(LabConfig {
        rules,
        store: Arc::new(MemoryStore::new()),
        kind: AppKind::Connect,
        licensing: AppLicensing::Editions,
        own: None,
        forge_id: None,
        ports: None,
        start: Start::New {
            now: UnixTime::EPOCH.plus(TestClock::START),
        },
        explainer,
    })
    .await?;
    if let Some(field) = without {
        let fault = InjectedFault::WithoutField(field.to_owned());
        lab.host().set_fault(Service::Sites, fault);
    }
    play(lab.host(), lab.app()).await
}

async fn play(host: &MockHost, app: &App) -> Result<Vec<Step>, CliError> {
    let tenant = host.tenant(app, "acme")?;
    let events = tenant.install()?;
    let told = Delivered::new(host, &events)?;
    let mut steps = vec![deliver(host, events).await?];

    tenant.buy(Edition::Standard)?;
    let (text, license) = told.ask().await?;
    let active = license.is_some_and(|it| it.0 == State::Active && it.1);
    steps.push(Step::new("license read, active and Standard", active, text));
    steps.push(
        gate(
            host,
            &tenant,
            "gate of Advanced denied to Standard",
            &[402, 403],
        )
        .await?,
    );

    change(host, &tenant, Edition::Advanced).await?;
    let (text, license) = told.ask().await?;
    let advanced = license.is_some_and(|it| it.0 == State::Active && it.2);
    let name = "edition changed to Advanced, as the License API says";
    steps.push(Step::new(name, advanced, text));
    steps.push(gate(host, &tenant, "gate of Advanced granted", &[200, 204]).await?);

    change(host, &tenant, Edition::Standard).await?;
    let (text, license) = told.ask().await?;
    let standard = license.is_some_and(|it| it.0 == State::Active && it.1 && !it.2);
    let name = "edition changed back to Standard";
    steps.push(Step::new(name, standard, text));
    steps.push(gate(host, &tenant, "gate of Advanced denied again", &[402, 403]).await?);
    Ok(steps)
}

/// A change of edition, and the events that it sends, a second later.
async fn change(host: &MockHost, tenant: &Tenant, edition: Edition) -> Result<(), CliError> {
    host.clock().advance(1);
    let events = tenant.change_edition(edition)?;
    deliver(host, events).await?;
    Ok(())
}

async fn deliver(host: &MockHost, events: Vec<SignedRequest>) -> Result<Step, CliError> {
    let mut found = Vec::new();
    let mut good = true;
    for event in events {
        let answer = host.deliver(&event).await?;
        good &= matches!(answer.status(), 200 | 204);
        found.push(format!("{} {}", answer.name(), answer.status()));
        host.clock().advance(1);
    }
    Ok(Step::new(
        "lifecycle events accepted",
        good,
        found.join(", "),
    ))
}

async fn gate(
    host: &MockHost,
    tenant: &Tenant,
    name: &'static str,
    expected: &[u16],
) -> Result<Step, CliError> {
    let status = host.deliver(&tenant.page(GATED)?).await?.status();
    Ok(Step::new(
        name,
        expected.contains(&status),
        status.to_string(),
    ))
}

/// What the app was told when it was installed, and the API it asks with it.
struct Delivered {
    api: ConnectLicenseApi,
    tenant: ClientKey,
    base_url: BaseUrl,
    key: HmacKey,
}

impl Delivered {
    fn new(host: &MockHost, events: &[SignedRequest]) -> Result<Self, CliError> {
        let failed = |what: &str| CliError::Network(format!("the mock platform {what}"));
        let gateway = host.gateway().ok_or_else(|| failed("is not served"))?;
        let body = events.first().map(SignedRequest::json).unwrap_or_default();
        let text = |name: &str| {
            let found = body.get(name).and_then(serde_json::Value::as_str);
            found.ok_or_else(|| failed("sent no such field"))
        };
        let clock = host.clock().clone();
        let network = |error: app_license_client::Error| CliError::Network(error.to_string());
        let fetcher = Fetcher::rerouted_for_tests(gateway).map_err(network)?;
        let api = ConnectLicenseApi::builder(fetcher, AppKey::new(APP_KEY)?, KeyHosts::default())
            .clock(move || -> UnixTime { clock.now() })
            .attempts(1, Duration::ZERO, Duration::ZERO)
            .keep_through_outage(Duration::ZERO)
            .back_off(Duration::ZERO)
            .build()
            .map_err(network)?;
        Ok(Self {
            api,
            tenant: ClientKey::new(text("clientKey")?)?,
            base_url: BaseUrl::new(text("baseUrl")?)?,
            key: HmacKey::new(&SharedSecret::new(text("sharedSecret")?)?),
        })
    }

    /// What is said, and of a license: its state, whether it has Standard, and Advanced.
    async fn ask(&self) -> Result<(String, Option<(State, bool, bool)>), CliError> {
        self.api.forget(&self.tenant);
        let answer = match self.api.get(&self.tenant, &self.base_url, &self.key).await {
            Ok(answer) => answer.into_value(),
            Err(error) => return Ok((error.to_string(), None)),
        };
        let (text, license) = said(&answer);
        let license = license.map(|it| {
            (
                it.state(),
                it.has_capability("capabilityStandard"),
                it.has_capability("capabilityAdvanced"),
            )
        });
        Ok((text, license))
    }
}
