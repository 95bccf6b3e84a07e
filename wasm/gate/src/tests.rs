//! One test alone, since the buffer is one.

use super::{REASONS, decide, input, judge, query, query_set};

#[expect(unsafe_code, reason = "writes what the glue writes")]
fn put(text: &str) -> usize {
    // SAFETY: the buffer has 64 KiB and one user, this test.
    unsafe { core::ptr::copy_nonoverlapping(text.as_ptr(), input(), text.len()) };
    text.len()
}

#[test]
fn answers_are_those_of_the_gate() {
    let missing = 0b10_10_10_10;
    let (active, string, silent) = (0b10_10_10_01, 1 << 8, 2 << 10);
    assert_eq!(judge(missing | silent, 0, 0), 2 | 3 << 2 | 2 << 4 | 2 << 6);
    let set = put("CAPABILITY_ADVANCED");
    let license = judge(active | string | silent, set, 0);
    assert_eq!(license, 2 << 2 | 2 << 4 | 2 << 6 | 1 << 8);
    let needs = put("capabilityAdvancedcapabilityStandard") - 18;
    let reason = decide(license, 18, needs, 3, 0, 0);
    assert_eq!(REASONS[(reason & 15) as usize], "granted");
    assert_eq!(reason >> 4, 1);
    let stale = decide(license, 18, needs, 3 | 16 | 32, 10, 11);
    assert_eq!(REASONS[(stale & 15) as usize], "stale");
    let outside = decide(license, 18, needs, 3 | 4, 0, 0);
    assert_eq!(REASONS[(outside & 15) as usize], "not_production");

    let stated = 1 << 16;
    let denied = judge(active | string | silent | stated | 1 << 12, 0, 0);
    assert_eq!(denied & 512, 512);
    let reason = decide(denied, 0, 0, 3, 0, 0);
    assert_eq!(REASONS[(reason & 15) as usize], "no_user_access");
    let ignored = decide(denied, 0, 0, 3 | 1024, 0, 0);
    assert_ne!(REASONS[(ignored & 15) as usize], "no_user_access");
    let not_in_effect = judge(active | string | silent | stated | 2 << 14, 0, 0);
    assert_eq!(not_in_effect & 512, 0);
    let trial = judge(active | silent | 1 << 17, 0, 0);
    assert_eq!((trial >> 4) & 3, 1);
    // absent outside production is Standard, inside it is denied
    let needs = put("capabilityStandard");
    let policy = 3 | 64 | 1 << 7;
    let absent_in = |place: u32| decide(2 | 3 << 2 | 2 << 4 | place << 6, 0, needs, policy, 0, 0);
    let reasons = [0, 1, 2].map(|place| REASONS[(absent_in(place) & 15) as usize]);
    assert_eq!(reasons, ["absent", "granted", "absent"]);
    let inactive = decide(1 | 3 << 2, 0, needs, 3 | 512, 0, 0);
    assert_eq!(REASONS[(inactive & 15) as usize], "granted");

    let len = put("?lic=active&capSet=capabilityStandard&capSet=capabilityAdvanced");
    assert_eq!(query(len), 1 << 2 | 2 << 4 | 1 << 8);
    assert_eq!(query_set(len), 19 << 16 | 18);
    let len = put("lic=active&userAccess=false");
    assert_eq!(query(len) & 512, 512);
    let len = put("lic=active&lic=none");
    assert_eq!(query(len) & 3, 1);
    let len = put("lic=active&capSet=cUltra&capSet=cVast");
    assert_eq!((query(len) >> 2) & 3, 3);
    assert_eq!(query_set(len), 0);
}
