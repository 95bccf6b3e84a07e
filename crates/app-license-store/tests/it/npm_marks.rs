//! The npm package forgets a mark when the core does: its stores are other programs on the same file.

use app_license_store::ReplayMark;

#[test]
fn both_languages_keep_a_mark_as_long_after_its_token() {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../../wasm/js/src/fetch/store.ts"
    );
    let source = std::fs::read_to_string(path).unwrap();
    let (_, rest) = source.split_once("export const MARK_GRACE = ").unwrap();
    let (seconds, _) = rest.split_once(';').unwrap();
    assert_eq!(seconds.parse::<u64>(), Ok(ReplayMark::GRACE));
}
