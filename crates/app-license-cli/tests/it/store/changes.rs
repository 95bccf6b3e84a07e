//! What changes a store: blocked sites, erased tenants, keys, stopped hooks.

use app_license_store::{EncryptionKey, EncryptionKeys};

use super::TestStore;
use crate::common::run_with_env;

const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
const NEW_KEY: &str = "HwECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

#[test]
fn a_site_is_blocked_and_served_again_and_a_previous_secret_ends() {
    for place in TestStore::each(None) {
        let changed = |args: &[&str]| {
            let ran = place.run(&[args, &["--format", "json"]].concat());
            assert_eq!(ran.code, 0, "{}", ran.err);
            ran.json()["changed"] == true
        };
        assert!(changed(&["block", "acme"]));
        assert!(!changed(&["block", "acme"]));
        assert_eq!(
            place.names(&["--state", "blocked"]),
            ["connect:client-acme"]
        );
        let why = place.json(&["why", "acme", "standard", "--at", "2026-12-01T00:00:00Z"]);
        assert_eq!(why["code"], "tenant_blocked");
        // what was stated stays what it was
        assert!(
            why["decision"].is_null() && why["stated"]["state"] == "inactive",
            "{why}"
        );
        assert!(changed(&[
            "block",
            "globex",
            "--now",
            "2026-11-01T06:00:00Z"
        ]));
        let then = ["why", "acme", "advanced", "--at", "2026-11-03T12:00:00Z"];
        assert_eq!(place.json(&then)["code"], "granted");
        assert!(changed(&["unblock", "acme"]));
        // a second `installed` brought another secret
        assert_eq!(place.json(&["export", "acme"])["secrets"], 2);
        assert!(changed(&["revoke", "acme"]));
        assert!(!changed(&["revoke", "acme"]));
        assert_eq!(place.json(&["export", "acme"])["secrets"], 1);
        let events = place.json(&["history", "acme"]);
        let events: Vec<_> = events
            .as_array()
            .unwrap()
            .iter()
            .map(|e| e["event"].clone())
            .collect();
        assert_eq!(
            events[events.len() - 3..],
            ["block", "unblock", "forget_previous_secret"]
        );
    }
}

#[test]
fn a_tenant_is_exported_and_erased_and_retention_erases_who_is_gone() {
    for place in TestStore::each(None) {
        let export = place.run(&["export", "acme"]).json();
        assert_eq!(export["history"].as_array().unwrap().len(), 6);
        assert_eq!(
            export["history"][0]["body"]["baseUrl"],
            "https://acme.atlassian.net"
        );
        assert!(!export.to_string().contains("sh4red"));
        let ran = place.run(&["erase", "acme"]);
        assert!(
            ran.out.contains("would be erased: say `--yes`"),
            "{}",
            ran.out
        );
        assert_eq!(place.names(&[]).len(), 3);
        assert_eq!(place.run(&["erase", "acme", "--yes"]).code, 0);
        assert_eq!(place.run(&["show", "acme"]).code, 3);

        // initech left on November 5
        let gone = |days, now| {
            let args = ["erase", "--gone-for", days, "--now", now, "--yes"];
            place.json(&args)["tenants"].as_array().unwrap().len()
        };
        assert_eq!(gone("30", "2026-12-04T00:00:00Z"), 0);
        let shown = place.json(&["erase", "--gone-for", "30", "--now", "2026-12-05T00:00:00Z"]);
        assert_eq!(shown["tenants"].as_array().unwrap().len(), 1);
        assert_eq!(
            shown["installations"][0]["site"],
            "https://initech.atlassian.net"
        );
        let args = ["erase", "--gone-for", "30", "--now", "2026-12-05T00:00:00Z"];
        let shown = place.run(&args).out;
        let line = "https://initech.atlassian.net  uninstalled since 2026-11-05T00:00:00Z\n";
        assert!(shown.contains(line), "{shown}");
        assert_eq!(gone("30", "2026-12-05T00:00:00Z"), 1);
        assert_eq!(place.names(&[]), ["connect:client-globex"]);
        assert_eq!(place.run(&["erase"]).code, 3);
    }
}

#[test]
fn keys_rotate_and_a_sealed_store_needs_them() {
    let old = EncryptionKey::from_base64(KEY).unwrap();
    for place in TestStore::each(Some(EncryptionKeys::new(old))) {
        let run = |keys: &str, args: &[&str]| {
            let args = [&["store", "--store", &place.store], args].concat();
            run_with_env(&args, &[("APP_LICENSE_KEYS", keys)])
        };
        // what is only read needs none
        assert_eq!(place.run(&["show", "acme"]).code, 0);
        let ran = place.run(&["block", "acme"]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("unknown_encryption_key"), "{}", ran.err);
        assert_eq!(run(KEY, &["block", "acme"]).code, 0);
        assert_eq!(place.run(&["rotate-keys"]).code, 3);
        let both = format!("{NEW_KEY},{KEY}");
        let rotated = run(&both, &["rotate-keys", "--format", "json"]);
        assert_eq!(rotated.json()["sealed"], 3, "{}", rotated.err);
        assert_eq!(run(NEW_KEY, &["unblock", "acme"]).code, 0);
        assert_eq!(run(KEY, &["block", "acme"]).code, 1);
        assert!(!rotated.out.contains(KEY) && !rotated.err.contains(KEY));
    }
}

#[test]
fn tenants_that_a_hook_stopped_at_are_listed_and_tried_again() {
    for place in TestStore::each(None) {
        let ran = place.run(&["stopped", "--consumer", "hooks"]);
        assert_eq!(ran.code, 2, "{}", ran.err);
        assert!(
            ran.out.contains("client-acme") && ran.out.contains('9'),
            "{}",
            ran.out
        );
        let well = place.run(&["stopped", "--consumer", "mail"]);
        assert_eq!((well.code, &*well.out), (0, "no tenant is stopped\n"));
        // a misspelled name is none that is well
        for args in [
            &["stopped", "--consumer", "hook"][..],
            &["retry", "--consumer", "hook", "--all"],
            &["retry", "--consumer", "hook", "acme"],
        ] {
            let ran = place.run(args);
            let words = "error[unknown_consumer]: the store knows no consumer `hook`: it has `hooks`, `mail`";
            assert_eq!(ran.code, 2, "{args:?}");
            assert!(ran.err.contains(words), "{args:?}: {}", ran.err);
        }
        let said = place.json(&["stopped", "--consumer", "hook"]);
        assert_eq!(said["error"]["code"], "unknown_consumer");

        let ran = place.run(&["retry", "--consumer", "hooks", "--all"]);
        assert_eq!(ran.out, "1 tenant is tried again by the runner\n");
        let tried = place.json(&["retry", "--consumer", "hooks", "acme"]);
        assert_eq!(tried["tenants"][0], "client-acme");
        let stopped = place.json(&["stopped", "--consumer", "hooks"]);
        assert_eq!(
            (&stopped[0]["tries"], &stopped[0]["sequence"]),
            (&0.into(), &3.into())
        );
        assert_eq!(place.run(&["retry", "--consumer", "mail", "--all"]).code, 2);
    }
}
