//! What happened to customers: honest stories that are easily taken for drift, and drift.

use super::customer::Customer;
use super::installation::Installed;

/// Changes an ordinary customer.
pub(super) type Story = fn(&mut Customer);

const STANDARD: Option<&str> = Some("capabilityStandard");
const ADVANCED: Option<&str> = Some("capabilityAdvanced");

/// The story of a customer without drift, by a number below 100; most are ordinary.
pub(super) fn honest(number: u64) -> Story {
    let number = usize::try_from(number).unwrap_or_default();
    let most = if number.is_multiple_of(3) {
        advanced
    } else {
        ordinary
    };
    HONEST.get(number).copied().unwrap_or(most)
}

/// The story of a case of drift; all take turns.
pub(super) fn drift(number: u64) -> Story {
    let number = usize::try_from(number).unwrap_or_default();
    let turn = number.checked_rem(DRIFT.len()).unwrap_or_default();
    DRIFT.get(turn).copied().unwrap_or(ordinary)
}

const HONEST: [Story; 32] = [
    |c| c.runs(|i| i.capability_set = STANDARD),
    // never asked a License API
    |c| c.runs(|i| i.license = None),
    |c| {
        advanced(c);
        c.runs(|i| i.license = None);
    },
    // ended, and the app was told
    |c| {
        ended(c, "cancelled", 20);
        c.runs(|i| i.license = Some(("inactive", false, 10)));
    },
    |c| {
        ended(c, "inactive", 20);
        c.runs(|i| i.license = Some(("absent", false, 10)));
    },
    // ended, and nobody ever said that it is active
    |c| {
        ended(c, "inactive", 20);
        c.runs(|i| {
            i.license = None;
            i.capability_set = ADVANCED;
        });
    },
    // ended and uninstalled
    |c| {
        ended(c, "cancelled", 20);
        c.runs(|i| uninstalled(i, 25));
    },
    // ended long ago; the store forgot
    |c| {
        ended(c, "inactive", 200);
        c.installations.clear();
    },
    // cancelled, and paid until its last day
    |c| c.bought(|r| r.status = "cancelled"),
    |c| {
        c.bought(|r| (r.status, r.end) = ("cancelled", Some(0)));
    },
    // cancelled, paid, and uninstalled at once
    |c| {
        c.bought(|r| r.status = "cancelled");
        c.runs(|i| uninstalled(i, 5));
    },
    trial,
    // the last day of a trial
    |c| {
        trial(c);
        c.bought(|r| r.end = Some(0));
    },
    // a trial that ended, and the app was told
    |c| {
        trial(c);
        c.bought(|r| (r.end, r.status) = (Some(4), "inactive"));
        c.runs(|i| i.license = Some(("inactive", true, 1)));
    },
    // a trial of Advanced beside a paid Standard: the app may know of it or not yet
    |c| {
        c.bought(|r| r.upgrade_trial = Some(("Advanced", 20)));
        c.runs(|i| {
            i.capability_set = ADVANCED;
            i.license = Some(("active", true, 2));
        });
    },
    |c| c.bought(|r| r.upgrade_trial = Some(("Advanced", 1))),
    // that trial is over, and the app knows
    |c| {
        c.bought(|r| r.upgrade_trial = Some(("Advanced", 120)));
        c.runs(|i| i.capability_set = STANDARD);
    },
    // the trial was bought
    |c| {
        advanced(c);
        c.bought(|r| r.upgrade_trial = Some(("Advanced", 120)));
    },
    many_sites,
    // outside production
    |c| {
        c.records.clear();
        c.runs(|i| i.environment_type = Some("DEVELOPMENT"));
    },
    |c| {
        c.records.clear();
        c.runs(|i| {
            i.environment_type = None;
            i.host = Some("somebody.jira-dev.com".to_owned());
        });
    },
    stale_installation,
    // the site got another name
    |c| {
        c.bought(|r| r.needs_ids = true);
        c.runs(|i| {
            if i.connect {
                i.host = Some("renamed-by-its-admin.example.com".to_owned());
            }
        });
    },
    // the site was migrated, and both sides know the entitlement
    |c| {
        c.bought(|r| r.needs_ids = true);
        c.runs(|i| {
            if i.connect {
                i.cloud_id = Some("99999999-0000-4000-8000-000000000001".to_owned());
            }
        });
    },
    host_name_alone,
    // a free edition, of which the platform says nothing
    |c| {
        c.bought(|r| {
            r.edition = Some("free");
            r.license_type = "FREE";
        });
        c.runs(|i| i.license = Some(("absent", false, 3)));
    },
    // an app without editions
    |c| c.bought(|r| r.edition = None),
    // Server and Data Center are never in the store
    |c| {
        c.bought(|r| {
            r.hosting = "Data Center";
            r.cloud_id = None;
        });
        c.installations.clear();
    },
    two_products,
    // never bought, and the app was told
    |c| {
        c.records.clear();
        c.runs(|i| i.license = Some(("inactive", false, 3)));
    },
    // switched off by its admin
    |c| c.runs(|i| i.status = "disabled"),
    bought_anew,
];

const DRIFT: [Story; 29] = [
    // runs Advanced, bought Standard
    |c| {
        runs_advanced(c);
        c.bought(|r| r.updated = 5);
        c.runs(|i| i.license = Some(("active", false, 20)));
        c.plant("runs_above_bought", "event_lost");
    },
    |c| {
        runs_advanced(c);
        c.runs(|i| {
            i.license = Some(("active", false, 1));
            i.updated = 1;
        });
        c.plant("runs_above_bought", "report_lag");
    },
    |c| {
        runs_advanced(c);
        c.bought(|r| r.dunning = Some("PAYMENT METHOD IS NOT SET"));
        c.plant("runs_above_bought", "dunning");
    },
    |c| {
        runs_advanced(c);
        c.bought(|r| r.needs_ids = true);
        on_connect(c);
        c.runs(|i| i.cloud_id = Some("99999999-0000-4000-8000-000000000002".to_owned()));
        c.plant("runs_above_bought", "migration");
    },
    |c| {
        runs_advanced(c);
        c.bought(|r| r.sandbox = true);
        c.plant("runs_above_bought", "sandbox");
    },
    |c| {
        runs_advanced(c);
        c.runs(|i| {
            i.license = Some(("active", false, 20));
            i.updated = 20;
        });
        c.plant("runs_above_bought", "unknown");
    },
    // nothing was ever said about the license, but the edition was named
    |c| {
        runs_advanced(c);
        c.bought(|r| r.updated = 5);
        c.runs(|i| i.license = None);
        c.plant("runs_above_bought", "event_lost");
    },
    // runs, and nothing is bought any more
    |c| {
        ended(c, "cancelled", 20);
        c.runs(|i| i.license = Some(("active", false, 30)));
        c.plant("runs_above_bought", "no_statement_since");
    },
    |c| {
        runs_advanced(c);
        ended(c, "inactive", 20);
        c.bought(|r| r.dunning = Some("CARD DECLINED"));
        c.runs(|i| i.license = Some(("active", false, 4)));
        c.plant("runs_above_bought", "dunning");
    },
    |c| {
        ended(c, "inactive", 20);
        c.runs(|i| {
            i.installed = 10;
            i.updated = 10;
            i.license = Some(("active", false, 8));
        });
        c.plant("runs_above_bought", "reinstalled_before_payment");
    },
    |c| {
        runs_advanced(c);
        ended(c, "cancelled", 1);
        c.runs(|i| i.license = Some(("active", false, 0)));
        c.plant("runs_above_bought", "report_lag");
    },
    // a trial that ended
    |c| {
        trial(c);
        c.bought(|r| (r.end, r.status) = (Some(6), "inactive"));
        c.runs(|i| i.license = Some(("active", true, 12)));
        c.plant("trial_ended", "no_statement_since");
    },
    // … whose status the report has not changed yet
    |c| {
        trial(c);
        c.bought(|r| r.end = Some(1));
        c.runs(|i| i.license = Some(("active", true, 12)));
        c.plant("trial_ended", "no_statement_since");
    },
    |c| {
        trial(c);
        c.bought(|r| (r.end, r.status) = (Some(6), "inactive"));
        c.runs(|i| i.license = Some(("active", true, 4)));
        c.plant("trial_ended", "unknown");
    },
    |c| {
        runs_advanced(c);
        c.bought(|r| {
            r.upgrade_trial = Some(("Advanced", 120));
            r.updated = 2;
        });
        c.plant("trial_ended", "event_lost");
    },
    // bought Advanced, runs Standard
    |c| {
        bought_advanced(c);
        c.bought(|r| r.updated = 2);
        c.plant("runs_below_bought", "event_lost");
    },
    |c| {
        bought_advanced(c);
        c.bought(|r| r.updated = 2);
        c.runs(|i| {
            i.license = None;
            i.capability_set = STANDARD;
        });
        c.plant("runs_below_bought", "event_lost");
    },
    |c| {
        bought_advanced(c);
        c.runs(|i| i.license = Some(("active", false, 1)));
        c.plant("runs_below_bought", "report_lag");
    },
    // locked out, and paid for
    |c| {
        c.bought(|r| r.in_grace = true);
        c.runs(|i| i.license = Some(("inactive", false, 9)));
        c.plant("runs_below_bought", "dunning");
    },
    |c| {
        c.bought(|r| r.updated = 3);
        c.runs(|i| {
            i.installed = 9;
            i.updated = 9;
            i.license = Some(("inactive", false, 9));
        });
        c.plant("runs_below_bought", "reinstalled_before_payment");
    },
    // bought, and installed nowhere
    |c| {
        c.runs(|i| uninstalled(i, 30));
        c.plant("not_installed", "uninstalled_not_cancelled");
    },
    |c| {
        c.installations.clear();
        c.plant("not_installed", "never_installed");
    },
    |c| {
        c.installations.clear();
        c.bought(|r| r.license_type = "LEGACY_FREE");
        c.plant("not_installed", "migration");
    },
    |c| {
        c.installations.clear();
        c.bought(|r| r.sandbox = true);
        c.plant("not_installed", "sandbox");
    },
    |c| {
        c.installations.clear();
        c.bought(|r| (r.start, r.updated) = (1, 1));
        c.plant("not_installed", "report_lag");
    },
    // installed, and the report has never heard of it
    |c| {
        c.records.clear();
        c.runs(|i| (i.first_installed, i.installed, i.updated) = (1, 1, 1));
        c.plant("not_in_report", "report_lag");
    },
    |c| {
        c.records.clear();
        on_connect(c);
        c.runs(|i| i.host = Some("somebody-sandbox-7.atlassian.net".to_owned()));
        c.plant("not_in_report", "sandbox");
    },
    |c| {
        c.records.clear();
        on_connect(c);
        c.runs(|i| i.host = Some("agency.atlassian-us-gov-mod.net".to_owned()));
        c.plant("not_in_report", "compliance_boundary");
    },
    |c| {
        c.records.clear();
        c.plant("not_in_report", "unknown");
    },
];

const fn ordinary(_: &mut Customer) {}

fn advanced(c: &mut Customer) {
    bought_advanced(c);
    runs_advanced(c);
}

fn bought_advanced(c: &mut Customer) {
    c.bought(|r| r.edition = Some("Advanced"));
}

fn runs_advanced(c: &mut Customer) {
    c.runs(|i| i.capability_set = ADVANCED);
}

/// Forge installations name neither site nor host.
fn on_connect(c: &mut Customer) {
    let installation = c.installation(0, false);
    c.runs(|i| {
        let before = std::mem::replace(i, installation);
        i.capability_set = before.capability_set;
        i.license = before.license;
    });
}

fn ended(c: &mut Customer, status: &'static str, ago: i64) {
    c.bought(|r| {
        r.status = status;
        r.end = Some(ago);
        r.updated = ago;
    });
}

fn uninstalled(i: &mut Installed, ago: i64) {
    i.status = "uninstalled";
    i.updated = ago;
    i.uninstalled = Some(ago);
}

fn trial(c: &mut Customer) {
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
fn many_sites(c: &mut Customer) {
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
fn stale_installation(c: &mut Customer) {
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
fn host_name_alone(c: &mut Customer) {
    on_connect(c);
    c.bought(|r| r.needs_ids = true);
    c.runs(|i| {
        i.cloud_id = None;
        i.entitlement_id = None;
        i.entitlement_number = None;
    });
}

/// The app for Jira and for Confluence on one site: two entitlements, two tenants.
fn two_products(c: &mut Customer) {
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
fn bought_anew(c: &mut Customer) {
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
