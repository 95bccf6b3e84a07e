//! Where a file treats a license as absent.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use app_license_source::{Fact, FactKind, Operand, Path, Source};

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
    pub(super) fn of(source: &'s Source, outermost: impl Fn(&Fact) -> Option<usize>) -> Self {
        let mut absent = Self::default();
        for fact in source.facts().iter().filter(|fact| !fact.is_test()) {
            let root = outermost(fact);
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
    pub(super) fn is_known(
        &self,
        root: Option<usize>,
        license: &Path,
        chain: &Range<usize>,
    ) -> bool {
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
