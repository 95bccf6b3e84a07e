//! What follows from the file: typed names, the map as data, flags, the text of the listing.

mod json;
mod manifest;
mod markdown;
mod names;
mod openfeature;
mod rust;
mod typescript;

use crate::editions::Editions;

pub use manifest::update_manifest;
pub(crate) use names::collisions;

/// What is generated.
///
/// Generating twice changes nothing: the output follows from the file alone.
///
/// ```
/// use app_license_editions::{Editions, Generator};
/// let editions = Editions::from_toml("editions.toml", "[features]\nbulk-export = \"advanced\"")?;
/// let rust = Generator::Rust.generate(&editions).unwrap();
/// assert!(rust.contains("BulkExport"));
/// assert_eq!(Generator::Rust.generate(&editions).unwrap(), rust);
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Generator {
    /// Enums of features, limits and service levels.
    Rust,
    /// The same, and the map as a constant.
    TypeScript,
    /// The map as the npm package reads it.
    Json,
    /// A flag manifest of OpenFeature.
    OpenFeature,
    /// The text of the listing, in the order of the form.
    Markdown,
}

impl Generator {
    /// The output.
    ///
    /// # Errors
    /// Two names of the file that become one name in code, as `a-b` and `a.b`; the text names them.
    pub fn generate(self, editions: &Editions) -> Result<String, String> {
        match self {
            Self::Rust => rust::generate(editions),
            Self::TypeScript => typescript::generate(editions),
            Self::Json => Ok(json::generate(editions)),
            Self::OpenFeature => openfeature::generate(editions),
            Self::Markdown => Ok(markdown::generate(editions)),
        }
    }
}
