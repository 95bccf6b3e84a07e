//! Chains of conditions that go on without a license.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use app_license_source::{Condition, Fact, FactKind, Operand, Path};

use super::Reader;
use super::words::is_paid;
use crate::finding::Finding;
use crate::rules;

/// Where a file treats a license as absent, by the outermost function around it. It is collected once: a
/// file may have as many chains as conditions.
#[derive(Debug, Default)]
pub(super) struct Absent<'s> {
    /// Who reads the environment, in which no license is normal.
    environment: BTreeSet<Option<usize>>,
    /// Where a name is first and last tested for absence.
    tested: BTreeMap<(Option<usize>, &'s Path), (usize, usize)>,
}

impl<'s> Absent<'s> {
    pub(super) fn of(reader: &Reader<'s>) -> Self {
        let mut absent = Self::default();
        for fact in reader.source.facts().iter().filter(|fact| !fact.is_test()) {
            let root = reader.outermost(fact);
            let tested = match fact.kind() {
                FactKind::Read(path) | FactKind::Call { callee: path, .. } => {
                    if asks_for_environment(path) {
                        absent.environment.insert(root);
                    }
                    None
                }
                FactKind::Test { operand, negated } if *negated => operand.path(),
                FactKind::Compare { left, right, .. } if *right == Operand::Nothing => left.path(),
                _ => None,
            };
            if let Some(path) = tested {
                let at = fact.range().start;
                let (first, last) = absent.tested.entry((root, path)).or_insert((at, at));
                (*first, *last) = (at.min(*first), at.max(*last));
            }
        }
        absent
    }

    /// Whether the function asks for the environment, or treats an absent license outside of the chain.
    fn is_known(&self, root: Option<usize>, license: &Path, chain: &Range<usize>) -> bool {
        let tested = self.tested.get(&(root, license));
        self.environment.contains(&root)
            || tested.is_some_and(|(first, last)| !chain.contains(first) || !chain.contains(last))
    }
}

/// `context.environmentType`, `isProduction(context)`
fn asks_for_environment(path: &Path) -> bool {
    path.parts().any(|part| {
        let part = part.to_ascii_lowercase();
        part.contains("environmenttype") || part.contains("production")
    })
}

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
