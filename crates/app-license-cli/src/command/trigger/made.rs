//! What the platform says, made.

use app_license_testkit::{Error, Invocation, SignedRequest, Tenant};
use serde_json::{Value, json};

use super::args::{Args, Method};
use super::events::Trigger;
use super::world::World;
use crate::error::CliError;

/// What was made.
pub(super) enum Made {
    Request(SignedRequest),
    /// What no request carries: the app's front end or function reads it.
    Json(Value),
}

impl Trigger {
    /// Makes it for the customer of this world.
    pub(super) fn make(self, world: &World, args: &Args) -> Result<Made, CliError> {
        let tenant = &world.tenant;
        let events = self.events(tenant, args)?;
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
    fn events(self, tenant: &Tenant, args: &Args) -> Result<Vec<SignedRequest>, Error> {
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
