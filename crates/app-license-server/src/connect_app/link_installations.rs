//! Linking what was installed before links were written.

use app_license_store::Error;

use super::ConnectApp;
use crate::site_link::{Contested, link};

/// How many records are read at once.
const PAGE: usize = 100;

impl ConnectApp {
    /// Links the Forge installations of all customers to their records: once, before the first customer
    /// is on Forge, for those whose `installed` came before this version. From then on it happens with
    /// every `installed`. Answers how many links were written; run again, it writes none. A link that two
    /// customers name stays with the one who has it, unless the app is in use at the other's alone.
    ///
    /// # Errors
    /// What the store answers. It may be run again.
    pub async fn link_installations(&self) -> Result<usize, Error> {
        let store = &*self.0.store;
        let mut written = 0_usize;
        let mut after = None;
        loop {
            let page = store.list(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(written);
            };
            after = Some(last.key().clone());
            for customer in &page {
                written = written
                    .saturating_add(link(store, customer, Contested::Leave, self.now()).await?);
            }
        }
    }
}
