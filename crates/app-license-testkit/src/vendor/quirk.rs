//! Oddities of the reporting API, one at a time or together.

/// An oddity of the reporting API: of how it writes records that say the same.
///
/// ```
/// use app_license_testkit::vendor::Quirk;
/// assert!(Quirk::ALL.contains(&Quirk::LowerCase));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Quirk {
    /// Server-style ids (`addonLicenseId`, `licenseId`) are there; live cloud rows leave them out.
    LicenseIds,
    /// One of the ids that rows are joined by is left out, wherever another still joins.
    MissingIds,
    /// `isNewBillingSystem` in place of `newBillingSystem`.
    OldBillingFlag,
    /// Contacts read `RTBF`.
    ErasedContacts,
    /// The fields of data insights are there and read `NA` or `Pending`.
    Sentinels,
    /// Fields without a value are there, as `null` or as an empty text.
    EmptyFields,
    /// Lists are `null`.
    NullLists,
    /// Values in lower case, also the ids.
    LowerCase,
    /// Values in upper case, also the ids.
    UpperCase,
    /// `tier` is any text.
    FreeTextTier,
    /// Fields that nobody has heard of, of every type.
    UnknownFields,
    /// Several snapshots an entitlement (`showLicensesHistory`), the newest not always last.
    History,
    /// Records twice, as of exports that overlap.
    Overlap,
    /// Days written as times.
    TimesForDays,
    /// Fields in another order.
    OtherOrder,
}

impl Quirk {
    /// Every one.
    pub const ALL: [Self; 15] = [
        Self::LicenseIds,
        Self::MissingIds,
        Self::OldBillingFlag,
        Self::ErasedContacts,
        Self::Sentinels,
        Self::EmptyFields,
        Self::NullLists,
        Self::LowerCase,
        Self::UpperCase,
        Self::FreeTextTier,
        Self::UnknownFields,
        Self::History,
        Self::Overlap,
        Self::TimesForDays,
        Self::OtherOrder,
    ];
}

/// The oddities of a report.
#[derive(Debug, Clone, Default)]
pub(super) struct Quirks(Vec<Quirk>);

impl Quirks {
    pub(super) fn add(&mut self, quirk: Quirk) {
        self.0.push(quirk);
    }

    pub(super) fn has(&self, quirk: Quirk) -> bool {
        self.0.contains(&quirk)
    }
}
