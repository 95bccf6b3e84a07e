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
mod dates;
mod installation;
mod quirk;
mod record;
mod shape;
mod story;

use std::io::{self, Write};

use app_license::UnixTime;

pub use customer::Planted;
pub use installation::StoredInstallation;
pub use quirk::Quirk;
pub use shape::ReportShape;

use customer::Customer;
use dates::NOW;
use quirk::Quirks;

/// A vendor, and all customers of one app.
#[derive(Debug, Clone)]
pub struct Vendor {
    seed: u64,
    customers: u64,
    drift: Option<u64>,
    quirks: Quirks,
    app: String,
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
            quirks: Quirks::default(),
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
        self.quirks.add(quirk);
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
