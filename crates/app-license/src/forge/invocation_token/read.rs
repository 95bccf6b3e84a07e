//! Reading the claims of an invocation token: strict in type, open to new claims.

use app_license_gate::json::{Kind, Str, Value};

use super::token::{InvocationToken, ProductContext};
use crate::document::{Fault, name_of};
use crate::error::{Error, ErrorKind};
use crate::forge::UserAccess;
use crate::ids::{CloudId, ForgeAppId, InstallationAri};
use crate::jwt::{ClaimScanner, Claims, Validity};
use crate::license::License;
use crate::open_text::EnvironmentType;
use crate::touchpoint::Touchpoint;

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
    workspace_id: Option<Str<'p>>,
}

/// `context`, which only calls from a user interface have
#[derive(Default)]
pub(super) struct Context<'p> {
    pub(super) cloud_id: Option<Str<'p>>,
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
            "principal" => text(s, "principal").map(|t| self.principal = t),
            "icLabel" => text(s, "icLabel").map(|t| self.ic_label = t),
            _ => s.value().map(drop).map_err(Into::into),
        };
        read.map_err(|fault| match fault {
            Fault::Json(error) => Claims::fault(error),
            Fault::Said(error) => error,
        })
    }

    pub(super) fn into_token(
        self,
        app_id: ForgeAppId,
        validity: Validity,
        jti: Option<String>,
    ) -> Result<InvocationToken, Error> {
        let installation = self.app.installation_id.or(self.app.installation);
        let installation = installation.ok_or(ErrorKind::ClaimMissing {
            claim: "app.installationId",
        })?;
        let cloud_id = self.cloud_id();
        let app = self.app;
        let environment_type = app.environment_type.map(|t| match t.plain() {
            Some(plain) => EnvironmentType::new(plain),
            None => EnvironmentType::new(&t.to_string()),
        });
        let license = app
            .license
            .unwrap_or_else(|| License::absent(Touchpoint::ForgeInvocationToken))
            .at(validity.iat);
        let license = match &environment_type {
            Some(environment) => license.in_environment(environment.clone()),
            None => license,
        };
        let contexts: Result<Vec<_>, Error> = app.contexts.iter().map(Product::owned).collect();
        Ok(InvocationToken {
            app: app_id,
            installation: InstallationAri::new(installation.to_string())?,
            environment_type,
            environment_id: owned(app.environment_id),
            module_key: owned(app.module_key.or(self.context.module_key)),
            module_type: owned(app.module_type),
            app_version: owned(app.app_version),
            api_base_url: owned(app.api_base_url),
            contexts: contexts?,
            cloud_id: cloud_id.map(cloud).transpose()?,
            site_url: owned(self.context.site_url),
            principal: owned(self.principal),
            user_access: self.context.user_access,
            jti,
            issued_at: validity.iat,
            expires_at: validity.exp,
            license,
        })
    }
}

impl<'p> App<'p> {
    fn field(&mut self, s: &mut ClaimScanner<'p>, key: &str) -> Result<(), Fault> {
        match key {
            "id" => self.id = text(s, "app.id")?,
            "installationId" => self.installation_id = text(s, "app.installationId")?,
            "apiBaseUrl" => self.api_base_url = text(s, "app.apiBaseUrl")?,
            "appVersion" => self.app_version = text(s, "app.appVersion")?,
            "environment" => object(s, "app.environment", |s, key| {
                match key {
                    "type" => self.environment_type = text(s, "app.environment.type")?,
                    "id" => self.environment_id = text(s, "app.environment.id")?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            "module" => object(s, "app.module", |s, key| {
                match key {
                    "type" => self.module_type = text(s, "app.module.type")?,
                    "key" => self.module_key = text(s, "app.module.key")?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            "installation" => object(s, "app.installation", |s, key| {
                match key {
                    "id" => self.installation = text(s, "app.installation.id")?,
                    "contexts" => self.contexts = products(s)?,
                    _ => drop(s.value()?),
                }
                Ok(())
            })?,
            "license" => match s.peek()? {
                Kind::Object | Kind::Null => {
                    self.license = Some(License::read(s, Touchpoint::ForgeInvocationToken)?);
                }
                _ => return Err(wrong("app.license", "an object or null")),
            },
            // `version` is deprecated, a string or a number
            _ => drop(s.value()?),
        }
        Ok(())
    }
}

impl<'p> Context<'p> {
    fn field(&mut self, s: &mut ClaimScanner<'p>, key: &str) -> Result<(), Fault> {
        match key {
            "cloudId" => self.cloud_id = text(s, "context.cloudId")?,
            "siteUrl" => self.site_url = text(s, "context.siteUrl")?,
            "moduleKey" => self.module_key = text(s, "context.moduleKey")?,
            "installationId" => self.installation = text(s, "context.installationId")?,
            "userAccess" => {
                let access = UserAccess::of(s.value()?);
                let expected = "an object of booleans";
                self.user_access = access.map_err(|_| wrong("context.userAccess", expected))?;
            }
            // further claims of the front end, in whatever shape
            _ => drop(s.value()?),
        }
        Ok(())
    }
}

impl Product<'_> {
    fn owned(&self) -> Result<ProductContext, Error> {
        Ok(ProductContext {
            name: owned(self.name),
            api_base_url: owned(self.api_base_url),
            cloud_id: self.cloud_id.map(cloud).transpose()?,
            workspace_id: owned(self.workspace_id),
        })
    }
}

fn products<'p>(s: &mut ClaimScanner<'p>) -> Result<Vec<Product<'p>>, Fault> {
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
                "name" => product.name = text(s, "app.installation.contexts[].name")?,
                "apiBaseUrl" => {
                    product.api_base_url = text(s, "app.installation.contexts[].apiBaseUrl")?;
                }
                "cloudId" => product.cloud_id = text(s, "app.installation.contexts[].cloudId")?,
                "workspaceId" => {
                    product.workspace_id = text(s, "app.installation.contexts[].workspaceId")?;
                }
                _ => drop(s.value()?),
            }
            Ok(())
        })?;
        products.push(product);
        Ok::<(), Fault>(())
    })?;
    Ok(products)
}

/// Walks a claim that is an object; null is absent.
fn object<'p>(
    s: &mut ClaimScanner<'p>,
    claim: &'static str,
    mut field: impl FnMut(&mut ClaimScanner<'p>, &str) -> Result<(), Fault>,
) -> Result<(), Fault> {
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
fn text<'p>(s: &mut ClaimScanner<'p>, claim: &'static str) -> Result<Option<Str<'p>>, Fault> {
    match s.value()? {
        Value::String(text) => Ok((!text.is_empty()).then_some(text)),
        Value::Null => Ok(None),
        _ => Err(wrong(claim, "a string")),
    }
}

fn wrong(claim: &'static str, expected: &'static str) -> Fault {
    ErrorKind::ClaimType { claim, expected }.into()
}

fn owned(text: Option<Str<'_>>) -> Option<String> {
    text.map(|t| match t.plain() {
        Some(plain) => plain.to_owned(),
        None => t.to_string(),
    })
}

fn cloud(id: Str<'_>) -> Result<CloudId, Error> {
    CloudId::new(id.to_string())
}
