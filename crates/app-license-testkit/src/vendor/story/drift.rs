//! Customers whose report and installations differ.

use super::change::{
    STANDARD, Story, bought_advanced, ended, on_connect, ordinary, runs_advanced, trial,
    uninstalled,
};

/// The story of a case of drift; all take turns.
pub(in crate::vendor) fn drift(number: u64) -> Story {
    let number = usize::try_from(number).unwrap_or_default();
    let turn = number.checked_rem(DRIFT.len()).unwrap_or_default();
    DRIFT.get(turn).copied().unwrap_or(ordinary)
}

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
