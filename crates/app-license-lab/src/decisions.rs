//! Asking the app what it grants, at every place where the platform hands it the license.

use std::collections::BTreeMap;

use app_license::forge::UiContext;
use app_license_testkit::{Invocation, SignedRequest, Tenant};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::journal::AppResponse;
use super::lab::Lab;
use super::user_access::UserAccess;
use crate::error::Error;

/// A place where the platform hands over the license.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DecisionSource {
    /// The iframe URL, verified by the app.
    Page,
    /// The Connect License API, asked by the app.
    LicenseApi,
    /// The Forge Invocation Token, verified by the app.
    Invocation,
    /// The browser's context: a hint.
    UiContext,
}

impl DecisionSource {
    pub(crate) const ALL: [Self; 4] = [
        Self::Page,
        Self::LicenseApi,
        Self::Invocation,
        Self::UiContext,
    ];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Page => "page",
            Self::LicenseApi => "license_api",
            Self::Invocation => "invocation",
            Self::UiContext => "ui_context",
        }
    }

    /// `lic=none` is all that a URL says of a license that ended or never was.
    pub(crate) const fn says_only_lic(self) -> bool {
        matches!(self, Self::Page | Self::LicenseApi)
    }
}

/// What was decided at one place: by feature, `granted`, `denied: code`; or, for all of them,
/// `refused: code` where the app does not let the request in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct SourceDecisions {
    pub(crate) decisions: BTreeMap<String, String>,
    pub(crate) refused: Option<String>,
}

impl SourceDecisions {
    pub(crate) fn of(&self, feature: &str) -> String {
        match (&self.refused, self.decisions.get(feature)) {
            (Some(code), _) => format!("refused: {code}"),
            (None, Some(word)) => word.clone(),
            (None, None) => "denied: unknown_feature".to_owned(),
        }
    }
}

impl Lab {
    /// The places that this app has on this site.
    pub(crate) fn decision_sources(&self, tenant: &Tenant) -> Vec<DecisionSource> {
        let Ok(app) = tenant.app() else {
            return Vec::new();
        };
        let has = |place: &DecisionSource| match place {
            DecisionSource::Page => app.connect_key().is_some(),
            // the app alone can ask it
            DecisionSource::LicenseApi => app.connect_key().is_some() && !self.own,
            DecisionSource::Invocation | DecisionSource::UiContext => app.forge_id().is_some(),
        };
        DecisionSource::ALL.into_iter().filter(has).collect()
    }

    /// Asks at one place. The demo app answers itself; of somebody else's app, the answer is what
    /// this library decides on what the app was told.
    pub(crate) async fn decisions_at(
        &self,
        site: &str,
        place: DecisionSource,
    ) -> Result<SourceDecisions, Error> {
        let tenant = self.tenant(site)?;
        let request = match place {
            DecisionSource::UiContext => return self.hint(&tenant),
            DecisionSource::Page => tenant.page("/decisions")?,
            DecisionSource::LicenseApi => tenant.page("/decisions/confirmed")?,
            DecisionSource::Invocation => {
                let call = Invocation::ui("panel");
                let request = tenant.invoke("POST", "/forge/decisions", &call)?;
                if self.access(site) == UserAccess::Unsaid {
                    request
                } else {
                    let context = self.ui_context(&tenant, "panel", None)?;
                    self.with_context(&tenant, &call, request, context)?
                }
            }
        };
        if self.own {
            let delivered = self.explain(&request, &tenant);
            return Ok(seen(&delivered.verified));
        }
        let title = format!("asked at the {}", place.name());
        let answer = self.deliver(&tenant, &request, &title, None).await;
        Ok(match answer.status {
            Some(_) => seen(&serde_json::from_str(&answer.text).unwrap_or_default()),
            None => SourceDecisions {
                decisions: BTreeMap::new(),
                refused: Some("unreachable".to_owned()),
            },
        })
    }

    fn hint(&self, tenant: &Tenant) -> Result<SourceDecisions, Error> {
        let context = self.ui_context(tenant, "panel", None)?.to_string();
        let context = UiContext::parse(context.as_bytes())?;
        let now = self.host.clock().now();
        let answers = self.rules.decisions(&|capability| {
            context
                .license()
                .decide(&self.rules.policy, capability, now)
        });
        Ok(seen(&serde_json::json!({ "decisions": answers })))
    }

    /// Opens a page of the app, as an iframe of the product would.
    pub(crate) async fn open(&self, site: &str, path: &str) -> Result<AppResponse, Error> {
        let tenant = self.tenant(site)?;
        let page: SignedRequest = tenant.page(path)?;
        Ok(self
            .deliver(&tenant, &page, &format!("open {path}"), None)
            .await)
    }
}

/// Reads decisions as `inspect`, `verify` and the demo app write them.
fn seen(answer: &Value) -> SourceDecisions {
    let text = |value: &Value, name: &str| {
        let found = value.get(name).and_then(Value::as_str);
        found.unwrap_or_default().to_owned()
    };
    let listed = answer.get("decisions").and_then(Value::as_array);
    let decisions = listed.into_iter().flatten().map(|one| {
        let allowed = one.get("allowed").and_then(Value::as_bool) == Some(true);
        let word = if allowed {
            "granted".to_owned()
        } else {
            format!("denied: {}", text(one, "reason"))
        };
        (text(one, "name"), word)
    });
    SourceDecisions {
        decisions: decisions.collect(),
        refused: match (listed, answer.get("error")) {
            (Some(_), None) => None,
            (_, Some(error)) => Some(text(error, "code")),
            (None, None) => Some("no_answer".to_owned()),
        },
    }
}
