//! What the host says to Connect apps.

pub(crate) mod license_api;
mod lifecycle;
mod page;
mod tokens;
