//! Shapes are told by several signs; `--as` decides between shapes, never for one that does not fit.

use serde_json::{Value, json};

use super::{inspect, kind, requires, run};

/// The current `view.getContext()`: with `permissions`, as a manifest has them.
pub(crate) fn ui_context(license: &Value) -> Value {
    json!({
        "accountId": "557058:0000", "cloudId": "c1", "moduleKey": "panel", "localId": "ari:cloud:l",
        "environmentId": "e1", "environmentType": "PRODUCTION", "siteUrl": "https://a.atlassian.net",
        "locale": "en-US", "timezone": "Etc/UTC", "surfaceColor": null,
        "permissions": {"scopes": ["read:jira-work"], "external": {"fetch": {"backend": []}}},
        "extension": {"type": "jira:issuePanel", "issue": {"key": "A-1"}},
        "license": license
    })
}

/// The current `getAppContext()`.
pub(crate) fn app_context(license: &Value) -> Value {
    json!({
        "appAri": {"appId": "8db33809-1f69-42a5-8e40-8b6e0b3f8d11"}, "appVersion": "3.1.0",
        "environmentAri": {"environmentId": "e1"}, "environmentType": "PRODUCTION",
        "installationAri": {"installationId": "i1"}, "invocationId": "v1", "moduleKey": "resolver",
        "license": license, "installation": {"ari": {}, "contexts": []},
        "permissions": {"scopes": ["read:jira-work"]}
    })
}

/// What a container fetches: as the documentation prints it.
fn container(license: Option<Value>) -> Value {
    let mut context = json!({
        "app": {
            "id": "ari:cloud:ecosystem::app/d60dfafb-a14d-4d56-bf03-0c3823d39e2b",
            "installationId": "ari:cloud:ecosystem::installation/8d5f651a-b2e9-4b38-aac6-30abc7f3effb",
            "environment": {"type": "PRODUCTION", "id": "ari:cloud:ecosystem::environment/x/y"},
            "module": {"key": "container-webtrigger", "type": "core:webtrigger"}
        },
        "context": {"cloudId": "4869c4ef", "moduleKey": "container-webtrigger"}
    });
    if let Some(license) = license {
        context["app"]["license"] = license;
    }
    context
}

fn active() -> Value {
    json!({"active": true, "type": "commercial", "capabilitySet": "capabilityStandard"})
}

#[test]
fn permissions_alone_make_no_manifest() {
    for (input, want) in [
        (ui_context(&active()), "forge_ui_context"),
        (ui_context(&Value::Null), "forge_ui_context"),
        (app_context(&active()), "forge_app_context"),
        (app_context(&Value::Null), "forge_app_context"),
    ] {
        assert_eq!(kind(input.to_string()), want);
        let licensed = !input["license"].is_null();
        assert_eq!(requires(input.to_string()), if licensed { 0 } else { 2 });
    }
    // a manifest of the same fields is one
    let manifest = json!({
        "app": {"id": "ari:cloud:ecosystem::app/8db33809-1f69-42a5-8e40-8b6e0b3f8d11"},
        "permissions": {"scopes": ["read:jira-work"]}
    });
    assert_eq!(kind(manifest.to_string()), "forge_manifest");
}

#[test]
fn a_url_alone_makes_no_browser_context() {
    for input in [
        json!({"url": "https://example.com"}),
        json!({"url": "https://example.com", "id": 7, "name": "x"}),
        json!({"url": "https://example.com", "license": "MIT", "name": "pkg", "version": "1.0.0"}),
        json!({"jira": {}}),
        json!({"user": {"active": true, "name": "Ann", "email": "a@example.com"}}),
        json!({"id": 1, "active": true, "displayName": "Ann", "accountId": "1"}),
        json!({"type": "x", "name": "y"}),
        json!({"principal": "x"}),
        json!({"message": "hello"}),
        json!({"modules": {}}),
        json!({"key": "A-1"}),
        json!({"appVersion": "1"}),
        json!({"results": []}),
        json!({"results": [{"id": 1}]}),
        json!({"app": {"id": "x"}, "id": "y"}),
        json!({}),
    ] {
        let ran = run(
            &["inspect", "-", "--when-absent", "advanced"],
            input.to_string(),
        );
        assert_eq!(ran.code, 3, "{input}: {}", ran.all());
        assert!(ran.err.starts_with("error[undetected]"), "{}", ran.err);
        assert!(!ran.all().contains("granted"));
    }
    let context = json!({"jira": {"issue": {"id": "1"}}, "url": "x", "license": {"active": true}});
    assert_eq!(kind(context.to_string()), "connect_context");
}

#[test]
fn what_the_caller_says_must_fit() {
    let errors = [
        json!({"status-code": 404, "message": "Add-on with key x was not found"}),
        json!({"code": 403, "message": "Forbidden"}),
        json!({"errorMessages": ["no"], "errors": {}}),
        json!({"timestamp": 1, "status": 401, "error": "Unauthorized", "path": "/x"}),
        json!({"error": {"code": 429, "message": "Too many requests"}}),
    ];
    for input in &errors {
        assert_eq!(kind(input.to_string()), "error_answer", "{input}");
        for source in [
            "connect_license_api",
            "forge_license_api",
            "forge_function_context",
        ] {
            let ran = run(
                &[
                    "inspect",
                    "-",
                    "--as",
                    source,
                    "--when-absent",
                    "advanced",
                    "--require",
                    "free",
                ],
                input.to_string(),
            );
            assert_eq!(ran.code, 3, "{input}: {}", ran.all());
            assert!(ran.err.contains("error[other_shape]"), "{}", ran.err);
        }
    }
    let ran = |source: &str, input: &Value| {
        run(
            &["inspect", "-", "--as", source, "--format", "json"],
            input.to_string(),
        )
    };
    // a bare object may be from where the caller says
    for source in [
        "connect_license_api",
        "forge_ui_context",
        "forge_license_api",
        "connect_context",
    ] {
        let said = ran(source, &active()).json();
        assert_eq!(said["licenses"][0]["license"]["source"], source);
        let said = ran(source, &json!({"license": active()})).json();
        assert_eq!(said["licenses"][0]["license"]["source"], source);
    }
    for (source, input) in [
        ("connect_lifecycle", active()),
        ("connect_iframe_query", active()),
        ("connect_license_api", ui_context(&active())),
        ("forge_ui_context", app_context(&active())),
        ("forge_invocation_token", ui_context(&active())),
        (
            "forge_license_api",
            json!({"key": "a", "state": "ENABLED", "license": active()}),
        ),
    ] {
        let ran = ran(source, &input);
        assert_eq!(ran.code, 3, "{source}: {}", ran.all());
        assert_eq!(ran.json()["error"]["code"], "other_shape");
    }
    let ran = run(
        &["inspect", "-", "--as", "connect_license_api"],
        "lic=active",
    );
    assert!(
        ran.err
            .contains("error[other_shape]: this is not from the Connect License API but of another kind: Connect iframe query"),
        "{}",
        ran.err
    );
}

#[test]
fn a_user_without_access_is_denied_in_every_wrapping() {
    for access in [
        json!({"enabled": true, "hasAccess": false}),
        json!({"enabled": true, "hasAccess": "yes"}),
        json!("none"),
    ] {
        let mut page = ui_context(&active());
        page["userAccess"] = access.clone();
        let mut called = container(Some(active()));
        called["context"]["userAccess"] = access.clone();
        for paste in [
            page.clone(),
            called,
            json!({"payload": {}, "context": page}),
            json!({"license": active(), "userAccess": access}),
            json!({"context": {"license": active(), "userAccess": access}}),
            json!({"payload": {}, "context": {"license": active(), "userAccess": access}}),
        ] {
            assert_eq!(requires(paste.to_string()), 2, "{paste}");
        }
    }
}

#[test]
fn a_container_context_is_no_refused_token() {
    for (license, code) in [(None, 2), (Some(active()), 0)] {
        let input = container(license).to_string();
        assert_eq!(kind(&input), "forge_invocation_context");
        let said = inspect(&input);
        let notes = said["warnings"].to_string();
        assert!(
            !notes.contains("exp_missing") && !notes.contains("refused"),
            "{notes}"
        );
        assert!(
            said["trust"]["message"]
                .as_str()
                .unwrap()
                .contains("container")
        );
        assert_eq!(requires(&input), code);
    }
}

#[test]
fn an_error_says_what_is_nearest_and_the_list_is_asked_for() {
    let ran = run(
        &["inspect", "-"],
        r#"{"siteUrl": "https://a.atlassian.net", "x": 1}"#,
    );
    assert_eq!(
        ran.err,
        "error[undetected]: cannot tell what this is: a JSON object of no known kind; the nearest is Forge UI \
         context, `view.getContext()`, but of its fields it has only `siteUrl`; `app-license inspect --list` \
         shows what is known\n"
    );
    let ran = run(&["inspect", "--list"], "");
    assert_eq!(ran.code, 0);
    for kind in [
        "Connect lifecycle event",
        "Forge manifest",
        "forge_function_context",
        "sharedSecret",
    ] {
        assert!(ran.out.contains(kind), "{kind}: {}", ran.out);
    }
    let kinds = run(&["inspect", "--list", "--format", "json"], "").json();
    assert!(kinds.as_array().unwrap().len() > 12);
}

/// Whatever field is taken away from a document or added to it: it is read as what it is, or not at
/// all, and never granted where the whole is not.
#[test]
fn a_field_more_or_less_never_grants() {
    let inactive = json!({"active": false, "type": "commercial"});
    let documents = [
        ui_context(&inactive),
        app_context(&inactive),
        container(Some(inactive.clone())),
        json!({"key": "a", "version": "1", "state": "ENABLED", "host": {"product": "Jira"}, "license": inactive}),
        json!({"results": [{"appId": "a", "data": {"active": false}}]}),
        json!({"installContext": "ari:cloud:jira::site/1", "principal": {"accountId": "1"}, "license": inactive}),
        json!({"jira": {"issue": {}}, "license": inactive}),
        json!({"status-code": 404, "message": "not found"}),
        json!({"eventType": "installed", "key": "a", "clientKey": "t", "baseUrl": "https://a.atlassian.net",
               "productType": "jira", "sharedSecret": "0123456789abcdef0123456789abcdef"}),
    ];
    let extra = [
        ("permissions", json!({"scopes": []})),
        ("url", json!("https://x")),
        (
            "payload",
            json!({"active": true, "license": {"active": true}}),
        ),
        ("data", json!({"active": true})),
        ("message", json!("{\"active\":true}")),
    ];
    for document in documents {
        let Value::Object(fields) = &document else {
            panic!()
        };
        for name in fields.keys().filter(|n| *n != "license" && *n != "app") {
            let mut less = fields.clone();
            less.remove(name);
            assert_ne!(
                requires(Value::Object(less).to_string()),
                0,
                "{document} without {name}"
            );
        }
        for (name, value) in &extra {
            let mut more = fields.clone();
            more.insert((*name).to_owned(), value.clone());
            let text = Value::Object(more).to_string();
            assert_ne!(requires(&text), 0, "{text}");
        }
    }
}
