//! The world on disk, beside the app's store, so that a second start continues.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::bench::{Lab, Saved, Start};
use crate::fault::Fault;
use crate::io::read_file;

/// More than a thousand sites take, in bytes.
const MAX_WORLD: usize = 64 << 20;
/// Changes within this time are written at once.
const PAUSE: Duration = Duration::from_millis(300);

/// Reads the world; `None` where there is none yet.
pub(crate) fn read(path: &Path) -> Result<Option<Start>, Fault> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_file(path, MAX_WORLD)?;
    let saved: Saved = serde_json::from_slice(&bytes).map_err(|error| {
        let path = path.display();
        Fault::Lab(format!(
            "`{path}` is no world of this version ({error}); move it away to begin anew"
        ))
    })?;
    Ok(Some(Start::Saved(Box::new(saved))))
}

/// One writer at a time: the last write, at the end, may meet one that is under way.
static WRITING: Mutex<()> = Mutex::new(());

/// Writes the world: to a new file that then takes the old one's place.
pub(crate) fn write(lab: &Lab, path: &Path) -> Result<(), Fault> {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = serde_json::to_string(&lab.saved()?).map_err(|e| Fault::Json(e.to_string()))?;
    replace(path, text.as_bytes())
}

/// Writes a file in one step, for its owner alone where the system knows owners.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> Result<(), Fault> {
    let failed =
        |source: std::io::Error| Fault::Lab(format!("cannot write `{}`: {source}", path.display()));
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&new).map_err(failed)?;
    std::io::Write::write_all(&mut file, bytes).map_err(failed)?;
    file.sync_all().map_err(failed)?;
    std::fs::rename(&new, path).map_err(failed)
}

/// Writes the world whenever it has changed, until the task is dropped.
pub(crate) async fn keep(lab: Arc<Lab>, path: PathBuf) {
    let mut news = lab.follow();
    while news.changed().await.is_ok() {
        tokio::time::sleep(PAUSE).await;
        news.borrow_and_update();
        let (lab, path) = (Arc::clone(&lab), path.clone());
        // the next change, or the end, tries again
        let _ = tokio::task::spawn_blocking(move || write(&lab, &path)).await;
    }
}
