//! Whether an object is of one kind.

use app_license::LicenseSource;
use serde_json::{Map, Value};

use super::document::Document;
use super::names::MANIFEST;
use super::shape::Recognition;
use super::shapes::SHAPES;

/// Whether an object made from other text is a manifest.
pub(in super::super) fn is_manifest(fields: &Map<String, Value>) -> bool {
    let manifest = SHAPES.iter().find(|shape| shape.what == MANIFEST);
    manifest.is_some_and(|shape| match &shape.recognition {
        Recognition::Signs(signs) => signs.are_met(&signs.score(fields)),
        Recognition::Whole(_) => false,
    })
}

/// Whether an object is a context of Forge, of a page or of a function.
pub(super) fn is_forge_context(d: Document<'_>) -> bool {
    SHAPES
        .iter()
        .filter(|s| {
            matches!(
                s.source,
                Some(LicenseSource::ForgeUiContext | LicenseSource::ForgeFunctionContext)
            )
        })
        .any(|shape| shape.points(d).is_some())
}
