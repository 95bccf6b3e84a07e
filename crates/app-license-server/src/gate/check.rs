//! What a gate does with a request before the route: verified request, license, decision.

use app_license::answer::Refusal;
use app_license::{Capability, Decision};
use http::request::Parts;

use crate::app_request::{App, AppRequest, verified};
use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::decider::Decider;
use crate::forge_remote::{ForgeInvocation, ForgeRemote};
use crate::rejection::Rejection;
use crate::respond::Responder;

/// What a route asks for.
#[derive(Debug, Clone)]
pub(super) enum Requirement {
    /// Nothing but a verified request.
    Verified,
    Capability(Capability),
}

/// Whose requests are checked, and of which kind they are.
#[derive(Clone)]
pub(super) enum Check {
    Url(ConnectApp),
    Context(ConnectApp),
    Invocation(ForgeRemote),
}

impl Check {
    /// Leaves in the extensions what it found: the verified request, the decision.
    pub(super) async fn check(
        &self,
        parts: &mut Parts,
        requirement: &Requirement,
    ) -> Result<(), Rejection> {
        match self {
            Self::Url(app) => check::<ConnectRequest>(app, parts, requirement).await,
            Self::Context(app) => check::<ConnectContextRequest>(app, parts, requirement).await,
            Self::Invocation(app) => check::<ForgeInvocation>(app, parts, requirement).await,
        }
    }

    /// How the app answers what is not let through.
    pub(super) fn responder(&self) -> Option<&Responder> {
        self.decider().responder.as_ref()
    }

    fn decider(&self) -> &Decider {
        match self {
            Self::Url(app) | Self::Context(app) => app.decider(),
            Self::Invocation(app) => app.decider(),
        }
    }
}

async fn check<R: AppRequest>(
    app: &R::App,
    parts: &mut Parts,
    requirement: &Requirement,
) -> Result<(), Rejection> {
    let decider = app.decider();
    let request = verified::<R>(parts, app).await;
    let request = request.inspect_err(|rejection| decider.rejected(rejection))?;
    let Requirement::Capability(needs) = requirement else {
        return Ok(());
    };
    let found = decider.find_license(&request.question(app)).await;
    let decision = found.map(|(license, _)| decider.decide(&license, needs.into()));
    let admitted = decision.and_then(|decision| admit(parts, decision));
    admitted.map_err(|rejection| request.rejected(rejection))
}

fn admit(parts: &mut Parts, decision: Decision) -> Result<(), Rejection> {
    if !decision.is_allowed() {
        return Err(Rejection::of(Refusal::Denied(decision)));
    }
    parts.extensions.insert(decision);
    Ok(())
}
