//! Lifecycle bodies of both frameworks: read, read the raw text again, compare; the reducer takes
//! an accepted event twice and changes nothing the second time.
#![no_main]

use app_license::connect::{DescriptorUrls, KeyHosts, LifecycleBody};
use app_license::forge::{ForgeLifecycleEvent, ForgeLifecycleKind};
use app_license::{Event, Installation, UnixTime};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    for kind in ["avi:forge:installed:app", "avi:forge:upgraded:app"] {
        if let Some(kind) = ForgeLifecycleKind::from_name(kind) {
            let _ = ForgeLifecycleEvent::parse(kind, bytes);
        }
    }
    let _ = ForgeLifecycleEvent::parse_any(bytes);
    let _ = LifecycleBody::parse_unsigned(bytes);
    let _ = DescriptorUrls::parse(bytes);
    let Ok(body) = LifecycleBody::parse(bytes) else { return };
    let again = LifecycleBody::parse(body.raw().as_bytes()).unwrap();
    assert_eq!(again, body);
    assert!(!format!("{body:?}").contains("sharedSecret\":"));
    let (kind, app, tenant) = (body.kind(), body.app_key().clone(), body.client_key().clone());
    let Ok(event) = body.accept(kind, &app, &tenant, &KeyHosts::default()) else { return };
    let event = Event::from(event);
    let now = UnixTime::EPOCH.plus(1);
    let (once, _) = Installation::apply(None, &event, now);
    let (twice, changes) = Installation::apply(once.clone(), &event, now);
    assert_eq!(once, twice);
    assert!(changes.is_empty());
});
