//! Files of the app's own folder, and nothing outside it.

use std::path::{Path, PathBuf};

use crate::error::Error;

/// The platform's limit for a resource, in bytes.
const MAX_FILE: u64 = 100 << 20;
/// The longest path.
const MAX_PATH: usize = 1024;

/// A folder whose files are read by the names that a browser asks for.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    /// Without links in it.
    root: PathBuf,
}

impl Folder {
    /// # Errors
    /// When it is no folder.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        let shown = path.display();
        let root = path
            .canonicalize()
            .map_err(|error| Error::Option(format!("cannot open the folder `{shown}`: {error}")))?;
        if !root.is_dir() {
            return Err(Error::Option(format!("`{shown}` is no folder")));
        }
        Ok(Self { root })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    /// Where a file is; `None` when there is none, its name is hidden, or a part of the name or a
    /// link leads out of the folder.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        let plain = |part: &str| {
            !part.is_empty() && !part.starts_with('.') && !part.contains(['\\', ':', '\0'])
        };
        if name.len() > MAX_PATH || !name.split('/').all(plain) {
            return None;
        }
        let found = self.root.join(name).canonicalize().ok()?;
        (found.starts_with(&self.root) && found.is_file()).then_some(found)
    }

    /// The bytes of a file, and its type by its name.
    pub(super) fn read(&self, name: &str) -> Option<(Vec<u8>, &'static str)> {
        let path = self.find(name)?;
        if path.metadata().ok()?.len() > MAX_FILE {
            return None;
        }
        let bytes = std::fs::read(&path).ok()?;
        Some((bytes, kind(name)))
    }
}

/// The media type of a file.
fn kind(name: &str) -> &'static str {
    let end = name.rsplit('.').next().unwrap_or_default();
    match end.to_ascii_lowercase().as_str() {
        "html" | "htm" => "text/html; charset=utf-8",
        "js" | "mjs" | "cjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "gif" => "image/gif",
        "webp" => "image/webp",
        "avif" => "image/avif",
        "ico" => "image/x-icon",
        "woff" => "font/woff",
        "woff2" => "font/woff2",
        "ttf" => "font/ttf",
        "wasm" => "application/wasm",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_leads_out_of_the_folder() {
        let base =
            std::env::temp_dir().join(format!("app-license-lab-files-{}", std::process::id()));
        let inside = base.join("inside");
        std::fs::create_dir_all(inside.join("assets")).unwrap();
        std::fs::write(base.join("secret.txt"), "outside").unwrap();
        std::fs::write(inside.join("index.html"), "<p>").unwrap();
        std::fs::write(inside.join(".env"), "hidden").unwrap();
        std::fs::write(inside.join("assets/app.js"), "1").unwrap();
        let folder = Folder::open(&inside).unwrap();
        assert!(
            folder
                .read("index.html")
                .unwrap()
                .1
                .starts_with("text/html")
        );
        assert!(folder.read("assets/app.js").is_some());
        for name in [
            "../secret.txt",
            "assets/../../secret.txt",
            "./index.html",
            "/etc/passwd",
            "",
            "assets",
            ".env",
            "assets\\..\\..\\secret.txt",
            "C:secret.txt",
            "index.html\0",
        ] {
            assert!(folder.read(name).is_none(), "{name}");
        }
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(base.join("secret.txt"), inside.join("link.txt")).unwrap();
            assert!(folder.read("link.txt").is_none());
        }
        std::fs::remove_dir_all(base).unwrap();
    }

    #[test]
    fn a_file_is_no_folder() {
        assert!(Folder::open(Path::new("Cargo.toml")).is_err());
        assert!(Folder::open(Path::new("no-such-folder")).is_err());
    }
}
