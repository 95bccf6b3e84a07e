//! Vendors with any number of customers: license reports, installation stores, and drift planted
//! between the two.
//!
//! A tool that compares what was bought with what runs is right when it finds every planted case
//! once and nothing else. Customers are made one by one out of a seed and their number, so that a
//! vendor of three million of them takes no memory, and the same seed makes the same vendor.
//!
//! ```
//! use app_license_testkit::vendor::{Quirk, ReportShape, Vendor};
//!
//! let vendor = Vendor::new(7, 1_000).drift_in_every(20).quirk(Quirk::ErasedContacts);
//! let mut report = Vec::new();
//! vendor.write_report(ReportShape::Export, &mut report)?;
//! let mut installations = Vec::new();
//! vendor.write_ndjson(&mut installations)?;
//! let planted = vendor.planted();
//! assert_eq!(planted.len(), 50);
//! assert!(planted.iter().any(|p| p.kind == "runs_above_bought" && p.cause == "event_lost"));
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! The fields, their spellings and their oddities are those of the reporting API:
//! <https://developer.atlassian.com/platform/marketplace/rest/v4/api-group-reporting/>.

mod customer;
mod installation;
mod quirk;
mod record;
mod shape;
mod story;

use std::io::{self, Write};

use app_license::UnixTime;

pub use quirk::Quirk;
pub use shape::ReportShape;

use customer::Customer;

/// 2026-11-22T12:00:00Z: what vendors are made for.
const NOW: u64 = 1_795_348_800;

/// A vendor, and all customers of one app.
#[derive(Debug, Clone)]
pub struct Vendor {
    seed: u64,
    customers: u64,
    drift: Option<u64>,
    quirks: Vec<Quirk>,
    app: String,
}

/// A case of drift that was planted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub struct Planted {
    /// `runs_above_bought`, `trial_ended`, `runs_below_bought`, `not_installed` or `not_in_report`.
    pub kind: &'static str,
    /// Why both sides differ, as far as their evidence tells.
    pub cause: &'static str,
    /// The tenant, or, when nothing is installed, the number of the entitlement.
    pub of: String,
}

/// An installation as a store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct StoredInstallation {
    /// The client key on Connect, the installation's ARI on Forge.
    pub key: String,
    /// Whether it is one on Connect.
    pub connect: bool,
    /// `installed`, `enabled`, `disabled` or `uninstalled`.
    pub status: &'static str,
    /// The record, JSON.
    pub record: String,
    /// When it last changed: seconds since 1970.
    pub changed_at: u64,
}

impl Vendor {
    /// So many customers out of this seed, without drift: most are ordinary, and there is one of
    /// every kind that is easily taken for drift in each hundred.
    #[must_use]
    pub fn new(seed: u64, customers: u64) -> Self {
        Self {
            seed,
            customers,
            drift: None,
            quirks: Vec::new(),
            app: "com.example.app".to_owned(),
        }
    }

    /// Plants drift in every so-many-th customer: all kinds and causes take turns.
    #[must_use]
    pub const fn drift_in_every(mut self, customers: u64) -> Self {
        self.drift = Some(if customers == 0 { 1 } else { customers });
        self
    }

    /// Writes the report with an oddity of the reporting API.
    #[must_use]
    pub fn quirk(mut self, quirk: Quirk) -> Self {
        self.quirks.push(quirk);
        self
    }

    /// The key of the app; `com.example.app` unless told.
    #[must_use]
    pub fn app(mut self, key: impl Into<String>) -> Self {
        self.app = key.into();
        self
    }

    /// The time at which report and store are compared: 2026-11-22T12:00:00Z.
    #[must_use]
    pub fn now() -> UnixTime {
        UnixTime::from_seconds(NOW).unwrap_or(UnixTime::EPOCH)
    }

    /// The drift that was planted, in the order of the customers.
    #[must_use]
    pub fn planted(&self) -> Vec<Planted> {
        self.all().filter_map(|c| c.planted).collect()
    }

    /// The installations, in the order of the customers.
    pub fn installations(&self) -> impl Iterator<Item = StoredInstallation> + '_ {
        self.all().flat_map(|c| {
            let stored: Vec<_> = c.installations.iter().map(|i| i.stored()).collect();
            stored
        })
    }

    /// Writes the license report.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_report(&self, shape: ReportShape, to: &mut dyn Write) -> io::Result<()> {
        shape::write(self, shape, to)
    }

    /// Writes the installations, one JSON record a line.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_ndjson(&self, to: &mut dyn Write) -> io::Result<()> {
        for installation in self.installations() {
            to.write_all(installation.record.as_bytes())?;
            to.write_all(b"\n")?;
        }
        Ok(())
    }

    fn has(&self, quirk: Quirk) -> bool {
        self.quirks.contains(&quirk)
    }

    fn all(&self) -> impl Iterator<Item = Customer> + '_ {
        (0..self.customers).map(|number| self.customer(number))
    }

    fn customer(&self, number: u64) -> Customer {
        let mut customer = Customer::new(self.seed, number, &self.app);
        let story = match self.drift {
            Some(every) if number.checked_rem(every) == Some(0) => {
                story::drift(number.checked_div(every).unwrap_or_default())
            }
            _ => story::honest(customer.chance(100)),
        };
        story(&mut customer);
        customer
    }
}

/// A date so many days before (or, negative, behind) the day of [`NOW`].
fn day(ago: i64) -> String {
    let text = time(ago, 0);
    text.split('T').next().unwrap_or_default().to_owned()
}

/// The same as a time, so many seconds earlier.
fn time(ago: i64, seconds: u64) -> String {
    let at = seconds_of(ago).saturating_sub(seconds);
    UnixTime::from_seconds(at)
        .unwrap_or(UnixTime::EPOCH)
        .to_string()
}

fn seconds_of(ago: i64) -> u64 {
    let days = i64::try_from(NOW).unwrap_or_default();
    let at = days.saturating_sub(ago.saturating_mul(86_400));
    u64::try_from(at).unwrap_or_default()
}
