//! The one command of the README. A file a way to run the example, as who copies it reads them; `serve.rs` is
//! the other.

use std::process::Command;

#[test]
fn the_story_goes_as_told() {
    let demo = Command::new(env!("CARGO_BIN_EXE_connect-backend"))
        .arg("--demo")
        .output()
        .expect("the example runs");
    let told = String::from_utf8_lossy(&demo.stdout);
    let faults = String::from_utf8_lossy(&demo.stderr);
    assert!(demo.status.success(), "{told}{faults}");
    assert!(told.ends_with("as expected, all the way\n"), "{told}");
    assert!(told.contains("\"code\":\"capability_missing\""), "{told}");
    assert!(told.contains("\"code\":\"unknown_tenant\""), "{told}");
    assert!(!told.contains("TEST-SECRET-"), "{told}");
}
