//! The kinds of reports, and the tables of their fields.

use std::fmt::Debug;

/// A kind of report: which fields its records have. Implemented by [`Licenses`] and
/// [`Transactions`], and by nothing else.
///
/// ```
/// use app_license_marketplace::report::{Kind, Licenses};
/// assert_eq!(Licenses::LIST, "licenses");
/// ```
///
/// [`Licenses`]: super::Licenses
/// [`Transactions`]: super::Transactions
pub trait Kind: sealed::Sealed + Debug + Copy + 'static {
    /// Its fields.
    type Field: Copy + Debug + Eq + 'static;

    /// The field of a page that holds the list of records.
    const LIST: &'static str;

    /// All fields, in the order of the platform's documentation.
    const FIELDS: &'static [Self::Field];

    /// What is known of a field.
    fn spec(field: Self::Field) -> &'static FieldSpec;

    #[doc(hidden)]
    fn groups() -> &'static [GroupSpec];

    #[doc(hidden)]
    fn index(field: Self::Field) -> usize;
}

pub(super) mod sealed {
    #[expect(unnameable_types, reason = "nobody else may implement it")]
    pub trait Sealed {}
}

/// What is known of a field.
///
/// ```
/// use app_license_marketplace::report::LicenseField;
/// let spec = LicenseField::TechnicalContactEmail.spec();
/// assert_eq!(spec.column(), "technical_contact_email");
/// assert_eq!(spec.path(), "contactDetails.technicalContact.email");
/// assert_eq!(spec.description(), "Technical contact: mail address; `RTBF` once erased.");
/// ```
#[derive(Debug)]
pub struct FieldSpec {
    pub(super) group: u8,
    pub(super) group_path: &'static str,
    pub(super) keys: &'static [&'static str],
    pub(super) column: &'static str,
    /// Whether its value is a list or an object, not a text.
    pub(super) json: bool,
    pub(super) description: &'static [&'static str],
}

impl FieldSpec {
    /// The name that this library gives it, as of a column of a table.
    #[must_use]
    pub const fn column(&self) -> &'static str {
        self.column
    }

    /// Where the platform's JSON has it, with `.` between the names.
    #[must_use]
    pub fn path(&self) -> String {
        let key = self.keys.first().copied().unwrap_or_default();
        if self.group_path.is_empty() {
            return key.to_owned();
        }
        format!("{}.{key}", self.group_path)
    }

    /// What it says, in a sentence.
    #[must_use]
    pub fn description(&self) -> String {
        let lines = self.description.iter().map(|line| line.trim());
        lines.collect::<Vec<_>>().join(" ")
    }
}

/// An object within a record that holds fields.
#[derive(Debug)]
#[expect(
    unnameable_types,
    reason = "part of a sealed trait, for the reader alone"
)]
pub struct GroupSpec {
    pub(super) path: &'static str,
    pub(super) parent: u8,
    pub(super) key: &'static str,
}

/// Declares a kind: its groups and its fields.
macro_rules! kind {
    (
        $(#[$doc:meta])* $kind:ident, list $list:literal;
        $(#[$field_doc:meta])* $field:ident;
        groups { $($group:ident = $path:literal, $parent:ident . $key:literal;)* }
        fields { $(
            $(#[doc = $text:literal])*
            $variant:ident, $column:ident : $ty:ty = $in:ident . $($json_key:literal)|+ $($shape:ident)?;
        )* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum $kind {}

        $(#[$field_doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $field { $($(#[doc = $text])* $variant,)* }

        #[derive(Clone, Copy)]
        #[expect(non_camel_case_types, clippy::upper_case_acronyms, reason = "names of a table")]
        enum Group { ROOT, $($group,)* }

        impl $field {
            /// All fields, in the order of the platform's documentation.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// What is known of the field.
            #[must_use]
            pub const fn spec(self) -> &'static $crate::report::FieldSpec {
                match self {
                    $(Self::$variant => const { &$crate::report::FieldSpec {
                        group: Group::$in as u8,
                        group_path: path(Group::$in),
                        keys: &[$($json_key),+],
                        column: stringify!($column),
                        json: false $(|| json::$shape)?,
                        description: &[$($text),*],
                    } },)*
                }
            }
        }

        const fn path(group: Group) -> &'static str {
            match group { Group::ROOT => "", $(Group::$group => $path,)* }
        }

        impl $crate::report::kind::sealed::Sealed for $kind {}

        impl $crate::report::Kind for $kind {
            type Field = $field;
            const LIST: &'static str = $list;
            const FIELDS: &'static [$field] = $field::ALL;

            fn spec(field: $field) -> &'static $crate::report::FieldSpec {
                field.spec()
            }

            fn groups() -> &'static [$crate::report::kind::GroupSpec] {
                &[
                    $crate::report::kind::GroupSpec { path: "", parent: 0, key: "" },
                    $($crate::report::kind::GroupSpec {
                        path: $path,
                        parent: Group::$parent as u8,
                        key: $key,
                    },)*
                ]
            }

            fn index(field: $field) -> usize {
                field as usize
            }
        }

        impl<'r> $crate::report::Record<'r, $kind> {
            $(
                $(#[doc = $text])*
                #[must_use]
                pub fn $column(&self) -> Option<$ty> {
                    self.read($field::$variant)
                }
            )*

            /// The value of a field as the export writes it: words in one spelling and lower case,
            /// dates as `2026-11-28`, amounts with two decimals, lists with spaces between their
            /// words; nothing for `NA` and `Pending`, and for a date that is none.
            ///
            /// [The schema](https://github.com/app-license/app-license/blob/main/docs/report-export.md)
            /// has all of them.
            #[must_use]
            pub fn clean(&self, field: $field) -> Option<std::borrow::Cow<'r, str>> {
                let text = self.get(field)?;
                match field {
                    $($field::$variant => <$ty as $crate::report::clean::Clean<'r>>::clean(text),)*
                }
            }
        }
    };
}

/// Shapes of a field in the table.
pub(super) mod json {
    #[expect(non_upper_case_globals, reason = "a word of a table")]
    pub(in crate::report) const json: bool = true;
}

pub(super) use kind;
