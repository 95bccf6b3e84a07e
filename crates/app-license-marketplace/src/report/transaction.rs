//! The transaction record.

use std::borrow::Cow;

use app_license::Edition;
use jiff::civil::Date;

use super::amount::Amount;
use super::kind::{json, kind};
use super::vocabulary::{Hosting, Insight, LicenseType, SaleType, Tier, Values};

type Text<'r> = Cow<'r, str>;

kind! {
    /// The report of transactions: one record a line of an invoice.
    ///
    /// No record says from which edition to which a customer went: that follows from successive
    /// `appEdition` of one entitlement.
    ///
    /// ```
    /// use app_license_marketplace::report::TransactionReader;
    /// let page = br#"{"transactions":[{"purchaseDetails":{"purchasePrice":99.9,"saleType":"Refund"}}]}"#;
    /// let mut reader = TransactionReader::new(&page[..]);
    /// let sale = reader.next().unwrap().unwrap();
    /// assert_eq!(sale.purchase_price().unwrap().to_string(), "99.90");
    /// ```
    Transactions, list "transactions";

    /// A field of the report of transactions.
    ///
    /// ```
    /// use app_license_marketplace::report::TransactionField;
    /// assert_eq!(TransactionField::SaleDate.spec().path(), "purchaseDetails.saleDate");
    /// ```
    TransactionField;

    groups {
        CUSTOMER = "customerDetails", ROOT."customerDetails";
        TECHNICAL = "customerDetails.technicalContact", CUSTOMER."technicalContact";
        BILLING = "customerDetails.billingContact", CUSTOMER."billingContact";
        PURCHASE = "purchaseDetails", ROOT."purchaseDetails";
        PARTNER = "partnerDetails", ROOT."partnerDetails";
        PARTNER_BILLING = "partnerDetails.billingContact", PARTNER."billingContact";
    }

    fields {
        /// Invoice; several records may have it.
        TransactionId, transaction_id: Text<'r> = ROOT."transactionId";
        /// Line of the invoice: what names a record.
        TransactionLineItemId, transaction_line_item_id: Text<'r> = ROOT."transactionLineItemId";
        /// License of Server or Data Center.
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
        /// The site's cloud id.
        CloudId, cloud_id: Text<'r> = ROOT."cloudId";
        /// The site's host name.
        CloudSiteHostname, cloud_site_hostname: Text<'r> = ROOT."cloudSiteHostname";
        /// The app's key.
        AddonKey, addon_key: Text<'r> = ROOT."addonKey";
        /// The app's id, a UUID; version 3 of the API.
        ProductId, product_id: Text<'r> = ROOT."productId";
        /// The app's name.
        AddonName, addon_name: Text<'r> = ROOT."addonName";
        /// Day of the last change.
        LastUpdated, last_updated: Date = ROOT."lastUpdated";
        /// Edition of the app that was bought.
        AppEdition, app_edition: Edition = ROOT."appEdition";
        /// `Paid`, `Open`, `Uncollectible`, `Refunded`.
        PaymentStatus, payment_status: Text<'r> = ROOT."paymentStatus";
        /// States of reminders for payment.
        DunningStatus, dunning_status: Values = ROOT."dunningStatus" json;
        /// Account that pays.
        TransactionAccountId, transaction_account_id: Text<'r> = ROOT."transactionAccountId";
        /// Clouds: `commercial`, `fedramp_moderate`, `isolated_cloud`.
        CloudComplianceBoundaries, cloud_compliance_boundaries: Values = ROOT."cloudComplianceBoundaries" json;
        /// Entitlement that covers several sites, an id.
        MultiInstanceEntitlementId, multi_instance_entitlement_id: Text<'r> = ROOT."multiInstanceEntitlementId";
        /// Entitlement that covers several sites, `E-…`.
        MultiInstanceEntitlementNumber, multi_instance_entitlement_number: Text<'r> = ROOT."multiInstanceEntitlementNumber";
        /// Customer.
        Company, company: Text<'r> = CUSTOMER."company";
        /// Country of the customer.
        Country, country: Text<'r> = CUSTOMER."country";
        /// Region of the customer.
        Region, region: Text<'r> = CUSTOMER."region";
        /// Technical contact: mail address; `RTBF` once erased.
        TechnicalContactEmail, technical_contact_email: Text<'r> = TECHNICAL."email";
        /// Technical contact: name; `RTBF` once erased.
        TechnicalContactName, technical_contact_name: Text<'r> = TECHNICAL."name";
        /// Billing contact: mail address; `RTBF` once erased.
        BillingContactEmail, billing_contact_email: Text<'r> = BILLING."email";
        /// Billing contact: name; `RTBF` once erased.
        BillingContactName, billing_contact_name: Text<'r> = BILLING."name";
        /// Day of the sale.
        SaleDate, sale_date: Date = PURCHASE."saleDate";
        /// Type of the license.
        LicenseType, license_type: LicenseType = PURCHASE."licenseType";
        /// Hosting of the parent product.
        Hosting, hosting: Hosting = PURCHASE."hosting";
        /// `Monthly` or `Annual`.
        BillingPeriod, billing_period: Text<'r> = PURCHASE."billingPeriod";
        /// Change of the billing period.
        ChangeInBillingPeriod, change_in_billing_period: Text<'r> = PURCHASE."changeInBillingPeriod";
        /// Billing period of before.
        OldBillingPeriod, old_billing_period: Text<'r> = PURCHASE."oldBillingPeriod";
        /// Size, as free text.
        Tier, tier: Tier = PURCHASE."tier";
        /// `Increase`, `Decrease`, `Not Applicable`.
        ChangeInTier, change_in_tier: Text<'r> = PURCHASE."changeInTier";
        /// Size of before, as free text.
        OldTier, old_tier: Tier = PURCHASE."oldTier";
        /// Parent product.
        ParentProductName, parent_product_name: Insight<'r> = PURCHASE."parentProductName";
        /// Edition of the parent product; not of the app.
        ParentProductEdition, parent_product_edition: Insight<'r> = PURCHASE."parentProductEdition";
        /// Change of the edition of the parent product.
        ChangeInParentProductEdition, change_in_parent_product_edition: Text<'r> = PURCHASE."changeInParentProductEdition";
        /// Edition of the parent product of before.
        OldParentProductEdition, old_parent_product_edition: Insight<'r> = PURCHASE."oldParentProductEdition";
        /// What the customer pays, in US dollars: the gross sales of partner tiers.
        PurchasePrice, purchase_price: Amount = PURCHASE."purchasePrice";
        /// What the vendor gets, in US dollars.
        VendorAmount, vendor_amount: Amount = PURCHASE."vendorAmount";
        /// Discount of the partner, in US dollars.
        PartnerDiscountAmount, partner_discount_amount: Amount = PURCHASE."partnerDiscountAmount";
        /// Discounts, a list of type and amount.
        Discounts, discounts: Text<'r> = PURCHASE."discounts" json;
        /// Why it was refunded.
        RefundReason, refund_reason: Text<'r> = PURCHASE."refundReason";
        /// Why there is a credit note.
        CreditNoteReason, credit_note_reason: Text<'r> = PURCHASE."creditNoteReason";
        /// Kind of sale.
        SaleType, sale_type: SaleType = PURCHASE."saleType";
        /// First day that is paid for.
        MaintenanceStartDate, maintenance_start_date: Date = PURCHASE."maintenanceStartDate";
        /// Last day that is paid for.
        MaintenanceEndDate, maintenance_end_date: Date = PURCHASE."maintenanceEndDate";
        /// `Net14` or `Net30`.
        PaymentTerms, payment_terms: Text<'r> = PURCHASE."paymentTerms";
        /// Transaction that this one changes.
        OriginalTransactionDetails, original_transaction_details: Text<'r> = PURCHASE."originalTransactionDetails" json;
        /// Partner that sold it.
        PartnerName, partner_name: Text<'r> = PARTNER."partnerName";
        /// Kind of partner: `Expert`, `Reseller`, `Corporate_reseller`, `Unknown`.
        PartnerType, partner_type: Text<'r> = PARTNER."partnerType";
        /// Contact of the partner: mail address.
        PartnerContactEmail, partner_contact_email: Text<'r> = PARTNER_BILLING."email";
        /// Contact of the partner: name.
        PartnerContactName, partner_contact_name: Text<'r> = PARTNER_BILLING."name";
    }
}
