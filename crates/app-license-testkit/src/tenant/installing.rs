//! Moves of the installation.

use crate::error::{Error, ErrorKind};
use crate::request::SignedRequest;
use crate::tenant::Tenant;
use crate::world::InstallationRecord;

impl Tenant {
    /// Installs the app: a new secret, a new installation id.
    ///
    /// # Errors
    /// `move` when it is installed.
    pub fn install(&self) -> Result<Vec<SignedRequest>, Error> {
        self.host.change(|world| {
            let secret = format!("TEST-SECRET-{}", world.ids.hex("secret"));
            let id = world.ids.uuid("installation");
            let tenant = world.tenant_mut(&self.site, &self.app)?;
            if tenant.installation.as_ref().is_some_and(|it| it.installed) {
                return Err(ErrorKind::Move {
                    what: "install the app",
                    why: "it is installed",
                }
                .into());
            }
            tenant.installation = Some(InstallationRecord {
                id,
                secret,
                previous_secret: tenant.installation.take().map(|it| it.secret),
                installed: true,
                enabled: true,
            });
            Ok(())
        })?;
        self.events(&["installed", "enabled"], "avi:forge:installed:app")
    }

    /// Uninstalls the app. A subscription goes on until it is cancelled or ends.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// assert_eq!(acme.uninstall()?.len(), 2);
    /// assert!(!acme.is_installed());
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn uninstall(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("uninstall the app", |installation, _| {
            installation.installed = false;
            installation.enabled = false;
        })?;
        self.connect_events(&["disabled", "uninstalled"])
    }

    /// Uninstalls a Forge app whose function tells its remote before: `preUninstall`, and what the
    /// platform sends of a Connect half.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// assert_eq!(acme.pre_uninstall()?[0].name(), "preUninstall");
    /// assert!(!acme.is_installed());
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn pre_uninstall(&self) -> Result<Vec<SignedRequest>, Error> {
        let mut events = self.forge_lifecycle("preUninstall")?;
        events.extend(self.uninstall()?);
        Ok(events)
    }

    /// Uninstalls the app when it is installed, and installs it: all the events of both.
    ///
    /// # Errors
    /// As [`Tenant::install`].
    pub fn reinstall(&self) -> Result<Vec<SignedRequest>, Error> {
        let mut events = if self.is_installed() {
            self.uninstall()?
        } else {
            Vec::new()
        };
        events.extend(self.install()?);
        Ok(events)
    }

    /// Deletes the site, or loses it: the app is gone from it and nobody is told.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn vanish(&self) -> Result<(), Error> {
        self.on_installed("lose the site", |installation, _| {
            installation.installed = false;
        })
    }

    /// Rotates the shared secret: `installed` again, with the new one.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let old = acme.shared_secret()?;
    /// assert_eq!(acme.rotate_secret()?.len(), 1);
    /// assert_eq!(acme.previous_secret()?, Some(old));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn rotate_secret(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("rotate the secret", |installation, fresh| {
            let secret = format!("TEST-SECRET-{fresh}");
            installation.previous_secret =
                Some(std::mem::replace(&mut installation.secret, secret));
        })?;
        self.connect_events(&["installed"])
    }

    /// Upgrades the app to another version.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn upgrade(&self, version: &str) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("upgrade the app", |_, _| {})?;
        let forge = self.host.change(|world| {
            let own = world.tenant_mut(&self.site, &self.app)?.own_app.is_some();
            let app = if own {
                world.tenant_mut(&self.site, &self.app)?.own_app.as_mut()
            } else {
                world.apps.get_mut(&self.app)
            };
            Ok(app.is_some_and(|app| {
                version.clone_into(&mut app.version);
                app.forge_id.is_some()
            }))
        })?;
        if forge {
            // Connect on Forge is not told about upgrades on its Connect side
            return self.forge_lifecycle("avi:forge:upgraded:app");
        }
        self.connect_events(&["installed", "enabled"])
    }

    /// Disables the app.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn disable(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("disable the app", |it, _| it.enabled = false)?;
        self.connect_events(&["disabled"])
    }

    /// Enables the app.
    ///
    /// # Errors
    /// `move` when it is not installed.
    pub fn enable(&self) -> Result<Vec<SignedRequest>, Error> {
        self.on_installed("enable the app", |it, _| it.enabled = true)?;
        self.connect_events(&["enabled"])
    }

    fn on_installed(
        &self,
        what: &'static str,
        change: impl FnOnce(&mut InstallationRecord, &str),
    ) -> Result<(), Error> {
        self.host.change(|world| {
            let fresh = world.ids.hex("secret");
            let tenant = world.tenant_mut(&self.site, &self.app)?;
            match tenant.installation.as_mut().filter(|it| it.installed) {
                Some(installation) => {
                    change(installation, &fresh);
                    Ok(())
                }
                None => Err(ErrorKind::Move {
                    what,
                    why: "it is not installed",
                }
                .into()),
            }
        })
    }

    fn events(&self, connect: &[&str], forge: &str) -> Result<Vec<SignedRequest>, Error> {
        let mut events = self.connect_events(connect)?;
        events.extend(self.forge_lifecycle(forge)?);
        Ok(events)
    }
}
