//! Settings that would deny everybody, or mean something else than they say.

use std::time::Duration;

use app_license::{AppKey, ForgeAppId, Policy};
use app_license_client::{ConnectLicenseApi, Fetcher, ForgeLicenseApi, MemoryLicenseCache};
use app_license_server::{BuildError, ConnectAppBuilder, Descriptor, FeatureMap, ForgeRemote};
use app_license_testkit::{App, Edition, MockHost};
use axum::Router;
use axum::routing::get;

use crate::common::{APP_ID, APP_KEY};
use crate::log::Log;
use crate::wrong_answers::{BASE_URL, answer, app, install};

#[tokio::test]
async fn misconfigured_deny_or_blame_settings_fail_at_build_with_the_fix() {
    let host = MockHost::start().await.unwrap();
    let failed = |error: BuildError| (error.code(), error.to_string());
    let confirmed = || app(&host).policy(Policy::new().confirmed_only(true));
    let (code, message) = failed(confirmed().build().unwrap_err());
    assert_eq!(code, "no_license_api");
    assert!(message.contains("confirm_with_license_api"), "{message}");
    let made = confirmed().confirm_with_license_api(|api| api).build();
    assert!(made.is_ok(), "{made:?}");

    let api = |key| {
        ConnectLicenseApi::builder(
            Fetcher::new().unwrap(),
            AppKey::new(key).unwrap(),
            app_license::connect::KeyHosts::default(),
        )
        .build()
        .unwrap()
    };
    let other = confirmed().license_api(api("com.example.other")).build();
    let (code, message) = failed(other.unwrap_err());
    assert_eq!(code, "license_api_of_another_app");
    assert!(
        message.contains("com.example.other") && message.contains(APP_KEY),
        "{message}"
    );

    let features = FeatureMap::from_toml("[features]\nbulk-export = \"advanced\"").unwrap();
    let built = app(&host).features(features).build().unwrap();
    assert!(built.requires_feature("bulk-export").is_ok());
    let features = FeatureMap::from_toml("[features]\nbulk-export = \"advanced\"").unwrap();
    let remote = ForgeRemote::builder(APP_ID).unwrap().features(features);
    let remote = remote.build().unwrap();
    assert!(remote.requires_feature("bulk-export").is_ok());
    for unknown in [
        built.requires_feature("bulk_export"),
        built.context_requires_feature("bulk_export"),
        remote.requires_feature("bulk_export"),
    ] {
        let (code, message) = failed(unknown.unwrap_err());
        assert_eq!(code, "unknown_feature");
        assert!(message.contains("it has bulk-export"), "{message}");
    }
    for spelling in [
        "advanced",
        "Advanced",
        "capabilityAdvanced",
        "CAPABILITY_ADVANCED",
    ] {
        assert!(built.requires(spelling).is_ok(), "{spelling}");
        assert!(remote.requires(spelling).is_ok(), "{spelling}");
    }
    for spelling in ["advancd", "", "premium plus"] {
        for unknown in [
            built.requires(spelling),
            built.context_requires(spelling),
            remote.requires(spelling),
        ] {
            let (code, message) = failed(unknown.unwrap_err());
            assert_eq!(code, "unknown_capability");
            assert!(message.contains("capabilityAdvanced"), "{message}");
        }
    }

    let id = "11111111-2222-4333-8444-555555555555";
    let api = ForgeLicenseApi::builder(Fetcher::new().unwrap(), MemoryLicenseCache::new())
        .app(ForgeAppId::new(id).unwrap())
        .build()
        .unwrap();
    let remote = ForgeRemote::builder(APP_ID).unwrap().license_api(api);
    assert_eq!(
        failed(remote.build().unwrap_err()).0,
        "license_api_of_another_app"
    );
}

/// `advanced` lets an Advanced customer through, and a Standard one not.
#[tokio::test]
async fn requires_reads_edition_names_and_capability_strings_alike() {
    let host = MockHost::start().await.unwrap();
    let app = app(&host).build().unwrap();
    let page = || get(|| async {});
    let mut router = Router::new();
    for (path, gate) in [
        ("/a", app.requires("advanced").unwrap()),
        ("/b", app.requires("CAPABILITY_ADVANCED").unwrap()),
        ("/c", app.requires(Edition::Advanced)),
    ] {
        router = router.route(path, page().layer(gate));
    }
    let router = router.merge(app.lifecycle_routes());
    let acme = host
        .tenant(&App::connect(APP_KEY, BASE_URL).unwrap(), "acme")
        .unwrap();
    install(&router, &acme).await;
    for (edition, want) in [(Edition::Standard, 402), (Edition::Advanced, 200)] {
        if edition == Edition::Standard {
            acme.buy(edition).unwrap();
        } else {
            acme.change_edition(edition).unwrap();
        }
        for path in ["/a", "/b", "/c"] {
            let status = answer(&router, &acme.page(path).unwrap()).await.status();
            assert_eq!(status, want, "{path} of {edition}");
        }
    }
}

#[tokio::test]
async fn limits_that_fall_as_the_edition_rises_are_a_warning() {
    let log = Log::capture();
    let host = MockHost::start().await.unwrap();
    let toml = "[limits]\nrows = { standard = 100, advanced = 10 }\nok = { standard = 1 }";
    let features = FeatureMap::from_toml(toml).unwrap();
    app(&host).features(features).build().unwrap();
    let text = log.take();
    assert!(
        text.contains("a limit falls as the edition rises"),
        "{text}"
    );
    assert!(
        text.contains("limit=\"rows\" lower=standard higher=advanced"),
        "{text}"
    );
    assert!(!text.contains("limit=\"ok\""), "{text}");
}

/// Without `editionsEnabled` no license names an edition: Advanced is refused to everybody.
#[tokio::test]
async fn what_is_advanced_is_a_warning_where_the_descriptor_names_no_editions() {
    const WARNING: &str = "the descriptor lacks `editionsEnabled: true`";
    let log = Log::capture();
    let host = MockHost::start().await.unwrap();
    let descriptor = |more: &str| -> Descriptor {
        let json = format!(
            r#"{{"key": "{APP_KEY}", "baseUrl": "{BASE_URL}", "enableLicensing": true{more}}}"#
        );
        serde_json::from_str(&json).unwrap()
    };
    let features = |toml: &str| FeatureMap::from_toml(toml).unwrap();
    let (none, wrong, stated) = (
        descriptor(""),
        descriptor(r#", "editionsEnabled": "true""#),
        descriptor(r#", "editionsEnabled": true"#),
    );
    for (descriptor, toml, needs) in [
        (
            &none,
            "[features]\nview = \"standard\"\nexport = \"advanced\"",
            Some("export"),
        ),
        (
            &wrong,
            "[features]\nexport = \"capabilityUltra\"",
            Some("export"),
        ),
        (
            &none,
            "[limits]\nrows = { standard = 10, advanced = 100 }",
            Some("rows"),
        ),
        (
            &none,
            "[service-levels]\nsupport = { advanced = \"4 h\" }",
            Some("support"),
        ),
        (
            &none,
            "[features]\nview = \"standard\"\n[limits]\nrows = { none = 1, standard = 10 }",
            None,
        ),
        (&stated, "[features]\nexport = \"advanced\"", None),
    ] {
        let app = app(&host)
            .features(features(toml))
            .descriptor(descriptor.clone());
        app.build().unwrap();
        let text = log.take();
        assert_eq!(
            text.matches(WARNING).count(),
            usize::from(needs.is_some()),
            "{toml}: {text}"
        );
        let named = needs.map(|needs| format!("app=\"{APP_KEY}\" needs=\"{needs}\""));
        assert!(
            named.is_none_or(|named| text.contains(&named)),
            "{toml}: {text}"
        );
    }

    // gates by hand; of no descriptor nothing is known, and who sells nothing denies nobody
    let gates = |app: ConnectAppBuilder| {
        let app = app.build().unwrap();
        log.take();
        drop(app.requires(Edition::Standard));
        drop(app.context_requires(Edition::Standard));
        assert_eq!(log.take(), "");
        drop(app.requires(Edition::Advanced));
        drop(app.context_requires("capabilityUltra"));
        log.take().matches(WARNING).count()
    };
    assert_eq!(gates(app(&host).descriptor(none.clone())), 2);
    assert_eq!(gates(app(&host).descriptor(stated)), 0);
    assert_eq!(gates(app(&host)), 0);
    assert_eq!(gates(app(&host).descriptor(none).sells_nothing()), 0);
}

/// None of these is taken for zero seconds, which means something else. What lets old statements and secrets
/// count lets none count that is older than it says.
#[tokio::test]
async fn a_part_of_a_second_counts_as_one() {
    let host = MockHost::start().await.unwrap();
    let part = Duration::from_millis(1);
    let settings = app(&host).tenant_cache(part).secret_grace(part);
    let settings = format!("{:?}", settings.stored_for(part + Duration::from_secs(1)));
    for setting in [
        "tenant_cache: 1,",
        "secret_grace: 0,",
        "stored_for: Some(1),",
    ] {
        assert!(settings.contains(setting), "{settings}");
    }
    let zero = app(&host).tenant_cache(Duration::ZERO);
    assert!(format!("{zero:?}").contains("tenant_cache: 0,"));
}
