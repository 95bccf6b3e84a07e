//! Sites: a Jira or a Confluence of a customer.

use crate::error::{Error, ErrorKind};
use crate::host::MockHost;
use crate::product::Product;
use crate::request::SignedRequest;
use crate::world::SiteRecord;

/// A site of the mock platform. Made by [`MockHost::site`].
///
/// ```
/// use app_license_testkit::{MockHost, Product};
/// let host = MockHost::offline();
/// let docs = host.site("acme-docs", Product::Confluence)?;
/// assert_eq!(docs.base_url()?, "https://acme-docs.atlassian.net/wiki");
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Site {
    pub(crate) host: MockHost,
    pub(crate) name: String,
}

impl MockHost {
    /// A site, made when it is new: a lower-case name as the first label of its host.
    ///
    /// # Errors
    /// `invalid` when it is no name for a host.
    pub fn site(&self, name: &str, product: Product) -> Result<Site, Error> {
        self.change(|world| world.add_site(name, product))?;
        Ok(Site {
            host: self.clone(),
            name: name.to_owned(),
        })
    }

    /// Every site, in order of their names.
    #[must_use]
    pub fn sites(&self) -> Vec<Site> {
        let names: Vec<String> = self.world(|world| world.sites.keys().cloned().collect());
        names
            .into_iter()
            .map(|name| Site {
                host: self.clone(),
                name,
            })
            .collect()
    }
}

impl Site {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The tenant id: `clientKey` in bodies, `iss` in tokens. It does not follow from the name: see
    /// [`MockHost`].
    ///
    /// # Errors
    /// `unknown` never, for a site that was made by [`MockHost::site`].
    pub fn client_key(&self) -> Result<String, Error> {
        self.record(|record| record.client_key.clone())
    }

    /// The cloud id, which outlives installations.
    ///
    /// # Errors
    /// As [`Site::client_key`].
    pub fn cloud_id(&self) -> Result<String, Error> {
        self.record(|record| record.cloud_id.clone())
    }

    /// The product.
    ///
    /// # Errors
    /// As [`Site::client_key`].
    pub fn product(&self) -> Result<Product, Error> {
        self.record(|record| record.product)
    }

    /// The address that apps call.
    ///
    /// # Errors
    /// As [`Site::client_key`].
    pub fn base_url(&self) -> Result<String, Error> {
        self.host.read(|world| {
            let record = world.site(&self.name)?;
            Ok(self
                .host
                .base_url(&self.name, record, world.loopback_base_urls))
        })
    }

    /// Renames the site: a new address. `installed` is sent again for every Connect app installed
    /// on it; for Connect on Forge it then lacks `installationId`, as it does on the platform.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let events = acme.site().rename("acme-corp")?;
    /// assert_eq!(events[0].json()["baseUrl"], "https://acme-corp.atlassian.net");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `invalid` when it is no name for a host.
    pub fn rename(&self, to: &str) -> Result<Vec<SignedRequest>, Error> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if to.is_empty() || to.len() > 63 || !to.bytes().all(plain) {
            return Err(ErrorKind::Invalid {
                what: "site name",
                found: to.to_owned(),
            }
            .into());
        }
        self.change(|record| record.host = format!("{to}.atlassian.net"))?;
        self.announce()
    }

    /// Gives the site a custom domain: `displayUrl` differs from `baseUrl`. `installed` is sent
    /// again.
    ///
    /// # Errors
    /// As [`Site::client_key`].
    pub fn custom_domain(&self, url: &str) -> Result<Vec<SignedRequest>, Error> {
        self.change(|record| record.display_url = Some(url.to_owned()))?;
        self.announce()
    }

    /// Imports data into the site: a new `clientKey` for the same address, and `installed` again.
    ///
    /// ```
    /// use app_license_testkit::{MockHost, Product};
    /// let site = MockHost::offline().site("acme", Product::Jira)?;
    /// let before = site.client_key()?;
    /// site.import_data()?;
    /// assert_ne!(site.client_key()?, before);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Site::client_key`].
    pub fn import_data(&self) -> Result<Vec<SignedRequest>, Error> {
        self.host.change(|world| {
            let key = world.ids.uuid("client key");
            let record = world.sites.get_mut(&self.name);
            if let Some(record) = record {
                record.client_key = key;
            }
            Ok(())
        })?;
        self.announce()
    }

    fn announce(&self) -> Result<Vec<SignedRequest>, Error> {
        let mut events = Vec::new();
        for tenant in self.host.tenants_of(&self.name) {
            events.extend(tenant.resend_after_rename()?);
        }
        Ok(events)
    }

    fn record<T>(&self, read: impl FnOnce(&SiteRecord) -> T) -> Result<T, Error> {
        self.host.read(|world| world.site(&self.name).map(read))
    }

    fn change(&self, change: impl FnOnce(&mut SiteRecord)) -> Result<(), Error> {
        self.host.change(|world| {
            world.site(&self.name)?;
            if let Some(record) = world.sites.get_mut(&self.name) {
                change(record);
            }
            Ok(())
        })
    }
}
