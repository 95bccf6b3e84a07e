//! A customer: what the report says of it, and what is installed at its sites.

use super::installation::Installed;
use super::record::Record;

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

/// A customer that bought Standard a year ago, pays, and runs Standard; stories change that.
#[derive(Debug, Clone)]
pub(super) struct Customer {
    number: u64,
    state: u64,
    app: String,
    /// Records of the report.
    pub(super) records: Vec<Record>,
    pub(super) installations: Vec<Installed>,
    pub(super) planted: Option<Planted>,
}

impl Customer {
    pub(super) fn new(seed: u64, number: u64, app: &str) -> Self {
        let mut new = Self {
            number,
            state: seed ^ number.wrapping_mul(0x9e37_79b9_7f4a_7c15),
            app: app.to_owned(),
            records: Vec::new(),
            installations: Vec::new(),
            planted: None,
        };
        let forge = new.chance(4) == 0;
        let record = new.record(0);
        let installation = new.installation(0, forge);
        new.records.push(record);
        new.installations.push(installation);
        new
    }

    /// The next number of this customer's own, below `limit`.
    pub(super) fn chance(&mut self, limit: u64) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)).checked_rem(limit).unwrap_or_default()
    }

    /// One of two.
    pub(super) fn either<T>(&mut self, a: T, b: T) -> T {
        if self.chance(2) == 0 { a } else { b }
    }

    /// A UUID of this customer: a different one for every use.
    fn uuid(&self, of: u64) -> String {
        let number = self.number;
        let mixed = number.wrapping_mul(0xd134_2543_de82_ef95) ^ of;
        let (a, b) = (mixed >> 32, mixed & 0xffff);
        format!(
            "{:08x}-{b:04x}-4{:03x}-8{:03x}-{number:012x}",
            a & 0xffff_ffff,
            of & 0xfff,
            (mixed >> 16) & 0xfff,
        )
    }

    /// A record of another purchase; `site` tells the customer's sites apart.
    pub(super) fn record(&self, site: u64) -> Record {
        let n = self.number;
        let mut record = Record::new();
        record.app = self.app.clone();
        record.cloud_id = Some(self.uuid(0x100 | site));
        record.host = Some(self.host(site));
        record.entitlement_id = Some(self.uuid(0x200 | site));
        record.entitlement_number = Some(self.entitlement(site));
        record.host_entitlement = self.uuid(0x300 | site);
        record.users = n.checked_rem(900).unwrap_or_default().saturating_add(11);
        record.customer = n;
        record
    }

    fn entitlement(&self, site: u64) -> String {
        let n = self.number;
        format!(
            "E-{:03X}-{:03X}-{:03X}-A{site:02X}",
            (n >> 24) & 0xfff,
            (n >> 12) & 0xfff,
            n & 0xfff,
        )
    }

    fn host(&self, site: u64) -> String {
        match site {
            0 => format!("customer-{}.atlassian.net", self.number),
            _ => format!("customer-{}-site-{site}.atlassian.net", self.number),
        }
    }

    /// An installation on a site.
    pub(super) fn installation(&self, site: u64, forge: bool) -> Installed {
        let mut installed = Installed::new();
        installed.connect = !forge;
        if forge {
            installed.key = format!(
                "ari:cloud:ecosystem::installation/{}",
                self.uuid(0x500 | site)
            );
            installed.environment_id = Some("6c1b0c8e-2f3a-4a46-9c3c-0b1f6a4f1d11".to_owned());
        } else {
            installed.key = self.uuid(0x400 | site);
            installed.app = Some(self.app.clone());
            installed.host = Some(self.host(site));
            installed.cloud_id = Some(self.uuid(0x100 | site));
        }
        installed.entitlement_id = Some(self.uuid(0x200 | site));
        installed.entitlement_number = Some(self.entitlement(site));
        installed
    }

    /// The first record.
    pub(super) fn bought(&mut self, change: impl FnOnce(&mut Record)) {
        if let Some(record) = self.records.first_mut() {
            change(record);
        }
    }

    /// The first installation.
    pub(super) fn runs(&mut self, change: impl FnOnce(&mut Installed)) {
        if let Some(installation) = self.installations.first_mut() {
            change(installation);
        }
    }

    /// Says what is wrong about the first installation, or, without one, about the first record.
    pub(super) fn plant(&mut self, kind: &'static str, cause: &'static str) {
        let installed = self.installations.first();
        let of = match (kind, installed, self.records.first()) {
            ("not_installed", _, Some(record)) => record.entitlement_number.clone(),
            (_, Some(installation), _) => Some(installation.key.clone()),
            _ => None,
        };
        self.planted = Some(Planted {
            kind,
            cause,
            of: of.unwrap_or_default(),
        });
    }
}
