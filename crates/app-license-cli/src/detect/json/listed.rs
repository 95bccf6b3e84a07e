//! What `inspect --list` says of the shapes.

use app_license::LicenseSource;

use super::shape::Recognition;
use super::shapes::SHAPES;
use crate::reading::What;

/// What `inspect --list` says of one shape.
#[derive(Debug, serde::Serialize)]
pub(crate) struct Listed {
    #[serde(flatten)]
    what: What,
    #[serde(rename = "as", skip_serializing_if = "Option::is_none")]
    source: Option<LicenseSource>,
    /// The fields that it is recognized by.
    fields: Vec<&'static str>,
}

impl Listed {
    pub(crate) fn row(&self) -> [String; 3] {
        let code = self.source.map(|t| t.code().to_owned());
        let fields = if self.fields.is_empty() {
            "all of its fields together".to_owned()
        } else {
            self.fields.join(", ")
        };
        [self.what.title.to_owned(), code.unwrap_or_default(), fields]
    }
}

/// All shapes, for people.
pub(in super::super) fn list() -> impl Iterator<Item = Listed> {
    SHAPES.iter().map(|shape| Listed {
        what: shape.what,
        source: shape.source,
        fields: match &shape.recognition {
            Recognition::Signs(signs) => signs.of.iter().map(|sign| sign.0).collect(),
            Recognition::Whole(_) => Vec::new(),
        },
    })
}
