//! Payloads are taken out of what people paste around them.

use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::detection::{app_context, ui_context};
use super::{inspect, kind, requires, run};

fn token(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
    format!(
        "{}.{}.c2lnbmF0dXJlLXNpZ25hdHVyZQ",
        part(header),
        part(claims)
    )
}

pub(super) fn context_token() -> String {
    token(
        &json!({"alg": "HS256", "typ": "JWT"}),
        &json!({
            "iss": "tenant-1", "qsh": "context-qsh", "iat": 1_799_999_990, "exp": 1_800_000_890,
            "sub": "5b10a2844c20165700ede21g", "context": {"license": {"active": true}, "jira": {}}
        }),
    )
}

fn invocation_claims(active: bool) -> Value {
    json!({
        "iss": "forge/invocation-token", "aud": "ari:cloud:ecosystem::app/1", "iat": 1, "exp": 26,
        "app": {
            "id": "ari:cloud:ecosystem::app/1", "installationId": "ari:cloud:ecosystem::installation/1",
            "environment": {"type": "PRODUCTION"}, "module": {"type": "xen:macro", "key": "m"},
            "license": {"active": active}
        }
    })
}

/// One paste: how it looks, the kind it is of, and how `--require standard` ends.
pub(super) fn check(pastes: &[(&str, &str, u8)]) {
    for (paste, want, code) in pastes {
        assert_eq!(
            kind(paste),
            *want,
            "{paste}\n{}",
            run(&["inspect", "-"], paste).all()
        );
        assert_eq!(requires(paste), *code, "{paste}");
    }
}

#[test]
fn wrappers_of_requests_and_answers() {
    let active = json!({"active": true, "type": "commercial"});
    let ended = json!({"active": false});
    for (paste, want, code) in [
        // a resolver's request: the license of its context, whatever the page sent
        (
            json!({"payload": {"a": 1}, "context": ui_context(&active)}),
            "forge_function_context",
            0,
        ),
        (
            json!({"payload": {"license": {"active": true}}, "context": ui_context(&ended)}),
            "forge_function_context",
            2,
        ),
        (
            json!({"payload": {}, "context": {"license": active}}),
            "forge_function_context",
            0,
        ),
        (json!({"context": {"license": active}}), "license", 0),
        (json!({"context": {"license": ended}}), "license", 2),
        // a workflow function
        (
            json!({"issue": {"key": "A-1"}, "transition": {}, "context": {"license": {"active": true, "state": "trial"}}}),
            "license",
            0,
        ),
        (json!({"license": active}), "license", 0),
        (json!({"license": null}), "license", 2),
        // jose, jsonwebtoken
        (
            json!({"payload": invocation_claims(true), "protectedHeader": {"alg": "RS256", "kid": "forge/invocation-token/1"}}),
            "forge_invocation_token",
            0,
        ),
        (
            json!({"header": {"alg": "RS256"}, "payload": invocation_claims(false), "signature": "x"}),
            "forge_invocation_token",
            2,
        ),
        // axios, fetch, API gateways, structured logs
        (
            json!({"status": 200, "statusText": "OK", "headers": {}, "config": {}, "data": {"key": "a", "state": "ENABLED", "license": active}}),
            "connect_license_api",
            0,
        ),
        (
            json!({"statusCode": 200, "body": "{\"results\":[{\"appId\":\"a\",\"data\":{\"active\":true}}]}"}),
            "forge_license_api",
            0,
        ),
        (
            json!({"level": 30, "time": 1, "msg": "called", "appContext": app_context(&active)}),
            "forge_app_context",
            0,
        ),
        (
            json!({"payload": {"eventType": "avi:forge:installed:app", "id": "1", "app": {"id": "2", "version": "1"}}}),
            "forge_lifecycle",
            2,
        ),
        (
            json!({"token": context_token()}),
            "connect_context_token",
            0,
        ),
        (
            json!({"headers": {"authorization": format!("Bearer {}", context_token())}}),
            "connect_context_token",
            0,
        ),
        (json!([{"license": active}]), "license", 0),
        // a page's data
        (
            json!({"url": "https://app.example.com/p?xdm_e=https%3A%2F%2Fa.atlassian.net&lic=active", "contextJwt": context_token(), "key": "a"}),
            "connect_iframe_query",
            0,
        ),
        (
            json!({"url": "https://app.example.com/p?xdm_e=x&lic=none", "contextJwt": context_token()}),
            "connect_iframe_query",
            2,
        ),
        (
            json!({"contextJwt": context_token()}),
            "connect_context_token",
            0,
        ),
    ] {
        let text = paste.to_string();
        check(&[(&text, want, code), (&format!("  {text}\n"), want, code)]);
        // pretty, and twice encoded
        let pretty = serde_json::to_string_pretty(&paste).unwrap();
        check(&[
            (&pretty, want, code),
            (&json!(text).to_string(), want, code),
        ]);
    }
    let said = inspect(json!({"context": {"license": active}}).to_string());
    assert_eq!(said["facts"]["found_in"], "`context`, `license`");
}

#[test]
fn several_things_are_not_guessed_between() {
    for paste in [
        "{\"active\": true}\n{\"active\": false}\n".to_owned(),
        json!([{"active": true}, {"active": false}]).to_string(),
        json!({"request": {"license": {"active": true}}, "response": {"license": {"active": false}}}).to_string(),
        format!("GET /p?lic=active&xdm_e=x HTTP/1.1\nAuthorization: JWT {}\n", context_token()),
    ] {
        let ran = run(&["inspect", "-", "--require", "free"], &paste);
        assert_eq!(ran.code, 3, "{paste}: {}", ran.all());
        assert!(ran.err.contains("error[several]"), "{}", ran.err);
    }
}

#[test]
fn tokens_with_line_breaks_and_labels() {
    let whole = context_token();
    let wrapped: Vec<String> = whole
        .as_bytes()
        .chunks(60)
        .map(|c| String::from_utf8_lossy(c).into_owned())
        .collect();
    for paste in [
        wrapped.join("\n"),
        wrapped.join("\r\n"),
        wrapped.join("\n    "),
        format!("Authorization: JWT {}", wrapped.join("\n")),
        format!("\"{whole}\""),
        format!("jwt={whole}"),
        format!("\"contextJwt\": \"{whole}\","),
        format!("Bearer {whole}"),
    ] {
        check(&[(&paste, "connect_context_token", 0)]);
    }
    let [header, claims, signature] = whole.split('.').collect::<Vec<_>>()[..] else {
        panic!()
    };
    for (paste, say) in [
        (format!("{header}.{claims}"), "no signature"),
        (format!("{header}.{claims}."), "no signature"),
        (
            format!("{header}.{}.{signature}", &claims[..claims.len() - 3]),
            "cut off",
        ),
        (format!("{header}.{claims}.{signature}.x.y"), "encrypted"),
    ] {
        let ran = run(&["inspect", "-", "--require", "free"], &paste);
        assert_eq!(ran.code, 3, "{}", ran.all());
        assert!(
            ran.err.contains("error[token]") && ran.err.contains(say),
            "{}",
            ran.err
        );
        assert!(!ran.all().contains(claims), "the token is shown");
    }
}

#[test]
fn error_pages_say_nothing_of_a_license() {
    for (paste, want, cause) in [
        (
            "<!DOCTYPE html><html><head><title>Log in with Atlassian account</title></head></html>",
            "html_page",
            "not authenticated",
        ),
        (
            "<html>\n<head><title>502 Bad Gateway</title></head><body><center>nginx</center></body></html>",
            "html_page",
            "a proxy",
        ),
        (
            "<html><head><title>Oops, you&#39;ve found a dead link</title></head></html>",
            "html_page",
            "the address is wrong",
        ),
        (
            "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?><status><status-code>401</status-code><message>Client must be authenticated to access this resource.</message></status>",
            "xml_answer",
            "not authenticated",
        ),
        (
            "<status><status-code>404</status-code><message>Add-on with key x was not found</message></status>",
            "xml_answer",
            "the address is wrong",
        ),
    ] {
        assert_eq!(kind(paste), want, "{paste}");
        let said = inspect(paste)["warnings"].to_string();
        assert!(
            said.contains("could_not_check") && said.contains(cause),
            "{said}"
        );
        let ran = run(
            &[
                "inspect",
                "-",
                "--require",
                "free",
                "--when-absent",
                "advanced",
            ],
            paste,
        );
        assert_eq!(ran.code, 2, "{}", ran.all());
        let ran = run(
            &[
                "inspect",
                "-",
                "--as",
                "connect_license_api",
                "--when-absent",
                "advanced",
            ],
            paste,
        );
        assert_eq!(ran.code, 3, "{}", ran.all());
    }
    let page = "<div><iframe id=\"x\" src=\"https://a.example/p?xdm_e=y&amp;lic=active&amp;jwt=a.b.c\"></iframe></div>";
    check(&[(page, "connect_iframe_query", 0)]);
}

#[test]
fn an_error_says_the_line_the_column_and_the_cause() {
    for (paste, want) in [
        (
            "{\"active\": true",
            "not acceptable JSON at line 1, column 16: the text ends inside what opens at line 1, column 1: was it cut off when it was copied?",
        ),
        (
            "{\n  \"active\": true\n  \"type\": 1\n}",
            "at line 3, column 3: a comma or a closing bracket is missing",
        ),
        (
            "{\n  \"a\": 1,\n  \"active\": true,\n  \"active\": false\n}",
            "at line 4, column 3: a key occurs twice in one object",
        ),
        (
            "{ active: true, active: false }",
            "at line 1, column 17: a name occurs twice in one object",
        ),
        (
            "{\"license\": {\"active\": tru}}",
            "line 1, column 24: a value without quotes",
        ),
        (
            "{active=true, type=commercial}",
            "`=` between a name and its value: Java prints maps so",
        ),
        ("Promise { <pending> }", "`await` it before it is printed"),
        ("[object Object]", "print `JSON.stringify(value)` instead"),
        (
            "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
            "keys are for `verify`",
        ),
        (
            "INFO 10:00 { active: true, type: 'commercial",
            "a string has no closing quote",
        ),
    ] {
        let ran = run(
            &[
                "inspect",
                "-",
                "--require",
                "free",
                "--when-absent",
                "advanced",
            ],
            paste,
        );
        assert_eq!(ran.code, 3, "{paste}: {}", ran.all());
        assert!(ran.err.contains(want), "{paste}: {}", ran.err);
    }
    let ran = run(&["inspect", "-"], b"{\"a\": \"\xff\"}");
    assert!(
        ran.err
            .contains("error[text]: not acceptable text at line 1, column 8"),
        "{}",
        ran.err
    );
}

#[test]
fn every_encoding_that_editors_write() {
    let text = "{\"active\": true}";
    let le: Vec<u8> = std::iter::once(0xfeff_u16)
        .chain(text.encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(kind(&le), "license");
    assert_eq!(kind(format!("\u{feff}{text}")), "license");
    assert_eq!(
        kind(format!("\u{feff}{}\r\n", context_token())),
        "connect_context_token"
    );
}
