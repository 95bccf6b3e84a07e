//! One row of limits or service levels: a value an edition, the next lower one filling gaps.

use crate::gate::capability::{Edition, RequiredCapability};

use crate::capability::Capability;

/// What one row says for each edition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Columns<T> {
    /// For customers without a license that counts.
    pub(super) none: Option<T>,
    /// For the ranked editions, in the order of [`Edition::ALL`].
    pub(super) editions: [Option<T>; Edition::ALL.len()],
    /// For capabilities without a rank.
    pub(super) others: Vec<(Capability, T)>,
}

impl<T> Default for Columns<T> {
    fn default() -> Self {
        Self {
            none: None,
            editions: [const { None }; Edition::ALL.len()],
            others: Vec::new(),
        }
    }
}

impl<T> Columns<T> {
    /// The columns of the ranked editions, highest first.
    fn falling(&self) -> impl Iterator<Item = (Edition, &Option<T>)> {
        Edition::ALL.into_iter().zip(&self.editions).rev()
    }

    /// The value of the highest edition that `granted` grants, or of the next lower one that is
    /// stated, or of `none`.
    pub(super) fn for_customer(
        &self,
        granted: impl Fn(RequiredCapability<'_>) -> bool,
    ) -> Option<&T> {
        let unranked = self
            .others
            .iter()
            .find(|(c, _)| granted(RequiredCapability::from(c)));
        if let Some((_, value)) = unranked {
            return Some(value);
        }
        let ranked = self
            .falling()
            .find(|(edition, value)| value.is_some() && granted((*edition).into()));
        ranked
            .and_then(|(_, value)| value.as_ref())
            .or(self.none.as_ref())
    }

    /// The value of an edition, or of the next lower one that is stated, or of `none`.
    pub(super) fn for_edition(&self, edition: Option<Edition>) -> Option<&T> {
        let ranked = self
            .falling()
            .find(|(e, value)| value.is_some() && edition.is_some_and(|has| has >= *e));
        ranked
            .and_then(|(_, value)| value.as_ref())
            .or(self.none.as_ref())
    }

    /// The stated columns and their names, lowest first.
    pub(super) fn stated(&self) -> impl Iterator<Item = (&str, &T)> {
        let none = self.none.iter().map(|value| ("none", value));
        let ranked = Edition::ALL
            .into_iter()
            .zip(&self.editions)
            .filter_map(|(e, value)| Some((e.name(), value.as_ref()?)));
        let others = self.others.iter().map(|(c, value)| (c.as_str(), value));
        none.chain(ranked).chain(others)
    }

    pub(super) fn slot(&mut self, edition: Edition) -> Option<&mut Option<T>> {
        let at = Edition::ALL.into_iter().position(|e| e == edition)?;
        self.editions.get_mut(at)
    }
}
