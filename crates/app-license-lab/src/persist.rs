//! The world on disk, beside the app's store, so that a second start continues.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use super::lab::{Lab, SavedLab, Start};
use crate::error::Error;

/// More than a thousand sites take, in bytes.
const MAX_WORLD: u64 = 64 << 20;
/// Changes within this time are written at once.
const PAUSE: Duration = Duration::from_millis(300);

/// Reads the world; `None` where there is none yet.
///
/// # Errors
/// When the file cannot be read, is larger than 64 MiB, or is not a world of this version.
///
/// ```
/// let none = app_license_lab::persist::read(std::path::Path::new("no-such-world.json"))?;
/// assert!(none.is_none());
/// # Ok::<(), app_license_lab::Error>(())
/// ```
pub fn read(path: &Path) -> Result<Option<Start>, Error> {
    if !path.exists() {
        return Ok(None);
    }
    let bytes = read_bounded(path)?;
    let saved: SavedLab = serde_json::from_slice(&bytes).map_err(|error| {
        let path = path.display();
        Error::Lab(format!(
            "`{path}` is no world of this version ({error}); move it away to begin anew"
        ))
    })?;
    Ok(Some(Start::Saved(Box::new(saved))))
}

fn read_bounded(path: &Path) -> Result<Vec<u8>, Error> {
    let failed =
        |source: std::io::Error| Error::Lab(format!("cannot read `{}`: {source}", path.display()));
    let file = std::fs::File::open(path).map_err(failed)?;
    let mut bytes = Vec::new();
    std::io::Read::read_to_end(
        &mut std::io::Read::take(file, MAX_WORLD.saturating_add(1)),
        &mut bytes,
    )
    .map_err(failed)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length <= MAX_WORLD) {
        return Ok(bytes);
    }
    Err(Error::Lab(format!(
        "`{}` holds more than {MAX_WORLD} bytes",
        path.display()
    )))
}

/// One writer at a time: the last write, at the end, may meet one that is under way.
static WRITING: Mutex<()> = Mutex::new(());

/// Writes the world: to a new file that then takes the old one's place.
///
/// # Errors
/// When the file cannot be written.
///
/// ```no_run
/// # fn save(lab: &app_license_lab::Lab) -> Result<(), app_license_lab::Error> {
/// app_license_lab::persist::write(lab, std::path::Path::new("world.json"))
/// # }
/// ```
pub fn write(lab: &Lab, path: &Path) -> Result<(), Error> {
    let _alone = WRITING.lock().unwrap_or_else(PoisonError::into_inner);
    let text = serde_json::to_string(&lab.saved()?).map_err(|e| Error::Lab(e.to_string()))?;
    replace(path, text.as_bytes())
}

/// Writes a file in one step, for its owner alone where the system knows owners.
///
/// # Errors
/// When the folder or the file cannot be written.
///
/// ```
/// let file = std::env::temp_dir().join("app-license-lab-doc").join("note.txt");
/// app_license_lab::persist::replace(&file, b"text")?;
/// assert_eq!(std::fs::read(&file).ok(), Some(b"text".to_vec()));
/// # Ok::<(), app_license_lab::Error>(())
/// ```
pub fn replace(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    let failed =
        |source: std::io::Error| Error::Lab(format!("cannot write `{}`: {source}", path.display()));
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
///
/// ```no_run
/// # async fn start(lab: std::sync::Arc<app_license_lab::Lab>) {
/// let saving = tokio::spawn(app_license_lab::persist::save_on_change(lab, "world.json".into()));
/// saving.abort();
/// # }
/// ```
pub async fn save_on_change(lab: Arc<Lab>, path: PathBuf) {
    let mut news = lab.subscribe();
    while news.changed().await.is_ok() {
        tokio::time::sleep(PAUSE).await;
        news.borrow_and_update();
        let (lab, path) = (Arc::clone(&lab), path.clone());
        // the next change, or the end, tries again
        let _ = tokio::task::spawn_blocking(move || write(&lab, &path)).await;
    }
}
