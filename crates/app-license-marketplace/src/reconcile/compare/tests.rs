use super::{is_bounded, is_sandbox, is_test_cloud};

#[test]
fn sandboxes_and_clouds_are_told_by_their_hosts() {
    for (host, sandbox) in [
        ("acme-sandbox-123.atlassian.net", true),
        ("acme-sandbox.atlassian.net", true),
        ("acme.atlassian.net", false),
        ("acme-sandboxes.atlassian.net", false),
        ("sandbox.atlassian.net", false),
        ("a.b-sandbox-1.net", false),
    ] {
        assert_eq!(is_sandbox(host), sandbox, "{host}");
    }
    assert!(is_bounded("agency.atlassian-us-gov-mod.NET"));
    assert!(!is_bounded("atlassian-us-gov-mod.net.example.com"));
    assert!(is_test_cloud("x.jira-dev.com"));
}
