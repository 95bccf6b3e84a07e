//! Folders that are never read.

/// The names of folders that are not read: of other people's code, and of what builds make.
///
/// ```
/// assert!(app_license_source::SKIPPED_FOLDERS.contains(&"node_modules"));
/// ```
pub const SKIPPED_FOLDERS: [&str; 6] = [
    "node_modules",
    "target",
    "dist",
    "build",
    "vendor",
    "coverage",
];
