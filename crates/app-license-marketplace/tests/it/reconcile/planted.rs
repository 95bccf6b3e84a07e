//! Planted drift is found once, and nothing else.

use std::collections::BTreeSet;

use app_license_marketplace::reconcile::{Cause, DriftKind};
use app_license_testkit::vendor::{Quirk, ReportShape, Vendor};
use proptest::prelude::*;

use super::support::{assert_same, planted, read_ndjson, read_report, reconciler};

fn compare(vendor: &Vendor, shape: ReportShape) {
    let mut reconciler = reconciler();
    read_report(&mut reconciler, vendor, shape);
    read_ndjson(&mut reconciler, vendor);
    assert_same(vendor, &reconciler.finish().unwrap());
}

#[test]
fn an_honest_vendor_has_no_drift() {
    let vendor = Vendor::new(1, 1_000);
    assert!(planted(&vendor).is_empty());
    compare(&vendor, ReportShape::Export);
}

#[test]
fn every_kind_and_cause_is_planted_and_found_once() {
    let vendor = Vendor::new(2, 1_000).drift_in_every(7);
    let kinds: BTreeSet<_> = vendor.planted().iter().map(|p| p.kind).collect();
    assert_eq!(kinds, DriftKind::ALL.map(DriftKind::code).into());
    let causes: BTreeSet<_> = vendor.planted().iter().map(|p| p.cause).collect();
    let mut all: BTreeSet<_> = Cause::ALL.map(Cause::code).into();
    // an installation without ids would explain every license that is installed nowhere: `rules`
    assert!(all.remove("installation_without_ids"));
    assert_eq!(causes, all);
    compare(&vendor, ReportShape::Export);
}

#[test]
fn drift_is_found_through_every_quirk_of_the_reporting_api() {
    for quirk in Quirk::ALL {
        for seed in [3, 17, 2026] {
            let vendor = Vendor::new(seed, 300).drift_in_every(5);
            compare(&vendor.quirk(quirk), ReportShape::Export);
        }
    }
}

#[test]
fn drift_is_found_in_every_shape_of_a_report() {
    for shape in ReportShape::ALL {
        // the last page of one of them has as many records as any other, and the one behind it none
        for customers in [1, 50, 490] {
            compare(&Vendor::new(4, customers).drift_in_every(5), shape);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn planted_drift_is_found_once_and_nothing_else(
        seed: u64,
        customers in 1_u64..300,
        every in 1_u64..20,
        shape in proptest::sample::select(ReportShape::ALL.to_vec()),
        quirks in proptest::sample::subsequence(Quirk::ALL.to_vec(), 0..=Quirk::ALL.len()),
    ) {
        let vendor = Vendor::new(seed, customers).drift_in_every(every);
        compare(&quirks.into_iter().fold(vendor, Vendor::quirk), shape);
    }
}
