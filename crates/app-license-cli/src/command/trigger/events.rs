//! Everything that can be triggered.

use std::str::FromStr;

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
