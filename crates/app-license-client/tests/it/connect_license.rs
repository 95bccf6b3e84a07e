//! The Connect License API against sites that answer, and sites that do not.

use std::time::{Duration, Instant};

use crate::common::{HTML, Hold, Host, Say, TestClock, rerouted, until};
use app_license::connect::{
    BaseUrl, KeyHosts, LicenseApiResponse, RequestLine, RequestVerifierConfig, TenantKeys,
    UnverifiedRequestToken,
};
use app_license::{AppKey, ClientKey, HmacKey, SharedSecret, State, UnixTime};
use app_license_client::{
    ConnectLicenseApi, ConnectLicenseApiBuilder, Error, ErrorClass, Fetcher, Statement,
};

const SECRET: &str = "a-shared-secret-that-nobody-may-ever-see";
const SITE: &str = "https://acme.atlassian.net";
const PATH: &str = "/rest/atlassian-connect/1/addons/com.example.app";

pub(crate) struct Site {
    pub(crate) host: Host,
    pub(crate) clock: TestClock,
    pub(crate) api: ConnectLicenseApi,
}

pub(crate) async fn site() -> Site {
    site_with(|b| b).await
}

async fn site_with(set: impl FnOnce(ConnectLicenseApiBuilder) -> ConnectLicenseApiBuilder) -> Site {
    let (host, clock) = (Host::up().await, TestClock::new());
    let builder = ConnectLicenseApi::builder(rerouted(&host), app(), KeyHosts::default())
        .clock(clock.reader())
        .attempts(1, Duration::from_millis(10), Duration::from_millis(40));
    let api = set(builder).build().unwrap();
    Site { host, clock, api }
}

fn app() -> AppKey {
    AppKey::new("com.example.app").unwrap()
}

pub(crate) fn tenant(id: &str) -> ClientKey {
    ClientKey::new(id).unwrap()
}

fn key() -> HmacKey {
    HmacKey::new(&SharedSecret::new(SECRET).unwrap())
}

pub(crate) fn body(license: &str) -> String {
    format!(r#"{{"key":"com.example.app","state":"ENABLED","license":{license}}}"#)
}

pub(crate) const ACTIVE: &str =
    r#"{"active":true,"type":"COMMERCIAL","capabilitySet":"capabilityAdvanced"}"#;

impl Site {
    pub(crate) async fn get(&self) -> Result<Statement<LicenseApiResponse>, Error> {
        self.of(SITE).await
    }

    pub(crate) async fn of(&self, base_url: &str) -> Result<Statement<LicenseApiResponse>, Error> {
        let base_url = BaseUrl::new(base_url).unwrap();
        self.api.get(&tenant("tenant-1"), &base_url, &key()).await
    }

    pub(crate) async fn state(&self) -> Option<State> {
        self.get().await.unwrap().license().map(|l| l.state())
    }
}

#[tokio::test]
async fn three_states_and_an_app_that_is_gone() {
    for (status, body, want) in [
        (200, body(ACTIVE), Some(State::Active)),
        (200, body(r#"{"active":false}"#), Some(State::Inactive)),
        (200, body("null"), Some(State::Absent)),
        (
            200,
            r#"{"key":"com.example.app","state":"DISABLED"}"#.into(),
            Some(State::Absent),
        ),
        (404, r#"{"status-code":404}"#.into(), None),
    ] {
        let s = site().await;
        s.host.says_always(Say::Answer(status, Vec::new(), body));
        let answer = s.get().await.unwrap();
        assert_eq!(answer.license().map(|l| l.state()), want);
        assert_eq!(answer.as_of(), s.clock.now());
        let license = answer.license();
        assert!(license.is_none_or(|l| l.as_of() == Some(s.clock.now())));
    }
}

/// The call is signed by the app, for this tenant, over this very request.
#[tokio::test]
async fn the_call_is_signed_with_an_exact_query_hash() {
    for (base_url, path) in [(SITE, PATH), ("https://acme.atlassian.net/wiki", PATH)] {
        let s = site().await;
        s.host.says_always(Say::ok(body(ACTIVE)));
        s.of(base_url).await.unwrap();
        let asked = &s.host.asked()[0];
        let base = BaseUrl::new(base_url).unwrap();
        assert_eq!(asked.target, format!("{}{path}", base.path()));
        assert_eq!(asked.headers["host"], "acme.atlassian.net");
        let token = asked.headers["authorization"].strip_prefix("JWT ").unwrap();
        let token = UnverifiedRequestToken::parse(token).unwrap();
        let keys = TenantKeys::new(tenant("com.example.app"), key());
        let request = RequestLine::new("GET", &asked.target);
        let verified = token.verify(
            &keys,
            &request,
            &RequestVerifierConfig::new(base),
            s.clock.now(),
        );
        assert_eq!(verified.unwrap().tenant().as_str(), "com.example.app");
    }
}

#[tokio::test]
async fn an_answer_is_kept_for_five_minutes() {
    let s = site().await;
    s.host.says_always(Say::ok(body(ACTIVE)));
    assert_eq!(s.state().await, Some(State::Active));
    s.host.says_always(Say::ok(body(r#"{"active":false}"#)));
    s.clock.pass(299);
    assert_eq!(s.state().await, Some(State::Active));
    assert_eq!(s.get().await.unwrap().age(s.clock.now()), 299);
    s.clock.pass(1);
    assert_eq!(s.state().await, Some(State::Inactive));
    assert_eq!(s.host.count(), 2);
    s.api.forget(&tenant("tenant-1"));
    assert_eq!(s.state().await, Some(State::Inactive));
    assert_eq!(s.host.count(), 3);
}

#[tokio::test]
async fn one_flight_a_tenant() {
    let s = site().await;
    s.host.says_always(Say::ok(body(ACTIVE)).slow(100));
    let ask = |id: String| {
        let api = s.api.clone();
        tokio::spawn(async move {
            let base_url = BaseUrl::new(SITE).unwrap();
            api.get(&tenant(&id), &base_url, &key()).await.is_ok()
        })
    };
    let asks: Vec<_> = (0..60).map(|i| ask(format!("tenant-{}", i % 3))).collect();
    for asked in asks {
        assert!(asked.await.unwrap());
    }
    assert_eq!(s.host.count(), 3);
}

/// An installation that ended while its site was asked does not speak for the new one.
#[tokio::test]
async fn an_answer_is_as_old_as_its_question() {
    let s = site().await;
    let hold = Hold::new();
    s.host.says_always(Say::ok(body(ACTIVE)).held(&hold));
    let asked_at = s.clock.now();
    let passes = async {
        until("the site is asked", || s.host.count() == 1).await;
        s.clock.pass(7);
        hold.let_go();
    };
    let (answer, ()) = tokio::join!(s.get(), passes);
    assert_eq!(answer.unwrap().as_of(), asked_at);
    let base_url = BaseUrl::new(SITE).unwrap();
    let (of, key, now) = (tenant("tenant-1"), key(), s.clock.now());
    for (installed_at, questions) in [(asked_at, 1), (now, 2), (now, 2)] {
        let since = UnixTime::EPOCH;
        let answer = s.api.get_as_of(&of, &base_url, &key, since, installed_at);
        assert!(answer.await.is_ok());
        assert_eq!(s.host.count(), questions);
    }
}

fn faults() -> Vec<Say> {
    vec![
        Say::status(500),
        Say::status(503),
        Say::status(401),
        Say::status(403),
        Say::status(429),
        Say::status(400),
        Say::status(204),
        Say::Answer(500, Vec::new(), body(ACTIVE)),
        Say::Answer(201, Vec::new(), body(ACTIVE)),
        Say::ok(HTML),
        Say::ok(""),
        Say::ok("{}"),
        Say::ok(r#"{"key":"a","license":{"active":true,"active":false}}"#),
        Say::ok(format!("{}{}", body(ACTIVE), " ".repeat(256 * 1024))),
        Say::redirect(302, "/elsewhere"),
        Say::redirect(307, "https://evil.example/"),
        Say::Endless,
        Say::HangUp,
        Say::ok(body(ACTIVE)).slow(2000),
    ]
}

/// A site that refuses the app's token ends what it said before.
#[tokio::test]
async fn stale_license_forever() {
    for status in [401, 403] {
        let s = site().await;
        s.host.says_always(Say::ok(body(ACTIVE)));
        assert_eq!(s.state().await, Some(State::Active));
        s.host.says_always(Say::status(status));
        s.clock.pass(1000);
        let error = s.get().await.unwrap_err();
        assert!(error.is_token_refused(), "{status}: {error}");
        // not in the pause either, and not when the site is down after it
        s.clock.pass(1);
        assert!(s.get().await.is_err(), "{status}");
        s.host.says_always(Say::status(500));
        s.clock.pass(60);
        assert!(s.get().await.is_err(), "{status}");
    }
}

/// A fault is never an answer, and never takes one away, unless it is a refusal of the app's token.
#[tokio::test]
async fn key_server_failure() {
    for say in faults() {
        let s = site().await;
        s.host.says("/elsewhere", Say::ok(body(ACTIVE)));
        s.host.says_always(say.clone());
        let error = s.get().await.unwrap_err();
        assert_eq!(error.class(), ErrorClass::CouldNotCheck, "{say:?}: {error}");
        assert_eq!(s.host.count(), 1, "{say:?}");

        s.host.says_always(Say::ok(body(ACTIVE)));
        s.clock.pass(3600);
        assert_eq!(s.state().await, Some(State::Active), "{say:?}");
        s.host.says_always(say.clone());
        s.clock.pass(1000);
        if error.is_token_refused() {
            continue;
        }
        let answer = s.get().await.unwrap();
        let license = answer.license().unwrap();
        assert_eq!(license.state(), State::Active);
        assert_eq!(
            license.as_of().map(|at| s.clock.now().since(at)),
            Some(1000)
        );
        let fault = answer.fault().expect("it says why nothing newer is known");
        assert_eq!(fault.class(), ErrorClass::CouldNotCheck);
        s.clock.pass(86_400);
        assert!(s.get().await.is_err(), "not for ever");
    }
}

#[tokio::test]
async fn a_passing_fault_is_tried_again() {
    let pauses = (Duration::from_millis(10), Duration::from_millis(40));
    let s = site_with(|b| b.attempts(3, pauses.0, pauses.1)).await;
    s.host
        .says_in_turn([Say::status(503), Say::HangUp, Say::ok(body(ACTIVE))]);
    assert_eq!(s.state().await, Some(State::Active));
    assert_eq!(s.host.count(), 3);

    let s = site_with(|b| b.attempts(3, pauses.0, pauses.1)).await;
    s.host.says_always(Say::status(500));
    assert_eq!(s.get().await.unwrap_err().code(), "status");
    assert_eq!(s.host.count(), 3, "and no more");
    s.get().await.unwrap_err();
    assert_eq!(s.host.count(), 3, "left alone for the back-off");
    s.clock.pass(30);
    s.get().await.unwrap_err();
    assert_eq!(s.host.count(), 6);

    let s = site_with(|b| b.attempts(3, pauses.0, pauses.1)).await;
    s.host.says_always(Say::status(403));
    s.get().await.unwrap_err();
    assert_eq!(s.host.count(), 1, "a fault that stays is not");
}

#[tokio::test]
async fn retry_after_is_heeded_and_capped() {
    let second = Duration::from_secs(1);
    let s = site_with(|b| b.attempts(2, Duration::ZERO, second)).await;
    s.host
        .says_in_turn([Say::later(429, 1), Say::ok(body(ACTIVE))]);
    let start = Instant::now();
    assert_eq!(s.state().await, Some(State::Active));
    assert!(start.elapsed() >= second);

    let s = site_with(|b| b.attempts(3, Duration::ZERO, second)).await;
    s.host.says_in_turn([Say::later(503, 600)]);
    s.host.says_always(Say::ok(body(ACTIVE)));
    s.get().await.unwrap_err();
    s.clock.pass(599);
    s.get().await.unwrap_err();
    assert_eq!(s.host.count(), 1, "no request waits for ten minutes");
    s.clock.pass(1);
    assert_eq!(s.state().await, Some(State::Active));

    let s = site().await;
    s.host.says_in_turn([Say::later(503, u64::MAX)]);
    s.host.says_always(Say::ok(body(ACTIVE)));
    s.get().await.unwrap_err();
    s.clock.pass(3600);
    assert_eq!(s.state().await, Some(State::Active), "an hour at most");
}

#[tokio::test]
async fn all_tries_together_have_a_deadline() {
    let s = site_with(|b| {
        let pause = Duration::from_secs(5);
        b.attempts(10, pause, pause)
            .deadline(Duration::from_millis(1200))
    })
    .await;
    s.host.says_always(Say::ok("").slow(5000));
    assert_eq!(s.get().await.unwrap_err().code(), "timed_out");
    let count = s.host.count();
    assert!((1..=2).contains(&count), "{count} tries of ten");
}

/// Whatever a body said, only a site of the configured cloud is asked.
#[tokio::test]
async fn ssrf_by_body() {
    let s = site().await;
    s.host.says_always(Say::ok(body(ACTIVE)));
    for evil in [
        "https://evil.example",
        "https://atlassian.net",
        "https://evilatlassian.net",
        "https://acme.atlassian.net.evil.example",
        "https://evil.example/acme.atlassian.net",
        "https://acme.atlassian.net:8443",
        "https://169.254.169.254",
        "https://127.0.0.1",
        "https://[::1]",
        "https://localhost",
        "https://acme.jira-dev.com",
        "https://acme.atlassian-us-gov-mod.net",
    ] {
        let error = s.of(evil).await.unwrap_err();
        let found = (error.code(), error.class());
        assert_eq!(found, ("foreign_base_url", ErrorClass::Refused), "{evil}");
    }
    // plain http to this machine is for the loopback test fetcher alone
    let here = BaseUrl::http_loopback(&s.host.url()).unwrap();
    let error = s.api.get(&tenant("t"), &here, &key()).await.unwrap_err();
    assert_eq!(error.class(), ErrorClass::Refused);
    let genuine = ConnectLicenseApi::builder(Fetcher::new().unwrap(), app(), KeyHosts::default());
    let error = genuine
        .build()
        .unwrap()
        .get(&tenant("t"), &here, &key())
        .await;
    assert_eq!(error.unwrap_err().class(), ErrorClass::Refused);
    assert_eq!(s.host.count(), 0);
}

#[tokio::test]
async fn an_app_key_that_no_descriptor_has_is_a_wrong_setting() {
    let fetcher = Fetcher::new().unwrap();
    for app in ["a/b", "a?b", "..", "a%2e", "é"] {
        let app = AppKey::new(app).unwrap();
        let api = ConnectLicenseApi::builder(fetcher.clone(), app, KeyHosts::default());
        assert_eq!(api.build().unwrap_err().class(), ErrorClass::Misuse);
    }
}

#[tokio::test]
async fn secret_in_logs() {
    let s = site().await;
    s.host
        .says_always(Say::Answer(500, Vec::new(), "said-by-the-site".into()));
    let error = s.get().await.unwrap_err();
    let token = s.host.asked()[0].headers["authorization"].clone();
    let signature = token.rsplit('.').next().unwrap();
    let mut text = format!("{:?} {error:?} {error} {:?}", s.api, s.api.stats());
    let mut cause: Option<&dyn std::error::Error> = Some(&error);
    while let Some(one) = cause {
        text.push_str(&format!("{one} {one:?}"));
        cause = one.source();
    }
    for secret in [SECRET, signature, "said-by-the-site"] {
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn what_is_kept_is_bounded() {
    let s = site_with(|b| b.tenants_kept(2)).await;
    s.host.says_always(Say::ok(body(ACTIVE)));
    let base_url = BaseUrl::new(SITE).unwrap();
    for id in ["a", "b", "a", "c", "a", "b"] {
        s.api.get(&tenant(id), &base_url, &key()).await.unwrap();
    }
    assert_eq!(s.host.count(), 4, "b was pushed out by c");
}
