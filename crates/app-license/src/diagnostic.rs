//! What is worth telling about a license that was read: nothing that changes the answer.

use std::fmt;

/// How bad it is what a diagnostic tells: of a license, a descriptor, a manifest.
///
/// ```
/// use app_license::Severity;
/// assert!(Severity::Error > Severity::Warning);
/// assert_eq!(Severity::Info.name(), "info");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Severity {
    /// Worth knowing.
    Info,
    /// It works, but perhaps not as meant.
    Warning,
    /// The platform refuses it, it cannot work, or it opens what is not paid for.
    Error,
}

impl Severity {
    /// `info`, `warning` or `error`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl serde::Serialize for Severity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

macro_rules! diagnostics {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $code:literal, $severity:ident, $text:literal;)+) => {
        /// Something worth telling about a license, kept for whoever inspects it. It has been counted
        /// in already: it never changes the answer.
        ///
        /// ```
        /// use app_license::{License, LicenseDiagnostic, LicenseSource, Severity};
        /// let json = br#"{"active":true,"isActive":false}"#;
        /// let license = License::from_object(json, LicenseSource::ForgeUiContext)?;
        /// let found: Vec<_> = license.diagnostics().collect();
        /// assert_eq!(found[0], LicenseDiagnostic::SpellingsDisagree);
        /// assert_eq!(found[0].code(), "spellings_disagree");
        /// assert_eq!(found[0].severity(), Severity::Warning);
        /// # Ok::<(), app_license::Error>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum LicenseDiagnostic {
            $($(#[$doc])* $name,)+
        }

        impl LicenseDiagnostic {
            const ALL: &'static [Self] = &[$(Self::$name,)+];

            const fn bit(self) -> u16 {
                match self {
                    $(Self::$name => 1 << $bit,)+
                }
            }

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$name => $code,)+
                }
            }

            /// `Warning` where something was read otherwise than it may have been meant.
            #[must_use]
            pub const fn severity(self) -> Severity {
                match self {
                    $(Self::$name => Severity::$severity,)+
                }
            }
        }

        impl fmt::Display for LicenseDiagnostic {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }
    };
}

diagnostics! {
    /// Both `active` and `isActive` are there, and agree.
    BothSpellings = 0, "both_spellings", Info, "both `active` and `isActive` are present, and agree";
    /// Both are there and disagree: not active.
    SpellingsDisagree = 1, "spellings_disagree", Warning, "`active` and `isActive` disagree: counted as not active";
    /// Only the deprecated `isActive` is there.
    OnlyIsActive = 2, "only_is_active", Info, "only the deprecated `isActive` is present";
    /// `active` is not a JSON boolean: not active.
    ActiveNotBoolean = 3, "active_not_boolean", Warning, "`active` is not a JSON boolean: counted as not active";
    /// An edition is named, but the license is not active: it grants nothing.
    EditionWithoutActive = 4, "edition_without_active", Info, "an edition without an active license grants nothing";
    /// An active license names no edition: Standard.
    EditionMissing = 5, "edition_missing", Info, "no edition is named: an active license counts as Standard";
    /// The capability string has no rank: it includes only itself.
    UnknownCapability = 6, "unknown_capability", Info, "the capability set is unknown: it includes only itself";
    /// The capability is written in a way the platform's pages do not show.
    OddCapabilitySpelling = 7, "odd_capability_spelling", Info, "the capability set is written unusually, but understood";
    /// `evaluation` and `isEvaluation` disagree, or are no booleans: unknown.
    EvaluationUnreadable = 8, "evaluation_unreadable", Warning, "the trial flag is not a readable boolean: counted as unknown";
    /// A date cannot be read: absent.
    DateUnreadable = 9, "date_unreadable", Warning, "a date cannot be read: counted as absent";
    /// A trial end is given although it is no trial.
    TrialEndWithoutTrial = 10, "trial_end_without_trial", Info, "a trial end date is given although this is no trial: ignored";
    /// The deprecated support entitlement number is there.
    SupportNumberDeprecated = 11, "support_number_deprecated", Info, "`supportEntitlementNumber` is deprecated by the platform";
    /// A parameter is repeated with other values: the least generous counts.
    RepeatedParameter = 12, "repeated_parameter", Warning, "a parameter is repeated with different values: the least generous counts";
    /// A license of type DEVELOPER: nobody pays for it.
    DeveloperKind = 13, "developer_kind", Info, "a license of type DEVELOPER: nobody pays for it";
}

/// A set of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct LicenseDiagnostics(u16);

impl LicenseDiagnostics {
    pub(crate) fn add_if(&mut self, yes: bool, diagnostic: LicenseDiagnostic) {
        if yes {
            self.0 |= diagnostic.bit();
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = LicenseDiagnostic> {
        LicenseDiagnostic::ALL
            .iter()
            .copied()
            .filter(move |it| self.0 & it.bit() != 0)
    }
}

impl serde::Serialize for LicenseDiagnostic {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
