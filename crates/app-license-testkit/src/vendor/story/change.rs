//! What stories are made of: changes of an ordinary customer.

use super::super::customer::Customer;
use super::super::installation::Installed;

/// Changes an ordinary customer.
pub(super) type Story = fn(&mut Customer);

pub(super) const STANDARD: Option<&str> = Some("capabilityStandard");

pub(super) const ADVANCED: Option<&str> = Some("capabilityAdvanced");

pub(super) const fn ordinary(_: &mut Customer) {}

pub(super) fn advanced(c: &mut Customer) {
    bought_advanced(c);
    runs_advanced(c);
}

pub(super) fn bought_advanced(c: &mut Customer) {
    c.bought(|r| r.edition = Some("Advanced"));
}

pub(super) fn runs_advanced(c: &mut Customer) {
    c.runs(|i| i.capability_set = ADVANCED);
}

/// Forge installations name neither site nor host.
pub(super) fn on_connect(c: &mut Customer) {
    let installation = c.installation(0, false);
    c.runs(|i| {
        let before = std::mem::replace(i, installation);
        i.capability_set = before.capability_set;
        i.license = before.license;
    });
}

pub(super) fn ended(c: &mut Customer, status: &'static str, ago: i64) {
    c.bought(|r| {
        r.status = status;
        r.end = Some(ago);
        r.updated = ago;
    });
}

pub(super) fn uninstalled(i: &mut Installed, ago: i64) {
    i.status = "uninstalled";
    i.updated = ago;
    i.uninstalled = Some(ago);
}

pub(super) fn trial(c: &mut Customer) {
    let edition = c.either("Standard", "Advanced");
    c.bought(|r| {
        r.license_type = "EVALUATION";
        r.edition = Some(edition);
        r.start = 20;
        r.evaluation_start = Some(20);
        r.end = Some(-10);
        r.updated = 20;
    });
    c.runs(|i| {
        i.first_installed = 20;
        i.installed = 20;
        i.updated = 12;
        i.license = Some(("active", true, 3));
        i.capability_set = (edition == "Advanced").then_some("capabilityAdvanced");
    });
}

/// One entitlement for three sites, of which two have no record of their own, and a second member
/// that is installed nowhere.
pub(super) fn many_sites(c: &mut Customer) {
    let entitlement = c.record(9);
    let (id, number) = (entitlement.entitlement_id, entitlement.entitlement_number);
    let (id, number) = (id.unwrap_or_default(), number.unwrap_or_default());
    c.bought(|r| r.multi_instance = Some((id.clone(), number.clone())));
    for site in [1, 2] {
        let mut installation = c.installation(site, site == 2);
        installation.entitlement_id = Some(id.clone());
        installation.entitlement_number = Some(number.clone());
        c.installations.push(installation);
    }
    let mut idle = c.record(3);
    idle.multi_instance = Some((id, number));
    c.records.push(idle);
}

/// A site was imported: a new tenant on the same site, and the old one was never uninstalled.
pub(super) fn stale_installation(c: &mut Customer) {
    on_connect(c);
    bought_advanced(c);
    let mut newer = c.installation(0, false);
    newer.key = format!("{}-imported", newer.key);
    newer.capability_set = ADVANCED;
    newer.first_installed = 30;
    newer.installed = 30;
    c.installations.push(newer);
}

/// An old installation that knows neither cloud id nor entitlement.
pub(super) fn host_name_alone(c: &mut Customer) {
    on_connect(c);
    c.bought(|r| r.needs_ids = true);
    c.runs(|i| {
        i.cloud_id = None;
        i.entitlement_id = None;
        i.entitlement_number = None;
    });
}

/// The app for Jira and for Confluence on one site: two entitlements, two tenants.
pub(super) fn two_products(c: &mut Customer) {
    on_connect(c);
    let mut second = c.record(1);
    let mut installation = c.installation(1, false);
    for record in &c.records {
        second.cloud_id.clone_from(&record.cloud_id);
        second.host.clone_from(&record.host);
    }
    for jira in &c.installations {
        installation.cloud_id.clone_from(&jira.cloud_id);
        installation.host = jira.host.as_ref().map(|h| format!("{h}/wiki"));
    }
    second.edition = Some("Advanced");
    installation.product = "confluence";
    installation.capability_set = ADVANCED;
    c.records.push(second);
    c.installations.push(installation);
}

/// The entitlement that the app was told of has ended; the customer bought another on the same
/// site.
pub(super) fn bought_anew(c: &mut Customer) {
    on_connect(c);
    let mut anew = c.record(1);
    for record in &c.records {
        anew.cloud_id.clone_from(&record.cloud_id);
        anew.host.clone_from(&record.host);
    }
    anew.start = 20;
    anew.needs_ids = true;
    ended(c, "cancelled", 25);
    c.records.push(anew);
}
