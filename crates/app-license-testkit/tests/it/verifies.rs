//! Everything the host makes verifies through the core, and nothing of it does in another place.

use app_license::connect::{
    BaseUrl, LifecycleEvent, LifecycleKind, RequestLine, RequestVerifierConfig, TenantKeys,
    UnverifiedContextToken, UnverifiedEvent, UnverifiedRequestToken, UnverifiedSessionToken,
    Verifier, sign_request, token_from_request,
};
use app_license::forge::{
    self, ForgeLifecycleEvent, ForgeLifecycleKind, LicenseApiResponse, UiContext,
    UnverifiedInvocationToken,
};
use app_license::{
    AppKey, ClientKey, Edition, ForgeAppId, HmacKey, Jwks, RsaPublicKey, SharedSecret, State,
};
use app_license_testkit::{
    App, Environment, Invocation, MockHost, Override, Product, SignedRequest, Spelling, Tenant,
};

const KEY: &str = "com.example.app";
const FORGE_ID: &str = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";

/// The side of the app: what a correct one does with what it gets.
struct Receiver {
    host: MockHost,
    tenant: Tenant,
    expected: RequestVerifierConfig,
}

impl Receiver {
    fn new(base_url: &str, site: &str, product: Product) -> Self {
        let host = MockHost::offline();
        host.site(site, product).unwrap();
        let app = App::connect(KEY, base_url).unwrap();
        let tenant = host.tenant(&app, site).unwrap();
        tenant.install().unwrap();
        Self {
            host,
            tenant,
            expected: RequestVerifierConfig::new(BaseUrl::new(base_url).unwrap()),
        }
    }

    fn client_key(&self) -> ClientKey {
        ClientKey::new(self.tenant.site().client_key().unwrap()).unwrap()
    }

    fn keys(&self) -> TenantKeys {
        let secret = SharedSecret::new(self.tenant.shared_secret().unwrap()).unwrap();
        TenantKeys::new(self.client_key(), HmacKey::new(&secret))
    }

    /// The target as the app's server sees it, with the path of the base URL.
    fn target(&self, request: &SignedRequest) -> String {
        format!(
            "{}{}",
            self.expected.base_url().path().trim_end_matches('/'),
            request.target()
        )
    }

    fn install(&self, request: &SignedRequest) -> Result<LifecycleEvent, app_license::Error> {
        let key = self.host.install_key().unwrap();
        let key = RsaPublicKey::from_pem(&key.public_pem())?;
        let verifier = Verifier::new(AppKey::new(KEY)?, self.expected.clone());
        let target = self.target(request);
        let seen = RequestLine::new(request.method(), &target);
        let now = self.host.clock().now();
        let kind = LifecycleKind::from_name(request.name()).unwrap();
        let event = verifier.event(kind, request.token().unwrap())?;
        let UnverifiedEvent::OfPlatform(event) = event else {
            panic!("{kind} is signed by a tenant");
        };
        assert!(event.kid().as_str().starts_with("test-"));
        let event = event.receive(request.body(), &seen, now)?;
        Ok(event.verify(&key)?.event().clone())
    }

    fn request(
        &self,
        request: &SignedRequest,
    ) -> Result<app_license::Verified<app_license::connect::RequestToken>, app_license::Error> {
        let target = self.target(request);
        let seen = RequestLine::new(request.method(), &target);
        let token = token_from_request(request.header("authorization"), seen.query())?;
        let token = UnverifiedRequestToken::parse(&token)?;
        token.verify(&self.keys(), &seen, &self.expected, self.host.clock().now())
    }
}

fn receivers() -> Vec<Receiver> {
    vec![
        Receiver::new("https://app.example.com", "acme", Product::Jira),
        Receiver::new("https://app.example.com/connect/v1", "acme", Product::Jira),
        Receiver::new("https://app.example.com", "acme-docs", Product::Confluence),
    ]
}

#[test]
fn installs_and_uninstalls() {
    for it in receivers() {
        for _ in 0..2 {
            for name in ["installed", "uninstalled"] {
                let event = it
                    .install(&it.tenant.lifecycle_event(name).unwrap())
                    .unwrap();
                if let LifecycleEvent::Installed(event) = event {
                    assert_eq!(
                        event.shared_secret().expose(),
                        it.tenant.shared_secret().unwrap()
                    );
                }
            }
            // the same with the next key
            it.host.rotate_install_keys().unwrap();
        }
        let installed = it.tenant.lifecycle_event("installed").unwrap();
        let moved = installed.clone().with_field("eventType", "uninstalled");
        assert_eq!(it.install(&moved).unwrap_err().code(), "field_value");
        let foreign = installed.clone().with_field("clientKey", "someone-else");
        assert!(it.install(&foreign).is_err());
        let spoofed = installed
            .clone()
            .with_field("baseUrl", "https://evil.example");
        assert_eq!(it.install(&spoofed).unwrap_err().code(), "foreign_base_url");
        let context = it.tenant.context_token().unwrap();
        assert_eq!(
            it.install(&installed.clone().with_token(&context))
                .unwrap_err()
                .code(),
            "algorithm"
        );
        it.host.clock().advance(600);
        assert_eq!(it.install(&installed).unwrap_err().code(), "expired");
    }
}

#[test]
fn the_other_events_pages_and_webhooks() {
    for it in receivers() {
        it.tenant.start_trial(Edition::Advanced, 30).unwrap();
        for request in [
            it.tenant.lifecycle_event("enabled").unwrap(),
            it.tenant.lifecycle_event("disabled").unwrap(),
            it.tenant
                .webhook("/hook?a=b c&a=%2C&%C3%A9=1", &serde_json::json!({}))
                .unwrap(),
            it.tenant.signed("status", "GET", "/").unwrap(),
            it.tenant
                .anonymous()
                .signed("status", "DELETE", "/x/")
                .unwrap(),
        ] {
            it.request(&request).unwrap();
        }
        for target in [
            "/panel",
            "/panel?issueKey=T-1&x=1&x=0",
            "/a%20b/c?q=1+2",
            "/",
        ] {
            let page = it.tenant.page(target).unwrap();
            let token = it.request(&page).unwrap();
            assert!(
                token.license().has_capability("capabilityAdvanced"),
                "{target}"
            );
            assert!(page.target().contains("&cv=1001.0.0-SNAPSHOT"), "{target}");
        }
        let twice = it.tenant.signed_page("/panel?lic=active&lic=none").unwrap();
        let token = it.request(&twice).unwrap();
        assert_eq!(token.license().state(), State::Inactive);
        let cacheable = it.tenant.cacheable_page("/panel").unwrap();
        assert_eq!(it.request(&cacheable).unwrap_err().code(), "token_missing");

        // bound to its URL
        let page = it.tenant.page("/panel").unwrap();
        let other = it
            .tenant
            .page("/other")
            .unwrap()
            .with_token(page.token().unwrap());
        assert_eq!(it.request(&other).unwrap_err().code(), "qsh_mismatch");
        let context = it.tenant.context_token().unwrap();
        assert_eq!(
            it.request(&page.clone().with_token(&context))
                .unwrap_err()
                .code(),
            "context_token"
        );
        it.tenant.rotate_secret().unwrap();
        assert_eq!(it.request(&page).unwrap_err().code(), "signature");
    }
}

#[test]
fn context_tokens_and_session_tokens() {
    for it in receivers() {
        it.tenant.buy(Edition::Advanced).unwrap();
        let now = it.host.clock().now();
        let token = it.tenant.context_token().unwrap();
        let context = UnverifiedContextToken::parse(&token)
            .unwrap()
            .verify(&it.keys(), &it.expected, now)
            .unwrap();
        assert!(context.license().has_capability("capabilityAdvanced"));
        assert_eq!(context.subject(), it.tenant.user());
        let session = it.tenant.session_token().unwrap();
        let app = AppKey::new(KEY).unwrap();
        let session = UnverifiedSessionToken::parse(&session)
            .unwrap()
            .verify(&it.keys(), &app, &it.expected, now)
            .unwrap();
        assert_eq!(session.tenant(), &it.client_key());
        assert!(UnverifiedSessionToken::parse(&token).is_err());
    }
}

#[test]
fn what_the_app_signs_the_host_takes() {
    for it in receivers() {
        let target = app_license::connect::LicenseApiResponse::path(&AppKey::new(KEY).unwrap());
        let site = BaseUrl::new(&it.tenant.site().base_url().unwrap()).unwrap();
        let secret = SharedSecret::new(it.tenant.shared_secret().unwrap()).unwrap();
        let whole = format!("{}{target}", site.path().trim_end_matches('/'));
        let token = sign_request(
            &RequestLine::new("GET", &whole),
            &site,
            &AppKey::new(KEY).unwrap(),
            &it.client_key(),
            &HmacKey::new(&secret),
            it.host.clock().now(),
        )
        .unwrap();
        assert_eq!(
            it.tenant.check_app_token("GET", &target, &token).unwrap(),
            Ok(()),
        );
        assert!(
            it.tenant
                .check_app_token("POST", &target, &token)
                .unwrap()
                .is_err()
        );
    }
}

#[test]
fn forge_bodies_are_read() {
    let host = MockHost::offline();
    let app = App::forge(FORGE_ID, "https://remote.example.com").unwrap();
    let acme = host.tenant(&app, "acme").unwrap();
    let installed = acme.install().unwrap().remove(0);
    acme.start_trial(Edition::Advanced, 30).unwrap();
    let event =
        ForgeLifecycleEvent::parse(ForgeLifecycleKind::Installed, installed.body()).unwrap();
    assert_eq!(
        event.installation_id().unwrap().as_str(),
        acme.installation_ari().unwrap()
    );
    let id = ForgeAppId::new(FORGE_ID).unwrap();
    assert_eq!(event.app_id(), Some(&id));

    let context = acme.ui_context("panel").unwrap().to_string();
    let context = UiContext::parse(context.as_bytes()).unwrap();
    assert_eq!(context.module_key(), Some("panel"));
    assert_eq!(context.license().edition(), Some(Edition::Advanced));

    let record = acme.forge_license_record().unwrap();
    let body = serde_json::json!({"results": [{"appId": FORGE_ID, "data": record}]});
    let answer = LicenseApiResponse::parse(body.to_string().as_bytes()).unwrap();
    let license = answer.license(&id).unwrap();
    assert_eq!(license.is_evaluation(), Some(true));
    assert_eq!(license.trial_end(), acme.snapshot().trial_end);
}

#[test]
fn invocation_tokens() {
    for spelling in [Spelling::Both, Spelling::Active, Spelling::IsActive] {
        let host = MockHost::builder().spelling(spelling).offline().unwrap();
        let app = App::forge(FORGE_ID, "https://remote.example.com").unwrap();
        let acme = host.tenant(&app, "acme").unwrap();
        let installed = acme.install().unwrap().remove(0);
        acme.buy(Edition::Advanced).unwrap();
        let expected = forge::Verifier::new(ForgeAppId::new(FORGE_ID).unwrap());
        let verify = |token: &str| {
            let keys = Jwks::parse(host.jwks().to_string().as_bytes()).unwrap();
            let token = UnverifiedInvocationToken::parse(token)?;
            assert!(token.kid().starts_with("test-"));
            token.verify(&keys, &expected, host.clock().now())
        };
        for _ in 0..2 {
            let call = acme.invoke("GET", "/r", &Invocation::ui("panel")).unwrap();
            let token = verify(call.token().unwrap()).unwrap();
            assert!(token.license().has_capability("capabilityAdvanced"));
            assert_eq!(token.principal(), acme.user());
            assert_eq!(token.module_key(), Some("panel"));
            assert_eq!(
                token.cloud_id().unwrap().as_str(),
                acme.site().cloud_id().unwrap()
            );
            let by_function = acme.invocation_token(&Invocation::function("f")).unwrap();
            assert_eq!(verify(&by_function).unwrap().principal(), None);
            host.rotate_jwks(true).unwrap();
        }
        verify(installed.token().unwrap()).unwrap();

        let token = acme.invocation_token(&Invocation::ui("panel")).unwrap();
        host.rotate_jwks(false).unwrap();
        assert_eq!(verify(&token).unwrap_err().code(), "unknown_key");
        let token = acme.invocation_token(&Invocation::ui("panel")).unwrap();
        host.clock().advance(300);
        assert_eq!(verify(&token).unwrap_err().code(), "expired");
        let labeled = acme.invocation_spec(&Invocation::ui("panel")).unwrap();
        let labeled = labeled
            .claim("icLabel", "orange")
            .rs256(&host.forge_key().unwrap());
        assert_eq!(verify(&labeled).unwrap_err().code(), "isolated_cloud");

        acme.expire().unwrap();
        let token = acme.invocation_token(&Invocation::ui("panel")).unwrap();
        assert_eq!(verify(&token).unwrap().license().state(), State::Inactive);
    }
}

#[test]
fn invocation_tokens_outside_production_say_where_they_are_from() {
    let host = MockHost::offline();
    let app = App::forge(FORGE_ID, "https://remote.example.com")
        .unwrap()
        .environment(Environment::Staging);
    let acme = host.tenant(&app, "acme").unwrap();
    acme.install().unwrap();
    let expected = forge::Verifier::new(ForgeAppId::new(FORGE_ID).unwrap());
    let license = || {
        let keys = Jwks::parse(host.jwks().to_string().as_bytes()).unwrap();
        let token = acme.invocation_token(&Invocation::ui("panel")).unwrap();
        let token = UnverifiedInvocationToken::parse(&token).unwrap();
        let token = token.verify(&keys, &expected, host.clock().now()).unwrap();
        let environment = token.environment_type().cloned();
        assert_eq!(environment, Some(app_license::EnvironmentType::STAGING));
        token.license().state()
    };
    assert_eq!(license(), State::Absent);
    acme.override_license(Override::Advanced).unwrap();
    assert_eq!(license(), State::Active);
}
