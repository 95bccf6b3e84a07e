//! Downgrades, ended trials and new editions are noticed without a page view.

use std::sync::Arc;
use std::time::Duration;

use app_license::{ClientKey, InstallationAri, InstallationKey, Policy};
use app_license_server::{ConnectApp, ForgeRemote, HookRunner, LicenseSweep};
use app_license_store::{MemoryStore, Name, SqliteStore, Store};
use app_license_testkit::{
    App, Edition, InjectedFault, Invocation, MockHost, Service, SignedRequest, Tenant,
};

use crate::common::{APP_ID, APP_KEY, Connect, Forge, Recorder, clock, fetcher, history, listener};

const DAY: u64 = 86_400;

async fn deliver(host: &MockHost, requests: Vec<SignedRequest>) {
    for request in requests {
        let answer = host.deliver(&request).await.unwrap();
        assert_eq!(
            answer.status(),
            204,
            "{}: {}",
            request.name(),
            answer.text()
        );
    }
}

fn key_of(tenant: &Tenant) -> InstallationKey {
    let key = tenant.site().client_key().unwrap();
    InstallationKey::Connect(ClientKey::new(key).unwrap())
}

fn hooks(store: &Arc<dyn Store>, recorder: &Recorder) -> HookRunner {
    let name = Name::new("recorder").unwrap();
    HookRunner::new(Arc::clone(store), name, recorder.clone())
}

/// Sweeps for so many seconds of the test's clock, once an hour: a sweep that is called seldom does
/// what it can.
async fn sweep_for(host: &MockHost, sweeps: &mut [LicenseSweep], seconds: u64) -> usize {
    let end = host.clock().now().plus(seconds);
    let mut asked = 0;
    while host.clock().now() < end {
        for sweep in &mut *sweeps {
            asked += sweep.run_once().await.unwrap().asked;
        }
        host.clock().advance(3600);
    }
    asked
}

#[tokio::test]
async fn connect_licenses_of_thirty_days_over_sockets_and_two_replicas() {
    let folder = tempfile::tempdir().unwrap();
    let host = MockHost::start().await.unwrap();
    let path = folder.path().join("installations.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_plain_text(path).await.unwrap());
    let one = Connect::serve(&host, Arc::clone(&store)).await;
    let other = Connect::serve(&host, Arc::clone(&store)).await;
    let recorder = Recorder::default();
    let hooks = hooks(&store, &recorder);
    let mut sweeps = [&one.served, &other.served]
        .map(|app| app.license_sweep().unwrap().every(Duration::from_secs(DAY)));

    let tenant = |name: &str| host.tenant(&one.app, name).unwrap();
    let (acme, beta, gone, quiet) = (
        tenant("acme"),
        tenant("beta"),
        tenant("gone"),
        tenant("quiet"),
    );
    for tenant in [&acme, &beta, &gone, &quiet] {
        deliver(&host, tenant.install().unwrap()).await;
        host.clock().advance(1);
    }
    acme.start_trial(Edition::Advanced, 10).unwrap();
    beta.buy(Edition::Advanced).unwrap();
    quiet.buy(Edition::Standard).unwrap();
    deliver(&host, gone.uninstall().unwrap()).await;
    hooks.run_once().await.unwrap();
    recorder.delivered();

    let sites = host.hits(Service::Sites);
    let asked = sweep_for(&host, &mut sweeps, DAY / 2).await;
    assert_eq!(
        asked, 3,
        "one replica sweeps, and nobody is asked who is gone"
    );
    assert_eq!(host.hits(Service::Sites) - sites, 3);
    hooks.run_once().await.unwrap();
    let mut delivered = recorder.delivered();
    delivered.sort();
    let (active, advanced) = (
        "license none -> active",
        "edition none -> capabilityAdvanced",
    );
    assert_eq!(delivered, [advanced, advanced, active, active, active]);

    beta.change_edition(Edition::Standard).unwrap();
    sweep_for(&host, &mut sweeps, 2 * DAY).await;
    hooks.run_once().await.unwrap();
    assert_eq!(
        recorder.delivered(),
        ["edition capabilityAdvanced -> capabilityStandard"]
    );

    // the one that swept is no more; nobody opens a page while the trial ends
    let mut left = [sweeps].into_iter().flatten().skip(1).collect::<Vec<_>>();
    let asked = sweep_for(&host, &mut left, 28 * DAY).await;
    assert!((3 * 28..=3 * 38).contains(&asked), "{asked}");
    hooks.run_once().await.unwrap();
    assert_eq!(
        recorder.delivered(),
        ["license active -> inactive", "license ended, a trial"]
    );
    assert_eq!(
        history(&*store, &key_of(&quiet)).await.last().unwrap(),
        "connect_license_api: entitlement_changed, license_changed",
    );
    let ended = history(&*store, &key_of(&acme)).await;
    assert_eq!(
        ended.last().unwrap(),
        "connect_license_api: license_changed"
    );
}

#[tokio::test]
async fn a_site_that_says_when_to_come_again_is_left_alone_until_then() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let app = Connect::serve(&host, Arc::clone(&store)).await;
    let acme = host.tenant(&app.app, "acme").unwrap();
    deliver(&host, acme.install().unwrap()).await;
    acme.buy(Edition::Standard).unwrap();
    let mut sweep = app.served.license_sweep().unwrap();
    host.set_fault(
        Service::Sites,
        InjectedFault::TooManyRequests { retry_after: 3000 },
    );
    let turn = sweep.run_once().await.unwrap();
    assert_eq!((turn.asked, turn.answered), (1, 0));
    assert_eq!(host.hits(Service::Sites), 1, "and not tried again at once");
    // the next try is a quarter of an hour later, but the site said 50 minutes
    for _ in 0..49 {
        host.clock().advance(60);
        sweep.run_once().await.unwrap();
    }
    assert_eq!(host.hits(Service::Sites), 1);
    host.heal(Service::Sites);
    let mut answered = 0;
    for _ in 0..65 {
        host.clock().advance(60);
        answered += sweep.run_once().await.unwrap().answered;
    }
    assert_eq!((answered, host.hits(Service::Sites)), (1, 2));
}

#[tokio::test]
async fn forge_licenses_by_the_schedule_of_the_app() {
    let host = MockHost::start().await.unwrap();
    let store: Arc<dyn Store> = Arc::new(MemoryStore::new());
    let remote = Forge::serve_swept(&host, Arc::clone(&store)).await;
    let recorder = Recorder::default();
    let hooks = hooks(&store, &recorder);
    let acme = host.tenant(&remote.app, "acme").unwrap();
    deliver(&host, acme.install().unwrap()).await;
    acme.start_trial(Edition::Standard, 30).unwrap();
    let schedule = Invocation::function("license-sweep");
    let mut delivered = Vec::new();
    for day in 0..32 {
        let call = acme
            .invoke("POST", "/forge/license-sweep", &schedule)
            .unwrap();
        deliver(&host, vec![call]).await;
        hooks.run_once().await.unwrap();
        delivered.extend(
            recorder
                .delivered()
                .into_iter()
                .map(|what| format!("day {day}: {what}")),
        );
        host.clock().advance_days(1);
    }
    assert_eq!(
        delivered,
        [
            "day 0: installed",
            "day 0: license none -> active",
            "day 16: trial ends in 14 days",
            "day 23: trial ends in 7 days",
            "day 27: trial ends in 3 days",
            "day 29: trial ends in 1 days",
            "day 30: license active -> inactive",
            "day 30: license ended, a trial",
        ]
    );
    // a user's browser may call any path of the remote
    let browser = acme
        .invoke("POST", "/forge/license-sweep", &Invocation::ui("panel"))
        .unwrap();
    let answer = host.deliver(&browser).await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(
        answer.text().contains("user_initiated"),
        "{}",
        answer.text()
    );
    let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
    let history = history(&*store, &InstallationKey::Forge(ari)).await;
    let notices = history
        .iter()
        .filter(|line| line.ends_with(": trial_ending"));
    assert_eq!(notices.count(), 4, "{history:?}");
}

/// A remote has no token of its own: it asks with the one that the schedule brought.
#[tokio::test]
async fn a_schedule_without_a_license_is_asked_for_with_its_token_which_is_stored_nowhere() {
    let host = MockHost::start().await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("installations.db");
    let store: Arc<dyn Store> = Arc::new(SqliteStore::open_plain_text(path).await.unwrap());
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .fetcher(fetcher(&host))
        .shared_store(Arc::clone(&store))
        .confirm_with_license_api(|api| api)
        .clock(clock(&host))
        .build()
        .unwrap();
    let (listener, address) = listener().await;
    let router = remote
        .lifecycle_routes()
        .merge(remote.license_sweep_route().unwrap());
    tokio::spawn(app_license_server::serve(listener, router).into_future());
    let app = App::forge(APP_ID, &address).unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    deliver(&host, acme.install().unwrap()).await;
    acme.buy(Edition::Advanced).unwrap();

    let schedule = Invocation::function("license-sweep");
    let silent = || {
        let spec = acme.invocation_spec(&schedule).unwrap();
        let mut claims = spec.get("app").unwrap().clone();
        claims.as_object_mut().unwrap().remove("license");
        let token = spec.claim("app", claims).rs256(&host.forge_key().unwrap());
        let call = acme.invoke("POST", "/forge/license-sweep", &schedule);
        call.unwrap().with_token(&token)
    };
    let call = silent();
    let system_token = call.header("x-forge-oauth-system").unwrap().to_owned();
    deliver(&host, vec![call]).await;
    assert_eq!(host.hits(Service::ForgeApi), 1);
    let ari = InstallationAri::new(acme.installation_ari().unwrap()).unwrap();
    let news = history(&*store, &InstallationKey::Forge(ari.clone())).await;
    assert_eq!(
        news.last().unwrap(),
        "forge_license_api: entitlement_changed, edition_changed, license_changed"
    );
    host.clock().advance(1800);
    deliver(&host, vec![silent()]).await;
    assert_eq!(host.hits(Service::ForgeApi), 1, "once an hour");
    host.clock().advance(1801);
    deliver(&host, vec![silent()]).await;
    assert_eq!(host.hits(Service::ForgeApi), 2);

    let mut stored = Vec::new();
    for file in std::fs::read_dir(folder.path()).unwrap() {
        stored.extend(std::fs::read(file.unwrap().path()).unwrap());
    }
    let is_stored = |text: &str| memchr::memmem::find(&stored, text.as_bytes()).is_some();
    assert!(is_stored(ari.as_str()), "the search finds what is there");
    assert!(!is_stored(system_token.trim_start_matches("Bearer ")));
}

#[tokio::test]
async fn a_sweep_with_nothing_to_do_does_not_build() {
    let host = MockHost::start().await.unwrap();
    let builder = || {
        ConnectApp::builder(APP_KEY, "https://app.example.com")
            .unwrap()
            .store(MemoryStore::new())
            .fetcher(fetcher(&host))
            .clock(clock(&host))
    };
    let error = builder().build().unwrap().license_sweep().unwrap_err();
    assert_eq!(error.code(), "no_license_sweep");
    assert!(
        error.to_string().contains("confirm_with_license_api"),
        "{error}"
    );
    let free = builder()
        .policy(Policy::new().sells_nothing(true))
        .confirm_with_license_api(|api| api);
    assert_eq!(
        free.build().unwrap().license_sweep().unwrap_err().code(),
        "no_license_sweep"
    );
    let remote = ForgeRemote::builder(APP_ID)
        .unwrap()
        .fetcher(fetcher(&host))
        .build()
        .unwrap();
    assert_eq!(
        remote.license_sweep_route().unwrap_err().code(),
        "no_license_sweep"
    );
}
