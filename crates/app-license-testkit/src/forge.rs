//! What the host says to Forge apps.

mod context;
pub(crate) mod invocation;
pub(crate) mod license_api;
pub(crate) mod lifecycle;
pub(crate) mod limits;
pub(crate) mod object;
