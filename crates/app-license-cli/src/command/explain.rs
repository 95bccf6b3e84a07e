//! Why a query hash does not match, for people and as JSON.

use std::io::Write;

use app_license::connect::Explanation;
use serde::Serialize;

use crate::output::clean;

/// An explanation as it is shown.
#[derive(Debug, Serialize)]
pub(crate) struct Explained {
    text: String,
    canonical: Option<String>,
    decoded: Option<String>,
    signed: Option<String>,
    mistakes: Vec<QshDifference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_difference: Option<Difference>,
}

#[derive(Debug, Serialize)]
struct QshDifference {
    code: &'static str,
    message: String,
}

#[derive(Debug, Serialize)]
struct Difference {
    byte: usize,
    here: String,
    signed: String,
}

impl Explained {
    pub(crate) fn new(explanation: &Explanation) -> Self {
        let ours = explanation.canonical();
        Self {
            text: explanation.to_string(),
            canonical: ours.map(|c| c.as_str().to_owned()),
            decoded: ours.and_then(|c| c.decoded()).map(str::to_owned),
            signed: explanation.signed_canonical().map(str::to_owned),
            mistakes: explanation
                .mistakes()
                .iter()
                .map(|mistake| QshDifference {
                    code: mistake.code(),
                    message: mistake.to_string(),
                })
                .collect(),
            first_difference: explanation.difference().map(|d| Difference {
                byte: d.offset,
                here: d.ours,
                signed: d.theirs,
            }),
        }
    }

    pub(crate) fn human(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", clean(&self.text))
    }
}
