//! Customers without drift, some of them easily taken for it.

use super::change::{
    ADVANCED, STANDARD, Story, advanced, bought_anew, ended, host_name_alone, many_sites, ordinary,
    stale_installation, trial, two_products, uninstalled,
};

/// The story of a customer without drift, by a number below 100; most are ordinary.
pub(in crate::vendor) fn honest(number: u64) -> Story {
    let number = usize::try_from(number).unwrap_or_default();
    let most = if number.is_multiple_of(3) {
        advanced
    } else {
        ordinary
    };
    HONEST.get(number).copied().unwrap_or(most)
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
