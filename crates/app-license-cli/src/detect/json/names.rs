//! Names of shapes.

use app_license::LicenseSource;

use crate::reading::What;

pub(super) const fn what(code: &'static str, title: &'static str) -> What {
    What { code, title }
}

pub(super) const LICENSE: What = what("license", "bare license object");

pub(super) const FUNCTION_CONTEXT: What = what(
    "forge_function_context",
    "Forge function context, second argument",
);

/// Whether a license object alone can be from there.
pub(super) const fn holds_a_license(source: LicenseSource) -> bool {
    !matches!(
        source,
        LicenseSource::ConnectLifecycle | LicenseSource::ConnectIframeQuery
    )
}

pub(super) const MANIFEST: What = what("forge_manifest", "Forge manifest");
