//! Which license statement counts, in the stated order.

use std::sync::Arc;
use std::time::Duration;

use crate::common::{Connect, history};
use app_license::{ClientKey, InstallationKey, Policy, WhenAbsent};
use app_license_server::ConnectAppBuilder;
use app_license_store::MemoryStore;
use app_license_testkit::{Edition, InjectedFault, MockHost, Service, Tenant};

struct Setting {
    host: MockHost,
    app: Connect,
    acme: Tenant,
}

impl Setting {
    async fn new(configure: impl FnOnce(ConnectAppBuilder) -> ConnectAppBuilder) -> Self {
        let host = MockHost::start().await.unwrap();
        let store = Arc::new(MemoryStore::new());
        let app = Connect::serve_as(&host, store, configure, |router| router).await;
        let acme = host.tenant(&app.app, "acme").unwrap();
        for event in acme.install().unwrap() {
            assert_eq!(host.deliver(&event).await.unwrap().status(), 204);
        }
        Self { host, app, acme }
    }

    /// The export, by a URL that says something about the license.
    async fn page(&self) -> (u16, String) {
        self.ask(&self.acme.page("/export").unwrap()).await
    }

    /// The export, by a signed URL that says nothing about it.
    async fn silent(&self) -> (u16, String) {
        self.ask(&self.acme.signed("status", "GET", "/export").unwrap())
            .await
    }

    async fn ask(&self, request: &app_license_testkit::SignedRequest) -> (u16, String) {
        let answer = self.host.deliver(request).await.unwrap();
        let body: Option<serde_json::Value> = serde_json::from_slice(answer.body()).ok();
        let code = body.and_then(|body| Some(body.pointer("/error/code")?.as_str()?.to_owned()));
        (answer.status(), code.unwrap_or_default())
    }

    fn asked(&self) -> u64 {
        self.host.hits(Service::Sites)
    }
}

fn refused(status: u16, code: &str) -> (u16, String) {
    (status, code.to_owned())
}

fn granted() -> (u16, String) {
    (200, String::new())
}

#[tokio::test]
async fn the_request_itself_comes_first() {
    let setting = Setting::new(|app| app).await;
    setting.acme.buy(Edition::Standard).unwrap();
    setting.acme.change_edition(Edition::Advanced).unwrap();
    assert_eq!(setting.page().await, granted());
    setting.acme.expire().unwrap();
    assert_eq!(setting.page().await, refused(402, "inactive"));
    assert_eq!(
        setting.asked(),
        1,
        "only an inactive statement is asked about"
    );
}

/// A license that was just bought shows `lic=none` for a while; one that has ended shows it for
/// good. Only the License API tells the two apart.
#[tokio::test]
async fn a_none_is_overruled_by_a_newer_answer_of_the_license_api() {
    let setting = Setting::new(|app| app).await;
    let none = || setting.acme.signed_page("/export?lic=none").unwrap();
    assert_eq!(setting.ask(&none()).await, refused(402, "inactive"));
    setting.acme.buy(Edition::Standard).unwrap();
    setting.acme.change_edition(Edition::Advanced).unwrap();
    let asked = setting.asked();
    // asked a moment ago: the site is left alone for a minute
    assert_eq!(setting.ask(&none()).await, refused(402, "inactive"));
    assert_eq!(setting.asked(), asked);
    setting.host.clock().advance(61);
    assert_eq!(setting.ask(&none()).await, granted());
    assert_eq!(setting.ask(&none()).await, granted());
    assert_eq!(
        setting.asked(),
        asked + 1,
        "one call for two pages in a row"
    );
    // an old answer does not overrule: the license may have ended since
    setting.acme.expire().unwrap();
    setting.host.clock().advance(61);
    assert_eq!(setting.ask(&none()).await, refused(402, "inactive"));
    assert_eq!(setting.asked(), asked + 2);
    // out of reach: the page's statement stands
    setting
        .host
        .set_fault(Service::Sites, InjectedFault::Status(500));
    setting.host.clock().advance(400);
    assert_eq!(setting.ask(&none()).await, refused(402, "inactive"));
}

#[tokio::test]
async fn an_app_that_sells_nothing_is_served_whatever_lic_says_and_asks_nobody() {
    let by_policy = Policy::new().sells_nothing(true);
    for setting in [
        Setting::new(ConnectAppBuilder::sells_nothing).await,
        Setting::new(|app| app.policy(by_policy)).await,
        Setting::new(|app| app.sells_nothing().policy(Policy::new())).await,
    ] {
        for query in ["lic=none", "lic=active", "lic=active&lic=none", "cp="] {
            let page = setting
                .acme
                .signed_page(&format!("/export?{query}"))
                .unwrap();
            assert_eq!(setting.ask(&page).await, granted(), "{query}");
        }
        assert_eq!(setting.silent().await, granted());
        assert_eq!(setting.asked(), 0, "nobody was asked");
    }
}

#[tokio::test]
async fn a_user_without_access_is_denied_whoever_speaks_of_the_license() {
    let setting = Setting::new(|app| app).await;
    setting.acme.buy(Edition::Standard).unwrap();
    setting.acme.change_edition(Edition::Advanced).unwrap();
    let denied = refused(403, "no_user_access");
    for (query, want) in [
        (
            "lic=active&capSet=capabilityAdvanced&userAccess=true",
            granted(),
        ),
        (
            "lic=active&capSet=capabilityAdvanced&userAccess=false",
            denied.clone(),
        ),
        (
            "lic=active&capSet=capabilityAdvanced&userAccess=no",
            denied.clone(),
        ),
        // here the License API speaks of the license
        ("userAccess=false", denied.clone()),
        ("lic=none&userAccess=false", denied.clone()),
        ("userAccess=true", granted()),
    ] {
        let page = setting
            .acme
            .signed_page(&format!("/export?{query}"))
            .unwrap();
        assert_eq!(setting.ask(&page).await, want, "{query}");
    }
    let ignoring = Policy::new().ignore_user_access(true);
    let setting = Setting::new(|app| app.policy(ignoring)).await;
    let page = "/export?lic=active&capSet=capabilityAdvanced&userAccess=false";
    let page = setting.acme.signed_page(page).unwrap();
    assert_eq!(setting.ask(&page).await, granted());
}

#[tokio::test]
async fn a_silent_request_is_completed_by_the_license_api() {
    let setting = Setting::new(|app| app).await;
    setting.acme.buy(Edition::Standard).unwrap();
    assert_eq!(setting.silent().await, refused(402, "capability_missing"));
    setting.acme.change_edition(Edition::Advanced).unwrap();
    setting.host.clock().advance(300);
    assert_eq!(setting.silent().await, granted());
    assert_eq!(setting.silent().await, granted());
    assert_eq!(setting.asked(), 2, "an answer counts for five minutes");
}

#[tokio::test]
async fn what_cannot_be_checked_is_503_unless_a_stored_word_may_count() {
    let down = InjectedFault::Status(500);
    let strict = Setting::new(|app| app).await;
    strict.host.set_fault(Service::Sites, down.clone());
    let (status, code) = strict.silent().await;
    assert_eq!((status, code.as_str()), (503, "status"));

    let lenient = Setting::new(|app| app.stored_for(Duration::from_secs(2 * 86_400))).await;
    lenient.acme.buy(Edition::Standard).unwrap();
    lenient.acme.change_edition(Edition::Advanced).unwrap();
    assert_eq!(lenient.silent().await, granted());
    lenient.host.set_fault(Service::Sites, down);
    // older than what the client keeps through an outage, not older than the hint may be
    lenient.host.clock().advance(86_400 + 400);
    assert_eq!(lenient.silent().await, granted());
    lenient.host.clock().advance_days(2);
    assert_eq!(lenient.silent().await.0, 503);
}

#[tokio::test]
async fn an_absent_license_is_denied_unless_the_policy_says_otherwise() {
    // nothing was ever licensed, and the License API says so
    let setting = Setting::new(|app| app).await;
    assert_eq!(setting.silent().await, refused(403, "absent"));
    let free = Policy::new().when_absent(WhenAbsent::Assume(Edition::Advanced));
    let setting = Setting::new(|app| app.policy(free)).await;
    assert_eq!(setting.silent().await, granted());
}

/// `lic=active` proves no payment: a copied descriptor can be installed with a license of the
/// installer's own making.
#[tokio::test]
async fn lic_fails_open() {
    let trusting = Setting::new(|app| app).await;
    let confirming = Setting::new(|app| app.policy(Policy::new().confirmed_only(true))).await;
    for setting in [&trusting, &confirming] {
        setting.acme.buy(Edition::Standard).unwrap();
        setting.acme.change_edition(Edition::Advanced).unwrap();
        assert_eq!(setting.page().await, granted());
        setting.acme.set_kind("DEVELOPER").unwrap();
        setting.host.clock().advance(300);
    }
    assert_eq!(trusting.page().await, granted());
    assert_eq!(trusting.asked(), 0);
    let (status, code) = confirming.page().await;
    assert_eq!((status, code.as_str()), (403, "unconfirmed"));
    assert_eq!(confirming.asked(), 2, "the License API was asked");
}

/// A page says `lic=none` of an ended trial and of an ended subscription alike; others know better.
#[tokio::test]
async fn trial_ended_is_told_by_all_that_is_known() {
    // by the License API
    let setting = Setting::new(|app| app).await;
    setting.acme.start_trial(Edition::Advanced, 30).unwrap();
    assert_eq!(setting.page().await, granted());
    setting.host.clock().advance_days(31);
    assert_eq!(setting.page().await, refused(402, "trial_ended"));

    // by the record, where the License API cannot be asked
    setting.host.clock().advance_days(2);
    setting.host.set_fault(Service::Sites, InjectedFault::Down);
    assert_eq!(setting.page().await, refused(402, "trial_ended"));
    setting.host.heal(Service::Sites);

    // an ended subscription is none
    setting.acme.buy(Edition::Advanced).unwrap();
    setting.host.clock().advance_days(1);
    assert_eq!(setting.page().await, granted());
    setting.acme.cancel().unwrap();
    setting.host.clock().advance_days(400);
    assert_eq!(setting.page().await, refused(402, "inactive"));
}

/// The host answers as of five minutes ago: page and License API disagree for so long.
#[tokio::test]
async fn an_upgrade_on_a_signed_page_makes_the_api_be_asked_at_once_and_again_after_five_minutes() {
    let setting = Setting::new(|app| {
        app.policy(Policy::new().confirmed_only(true))
            .confirm_with_license_api(|api| api.fresh_for(Duration::from_secs(3600)))
    })
    .await;
    setting.host.cache_licenses_for(300);
    setting.acme.buy(Edition::Standard).unwrap();
    assert_eq!(setting.page().await, refused(402, "capability_missing"));
    assert_eq!(setting.asked(), 1);
    setting.host.clock().advance(100);
    setting.acme.change_edition(Edition::Advanced).unwrap();
    // at once, although the answer is fresh for an hour; the site itself does not know yet
    assert_eq!(setting.page().await, refused(402, "capability_missing"));
    assert_eq!(setting.asked(), 2);
    for _ in 0..5 {
        setting.host.clock().advance(50);
        assert_eq!(setting.page().await, refused(402, "capability_missing"));
    }
    assert_eq!(setting.asked(), 2, "not for every page");
    setting.host.clock().advance(50);
    assert_eq!(setting.page().await, granted(), "five minutes later");
    assert_eq!(setting.asked(), 3);
    // they agree: the answer is good for an hour
    setting.host.clock().advance(900);
    assert_eq!(setting.page().await, granted());
    assert_eq!(setting.asked(), 3);
}

/// Pages and a License API that lags take no turns in the history, and what the policy does not count
/// is no news.
#[tokio::test]
async fn history_follows_the_statement_that_counts_and_does_not_flap() {
    let changes = async |setting: &Setting| {
        let key = ClientKey::new(setting.acme.site().client_key().unwrap()).unwrap();
        let all = history(&*setting.app.store, &InstallationKey::Connect(key)).await;
        let of_edition = all.iter().filter(|it| it.contains("edition_changed"));
        of_edition.count()
    };
    for confirmed in [false, true] {
        let policy = Policy::new().confirmed_only(confirmed);
        let setting = Setting::new(move |app| app.policy(policy)).await;
        setting.host.cache_licenses_for(300);
        setting.acme.buy(Edition::Standard).unwrap();
        let _standard = setting.silent().await;
        let before = changes(&setting).await;
        setting.host.clock().advance(60);
        setting.acme.change_edition(Edition::Advanced).unwrap();
        for _ in 0..5 {
            // a page knows, and what a request without a statement is told is old
            let _page = setting.page().await;
            let _silent = setting.silent().await;
            setting.host.clock().advance(20);
        }
        let soon = changes(&setting).await.saturating_sub(before);
        assert_eq!(soon, usize::from(!confirmed), "confirmed only: {confirmed}");
        setting.host.clock().advance(300);
        assert_eq!(setting.page().await, granted());
        assert_eq!(setting.silent().await, granted());
        let in_all = changes(&setting).await.saturating_sub(before);
        assert_eq!(in_all, 1, "confirmed only: {confirmed}");
    }
}
