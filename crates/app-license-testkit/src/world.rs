//! Everything the mock platform knows, in one value that can be stored and restored.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::app::App;
use crate::bytes::Ids;
use crate::entitlement::Entitlement;
use crate::error::{Error, ErrorKind};
use crate::keys::SigningKey;
use crate::product::Product;

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct World {
    pub(crate) ids: Ids,
    pub(crate) sites: BTreeMap<String, SiteRecord>,
    pub(crate) apps: BTreeMap<String, App>,
    /// By site, then by app.
    pub(crate) tenants: BTreeMap<String, BTreeMap<String, TenantRecord>>,
    pub(crate) install_keys: KeyRing,
    pub(crate) forge_keys: KeyRing,
    pub(crate) loopback_base_urls: bool,
    pub(crate) spelling: Spelling,
    pub(crate) resend_on_edition_change: bool,
}

/// Which spellings of the active flag Forge uses toward functions and remotes.
///
/// `isActive` was announced for removal after 17 Oct 2026; whether it is gone is not known.
///
/// ```
/// use app_license_testkit::Spelling;
/// assert_ne!(Spelling::Both, Spelling::Active);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Spelling {
    /// `active` alone.
    Active,
    /// `isActive` alone, as before April 2026.
    IsActive,
    /// Both, which agree.
    Both,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct SiteRecord {
    pub(crate) product: Product,
    pub(crate) client_key: String,
    pub(crate) cloud_id: String,
    /// `acme.atlassian.net`
    pub(crate) host: String,
    pub(crate) display_url: Option<String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TenantRecord {
    pub(crate) entitlement: Entitlement,
    pub(crate) installation: Option<InstallationRecord>,
    /// The version of the app that this site has taken, where others have another.
    #[serde(default)]
    pub(crate) own_app: Option<App>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct InstallationRecord {
    /// The UUID of the Forge installation.
    pub(crate) id: String,
    pub(crate) secret: String,
    pub(crate) previous_secret: Option<String>,
    pub(crate) installed: bool,
    pub(crate) enabled: bool,
}

impl std::fmt::Debug for InstallationRecord {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("InstallationRecord")
            .field("id", &self.id)
            .field("installed", &self.installed)
            .finish_non_exhaustive()
    }
}

/// The keys of one purpose: the last one signs, all of them are served.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct KeyRing {
    prefix: String,
    keys: Vec<StoredKey>,
    made: u32,
}

#[derive(Clone)]
struct StoredKey(SigningKey);

impl Serialize for StoredKey {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        (self.0.id(), self.0.private_pem()).serialize(s)
    }
}

impl<'de> Deserialize<'de> for StoredKey {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let (id, pem) = <(String, String)>::deserialize(d)?;
        SigningKey::from_pem(&id, &pem)
            .map(Self)
            .map_err(serde::de::Error::custom)
    }
}

impl KeyRing {
    pub(crate) fn new(prefix: &str, key: &SigningKey) -> Self {
        Self {
            prefix: prefix.to_owned(),
            keys: vec![StoredKey(key.renamed(&format!("{prefix}-1")))],
            made: 1,
        }
    }

    pub(crate) fn current(&self) -> Result<SigningKey, Error> {
        let key = self.keys.last().map(|stored| stored.0.clone());
        key.ok_or_else(|| ErrorKind::Key.into())
    }

    pub(crate) fn find(&self, id: &str) -> Option<&SigningKey> {
        self.iter().find(|key| key.id() == id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &SigningKey> {
        self.keys.iter().map(|stored| &stored.0)
    }

    pub(crate) fn rotate(&mut self, keep_old: bool) -> Result<String, Error> {
        self.made = self.made.saturating_add(1);
        let id = format!("{}-{}", self.prefix, self.made);
        let key = SigningKey::generate(&id)?;
        if !keep_old {
            self.keys.clear();
        }
        self.keys.push(StoredKey(key));
        Ok(id)
    }
}

impl std::fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list()
            .entries(self.iter().map(SigningKey::id))
            .finish()
    }
}

impl World {
    pub(crate) fn new(seed: u64) -> Result<Self, Error> {
        Ok(Self {
            ids: Ids::new(seed),
            sites: BTreeMap::new(),
            apps: BTreeMap::new(),
            tenants: BTreeMap::new(),
            install_keys: KeyRing::new("test", &SigningKey::shipped_first()?),
            forge_keys: KeyRing::new("test-forge", &SigningKey::shipped_second()?),
            loopback_base_urls: false,
            spelling: Spelling::Both,
            resend_on_edition_change: false,
        })
    }

    /// The JWKS of Forge: every key of the ring.
    pub(crate) fn jwks(&self) -> Value {
        let keys: Vec<Value> = self.forge_keys.iter().map(SigningKey::public_jwk).collect();
        json!({ "keys": keys })
    }

    pub(crate) fn add_site(&mut self, name: &str, product: Product) -> Result<(), Error> {
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if name.is_empty() || name.len() > 63 || !name.bytes().all(plain) {
            return Err(ErrorKind::Invalid {
                what: "site name",
                found: name.to_owned(),
            }
            .into());
        }
        if !self.sites.contains_key(name) {
            let record = SiteRecord {
                product,
                client_key: self.ids.uuid("client key"),
                cloud_id: self.ids.uuid("cloud"),
                host: format!("{name}.atlassian.net"),
                display_url: None,
            };
            self.sites.insert(name.to_owned(), record);
        }
        Ok(())
    }

    pub(crate) fn add_tenant(&mut self, app: &App, site: &str) -> Result<(), Error> {
        self.add_site(site, Product::Jira)?;
        self.apps.insert(app.name().to_owned(), app.clone());
        let known = self.tenants.entry(site.to_owned()).or_default();
        if let Some(own) = known.get_mut(app.name()).and_then(|it| it.own_app.as_mut()) {
            own.base_url.clone_from(&app.base_url);
        }
        if !known.contains_key(app.name()) {
            let number = self.ids.hex("entitlement number").to_ascii_uppercase();
            let digits: String = number.chars().take(9).collect();
            let record = TenantRecord {
                entitlement: Entitlement::new(
                    self.ids.uuid("entitlement"),
                    format!("E-{digits}"),
                    format!("SEN-{digits}"),
                ),
                installation: None,
                own_app: None,
            };
            let known = self.tenants.entry(site.to_owned()).or_default();
            known.insert(app.name().to_owned(), record);
        }
        Ok(())
    }

    pub(crate) fn site(&self, name: &str) -> Result<&SiteRecord, Error> {
        self.sites.get(name).ok_or_else(|| unknown("site", name))
    }

    pub(crate) fn app(&self, name: &str) -> Result<&App, Error> {
        self.apps.get(name).ok_or_else(|| unknown("app", name))
    }

    /// The app as this site has it.
    pub(crate) fn app_of(&self, site: &str, app: &str) -> Result<&App, Error> {
        match &self.tenant(site, app)?.own_app {
            Some(own) => Ok(own),
            None => self.app(app),
        }
    }

    pub(crate) fn tenant(&self, site: &str, app: &str) -> Result<&TenantRecord, Error> {
        let apps = self
            .tenants
            .get(site)
            .ok_or_else(|| unknown("site", site))?;
        apps.get(app).ok_or_else(|| unknown("app", app))
    }

    pub(crate) fn tenant_mut(&mut self, site: &str, app: &str) -> Result<&mut TenantRecord, Error> {
        let apps = self
            .tenants
            .get_mut(site)
            .ok_or_else(|| unknown("site", site))?;
        apps.get_mut(app).ok_or_else(|| unknown("app", app))
    }

    /// The installation of an app on a site, there or gone.
    pub(crate) fn installation(&self, site: &str, app: &str) -> Result<&InstallationRecord, Error> {
        let record = self.tenant(site, app)?.installation.as_ref();
        record.ok_or_else(|| {
            ErrorKind::NotInstalled {
                app: app.to_owned(),
                site: site.to_owned(),
            }
            .into()
        })
    }
}

fn unknown(what: &'static str, found: &str) -> Error {
    ErrorKind::Unknown {
        what,
        found: found.to_owned(),
    }
    .into()
}
