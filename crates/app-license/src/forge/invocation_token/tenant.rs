//! Whether the claims of one token name one app, one installation and one site.

use crate::gate::json::Str;

use super::read::{Product, Read};
use crate::error::{Error, ErrorKind, shown};
use crate::find::split;
use crate::forge::IsolatedCloud;
use crate::ids::ForgeAppId;

impl<'p> Read<'p> {
    /// Whether `app.id` is this app.
    pub(super) fn is_from(&self, app: &ForgeAppId) -> bool {
        self.app.id == Some(Str::from(app.as_str()))
    }

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
        self.check_site()?;
        self.check_workspace()
    }

    /// A Bitbucket workspace is named by the front end's context and by the products of the
    /// installation, in braces or without.
    fn check_workspace(&self) -> Result<(), Error> {
        let Some(named) = self.context.workspace_id.map(bare_workspace) else {
            return Ok(());
        };
        let products = &self.app.contexts;
        let known = || products.iter().filter_map(|product| product.workspace_id);
        let mut workspaces = known().map(bare_workspace).peekable();
        // an installation that says where it is, and is in no workspace
        let elsewhere = workspaces.peek().is_none() && products.iter().any(|p| p.site().is_some());
        if elsewhere || (workspaces.peek().is_some() && !workspaces.any(|one| one == named)) {
            return Err(contradict(
                "context.workspaceId",
                "app.installation.contexts[].workspaceId",
            ));
        }
        Ok(())
    }

    /// Whether the call is from Bitbucket: its context names a workspace and no site, or the app's
    /// API is that of Bitbucket.
    fn is_from_bitbucket(&self) -> bool {
        let of_context = self.context.workspace_id.is_some() && self.context.cloud_id.is_none();
        of_context || self.app.api_base_url.is_some_and(is_bitbucket_api)
    }

    /// The Bitbucket workspace that the call is from: as the context names it, or that of the only
    /// product.
    pub(super) fn workspace_id(&self) -> Option<Str<'p>> {
        if let Some(named) = self.context.workspace_id {
            return Some(named);
        }
        if self.context.cloud_id.is_some() {
            return None;
        }
        let products = &self.app.contexts;
        let mut workspaces = products.iter().filter_map(|product| product.workspace_id);
        let first = workspaces.next();
        let only = first.filter(|first| {
            let first = bare_workspace(*first);
            workspaces.all(|other| bare_workspace(other) == first)
        });
        let no_site = products.iter().all(|product| product.site().is_none());
        only.filter(|_| no_site || self.is_from_bitbucket())
    }

    /// The site is named by the front end's context, by the base URL of the API, and by the
    /// products of the installation.
    fn check_site(&self) -> Result<(), Error> {
        let of_api = self.app.api_base_url.and_then(cloud_of_api);
        agree(
            ("context.cloudId", self.context.cloud_id),
            ("app.apiBaseUrl", of_api),
        )?;
        for product in &self.app.contexts {
            let of_api = product.api_base_url.and_then(cloud_of_api);
            agree(
                ("app.installation.contexts[].cloudId", product.cloud_id),
                ("app.installation.contexts[].apiBaseUrl", of_api),
            )?;
        }
        let sites = self.app.contexts.iter().filter_map(Product::site);
        if sites.clone().next().is_none() {
            return Ok(());
        }
        for (claim, site) in [
            ("context.cloudId", self.context.cloud_id),
            ("app.apiBaseUrl", of_api),
        ] {
            if site.is_some_and(|site| !sites.clone().any(|one| one == site)) {
                return Err(contradict(claim, "app.installation.contexts"));
            }
        }
        Ok(())
    }

    /// The site that the call is from: as the context or the API's base URL names it, or that of
    /// the only product.
    pub(super) fn cloud_id(&self) -> Option<Str<'p>> {
        // another product's site, where the same installation is in one as well
        if self.is_from_bitbucket() {
            return None;
        }
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
    let (_, path) = host_and_path(url.plain()?);
    let (ex, path) = split(path, b'/');
    let (product, path) = split(path, b'/');
    let (site, _) = split(path, b'/');
    let named = ex == "ex" && product != "bitbucket" && !site.is_empty();
    named.then(|| site.into())
}

/// Whether a base URL of the API is that of Bitbucket.
fn is_bitbucket_api(url: Str<'_>) -> bool {
    let (host, path) = host_and_path(url.plain().unwrap_or_default());
    let (ex, path) = split(path, b'/');
    let (product, _) = split(path, b'/');
    host == "api.bitbucket.org" || (ex == "ex" && product == "bitbucket")
}

/// The host of a URL, and what follows the slash behind it.
fn host_and_path(url: &str) -> (&str, &str) {
    let (_scheme, rest) = split(url, b'/');
    let (_nothing, rest) = split(rest, b'/');
    split(rest, b'/')
}

/// The id of a workspace, which is written in braces or without.
fn bare_workspace(id: Str<'_>) -> Str<'_> {
    let plain = id.plain();
    let inner = plain.and_then(|id| id.strip_prefix('{')?.strip_suffix('}'));
    inner.map_or(id, Str::from)
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
