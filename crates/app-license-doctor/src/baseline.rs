//! Findings that are known already: only new ones count.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use app_license_source::Link;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::finding::Finding;

/// The most bytes of a baseline that are read.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// The findings of an earlier run. A finding is known by its code, its file, its place in the
/// document and its message, not by its line.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    version: u32,
    findings: Vec<BaselineEntry>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BaselineEntry {
    finding: String,
    /// How often it is there.
    count: usize,
}

impl Baseline {
    /// The name of the file that is read without being asked for.
    pub const FILE_NAME: &'static str = "doctor-baseline.json";

    /// A baseline of these findings.
    #[must_use]
    pub fn new(findings: &[Finding]) -> Self {
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for finding in findings {
            let count = counts.entry(finding.identity()).or_default();
            *count = count.saturating_add(1);
        }
        let findings = counts.into_iter();
        Self {
            version: 1,
            findings: findings
                .map(|(finding, count)| BaselineEntry { finding, count })
                .collect(),
        }
    }

    /// Reads the one of a folder, [`Baseline::FILE_NAME`]; `None` where there is none.
    ///
    /// # Errors
    /// As [`Baseline::read`], and `doctor_baseline` where it is a link that does not lead to a file inside the
    /// folder.
    ///
    /// ```
    /// use app_license_doctor::Baseline;
    /// let folder = tempfile::tempdir()?;
    /// assert!(Baseline::read_in(folder.path())?.is_none());
    /// let path = Baseline::new(&[]).write_in(folder.path())?;
    /// assert_eq!(path, folder.path().join("doctor-baseline.json"));
    /// assert_eq!(Baseline::read_in(folder.path())?, Some(Baseline::new(&[])));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn read_in(folder: &Path) -> Result<Option<Self>, Error> {
        let path = folder.join(Self::FILE_NAME);
        let Ok(found) = std::fs::symlink_metadata(&path) else {
            return Ok(None);
        };
        if found.is_symlink() {
            let why = match Link::of(folder, &path) {
                Link::File(_) => return Self::read(&path).map(Some),
                Link::Skipped(why) => why,
                _ => "it leads to a folder",
            };
            return Err(Error::Baseline {
                path: path.display().to_string(),
                reason: format!("a link is not followed: {why}"),
            });
        }
        Self::read(&path).map(Some)
    }

    /// Writes it to a folder, as [`Baseline::FILE_NAME`], and says where that is.
    ///
    /// # Errors
    /// `doctor_write`, also where that is a link: what it leads to would be replaced.
    pub fn write_in(&self, folder: &Path) -> Result<PathBuf, Error> {
        let path = folder.join(Self::FILE_NAME);
        let wrong = |source| Error::Write {
            path: path.display().to_string(),
            source,
        };
        let no = |why: String| wrong(std::io::Error::new(std::io::ErrorKind::InvalidInput, why));
        match std::fs::symlink_metadata(&path) {
            Ok(found) if found.is_symlink() => {
                let why = match Link::of(folder, &path) {
                    Link::Skipped(why) => why,
                    _ => "what it leads to would be replaced",
                };
                return Err(no(format!("a link is not followed: {why}")));
            }
            Ok(found) if !found.is_file() => return Err(no("it is no regular file".to_owned())),
            _ => {}
        }
        std::fs::write(&path, self.to_json()).map_err(wrong)?;
        Ok(path)
    }

    /// Reads a baseline.
    ///
    /// # Errors
    /// `doctor_read`, `doctor_baseline`.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let shown = || path.display().to_string();
        let found = std::fs::metadata(path).map_err(|source| Error::Read {
            path: shown(),
            source,
        })?;
        // a pipe would be waited for
        if !found.is_file() {
            return Err(Error::Baseline {
                path: shown(),
                reason: "it is no regular file".to_owned(),
            });
        }
        let bytes = std::fs::read(path).map_err(|source| Error::Read {
            path: shown(),
            source,
        })?;
        let wrong = |reason: String| Error::Baseline {
            path: shown(),
            reason,
        };
        if bytes.len() > MAX_BYTES {
            return Err(wrong(format!("larger than {MAX_BYTES} bytes")));
        }
        let baseline: Self = serde_json::from_slice(&bytes).map_err(|e| wrong(e.to_string()))?;
        if baseline.version == 1 {
            Ok(baseline)
        } else {
            Err(wrong(format!("version {} is not known", baseline.version)))
        }
    }

    /// The text of the file.
    #[must_use]
    pub fn to_json(&self) -> String {
        let mut json = serde_json::to_string_pretty(self).unwrap_or_default();
        json.push('\n');
        json
    }

    /// The findings that are not in it, and how many are.
    #[must_use]
    pub fn new_findings(&self, findings: Vec<Finding>) -> (Vec<Finding>, usize) {
        let known = self.findings.iter();
        let mut left: BTreeMap<&str, usize> =
            known.map(|k| (k.finding.as_str(), k.count)).collect();
        let before = findings.len();
        let new: Vec<_> = findings
            .into_iter()
            .filter(|finding| match left.get_mut(finding.identity().as_str()) {
                Some(count) if *count > 0 => {
                    *count = count.saturating_sub(1);
                    false
                }
                _ => true,
            })
            .collect();
        let known = before.saturating_sub(new.len());
        (new, known)
    }
}
