//! The license record.

use std::borrow::Cow;

use app_license::Edition;
use jiff::civil::Date;

use super::kind::{json, kind};
use super::vocabulary::{Hosting, Insight, LicenseType, Status, Tier, Values, YesNo};

type Text<'r> = Cow<'r, str>;

kind! {
    /// The license report: one record a license, or one a change of it with the history.
    ///
    /// ```
    /// use app_license_marketplace::report::{Reader, Licenses};
    /// let mut reader = Reader::<Licenses, _>::new(&b"[{\"cloudId\":\"c-1\"}]"[..]);
    /// assert_eq!(reader.next().unwrap().unwrap().cloud_id().unwrap(), "c-1");
    /// ```
    Licenses, list "licenses";

    /// A field of the license report.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseField;
    /// assert_eq!(LicenseField::AppEdition.spec().path(), "appEdition");
    /// assert_eq!(LicenseField::AppEdition.spec().column(), "app_edition");
    /// ```
    LicenseField;

    groups {
        CMT = "cmtDetails", ROOT."cmtDetails";
        CONTACT = "contactDetails", ROOT."contactDetails";
        TECHNICAL = "contactDetails.technicalContact", CONTACT."technicalContact";
        BILLING = "contactDetails.billingContact", CONTACT."billingContact";
        PARTNER = "partnerDetails", ROOT."partnerDetails";
        PARTNER_BILLING = "partnerDetails.billingContact", PARTNER."billingContact";
        ATTRIBUTION = "attribution", ROOT."attribution";
    }

    fields {
        /// License of Server or Data Center, and of few cloud licenses.
        AddonLicenseId, addon_license_id: Text<'r> = ROOT."addonLicenseId";
        /// Support entitlement number, `SEN-…`; Server and Data Center.
        LicenseId, license_id: Text<'r> = ROOT."licenseId";
        /// License of the parent product; Server and Data Center.
        HostLicenseId, host_license_id: Text<'r> = ROOT."hostLicenseId";
        /// Entitlement to the app, a UUID; cloud.
        AppEntitlementId, app_entitlement_id: Text<'r> = ROOT."appEntitlementId";
        /// Entitlement to the app, `E-…`; cloud.
        AppEntitlementNumber, app_entitlement_number: Text<'r> = ROOT."appEntitlementNumber";
        /// Entitlement to the parent product, a UUID; cloud.
        HostEntitlementId, host_entitlement_id: Text<'r> = ROOT."hostEntitlementId";
        /// Entitlement to the parent product, `E-…`; cloud.
        HostEntitlementNumber, host_entitlement_number: Text<'r> = ROOT."hostEntitlementNumber";
        /// The site's cloud id, as in contexts and tokens at run time.
        CloudId, cloud_id: Text<'r> = ROOT."cloudId";
        /// The site's host name.
        CloudSiteHostname, cloud_site_hostname: Text<'r> = ROOT."cloudSiteHostname";
        /// The app's key.
        AddonKey, addon_key: Text<'r> = ROOT."addonKey";
        /// The app's id, a UUID; version 3 of the API.
        ProductId, product_id: Text<'r> = ROOT."productId";
        /// The app's name.
        AddonName, addon_name: Text<'r> = ROOT."addonName";
        /// Hosting of the parent product.
        Hosting, hosting: Hosting = ROOT."hosting";
        /// Edition of the app; absent for apps without editions.
        AppEdition, app_edition: Edition = ROOT."appEdition";
        /// Start of the first trial of a higher edition.
        UpgradeEvaluationStartDate, upgrade_evaluation_start_date: Date = ROOT."upgradeEvaluationStartDate";
        /// Edition that is tried.
        UpgradeEvaluatingEdition, upgrade_evaluating_edition: Edition = ROOT."upgradeEvaluatingEdition";
        /// Start of the latest trial.
        LatestEvaluationStartDate, latest_evaluation_start_date: Date = ROOT."latestEvaluationStartDate";
        /// Start of the latest maintenance.
        LatestMaintenanceStartDate, latest_maintenance_start_date: Date = ROOT."latestMaintenanceStartDate";
        /// Whether the license is in the new billing system; two spellings are read.
        NewBillingSystem, new_billing_system: YesNo = ROOT."newBillingSystem" | "isNewBillingSystem";
        /// Day of the last change.
        LastUpdated, last_updated: Date = ROOT."lastUpdated";
        /// Type of the license.
        LicenseType, license_type: LicenseType = ROOT."licenseType";
        /// First day.
        MaintenanceStartDate, maintenance_start_date: Date = ROOT."maintenanceStartDate";
        /// Last day; of a trial, the end of the trial.
        MaintenanceEndDate, maintenance_end_date: Date = ROOT."maintenanceEndDate";
        /// Whether it is in force.
        Status, status: Status = ROOT."status";
        /// Size, as free text.
        Tier, tier: Tier = ROOT."tier";
        /// State of the migration from Server or Data Center.
        MigrationStatus, migration_status: Text<'r> = CMT."status";
        /// License that was migrated.
        MigrationRelatedLicense, migration_related_license: Text<'r> = CMT."relatedOnPremLicense";
        /// Customer.
        Company, company: Text<'r> = CONTACT."company";
        /// Country of the customer.
        Country, country: Text<'r> = CONTACT."country";
        /// Region of the customer.
        Region, region: Text<'r> = CONTACT."region";
        /// Technical contact: mail address; `RTBF` once erased.
        TechnicalContactEmail, technical_contact_email: Text<'r> = TECHNICAL."email";
        /// Technical contact: name; `RTBF` once erased.
        TechnicalContactName, technical_contact_name: Text<'r> = TECHNICAL."name";
        /// Technical contact: phone; `RTBF` once erased.
        TechnicalContactPhone, technical_contact_phone: Text<'r> = TECHNICAL."phone";
        /// Technical contact: first line of the address; `RTBF` once erased.
        TechnicalContactAddress1, technical_contact_address1: Text<'r> = TECHNICAL."address1";
        /// Technical contact: second line of the address; `RTBF` once erased.
        TechnicalContactAddress2, technical_contact_address2: Text<'r> = TECHNICAL."address2";
        /// Technical contact: city; `RTBF` once erased.
        TechnicalContactCity, technical_contact_city: Text<'r> = TECHNICAL."city";
        /// Technical contact: state; `RTBF` once erased.
        TechnicalContactState, technical_contact_state: Text<'r> = TECHNICAL."state";
        /// Technical contact: post code; `RTBF` once erased.
        TechnicalContactPostcode, technical_contact_postcode: Text<'r> = TECHNICAL."postcode";
        /// Billing contact: mail address; `RTBF` once erased.
        BillingContactEmail, billing_contact_email: Text<'r> = BILLING."email";
        /// Billing contact: name; `RTBF` once erased.
        BillingContactName, billing_contact_name: Text<'r> = BILLING."name";
        /// Billing contact: phone; `RTBF` once erased.
        BillingContactPhone, billing_contact_phone: Text<'r> = BILLING."phone";
        /// Billing contact: first line of the address; `RTBF` once erased.
        BillingContactAddress1, billing_contact_address1: Text<'r> = BILLING."address1";
        /// Billing contact: second line of the address; `RTBF` once erased.
        BillingContactAddress2, billing_contact_address2: Text<'r> = BILLING."address2";
        /// Billing contact: city; `RTBF` once erased.
        BillingContactCity, billing_contact_city: Text<'r> = BILLING."city";
        /// Billing contact: state; `RTBF` once erased.
        BillingContactState, billing_contact_state: Text<'r> = BILLING."state";
        /// Billing contact: post code; `RTBF` once erased.
        BillingContactPostcode, billing_contact_postcode: Text<'r> = BILLING."postcode";
        /// Partner that sold the license.
        PartnerName, partner_name: Text<'r> = PARTNER."partnerName";
        /// Kind of partner: `Expert`, `Reseller`, `Corporate_reseller`, `Unknown`.
        PartnerType, partner_type: Text<'r> = PARTNER."partnerType";
        /// Contact of the partner: mail address.
        PartnerContactEmail, partner_contact_email: Text<'r> = PARTNER_BILLING."email";
        /// Contact of the partner: name.
        PartnerContactName, partner_contact_name: Text<'r> = PARTNER_BILLING."name";
        /// Attribution: channel.
        AttributionChannel, attribution_channel: Text<'r> = ATTRIBUTION."channel";
        /// Attribution: domain of the referrer.
        AttributionReferrerDomain, attribution_referrer_domain: Text<'r> = ATTRIBUTION."referrerDomain";
        /// Attribution: source of the campaign.
        AttributionCampaignSource, attribution_campaign_source: Text<'r> = ATTRIBUTION."campaignSource";
        /// Attribution: medium of the campaign.
        AttributionCampaignMedium, attribution_campaign_medium: Text<'r> = ATTRIBUTION."campaignMedium";
        /// Attribution: name of the campaign.
        AttributionCampaignName, attribution_campaign_name: Text<'r> = ATTRIBUTION."campaignName";
        /// Attribution: content of the campaign.
        AttributionCampaignContent, attribution_campaign_content: Text<'r> = ATTRIBUTION."campaignContent";
        /// Extended support of Server.
        ExtendedServerSupport, extended_server_support: YesNo = ROOT."extendedServerSupport";
        /// `Atlassian` or `Non-Atlassian`.
        LicenseSourceType, license_source_type: Text<'r> = ROOT."licenseSourceType";
        /// Data insight: size of the trial.
        EvaluationOpportunitySize, evaluation_opportunity_size: Insight<'r> = ROOT."evaluationOpportunitySize";
        /// Data insight: license of the trial.
        EvaluationLicense, evaluation_license: Insight<'r> = ROOT."evaluationLicense";
        /// Data insight: days from trial to purchase.
        DaysToConvertEval, days_to_convert_eval: Insight<'r> = ROOT."daysToConvertEval";
        /// Data insight: first day of the trial.
        EvaluationStartDate, evaluation_start_date: Date = ROOT."evaluationStartDate";
        /// Data insight: last day of the trial.
        EvaluationEndDate, evaluation_end_date: Date = ROOT."evaluationEndDate";
        /// Data insight: day of the purchase after the trial.
        EvaluationSaleDate, evaluation_sale_date: Date = ROOT."evaluationSaleDate";
        /// Data insight: billing cycle of the parent product, `ANNUAL` or `MONTHLY`.
        ParentProductBillingCycle, parent_product_billing_cycle: Insight<'r> = ROOT."parentProductBillingCycle";
        /// Data insight: parent product.
        ParentProductName, parent_product_name: Insight<'r> = ROOT."parentProductName";
        /// Data insight: edition of the parent product; not of the app.
        ParentProductEdition, parent_product_edition: Insight<'r> = ROOT."parentProductEdition";
        /// Data insight: whether the site is a sandbox.
        InstalledOnSandbox, installed_on_sandbox: YesNo = ROOT."installedOnSandbox";
        /// Account that pays.
        TransactionAccountId, transaction_account_id: Text<'r> = ROOT."transactionAccountId";
        /// Whether payment is overdue but still waited for; may be stale.
        InGracePeriod, in_grace_period: YesNo = ROOT."inGracePeriod";
        /// Why the invoice is not paid.
        InvoiceDunningReason, invoice_dunning_reason: Text<'r> = ROOT."invoiceDunningReason";
        /// Clouds: `commercial`, `fedramp_moderate`, `isolated_cloud`.
        CloudComplianceBoundaries, cloud_compliance_boundaries: Values = ROOT."cloudComplianceBoundaries" json;
        /// `single-instance` or `multi-instance`.
        LicenseLevel, license_level: Text<'r> = ROOT."licenseLevel";
        /// Entitlement that covers several sites, an id.
        MultiInstanceEntitlementId, multi_instance_entitlement_id: Text<'r> = ROOT."multiInstanceEntitlementId";
        /// Entitlement that covers several sites, `E-…`.
        MultiInstanceEntitlementNumber, multi_instance_entitlement_number: Text<'r> = ROOT."multiInstanceEntitlementNumber";
        /// Day of the snapshot; only with the history of licenses.
        RecordCreatedDate, record_created_date: Date = ROOT."recordCreatedDate";
    }
}

impl<'r> super::Record<'r, Licenses> {
    /// What names the license: the entitlement to the app in the cloud, otherwise the license.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseReader;
    /// let mut reader = LicenseReader::new(&br#"[{"licenseId":"SEN-1"},{"appEntitlementNumber":"E-1","licenseId":"SEN-2"}]"#[..]);
    /// assert_eq!(reader.next().unwrap().unwrap().key().unwrap(), "SEN-1");
    /// assert_eq!(reader.next().unwrap().unwrap().key().unwrap(), "E-1");
    /// ```
    #[must_use]
    pub fn key(&self) -> Option<Cow<'r, str>> {
        self.app_entitlement_number()
            .or_else(|| self.app_entitlement_id())
            .or_else(|| self.addon_license_id())
            .or_else(|| self.license_id())
    }
}
