//! Invocation tokens.

use super::support::{keys, sign, verify};
use crate::common::file;

#[test]
fn an_invocation_token_is_for_one_app_and_its_license_counts() {
    let keys = keys("invocation");
    let app = "8db33809-1f69-42a5-8e40-8b6e0b3f8d11";
    let token = sign(&[
        "invocation",
        "--private-key-file",
        &keys.private,
        "--key-id",
        "test-1",
        "--app-id",
        app,
        "--license-json",
        r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#,
        "--environment",
        "DEVELOPMENT",
        "--lifetime",
        "25",
    ]);
    let check = |more: &[&str]| {
        let args = ["invocation", "--jwks-file", &keys.set, "--token", &token];
        verify(&[&args, more].concat())
    };
    let ran = check(&["--app-id", app, "--require", "advanced"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(
        ran.out.contains("environment       DEVELOPMENT\n"),
        "{}",
        ran.out
    );
    let ran = check(&["--app-id", app, "--require", "advanced", "--production"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.out.contains("denied: not a production environment"),
        "{}",
        ran.out
    );
    let features = file(
        "invocation/editions.toml",
        "[features]\nexport = \"standard\"\n",
    );
    let ran = check(&[
        "--app-id",
        app,
        "--features",
        &features,
        "--require",
        "export",
    ]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    let ran = check(&[
        "--app-id",
        app,
        "--features",
        &features,
        "--require",
        "exprot",
    ]);
    assert_eq!(ran.code, 3);
    let ran = check(&["--app-id", "another-app"]);
    assert!(ran.out.starts_with("refused[audience]: "), "{}", ran.out);
    let mut broken = token.clone();
    broken.replace_range(
        token.len() - 6..token.len() - 5,
        if &token[token.len() - 6..token.len() - 5] == "A" {
            "B"
        } else {
            "A"
        },
    );
    let ran = verify(&[
        "invocation",
        "--jwks-file",
        &keys.set,
        "--token",
        &broken,
        "--app-id",
        app,
    ]);
    assert!(ran.out.starts_with("refused[signature]: "), "{}", ran.out);
}
