//! A user without access while the site is licensed, where the customer pays by user.

use app_license_testkit::{Invocation, SignedRequest, Tenant};
use serde_json::Value;

use crate::error::Error;
use crate::lab::Lab;
use crate::user_access::UserAccess;

impl Lab {
    pub(crate) fn access(&self, site: &str) -> UserAccess {
        self.state().access.get(site).copied().unwrap_or_default()
    }

    /// Whether the user may use the app on a site that there is, from now on.
    pub(crate) fn set_access(&self, site: &str, access: UserAccess) -> Result<(), Error> {
        if self.known(site).is_none() {
            return Err(Error::Option(format!("no site `{site}`")));
        }
        self.state().access.insert(site.to_owned(), access);
        self.note(
            Some(site),
            match access {
                UserAccess::Unsaid => "the customer does not pay by user",
                UserAccess::Granted => "the user has access to the app",
                UserAccess::Denied => "the user has no access to the app",
            },
        );
        Ok(())
    }

    /// `view.getContext()` of a module's page, with the user's access.
    pub(crate) fn ui_context(
        &self,
        tenant: &Tenant,
        module: &str,
        extension: Option<Value>,
    ) -> Result<Value, Error> {
        let mut context = tenant.ui_context(module)?;
        if let Some(fields) = context.as_object_mut() {
            if let Some(extension) = extension {
                fields.insert("extension".to_owned(), extension);
            }
            if let Some(access) = self.access(tenant.site().name()).said() {
                fields.insert("userAccess".to_owned(), access);
            }
        }
        Ok(context)
    }

    /// A page's call to the remote, with this context in its token.
    pub(crate) fn with_context(
        &self,
        tenant: &Tenant,
        invocation: &Invocation,
        request: SignedRequest,
        mut context: Value,
    ) -> Result<SignedRequest, Error> {
        if let Some(fields) = context.as_object_mut() {
            fields.remove("license");
            fields.remove("accountId");
        }
        let spec = tenant.invocation_spec(invocation)?;
        let spec = spec.claim("context", context);
        Ok(request.with_token(&spec.rs256(&self.host.forge_key()?)))
    }
}
