//! What the routes of the console share.

use std::sync::Arc;

use crate::forge::ForgeApp;
use crate::lab::Lab;

/// What the console serves.
#[derive(Debug, Clone)]
#[expect(
    clippy::exhaustive_structs,
    reason = "made by whoever serves the console"
)]
pub struct ConsoleState {
    /// The lab it shows and acts on.
    pub lab: Arc<Lab>,
    /// The port it is served on: the `Host` of every request must name it.
    pub port: u16,
    /// Where an iframe of the app may come from.
    pub frames: String,
    /// The page of the app that is shown as the Connect panel.
    pub panel: String,
    /// The endpoint of the app that its Forge page calls.
    pub endpoint: String,
    /// The vendor's own Forge app, where there is one.
    pub forge: Option<Arc<ForgeApp>>,
}
