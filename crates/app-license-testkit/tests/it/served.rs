//! What the servers answer, in order and out of order.

use std::time::{Duration, Instant};

use app_license_testkit::{
    App, Edition, InjectedFault, Invocation, MockHost, Service, SignedRequest, Tenant, TokenSpec,
};
use serde_json::{Value, json};

const FORGE_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
const OTHER_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d12";

struct ServedResponse {
    status: u16,
    body: String,
    retry_after: Option<u64>,
    location: Option<String>,
}

impl ServedResponse {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }
}

async fn get(url: &str, authorization: Option<&str>) -> Result<ServedResponse, reqwest::Error> {
    get_as(url, authorization, None).await
}

async fn get_as(
    url: &str,
    authorization: Option<&str>,
    host: Option<&str>,
) -> Result<ServedResponse, reqwest::Error> {
    let client = reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .build()?;
    let mut request = client.get(url);
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    if let Some(value) = host {
        request = request.header("host", value);
    }
    let response = request.send().await?;
    let header = |name: &str| {
        let value = response.headers().get(name)?;
        value.to_str().ok().map(str::to_owned)
    };
    let (retry_after, location) = (header("retry-after"), header("location"));
    Ok(ServedResponse {
        status: response.status().as_u16(),
        retry_after: retry_after.and_then(|text| text.parse().ok()),
        location,
        body: String::from_utf8_lossy(&response.bytes().await?).into_owned(),
    })
}

/// The app's request to the host, signed as an app signs.
fn app_token(tenant: &Tenant, spec: impl FnOnce(TokenSpec) -> TokenSpec) -> String {
    let key = tenant.app_name();
    // the hash of a GET is the same for both parties: take the host's own
    let page = tenant
        .signed_page(&format!("/rest/atlassian-connect/1/addons/{key}"))
        .unwrap();
    let claims = page.token().unwrap().split('.').nth(1).unwrap();
    let claims =
        base64::Engine::decode(&base64::engine::general_purpose::URL_SAFE_NO_PAD, claims).unwrap();
    let claims: Value = serde_json::from_slice(&claims).unwrap();
    let base = TokenSpec::new()
        .claim("iss", key)
        .claim("iat", claims["iat"].clone())
        .claim("exp", claims["exp"].clone())
        .claim("qsh", claims["qsh"].clone());
    spec(base).hs256(tenant.shared_secret().unwrap().as_bytes())
}

#[tokio::test]
async fn install_keys_by_id_and_nothing_else() {
    let host = MockHost::start().await.unwrap();
    let url = host.install_keys_url().unwrap();
    let key = host.install_key().unwrap();
    let found = get(&format!("{url}/{}", key.id()), None).await.unwrap();
    assert_eq!((found.status, found.body), (200, key.public_pem()));
    let new = host.rotate_install_keys().unwrap();
    let fallback = host.url(Service::InstallKeysFallback).unwrap();
    for kid in [key.id(), new.as_str()] {
        let found = get(&format!("{fallback}/{kid}"), None).await.unwrap();
        assert_eq!(found.status, 200, "old keys stay");
    }
    for unknown in ["", "test-9", "test-1/x", "../test-1x"] {
        let found = get(&format!("{url}/{unknown}"), None).await.unwrap();
        assert_eq!(found.status, 404, "{unknown}");
    }
}

#[tokio::test]
async fn the_jwks_rotates() {
    let host = MockHost::start().await.unwrap();
    let url = host.jwks_url().unwrap();
    let kids = |set: &Value| -> Vec<String> {
        let keys = set["keys"].as_array().unwrap();
        keys.iter()
            .map(|k| k["kid"].as_str().unwrap().to_owned())
            .collect()
    };
    let before = get(&url, None).await.unwrap().json();
    assert_eq!(kids(&before), ["test-forge-1"]);
    host.rotate_jwks(true).unwrap();
    let both = get(&url, None).await.unwrap().json();
    assert_eq!(kids(&both), ["test-forge-1", "test-forge-2"]);
    host.rotate_jwks(false).unwrap();
    let last = get(&url, None).await.unwrap().json();
    assert_eq!(kids(&last), ["test-forge-3"]);
}

#[tokio::test]
async fn the_connect_license_api_checks_the_apps_token() {
    let host = MockHost::start().await.unwrap();
    let app = App::connect("com.example.app", "https://app.example.com").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.buy(Edition::Advanced).unwrap();
    let url = format!(
        "{}/acme/rest/atlassian-connect/1/addons/com.example.app",
        host.sites_url().unwrap()
    );
    let key = acme.site().client_key().unwrap();
    type Spoil = fn(TokenSpec) -> TokenSpec;
    let cases: Vec<(&str, Spoil, u16)> = vec![
        ("honest", |it| it, 200),
        (
            "issuer is another app",
            |it| it.claim("iss", "com.example.other"),
            403,
        ),
        (
            "hash of another path",
            |it| it.claim("qsh", "0".repeat(64)),
            401,
        ),
        ("no hash", |it| it.without_claim("qsh"), 401),
        ("expired", |it| it.claim("exp", 1_799_999_999_u64), 401),
        ("no expiry", |it| it.without_claim("exp"), 401),
        ("not an integer", |it| it.claim("exp", "1900000000"), 401),
        (
            "from the future",
            |it| it.claim("iat", 1_800_001_000_u64),
            401,
        ),
        ("another tenant", |it| it.claim("aud", json!(["x"])), 401),
    ];
    for (case, spoil, want) in cases {
        let token = app_token(&acme, spoil);
        let answer = get(&url, Some(&format!("JWT {token}"))).await.unwrap();
        assert_eq!(answer.status, want, "{case}: {}", answer.body);
    }
    let token = app_token(&acme, |it| it.claim("aud", json!([key])));
    let good = get(&url, Some(&format!("JWT {token}"))).await.unwrap();
    assert_eq!(
        good.json()["license"]["capabilitySet"],
        "capabilityAdvanced"
    );
    assert_eq!(get(&url, None).await.unwrap().status, 401);
    let bearer = get(&url, Some(&format!("Bearer {token}"))).await.unwrap();
    assert_eq!(bearer.status, 401);

    // the site is found by its host too
    let gateway = format!(
        "http://{}/rest/atlassian-connect/1/addons/com.example.app",
        host.gateway().unwrap()
    );
    let authorization = format!("JWT {token}");
    let by_host = get_as(&gateway, Some(&authorization), Some("acme.atlassian.net")).await;
    assert_eq!(by_host.unwrap().status, 200);

    acme.rotate_secret().unwrap();
    let old = get(&url, Some(&format!("JWT {token}"))).await.unwrap();
    assert_eq!(old.status, 401, "the old secret is over");
    acme.disable().unwrap();
    let token = app_token(&acme, |it| it);
    let off = get(&url, Some(&format!("JWT {token}"))).await.unwrap();
    assert_eq!(off.json()["state"], "DISABLED");
    acme.uninstall().unwrap();
    let gone = get(&url, Some(&format!("JWT {token}"))).await.unwrap();
    assert_eq!(gone.status, 404);
}

#[tokio::test]
async fn the_forge_license_api_keeps_its_limits() {
    let host = MockHost::start().await.unwrap();
    let app = App::forge(FORGE_ID, "https://remote.example.com").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    acme.start_trial(Edition::Advanced, 30).unwrap();
    let url = format!("{}/forge/app/v1/license", host.forge_api_url().unwrap());
    let bearer = format!("Bearer {}", acme.system_token().unwrap());

    assert_eq!(get(&url, None).await.unwrap().status, 401);
    let refused = get(&format!("{url}?appId=x"), Some(&bearer)).await.unwrap();
    assert_eq!(refused.json()["message"], "Invalid appId format");
    let eleven = format!("{url}?{}", vec![format!("appId={FORGE_ID}"); 11].join("&"));
    assert_eq!(get(&eleven, Some(&bearer)).await.unwrap().status, 400);

    let both = format!("{url}?appId={FORGE_ID}&appId={OTHER_ID}");
    let first = get(&both, Some(&bearer)).await.unwrap();
    assert_eq!(first.status, 200);
    let results = first.json();
    assert_eq!(
        results["results"][0]["data"]["capabilitySet"],
        "capabilityAdvanced"
    );
    assert_eq!(results["results"][1]["error"]["type"], "NOT_FOUND");

    host.clock().advance(60);
    let early = get(&url, Some(&bearer)).await.unwrap();
    assert_eq!((early.status, early.retry_after), (429, Some(240)));
    host.clock().advance(240);
    assert_eq!(get(&url, Some(&bearer)).await.unwrap().status, 200);

    // ten a minute a site, whatever the app
    let mut statuses = Vec::new();
    for number in 0..12 {
        let id = format!("00000000-0000-4000-8000-0000000000{number:02}");
        let app = App::forge(&id, "https://remote.example.com").unwrap();
        let tenant = host.tenant(&app, "globex").unwrap();
        tenant.install().unwrap();
        let bearer = format!("Bearer {}", tenant.system_token().unwrap());
        statuses.push(get(&url, Some(&bearer)).await.unwrap().status);
    }
    assert_eq!(statuses, [vec![200; 10], vec![429; 2]].concat());
    let old = url.replace("/app/v1/", "/installation/v1/");
    host.clock().advance(300);
    assert_eq!(get(&old, Some(&bearer)).await.unwrap().status, 200);
}

#[tokio::test]
async fn faults_are_what_they_say_and_heal() {
    let host = MockHost::start().await.unwrap();
    let key = host.install_key().unwrap();
    let url = format!("{}/{}", host.install_keys_url().unwrap(), key.id());
    let gateway = format!("http://{}/{}", host.gateway().unwrap(), key.id());
    let service = Service::InstallKeys;
    let primary = Some("asap-distribution.us-west-2.prod.atl-asap.net");

    for fault in [
        InjectedFault::Status(500),
        InjectedFault::Status(404),
        InjectedFault::Html,
        InjectedFault::Rubbish,
        InjectedFault::Wrong,
        InjectedFault::Redirect,
        InjectedFault::Huge(1_000_000),
        InjectedFault::TooManyRequests { retry_after: 7 },
        InjectedFault::Down,
        InjectedFault::Slow(Duration::from_millis(150)),
    ] {
        host.set_fault(service, fault.clone());
        let begun = Instant::now();
        let answer = get(&url, None).await;
        let routed = get_as(&gateway, None, primary).await;
        assert_eq!(
            answer.as_ref().ok().map(|it| (it.status, it.body.clone())),
            routed.ok().map(|it| (it.status, it.body)),
            "{fault:?}"
        );
        match (&fault, answer) {
            (InjectedFault::Down, answer) => assert!(answer.is_err()),
            (_, Err(error)) => panic!("{fault:?}: {error}"),
            (InjectedFault::Status(status), Ok(it)) => assert_eq!(it.status, *status),
            (InjectedFault::Html, Ok(it)) => assert!(it.body.starts_with("<!doctype html>")),
            (InjectedFault::Rubbish, Ok(it)) => assert!(it.body.contains('\u{fffd}')),
            (InjectedFault::Wrong, Ok(it)) => {
                assert!(it.body.starts_with("-----BEGIN PUBLIC KEY-----"));
                assert_ne!(it.body, key.public_pem());
            }
            (InjectedFault::Redirect, Ok(it)) => {
                assert_eq!(it.status, 302);
                let led = format!(
                    "{}{}",
                    host.install_keys_url().unwrap(),
                    it.location.unwrap()
                );
                assert_eq!(get(&led, None).await.unwrap().body, key.public_pem());
            }
            (InjectedFault::Huge(bytes), Ok(it)) => assert_eq!(it.body.len(), *bytes),
            (InjectedFault::TooManyRequests { .. }, Ok(it)) => {
                assert_eq!((it.status, it.retry_after), (429, Some(7)));
            }
            (InjectedFault::Slow(time), Ok(it)) => {
                assert!(begun.elapsed() >= *time);
                assert_eq!(it.body, key.public_pem());
            }
            (other, Ok(_)) => panic!("{other:?}"),
        }
        let fallback = format!(
            "{}/{}",
            host.url(Service::InstallKeysFallback).unwrap(),
            key.id()
        );
        assert_eq!(get(&fallback, None).await.unwrap().status, 200, "{fault:?}");
        host.heal(service);
        assert_eq!(get(&url, None).await.unwrap().body, key.public_pem());
    }
    assert_eq!(host.hits(Service::ForgeApi), 0);
    assert!(host.hits(service) >= 30);
}

#[tokio::test]
async fn a_service_that_goes_down_cuts_open_connections() {
    let host = MockHost::start().await.unwrap();
    let url = host.jwks_url().unwrap();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    assert!(client.get(&url).send().await.unwrap().text().await.is_ok());
    host.set_fault(Service::ForgeKeys, InjectedFault::Down);
    assert!(client.get(&url).send().await.is_err());
    host.heal(Service::ForgeKeys);
    assert!(client.get(&url).send().await.is_ok());
}

#[tokio::test]
async fn wrong_answers_are_another_ones() {
    let host = MockHost::start().await.unwrap();
    let app = App::forge(FORGE_ID, "https://remote.example.com").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    host.set_fault(Service::ForgeKeys, InjectedFault::Wrong);
    host.set_fault(Service::ForgeApi, InjectedFault::Wrong);
    let set = get(&host.jwks_url().unwrap(), None).await.unwrap().json();
    assert_eq!(set["keys"][0]["kid"], host.jwks()["keys"][0]["kid"]);
    assert_ne!(set["keys"][0]["n"], host.jwks()["keys"][0]["n"]);
    let url = format!("{}/forge/app/v1/license", host.forge_api_url().unwrap());
    let bearer = format!("Bearer {}", acme.system_token().unwrap());
    let answer = get(&url, Some(&bearer)).await.unwrap().json();
    assert_ne!(answer["results"][0]["appId"], FORGE_ID);
}

#[tokio::test]
async fn loopback_base_urls_lead_to_the_license_api() {
    let host = MockHost::builder()
        .loopback_base_urls()
        .start()
        .await
        .unwrap();
    let app = App::connect("com.example.app", "https://app.example.com").unwrap();
    host.site("docs", app_license_testkit::Product::Confluence)
        .unwrap();
    let docs = host.tenant(&app, "docs").unwrap();
    let base = docs.install().unwrap()[0].json()["baseUrl"]
        .as_str()
        .unwrap()
        .to_owned();
    assert!(base.starts_with("http://127.0.0.1:") && base.ends_with("/docs/wiki"));
    let token = app_token(&docs, |it| it);
    let url = format!("{base}/rest/atlassian-connect/1/addons/com.example.app");
    let answer = get(&url, Some(&format!("JWT {token}"))).await.unwrap();
    assert_eq!(answer.status, 200);
    let itself = answer.json()["links"]["self"][0]["href"].clone();
    assert_eq!(itself.as_str(), Some(url.as_str()));
}

#[tokio::test]
async fn the_servers_stop_with_the_last_handle() {
    let host = MockHost::start().await.unwrap();
    let url = host.jwks_url().unwrap();
    let app = App::forge(FORGE_ID, "https://remote.example.com").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    drop(host);
    assert_eq!(get(&url, None).await.unwrap().status, 200);
    drop(acme);
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(get(&url, None).await.is_err());
}

#[test]
fn spoiled_requests_keep_their_shape() {
    let app = App::connect("com.example.app", "https://app.example.com").unwrap();
    let acme = MockHost::offline().tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    let page = acme.page("/panel?a=1").unwrap();
    let other = page.clone().with_token("x.y.z");
    assert_eq!(other.token(), Some("x.y.z"));
    assert!(other.target().starts_with("/panel?a=1&"));
    let lone = acme.signed_page("/panel").unwrap().without_token();
    assert_eq!(lone.target(), "/panel");
    let forge = App::forge(FORGE_ID, "https://remote.example.com").unwrap();
    let remote = MockHost::offline().tenant(&forge, "acme").unwrap();
    remote.install().unwrap();
    let call: SignedRequest = remote
        .invoke("GET", "/r", &Invocation::function("f"))
        .unwrap();
    let call = call.with_token("x.y.z").to("http://127.0.0.1:1/");
    assert_eq!(call.header("authorization"), Some("Bearer x.y.z"));
    assert_eq!(call.url(), "http://127.0.0.1:1/r");
}
