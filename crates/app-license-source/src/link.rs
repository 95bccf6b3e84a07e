//! Symbolic links in a folder that is read.

use std::path::{Path, PathBuf};

use crate::tree::SKIPPED;

/// What a symbolic link in a folder leads to.
///
/// Links are never walked: what they lead to inside the folder is read where it is, and what is
/// outside is of another folder. A link to a file inside the folder is that file under a second
/// name.
///
/// ```
/// # #[cfg(unix)] {
/// use app_license_source::Link;
/// let folder = tempfile::tempdir()?;
/// let link = folder.path().join("manifest.yml");
/// std::os::unix::fs::symlink("/etc/hostname", &link)?;
/// assert_eq!(Link::of(folder.path(), &link), Link::Skipped("it leads out of the folder"));
/// # }
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Link {
    /// A file inside the folder, by its own path.
    File(PathBuf),
    /// A folder inside the folder: it is read where it is.
    Folder,
    /// Something that is not read, and why.
    Skipped(&'static str),
}

impl Link {
    /// Of a link in a folder.
    #[must_use]
    pub fn of(root: &Path, link: &Path) -> Self {
        let Ok(target) = std::fs::canonicalize(link) else {
            return Self::Skipped("it leads nowhere, or in a circle");
        };
        let below = std::fs::canonicalize(root).ok();
        let below = below.and_then(|root| target.strip_prefix(root).map(Path::to_owned).ok());
        let Some(below) = below else {
            return Self::Skipped("it leads out of the folder");
        };
        if target.is_file() {
            return Self::File(target);
        }
        let read = is_walked(&below);
        if read && target.is_dir() {
            Self::Folder
        } else {
            Self::Skipped("it leads to what is not read")
        }
    }
}

/// Whether a path below the folder has no hidden part, and none that is left out.
pub(crate) fn is_walked(below: &Path) -> bool {
    below.components().all(|part| {
        let part = part.as_os_str().to_string_lossy();
        !part.starts_with('.') && !SKIPPED.contains(&&*part)
    })
}
