//! Names as code writes them, with dots between their parts.

use std::fmt;

/// The most parts of a [`Path`].
pub(crate) const MAX_PARTS: usize = 32;

/// Calls whose value is that of what they are called on, as another type or in another case.
const CONVERSIONS: [&str; 19] = [
    "as_deref",
    "as_ref",
    "as_str",
    "clone",
    "cloned",
    "copied",
    "into",
    "to_ascii_lowercase",
    "to_ascii_uppercase",
    "to_lowercase",
    "to_owned",
    "to_string",
    "to_uppercase",
    "toLowerCase",
    "toString",
    "toUpperCase",
    "trim",
    "unwrap_or",
    "unwrap_or_default",
];

/// A dotted name: `context.license.isActive`, `Capability::ADVANCED`, `view.getContext().license`.
///
/// A call inside keeps its name with `()`. What has no name (a literal, a closure) is `*`. Optional
/// chaining, `await`, `?`, references and casts are left out. Of a longer name than some 32 parts,
/// the last ones are kept.
///
/// ```
/// use app_license_source::{FactKind, Language, Source};
/// let source = Source::parse(Language::JavaScript, "(await view.getContext())?.license.active")?;
/// let read = source.facts().iter().find_map(|f| match f.kind() {
///     FactKind::Read(path) => Some(path),
///     _ => None,
/// });
/// let path = read.unwrap();
/// assert_eq!(path.to_string(), "view.getContext().license.active");
/// assert_eq!(path.last(), "active");
/// assert!(path.ends_with(&["license", "active"]));
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Path(pub(crate) Vec<String>);

impl Path {
    /// The parts, first to last.
    pub fn parts(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().map(String::as_str)
    }

    /// The last part; empty for an empty path.
    #[must_use]
    pub fn last(&self) -> &str {
        self.0.last().map_or("", String::as_str)
    }

    /// How many parts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is no part.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the path ends with these parts.
    #[must_use]
    pub fn ends_with(&self, parts: &[&str]) -> bool {
        self.0.len() >= parts.len()
            && self
                .0
                .iter()
                .rev()
                .zip(parts.iter().rev())
                .all(|(a, b)| a == b)
    }

    /// Whether a part is this one.
    #[must_use]
    pub fn has(&self, part: &str) -> bool {
        self.0.iter().any(|p| p == part)
    }

    /// The last name that says what a value is: what only changes its type, as `as_str()` and
    /// `toString()`, is left out.
    ///
    /// ```
    /// use app_license_source::{FactKind, Language, Source};
    /// let source = Source::parse(Language::Rust, "fn f(l: &L) -> bool { l.plan.as_str() == \"a\" }")?;
    /// let names = source.facts().iter().filter_map(|f| match f.kind() {
    ///     FactKind::Compare { left, .. } => Some(left.path()?.value_name()),
    ///     _ => None,
    /// });
    /// assert!(names.eq(["plan"]));
    /// # Ok::<(), app_license_source::Error>(())
    /// ```
    #[must_use]
    pub fn value_name(&self) -> &str {
        let names = self.parts().rev().map(|p| p.trim_end_matches(['(', ')']));
        let mut names = names.skip_while(|name| CONVERSIONS.contains(name));
        names.next().unwrap_or_default()
    }

    pub(crate) fn with(mut self, part: impl Into<String>) -> Self {
        self.0.push(part.into());
        self
    }

    /// A path of one name.
    ///
    /// ```
    /// assert_eq!(app_license_source::Path::named("license").last(), "license");
    /// ```
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self(vec![name.to_owned()])
    }

    /// Its first so many names.
    ///
    /// ```
    /// use app_license_source::Path;
    /// assert_eq!(Path::named("license").first(2), Path::named("license"));
    /// ```
    #[must_use]
    pub fn first(&self, parts: usize) -> Self {
        Self(self.0.iter().take(parts).cloned().collect())
    }

    /// Whether it begins with another one.
    ///
    /// ```
    /// use app_license_source::Path;
    /// assert!(Path::named("license").starts_with(&Path::named("license")));
    /// ```
    #[must_use]
    pub fn starts_with(&self, other: &Self) -> bool {
        self.0.starts_with(&other.0)
    }

    /// The path as a call: `getContext` becomes `getContext()`.
    pub(crate) fn called(mut self) -> Self {
        if let Some(last) = self.0.last_mut()
            && !last.ends_with(')')
        {
            last.push_str("()");
        }
        self
    }

    pub(crate) fn unnamed() -> Self {
        Self(vec!["*".to_owned()])
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("."))
    }
}
