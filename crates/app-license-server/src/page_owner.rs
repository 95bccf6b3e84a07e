//! Whose page a request is for, as the route found out that verified it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use axum::extract::OriginalUri;
use http::header::AUTHORIZATION;
use http::request::Parts;

use crate::app_request::App;
use crate::connect_app::ConnectApp;
use crate::connect_request::ConnectRequest;
use crate::tenant::Tenant;

/// Stands in the extensions of a request below [`PageHeaders`](crate::PageHeaders), where who verifies the
/// request says what came of it: verified once, the page has its headers.
#[derive(Clone)]
pub(crate) struct PageOwner(Arc<Inner>);

struct Inner {
    app: ConnectApp,
    /// Not the request, which may hold these extensions.
    verified: OnceLock<Arc<Tenant>>,
    is_looked_at: AtomicBool,
}

impl PageOwner {
    /// Of this request: that of a layer of the same app outside of this one, or a new one, which knows who
    /// a layer before verified the request for.
    pub(crate) fn of(parts: &mut Parts, app: &ConnectApp) -> Self {
        let outer = parts.extensions.get::<Self>();
        if let Some(outer) = outer.filter(|it| it.0.app.is_same(app)) {
            return outer.clone();
        }
        let verified = parts.extensions.get::<ConnectRequest>();
        let verified = verified.filter(|it| it.is_of(app));
        let verified = verified.map(|it| OnceLock::from(Arc::clone(it.tenant_record())));
        let owner = Self(Arc::new(Inner {
            app: app.clone(),
            is_looked_at: AtomicBool::new(verified.is_some()),
            verified: verified.unwrap_or_default(),
        }));
        parts.extensions.insert(owner.clone());
        owner
    }

    /// Says that an app verified the request, or refused it, or found that it is for no page.
    pub(crate) fn found(parts: &Parts, app: &ConnectApp, verified: Option<&ConnectRequest>) {
        let owner = parts.extensions.get::<Self>();
        let Some(owner) = owner.filter(|it| it.0.app.is_same(app)) else {
            return;
        };
        owner.0.is_looked_at.store(true, Ordering::Relaxed);
        if let Some(verified) = verified {
            // the first is as good as a second
            let _first = owner.0.verified.set(Arc::clone(verified.tenant_record()));
        }
    }

    /// The tenant of the verified request. One that no route looked at is verified here: a page may be open
    /// to all, and call back with a context token.
    pub(crate) async fn tenant(&self, unseen: Proof) -> Option<Arc<Tenant>> {
        if let Some(verified) = self.0.verified.get() {
            return Some(Arc::clone(verified));
        }
        if self.0.is_looked_at.swap(true, Ordering::Relaxed) {
            return None;
        }
        let verified = self.0.app.prove_page(&unseen.0).await.ok()?;
        // for a layer outside of this one
        let tenant = self
            .0
            .verified
            .get_or_init(|| Arc::clone(verified.tenant_record()));
        Some(Arc::clone(tenant))
    }
}

/// What of a request proves it.
pub(crate) struct Proof(Parts);

impl Proof {
    pub(crate) fn of(parts: &Parts) -> Self {
        let (mut proof, ()) = http::Request::new(()).into_parts();
        proof.method = parts.method.clone();
        proof.uri = parts.uri.clone();
        if let Some(original) = parts.extensions.get::<OriginalUri>() {
            proof.extensions.insert(original.clone());
        }
        for value in parts.headers.get_all(AUTHORIZATION) {
            proof.headers.append(AUTHORIZATION, value.clone());
        }
        Self(proof)
    }
}
