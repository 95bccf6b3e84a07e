//! One record of a license report, as far as it says what was bought.

/// What one record of a license report says was bought: texts as the report has them.
///
/// Every field may be missing; the placeholders of the platform (`""`, `NA`, `Pending`, `null`)
/// count as missing. Letter case does not matter.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/rest/v4/api-group-reporting/>
///
/// ```
/// use app_license_marketplace::reconcile::ReportRow;
/// let mut row = ReportRow::default();
/// row.app_key = Some("com.example.app");
/// row.entitlement_number = Some("E-123-456-789-012");
/// row.edition = Some("Advanced");
/// row.status = Some("active");
/// assert!(row.cloud_id.is_none());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct ReportRow<'a> {
    /// `addonKey`.
    pub app_key: Option<&'a str>,
    /// `appEntitlementId`, a UUID.
    pub entitlement_id: Option<&'a str>,
    /// `appEntitlementNumber`, `E-…`.
    pub entitlement_number: Option<&'a str>,
    /// `multiInstanceEntitlementId`.
    pub multi_instance_id: Option<&'a str>,
    /// `multiInstanceEntitlementNumber`.
    pub multi_instance_number: Option<&'a str>,
    /// `licenseLevel`: `single-instance` or `multi-instance`.
    pub license_level: Option<&'a str>,
    /// `cloudId`.
    pub cloud_id: Option<&'a str>,
    /// `cloudSiteHostname`.
    pub host_name: Option<&'a str>,
    /// `hosting`: `Cloud`, `Server`, `Data Center`; only cloud is compared.
    pub hosting: Option<&'a str>,
    /// `appEdition`: `Standard`, `Advanced`, `free`.
    pub edition: Option<&'a str>,
    /// `licenseType`: `COMMERCIAL`, `EVALUATION`, …
    pub license_type: Option<&'a str>,
    /// `status`: `active`, `inactive`, `cancelled`.
    pub status: Option<&'a str>,
    /// `tier`, free text.
    pub tier: Option<&'a str>,
    /// `latestEvaluationStartDate`.
    pub evaluation_start: Option<&'a str>,
    /// `maintenanceStartDate`.
    pub maintenance_start: Option<&'a str>,
    /// `maintenanceEndDate`: of an evaluation, the end of the trial.
    pub maintenance_end: Option<&'a str>,
    /// `upgradeEvaluationStartDate`.
    pub upgrade_trial_start: Option<&'a str>,
    /// `upgradeEvaluatingEdition`.
    pub upgrade_trial_edition: Option<&'a str>,
    /// `lastUpdated`.
    pub last_updated: Option<&'a str>,
    /// `recordCreatedDate`, in reports with history: of several snapshots the newest counts.
    pub recorded: Option<&'a str>,
    /// `installedOnSandbox`: `Yes`, `No`.
    pub sandbox: Option<&'a str>,
    /// `inGracePeriod`: `Yes`, `No`.
    pub in_grace_period: Option<&'a str>,
    /// `invoiceDunningReason`, free text.
    pub dunning_reason: Option<&'a str>,
}

/// A text that says something.
pub(super) fn stated(text: Option<&str>) -> Option<&str> {
    let text = text?;
    // this is asked of every field of millions of rows: most have nothing to trim
    let is_plain = |byte: Option<&u8>| byte.is_some_and(u8::is_ascii_graphic);
    let text = if is_plain(text.as_bytes().first()) && is_plain(text.as_bytes().last()) {
        text
    } else {
        text.trim()
    };
    let placeholders: &[&str] = match text.len() {
        0 => return None,
        2 => &["NA"],
        3 => &["N/A"],
        4 => &["null", "RTBF"],
        7 => &["Pending"],
        _ => &[],
    };
    let placeholder = placeholders.iter().any(|p| p.eq_ignore_ascii_case(text));
    (!placeholder).then_some(text)
}

/// `Yes`, in any case.
pub(super) fn yes(text: Option<&str>) -> bool {
    stated(text).is_some_and(|t| t.eq_ignore_ascii_case("yes") || t.eq_ignore_ascii_case("true"))
}

#[cfg(test)]
mod tests {
    use super::stated;

    #[test]
    fn placeholders_in_any_case_and_white_space_say_nothing() {
        for text in [
            "",
            " ",
            "NA",
            "na",
            "N/a",
            "pending",
            " NULL ",
            "rtbf",
            "\u{a0}NA\t",
        ] {
            assert_eq!(stated(Some(text)), None, "{text:?}");
        }
        assert_eq!(stated(None), None);
        for (text, said) in [
            (" a b ", "a b"),
            ("NAN", "NAN"),
            ("é", "é"),
            ("\u{2003}active", "active"),
        ] {
            assert_eq!(stated(Some(text)), Some(said));
        }
    }
}
