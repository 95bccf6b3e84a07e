//! What was found in an input: what it is, the licenses in it, what is odd about them.

use std::fmt::Display;

use app_license::{License, LicenseSource, Severity, UnixTime};
use serde::Serialize;
use serde::ser::SerializeMap;

use crate::input_error::InputError;

/// The label of the place that a payload was found at.
const FOUND_IN: &str = "found in";

/// What an input turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct What {
    /// The stable code.
    pub(crate) code: &'static str,
    /// Its name for people.
    pub(crate) title: &'static str,
}

/// What may hold errors and no license.
pub(crate) const FORGE_LICENSE_API: What = What {
    code: "forge_license_api",
    title: "Forge License API answer",
};

/// How far what was read can be believed. Nothing pasted is ever verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct Believe {
    pub(crate) code: &'static str,
    pub(crate) message: &'static str,
}

impl Believe {
    pub(crate) const HINT: Self = Self {
        code: "hint",
        message: "this is a hint: a browser can change it; let the backend decide",
    };
    pub(crate) const REQUEST: Self = Self {
        code: "unverified",
        message: "not verified: use `app-license verify request`",
    };
    pub(crate) const CONTEXT: Self = Self {
        code: "unverified",
        message: "not verified: use `app-license verify context`",
    };
    pub(crate) const SESSION: Self = Self {
        code: "unverified",
        message: "not verified: use `app-license verify session`",
    };
    pub(crate) const INSTALL: Self = Self {
        code: "unverified",
        message: "not verified: use `app-license verify install` or `uninstall`",
    };
    pub(crate) const INVOCATION: Self = Self {
        code: "unverified",
        message: "not verified: use `app-license verify invocation`",
    };
    pub(crate) const ANSWER: Self = Self {
        code: "unverified",
        message: "not verified: an answer counts where it was fetched, not where it is pasted",
    };
    pub(crate) const FUNCTION: Self = Self {
        code: "unverified",
        message: "not verified: it counts inside the function that receives it, not where it is pasted",
    };
    pub(crate) const UNSIGNED: Self = Self {
        code: "unsigned",
        message: "never proof: anybody could have sent it",
    };
    pub(crate) const CONTAINER: Self = Self {
        code: "unverified",
        message: "not verified: it counts inside the container that fetched it, not where it is pasted",
    };
    pub(crate) const CONFIGURATION: Self = Self {
        code: "configuration",
        message: "this is configuration, not a license: the host hides by it, it protects nothing",
    };
    pub(crate) const NOTHING: Self = Self {
        code: "none",
        message: "nothing here speaks about a license",
    };

    /// What pasted text from this license source is worth.
    pub(crate) const fn of(source: LicenseSource) -> Self {
        match source {
            LicenseSource::ConnectLifecycle => Self::INSTALL,
            LicenseSource::ConnectIframeQuery => Self::REQUEST,
            LicenseSource::ConnectLicenseApi | LicenseSource::ForgeLicenseApi => Self::ANSWER,
            LicenseSource::ConnectContextToken => Self::CONTEXT,
            LicenseSource::ForgeInvocationToken => Self::INVOCATION,
            LicenseSource::ForgeFunctionContext => Self::FUNCTION,
            _ => Self::HINT,
        }
    }
}

/// Something worth knowing. It never changes a decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Diagnostic {
    pub(crate) code: &'static str,
    /// `note`, `warning` or `error`.
    pub(crate) severity: &'static str,
    pub(crate) message: String,
}

/// What it is called here.
pub(crate) const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        _ => "note",
    }
}

/// A license, with the app's id where an answer holds several.
#[derive(Debug)]
pub(crate) struct Named {
    pub(crate) app: Option<String>,
    pub(crate) license: License,
}

/// Everything that was found in one input.
#[derive(Debug)]
pub(crate) struct Reading {
    pub(crate) what: What,
    pub(crate) believe: Believe,
    pub(crate) licenses: Vec<Named>,
    pub(crate) facts: Facts,
    pub(crate) notes: Vec<Diagnostic>,
    pub(crate) conditions: Vec<Condition>,
}

/// A condition of the host, and where it stands.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Condition {
    /// The path of the place it was found at.
    pub(crate) at: String,
    /// The condition as text.
    pub(crate) rule: String,
    /// What the host does with it: license, edition, shown; `None` where it asks about other
    /// things.
    pub(crate) cells: Vec<Shown>,
}

/// One cell of a condition's table.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    /// The customer's state: `none`, `standard`, `advanced`, …
    pub(crate) customer: &'static str,
    /// Whether the host shows the module; `None` when that depends on something else.
    pub(crate) host: Option<bool>,
}

impl Reading {
    pub(crate) fn new(what: What, believe: Believe) -> Self {
        Self {
            what,
            believe,
            licenses: Vec::new(),
            facts: Facts::default(),
            notes: Vec::new(),
            conditions: Vec::new(),
        }
    }

    /// A reading of one license, with what is odd about it.
    pub(crate) fn of(what: What, license: License, now: UnixTime) -> Self {
        let mut reading = Self::new(what, Believe::of(license.source()));
        reading.add(None, license, now);
        reading
    }

    pub(crate) fn add(&mut self, app: Option<String>, license: License, now: UnixTime) {
        for note in notes(&license, now) {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        self.licenses.push(Named { app, license });
    }

    pub(crate) fn fact(&mut self, label: &'static str, value: impl Display) {
        self.facts.0.push((label, value.to_string()));
    }

    pub(crate) fn fact_if(&mut self, label: &'static str, value: Option<impl Display>) {
        if let Some(value) = value {
            self.fact(label, value);
        }
    }

    pub(crate) fn note(&mut self, code: &'static str, message: impl Into<String>) {
        self.notes.push(Diagnostic {
            code,
            severity: "note",
            message: message.into(),
        });
    }

    /// A note that is more than one: `warning` or `error`.
    pub(crate) fn report(
        &mut self,
        severity: &'static str,
        code: &'static str,
        message: impl Into<String>,
    ) {
        self.notes.push(Diagnostic {
            code,
            severity,
            message: message.into(),
        });
    }

    /// Says where in a larger text it was found; the outermost place stands first.
    pub(crate) fn found_in(mut self, place: &str) -> Self {
        match self.facts.0.first_mut() {
            Some((FOUND_IN, inner)) => *inner = format!("{place}, {inner}"),
            _ => self.facts.0.insert(0, (FOUND_IN, place.to_owned())),
        }
        self
    }

    /// Refuses what is not from where the caller says that it is.
    pub(crate) fn must_be(self, source: LicenseSource) -> Result<Self, InputError> {
        let is = |named: &Named| named.license.source() == source;
        if !self.licenses.is_empty() && self.licenses.iter().all(is) {
            return Ok(self);
        }
        // an answer of the Forge License API may hold errors alone
        if self.licenses.is_empty()
            && source == LicenseSource::ForgeLicenseApi
            && self.what == FORGE_LICENSE_API
        {
            return Ok(self);
        }
        Err(InputError::OtherShape {
            asked: source.to_string(),
            found: self.what.title.to_owned(),
        })
    }
}

/// What else an input says, in its order.
#[derive(Debug, Default)]
pub(crate) struct Facts(pub(crate) Vec<(&'static str, String)>);

impl Serialize for Facts {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (label, value) in &self.0 {
            map.serialize_entry(&label.replace(' ', "_"), value)?;
        }
        map.end()
    }
}

fn notes(license: &License, now: UnixTime) -> Vec<Diagnostic> {
    let mut notes: Vec<_> = license
        .diagnostics()
        .map(|found| Diagnostic {
            code: found.code(),
            severity: severity(found.severity()),
            message: found.to_string(),
        })
        .collect();
    let mut note = |code, message| {
        notes.push(Diagnostic {
            code,
            severity: "note",
            message,
        });
    };
    let active = license.state() == app_license::State::Active;
    let trial = license.is_evaluation() == Some(true);
    let passed = |end: &UnixTime| *end < now && active;
    if let Some(end) = license.trial_end().filter(passed).filter(|_| trial) {
        note(
            "trial_end_passed",
            format!(
                "the trial end {end} has passed, but the platform still says active: that counts"
            ),
        );
    }
    if let Some(end) = license.subscription_end().filter(passed) {
        note(
            "subscription_end_passed",
            format!(
                "the subscription end {end} has passed, but the platform still says active: that counts"
            ),
        );
    }
    if let Some(environment) = license.environment()
        && *environment != app_license::EnvironmentType::PRODUCTION
    {
        note(
            "not_production",
            format!(
                "{environment}: licenses can be overridden there; a policy can ask for production"
            ),
        );
    }
    if license.source() == LicenseSource::ConnectIframeQuery && active {
        note(
            "payment_not_proved",
            "`lic=active` does not prove payment: a policy can ask for a confirmed license"
                .to_owned(),
        );
    }
    notes
}
