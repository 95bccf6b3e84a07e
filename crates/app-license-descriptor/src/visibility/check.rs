//! Where the host's rule differs from the gate's ranking.

use app_license::Edition;

use super::{Expr, HostLicense};
use crate::diagnostic::{Diagnostic, Rule};
use crate::rules;
use crate::spelling::meant_capability;
use app_license::Capability;
use app_license::FeatureMap;
use app_license::error::shown;

/// How many other conditions are tried both ways; more than that count as true.
const MAX_OTHERS: usize = 6;

const STANDARD: Option<&str> = Some(Edition::Standard.capability_set());
const ADVANCED: Option<&str> = Some(Edition::Advanced.capability_set());

/// Tries the condition on every kind of customer, with every answer of the other conditions.
pub(crate) fn diagnostics(expr: &Expr<'_>, features: Option<&FeatureMap>) -> Vec<Diagnostic> {
    let mut leaves = Leaves::default();
    leaves.walk(expr, true);
    let mut found = Visibility::default();
    let tried = leaves.others.len().min(MAX_OTHERS);
    for answers in 0..(1_u32 << tried) {
        let answer = |name: &str, params: &str| {
            let at = leaves.others.iter().position(|o| *o == (name, params));
            Some(at.is_none_or(|at| at >= tried || answers & (1 << at) != 0))
        };
        let shown = |licensed: bool, capability: Option<&str>| {
            expr.shown(HostLicense::new(licensed, capability), &answer)
        };
        found.look(&shown);
        for value in &leaves.values {
            found.ever |= shown(true, Some(value)) != Some(false);
            found.inactive |=
                shown(false, Some(value)) == Some(true) && shown(false, None) == Some(false);
        }
    }
    let mut diagnostics = Vec::new();
    let mut warn = |yes: bool, rule: &'static Rule, message: &str| {
        if yes {
            diagnostics.push(Diagnostic::new(rule, message));
        }
    };
    let standard = leaves.standard;
    warn(
        standard && found.hides_advanced,
        &rules::STANDARD_HIDES_ADVANCED,
        "hides the module from customers of the Advanced edition",
    );
    warn(
        standard && found.hides_unchanged,
        &rules::STANDARD_HIDES_UNCHANGED,
        "hides the module from customers whose license names no edition",
    );
    warn(
        found.inactive,
        &rules::SHOWN_TO_INACTIVE,
        "shows the module to customers whose license is not active",
    );
    warn(
        !found.ever,
        &rules::NEVER_SHOWN,
        "nobody ever sees the module",
    );
    for value in leaves.values {
        diagnostics.extend(of_value(value, features));
    }
    diagnostics
}

#[derive(Default)]
struct Visibility {
    hides_advanced: bool,
    hides_unchanged: bool,
    inactive: bool,
    ever: bool,
}

impl Visibility {
    fn look(&mut self, shown: &dyn Fn(bool, Option<&str>) -> Option<bool>) {
        let yes = |licensed, capability| shown(licensed, capability) == Some(true);
        let no = |licensed, capability| shown(licensed, capability) == Some(false);
        self.hides_advanced |= yes(true, STANDARD) && no(true, ADVANCED);
        self.hides_unchanged |= yes(true, STANDARD) && no(true, None);
        self.inactive |= (yes(false, STANDARD) || yes(false, ADVANCED)) && no(false, None);
        for capability in [None, STANDARD, ADVANCED] {
            self.ever |= !no(true, capability) || !no(false, capability);
        }
    }
}

/// What a condition asks about.
#[derive(Default)]
struct Leaves<'a> {
    /// Whether Standard is asked for, and not its opposite.
    standard: bool,
    /// The capability strings, each once.
    values: Vec<&'a str>,
    /// The other conditions, each once.
    others: Vec<(&'a str, &'a str)>,
}

impl<'a> Leaves<'a> {
    fn walk(&mut self, expr: &Expr<'a>, positive: bool) {
        match expr {
            Expr::Licensed => {}
            Expr::Capability(value) => {
                self.standard |= positive && STANDARD == Some(*value);
                if !self.values.contains(value) {
                    self.values.push(value);
                }
            }
            Expr::Edition(edition) => self.standard |= positive && *edition == Edition::Standard,
            Expr::Other(name, params) => {
                if !self.others.contains(&(name, params)) {
                    self.others.push((name, params));
                }
            }
            Expr::Not(inner) => self.walk(inner, !positive),
            Expr::All(list) | Expr::Any(list) => {
                for inner in list {
                    self.walk(inner, positive);
                }
            }
        }
    }
}

fn of_value(value: &str, features: Option<&FeatureMap>) -> Option<Diagnostic> {
    match Edition::of(value) {
        Some(edition) if edition.capability_set() == value => None,
        Some(edition) => {
            let (value, expected) = (shown(value), edition.capability_set());
            let message = format!("never matches `{value}`: the host spells it `{expected}`");
            let fix = format!("write `{expected}`");
            Some(Diagnostic::new(&rules::CAPABILITY_SPELLING, message).with_fix(fix))
        }
        None => {
            let named = Capability::new(value);
            let known = features.is_some_and(|map| {
                map.features()
                    .any(|f| map.requirement(f).is_some_and(|c| *c == named))
            });
            if let Some(meant) = meant_capability(value).filter(|_| !known) {
                let value = shown(value);
                let message = format!("never matches `{value}`: did you mean `{meant}`?");
                let diagnostic = Diagnostic::new(&rules::CAPABILITY_SPELLING, message);
                return Some(diagnostic.with_fix(format!("write `{meant}`")));
            }
            let value = shown(value);
            let message = format!("no customer is known to have the capability set `{value}`");
            (!known).then(|| Diagnostic::new(&rules::UNKNOWN_CAPABILITY, message))
        }
    }
}
