//! What `inspect` says about one input.

use std::io::Write;

use app_license::{Hint, License, LicenseSource, Policy, State, UnixTime};
use serde::Serialize;

use crate::command::policy_args::{Allowance, NamedDecision, Questions};
use crate::error::CliError;
use crate::exit::Exit;
use crate::io::Io;
use crate::output::{BAD, BOLD, DIM, Format, GOOD, WARN, escaped, paint, show, table, verdict};
use crate::reading::{Believe, Condition, Diagnostic, Facts, Reading, What};

/// Everything `inspect` answers, as its JSON has it.
#[derive(Debug, Serialize)]
pub(super) struct Report {
    input: What,
    trust: Believe,
    licenses: Vec<Entry>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Condition>,
    facts: Facts,
    warnings: Vec<Diagnostic>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted: Option<bool>,
}

#[derive(Debug, Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    license: License,
    decisions: Vec<NamedDecision>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    allowances: Vec<Allowance>,
    #[serde(skip)]
    features: bool,
}

impl Report {
    /// Decides what was read.
    pub(super) fn new(
        reading: Reading,
        questions: &Questions,
        policy: &Policy,
        now: UnixTime,
    ) -> Result<Self, CliError> {
        let mut licenses = Vec::new();
        for named in reading.licenses {
            let hint = Hint::new(named.license);
            // an event never says whether the license is active: no table of denials for it
            let says_nothing = hint.source() == LicenseSource::ConnectLifecycle
                && hint.state() == State::Absent
                && !questions.is_required()
                && !questions.are_features();
            let decisions = if says_nothing {
                Vec::new()
            } else {
                questions.answers(&|needs| hint.decide(policy, needs, now))
            };
            licenses.push(Entry {
                app: named.app,
                decisions,
                allowances: questions.allowances(&hint, policy, now)?,
                license: hint.into_inner(),
                features: questions.are_features(),
            });
        }
        let mut answers = licenses.iter().flat_map(|entry: &Entry| &entry.decisions);
        let granted =
            answers.clone().count() > 0 && answers.all(|answer| answer.decision.is_allowed());
        Ok(Self {
            input: reading.what,
            trust: reading.believe,
            granted: questions.is_required().then_some(granted),
            licenses,
            conditions: reading.conditions,
            facts: reading.facts,
            warnings: reading.notes,
        })
    }

    pub(super) fn exit(&self) -> Exit {
        let refused = self.warnings.iter().any(|note| note.severity == "error");
        if self.granted == Some(false) || refused {
            Exit::Denied
        } else {
            Exit::Yes
        }
    }

    pub(super) fn show(&self, io: &mut Io<'_>, format: Format) -> Result<(), CliError> {
        show(io, format, self, |out| self.human(out))
    }

    fn human(&self, out: &mut dyn Write) -> std::io::Result<()> {
        writeln!(out, "{}", paint(BOLD, self.input.title))?;
        for (label, value) in &self.facts.0 {
            line(out, label, &escaped(value))?;
        }
        for entry in &self.licenses {
            entry.human(out)?;
        }
        if self.licenses.is_empty() && self.conditions.is_empty() {
            line(out, "license", "none in it")?;
        }
        conditions(out, &self.conditions)?;
        for note in &self.warnings {
            let style = if note.severity == "error" { BAD } else { WARN };
            writeln!(
                out,
                "{} {}",
                paint(style, format_args!("{}[{}]:", note.severity, note.code)),
                escaped(&note.message)
            )?;
        }
        writeln!(out, "{}", paint(DIM, self.trust.message))
    }
}

impl Entry {
    fn human(&self, out: &mut dyn Write) -> std::io::Result<()> {
        let license = &self.license;
        if let Some(app) = &self.app {
            writeln!(out, "{}", paint(BOLD, format_args!("app {}", escaped(app))))?;
        }
        let state = match license.state() {
            State::Absent if license.source() == LicenseSource::ConnectLifecycle => {
                "not in it: this event never says whether it is active".to_owned()
            }
            State::Active => paint(GOOD, "active"),
            State::Inactive => paint(BAD, "not active"),
            State::Absent => paint(WARN, "absent: nothing is said"),
        };
        line(out, "license", &state)?;
        let named = license.capability_set();
        if license.source() == LicenseSource::ConnectLifecycle {
            if let Some(named) = named {
                line(out, "edition named", &escaped(named))?;
            }
        } else {
            line(out, "edition", &edition(license))?;
        }
        if let Some(trial) = license.is_evaluation() {
            line(out, "trial", if trial { "yes" } else { "no" })?;
        }
        let mut say = |label, value: Option<String>| match value {
            Some(value) => line(out, label, &escaped(value)),
            None => Ok(()),
        };
        say("trial end", license.trial_end().map(|t| t.to_string()))?;
        say("type", license.kind().map(ToString::to_string))?;
        say("billing", license.billing_period().map(ToString::to_string))?;
        say(
            "subscription end",
            license.subscription_end().map(|t| t.to_string()),
        )?;
        say("entitlement", entitlement(license))?;
        say(
            "environment",
            license.environment().map(ToString::to_string),
        )?;
        say("said at", license.as_of().map(|t| t.to_string()))?;
        let mut rows = if self.features {
            table(["feature", "needs", "answer", "why"])
        } else {
            table(["edition", "answer", "why"])
        };
        rows.set_width(80);
        for NamedDecision { name, decision } in &self.decisions {
            let allowed = decision.is_allowed();
            let text = escaped(decision);
            let why = text.split_once(": ").map_or(text.as_str(), |(_, why)| why);
            let why = why.rsplit_once(" (").map_or(why, |(why, _)| why);
            let mut row = vec![comfy_table::Cell::new(escaped(name))];
            if self.features {
                row.push(comfy_table::Cell::new(escaped(decision.needs())));
            }
            row.push(verdict(allowed, if allowed { "granted" } else { "denied" }));
            row.push(comfy_table::Cell::new(why));
            rows.add_row(row);
        }
        if !self.decisions.is_empty() {
            writeln!(out, "{rows}")?;
        }
        for allowance in &self.allowances {
            line(out, &escaped(&allowance.name), &escaped(&allowance.value))?;
        }
        Ok(())
    }
}

/// The edition that a license stands for, or why it stands for none.
fn edition(license: &License) -> String {
    let named = license.capability_set().map(escaped);
    match (license.edition(), named, license.state()) {
        (Some(edition), Some(named), _) => format!("{edition} ({named})"),
        (Some(edition), None, _) => format!("{edition} (none named)"),
        (None, Some(named), State::Active) => format!("unknown ({named})"),
        (None, Some(named), State::Inactive) => format!("none ({named} named, but not active)"),
        (None, Some(named), State::Absent) => {
            format!("none ({named} named, but nothing says active)")
        }
        (None, None, _) => "none".to_owned(),
    }
}

fn entitlement(license: &License) -> Option<String> {
    let parts: Vec<_> = [
        license.entitlement_id(),
        license.entitlement_number(),
        license.support_entitlement_number(),
    ]
    .into_iter()
    .flatten()
    .collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn conditions(out: &mut dyn Write, conditions: &[Condition]) -> std::io::Result<()> {
    // a place that is longer than this is a number in the table
    const LONGEST: usize = 16;
    let name = |n: usize, condition: &Condition| {
        if condition.at.chars().count() > LONGEST {
            Some(format!("{n} "))
        } else {
            None
        }
    };
    for (n, condition) in (1_usize..).zip(conditions) {
        let number = name(n, condition);
        if number.is_some() || !condition.rule.is_empty() {
            let at = escaped(&condition.at);
            write!(out, "  {}{at}", number.unwrap_or_default())?;
            if !condition.rule.is_empty() {
                write!(out, " {}", paint(DIM, escaped(&condition.rule)))?;
            }
            writeln!(out)?;
        }
    }
    let Some(first) = conditions.first() else {
        return Ok(());
    };
    let mut heading = vec!["host shows it to".to_owned()];
    // two lines each, so that all fit in 80 columns
    let customers = first.cells.iter();
    heading.extend(customers.map(|cell| cell.customer.replacen(' ', "\n", 1)));
    let mut rows = table([]);
    rows.set_header(heading).set_width(80);
    for column in rows.column_iter_mut().skip(1) {
        column.set_padding((0, 1));
    }
    for (n, condition) in (1_usize..).zip(conditions) {
        let at = name(n, condition).unwrap_or_else(|| escaped(&condition.at));
        let mut row = vec![comfy_table::Cell::new(at.trim_end())];
        row.extend(condition.cells.iter().map(|cell| match cell.host {
            Some(shown) => verdict(shown, if shown { "shown" } else { "hidden" }),
            None => comfy_table::Cell::new("depends"),
        }));
        rows.add_row(row);
    }
    writeln!(out, "{rows}")
}

fn line(out: &mut dyn Write, label: &str, value: &str) -> std::io::Result<()> {
    writeln!(out, "  {label:<17} {value}")
}
