//! Names what several features mean: that signatures can be checked.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rustc-check-cfg=cfg(signatures)");
    if cfg!(any(
        feature = "aws-lc-rs",
        feature = "rust-crypto",
        feature = "host-crypto"
    )) {
        println!("cargo::rustc-cfg=signatures");
    }
}
