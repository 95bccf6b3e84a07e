//! The vendor's side: the lab's own world as a license report, compared with what the app's store
//! holds.

use std::collections::BTreeMap;

use app_license::{Installation, InstallationKey, LicenseSource};
use app_license_marketplace::reconcile::{
    Drift, InstallationRow, Options, Reconciler, Statement, Summary,
};
use app_license_marketplace::report::LicenseReader;
use app_license_testkit::Tenant;
use serde::Serialize;
use serde_json::Value;

use crate::error::Error;
use crate::lab::Lab;

/// How many installations are read at a time.
const PAGE: usize = 500;

/// What the vendor sees.
#[derive(Debug, Serialize)]
pub(crate) struct VendorView {
    pub(crate) customers: Vec<Customer>,
    /// How many sites there are; at most as many as asked for are shown, those with drift first.
    pub(crate) total: usize,
    pub(crate) drift: usize,
    pub(crate) summary: Summary,
}

/// One site: what the report says, what the store says, and how they differ.
#[derive(Debug, Serialize)]
pub(crate) struct Customer {
    site: String,
    bought: Option<Value>,
    runs: Option<Stored>,
    drift: Option<Drift>,
    cause: Option<&'static str>,
    title: Option<&'static str>,
}

/// What the store holds of a site.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Stored {
    status: &'static str,
    capability_set: Option<String>,
    license: Option<&'static str>,
}

/// The license report of everything that was tried or bought in the lab.
pub(crate) fn report(lab: &Lab) -> Result<Vec<Value>, Error> {
    let mut records = Vec::new();
    for site in lab.host.sites() {
        if let Some(record) = record(lab, &lab.tenant(site.name())?)? {
            records.push(record);
        }
    }
    Ok(records)
}

fn record(lab: &Lab, tenant: &Tenant) -> Result<Option<Value>, Error> {
    let site = tenant.site();
    let changed = lab.state().timelines.of(site.name()).last().map(|p| p.at);
    let now = lab.host.clock().now();
    Ok(tenant.report_record(changed.unwrap_or(now))?)
}

/// Compares the report with the store, as `app-license report reconcile` does.
pub(crate) async fn compare(lab: &Lab, shown: usize) -> Result<VendorView, Error> {
    let records = report(lab)?;
    let json = Value::Array(records).to_string();
    let key = lab.app.connect_key().or_else(|| lab.app.forge_id());
    let options = Options::at(lab.host.clock().now()).app(key.unwrap_or_default());
    let mut reconciler = Reconciler::new(options);
    reconciler
        .read_report(LicenseReader::new(json.as_bytes()))
        .map_err(failed)?;
    let mut stored = BTreeMap::new();
    let mut after: Option<InstallationKey> = None;
    loop {
        let page = lab.store.list(after.as_ref(), PAGE).await?;
        let Some(last) = page.last() else { break };
        after = Some(last.key().clone());
        // a link is no customer of its own
        for installation in page.iter().filter(|it| it.tenant().is_none()) {
            let statement = statement(lab, installation).await?;
            let text = serde_json::to_string(installation.record()).unwrap_or_default();
            let mut row = InstallationRow::from_json(&text).map_err(failed)?;
            if statement.is_some() {
                row.statement = statement;
            }
            reconciler.installation(&row).map_err(failed)?;
            let license = row.statement.as_ref().map(|s| s.state.name());
            let known = Stored {
                status: installation.status().name(),
                capability_set: row.capability_set().map(str::to_owned),
                license,
            };
            stored.insert(row.tenant().to_owned(), known);
        }
    }
    let comparison = reconciler.finish().map_err(failed)?;
    let mut customers = Vec::new();
    let mut drift: Vec<Drift> = comparison.drift().collect();
    let cases = drift.len();
    for site in lab.host.sites() {
        let tenant = lab.tenant(site.name())?;
        let key = site.client_key()?;
        let cloud_id = site.cloud_id()?;
        let ari = tenant.installation_ari().ok();
        let at = drift.iter().position(|case| {
            let runs = case.runs.as_ref().map(|r| &*r.tenant);
            let bought = case.bought.as_ref().and_then(|b| b.cloud_id.as_deref());
            runs == Some(&key)
                || (runs.is_some() && runs == ari.as_deref())
                || bought == Some(&cloud_id)
        });
        let case = at.map(|at| drift.swap_remove(at));
        customers.push(Customer {
            site: site.name().to_owned(),
            bought: record(lab, &tenant)?,
            runs: stored
                .get(&key)
                .or_else(|| stored.get(ari.as_deref()?))
                .cloned(),
            cause: case.as_ref().map(|c| c.cause.explanation()),
            title: case.as_ref().map(|c| c.kind.title()),
            drift: case,
        });
    }
    let total = customers.len();
    customers.sort_by_key(|customer| customer.drift.is_none());
    customers.truncate(shown);
    Ok(VendorView {
        customers,
        total,
        drift: cases,
        summary: comparison.summary().clone(),
    })
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "the signature that map_err asks for"
)]
fn failed(error: app_license_marketplace::reconcile::Error) -> Error {
    Error::Lab(error.to_string())
}

/// The newest answer of a License API that the app keeps.
async fn statement(lab: &Lab, installation: &Installation) -> Result<Option<Statement>, Error> {
    let mut newest: Option<Statement> = None;
    for source in [
        LicenseSource::ConnectLicenseApi,
        LicenseSource::ForgeLicenseApi,
    ] {
        let Some(answer) = lab.store.license(installation.key(), source).await? else {
            continue;
        };
        let license = answer.license()?;
        let statement = Statement::of(&license, answer.fetched_at());
        if newest.as_ref().is_none_or(|n| n.as_of < statement.as_of) {
            newest = Some(statement);
        }
    }
    Ok(newest)
}
