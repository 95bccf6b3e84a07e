//! A look at the app's page in a real browser, for a scenario.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::process::Command;
use tokio::sync::oneshot;

use super::ForgeApp;
use super::looks::Seen;
use crate::error::Error;

/// What Chromium is called.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "msedge",
];
/// Where it is on systems that keep programs apart.
const PLACES: [&str; 2] = [
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
/// How long a page may take until it stands still.
const PATIENCE: Duration = Duration::from_secs(45);

/// The browser: `CHROMIUM`, or the first of its usual names; `None` where there is none.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("CHROMIUM") {
        return Some(PathBuf::from(named)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let ending = std::env::consts::EXE_SUFFIX;
    let named = std::env::split_paths(&path)
        .flat_map(|folder| NAMES.map(|name| folder.join(format!("{name}{ending}"))));
    let placed = PLACES.into_iter().map(PathBuf::from);
    named.chain(placed).find(|path| path.is_file())
}

impl ForgeApp {
    /// Opens a module's page in the browser and says of each selector whether it is `visible` or
    /// `hidden` once the page stands still.
    ///
    /// # Errors
    /// When the browser cannot be started, a selector is none, or the page does not stand still.
    pub(crate) async fn look(
        &self,
        browser: &Path,
        console: &str,
        site: &str,
        module: Option<&str>,
        selectors: &[&str],
    ) -> Result<Vec<String>, Error> {
        let shown = self.manifest.pages.iter().find(|page| match module {
            Some(key) => page.key == key,
            None => !page.native,
        });
        let missing = || Error::Option("the manifest has no such module with a page".to_owned());
        let module = &shown.ok_or_else(missing)?.key;
        let (sender, receiver) = oneshot::channel();
        let id = {
            let mut state = self.state();
            state.looks.last = state.looks.last.saturating_add(1);
            let id = state.looks.last;
            state.looks.waiting.insert(id, sender);
            id
        };
        let selectors = serde_json::to_string(selectors).unwrap_or_default();
        let mut url = url::Url::parse(console)
            .and_then(|url| url.join("look"))
            .map_err(|error| Error::Lab(error.to_string()))?;
        url.query_pairs_mut()
            .append_pair("id", &id.to_string())
            .append_pair("site", site)
            .append_pair("module", module)
            .append_pair("selectors", &selectors);
        let profile = Profile::make()?;
        let mut command = Command::new(browser);
        command
            .args(["--headless=new", "--no-first-run", "--disable-gpu"])
            .args(["--disable-extensions", "--disable-background-networking"])
            .args(["--disable-dev-shm-usage", "--window-size=1280,900"])
            .arg(format!("--user-data-dir={}", profile.0.display()))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .kill_on_drop(true);
        if is_root() {
            // Chromium's own sandbox refuses the administrator; the page is the vendor's own
            command.arg("--no-sandbox");
        }
        let child = command.arg(url.as_str()).spawn();
        let mut child = child.map_err(|error| {
            Error::Lab(format!("cannot start `{}`: {error}", browser.display()))
        })?;
        let seen = tokio::time::timeout(PATIENCE, receiver).await;
        let _ = child.kill().await;
        self.state().looks.waiting.remove(&id);
        match seen {
            Ok(Ok(Seen {
                error: None, found, ..
            })) => Ok(found),
            Ok(Ok(Seen { error, .. })) => Err(Error::Scenario(format!(
                "the page cannot be looked at: {}",
                error.unwrap_or_default()
            ))),
            _ => Err(Error::Lab(format!(
                "the page of {module} did not stand still within {} s",
                PATIENCE.as_secs()
            ))),
        }
    }

    /// The browser has seen something.
    pub(crate) fn seen(&self, seen: Seen) {
        let waiting = self.state().looks.waiting.remove(&seen.id);
        if let Some(sender) = waiting {
            // somebody who no longer waits has given up
            let _ = sender.send(seen);
        }
    }
}

/// A folder for the browser, removed when it is dropped.
struct Profile(PathBuf);

impl Profile {
    fn make() -> Result<Self, Error> {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("app-license-lab-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        // one that is there already is another's
        std::fs::create_dir(&path).map_err(|error| {
            Error::Lab(format!(
                "cannot make the folder `{}`: {error}",
                path.display()
            ))
        })?;
        Ok(Self(path))
    }
}

impl Drop for Profile {
    fn drop(&mut self) {
        // a browser that is still ending may hold a file of it
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt as _;
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

#[cfg(not(unix))]
const fn is_root() -> bool {
    false
}
