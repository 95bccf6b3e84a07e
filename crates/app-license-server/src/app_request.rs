//! What is done alike with the verified requests of every kind of app.

use std::fmt::{self, Debug, Display};
use std::sync::Arc;

use app_license::Capability;
use axum::extract::{FromRef, MatchedPath};
use http::request::Parts;

use crate::decider::{Decider, Question};
use crate::rejection::Rejection;
use crate::wire::route;

/// An app that verifies requests: cheap to clone.
pub(crate) trait App: Clone + Debug + Send + Sync + 'static {
    fn decider(&self) -> &Decider;

    /// Whether the two are one app.
    fn is_same(&self, other: &Self) -> bool;

    /// Says in the log what a gate asks for in vain.
    fn warn_of_gate(&self, _needs: &Capability) {}
}

/// Who verified a request, and what is needed to answer a refusal of it. What one app trusts says nothing to
/// another one, whose keys and settings differ.
#[derive(Clone)]
pub(crate) struct Origin<A> {
    app: A,
    /// The route it matched, for what is said about it later.
    route: Option<MatchedPath>,
    /// The request, where the app answers refusals in its own way.
    parts: Option<Arc<Parts>>,
}

impl<A: App> Origin<A> {
    pub(crate) fn new(app: &A, parts: &Parts) -> Self {
        let own = app.decider().responder.is_some();
        Self {
            app: app.clone(),
            route: route(parts).cloned(),
            parts: own.then(|| Arc::new(parts.clone())),
        }
    }

    pub(crate) fn is_of(&self, app: &A) -> bool {
        self.app.is_same(app)
    }
}

/// Without the request, whose headers and address carry tokens.
impl<A: Debug> Debug for Origin<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin")
            .field("app", &self.app)
            .field("route", &self.route)
            .finish_non_exhaustive()
    }
}

/// A verified request of an app.
pub(crate) trait AppRequest: Clone + Send + Sync + 'static {
    type App: App;

    fn origin(&self) -> &Origin<Self::App>;

    /// Which license counts for it, asked of the app.
    fn question<'q>(&'q self, app: &'q Self::App) -> impl Question + 'q;

    /// Whose request it is, for the log.
    fn sender(&self) -> impl Display;

    fn verify(
        parts: &Parts,
        app: &Self::App,
    ) -> impl Future<Output = Result<Self, Rejection>> + Send;

    /// A rejection of this request, counted and logged.
    fn rejected(&self, rejection: Rejection) -> Rejection {
        let origin = self.origin();
        let rejection = rejection.on_route(origin.route.as_ref());
        let rejection = rejection.of_tenant(self.sender());
        let decider = origin.app.decider();
        let Some(parts) = &origin.parts else {
            decider.rejected(&rejection);
            return rejection;
        };
        decider.answer_rejected(rejection, || {
            let mut parts = Parts::clone(parts);
            parts.extensions.insert(self.clone());
            parts
        })
    }
}

/// The verified request: a layer of this very app may have verified it already.
pub(crate) async fn verified<R: AppRequest>(
    parts: &mut Parts,
    app: &R::App,
) -> Result<R, Rejection> {
    let verified = parts.extensions.get::<R>();
    if let Some(verified) = verified.filter(|it| it.origin().is_of(app)) {
        return Ok(verified.clone());
    }
    let verified = R::verify(parts, app).await?;
    parts.extensions.insert(verified.clone());
    Ok(verified)
}

/// The same as an extractor, which answers a refusal itself.
pub(crate) async fn extracted<R, S>(parts: &mut Parts, state: &S) -> Result<R, Rejection>
where
    R: AppRequest,
    R::App: FromRef<S>,
{
    let app = R::App::from_ref(state);
    let verified = verified(parts, &app).await;
    verified.map_err(|rejection| app.decider().answer_rejected(rejection, || parts.clone()))
}
