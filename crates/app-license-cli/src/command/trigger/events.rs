//! Everything that can be triggered.

use std::str::FromStr;

use app_license_testkit::{Error, Invocation, SignedRequest, Tenant};
use serde_json::{Value, json};

use super::world::World;
use super::{Args, Method};
use crate::error::CliError;

/// One thing the platform says to an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trigger {
    Installed,
    Enabled,
    Disabled,
    Uninstalled,
    SecretRotated,
    SiteRenamed,
    ForgeInstalled,
    ForgeUpgraded,
    Page,
    Webhook,
    ContextCall,
    Invocation,
    BrowserContext,
    UiContext,
    FunctionContext,
    AppContext,
    WorkflowArguments,
    ConnectLicense,
    ForgeLicense,
}

/// What was made.
pub(super) enum Made {
    Request(SignedRequest),
    /// What no request carries: the app's front end or function reads it.
    Json(Value),
}

impl Trigger {
    pub(super) const ALL: [Self; 19] = [
        Self::Installed,
        Self::Enabled,
        Self::Disabled,
        Self::Uninstalled,
        Self::SecretRotated,
        Self::SiteRenamed,
        Self::ForgeInstalled,
        Self::ForgeUpgraded,
        Self::Page,
        Self::Webhook,
        Self::ContextCall,
        Self::Invocation,
        Self::BrowserContext,
        Self::UiContext,
        Self::FunctionContext,
        Self::AppContext,
        Self::WorkflowArguments,
        Self::ConnectLicense,
        Self::ForgeLicense,
    ];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Enabled => "enabled",
            Self::Disabled => "disabled",
            Self::Uninstalled => "uninstalled",
            Self::SecretRotated => "secret-rotated",
            Self::SiteRenamed => "site-renamed",
            Self::ForgeInstalled => "forge-installed",
            Self::ForgeUpgraded => "forge-upgraded",
            Self::Page => "page",
            Self::Webhook => "webhook",
            Self::ContextCall => "context-call",
            Self::Invocation => "invocation",
            Self::BrowserContext => "browser-context",
            Self::UiContext => "ui-context",
            Self::FunctionContext => "function-context",
            Self::AppContext => "app-context",
            Self::WorkflowArguments => "workflow-arguments",
            Self::ConnectLicense => "connect-license",
            Self::ForgeLicense => "forge-license",
        }
    }

    /// Whether it is a Connect lifecycle event. Two of one second would have one token, and its
    /// second use with another body is a replay.
    pub(super) const fn is_connect_lifecycle(self) -> bool {
        matches!(
            self,
            Self::Installed
                | Self::Enabled
                | Self::Disabled
                | Self::Uninstalled
                | Self::SecretRotated
                | Self::SiteRenamed
        )
    }

    pub(super) const fn about(self) -> &'static str {
        match self {
            Self::Installed => "Connect lifecycle, RS256; again for an app that is installed",
            Self::Enabled => "Connect lifecycle, HS256",
            Self::Disabled => "Connect lifecycle, HS256",
            Self::Uninstalled => "Connect lifecycle, RS256",
            Self::SecretRotated => "`installed` with a new shared secret",
            Self::SiteRenamed => "`installed` with a new address (--path NAME)",
            Self::ForgeInstalled => "avi:forge:installed:app to the remote",
            Self::ForgeUpgraded => "avi:forge:upgraded:app to the remote",
            Self::Page => "the iframe URL of a page (--path)",
            Self::Webhook => "a webhook with a JSON body (--path)",
            Self::ContextCall => "a call of the front end with a context token (--path, --method)",
            Self::Invocation => {
                "a call to the remote with a Forge Invocation Token (--path, --method)"
            }
            Self::BrowserContext => "JSON: AP.context.getContext()",
            Self::UiContext => "JSON: view.getContext() of Custom UI",
            Self::FunctionContext => "JSON: the context of a Forge function",
            Self::AppContext => "JSON: getAppContext() in a Forge function",
            Self::WorkflowArguments => "JSON: the argument of a workflow function",
            Self::ConnectLicense => "JSON: the answer of the Connect License API",
            Self::ForgeLicense => "JSON: a record of the Forge License API",
        }
    }

    /// Makes it for the customer of this world.
    pub(super) fn make(self, world: &World, args: &Args) -> Result<Made, CliError> {
        let tenant = &world.tenant;
        let events = self.moves(tenant, args)?;
        let first = |events: Vec<SignedRequest>, name: &str| {
            let found = events.into_iter().find(|event| event.name() == name);
            found.ok_or_else(|| CliError::Option(format!("this app is not told `{name}`")))
        };
        let path = args.path.as_str();
        let method = match (self, args.method) {
            (_, None) | (Self::ContextCall | Self::Invocation, _) => args.method,
            (_, Some(_)) => {
                let name = self.name();
                return Err(CliError::Option(format!(
                    "`--method` is for `context-call` and `invocation`: the platform sends `{name}` in one way"
                )));
            }
        };
        let method = |unless: Method| method.unwrap_or(unless).name();
        let request = match self {
            Self::Installed if events.is_empty() => tenant.lifecycle_event("installed")?,
            Self::Installed | Self::SecretRotated | Self::SiteRenamed => {
                first(events, "installed")?
            }
            Self::Uninstalled => first(events, "uninstalled")?,
            Self::Enabled => tenant.lifecycle_event("enabled")?,
            Self::Disabled => tenant.lifecycle_event("disabled")?,
            Self::ForgeInstalled => {
                let name = "avi:forge:installed:app";
                first(tenant.forge_lifecycle(name)?, name)?
            }
            Self::ForgeUpgraded => {
                let name = "avi:forge:upgraded:app";
                first(tenant.forge_lifecycle(name)?, name)?
            }
            Self::Page => tenant.page(path)?,
            Self::Webhook => tenant.webhook(path, &json!({"issue": {"key": "T-1"}}))?,
            Self::ContextCall => tenant.front_end_call(method(Method::Get), path)?,
            Self::Invocation => {
                tenant.invoke(method(Method::Post), path, &Invocation::ui("panel"))?
            }
            Self::BrowserContext => return Ok(Made::Json(tenant.browser_context()?)),
            Self::UiContext => return Ok(Made::Json(tenant.ui_context("panel")?)),
            Self::FunctionContext => return Ok(Made::Json(tenant.function_context()?)),
            Self::AppContext => return Ok(Made::Json(tenant.app_context("panel")?)),
            Self::WorkflowArguments => return Ok(Made::Json(tenant.workflow_arguments()?)),
            Self::ConnectLicense => return Ok(Made::Json(tenant.connect_license_api()?)),
            Self::ForgeLicense => return Ok(Made::Json(tenant.forge_license_record()?)),
        };
        Ok(Made::Request(request))
    }

    /// Whatever else it is, the app must be installed; and some are moves themselves.
    fn moves(self, tenant: &Tenant, args: &Args) -> Result<Vec<SignedRequest>, Error> {
        let installed = if tenant.is_installed() {
            Vec::new()
        } else {
            tenant.install()?
        };
        match self {
            Self::SecretRotated => tenant.rotate_secret(),
            Self::SiteRenamed => tenant.site().rename(args.path.trim_start_matches('/')),
            Self::Uninstalled => tenant.uninstall(),
            _ => Ok(installed),
        }
    }
}

impl FromStr for Trigger {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.into_iter().find(|it| it.name() == text);
        found.ok_or_else(|| {
            let names: Vec<&str> = Self::ALL.iter().map(|it| it.name()).collect();
            format!("expected one of {}", names.join(", "))
        })
    }
}
