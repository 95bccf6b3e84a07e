//! The report's side, out of a reader of license reports.

use std::borrow::Cow;
use std::io::Read;

use super::{Error, Reconciler, ReportRow};
use crate::report::{Completeness, LicenseField as Field, LicenseReader, LicenseRecord};

/// How a report was read.
///
/// ```
/// use app_license::UnixTime;
/// use app_license_marketplace::reconcile::{Options, Reconciler};
/// use app_license_marketplace::report::LicenseReader;
/// let export = br#"[{"appEntitlementNumber":"E-1","status":"active"},{"status":}]"#;
/// let mut reconciler = Reconciler::new(Options::at(UnixTime::EPOCH));
/// let read = reconciler.read_report(LicenseReader::new(&export[..]))?;
/// assert_eq!((read.records, read.bad, read.complete), (1, 1, true));
/// # Ok::<(), app_license_marketplace::reconcile::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct ReportRead {
    /// Records that were taken.
    pub records: u64,
    /// Records that cannot be read and were left out.
    pub bad: u64,
    /// Where the first of them is, and what is wrong with it.
    pub first: Option<String>,
    /// Whether it was read to its end. What a report lacks shows as drift that is none: do not
    /// compare with one that was cut off.
    pub complete: bool,
    /// Its bytes, after decompression.
    pub bytes: u64,
}

/// The fields that drift is found by.
const FIELDS: [Field; 23] = [
    Field::AddonKey,
    Field::AppEntitlementId,
    Field::AppEntitlementNumber,
    Field::MultiInstanceEntitlementId,
    Field::MultiInstanceEntitlementNumber,
    Field::LicenseLevel,
    Field::CloudId,
    Field::CloudSiteHostname,
    Field::Hosting,
    Field::AppEdition,
    Field::LicenseType,
    Field::Status,
    Field::Tier,
    Field::LatestEvaluationStartDate,
    Field::MaintenanceStartDate,
    Field::MaintenanceEndDate,
    Field::UpgradeEvaluationStartDate,
    Field::UpgradeEvaluatingEdition,
    Field::LastUpdated,
    Field::RecordCreatedDate,
    Field::InstalledOnSandbox,
    Field::InGracePeriod,
    Field::InvoiceDunningReason,
];

impl Reconciler {
    /// Takes a whole report, before the first installation.
    ///
    /// # Errors
    /// Those of [`Reconciler::report_row`]; records that cannot be read are counted instead.
    pub fn read_report<R: Read>(&mut self, reader: LicenseReader<R>) -> Result<ReportRead, Error> {
        let mut reader = reader.select(&FIELDS);
        let mut read = ReportRead::default();
        while let Some(next) = reader.next() {
            match next {
                Ok(record) => {
                    read.records = read.records.saturating_add(1);
                    self.report_record(&record)?;
                }
                Err(error) => {
                    read.bad = read.bad.saturating_add(1);
                    read.first.get_or_insert_with(|| error.to_string());
                }
            }
        }
        read.complete = reader.completeness() != Completeness::Partial;
        read.bytes = reader.progress().bytes();
        Ok(read)
    }

    /// Takes a record of a report.
    ///
    /// # Errors
    /// Those of [`Reconciler::report_row`].
    pub fn report_record(&mut self, record: &LicenseRecord<'_>) -> Result<(), Error> {
        let texts: [Option<Cow<'_, str>>; FIELDS.len()] = FIELDS.map(|f| record.get(f));
        let mut texts = texts.iter().map(Option::as_deref);
        let mut next = || texts.next().flatten();
        self.report_row(&ReportRow {
            app_key: next(),
            entitlement_id: next(),
            entitlement_number: next(),
            multi_instance_id: next(),
            multi_instance_number: next(),
            license_level: next(),
            cloud_id: next(),
            host_name: next(),
            hosting: next(),
            edition: next(),
            license_type: next(),
            status: next(),
            tier: next(),
            evaluation_start: next(),
            maintenance_start: next(),
            maintenance_end: next(),
            upgrade_trial_start: next(),
            upgrade_trial_edition: next(),
            last_updated: next(),
            recorded: next(),
            sandbox: next(),
            in_grace_period: next(),
            dunning_reason: next(),
        })
    }
}
