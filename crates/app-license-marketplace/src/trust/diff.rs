//! What differs between two listings: a draft and what is live.

use serde::Serialize;

use super::fields::TrustFields;
use super::listing::Listing;

/// One field that differs.
///
/// ```
/// use app_license_marketplace::trust::{Listing, TrustFields};
/// let fields = TrustFields::shipped()?;
/// let live = Listing::from_json(br#"{"security":{"hasCompliantCertifications":"TRUE"}}"#, &fields)?;
/// let same = Listing::from_json(br#"{"security":{"hasCompliantCertifications":true}}"#, &fields)?;
/// let draft = Listing::from_json(br#"{"security":{"hasCompliantCertifications":"false"}}"#, &fields)?;
/// assert!(live.diff(&same, &fields).is_empty());
/// let changes = live.diff(&draft, &fields);
/// assert_eq!((changes[0].before.as_deref(), changes[0].after.as_deref()), (Some("yes"), Some("no")));
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FieldChange {
    /// The field.
    pub field: String,
    /// Its name for people.
    pub title: String,
    /// What it holds in the first listing; none when it is not answered.
    pub before: Option<String>,
    /// What it holds in the second one.
    pub after: Option<String>,
}

impl Listing {
    /// What changes from this listing to another. Spelling and the order of lists do not count.
    #[must_use]
    pub fn diff(&self, other: &Self, fields: &TrustFields) -> Vec<FieldChange> {
        let mut changes = Vec::new();
        let mut note = |field: &str, title: &str, before: Option<String>, after: Option<String>| {
            if before != after {
                changes.push(FieldChange {
                    field: field.to_owned(),
                    title: title.to_owned(),
                    before,
                    after,
                });
            }
        };
        for field in &fields.fields {
            let of = |listing: &Self| match listing.wrong().get(&field.path) {
                Some(found) => Some(format!("unreadable: {found}")),
                None => listing.value(&field.path).map(super::FieldValue::text),
            };
            note(&field.path, &field.title, of(self), of(other));
        }
        let known = |path: &String| fields.field(path).is_some();
        let wrong: std::collections::BTreeSet<_> =
            self.wrong().keys().chain(other.wrong().keys()).collect();
        for path in wrong.into_iter().filter(|it| !known(it)) {
            let of = |listing: &Self| listing.wrong().get(path).cloned();
            note(path, path, of(self), of(other));
        }
        let unknown: std::collections::BTreeSet<_> = self
            .unknown()
            .keys()
            .chain(other.unknown().keys())
            .collect();
        for path in unknown {
            let of = |listing: &Self| listing.unknown().get(path).map(ToString::to_string);
            note(path, path, of(self), of(other));
        }
        changes
    }
}
