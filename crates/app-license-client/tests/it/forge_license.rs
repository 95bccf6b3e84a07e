//! The Forge License API: one call in five minutes an installation, over all replicas.

use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::common::{HTML, Host, Say, TestClock, rerouted};
use app_license::forge::LicenseApiResponse;
use app_license::{ForgeAppId, InstallationAri, State};
use app_license_client::{
    Error, ErrorClass, Fetcher, ForgeLicenseApi, ForgeLicenseApiBuilder, MemoryLicenseCache,
    Statement, SystemToken,
};
use app_license_store::{LeaseStore, Name};

const APP: &str = "35559c21-6120-406b-b7cd-d87f468f6d32";
const OTHER: &str = "11259c21-6120-406b-b7cd-d87f468f6d99";
const TOKEN: &str = "opaque-system-token-that-nobody-may-see";

pub(crate) struct Platform {
    pub(crate) host: Host,
    pub(crate) clock: TestClock,
    pub(crate) cache: Arc<MemoryLicenseCache>,
}

pub(crate) async fn platform() -> Platform {
    Platform {
        host: Host::up().await,
        clock: TestClock::new(),
        cache: Arc::default(),
    }
}

impl Platform {
    pub(crate) fn replica(&self) -> ForgeLicenseApi {
        self.replica_with(|b| b)
    }

    pub(crate) fn replica_with(
        &self,
        set: impl FnOnce(ForgeLicenseApiBuilder) -> ForgeLicenseApiBuilder,
    ) -> ForgeLicenseApi {
        let builder = ForgeLicenseApi::builder(rerouted(&self.host), Arc::clone(&self.cache))
            .clock(self.clock.reader())
            .wait(Duration::from_millis(500));
        set(builder).build().unwrap()
    }
}

fn app(id: &str) -> ForgeAppId {
    ForgeAppId::new(id).unwrap()
}

pub(crate) fn at(id: &str) -> InstallationAri {
    InstallationAri::new(format!("ari:cloud:ecosystem::installation/{id}")).unwrap()
}

pub(crate) async fn ask(
    api: &ForgeLicenseApi,
) -> Result<Statement<Arc<LicenseApiResponse>>, Error> {
    api.get(&at("one"), &SystemToken::new(TOKEN).unwrap()).await
}

pub(crate) fn active(answer: &Statement<Arc<LicenseApiResponse>>) -> bool {
    let license = answer.license(&app(APP)).unwrap();
    assert_eq!(license.as_of(), Some(answer.as_of()));
    license.state() == State::Active
}

fn result(data: &str) -> String {
    format!(r#"{{"results":[{{"appId":"{APP}",{data}}}]}}"#)
}

pub(crate) fn good() -> String {
    result(r#""data":{"active":true,"capabilitySet":"capabilityAdvanced"}"#)
}

#[tokio::test]
async fn the_call_is_the_documented_one() {
    let p = platform().await;
    p.host.says_always(Say::ok(good()));
    let answer = ask(&p.replica()).await.unwrap();
    assert!(active(&answer) && answer.fault().is_none());
    let asked = &p.host.asked()[0];
    assert_eq!(asked.target, "/forge/app/v1/license");
    assert_eq!(asked.headers["host"], "api.atlassian.com");
    assert_eq!(asked.headers["authorization"], format!("Bearer {TOKEN}"));

    let p = platform().await;
    p.host.says_always(Say::ok(good()));
    let api = p.replica_with(|b| b.older_path().app(app(APP)).app(app(OTHER)).app(app(APP)));
    ask(&api).await.unwrap();
    let target = format!("/forge/installation/v1/license?appId={APP}&appId={OTHER}");
    assert_eq!(p.host.asked()[0].target, target);
}

#[tokio::test]
async fn one_call_in_five_minutes_an_installation_over_all_replicas() {
    let p = platform().await;
    // every answer says that an app could not be checked, so all of them always want to ask
    let partly = format!(
        r#"{{"results":[{{"appId":"{APP}","data":{{"active":true}}}},
            {{"appId":"{OTHER}","error":{{"type":"INTERNAL"}}}}]}}"#
    );
    p.host.says_always(Say::ok(partly));
    let replicas = [p.replica(), p.replica(), p.replica()];
    for _ in 0..40 {
        for api in &replicas {
            assert!(active(&ask(api).await.unwrap()));
        }
        p.clock.pass(30);
    }
    // 20 minutes: at 0, 330, 660 and 990 seconds
    assert_eq!(p.host.count(), 4);
}

#[tokio::test]
async fn replicas_share_what_one_of_them_was_told() {
    let p = platform().await;
    p.host.says_always(Say::ok(good()).slow(150));
    let (a, b) = (p.replica(), p.replica());
    let (one, two, three) = tokio::join!(ask(&a), ask(&a), ask(&b));
    for answer in [one, two, three] {
        let answer = answer.unwrap();
        assert!(active(&answer) && answer.fault().is_none());
    }
    assert_eq!(p.host.count(), 1);
}

#[tokio::test]
async fn fresh_for_an_hour_then_asked_again() {
    let p = platform().await;
    p.host.says_always(Say::ok(good()));
    let api = p.replica();
    assert!(active(&ask(&api).await.unwrap()));
    p.host.says_always(Say::ok(result(r#""data":{}"#)));
    p.clock.pass(3599);
    assert!(active(&ask(&api).await.unwrap()));
    p.clock.pass(1);
    assert!(!active(&ask(&api).await.unwrap()));
    assert!(!active(&ask(&p.replica()).await.unwrap()));
    assert_eq!(p.host.count(), 2);
}

fn faults() -> Vec<Say> {
    vec![
        Say::status(400),
        Say::status(401),
        Say::status(403),
        Say::status(404),
        Say::later(429, 300),
        Say::status(500),
        Say::status(204),
        Say::Answer(500, Vec::new(), good()),
        Say::ok(HTML),
        Say::ok("{}"),
        Say::ok(r#"{"results":[]}"#),
        Say::ok(result(r#""error":{"type":"INTERNAL","message":"later"}"#)),
        Say::redirect(302, "/elsewhere"),
        Say::Endless,
        Say::HangUp,
        Say::ok(good()).slow(2000),
    ]
}

/// A token that the platform refuses leaves the turn to a better one, and its tries are bounded;
/// what was known before does not stand in for the refusal.
#[tokio::test]
async fn user_spends_shared_turn() {
    for status in [401, 403] {
        let p = platform().await;
        p.host.says_always(Say::status(status));
        let api = p.replica_with(|b| b.wait(Duration::ZERO));
        for tries in 1..=3 {
            let error = ask(&api).await.unwrap_err();
            assert!(error.is_token_refused(), "{error}");
            assert_eq!(p.host.count(), tries);
        }
        let error = ask(&api).await.unwrap_err();
        assert_eq!((error.code(), p.host.count()), ("tokens_refused", 3));
        p.clock.pass(400);
        p.host.says_always(Say::ok(good()));
        assert!(active(&ask(&api).await.unwrap()));
        // the turn of the good call is taken, a refusal later ends what it said
        p.host.says_always(Say::status(status));
        p.clock.pass(4000);
        assert!(ask(&api).await.unwrap_err().is_token_refused());
        p.host.says_always(Say::ok(good()));
        assert!(active(&ask(&api).await.unwrap()));
    }
}

/// A fault is never an answer, and never takes one away.
#[tokio::test]
async fn key_server_failure() {
    // a refused token is a matter of its own: see the test below
    let refused = |say: &Say| matches!(say, Say::Answer(401 | 403, ..));
    for say in faults().into_iter().filter(|say| !refused(say)) {
        let p = platform().await;
        p.host.says("/elsewhere", Say::ok(good()));
        p.host.says_always(say.clone());
        let api = p.replica_with(|b| b.wait(Duration::ZERO));
        let error = ask(&api).await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::CouldNotCheck, "{say:?}: {error}");
        p.clock.pass(60);
        let error = ask(&api).await.unwrap_err();
        assert_eq!(error.code(), "leased", "{say:?}");
        assert_eq!(
            p.host.count(),
            1,
            "nothing is retried within the five minutes"
        );

        p.host.says_always(Say::ok(good()));
        p.clock.pass(300);
        assert!(active(&ask(&api).await.unwrap()));
        p.host.says_always(say.clone());
        p.clock.pass(4000);
        let answer = ask(&api).await.unwrap();
        assert!(active(&answer), "the last good answer, with its age");
        assert_eq!(answer.age(p.clock.now()), 4000);
        assert_eq!(answer.fault().unwrap().class(), ErrorClass::CouldNotCheck);
        let elsewhere = ask(&p.replica()).await.unwrap();
        assert_eq!(elsewhere.fault().unwrap().code(), "leased");
        p.clock.pass(86_400);
        assert!(ask(&api).await.is_err(), "not for ever");
    }
}

#[tokio::test]
async fn no_license_is_an_answer_in_both_spellings() {
    for data in [
        r#""data":{}"#,
        r#""error":{"type":"NOT_FOUND","message":"none"}"#,
    ] {
        let p = platform().await;
        p.host.says_always(Say::ok(result(data)));
        let answer = ask(&p.replica()).await.unwrap();
        let license = answer.license(&app(APP)).unwrap();
        assert_eq!(license.state(), State::Absent);
        assert_eq!(
            answer.license(&app(OTHER)).unwrap_err().code(),
            "not_checked"
        );
    }
}

#[tokio::test]
async fn a_longer_pause_is_heeded_by_all_replicas() {
    let p = platform().await;
    p.host.says_in_turn([Say::later(429, 1200)]);
    p.host.says_always(Say::ok(good()));
    let set = |b: ForgeLicenseApiBuilder| b.wait(Duration::ZERO);
    let (a, b) = (p.replica_with(set), p.replica_with(set));
    ask(&a).await.unwrap_err();
    p.clock.pass(1199);
    assert_eq!(ask(&b).await.unwrap_err().code(), "leased");
    p.clock.pass(6);
    assert!(active(&ask(&b).await.unwrap()));
    assert_eq!(p.host.count(), 2);
}

#[tokio::test]
async fn the_wait_for_another_replica_is_short() {
    let p = platform().await;
    let lease = Name::of("forge-license", at("one").as_str());
    let other = Name::new("another-replica").unwrap();
    let turn = p.cache.try_lease(&lease, &other, p.clock.now(), 330);
    let turn = turn.await;
    assert!(turn.unwrap().is_granted());
    let start = Instant::now();
    let error = ask(&p.replica()).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "another process holds the lease on the question for up to 330 s"
    );
    assert!(start.elapsed() >= Duration::from_millis(500));
    assert_eq!(p.host.count(), 0);
}

#[tokio::test]
async fn settings_that_cannot_be() {
    let builder = || ForgeLicenseApi::builder(Fetcher::new().unwrap(), MemoryLicenseCache::new());
    let eleven = (0..11).fold(builder(), |b, i| b.app(app(&format!("app-{i}"))));
    assert_eq!(eleven.build().unwrap_err().class(), ErrorClass::Misuse);
    for host in [
        "http://api.atlassian.com",
        "https://a@api.atlassian.com",
        "https://x/?a=b",
        "",
    ] {
        let error = builder().host(host).build().unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("setting", ErrorClass::Misuse),
            "{host}"
        );
    }
    assert!(
        builder()
            .host("https://api.stg.atlassian.com/")
            .build()
            .is_ok()
    );
}

#[tokio::test]
async fn secret_in_logs() {
    let p = platform().await;
    p.host
        .says_always(Say::Answer(500, Vec::new(), "said-by-the-platform".into()));
    let api = p.replica();
    let error = ask(&api).await.unwrap_err();
    let token = SystemToken::new(TOKEN).unwrap();
    let text = format!("{api:?} {error:?} {error} {token:?}");
    assert!(
        !text.contains(TOKEN) && !text.contains("said-by-the-platform"),
        "{text}"
    );
}
