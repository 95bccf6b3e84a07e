//! Serving an installation no more, as its vendor decides.

use app_license::{Event, InstallationAri};

use super::ForgeRemote;
use crate::operations::UNAVAILABLE;
use crate::rejection::Rejection;

impl ForgeRemote {
    /// Serves the installation no more: its proved invocations are answered 403, `tenant_blocked`,
    /// whatever the platform says; its events are stored as before. One that is linked to a customer of the
    /// Connect app is blocked with the customer. False where it was blocked before, or nothing is known of
    /// it. Replicas notice after five seconds.
    ///
    /// ```
    /// use app_license_server::core::InstallationAri;
    /// use app_license_server::{ForgeRemote, MemoryStore};
    /// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
    /// let remote = ForgeRemote::builder("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?
    ///     .store(MemoryStore::new())
    ///     .build()?;
    /// let of = InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1")?;
    /// assert!(!remote.block(&of).await?, "nobody installed it");
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    ///
    /// # Errors
    /// 503 when the store is out of reach, or the remote has none.
    pub async fn block(&self, installation: &InstallationAri) -> Result<bool, Rejection> {
        self.apply_own(installation, Event::Block).await
    }

    /// Serves a blocked installation again. True when it was blocked.
    ///
    /// # Errors
    /// As [`ForgeRemote::block`].
    pub async fn unblock(&self, installation: &InstallationAri) -> Result<bool, Rejection> {
        self.apply_own(installation, Event::Unblock).await
    }

    async fn apply_own(&self, of: &InstallationAri, event: Event) -> Result<bool, Rejection> {
        let Some(installations) = &self.0.installations else {
            let what = "the remote has no store";
            return Err(Rejection::could_not_check(what, UNAVAILABLE));
        };
        let changed = installations.apply_own(of, event, self.now()).await;
        changed.map_err(|e| Rejection::store(&e))
    }
}
