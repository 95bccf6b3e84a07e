//! What was read and compared, in numbers.

use serde::Serialize;

/// What was read and compared, in numbers: so that "no drift" can be told from "nothing read".
///
/// ```
/// use app_license::UnixTime;
/// use app_license_marketplace::reconcile::{Options, Reconciler};
/// let comparison = Reconciler::new(Options::at(UnixTime::EPOCH)).finish()?;
/// assert_eq!(comparison.summary().rows, 0);
/// # Ok::<(), app_license_marketplace::reconcile::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Summary {
    /// Records of the report.
    pub rows: u64,
    /// Of them: of Server or Data Center.
    pub rows_not_cloud: u64,
    /// Of them: of other apps than the one asked for.
    pub rows_of_other_apps: u64,
    /// Of them: without any id or host name, so that nothing can be joined to them.
    pub rows_without_ids: u64,
    /// Of them: of an entitlement that another record is about too; the newest counts.
    pub older_snapshots: u64,
    /// Entitlements that were compared.
    pub entitlements: u64,
    /// Installations of the store.
    pub installations: u64,
    /// Of them: outside production, or licensed for development, which nobody buys.
    pub not_production: u64,
    /// Of them: uninstalled, or disabled by an admin.
    pub not_in_use: u64,
    /// Of them: of apps that the report does not know, or of others than the one asked for.
    pub installations_of_other_apps: u64,
    /// Of them: in use, and naming neither site nor entitlement, so that nothing can be joined.
    pub installations_without_ids: u64,
    /// Of them: joined by the entitlement's id or number.
    pub joined_by_entitlement: u64,
    /// Of them: joined by an entitlement for many sites.
    pub joined_by_multi_instance: u64,
    /// Of them: joined by the site's cloud id.
    pub joined_by_cloud_id: u64,
    /// Of them: joined by the site's host name alone.
    pub joined_by_host_name: u64,
    /// Of them: left out because a newer installation of the same license is there.
    pub superseded: u64,
    /// Of them: left out because the same installation is there a second time; each case is shown
    /// once.
    pub repeated: u64,
    /// Of them: not compared, for one side names an edition without a rank, or says too little.
    pub not_compared: u64,
}
