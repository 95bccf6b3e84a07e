//! What is read, and what is never believed or shown.

use super::support::{
    A, OTHER_SECRET, PANEL, SECRET, bound, expected, install_claims, key, keys, now, sign_install,
};
use app_license::connect::{
    IframeQuery, LifecycleKind, RequestLine, UnverifiedEvent, UnverifiedRequestToken, Verifier,
};
use app_license::{AppKey, ErrorClass, State};

#[test]
fn lic_fails_open() {
    for query in [
        "",
        "lic",
        "lic=",
        "lic=none",
        "LIC=active",
        "lic=ACTIVE",
        "lic=active%20",
    ] {
        let license = IframeQuery::parse(query).license();
        assert!(!license.has_capability("capabilityStandard"), "{query}");
    }
    // what a request token proves is the query it was verified with
    let token = bound(A, "GET", PANEL).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let request = RequestLine::new("GET", PANEL);
    let token = token
        .verify(&keys(A, SECRET), &request, &expected(), now())
        .unwrap();
    assert_eq!(token.license().state(), State::Active);
    assert_eq!(token.license().as_of(), Some(now()));
}

#[test]
fn lic_duplicate_order() {
    for target in ["/p?lic=active&lic=none", "/p?lic=none&lic=active"] {
        // one hash for both orders
        let token = bound(A, "GET", "/p?lic=none&lic=active").sign(&key(SECRET));
        let token = UnverifiedRequestToken::parse(&token).unwrap();
        let request = RequestLine::new("GET", target);
        let token = token
            .verify(&keys(A, SECRET), &request, &expected(), now())
            .unwrap();
        assert_eq!(token.license().state(), State::Inactive, "{target}");
    }
}

#[test]
fn unverified_decode() {
    // an unverified token shows whose keys to look up, and no more: not even in its Debug output
    let claims = bound(A, "GET", PANEL).subject("the-user");
    let token = claims.sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    assert_eq!(token.issuer().as_str(), A);
    assert!(!format!("{token:?}").contains("the-user"));
}

#[test]
fn tenant_from_query() {
    // who the site says to be is never looked at: the issuer alone says whose keys and whose record, and the
    // query is what the token's hash is of
    let target = "/p?xdm_e=https%3A%2F%2Ftenant-b.atlassian.net&lic=active";
    let token = bound(A, "GET", target).sign(&key(SECRET));
    let token = UnverifiedRequestToken::parse(&token).unwrap();
    let request = RequestLine::new("GET", target);
    let token = token
        .verify(&keys(A, SECRET), &request, &expected(), now())
        .unwrap();
    assert_eq!(token.tenant().as_str(), A);
}

#[test]
fn secret_in_logs() {
    let keys = keys(A, SECRET).with_previous(key(OTHER_SECRET));
    assert!(!format!("{keys:?}").contains("shared-secret"));
    let token = bound(A, "GET", "/other").sign(&key(SECRET));
    let signature = token.rsplit('.').next().unwrap();
    let unverified = UnverifiedRequestToken::parse(&token).unwrap();
    assert!(!format!("{unverified:?}").contains(signature));
    let target = format!("/panel?jwt={token}");
    let request = RequestLine::new("GET", &target);
    let explanation = unverified.explain(&request, &expected()).to_string();
    assert!(!explanation.contains(signature), "{explanation}");
    let error = unverified
        .verify(&keys, &request, &expected(), now())
        .unwrap_err();
    for text in [error.to_string(), format!("{error:?}")] {
        assert!(
            !text.contains(signature) && !text.contains("shared-secret"),
            "{text}"
        );
    }
    assert_eq!(error.class(), ErrorClass::Refused);
}

/// A program that prints an event it is about to verify prints neither its token nor its body.
#[test]
fn secret_in_logs_of_events_on_their_way() {
    let verifier = Verifier::new(AppKey::new("com.example.app").unwrap(), expected());
    let body = format!(
        r#"{{"eventType":"installed","key":"com.example.app","clientKey":"{A}",
        "sharedSecret":"{SECRET}","baseUrl":"https://a.atlassian.net","productType":"jira"}}"#
    );
    let of_platform = sign_install(&install_claims());
    let of_tenant = bound(A, "POST", "/enabled").sign(&key(SECRET));
    let mut printed = Vec::new();
    for (kind, token) in [
        (LifecycleKind::Installed, &of_platform),
        (LifecycleKind::Enabled, &of_tenant),
    ] {
        let event = verifier.event(kind, token).unwrap();
        printed.push(format!("{event:?}"));
        match event {
            UnverifiedEvent::OfPlatform(event) => {
                printed.push(format!("{event:?}"));
                let request = RequestLine::new("POST", "/installed");
                let event = event.receive(body.as_bytes(), &request, now()).unwrap();
                printed.push(format!("{event:?}"));
            }
            UnverifiedEvent::OfTenant(event) => {
                printed.push(format!("{event:?}"));
                let request = RequestLine::new("POST", "/enabled");
                let sender = event.verify(&keys(A, SECRET), &request, now()).unwrap();
                printed.push(format!("{sender:?}"));
            }
        }
    }
    assert_eq!(printed.len(), 6);
    let bytes = format!("{:?}", body.as_bytes());
    for printed in printed {
        // whose event it is can be seen
        assert!(printed.contains(A), "{printed}");
        for secret in [&of_platform, &of_tenant, SECRET, &bytes[1..40]] {
            assert!(!printed.contains(secret), "{printed}");
            let end = secret.rsplit('.').next().unwrap();
            assert!(!printed.contains(end), "{printed}");
        }
    }
}

/// An iframe URL carries its token in the query.
#[test]
fn no_debug_output_repeats_the_token_of_a_url() {
    for query in [
        "lic=active&jwt=e30.e30.c2ln",
        "%6Awt=e30.e30.c2ln&x",
        "JWT=e30.e30.c2ln",
    ] {
        let target = format!("/panel?{query}");
        let printed = format!(
            "{:?} {:?}",
            IframeQuery::parse(query),
            RequestLine::new("GET", &target)
        );
        assert!(!printed.contains("c2ln"), "{printed}");
        assert_eq!(printed.matches("[redacted]").count(), 2, "{printed}");
    }
    let shown = format!("{:?}", IframeQuery::parse("lic=active&jwt=e30.e30.c2ln"));
    assert_eq!(shown, r#"IframeQuery("lic=active&jwt=[redacted]")"#);
}
