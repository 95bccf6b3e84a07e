//! The languages that are read.

use std::path::Path;

/// A language that [`Source::parse`](crate::Source::parse) reads.
///
/// ```
/// use std::path::Path;
/// use app_license_source::Language;
/// assert_eq!(Language::of_path(Path::new("src/gate.tsx")), Some(Language::Tsx));
/// assert_eq!(Language::of_path(Path::new("README.md")), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "lowercase")]
#[non_exhaustive]
pub enum Language {
    /// `.rs`
    Rust,
    /// `.ts`, `.mts`, `.cts`
    TypeScript,
    /// `.tsx`
    Tsx,
    /// `.js`, `.mjs`, `.cjs`, `.jsx`: JSX is read in all of them
    JavaScript,
}

impl Language {
    /// By the file's extension; `None` for all others, and for declarations (`.d.ts`), which hold
    /// no code.
    #[must_use]
    pub fn of_path(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_str()?;
        if [".d.ts", ".d.mts", ".d.cts", ".min.js"]
            .iter()
            .any(|end| name.ends_with(end))
        {
            return None;
        }
        match path.extension()?.to_str()? {
            "rs" => Some(Self::Rust),
            "ts" | "mts" | "cts" => Some(Self::TypeScript),
            "tsx" => Some(Self::Tsx),
            "js" | "mjs" | "cjs" | "jsx" => Some(Self::JavaScript),
            _ => None,
        }
    }
}
