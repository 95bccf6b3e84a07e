//! What a misspelled name was meant to be.

use app_license::Edition;

/// The known name that `name` most likely means: the one that differs by the fewest edits without
/// regard to case, if they are few beside its length.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    nearest_within(name, known, 3)
}

/// The same, of at most so many edits.
pub(crate) fn nearest_within<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
    edits: usize,
) -> Option<&'n str> {
    /// Longer names than any that is known are not compared.
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let written = name.to_lowercase();
    let near = known
        .into_iter()
        .map(|known| (strsim::osa_distance(&written, &known.to_lowercase()), known))
        .min()?;
    let few = near.1.len().div_ceil(4).min(edits);
    (near.0 <= few).then_some(near.1)
}

/// What to do about a misspelled name, where there is a known one near.
pub(crate) fn write_instead<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<String> {
    nearest(name, known).map(|known| format!("write `{known}`"))
}

/// The capability set that a text was meant to be, where the host compares it with its own: an
/// edition's name, another case than the host's, a typing mistake. `None` for a text that is right,
/// and for one that is near none of the known ones.
///
/// ```
/// use app_license_descriptor::meant_capability;
/// assert_eq!(meant_capability("capabilityAdvance"), Some("capabilityAdvanced"));
/// assert_eq!(meant_capability("advanced"), Some("capabilityAdvanced"));
/// assert_eq!(meant_capability("CapabilityAdvanced"), Some("capabilityAdvanced"));
/// assert_eq!(meant_capability("capabilityAdvanced"), None);
/// assert_eq!(meant_capability("capabilityUltra"), None);
/// ```
#[must_use]
pub fn meant_capability(text: &str) -> Option<&'static str> {
    if let Some(edition) = Edition::from_name(&text.trim().to_ascii_lowercase()) {
        return Some(edition.capability_set());
    }
    match Edition::of(text).map(Edition::capability_set) {
        Some(expected) => (text != expected).then_some(expected),
        None => nearest_within(text, Edition::ALL.map(Edition::capability_set), 2),
    }
}

/// The same where code compares what the host sends: one of its interfaces writes
/// `CAPABILITY_ADVANCED`. `any_case` says that the comparison leaves out case and `_`, as the gates
/// of this project do.
///
/// ```
/// use app_license_descriptor::meant_capability_in_code;
/// assert_eq!(meant_capability_in_code("CAPABILITY_ADVANCED", false), None);
/// assert_eq!(meant_capability_in_code("CapabilityAdvanced", true), None);
/// assert_eq!(meant_capability_in_code("CapabilityAdvanced", false), Some("capabilityAdvanced"));
/// ```
#[must_use]
pub fn meant_capability_in_code(text: &str, any_case: bool) -> Option<&'static str> {
    let meant = meant_capability(text)?;
    let folded_alike = Edition::of(text).is_some();
    let right = folded_alike && (any_case || text == spelled_with_underscore(meant));
    (!right).then_some(meant)
}

/// `capabilityAdvanced` as `CAPABILITY_ADVANCED`.
fn spelled_with_underscore(capability_set: &str) -> String {
    let mut spelled = String::with_capacity(capability_set.len().saturating_add(1));
    for letter in capability_set.chars() {
        if letter.is_ascii_uppercase() {
            spelled.push('_');
        }
        spelled.push(letter.to_ascii_uppercase());
    }
    spelled
}

#[cfg(test)]
mod tests {
    use super::{meant_capability, meant_capability_in_code, nearest};

    #[test]
    fn a_capability_is_spelled_as_one_of_the_hosts_interfaces_does() {
        for right in [
            "capabilityStandard",
            "capabilityAdvanced",
            "CAPABILITY_ADVANCED",
        ] {
            assert_eq!(meant_capability_in_code(right, false), None, "{right}");
        }
        // no condition holds with it
        let meant = meant_capability("CAPABILITY_ADVANCED");
        assert_eq!(meant, Some("capabilityAdvanced"));
        for wrong in [
            "capabilityAdvance",
            "capabilityadvanced",
            "CapabilityAdvanced",
            "capability_advanced",
            "capabiltyAdvanced",
            "Advanced",
            "ADVANCED",
        ] {
            let meant = meant_capability_in_code(wrong, false);
            assert_eq!(meant, Some("capabilityAdvanced"), "{wrong}");
        }
        for other in ["", "premium", "capability", "MIT"] {
            assert_eq!(meant_capability_in_code(other, false), None, "{other}");
        }
    }

    #[test]
    fn a_misspelled_name_is_near_and_another_one_is_not() {
        let known = ["appIsLicensed", "appEdition", "isAdmin", "isLoggedIn"];
        for (name, want) in [
            ("appIsLicenced", Some("appIsLicensed")),
            ("appislicensed", Some("appIsLicensed")),
            ("app_is_licensed", Some("appIsLicensed")),
            ("isLicensed", Some("appIsLicensed")),
            ("appEditions", Some("appEdition")),
            ("appEdtiion", Some("appEdition")),
            ("isadmin", Some("isAdmin")),
            ("issueKey", None),
            ("", None),
        ] {
            assert_eq!(nearest(name, known), want, "{name}");
        }
        assert_eq!(nearest(&"a".repeat(100_000), known), None);
    }
}
