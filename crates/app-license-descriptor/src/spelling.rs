//! What a misspelt name was meant to be.

/// The known name that `name` most likely means: the one that differs by the fewest edits without
/// regard to case, if they are few beside its length.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
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
    let few = near.1.len().div_ceil(4).min(3);
    (near.0 <= few).then_some(near.1)
}

/// What to do about a misspelt name, where there is a known one near.
pub(crate) fn write_instead<'n>(
    name: &str,
    known: impl IntoIterator<Item = &'n str>,
) -> Option<String> {
    nearest(name, known).map(|known| format!("write `{known}`"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_misspelt_name_is_near_and_another_one_is_not() {
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
