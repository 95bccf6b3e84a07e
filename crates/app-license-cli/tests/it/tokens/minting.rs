//! The query hash, and any claim one likes.

use super::support::{BASE, keys, secret, sign, verify};
use crate::common::{file, run, run_with};

#[test]
fn qsh_shows_and_compares() {
    let ran = run(&[
        "qsh",
        "get",
        "/connect/panel/?b=2&a=x+y",
        "--base-url",
        BASE,
    ]);
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (
            0,
            "GET&/panel&a=x%20y&b=2\nd01976b78df27aca1111a35b5190b06b9fc2fe872eb3fe0ebcbf439be7cba527\n"
        )
    );
    let secret = secret("qsh");
    let token = sign(&[
        "request",
        "--secret-file",
        &secret,
        "--client-key",
        "t",
        "--base-url",
        BASE,
        "--url",
        "/p",
    ]);
    let ran = run(&["qsh", "GET", "/p", "--token", &token]);
    assert_eq!((ran.code, ran.out.contains("the token matches")), (0, true));
    let ran = run(&[
        "qsh",
        "GET",
        "/p?lic=active",
        "--token",
        &format!("JWT {token}"),
    ]);
    assert_eq!(ran.code, 2);
    assert!(ran.out.contains("the query was left out"), "{}", ran.out);
    let form = file("qsh/form.txt", "a=1&b=2\n");
    let ran = run(&["qsh", "POST", "/p", "--form-body-file", &form]);
    assert!(ran.out.starts_with("POST&/p&a=1&b=2\n"), "{}", ran.out);
    let ran = run(&["qsh", "GET", "/a%20b", "--format", "json"]);
    assert_eq!(ran.json()["decoded"]["canonical"], "GET&/a b&");
    assert_eq!(run(&["qsh", "GET", "/p", "--token", "no"]).code, 3);
    assert_eq!(run(&["qsh", "G T", "/p"]).code, 3);
}

#[test]
fn a_minted_token_can_carry_any_claim() {
    let keys = keys("claims");
    let token = sign(&[
        "invocation",
        "--private-key-file",
        &keys.private,
        "--key-id",
        "test-1",
        "--app-id",
        "a",
        "--claim",
        r#"iss="forge/context-token""#,
        "--claim",
        "nbf=1",
    ]);
    let ran = verify(&[
        "invocation",
        "--jwks-file",
        &keys.set,
        "--token",
        &token,
        "--app-id",
        "a",
    ]);
    assert!(
        ran.out.starts_with("refused[forge_context_token]: "),
        "{}",
        ran.out
    );
    let ran = run_with(&["inspect"], &token);
    assert!(
        ran.out.starts_with("Forge context token (of a function)\n"),
        "{}",
        ran.out
    );
    let ran = run(&[
        "sign",
        "context",
        "--secret-file",
        &secret("claims"),
        "--client-key",
        "t",
        "--license-json",
        "{",
    ]);
    assert_eq!(
        (
            ran.code,
            ran.err.starts_with("error[option]: --license-json: ")
        ),
        (3, true)
    );
    let ran = run(&["sign", "request", "--claim", "x"]);
    assert_eq!(ran.code, 3);
}
