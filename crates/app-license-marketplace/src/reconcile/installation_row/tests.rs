use app_license::State;

use super::{InstallationRow, Presence, host_of};

#[test]
fn hosts_are_read_out_of_urls() {
    for (url, host) in [
        ("https://acme.atlassian.net", Some("acme.atlassian.net")),
        (
            "https://acme.atlassian.net/wiki",
            Some("acme.atlassian.net"),
        ),
        (
            "https://ACME.atlassian.net.:443/?x",
            Some("ACME.atlassian.net"),
        ),
        ("acme.atlassian.net", Some("acme.atlassian.net")),
        ("https://", None),
    ] {
        assert_eq!(host_of(url), host, "{url}");
    }
}

#[test]
fn records_are_read_leniently() {
    let row = InstallationRow::from_json(
        r#"{"key":{"forge":"ari:cloud:ecosystem::installation/1"},"new":{"a":[1,{"b":null}]},
        "appKey":"","cloudId":"c\u00e9","license":{"state":"INACTIVE","source":"x","asOf":null},
        "installedAt":"2026-11-22T00:00:00Z"}"#,
    )
    .unwrap();
    assert_eq!(row.platform(), "forge");
    assert_eq!((row.app_key(), row.cloud_id()), (None, Some("cé")));
    assert_eq!(row.statement.as_ref().unwrap().state, State::Inactive);
    assert_eq!(row.installed_at().unwrap().as_seconds(), 1_795_305_600);
    for broken in [
        "",
        "{}",
        "[]",
        r#"{"key":{"x":"1"}}"#,
        r#"{"key":{"connect":1}}"#,
    ] {
        let error = InstallationRow::from_json(broken).unwrap_err();
        assert_eq!(error.code(), "installation", "{broken}");
    }
}

#[test]
fn words_are_read_in_any_case_and_unknown_ones_are_refused() {
    let read = |members: &str| -> Result<_, String> {
        let record = format!(r#"{{"key":{{"connect":"tenant-1"}},{members}}}"#);
        let row = InstallationRow::from_json(&record).map_err(|e| e.to_string())?;
        Ok((row.presence(), row.statement.as_ref().map(|s| s.state)))
    };
    for (members, presence, state) in [
        (r#""status":"ENABLED""#, Presence::InUse, None),
        (r#""status":"Installed""#, Presence::InUse, None),
        (r#""status":"DISABLED""#, Presence::Disabled, None),
        (r#""status":"UnInstalled""#, Presence::Uninstalled, None),
        (r#""status":"linked""#, Presence::Linked, None),
        (r#""status":null,"license":null"#, Presence::InUse, None),
        (
            r#""license":{"state":"ACTIVE"}"#,
            Presence::InUse,
            Some(State::Active),
        ),
        (
            r#""license":{"state":"Absent"}"#,
            Presence::InUse,
            Some(State::Absent),
        ),
    ] {
        assert_eq!(read(members), Ok((presence, state)), "{members}");
    }
    for (members, named) in [
        (
            r#""status":"paused""#,
            "`status` must be `installed`, `enabled`",
        ),
        (r#""status":" ""#, "`status` must be"),
        (
            r#""license":{"state":"paused"}"#,
            "`license.state` must be `active`",
        ),
        // as the platform writes it, and not the store
        (
            r#""license":{"active":true,"type":"COMMERCIAL"}"#,
            "`license.state` must be",
        ),
    ] {
        let error = read(members).unwrap_err();
        assert!(error.contains(named), "{members}: {error}");
        assert!(!error.contains("paused"), "{error}");
    }
}
