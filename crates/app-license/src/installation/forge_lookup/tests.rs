use super::{ForgeLookup, Learning, LookupStage, LookupStep};
use crate::ids::{CloudId, ForgeAppId, InstallationAri};
use crate::time::UnixTime;
use crate::{ForgeCall, ForgeHalf, InstallationRecord};

const ARI: &str = "ari:cloud:ecosystem::installation/7ab5a4a1";
const OTHER: &str = "ari:cloud:ecosystem::installation/other";
const CALLS: [ForgeCall; 2] = [ForgeCall::Invocation, ForgeCall::Event];

/// A token of production, of the site `cloud-1`.
fn half(issued_at: u64) -> ForgeHalf {
    ForgeHalf {
        installation: InstallationAri::new(ARI).unwrap(),
        app: ForgeAppId::new("8db33809").unwrap(),
        cloud_id: Some(CloudId::new("cloud-1").unwrap()),
        product: Some("jira".to_owned()),
        is_production: true,
        issued_at: UnixTime::EPOCH.plus(issued_at),
    }
}

fn site() -> String {
    half(0).site_key().unwrap().as_str().to_owned()
}

fn record(key: &str, value: &str, status: &str, more: &serde_json::Value) -> InstallationRecord {
    let time = "1970-01-01T00:00:00Z";
    let mut record = serde_json::json!({
        "key": { key: value }, "status": status, "statusSince": time,
        "firstInstalledAt": time, "installedAt": time, "updatedAt": time,
    });
    let more = more.as_object().unwrap().clone();
    record.as_object_mut().unwrap().extend(more);
    serde_json::from_value(record).unwrap()
}

fn own() -> InstallationRecord {
    record("forge", ARI, "installed", &serde_json::json!({}))
}

fn link(key: &str, tenant: &str) -> InstallationRecord {
    record(
        "forge",
        key,
        "linked",
        &serde_json::json!({ "tenant": tenant }),
    )
}

/// A customer of Connect, of whom the token says nothing new.
fn customer(more: &serde_json::Value) -> InstallationRecord {
    let mut known = serde_json::json!({
        "installationId": ARI, "cloudId": "cloud-1", "productType": "jira",
    });
    known
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    record("connect", "tenant-1", "installed", &known)
}

/// Who is found in a store of these, and after how many loads. It is the same where a shell keeps the stage alone.
fn found(
    store: &[InstallationRecord],
    half: &ForgeHalf,
    call: ForgeCall,
) -> (usize, Option<(String, Learning)>) {
    let mut lookup = ForgeLookup::new(half, call);
    let mut key = lookup.first();
    // a lookup ends after four loads
    for loads in 1..=4 {
        let stored = store.iter().find(|it| *it.key() == key);
        let stage = lookup.stage();
        let step = lookup.loaded(stored);
        let mut again = ForgeLookup::at(half, call, stage);
        assert_eq!(again.loaded(stored), step);
        match step {
            LookupStep::Load(next) => key = next,
            LookupStep::Nobody => return (loads, None),
            LookupStep::Found(learning) => {
                return (loads, Some((key.as_str().to_owned(), learning)));
            }
        }
    }
    panic!("what is looked up is still not found: {lookup:?}");
}

fn of(key: &str, learning: Learning) -> Option<(String, Learning)> {
    Some((key.to_owned(), learning))
}

#[test]
fn an_installation_with_a_record_of_its_own_is_nobody_else() {
    let store = [
        own(),
        link(&site(), "tenant-1"),
        customer(&serde_json::json!({})),
    ];
    for call in CALLS {
        let wanted = (1, of(ARI, Learning::Nothing));
        assert_eq!(found(&store, &half(10), call), wanted);
    }
}

#[test]
fn a_link_leads_to_the_customer_of_whom_news_is_written_down() {
    let writes = [
        (ForgeCall::Invocation, Learning::Try),
        (ForgeCall::Event, Learning::Require),
    ];
    for (call, learning) in writes {
        let linked = |more: serde_json::Value| [link(ARI, "tenant-1"), customer(&more)];
        let known = linked(serde_json::json!({}));
        let wanted = (2, of("tenant-1", Learning::Nothing));
        assert_eq!(found(&known, &half(10), call), wanted);
        let news = linked(serde_json::json!({ "cloudId": null }));
        let wanted = (2, of("tenant-1", learning));
        assert_eq!(found(&news, &half(10), call), wanted);
        // of before an uninstall it counts for nothing
        let gone = serde_json::json!({ "cloudId": null, "uninstalledAt": "1970-01-01T00:01:00Z" });
        let wanted = (2, of("tenant-1", Learning::Nothing));
        assert_eq!(found(&linked(gone), &half(10), call), wanted);
    }
    // what is blocked learns nothing by an invocation, and everything by an event
    let blocked = serde_json::json!({ "cloudId": null, "blockedAt": "1970-01-01T00:00:00Z" });
    let store = [link(ARI, "tenant-1"), customer(&blocked)];
    let learns = |call| found(&store, &half(10), call).1.unwrap().1;
    assert_eq!(learns(ForgeCall::Invocation), Learning::Nothing);
    assert_eq!(learns(ForgeCall::Event), Learning::Require);
}

#[test]
fn an_unknown_installation_is_that_of_the_customer_on_its_site() {
    let of_before = || customer(&serde_json::json!({ "installationId": OTHER }));
    let store = [link(&site(), "tenant-1"), of_before()];
    let wanted = (3, of("tenant-1", Learning::Try));
    assert_eq!(found(&store, &half(10), ForgeCall::Invocation), wanted);
    // also where its own link leads to somebody who was erased
    let store = [link(ARI, "erased"), link(&site(), "tenant-1"), of_before()];
    let wanted = (4, of("tenant-1", Learning::Try));
    assert_eq!(found(&store, &half(10), ForgeCall::Invocation), wanted);
}

#[test]
fn nobody_is_found_by_another_site_product_app_or_environment() {
    let nobody = |store: &[InstallationRecord], half: &ForgeHalf| {
        for call in CALLS {
            assert_eq!(found(store, half, call).1, None, "{half:?}");
        }
    };
    nobody(&[], &half(10));
    nobody(&[link(ARI, "erased")], &half(10));
    nobody(&[link(ARI, "erased"), link(&site(), "erased")], &half(10));
    for more in [
        serde_json::json!({ "cloudId": "cloud-2" }),
        serde_json::json!({ "productType": "confluence" }),
        serde_json::json!({ "appId": "another" }),
    ] {
        nobody(&[link(&site(), "tenant-1"), customer(&more)], &half(10));
    }
    // under a site there is no installation of its own
    let store = [record(
        "forge",
        &site(),
        "installed",
        &serde_json::json!({}),
    )];
    nobody(&store, &half(10));
    let store = [link(&site(), "tenant-1"), customer(&serde_json::json!({}))];
    let mut staging = half(10);
    staging.is_production = false;
    nobody(&store, &staging);
    let mut two = half(10);
    two.product = None;
    nobody(&store, &two);
}

#[test]
fn a_customer_takes_events_of_the_installation_of_today() {
    let takes = |more: serde_json::Value| customer(&more).takes_event_of(&half(10));
    assert!(takes(serde_json::json!({})));
    assert!(!takes(serde_json::json!({ "installationId": OTHER })));
    assert!(!takes(serde_json::json!({ "installationId": null })));
    assert!(own().takes_event_of(&half(10)));
    assert_eq!(LookupStage::default(), LookupStage::Own);
}
