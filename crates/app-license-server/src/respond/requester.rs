//! Who made a request that is not let through, where that is proved.

use http::request::Parts;

use super::RefusedRequest;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::forge_remote::ForgeInvocation;
use crate::rejection::Rejection;

impl<'r> RefusedRequest<'r> {
    /// Of a request that may have been verified: what is known of it is in its extensions.
    pub(super) fn new(rejection: &'r Rejection, parts: &'r Parts) -> Self {
        let of_page = || Some(parts.extensions.get::<ConnectRequest>()?.installation());
        let of_call = || {
            Some(
                parts
                    .extensions
                    .get::<ConnectContextRequest>()?
                    .installation(),
            )
        };
        let invocation = parts.extensions.get::<ForgeInvocation>();
        let of_forge = || invocation?.installation();
        let installation = of_page().or_else(of_call).or_else(of_forge);
        let stated = || invocation?.token().site_url();
        let site_url = installation.and_then(|it| it.display_url()).or_else(stated);
        Self {
            rejection,
            parts,
            installation,
            site_url,
        }
    }
}
