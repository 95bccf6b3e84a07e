//! Chains of conditions that go on without a license.

use std::collections::BTreeMap;

use app_license_source::{Condition, Fact, Operand, Path};

use super::reader::Reader;
use super::words::is_paid;
use crate::finding::Finding;
use crate::rules;

impl Reader<'_> {
    /// `if (license && license.active === false) deny`, `license == null || license.active`, and
    /// `if (!license || !license.active) return "advanced"`: no license is as good as a paid one.
    pub(super) fn chain(
        &self,
        fact: &Fact,
        all: bool,
        conditions: &[Condition],
        returns: Option<&Operand>,
        findings: &mut Vec<Finding>,
    ) {
        let flags = conditions
            .iter()
            .filter(|it| matches!(it.path.last(), "active" | "isActive"));
        let mut flags = flags.peekable();
        if flags.peek().is_none() {
            return;
        }
        let mut first: BTreeMap<&Path, &Condition> = BTreeMap::new();
        for condition in conditions {
            first.entry(&condition.path).or_insert(condition);
        }
        let license = flags.find_map(|active| {
            let license = active.path.first(active.path.len().saturating_sub(1));
            let there = *first.get(&license)?;
            let named = self.locals.resolve(&license, fact);
            let named = named.last().to_ascii_lowercase();
            let named = named.contains("license") || named == "lic";
            named.then_some((there, active))
        });
        let Some((there, active)) = license else {
            return;
        };
        let grants = match (all, there.holds, active.holds) {
            // denies whom it finds inactive, and nobody else
            (true, true, false) => returns.is_some(),
            (false, false, true) => true,
            (false, false, false) => returns.is_some_and(is_paid),
            _ => false,
        };
        let known = || {
            let root = self.outermost(fact);
            self.absent.is_known(root, &there.path, &fact.range())
        };
        if grants && !known() {
            let path = &there.path;
            let message = format!("without `{path}` it goes on as with one that is active");
            findings.push(self.find(&rules::ABSENT_LICENSE_GRANTS, message, fact));
        }
    }
}
