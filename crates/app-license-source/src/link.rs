//! Symbolic links in a folder that is read.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::folders::SKIPPED_FOLDERS;

/// What a symbolic link in a folder leads to.
///
/// Links are never walked: what they lead to inside the folder is read where it is, and what is
/// outside is of another folder. A link to a file inside the folder is that file under a second
/// name: [`Link::of_files`] says which of them are read by no name of their own.
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

    /// Of the links in a folder to files (the link, and [`Link::File`] of it), those whose file the
    /// walk did not find by its own name: it is hidden, in one of [`SKIPPED_FOLDERS`], ignored by
    /// git, or of another ending. `walked` are the files that it found, below `root`.
    ///
    /// ```
    /// # #[cfg(unix)] {
    /// use app_license_source::Link;
    /// let folder = tempfile::tempdir()?;
    /// let at = |path: &str| folder.path().join(path);
    /// std::fs::create_dir(at("build"))?;
    /// for name in ["a.ts", "build/b.ts"] {
    ///     std::fs::write(at(name), "")?;
    ///     let link = at(&name.replace(['.', '/'], "-"));
    ///     std::os::unix::fs::symlink(at(name), link)?;
    /// }
    /// let links = ["a-ts", "build-b-ts"].map(|name| {
    ///     let Link::File(file) = Link::of(folder.path(), &at(name)) else { panic!() };
    ///     (at(name), file)
    /// });
    /// let read = Link::of_files(folder.path(), links.into(), &[at("a.ts")]);
    /// assert_eq!(read, [at("build-b-ts")]);
    /// # }
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn of_files<P: AsRef<Path>>(
        root: &Path,
        links: Vec<(PathBuf, PathBuf)>,
        walked: &[P],
    ) -> Vec<PathBuf> {
        let Ok(whole) = std::fs::canonicalize(root) else {
            return Vec::new();
        };
        // nothing is walked through a link, so that only the folder itself may have another name
        let own: BTreeSet<PathBuf> = if links.is_empty() {
            BTreeSet::new()
        } else {
            let below = walked
                .iter()
                .filter_map(|path| path.as_ref().strip_prefix(root).ok());
            below.map(|below| whole.join(below)).collect()
        };
        let links = links.into_iter();
        let others = links.filter(|(_, file)| !own.contains(file));
        others.map(|(link, _)| link).collect()
    }
}

/// Whether a path below the folder has no hidden part, and none that is left out.
fn is_walked(below: &Path) -> bool {
    below.components().all(|part| {
        let part = part.as_os_str().to_string_lossy();
        !part.starts_with('.') && !SKIPPED_FOLDERS.contains(&&*part)
    })
}
