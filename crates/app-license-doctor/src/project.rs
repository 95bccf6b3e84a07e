//! The files of an app that are checked.

use std::io::Read as _;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use app_license_source::{Link, SKIPPED_FOLDERS, SourceTree};
use ignore::{WalkBuilder, WalkState};

use crate::concern::may_concern;
use crate::document::{Document, Unreadable};
use crate::error::Error;

/// The most files that are read.
const MAX_FILES: usize = 1000;
/// The largest file that is opened, in bytes.
const MAX_BYTES: u64 = 1024 * 1024;

/// What a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum ProjectFileKind {
    /// `atlassian-connect.json`
    Descriptor,
    /// `manifest.yml`, `manifest.yaml` of a Forge app
    Manifest,
    /// `package.json`
    NpmPackage,
    /// `Cargo.toml`
    CargoPackage,
    /// `editions.toml`
    Editions,
}

impl ProjectFileKind {
    fn of(path: &Path) -> Option<Self> {
        Some(match path.file_name()?.to_str()? {
            "atlassian-connect.json" => Self::Descriptor,
            "manifest.yml" | "manifest.yaml" => Self::Manifest,
            "package.json" => Self::NpmPackage,
            "Cargo.toml" => Self::CargoPackage,
            "editions.toml" => Self::Editions,
            _ => return None,
        })
    }
}

/// A file that was read.
#[derive(Debug)]
#[non_exhaustive]
pub struct ProjectFile {
    /// What it is.
    pub kind: ProjectFileKind,
    /// Its path below the folder, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// Why it was not read, when it was not: no regular file, too large, not UTF-8, or as the system says.
    pub(crate) unread: Option<String>,
    /// The document in it; of TOML there is none.
    pub(crate) document: Option<Result<Document, Unreadable>>,
}

impl ProjectFile {
    /// Reads one file, of the kind that its name says, as it is read in a [`Project`]; `shown` is its path
    /// for messages. `None` where it is not of an app: no name of a [`ProjectFileKind`], or a
    /// `manifest.yml` of something else.
    ///
    /// ```
    /// use app_license_doctor::ProjectFile;
    /// let folder = tempfile::tempdir()?;
    /// let path = folder.path().join("manifest.yml");
    /// std::fs::write(&path, "app: {id: a, id: b}")?;
    /// let file = ProjectFile::read(&path, "manifest.yml").unwrap();
    /// assert_eq!(file.unreadable().unwrap(), "a key occurs twice");
    /// std::fs::write(&path, "kind: ConfigMap")?;
    /// assert!(ProjectFile::read(&path, "manifest.yml").is_none());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    #[must_use]
    pub fn read(path: &Path, shown: impl Into<String>) -> Option<Self> {
        Self::read_kind(ProjectFileKind::of(path)?, path, shown.into())
    }

    fn read_kind(kind: ProjectFileKind, path: &Path, shown: String) -> Option<Self> {
        let (text, unread) = match read_text(path) {
            Ok(text) => (text, None),
            Err(why) => (String::new(), Some(why)),
        };
        let document = match kind {
            _ if unread.is_some() => None,
            ProjectFileKind::Descriptor => Some(Document::read_descriptor(text.clone())),
            ProjectFileKind::NpmPackage => Some(Document::read_json(text.clone())),
            ProjectFileKind::Manifest => Some(Document::read_yaml(text.clone())),
            ProjectFileKind::CargoPackage | ProjectFileKind::Editions => None,
        };
        let file = Self {
            kind,
            path: shown,
            text,
            unread,
            document,
        };
        // a `manifest.yml` of something else: Forge's has an app; one that is no mapping is kept, so
        // that it is named
        let of_app = file
            .document()
            .is_none_or(|d| !d.root().is_object() || d.root().get("app").is_some());
        (kind != ProjectFileKind::Manifest || of_app).then_some(file)
    }

    /// Why it cannot be read, when it cannot: as the system says, no regular file, too large, not UTF-8, a syntax error, a
    /// key twice, no fields. TOML is read by the rules that are about it.
    #[must_use]
    pub fn unreadable(&self) -> Option<String> {
        self.problem().map(|(why, _)| why)
    }

    /// The same, and where.
    pub(crate) fn problem(&self) -> Option<(String, Range<usize>)> {
        if let Some(why) = &self.unread {
            return Some((why.clone(), 0..0));
        }
        match self.document.as_ref()? {
            Ok(document) if document.root().is_object() => None,
            Ok(document) => {
                let why = "it holds no fields, but one value or a list";
                Some((why.to_owned(), document.root().range()))
            }
            Err(unreadable) => {
                let at = unreadable.offset.min(self.text.len());
                Some((unreadable.reason.clone(), at..at))
            }
        }
    }

    /// The folder it is in: empty, or with `/` at its end.
    #[must_use]
    pub fn folder(&self) -> &str {
        self.path
            .rfind('/')
            .map_or("", |at| self.path.get(..=at).unwrap_or_default())
    }

    /// The document in it, when it can be read.
    #[must_use]
    pub fn document(&self) -> Option<&Document> {
        self.document.as_ref()?.as_ref().ok()
    }
}

/// The files of a folder that say something about licensing.
///
/// What git ignores is left out, hidden files too, and `node_modules`, `target`, `dist`, `build`,
/// `vendor` and `coverage`. A link to a file inside the folder is read; other links are named in the
/// findings.
///
/// ```
/// use app_license_doctor::Project;
/// let folder = tempfile::tempdir()?;
/// std::fs::write(folder.path().join("package.json"), "{}")?;
/// let project = Project::read(folder.path())?;
/// assert_eq!(project.files()[0].path, "package.json");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Project {
    root: PathBuf,
    files: Vec<ProjectFile>,
    sources: SourceTree,
    /// Files of an app that are links which are not followed, and why.
    links: Vec<(String, &'static str)>,
    truncated: bool,
}

impl Project {
    /// Reads a folder.
    ///
    /// # Errors
    /// `doctor_read` when it is not there, `doctor_walk` or `doctor_source` when it cannot be walked. A file in it
    /// that cannot be read is a finding.
    pub fn read(root: &Path) -> Result<Self, Error> {
        Self::read_where(root, may_concern)
    }

    /// As [`Project::read`], with another choice of the sources whose syntax is read: `wanted` must hold of
    /// each text in which a rule finds something. Without a choice, all are read; the findings are the same.
    ///
    /// ```
    /// use app_license_doctor::Project;
    /// let folder = tempfile::tempdir()?;
    /// std::fs::write(folder.path().join("a.ts"), "draw(picture)")?;
    /// assert!(Project::read(folder.path())?.sources().files()[0].source.is_set_aside());
    /// let whole = Project::read_where(folder.path(), |_| true)?;
    /// assert!(!whole.sources().files()[0].source.is_set_aside());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// As [`Project::read`].
    pub fn read_where(root: &Path, wanted: impl Fn(&str) -> bool + Sync) -> Result<Self, Error> {
        let read_error = |path: &Path| {
            let path = path.display().to_string();
            move |source| Error::Read { path, source }
        };
        let found = std::fs::metadata(root).map_err(read_error(root))?;
        if !found.is_dir() {
            let why = "it is no folder; give the folder of the app";
            let why = std::io::Error::new(std::io::ErrorKind::NotADirectory, why);
            return Err(read_error(root)(why));
        }
        let mut files = Vec::new();
        let Walked {
            files: mut paths,
            links,
            truncated,
            ..
        } = walk(root)?;
        paths.truncate(MAX_FILES);
        for (kind, path) in paths {
            files.extend(ProjectFile::read_kind(kind, &path, shown(root, &path)));
        }
        files.sort_by(|a, b| a.path.cmp(&b.path));
        let sources = SourceTree::read_where(root, wanted);
        let sources = sources.map_err(|source| Error::Source { source })?;
        Ok(Self {
            root: root.to_owned(),
            links: links
                .into_iter()
                .map(|(path, why)| (shown(root, &path), why))
                .collect(),
            truncated: truncated || sources.is_truncated(),
            files,
            sources,
        })
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The files that were read, by path.
    #[must_use]
    pub fn files(&self) -> &[ProjectFile] {
        &self.files
    }

    /// The source files: Rust, TypeScript, JavaScript.
    #[must_use]
    pub const fn sources(&self) -> &SourceTree {
        &self.sources
    }

    /// Whether nothing was found that could be checked: no file of an app, no source.
    ///
    /// ```
    /// let folder = tempfile::tempdir()?;
    /// let project = app_license_doctor::Project::read(folder.path())?;
    /// assert!(project.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.files.is_empty()
            && self.links.is_empty()
            && self.sources.files().is_empty()
            && self.sources.unread().is_empty()
    }

    /// The files of an app that are links which are not followed, and why.
    pub(crate) fn links(&self) -> &[(String, &'static str)] {
        &self.links
    }

    /// Whether there were more files than are read.
    #[must_use]
    pub const fn is_truncated(&self) -> bool {
        self.truncated
    }

    /// The files of a kind.
    pub(crate) fn of_kind(&self, kind: ProjectFileKind) -> impl Iterator<Item = &ProjectFile> {
        self.files.iter().filter(move |file| file.kind == kind)
    }
}

/// What a walk finds.
#[derive(Default)]
struct Walked {
    files: Vec<(ProjectFileKind, PathBuf)>,
    /// Links with the name of such a file, and the files that they lead to.
    behind: Vec<(PathBuf, PathBuf)>,
    links: Vec<(PathBuf, &'static str)>,
    /// Whether there is more than is read.
    truncated: bool,
}

impl Walked {
    /// Whether there is more than is read.
    fn is_full(&mut self) -> bool {
        let links = self.behind.len().saturating_add(self.links.len());
        self.truncated = self.files.len().saturating_add(links) > MAX_FILES;
        self.truncated
    }

    /// A link: to a file inside the folder, or to something else.
    fn link(&mut self, root: &Path, path: PathBuf) {
        match Link::of(root, &path) {
            Link::File(file) => self.behind.push((path, file)),
            Link::Skipped(why) => self.links.push((path, why)),
            // what it holds is read where it is, and it is no file
            _ => self.links.push((path, "it leads to a folder")),
        }
    }

    /// Adds the files behind links that are read by no name of their own.
    fn follow(&mut self, root: &Path) {
        let files: Vec<_> = self.files.iter().map(|(_, path)| path).collect();
        let behind = Link::of_files(root, std::mem::take(&mut self.behind), &files);
        let behind = behind.into_iter();
        let behind = behind.filter_map(|path| Some((ProjectFileKind::of(&path)?, path)));
        self.files.extend(behind);
    }
}

fn walk(root: &Path) -> Result<Walked, Error> {
    let found = Mutex::new((Walked::default(), None));
    let walker = WalkBuilder::new(root)
        .require_git(false)
        .filter_entry(|entry| {
            let name = entry.file_name().to_str();
            let skipped = name.is_some_and(|name| SKIPPED_FOLDERS.contains(&name));
            let folder = entry.file_type().is_some_and(|t| t.is_dir());
            // the folder asked for is read whatever its name
            !(skipped && folder && entry.depth() > 0)
        })
        .build_parallel();
    walker.run(|| {
        Box::new(|entry| {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    if error.depth() == Some(0)
                        && let Ok(mut found) = found.lock()
                    {
                        found.1 = Some(error);
                        return WalkState::Quit;
                    }
                    return WalkState::Continue;
                }
            };
            let file_type = entry.file_type();
            if let Some(kind) = ProjectFileKind::of(entry.path())
                && let Ok(mut found) = found.lock()
            {
                if file_type.is_some_and(|t| t.is_symlink()) {
                    found.0.link(root, entry.into_path());
                } else if file_type.is_some_and(|t| !t.is_dir()) {
                    // what is no file is named when it is read
                    found.0.files.push((kind, entry.into_path()));
                }
                if found.0.is_full() {
                    return WalkState::Quit;
                }
            }
            WalkState::Continue
        })
    });
    let (mut walked, error) = found
        .into_inner()
        .unwrap_or_else(std::sync::PoisonError::into_inner);
    walked.follow(root);
    walked.links.sort();
    match error {
        Some(source) => Err(Error::Walk { source }),
        None => Ok(walked),
    }
}

/// A file's text, or why it cannot be read.
fn read_text(path: &Path) -> Result<String, String> {
    let found = std::fs::metadata(path).map_err(|e| e.to_string())?;
    // a pipe would be waited for
    if !found.is_file() {
        return Err("it is no regular file".to_owned());
    }
    let file = std::fs::File::open(path).map_err(|e| e.to_string())?;
    let mut bytes = Vec::new();
    file.take(MAX_BYTES.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|e| e.to_string())?;
    if u64::try_from(bytes.len()).is_ok_and(|size| size > MAX_BYTES) {
        return Err(format!("larger than {MAX_BYTES} bytes"));
    }
    String::from_utf8(bytes).map_err(|_| "not UTF-8".to_owned())
}

fn shown(root: &Path, path: &Path) -> String {
    let below = path.strip_prefix(root).unwrap_or(path);
    let parts = below.components().map(|c| c.as_os_str().to_string_lossy());
    parts.collect::<Vec<_>>().join("/")
}
