//! Whether the claims of one token name one app, one installation and one site.

use app_license_gate::json::Str;

use super::read::{Product, Read};
use crate::error::{Error, ErrorKind};
use crate::forge::IsolatedCloud;
use crate::ids::{ForgeAppId, shown};

impl<'p> Read<'p> {
    /// Checks that claims which name the same thing name it alike, wherever two of them do.
    pub(super) fn check_tenant(&self, app: &ForgeAppId) -> Result<(), Error> {
        let id = self
            .app
            .id
            .ok_or(ErrorKind::ClaimMissing { claim: "app.id" })?;
        if id != Str::from(app.as_str()) {
            return Err(contradict("app.id", "aud"));
        }
        let installation = self.app.installation_id.or(self.app.installation);
        for (claim, named) in [
            ("app.installation.id", self.app.installation),
            ("context.installationId", self.context.installation_id),
            ("context.installation", self.context.installation),
        ] {
            agree(
                (claim, named.map(bare_id)),
                ("app.installationId", installation.map(bare_id)),
            )?;
        }
        self.check_site()
    }

    /// The site is named by the front end's context, by the base URL of the API, and by the
    /// products of the installation.
    fn check_site(&self) -> Result<(), Error> {
        let of_api = self.app.api_base_url.and_then(cloud_of_api);
        agree(
            ("context.cloudId", self.context.cloud_id),
            ("app.apiBaseUrl", of_api),
        )?;
        let mut products = Vec::new();
        for product in &self.app.contexts {
            let of_api = product.api_base_url.and_then(cloud_of_api);
            agree(
                ("app.installation.contexts[].cloudId", product.cloud_id),
                ("app.installation.contexts[].apiBaseUrl", of_api),
            )?;
            products.extend(product.site());
        }
        if products.is_empty() {
            return Ok(());
        }
        for (claim, site) in [
            ("context.cloudId", self.context.cloud_id),
            ("app.apiBaseUrl", of_api),
        ] {
            if site.is_some_and(|site| !products.contains(&site)) {
                return Err(contradict(claim, "app.installation.contexts"));
            }
        }
        Ok(())
    }

    /// The site that the call is from: as the context or the API's base URL names it, or that of
    /// the only product.
    pub(super) fn cloud_id(&self) -> Option<Str<'p>> {
        let of_api = self.app.api_base_url.and_then(cloud_of_api);
        let mut products = self.app.contexts.iter().filter_map(Product::site);
        let first = products.next();
        let only = first.filter(|first| products.all(|other| other == *first));
        self.context.cloud_id.or(of_api).or(only)
    }

    pub(super) fn check_isolated_cloud(
        &self,
        configured: Option<&IsolatedCloud>,
    ) -> Result<(), Error> {
        match (self.ic_label, configured) {
            (None, None) => Ok(()),
            (None, Some(_)) => Err(ErrorKind::ClaimMissing { claim: "icLabel" }.into()),
            (Some(label), configured) => {
                // its shape first: it is the sender's, and some would put it into a URL
                let label = label.to_string();
                let known = IsolatedCloud::new(&label).ok();
                if known.is_some() && known.as_ref() == configured {
                    return Ok(());
                }
                Err(ErrorKind::IsolatedCloud {
                    found: shown(&label),
                }
                .into())
            }
        }
    }
}

impl<'p> Product<'p> {
    /// The site, where it is named.
    fn site(&self) -> Option<Str<'p>> {
        let of_api = || self.api_base_url.and_then(cloud_of_api);
        self.cloud_id.or_else(of_api)
    }
}

/// The site in a base URL of the API: `https://api.atlassian.com/ex/{product}/{cloudId}`.
fn cloud_of_api(url: Str<'_>) -> Option<Str<'_>> {
    // scheme, nothing, host, `ex`, product, site
    let mut parts = url.plain()?.split('/').skip(3);
    if parts.next() != Some("ex") {
        return None;
    }
    let site = parts.nth(1)?;
    (!site.is_empty()).then(|| site.into())
}

/// The id in an ARI of an installation, which may be named without what goes before.
fn bare_id(installation: Str<'_>) -> Str<'_> {
    let ari = installation.plain();
    let id = ari.and_then(|ari| ari.strip_prefix("ari:cloud:ecosystem::installation/"));
    id.map_or(installation, Str::from)
}

type Named<'p> = (&'static str, Option<Str<'p>>);

fn agree(one: Named<'_>, other: Named<'_>) -> Result<(), Error> {
    match (one.1, other.1) {
        (Some(a), Some(b)) if a != b => Err(contradict(one.0, other.0)),
        _ => Ok(()),
    }
}

fn contradict(one: &'static str, other: &'static str) -> Error {
    ErrorKind::ClaimsContradict { one, other }.into()
}
