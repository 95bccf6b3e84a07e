//! One shape: how it is recognized, and how it is read.

use app_license::LicenseSource;

use super::document::Document;
use super::score::Signs;
use crate::input_error::InputError;
use crate::reading::{Reading, What};

/// How a shape is recognized.
pub(super) enum Recognition {
    /// By several signs.
    Signs(Signs),
    /// By all of its fields together: how many points, 0 when it is not this.
    Whole(fn(Document<'_>) -> u8),
}

/// One shape.
pub(super) struct Shape {
    pub(super) what: What,
    pub(super) source: Option<LicenseSource>,
    pub(super) recognition: Recognition,
    pub(super) read: fn(What, Document<'_>) -> Result<Reading, InputError>,
}

impl Shape {
    /// Its points; `None` when they are not enough.
    pub(super) fn points(&self, document: Document<'_>) -> Option<u8> {
        match &self.recognition {
            Recognition::Signs(signs) => {
                let score = signs.score(document.fields);
                signs.are_met(&score).then_some(score.points)
            }
            Recognition::Whole(points) => Some(points(document)).filter(|n| *n > 0),
        }
    }
}
