//! The examples of the repository are clean.

use app_license_descriptor::Severity;

use crate::common::{findings, root};

#[test]
fn the_examples_are_clean() {
    let found = findings(&root().join("examples"));
    let wrong: Vec<_> = found
        .iter()
        .filter(|f| f.severity() > Severity::Info)
        .map(|f| format!("{} {f}", f.code()))
        .collect();
    assert_eq!(wrong, Vec::<String>::new());
}
