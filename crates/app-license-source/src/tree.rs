//! The source files of a folder, read in parallel.

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use ignore::{WalkBuilder, WalkState};

use crate::error::Error;
use crate::folders::SKIPPED_FOLDERS;
use crate::language::Language;
use crate::link::Link;
use crate::source::{Source, with_stack};

/// The most source files that are read.
const MAX_FILES: usize = 50_000;
/// The largest file that is opened, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// A file of a [`SourceTree`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SourceFile {
    /// Its path, below the folder that was read, with `/`.
    pub path: String,
    /// What stands in it.
    pub source: Source,
    /// Whether its path is that of a test: `tests/`, `__tests__/`, `x.test.ts`, `x.spec.ts`.
    pub test: bool,
}

/// The source files of a folder: Rust, TypeScript, JavaScript.
///
/// What git ignores is left out, hidden files too, and `node_modules`, `target`, `dist`, `build`,
/// `vendor` and `coverage` ([`SKIPPED_FOLDERS`]). Links are not walked: one that leads out of the
/// folder, or to a folder that is left out, is in [`SourceTree::unread`]; a link to a file inside is
/// read, and that file once.
///
/// ```
/// use app_license_source::SourceTree;
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("a.ts"), "check(license, { feature: 'export' })")?;
/// std::fs::write(folder.path().join("b.rs"), "fn (")?;
/// let tree = SourceTree::read(folder.path())?;
/// assert_eq!(tree.files()[0].path, "a.ts");
/// assert_eq!(tree.unread()[0].0, "b.rs");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Default)]
pub struct SourceTree {
    files: Vec<SourceFile>,
    unread: Vec<(String, Error)>,
    truncated: bool,
}

impl SourceTree {
    /// Reads a folder, or a single file.
    ///
    /// # Errors
    /// `source_walk` when the folder itself cannot be walked, `source_read` when it does not
    /// exist. A file or a folder in it that cannot be read is in [`SourceTree::unread`].
    pub fn read(root: &Path) -> Result<Self, Error> {
        Self::read_where(root, |_| true)
    }

    /// As [`SourceTree::read`], and sets aside the texts of which `wanted` is false: the facts of those
    /// are read when they are asked for ([`Source::is_set_aside`]). What is wrong in their syntax is said
    /// all the same; of Rust, that they are not made of tokens or that a bracket is not closed.
    ///
    /// ```
    /// use app_license_source::SourceTree;
    /// let folder = tempfile::tempdir()?;
    /// std::fs::write(folder.path().join("a.ts"), "check(license)")?;
    /// std::fs::write(folder.path().join("b.ts"), "draw(picture)")?;
    /// let tree = SourceTree::read_where(folder.path(), |text| text.contains("license"))?;
    /// let aside = tree.files().iter().map(|file| file.source.is_set_aside());
    /// assert!(aside.eq([false, true]));
    /// assert_eq!(tree.files()[1].source.facts().len(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`SourceTree::read`].
    pub fn read_where(root: &Path, wanted: impl Fn(&str) -> bool + Sync) -> Result<Self, Error> {
        let root = if root.as_os_str().is_empty() {
            Path::new(".")
        } else {
            root
        };
        let is_file = std::fs::metadata(root)?.is_file();
        let found = if is_file {
            Walked {
                files: vec![root.to_owned()],
                ..Walked::default()
            }
        } else {
            walk(root)?
        };
        let next = Mutex::new(found.files.into_iter().take(MAX_FILES));
        let closed = found.closed.into_iter();
        let tree = Mutex::new(Self {
            truncated: found.truncated,
            unread: closed
                .map(|(path, why)| (shown(root, &path), why))
                .collect(),
            ..Self::default()
        });
        let work = || {
            while let Some(path) = next.lock().ok().and_then(|mut next| next.next()) {
                let shown = shown(if is_file { &path } else { root }, &path);
                let Some(language) = Language::of_path(&path) else {
                    continue;
                };
                let read =
                    read_file(&path).and_then(|text| Source::parse_here(language, text, &wanted));
                let Ok(mut tree) = tree.lock() else { return };
                match read {
                    Ok(source) => tree.files.push(SourceFile {
                        test: is_test_path(&shown),
                        path: shown,
                        source,
                    }),
                    Err(error) => tree.unread.push((shown, error)),
                }
            }
        };
        let threads = std::thread::available_parallelism().map_or(1, |n| n.get().min(8));
        std::thread::scope(|scope| {
            let threads: Vec<_> = (0..threads)
                .map(|_| scope.spawn(|| with_stack(work)))
                .collect();
            threads
                .into_iter()
                .try_for_each(|thread| thread.join().map_err(|_| Error::Stopped)?)
        })?;
        let mut tree = tree.into_inner().map_err(|_| Error::Stopped)?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        tree.unread.sort_by(|(a, _), (b, _)| a.cmp(b));
        Ok(tree)
    }

    /// Reads several folders or files; where there is more than one, paths begin with the one they
    /// are below.
    ///
    /// # Errors
    /// As [`SourceTree::read`].
    pub fn read_all<P: AsRef<Path>>(roots: &[P]) -> Result<Self, Error> {
        let mut all = Self::default();
        for root in roots {
            let root = root.as_ref();
            let mut tree = Self::read(root)?;
            if roots.len() > 1 && root.is_dir() {
                let root = root.to_string_lossy();
                let below = |path: &mut String| {
                    *path = format!("{}/{path}", root.trim_end_matches('/'));
                };
                tree.files.iter_mut().for_each(|file| below(&mut file.path));
                tree.unread.iter_mut().for_each(|(path, _)| below(path));
            }
            all.files.append(&mut tree.files);
            all.unread.append(&mut tree.unread);
            all.truncated |= tree.truncated;
        }
        Ok(all)
    }

    /// The files that were read, by path.
    #[must_use]
    pub fn files(&self) -> &[SourceFile] {
        &self.files
    }

    /// The files and folders that could not be read, by path, and why.
    #[must_use]
    pub fn unread(&self) -> &[(String, Error)] {
        &self.unread
    }

    /// Whether there were more than 50,000 files, of which the rest was left out.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }
}

/// The folders that may not be read, and why.
type Closed = Vec<(PathBuf, Error)>;

/// What a walk finds.
#[derive(Default)]
struct Walked {
    files: Vec<PathBuf>,
    /// Links with the name of a source, and the files that they lead to.
    links: Vec<(PathBuf, PathBuf)>,
    closed: Closed,
    /// Whether there is more than is read.
    truncated: bool,
    error: Option<ignore::Error>,
}

/// The paths of source files.
fn walk(root: &Path) -> Result<Walked, Error> {
    let found = Mutex::new(Walked::default());
    let walker = WalkBuilder::new(root)
        .require_git(false)
        .filter_entry(|entry| {
            let skipped = entry
                .file_name()
                .to_str()
                .is_some_and(|name| SKIPPED_FOLDERS.contains(&name));
            let folder = entry.file_type().is_some_and(|t| t.is_dir());
            // the folder asked for is read whatever its name
            !(skipped && folder && entry.depth() > 0)
        })
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            let Ok(mut found) = found.lock() else {
                return WalkState::Quit;
            };
            match entry {
                Ok(entry) => {
                    let kind = entry.file_type();
                    let link = kind.is_some_and(|t| t.is_symlink());
                    // what is no file is named when it is read
                    let folder = kind.is_none_or(|t| t.is_dir());
                    if link {
                        found.link(root, entry.into_path());
                    } else if !folder && Language::of_path(entry.path()).is_some() {
                        found.files.push(entry.into_path());
                    }
                    if found.files.len().saturating_add(found.links.len()) > MAX_FILES {
                        found.truncated = true;
                        return WalkState::Quit;
                    }
                }
                Err(error) if error.depth() == Some(0) => {
                    found.error = Some(error);
                    return WalkState::Quit;
                }
                Err(error) => {
                    let path = path_of(&error).map_or_else(|| root.to_owned(), Path::to_owned);
                    let why = match error.io_error() {
                        Some(error) => Error::Read(error.kind().into()),
                        None => error.into(),
                    };
                    // as many as files, so that it is bounded
                    if found.closed.len() < MAX_FILES {
                        found.closed.push((path, why));
                    }
                }
            }
            WalkState::Continue
        })
    });
    let mut found = found.into_inner().map_err(|_| Error::Stopped)?;
    if let Some(error) = found.error.take() {
        return Err(error.into());
    }
    let links = std::mem::take(&mut found.links);
    found
        .files
        .extend(Link::of_files(root, links, &found.files));
    found.files.sort();
    Ok(found)
}

impl Walked {
    /// A link to a source file is read where the file is not read by its own name; one to a folder
    /// that is not read is named.
    fn link(&mut self, root: &Path, path: PathBuf) {
        let source = Language::of_path(&path).is_some();
        match Link::of(root, &path) {
            Link::Folder => {}
            Link::File(target) => {
                if source {
                    self.links.push((path, target));
                }
            }
            // a link without an ending is one to a folder, or may be
            Link::Skipped(why) => {
                if (source || path.extension().is_none()) && self.closed.len() < MAX_FILES {
                    self.closed.push((path, Error::Link(why)));
                }
            }
        }
    }
}

/// What an error of the walk is about.
fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

fn read_file(path: &Path) -> Result<String, Error> {
    let found = std::fs::metadata(path)?;
    // a pipe would be waited for
    if !found.is_file() {
        let why = "it is no regular file";
        return Err(std::io::Error::new(std::io::ErrorKind::InvalidInput, why).into());
    }
    let size = found.len();
    if size > MAX_FILE {
        return Err(Error::TooLarge {
            found: usize::try_from(size).unwrap_or(usize::MAX),
            limit: usize::try_from(MAX_FILE).unwrap_or(usize::MAX),
        });
    }
    String::from_utf8(std::fs::read(path)?).map_err(|_| Error::Encoding)
}

fn shown(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let below = if below.as_os_str().is_empty() {
        path
    } else {
        below
    };
    let parts = below.components().map(|c| c.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}

/// Whether a path is that of a test: `tests/`, `__tests__/`, `x.test.ts`, `x.spec.ts`.
///
/// ```
/// assert!(app_license_source::is_test_path("src/__tests__/gate.ts"));
/// assert!(!app_license_source::is_test_path("src/gate.ts"));
/// ```
#[must_use]
pub fn is_test_path(path: &str) -> bool {
    let mut parts = path.split('/').rev();
    let file = parts.next().unwrap_or_default();
    let named = [".test.", ".spec.", "_test."]
        .iter()
        .any(|t| file.contains(t));
    named
        || file == "tests.rs"
        || parts
            .any(|folder| matches!(folder, "tests" | "test" | "__tests__" | "__mocks__" | "e2e"))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    /// Whoever may read everything sees no closed folder: then the error itself is looked at.
    #[test]
    fn a_folder_that_may_not_be_read_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let closed = folder.path().join("closed");
        std::fs::create_dir(&closed).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o000)).unwrap();
        let tree = SourceTree::read(folder.path()).unwrap();
        std::fs::set_permissions(&closed, std::fs::Permissions::from_mode(0o700)).unwrap();
        if let [(path, error)] = tree.unread() {
            assert_eq!((path.as_str(), error.code()), ("closed", "source_read"));
        } else {
            assert!(tree.unread().is_empty());
        }

        let io = ignore::Error::Io(std::io::ErrorKind::PermissionDenied.into());
        let named = ignore::Error::WithPath {
            path: closed.clone(),
            err: Box::new(io),
        };
        let deep = ignore::Error::WithDepth {
            depth: 1,
            err: Box::new(named),
        };
        assert_eq!(path_of(&deep), Some(closed.as_path()));
    }
}
