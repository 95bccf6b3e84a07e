//! The envelopes that reports come in.

use std::io::{self, Write};

use super::Vendor;
use super::customer::Customer;
use super::quirk::Quirk;
use super::record::{Fields, Record, Value};

/// In which form a report is written.
///
/// ```
/// use app_license_testkit::vendor::{ReportShape, Vendor};
/// let mut report = Vec::new();
/// Vendor::new(1, 1).write_report(ReportShape::Csv, &mut report)?;
/// assert!(report.starts_with(b"addonLicenseId,licenseId,"));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ReportShape {
    /// A JSON export: one array.
    Export,
    /// One JSON record a line.
    Lines,
    /// A CSV export. Lists and what nobody has heard of are left out.
    Csv,
    /// Pages of the list, one after the other; links with a host.
    PagesAbsolute,
    /// Pages whose links begin with `/rest/3`, and a last one whose `licenses` is `null`.
    PagesRest,
    /// Pages whose links begin after `/rest/3`.
    PagesBare,
}

impl ReportShape {
    /// Every one.
    pub const ALL: [Self; 6] = [
        Self::Export,
        Self::Lines,
        Self::Csv,
        Self::PagesAbsolute,
        Self::PagesRest,
        Self::PagesBare,
    ];
}

/// The most that the API puts on a page.
const PAGE: usize = 50;

impl Vendor {
    /// Writes the license report.
    ///
    /// # Errors
    /// What the writer says.
    pub fn write_report(&self, shape: ReportShape, to: &mut dyn Write) -> io::Result<()> {
        write(self, shape, to)
    }
}

fn write(vendor: &Vendor, shape: ReportShape, to: &mut dyn Write) -> io::Result<()> {
    let mut records = vendor.all().flat_map(|c| written(vendor, &c));
    let mut text = String::with_capacity(2048);
    match shape {
        ReportShape::Export => {
            let mut before = "[\n";
            for fields in records {
                text.clear();
                text.push_str(before);
                json(&fields, &mut text);
                to.write_all(text.as_bytes())?;
                before = ",\n";
            }
            to.write_all(if before == "[\n" { b"[]\n" } else { b"\n]\n" })
        }
        ReportShape::Lines => {
            for fields in records {
                text.clear();
                json(&fields, &mut text);
                text.push('\n');
                to.write_all(text.as_bytes())?;
            }
            Ok(())
        }
        ReportShape::Csv => {
            let flag = vendor.quirks.has(Quirk::OldBillingFlag);
            let header = CSV.map(|(_, column)| match column {
                "newBillingSystem" if flag => "isNewBillingSystem",
                column => column,
            });
            writeln!(to, "{}", header.join(","))?;
            for fields in records {
                text.clear();
                csv(&fields, &mut text);
                to.write_all(text.as_bytes())?;
            }
            Ok(())
        }
        ReportShape::PagesAbsolute | ReportShape::PagesRest | ReportShape::PagesBare => {
            let mut offset = 0_usize;
            loop {
                let page: Vec<Fields> = records.by_ref().take(PAGE).collect();
                let last = page.len() < PAGE;
                write_page(shape, &page, offset, last, to)?;
                offset = offset.saturating_add(page.len());
                if last {
                    return Ok(());
                }
            }
        }
    }
}

fn write_page(
    shape: ReportShape,
    page: &[Fields],
    offset: usize,
    last: bool,
    to: &mut dyn Write,
) -> io::Result<()> {
    let base = match shape {
        ReportShape::PagesAbsolute => "https://api.atlassian.com/marketplace/rest/3/reporting",
        ReportShape::PagesRest => "/rest/3/reporting",
        _ => "/reporting",
    };
    let link = |offset: usize| {
        format!(r#"{{"href":"{base}/developer-space/d/licenses?offset={offset}&limit={PAGE}"}}"#)
    };
    let next = if last {
        String::new()
    } else {
        format!(r#","next":{}"#, link(offset.saturating_add(PAGE)))
    };
    let mut text = format!(
        r#"{{"_links":{{"self":{},"export":[{}]{next}}},"totalCount":{offset},"licenses":"#,
        link(offset),
        link(0),
    );
    if page.is_empty() && shape == ReportShape::PagesRest {
        text.push_str("null");
    } else {
        text.push('[');
        let mut comma = "";
        for fields in page {
            text.push_str(comma);
            json(fields, &mut text);
            comma = ",";
        }
        text.push(']');
    }
    text.push_str("}\n");
    to.write_all(text.as_bytes())
}

/// A customer's records in the order in which they are written, snapshots and repetitions included.
fn written(vendor: &Vendor, customer: &Customer) -> Vec<Fields> {
    let mut all = Vec::with_capacity(1);
    for record in &customer.records {
        let mut snapshots = Vec::new();
        if vendor.quirks.has(Quirk::History) {
            snapshots.extend((1..=3).rev().map(|n| older(record, n)));
            let mut newest = record.clone();
            newest.recorded = Some(0);
            snapshots.push(newest);
            // the newest is not always the last
            let turn = usize::try_from(record.customer).unwrap_or_default();
            let turn = turn.checked_rem(snapshots.len()).unwrap_or_default();
            snapshots.rotate_left(turn);
        } else {
            snapshots.push(record.clone());
        }
        if vendor.quirks.has(Quirk::Overlap) {
            let repeated = snapshots.clone();
            let mut border = older(record, 1);
            border.recorded = vendor.quirks.has(Quirk::History).then_some(40);
            snapshots.push(border);
            snapshots.extend(repeated);
        }
        all.extend(snapshots.iter().map(|r| r.fields(&vendor.quirks)));
    }
    all
}

/// What a record said earlier: another edition, and active.
fn older(record: &Record, n: i64) -> Record {
    let mut old = record.clone();
    let ago = n.saturating_mul(30);
    old.updated = record.updated.saturating_add(ago);
    old.recorded = Some(ago);
    old.status = "active";
    old.edition = match record.edition {
        Some("Standard") => Some("Advanced"),
        Some(_) => Some("Standard"),
        None => None,
    };
    old.dunning = None;
    old.in_grace = false;
    old
}

fn json(fields: &Fields, to: &mut String) {
    to.push('{');
    let mut comma = "";
    let mut path: Vec<&str> = Vec::new();
    for (name, value) in fields {
        let mut parts: Vec<&str> = name.split('.').collect();
        let leaf = parts.pop().unwrap_or_default();
        // out of the objects that end here, into those that begin
        let same = path.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        while path.len() > same {
            path.pop();
            to.push('}');
        }
        for object in parts.iter().skip(same) {
            to.push_str(comma);
            to.push('"');
            to.push_str(object);
            to.push_str("\":{");
            path.push(object);
            comma = "";
        }
        to.push_str(comma);
        to.push('"');
        to.push_str(leaf);
        to.push_str("\":");
        match value {
            Value::Null => to.push_str("null"),
            Value::Raw(json) => to.push_str(json),
            Value::Text(text) => quoted(text, to),
        }
        comma = ",";
    }
    for _ in path {
        to.push('}');
    }
    to.push('}');
}

fn quoted(text: &str, to: &mut String) {
    to.push('"');
    for c in text.chars() {
        if matches!(c, '"' | '\\') {
            to.push('\\');
        }
        to.push(c);
    }
    to.push('"');
}

fn csv(fields: &Fields, to: &mut String) {
    let mut comma = "";
    for (name, _) in CSV {
        to.push_str(comma);
        comma = ",";
        let is = |field: &str| match field {
            "isNewBillingSystem" => name == "newBillingSystem",
            field => field == name,
        };
        let value = fields.iter().find(|(n, _)| is(n));
        if let Some((_, Value::Text(text))) = value {
            if text.contains([',', '"', '\n']) {
                to.push('"');
                to.push_str(&text.replace('"', "\"\""));
                to.push('"');
            } else {
                to.push_str(text);
            }
        }
    }
    to.push_str("\r\n");
}

/// Fields and their columns.
const CSV: [(&str, &str); 47] = [
    ("addonLicenseId", "addonLicenseId"),
    ("licenseId", "licenseId"),
    ("addonKey", "addonKey"),
    ("addonName", "addonName"),
    ("licenseType", "licenseType"),
    ("maintenanceStartDate", "maintenanceStartDate"),
    ("maintenanceEndDate", "maintenanceEndDate"),
    ("status", "status"),
    ("hosting", "hosting"),
    ("tier", "tier"),
    ("contactDetails.company", "company"),
    ("contactDetails.country", "country"),
    ("contactDetails.region", "region"),
    (
        "contactDetails.technicalContact.name",
        "technicalContactName",
    ),
    (
        "contactDetails.technicalContact.email",
        "technicalContactEmail",
    ),
    (
        "contactDetails.technicalContact.address1",
        "technicalContactAddress1",
    ),
    (
        "contactDetails.technicalContact.city",
        "technicalContactCity",
    ),
    ("contactDetails.billingContact.name", "billingContactName"),
    ("contactDetails.billingContact.email", "billingContactEmail"),
    ("lastUpdated", "lastUpdated"),
    ("appEntitlementId", "appEntitlementId"),
    ("appEntitlementNumber", "appEntitlementNumber"),
    ("hostEntitlementId", "hostEntitlementId"),
    ("cloudId", "cloudId"),
    ("cloudSiteHostname", "cloudSiteHostname"),
    ("appEdition", "appEdition"),
    ("newBillingSystem", "newBillingSystem"),
    ("latestEvaluationStartDate", "latestEvaluationStartDate"),
    ("upgradeEvaluationStartDate", "upgradeEvaluationStartDate"),
    ("upgradeEvaluatingEdition", "upgradeEvaluatingEdition"),
    ("recordCreatedDate", "recordCreatedDate"),
    ("licenseLevel", "licenseLevel"),
    ("multiInstanceEntitlementId", "multiInstanceEntitlementId"),
    (
        "multiInstanceEntitlementNumber",
        "multiInstanceEntitlementNumber",
    ),
    ("inGracePeriod", "inGracePeriod"),
    ("invoiceDunningReason", "invoiceDunningReason"),
    ("extendedServerSupport", "extendedServerSupport"),
    ("evaluationOpportunitySize", "evaluationOpportunitySize"),
    ("evaluationLicense", "evaluationLicense"),
    ("daysToConvertEval", "daysToConvertEval"),
    ("evaluationStartDate", "evaluationStartDate"),
    ("evaluationEndDate", "evaluationEndDate"),
    ("evaluationSaleDate", "evaluationSaleDate"),
    ("parentProductName", "parentProductName"),
    ("installedOnSandbox", "installedOnSandbox"),
    ("licenseSourceType", "licenseSourceType"),
    ("transactionAccountId", "transactionAccountId"),
];
