//! Objects as programs print them, and lines of logs.

use super::unwrapping::{check, context_token};
use super::{inspect, requires, run};

#[test]
fn objects_as_node_and_others_print_them() {
    check(&[
        ("{ active: true }", "license", 0),
        ("{ active: false }", "license", 2),
        ("{ active: true, isActive: false }", "license", 2),
        (
            "{\n  active: true,\n  billingPeriod: 'MONTHLY',\n  capabilitySet: 'capabilityStandard',\n  modes: undefined,\n  type: 'commercial'\n}",
            "license",
            0,
        ),
        ("undefined", "license", 2),
        ("null", "license", 2),
        (
            "{ license: undefined, cloudId: 'c', moduleKey: 'm', localId: 'l' }",
            "forge_ui_context",
            2,
        ),
        (
            "[Object: null prototype] { license: { active: true } }",
            "license",
            0,
        ),
        (
            "AppContext { appAri: EcosystemAppAri { appId: 'x' }, environmentType: 'PRODUCTION', invocationId: 'i',\n  invocationRemainingTimeInMillis: [Function: f], license: { active: true, type: 'commercial' } }",
            "forge_app_context",
            0,
        ),
        (
            "{'active': True, 'type': 'commercial', 'trialEndDate': None}",
            "license",
            0,
        ),
        (
            "{\n  // from the descriptor\n  \"key\": \"com.example\", \"baseUrl\": \"https://a.example\",\n  \"modules\": {}, /* none */\n}",
            "connect_descriptor",
            2,
        ),
        ("{\u{201c}active\u{201d}: true}", "license", 0),
        ("license: { active: true }", "license", 0),
        (
            "const license = { active: true, type: 'commercial' };",
            "license",
            0,
        ),
        (
            "context.license Object { active: true, type: \"commercial\" }",
            "license",
            0,
        ),
        ("```json\n{\"active\": true}\n```", "license", 0),
    ]);
    let said = inspect("{ active: true, }");
    let notes = said["warnings"].to_string();
    assert!(
        notes.contains("names without quotes, a comma too many"),
        "{notes}"
    );
}

#[test]
fn what_a_printer_left_out_is_never_granted() {
    for paste in [
        "{ payload: {}, context: { license: [Object] } }",
        "{ context: [Object], payload: {} }",
        "{ active: true, … }",
        "{active: true, type: 'commercial', ... 3 more }",
        "{ app: { installationId: 'i', license: [Object] }, context: {} }",
        "{ appAri: [Object], invocationId: 'x', environmentType: 'PRODUCTION', license: [Object] }",
        "{ active: [Getter], type: 'commercial' }",
        "{ license: { active: true, capabilitySet: 'capabilityAd'... 6 more characters } }",
    ] {
        for absent in ["deny", "advanced"] {
            let ran = run(
                &["inspect", "-", "--when-absent", absent, "--require", "free"],
                paste,
            );
            assert_eq!(ran.code, 3, "{paste}: {}", ran.all());
            assert!(ran.err.contains("error[cut_short]"), "{paste}: {}", ran.err);
            assert!(ran.err.contains("JSON.stringify(value)"), "{}", ran.err);
        }
    }
    // what says nothing may be missing
    let paste = "{ installContext: 'ari:cloud:jira::site/1', installation: [Object], principal: { accountId: '1' },\n  license: { active: true, modes: [ 'USER_ACCESS' ] } }";
    assert_eq!(requires(paste), 0);
    assert!(inspect(paste)["warnings"].to_string().contains("cut_short"));
}

#[test]
fn lines_of_forge_logs_and_of_servers() {
    let id = "5a3b2c1d-0000-4000-8000-000000000001";
    check(&[
        (
            &format!(
                "INFO    2026-11-27T10:00:00.123Z {id} {{ active: true, type: 'commercial' }}"
            ),
            "license",
            0,
        ),
        (
            &format!("INFO    2026-11-27T10:00:00.123Z {id} license {{ active: false }}"),
            "license",
            2,
        ),
        (
            "\u{1b}[36mINFO\u{1b}[39m    10:00:00.123Z \n{\n  payload: {},\n  context: {\n    cloudId: 'c',\n    license: { active: true },\n    extension: { project: [Object] }\n  }\n}\n    App version: 3.1.0\n    Function name: resolver\n",
            "forge_function_context",
            0,
        ),
        (
            &format!(
                "invocation: {id}\nINFO    10:00:00.123Z context: {{\"installContext\":\"ari:cloud:jira::site/1\",\"license\":{{\"active\":true}}}}\n"
            ),
            "forge_function_context",
            0,
        ),
        (
            "[2026-11-27 10:00:00] [info] {\"key\":\"a\",\"state\":\"ENABLED\",\"license\":{\"active\":true}}",
            "connect_license_api",
            0,
        ),
        (
            "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n\r\n{\"key\":\"a\",\"version\":\"1\",\"state\":\"DISABLED\"}",
            "connect_license_api",
            2,
        ),
        (
            "10.0.0.1 - - [27/Nov/2026:10:00:00 +0000] \"GET /panel?xdm_e=https%3A%2F%2Fa.atlassian.net&lic=active HTTP/1.1\" 200 512",
            "connect_iframe_query",
            0,
        ),
        (
            &format!(
                "> POST /api HTTP/1.1\n> Authorization: JWT {}\n",
                context_token()
            ),
            "connect_context_token",
            0,
        ),
        (
            &format!(
                "curl -H 'Authorization: JWT {}' https://app.example.com/api",
                context_token()
            ),
            "connect_context_token",
            0,
        ),
    ]);
    let said = inspect("one\ntwo { active: true }");
    assert_eq!(said["facts"]["found_in"], "line 2");
}
