//! The gates of a Connect app and of a Forge remote.

use super::Gate;
use super::check::{Check, Requirement};
use super::need::Need;
use crate::app_request::App;
use crate::connect_app::ConnectApp;
use crate::error::BuildError;
use crate::forge_remote::ForgeRemote;

/// Whose requests a gate checks, of an app.
type CheckOf<A> = fn(A) -> Check;

fn gate_for<A: App, N: Need>(check: CheckOf<A>, app: &A, needs: N) -> N::Gate {
    needs.gate(|needs| {
        // features of the map were looked at when the app was built
        app.warn_of_gate(&needs);
        Gate::new(check(app.clone()), Requirement::Capability(needs))
    })
}

fn gate_for_feature<A: App>(check: CheckOf<A>, app: &A, feature: &str) -> Result<Gate, BuildError> {
    let needs = app.decider().feature_needs(feature)?;
    Ok(Gate::new(
        check(app.clone()),
        Requirement::Capability(needs),
    ))
}

impl ConnectApp {
    /// A gate for URL-bound requests: iframes and webhooks whose license includes what is needed. An
    /// [`Edition`](app_license::Edition) or a [`Capability`](app_license::Capability) gives a gate; a text
    /// gives a result, for it may be none: see [`Need`]. One above Standard is a warning in the log where
    /// the descriptor that was given lacks `editionsEnabled: true`.
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        gate_for(Check::Url, self, needs)
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        gate_for_feature(Check::Url, self, feature)
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        Gate::new(Check::Url(self.clone()), Requirement::Verified)
    }

    /// As [`ConnectApp::requires`], for requests of the app's own front end with a context token.
    pub fn context_requires<N: Need>(&self, needs: N) -> N::Gate {
        gate_for(Check::Context, self, needs)
    }

    /// As [`ConnectApp::requires_feature`], for requests with a context token.
    ///
    /// # Errors
    /// As [`ConnectApp::requires_feature`].
    pub fn context_requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        gate_for_feature(Check::Context, self, feature)
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
        Gate::new(Check::Context(self.clone()), Requirement::Verified)
    }
}

impl ForgeRemote {
    /// A gate for invocations whose license includes what is needed: see [`ConnectApp::requires`].
    pub fn requires<N: Need>(&self, needs: N) -> N::Gate {
        gate_for(Check::Invocation, self, needs)
    }

    /// A gate for a feature of the app's feature map.
    ///
    /// # Errors
    /// [`BuildError::UnknownFeature`] for one that the map does not have.
    pub fn requires_feature(&self, feature: &str) -> Result<Gate, BuildError> {
        gate_for_feature(Check::Invocation, self, feature)
    }

    /// A gate that only verifies.
    pub fn verified(&self) -> Gate {
        Gate::new(Check::Invocation(self.clone()), Requirement::Verified)
    }
}
