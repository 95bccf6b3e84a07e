//! A record of the license report, written as the API writes it.

use super::dates::{day, time};
use super::quirk::{Quirk, Quirks};

/// A record before it is written. Days are counted back from the day of comparison.
#[derive(Debug, Clone)]
pub(super) struct Record {
    pub(super) app: String,
    pub(super) cloud_id: Option<String>,
    pub(super) host: Option<String>,
    pub(super) entitlement_id: Option<String>,
    pub(super) entitlement_number: Option<String>,
    pub(super) multi_instance: Option<(String, String)>,
    pub(super) host_entitlement: String,
    pub(super) hosting: &'static str,
    pub(super) edition: Option<&'static str>,
    pub(super) license_type: &'static str,
    pub(super) status: &'static str,
    pub(super) evaluation_start: Option<i64>,
    pub(super) start: i64,
    pub(super) end: Option<i64>,
    pub(super) upgrade_trial: Option<(&'static str, i64)>,
    pub(super) updated: i64,
    pub(super) recorded: Option<i64>,
    pub(super) sandbox: bool,
    pub(super) in_grace: bool,
    pub(super) dunning: Option<&'static str>,
    pub(super) users: u64,
    pub(super) customer: u64,
    /// Whether every id is needed for what the story is about.
    pub(super) needs_ids: bool,
}

/// A value on its way into JSON or CSV.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Value {
    Text(String),
    Null,
    /// JSON of any kind.
    Raw(String),
}

/// Names and values; the contacts are flat, as `contactDetails.` and `….technicalContact.`.
pub(super) type Fields = Vec<(&'static str, Value)>;

impl Record {
    /// Standard, paid for the year.
    pub(super) const fn new() -> Self {
        Self {
            app: String::new(),
            cloud_id: None,
            host: None,
            entitlement_id: None,
            entitlement_number: None,
            multi_instance: None,
            host_entitlement: String::new(),
            hosting: "Cloud",
            edition: Some("Standard"),
            license_type: "COMMERCIAL",
            status: "active",
            evaluation_start: None,
            start: 300,
            end: Some(-65),
            upgrade_trial: None,
            updated: 40,
            recorded: None,
            sandbox: false,
            in_grace: false,
            dunning: None,
            users: 11,
            customer: 0,
            needs_ids: false,
        }
    }

    /// What the API writes of it, with the vendor's quirks.
    pub(super) fn fields(&self, quirks: &Quirks) -> Fields {
        let has = |quirk| quirks.has(quirk);
        let cased = |text: &str| match text {
            t if has(Quirk::LowerCase) => t.to_lowercase(),
            t if has(Quirk::UpperCase) => t.to_uppercase(),
            t => t.to_owned(),
        };
        let date = |ago: i64| {
            if has(Quirk::TimesForDays) {
                time(ago, 3600)
            } else {
                day(ago)
            }
        };
        // of four ids one may go and the rest still joins
        let gone = (has(Quirk::MissingIds) && !self.needs_ids)
            .then(|| self.customer.checked_rem(3).unwrap_or_default());
        let mut fields: Fields = Vec::with_capacity(40);
        let mut text = |name, value: Option<String>| match value {
            Some(value) => fields.push((name, Value::Text(value))),
            None if has(Quirk::EmptyFields) => fields.push((
                name,
                if self.customer.is_multiple_of(2) {
                    Value::Null
                } else {
                    Value::Text(String::new())
                },
            )),
            None => {}
        };
        let id = |value: &Option<String>| value.as_deref().map(cased);
        if has(Quirk::LicenseIds) {
            text("addonLicenseId", Some(format!("7{:07}", self.customer)));
            text("licenseId", Some(format!("SEN-3{:07}", self.customer)));
        }
        text(
            "appEntitlementId",
            id(&self.entitlement_id).filter(|_| gone != Some(0)),
        );
        text("appEntitlementNumber", id(&self.entitlement_number));
        text("hostEntitlementId", Some(self.host_entitlement.clone()));
        text("cloudId", id(&self.cloud_id).filter(|_| gone != Some(1)));
        text(
            "cloudSiteHostname",
            id(&self.host).filter(|_| gone != Some(2)),
        );
        text("addonKey", Some(self.app.clone()));
        text("addonName", Some("Example for Jira".to_owned()));
        text("hosting", Some(cased(self.hosting)));
        text("appEdition", self.edition.map(cased));
        let flag = if has(Quirk::OldBillingFlag) {
            "isNewBillingSystem"
        } else {
            "newBillingSystem"
        };
        text(flag, Some("Yes".to_owned()));
        text("lastUpdated", Some(date(self.updated)));
        text("licenseType", Some(cased(self.license_type)));
        text("maintenanceStartDate", Some(date(self.start)));
        text("maintenanceEndDate", self.end.map(date));
        text("latestEvaluationStartDate", self.evaluation_start.map(date));
        text(
            "upgradeEvaluationStartDate",
            self.upgrade_trial.map(|(_, ago)| date(ago)),
        );
        text(
            "upgradeEvaluatingEdition",
            self.upgrade_trial.map(|(e, _)| cased(e)),
        );
        text("status", Some(cased(self.status)));
        text("tier", Some(self.tier(has(Quirk::FreeTextTier))));
        text("recordCreatedDate", self.recorded.map(date));
        if let Some((id, number)) = &self.multi_instance {
            text("licenseLevel", Some("multi-instance".to_owned()));
            text("multiInstanceEntitlementId", Some(cased(id)));
            text("multiInstanceEntitlementNumber", Some(cased(number)));
        }
        text(
            "inGracePeriod",
            Some(if self.in_grace { "Yes" } else { "No" }.to_owned()),
        );
        text("invoiceDunningReason", self.dunning.map(str::to_owned));
        text("extendedServerSupport", Some("NA".to_owned()));
        let sentinel = |n: u64| {
            let pending = (self.customer ^ n).is_multiple_of(2);
            Some(if pending { "Pending" } else { "NA" }.to_owned())
        };
        if has(Quirk::Sentinels) {
            for (n, name) in (0_u64..).zip([
                "evaluationOpportunitySize",
                "evaluationLicense",
                "daysToConvertEval",
                "evaluationStartDate",
                "evaluationEndDate",
                "evaluationSaleDate",
                "parentProductBillingCycle",
                "parentProductName",
                "parentProductEdition",
            ]) {
                text(name, sentinel(n));
            }
        }
        let sandbox = match (self.sandbox, has(Quirk::Sentinels)) {
            (true, _) => Some("Yes".to_owned()),
            (false, true) => sentinel(1),
            (false, false) => Some("No".to_owned()),
        };
        text("installedOnSandbox", sandbox);
        text("licenseSourceType", Some("Non-Atlassian".to_owned()));
        text("transactionAccountId", Some(self.host_entitlement.clone()));
        self.contacts(has(Quirk::ErasedContacts), &mut text);
        let list = if has(Quirk::NullLists) {
            "null"
        } else {
            r#"["commercial"]"#
        };
        fields.push(("cloudComplianceBoundaries", Value::Raw(list.to_owned())));
        if has(Quirk::UnknownFields) {
            for (name, json) in [
                (
                    "newObject",
                    r#"{"status":"cancelled","a":[{"appEdition":"Advanced"}]}"#,
                ),
                ("newNumber", "-1.5e3"),
                ("newFlag", "true"),
                ("newText", r#""a \"quoted\" \u00e9 \\""#),
            ] {
                fields.push((name, Value::Raw(json.to_owned())));
            }
        }
        if has(Quirk::OtherOrder) {
            let third = fields.len().checked_div(3).unwrap_or_default();
            fields.rotate_left(third);
            fields.reverse();
        }
        fields
    }

    fn tier(&self, free_text: bool) -> String {
        let users = self.users;
        match (free_text, self.customer.checked_rem(4)) {
            (true, Some(0)) => "Unlimited Users".to_owned(),
            (true, Some(1)) => "Evaluation".to_owned(),
            (true, Some(2)) => format!("Per Unit Pricing ({users} Users)"),
            _ => format!("{users} Users"),
        }
    }

    fn contacts(&self, erased: bool, text: &mut impl FnMut(&'static str, Option<String>)) {
        let n = self.customer;
        let said = |value: String| Some(if erased { "RTBF".to_owned() } else { value });
        text(
            "contactDetails.company",
            said(format!("Customer {n} GmbH & Co. KG")),
        );
        text("contactDetails.country", Some("Germany".to_owned()));
        text("contactDetails.region", Some("EMEA".to_owned()));
        text(
            "contactDetails.technicalContact.name",
            said(format!("Alex Doe {n}")),
        );
        text(
            "contactDetails.technicalContact.email",
            said(format!("alex@customer-{n}.example")),
        );
        text(
            "contactDetails.technicalContact.address1",
            said("1, Example Street".to_owned()),
        );
        text(
            "contactDetails.technicalContact.city",
            said("Example City".to_owned()),
        );
        text(
            "contactDetails.billingContact.name",
            said(format!("Kim Doe {n}")),
        );
        text(
            "contactDetails.billingContact.email",
            said(format!("kim@customer-{n}.example")),
        );
    }
}
