//! The gates of a Connect app and of a Forge remote.

use app_license::{Capability, Decision};
use http::request::Parts;

use super::need::Need;
use super::{BoxFuture, Check, Gate, Requirement};
use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::error::BuildError;
use crate::feature_needs::feature_needs;
use crate::forge_remote::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;
use crate::respond::Responder;

struct ConnectCheck(ConnectApp);
struct ContextCheck(ConnectApp);
struct ForgeCheck(ForgeRemote);

macro_rules! check {
    ($name:ident, $request:ident) => {
        impl Check for $name {
            fn responder(&self) -> Option<&Responder> {
                self.0.responder()
            }

            fn check<'a>(
                &'a self,
                parts: &'a mut Parts,
                requirement: &'a Requirement,
            ) -> BoxFuture<'a, Result<(), Rejection>> {
                Box::pin(async move {
                    let app = &self.0;
                    let request = $request::verified(parts, app).await;
                    let request = request.inspect_err(|rejection| app.rejected(rejection))?;
                    let decide = async {
                        let needs = match requirement {
                            Requirement::Verified => return Ok(()),
                            Requirement::Capability(capability) => capability.clone(),
                        };
                        let license = app.license_of(&request).await?;
                        admit(parts, app.decide(&license, (&needs).into()))
                    };
                    decide
                        .await
                        .map_err(|rejection| request.rejected(rejection))
                })
            }
        }
    };
}

check!(ConnectCheck, ConnectRequest);
check!(ContextCheck, ConnectContextRequest);
check!(ForgeCheck, ForgeInvocation);

fn admit(parts: &mut Parts, decision: Decision) -> Result<(), Rejection> {
    if !decision.is_allowed() {
        return Err(Rejection::denied(decision));
    }
    parts.extensions.insert(decision);
    Ok(())
}

impl ConnectApp {
    fn responder(&self) -> Option<&Responder> {
        self.0.responder.as_ref()
    }

    fn gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ConnectCheck(self.clone()), requirement)
    }

    fn context_gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ContextCheck(self.clone()), requirement)
    }

    /// What a gate by hand asks for; the features of the map were looked at when the app was built.
    fn requirement(&self, needs: Capability) -> Requirement {
        let app = self.0.app_key.as_str();
        self.0.named_editions.warn_of_gate(app, &needs);
        Requirement::Capability(needs)
    }

    /// A gate for URL-bound requests: iframes and webhooks whose license includes what is needed. An
    /// [`Edition`](app_license::Edition) or a [`Capability`] gives a gate; a text gives a result, for
    /// it may be none: see [`Need`]. One above Standard is a warning in the log where the descriptor that was
    /// given lacks `editionsEnabled: true`.
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.gate(self.requirement(needs)))
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        let needs = feature_needs(&self.0.features, feature)?;
        Ok(self.gate(Requirement::Capability(needs)))
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        self.gate(Requirement::Verified)
    }

    /// As [`ConnectApp::requires`], for requests of the app's own front end with a context token.
    pub fn context_requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.context_gate(self.requirement(needs)))
    }

    /// As [`ConnectApp::requires_feature`], for requests with a context token.
    ///
    /// # Errors
    /// As [`ConnectApp::requires_feature`].
    pub fn context_requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        let needs = feature_needs(&self.0.features, feature)?;
        Ok(self.context_gate(Requirement::Capability(needs)))
    }

    /// As [`ConnectApp::verified`], for requests with a context token.
    pub fn context_verified(&self) -> Gate {
        self.context_gate(Requirement::Verified)
    }
}

impl ForgeRemote {
    fn gate(&self, requirement: Requirement) -> Gate {
        Gate::new(ForgeCheck(self.clone()), requirement)
    }

    /// A gate for invocations whose license includes what is needed: see [`ConnectApp::requires`].
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        needs.gate(|needs| self.gate(Requirement::Capability(needs)))
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        let needs = feature_needs(self.features(), feature)?;
        Ok(self.gate(Requirement::Capability(needs)))
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        self.gate(Requirement::Verified)
    }
}
