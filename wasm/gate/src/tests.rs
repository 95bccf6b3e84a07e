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

    let len = put("?lic=active&capSet=capabilityStandard&capSet=capabilityAdvanced");
    assert_eq!(query(len), 1 << 2 | 2 << 4 | 1 << 8);
    assert_eq!(query_set(len), 19 << 16 | 18);
    let len = put("lic=active&lic=none");
    assert_eq!(query(len) & 3, 1);
    let len = put("lic=active&capSet=cUltra&capSet=cVast");
    assert_eq!((query(len) >> 2) & 3, 3);
    assert_eq!(query_set(len), 0);
}
