//! The gates of a Connect app and of a Forge remote.

use app_license::Decision;
use app_license::answer::Refusal;
use http::request::Parts;

use super::need::Need;
use super::{BoxFuture, Check, Gate, Requirement};
use crate::app_request::{App, AppRequest, verified};
use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::error::BuildError;
use crate::forge_remote::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;
use crate::respond::Responder;

/// Checks requests `R` of an app.
struct CheckOf<R: AppRequest>(R::App);

impl<R: AppRequest> Check for CheckOf<R> {
    fn responder(&self) -> Option<&Responder> {
        self.0.decider().responder.as_ref()
    }

    fn check<'a>(
        &'a self,
        parts: &'a mut Parts,
        requirement: &'a Requirement,
    ) -> BoxFuture<'a, Result<(), Rejection>> {
        Box::pin(async move {
            let (app, decider) = (&self.0, self.0.decider());
            let request = verified::<R>(parts, app).await;
            let request = request.inspect_err(|rejection| decider.rejected(rejection))?;
            let Requirement::Capability(needs) = requirement else {
                return Ok(());
            };
            let found = decider.find_license(&request.question(app)).await;
            let decision = found.map(|(license, _)| decider.decide(&license, needs.into()));
            let admitted = decision.and_then(|decision| admit(parts, decision));
            admitted.map_err(|rejection| request.rejected(rejection))
        })
    }
}

fn admit(parts: &mut Parts, decision: Decision) -> Result<(), Rejection> {
    if !decision.is_allowed() {
        return Err(Rejection::of(Refusal::Denied(decision)));
    }
    parts.extensions.insert(decision);
    Ok(())
}

fn gate<R: AppRequest>(app: &R::App, requirement: Requirement) -> Gate {
    Gate::new(CheckOf::<R>(app.clone()), requirement)
}

fn gate_for<R: AppRequest, N: Need>(app: &R::App, needs: N) -> N::Gate {
    needs.gate(|needs| {
        // features of the map were looked at when the app was built
        app.warn_of_gate(&needs);
        gate::<R>(app, Requirement::Capability(needs))
    })
}

fn gate_for_feature<R: AppRequest>(app: &R::App, feature: &str) -> Result<Gate, BuildError> {
    let needs = app.decider().feature_needs(feature)?;
    Ok(gate::<R>(app, Requirement::Capability(needs)))
}

impl ConnectApp {
    /// A gate for URL-bound requests: iframes and webhooks whose license includes what is needed. An
    /// [`Edition`](app_license::Edition) or a [`Capability`](app_license::Capability) gives a gate; a text
    /// gives a result, for it may be none: see [`Need`]. One above Standard is a warning in the log where
    /// the descriptor that was given lacks `editionsEnabled: true`.
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        gate_for::<ConnectRequest, N>(self, needs)
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        gate_for_feature::<ConnectRequest>(self, feature)
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        gate::<ConnectRequest>(self, Requirement::Verified)
    }

    /// As [`ConnectApp::requires`], for requests of the app's own front end with a context token.
    pub fn context_requires<N: Need>(&self, needs: N) -> N::Gate {
        gate_for::<ConnectContextRequest, N>(self, needs)
    }

    /// As [`ConnectApp::requires_feature`], for requests with a context token.
    ///
    /// # Errors
    /// As [`ConnectApp::requires_feature`].
    pub fn context_requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        gate_for_feature::<ConnectContextRequest>(self, feature)
    }

    /// As [`ConnectApp::verified`], for requests with a context token: of a customer whatever its license is.
    ///
    /// ```no_run
    /// # fn example(app: app_license_server::ConnectApp) -> axum::Router {
    /// use axum::{Router, routing::get};
    /// Router::new().route("/settings", get(async || "settings").layer(app.context_verified()))
    /// # }
    /// ```
    pub fn context_verified(&self) -> Gate {
        gate::<ConnectContextRequest>(self, Requirement::Verified)
    }
}

impl ForgeRemote {
    /// A gate for invocations whose license includes what is needed: see [`ConnectApp::requires`].
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        gate_for::<ForgeInvocation, N>(self, needs)
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        gate_for_feature::<ForgeInvocation>(self, feature)
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        gate::<ForgeInvocation>(self, Requirement::Verified)
    }
}
