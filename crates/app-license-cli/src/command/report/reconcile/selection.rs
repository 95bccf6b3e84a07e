//! Which cases are shown.

use app_license_marketplace::reconcile::Drift;

/// What is shown, and what is left out by options.
#[derive(Debug)]
pub(super) struct Selection {
    pub(super) drift: Vec<Drift>,
    /// Ids of cases that an earlier run has shown.
    pub(super) lasting: Vec<String>,
    /// How many began before `--since`.
    pub(super) earlier: usize,
    /// How many have a cause that is left out.
    pub(super) excepted: usize,
}
