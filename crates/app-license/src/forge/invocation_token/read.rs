//! Reading the claims of an invocation token: strict in type, open to new claims.

use std::sync::Arc;

use crate::gate::facts::State;
use crate::gate::json::{Kind, Str, Value};

use super::token::{InvocationToken, ProductContext};
use crate::document::{ReadError, name_of};
use crate::error::{Error, ErrorKind};
use crate::forge::UserAccess;
use crate::ids::{CloudId, ForgeAppId, InstallationAri};
use crate::jwt::{ClaimScanner, Claims, Leeway, Validity};
use crate::license::License;
use crate::license_source::LicenseSource;
use crate::open_text::EnvironmentType;
use crate::shared_text::SharedJson;

/// The kinds of modules that the platform itself calls, as a manifest names them. Tokens name
/// them with `core:` before it.
const TRIGGERS: [&str; 5] = [
    "trigger",
    "scheduledTrigger",
    "preUninstall",
    "consumer",
    "webtrigger",
];

/// The most products one installation is in.
const MAX_CONTEXTS: usize = 64;

/// The claims beside the registered ones, as the sender wrote them.
#[derive(Default)]
pub(super) struct Read<'p> {
    pub(super) app: App<'p>,
    pub(super) context: Context<'p>,
    pub(super) principal: Option<Str<'p>>,
    pub(super) ic_label: Option<Str<'p>>,
}

/// `app`
#[derive(Default)]
pub(super) struct App<'p> {
    pub(super) id: Option<Str<'p>>,
    pub(super) installation_id: Option<Str<'p>>,
    pub(super) api_base_url: Option<Str<'p>>,
    app_version: Option<Str<'p>>,
    environment_type: Option<Str<'p>>,
    environment_id: Option<Str<'p>>,
    module_type: Option<Str<'p>>,
    module_key: Option<Str<'p>>,
    /// `app.installation.id`
    pub(super) installation: Option<Str<'p>>,
    pub(super) contexts: Vec<Product<'p>>,
    license: Option<License>,
}

/// One of `app.installation.contexts`
#[derive(Default)]
pub(super) struct Product<'p> {
    name: Option<Str<'p>>,
    pub(super) api_base_url: Option<Str<'p>>,
    pub(super) cloud_id: Option<Str<'p>>,
    pub(super) workspace_id: Option<Str<'p>>,
}

/// `context`, which calls from a user interface have, and those of lifecycle triggers
#[derive(Default)]
pub(super) struct Context<'p> {
    pub(super) cloud_id: Option<Str<'p>>,
    pub(super) workspace_id: Option<Str<'p>>,
    pub(super) installation_id: Option<Str<'p>>,
    /// `context.installation`, or the id in it
    pub(super) installation: Option<Str<'p>>,
    site_url: Option<Str<'p>>,
    module_key: Option<Str<'p>>,
    user_access: Option<UserAccess>,
}

impl<'p> Read<'p> {
    /// Takes one claim.
    pub(super) fn claim(&mut self, s: &mut ClaimScanner<'p>, key: Str<'p>) -> Result<(), Error> {
        let read = match &*name_of(key) {
            "app" => object(s, "app", |s, key| self.app.field(s, key)),
            "context" => object(s, "context", |s, key| self.context.field(s, key)),
            "principal" => text(s, "principal", &mut self.principal),
            "icLabel" => text(s, "icLabel", &mut self.ic_label),
            _ => s.value().map(drop).map_err(Into::into),
        };
        read.map_err(|fault| match fault {
            ReadError::Json(error) => Claims::fault(error),
            ReadError::Said(error) => error,
        })
    }

    pub(super) fn into_token(
        self,
        app_id: Arc<ForgeAppId>,
        validity: Validity,
        leeway: Leeway,
        jti: Option<Str<'p>>,
        kept: &SharedJson<'p>,
    ) -> Result<InvocationToken, Error> {
        let installation = self.app.installation_id.or(self.app.installation);
        let installation = installation.ok_or(ErrorKind::ClaimMissing {
            claim: "app.installationId",
        })?;
        let cloud_id = self.cloud_id();
        let workspace_id = self.workspace_id();
        let from_user_interface = self.is_from_user_interface();
        let app = self.app;
        let text = |text: Option<Str<'p>>| text.map(|text| kept.part(text));
        let environment_type = app.environment_type;
        let environment_type = environment_type.map(|kind| EnvironmentType::new(&name_of(kind)));
        let license = app
            .license
            .unwrap_or_else(|| License::absent(LicenseSource::ForgeInvocationToken))
            .at(validity.iat)
            .with_user_access(self.context.user_access);
        let license = match &environment_type {
            Some(environment) => license.in_environment(environment.clone()),
            None => license,
        };
        let contexts: Result<Vec<_>, Error> =
            app.contexts.iter().map(|one| one.kept(kept)).collect();
        Ok(InvocationToken {
            app: app_id,
            installation: InstallationAri::new(name_of(installation))?,
            environment_type,
            environment_id: text(app.environment_id),
            module_key: text(app.module_key.or(self.context.module_key)),
            module_type: text(app.module_type),
            app_version: text(app.app_version),
            api_base_url: text(app.api_base_url),
            contexts: contexts?,
            cloud_id: cloud_id.map(cloud).transpose()?,
            workspace_id: text(workspace_id),
            site_url: text(self.context.site_url),
            principal: text(self.principal),
            user_access: self.context.user_access,
            from_user_interface,
            jti: text(jti),
            issued_at: validity.iat,
            expires_at: validity.exp,
            proves_until: validity.proves_until(leeway),
            license,
        })
    }
}

impl Read<'_> {
    /// Whether a user's browser chose path and body of the request. It did when a user is named,
    /// or when the module that calls is neither of the platform's own kinds (`core:…`) nor a
    /// trigger; either sign is enough. A `context` is none: tokens of lifecycle triggers have one.
    /// A module without a type is of no known kind.
    fn is_from_user_interface(&self) -> bool {
        let platform = |kind: Str<'_>| {
            let kind = name_of(kind);
            kind.starts_with("core:") || TRIGGERS.contains(&&*kind)
        };
        self.principal.is_some() || !self.app.module_type.is_some_and(platform)
    }
}

impl<'p> App<'p> {
    fn field(&mut self, s: &mut ClaimScanner<'p>, key: &str) -> Result<(), ReadError> {
        match key {
            "id" => text(s, "app.id", &mut self.id)?,
            "installationId" => text(s, "app.installationId", &mut self.installation_id)?,
            "apiBaseUrl" => text(s, "app.apiBaseUrl", &mut self.api_base_url)?,
            "appVersion" => text(s, "app.appVersion", &mut self.app_version)?,
            "environment" => object(s, "app.environment", |s, key| {
                match key {
                    "type" => text(s, "app.environment.type", &mut self.environment_type)?,
                    "id" => text(s, "app.environment.id", &mut self.environment_id)?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            "module" => object(s, "app.module", |s, key| {
                match key {
                    "type" => text(s, "app.module.type", &mut self.module_type)?,
                    "key" => text(s, "app.module.key", &mut self.module_key)?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            "installation" => object(s, "app.installation", |s, key| {
                match key {
                    "id" => text(s, "app.installation.id", &mut self.installation)?,
                    "contexts" => self.contexts = products(s)?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            "license" => match s.peek()? {
                Kind::Object | Kind::Null => {
                    self.license = Some(License::read(s, LicenseSource::ForgeInvocationToken)?);
                }
                // something is said, and it is no license: nothing is granted
                _ => {
                    s.value()?;
                    let nothing =
                        License::of(State::Inactive, None, LicenseSource::ForgeInvocationToken);
                    self.license = Some(nothing);
                }
            },
            // `version` is deprecated, a string or a number
            _ => drop(s.value()?),
        }
        Ok(())
    }
}

impl<'p> Context<'p> {
    fn field(&mut self, s: &mut ClaimScanner<'p>, key: &str) -> Result<(), ReadError> {
        match key {
            "cloudId" => text(s, "context.cloudId", &mut self.cloud_id)?,
            "workspaceId" => text(s, "context.workspaceId", &mut self.workspace_id)?,
            "siteUrl" => text(s, "context.siteUrl", &mut self.site_url)?,
            "moduleKey" => text(s, "context.moduleKey", &mut self.module_key)?,
            "installationId" => text(s, "context.installationId", &mut self.installation_id)?,
            "installation" if s.peek()? == Kind::String => {
                text(s, "context.installation", &mut self.installation)?;
            }
            "installation" => object(s, "context.installation", |s, key| {
                match key {
                    "id" | "ari" => text(s, "context.installation.id", &mut self.installation)?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            // what is no object of booleans is not refused: it denies
            "userAccess" => self.user_access = UserAccess::of(s.value()?),
            // further claims of the front end, in whatever shape
            _ => drop(s.value()?),
        }
        Ok(())
    }
}

impl<'p> Product<'p> {
    fn kept(&self, kept: &SharedJson<'p>) -> Result<ProductContext, Error> {
        let text = |text: Option<Str<'p>>| text.map(|text| kept.part(text));
        Ok(ProductContext {
            name: text(self.name),
            api_base_url: text(self.api_base_url),
            cloud_id: self.cloud_id.map(cloud).transpose()?,
            workspace_id: text(self.workspace_id),
        })
    }
}

fn products<'p>(s: &mut ClaimScanner<'p>) -> Result<Vec<Product<'p>>, ReadError> {
    const CLAIM: &str = "app.installation.contexts";
    match s.peek()? {
        Kind::Array => {}
        Kind::Null => return Ok(s.value().map(|_| Vec::new())?),
        _ => return Err(wrong(CLAIM, "an array of objects")),
    }
    let mut products = Vec::new();
    s.array(|s| {
        if s.peek()? != Kind::Object || products.len() >= MAX_CONTEXTS {
            return Err(wrong(CLAIM, "an array of at most 64 objects"));
        }
        let mut product = Product::default();
        object(s, CLAIM, |s, key| {
            match key {
                "name" => text(s, "app.installation.contexts[].name", &mut product.name)?,
                "apiBaseUrl" => {
                    text(
                        s,
                        "app.installation.contexts[].apiBaseUrl",
                        &mut product.api_base_url,
                    )?;
                }
                "cloudId" => text(
                    s,
                    "app.installation.contexts[].cloudId",
                    &mut product.cloud_id,
                )?,
                "workspaceId" => {
                    text(
                        s,
                        "app.installation.contexts[].workspaceId",
                        &mut product.workspace_id,
                    )?;
                }
                _ => drop(s.value()?),
            }
            Ok(())
        })?;
        products.push(product);
        Ok::<(), ReadError>(())
    })?;
    Ok(products)
}

/// Walks a claim that is an object; null is absent.
fn object<'p>(
    s: &mut ClaimScanner<'p>,
    claim: &'static str,
    mut field: impl FnMut(&mut ClaimScanner<'p>, &str) -> Result<(), ReadError>,
) -> Result<(), ReadError> {
    match s.peek()? {
        Kind::Object => s.object(|s, key| match key.plain() {
            Some(plain) => field(s, plain),
            None => field(s, &key.to_string()),
        }),
        Kind::Null => s.value().map(drop).map_err(Into::into),
        _ => Err(wrong(claim, "an object")),
    }
}

/// A claim that is a string; null and empty are absent.
#[inline(never)]
fn text<'p>(
    s: &mut ClaimScanner<'p>,
    claim: &'static str,
    slot: &mut Option<Str<'p>>,
) -> Result<(), ReadError> {
    *slot = match s.value()? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::String(_) | Value::Null => None,
        _ => return Err(wrong(claim, "a string")),
    };
    Ok(())
}

fn wrong(claim: &'static str, expected: &'static str) -> ReadError {
    ErrorKind::ClaimType { claim, expected }.into()
}

fn cloud(id: Str<'_>) -> Result<CloudId, Error> {
    CloudId::new(name_of(id))
}
