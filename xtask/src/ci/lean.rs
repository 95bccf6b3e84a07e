//! How many crates the command line needs where a build asks for none of its features.

use std::collections::BTreeSet;

use anyhow::{Result, bail};
use xshell::cmd;

use crate::context::Context;

/// What someone reads who builds it to inspect and verify: each crate is code to trust and to wait for.
const MOST: usize = 150;

/// Fails where there are more; what it returns is what was counted.
pub(super) fn check(Context { sh, .. }: &Context) -> Result<String> {
    let tree = cmd!(
        sh,
        "cargo tree --locked -p app-license-cli --no-default-features -e normal,build --prefix none"
    );
    let count = crates(&tree.quiet().read()?).len();
    if count > MOST {
        bail!(
            "the command line without features needs {count} crates, {MOST} at the most: \
             `cargo tree -p app-license-cli --no-default-features -e normal,build` shows for what"
        );
    }
    Ok(format!("command line without features: {count} crates"))
}

/// The names in the output of `cargo tree`, a crate a line, each as often as something needs it.
fn crates(tree: &str) -> BTreeSet<&str> {
    let names = tree.lines().filter_map(|line| line.split(' ').next());
    names.filter(|name| !name.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::crates;

    #[test]
    fn a_crate_counts_once() {
        let tree = "a v1.0.0 (/x/a)\nb v1.0.0\nc v2.0.0 (proc-macro)\nb v1.0.0 (*)\nb v0.9.0\n\n";
        assert_eq!(Vec::from_iter(crates(tree)), ["a", "b", "c"]);
    }
}
