//! What the journal says about a request, and what the console says about pasted text.

use std::fmt;
use std::sync::Arc;

use app_license_testkit::{MockHost, SignedRequest, Tenant};
use serde_json::Value;

use crate::demo::Rules;
use crate::error::Error;
use crate::journal::DeliveredRequest;

type ExplainRequest =
    dyn Fn(&MockHost, &Rules, &SignedRequest, &Tenant) -> DeliveredRequest + Send + Sync;
type ExplainText = dyn Fn(&MockHost, &Rules, &[u8]) -> Result<Value, Error> + Send + Sync;

/// Two functions that explain: a request of the platform (decoded, verified, decided), and text
/// that a person pasted. The command line hands in its `verify` and its `inspect`.
///
/// ```
/// use app_license_lab::{DeliveredRequest, Explainer};
/// let explainer = Explainer::new(
///     |_, _, request, _| DeliveredRequest::of(request),
///     |_, _, _| Ok(serde_json::Value::Null),
/// );
/// # let _ = explainer;
/// ```
#[derive(Clone)]
pub struct Explainer {
    request: Arc<ExplainRequest>,
    text: Arc<ExplainText>,
}

impl Explainer {
    /// An explainer of these two functions.
    pub fn new(
        request: impl Fn(&MockHost, &Rules, &SignedRequest, &Tenant) -> DeliveredRequest
        + Send
        + Sync
        + 'static,
        text: impl Fn(&MockHost, &Rules, &[u8]) -> Result<Value, Error> + Send + Sync + 'static,
    ) -> Self {
        Self {
            request: Arc::new(request),
            text: Arc::new(text),
        }
    }

    /// Explains a request of the platform.
    pub fn request(
        &self,
        host: &MockHost,
        rules: &Rules,
        request: &SignedRequest,
        tenant: &Tenant,
    ) -> DeliveredRequest {
        (self.request)(host, rules, request, tenant)
    }

    pub(crate) fn text(&self, host: &MockHost, rules: &Rules, text: &[u8]) -> Result<Value, Error> {
        (self.text)(host, rules, text)
    }
}

impl fmt::Debug for Explainer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Explainer").finish_non_exhaustive()
    }
}
