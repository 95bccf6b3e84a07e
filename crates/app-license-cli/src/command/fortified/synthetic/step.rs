//! One step of the test, and how it went.

use app_license::License;
use app_license::connect::LicenseApiResponse;
use serde::Serialize;

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum State {
    Passed,
    Failed,
    Skipped,
}

/// One step.
#[derive(Debug, Serialize)]
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) state: State,
    pub(super) found: String,
}

impl Step {
    pub(super) fn new(name: &'static str, passed: bool, found: impl Into<String>) -> Self {
        Self {
            name,
            state: if passed { State::Passed } else { State::Failed },
            found: found.into(),
        }
    }

    pub(super) fn skipped(name: &'static str, found: impl Into<String>) -> Self {
        Self {
            name,
            state: State::Skipped,
            found: found.into(),
        }
    }
}

/// What the License API said, in words, and the license if it gave one.
pub(super) fn said(answer: &LicenseApiResponse) -> (String, Option<&License>) {
    match answer {
        LicenseApiResponse::License(license) => {
            let capability = license
                .capability_set()
                .map_or("no capability set", |it| it.as_str());
            let text = format!("{}, {capability}", license.state().name());
            (text, Some(license))
        }
        LicenseApiResponse::NotFound => ("the site does not have the app".to_owned(), None),
        LicenseApiResponse::Refused { status } => (format!("the site refused: {status}"), None),
        _ => ("nothing that can be read".to_owned(), None),
    }
}
