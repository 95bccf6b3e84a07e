//! The report's side, out of a reader of license reports.

use std::borrow::Cow;
use std::io::Read;
use std::sync::mpsc::{SyncSender, sync_channel};

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
    /// Takes a whole report, before the first installation. It is read on a thread of its own, some
    /// hundred records ahead.
    ///
    /// # Errors
    /// Those of [`Reconciler::report_row`]; records that cannot be read are counted instead.
    pub fn read_report<R: Read + Send>(
        &mut self,
        reader: LicenseReader<R>,
    ) -> Result<ReportRead, Error> {
        let (send, batches) = sync_channel::<Batch>(AHEAD);
        std::thread::scope(|scope| {
            let reading = scope.spawn(move || read(reader, &send));
            let mut taken = Ok(());
            // when a row cannot be taken, the batches end here and reading ends with them
            for batch in batches {
                let rows: Vec<ReportRow<'_>> = batch.rows().collect();
                taken = self.report_rows(&rows);
                if taken.is_err() {
                    break;
                }
            }
            let read = reading.join().unwrap_or_default();
            taken.map(|()| read)
        })
    }

    /// Takes a record of a report.
    ///
    /// # Errors
    /// Those of [`Reconciler::report_row`].
    pub fn report_record(&mut self, record: &LicenseRecord<'_>) -> Result<(), Error> {
        let texts: [Option<Cow<'_, str>>; FIELDS.len()] = FIELDS.map(|f| record.get(f));
        self.report_row(&row(texts.iter().map(Option::as_deref)))
    }
}

/// A row of texts in the order of [`FIELDS`].
fn row<'a>(mut texts: impl Iterator<Item = Option<&'a str>>) -> ReportRow<'a> {
    let mut next = || texts.next().flatten();
    ReportRow {
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
    }
}

/// Reads to the end, or until nobody takes what is read.
fn read<R: Read>(reader: LicenseReader<R>, to: &SyncSender<Batch>) -> ReportRead {
    let mut reader = reader.select(&FIELDS);
    let mut read = ReportRead::default();
    let mut batch = Batch::default();
    while let Some(next) = reader.next() {
        match next {
            Ok(record) => {
                read.records = read.records.saturating_add(1);
                batch.add(&record);
                if batch.ends.len() >= BATCH && to.send(std::mem::take(&mut batch)).is_err() {
                    break;
                }
            }
            Err(error) => {
                read.bad = read.bad.saturating_add(1);
                read.first.get_or_insert_with(|| error.to_string());
            }
        }
    }
    // nobody is left to take it: the error that ended them is told instead
    let _ = to.send(batch);
    read.complete = reader.completeness() != Completeness::Partial;
    read.bytes = reader.progress().bytes();
    read
}

/// Texts of some hundred records, one behind the other.
#[derive(Debug, Default)]
struct Batch {
    text: String,
    /// Where each text ends; a text that is missing is marked by [`MISSING`].
    ends: Vec<u32>,
}

/// Stands for a text that is not there.
const MISSING: u32 = u32::MAX;
/// How many texts a batch has at least, when it is sent.
const BATCH: usize = 256 * FIELDS.len();
/// How many batches are read ahead.
const AHEAD: usize = 4;

impl Batch {
    fn add(&mut self, record: &LicenseRecord<'_>) {
        for field in FIELDS {
            let end = record.get(field).and_then(|text| {
                self.text.push_str(&text);
                u32::try_from(self.text.len()).ok()
            });
            self.ends.push(end.unwrap_or(MISSING));
        }
    }

    fn rows(&self) -> impl Iterator<Item = ReportRow<'_>> {
        let mut start = 0_usize;
        self.ends.chunks(FIELDS.len()).map(move |ends| {
            row(ends.iter().map(|end| {
                let end = usize::try_from(*end).ok().filter(|_| *end != MISSING)?;
                let text = self.text.get(start..end);
                start = end;
                text
            }))
        })
    }
}
