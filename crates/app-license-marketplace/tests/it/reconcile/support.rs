//! What the tests of drift share.

use std::collections::BTreeMap;

use app_license_marketplace::reconcile::{Comparison, Options, Reconciler, ReportRow};
use app_license_marketplace::report::LicenseReader;
use app_license_testkit::vendor::{ReportShape, Vendor};
use serde_json::Value;

pub(crate) const APP: &str = "com.example.app";

pub(crate) fn reconciler() -> Reconciler {
    Reconciler::new(Options::at(Vendor::now()))
}

/// A record as JSON, by hand.
pub(crate) fn take(reconciler: &mut Reconciler, record: &Value) {
    let text = |name: &str| record.get(name).and_then(Value::as_str);
    let mut row = ReportRow::default();
    row.app_key = text("addonKey");
    row.entitlement_id = text("appEntitlementId");
    row.entitlement_number = text("appEntitlementNumber");
    row.multi_instance_id = text("multiInstanceEntitlementId");
    row.multi_instance_number = text("multiInstanceEntitlementNumber");
    row.license_level = text("licenseLevel");
    row.cloud_id = text("cloudId");
    row.host_name = text("cloudSiteHostname");
    row.hosting = text("hosting");
    row.edition = text("appEdition");
    row.license_type = text("licenseType");
    row.status = text("status");
    row.tier = text("tier");
    row.evaluation_start = text("latestEvaluationStartDate");
    row.maintenance_start = text("maintenanceStartDate");
    row.maintenance_end = text("maintenanceEndDate");
    row.upgrade_trial_start = text("upgradeEvaluationStartDate");
    row.upgrade_trial_edition = text("upgradeEvaluatingEdition");
    row.last_updated = text("lastUpdated");
    row.recorded = text("recordCreatedDate");
    row.sandbox = text("installedOnSandbox");
    row.in_grace_period = text("inGracePeriod");
    row.dunning_reason = text("invoiceDunningReason");
    reconciler.report_row(&row).unwrap();
}

pub(crate) fn report(vendor: &Vendor, shape: ReportShape) -> Vec<u8> {
    let mut report = Vec::new();
    vendor.write_report(shape, &mut report).unwrap();
    report
}

/// Takes the report of a vendor.
pub(crate) fn read_report(reconciler: &mut Reconciler, vendor: &Vendor, shape: ReportShape) {
    let report = report(vendor, shape);
    let reader = LicenseReader::new(&report[..]);
    let read = reconciler.read_report(reader).unwrap();
    assert!(read.complete && read.bad == 0, "{shape:?}: {read:?}");
}

/// Takes the installations of a vendor.
pub(crate) fn read_ndjson(reconciler: &mut Reconciler, vendor: &Vendor) {
    let mut lines = Vec::new();
    vendor.write_ndjson(&mut lines).unwrap();
    let unreadable = reconciler.read_ndjson(&lines[..]).unwrap();
    assert_eq!(unreadable.count, 0, "{unreadable:?}");
}

/// Kind, cause and who: planted and found are compared as sets with counts.
pub(crate) type Cases = BTreeMap<(String, String, String), usize>;

pub(crate) fn planted(vendor: &Vendor) -> Cases {
    let mut cases = Cases::new();
    for p in vendor.planted() {
        let key = (p.kind.to_owned(), p.cause.to_owned(), p.of.to_lowercase());
        *cases.entry(key).or_default() += 1;
    }
    cases
}

pub(crate) fn found(comparison: &Comparison) -> Cases {
    let mut cases = Cases::new();
    for d in comparison.drift() {
        let of = d.id.split_once(':').unwrap().1.to_lowercase();
        let key = (d.kind.code().to_owned(), d.cause.code().to_owned(), of);
        *cases.entry(key).or_default() += 1;
    }
    cases
}

pub(crate) fn assert_same(vendor: &Vendor, comparison: &Comparison) {
    let (planted, found) = (planted(vendor), found(comparison));
    let missed: Vec<_> = planted
        .iter()
        .filter(|p| found.get(p.0) != Some(p.1))
        .collect();
    let invented: Vec<_> = found
        .iter()
        .filter(|f| planted.get(f.0) != Some(f.1))
        .collect();
    assert!(
        missed.is_empty() && invented.is_empty(),
        "missed {missed:#?}\ninvented {invented:#?}\nof {vendor:?}"
    );
}
