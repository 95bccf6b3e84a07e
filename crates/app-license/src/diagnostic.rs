//! What is odd about a license that was read: nothing that changes the answer.

use std::fmt;

macro_rules! remarks {
    ($($(#[$doc:meta])* $name:ident = $bit:literal, $code:literal, $text:literal;)+) => {
        /// Something odd about a license, kept for whoever inspects it. It has been counted in
        /// already: a remark never changes the answer.
        ///
        /// ```
        /// use app_license::{License, Oddity, LicenseSource};
        /// let json = br#"{"active":true,"isActive":false}"#;
        /// let license = License::from_object(json, LicenseSource::ForgeUiContext)?;
        /// assert!(license.remarks().any(|r| r == Oddity::SpellingsDisagree));
        /// # Ok::<(), app_license::Error>(())
        /// ```
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Oddity {
            $($(#[$doc])* $name,)+
        }

        impl Oddity {
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
        }

        impl fmt::Display for Oddity {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$name => $text,)+
                })
            }
        }
    };
}

remarks! {
    /// Both `active` and `isActive` are there, and agree.
    BothSpellings = 0, "both_spellings", "both `active` and `isActive` are present, and agree";
    /// Both are there and disagree: not active.
    SpellingsDisagree = 1, "spellings_disagree", "`active` and `isActive` disagree: counted as not active";
    /// Only the deprecated `isActive` is there.
    OnlyIsActive = 2, "only_is_active", "only the deprecated `isActive` is present";
    /// `active` is not a JSON boolean: not active.
    ActiveNotBoolean = 3, "active_not_boolean", "`active` is not a JSON boolean: counted as not active";
    /// An edition is named, but the license is not active: it grants nothing.
    EditionWithoutActive = 4, "edition_without_active", "an edition without an active license grants nothing";
    /// An active license names no edition: Standard.
    EditionMissing = 5, "edition_missing", "no edition is named: an active license counts as Standard";
    /// The capability string has no rank: it includes only itself.
    UnknownCapability = 6, "unknown_capability", "the capability set is unknown: it includes only itself";
    /// The capability is written in a way the platform's pages do not show.
    OddCapabilitySpelling = 7, "odd_capability_spelling", "the capability set is written unusually, but understood";
    /// `evaluation` and `isEvaluation` disagree, or are no booleans: unknown.
    EvaluationUnreadable = 8, "evaluation_unreadable", "the trial flag is not a readable boolean: counted as unknown";
    /// A date cannot be read: absent.
    DateUnreadable = 9, "date_unreadable", "a date cannot be read: counted as absent";
    /// A trial end is given although it is no trial.
    TrialEndWithoutTrial = 10, "trial_end_without_trial", "a trial end date is given although this is no trial: ignored";
    /// The deprecated support entitlement number is there.
    SupportNumberDeprecated = 11, "support_number_deprecated", "`supportEntitlementNumber` is deprecated by the platform";
    /// A parameter is repeated with other values: the least generous counts.
    RepeatedParameter = 12, "repeated_parameter", "a parameter is repeated with different values: the least generous counts";
    /// A license of type DEVELOPER: nobody pays for it.
    DeveloperKind = 13, "developer_kind", "a license of type DEVELOPER: nobody pays for it";
}

/// A set of remarks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Remarks(u16);

impl Remarks {
    pub(crate) fn add_if(&mut self, yes: bool, remark: Oddity) {
        if yes {
            self.0 |= remark.bit();
        }
    }

    pub(crate) fn iter(self) -> impl Iterator<Item = Oddity> {
        Oddity::ALL
            .iter()
            .copied()
            .filter(move |r| self.0 & r.bit() != 0)
    }
}

impl serde::Serialize for Oddity {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
