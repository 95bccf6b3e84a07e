//! The vendor's own Forge app while a story is played.

use std::path::PathBuf;
use std::sync::Arc;

use tokio::task::JoinHandle;

use crate::console::{ConsoleState, router};
use crate::error::Error;
use crate::forge::{ForgeApp, ForgeConfig, chromium};
use crate::lab::{Lab, listen};

/// The app, and the console that plays the product around its pages.
pub(super) struct VendorApp {
    pub(super) app: Arc<ForgeApp>,
    pub(super) console: String,
    pub(super) browser: Option<PathBuf>,
    pub(super) serving: JoinHandle<()>,
}

impl VendorApp {
    pub(super) async fn start(lab: &Arc<Lab>, config: &ForgeConfig) -> Result<Self, Error> {
        let app = ForgeApp::start(lab, config).await?;
        let (listener, console) = listen(0).await?;
        let state = ConsoleState {
            lab: Arc::clone(lab),
            port: listener.local_addr().map_or(0, |address| address.port()),
            frames: lab.pages_url().to_owned(),
            panel: "/panel".to_owned(),
            endpoint: "/forge/decisions".to_owned(),
            forge: Some(Arc::clone(&app)),
        };
        let router = router(state);
        let serving = tokio::spawn(async move {
            // serving on an open listener does not end
            let _ = axum::serve(listener, router).await;
        });
        Ok(Self {
            app,
            console,
            browser: chromium(),
            serving,
        })
    }
}

impl Drop for VendorApp {
    fn drop(&mut self) {
        self.serving.abort();
    }
}
