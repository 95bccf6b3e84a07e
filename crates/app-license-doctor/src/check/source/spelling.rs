//! Texts that stand for a capability set, and are none.

use std::collections::BTreeSet;

use app_license_descriptor::{Diagnostic, rules};
use app_license_editions::misspelled_capability;
use app_license_source::capability_uses;

use super::reader::Reader;
use crate::finding::{Edit, Finding};

impl Reader<'_> {
    /// `capabilitySet === "advanced"`, `hasCapability("capabilityAdvance")`: each text once.
    pub(super) fn spelling(&self, findings: &mut Vec<Finding>) {
        let source = self.source;
        let mut seen = BTreeSet::new();
        for used in capability_uses(source)
            .iter()
            .filter(|used| !used.is_test())
        {
            for text in used.texts() {
                let Some(meant) = misspelled_capability(text) else {
                    continue;
                };
                if !seen.insert(text.range.start) {
                    continue;
                }
                let message = format!(
                    "`{}` is no capability set of the host: did you mean `{meant}`?",
                    text.text
                );
                let diagnostic = Diagnostic::new(&rules::CAPABILITY_SPELLING, message)
                    .with_fix(format!("write `{meant}`"));
                let written = source.text().get(text.range.clone());
                let literal = written.filter(|w| w.len() == text.text.len().saturating_add(2));
                let edits = literal
                    .map(|w| vec![Edit::new(text.range.clone(), w.replace(&text.text, meant))]);
                let file = &self.file.path;
                let finding = Finding::new(diagnostic, file, source.text(), text.range.clone());
                findings.push(finding.with_edits(edits.unwrap_or_default()));
            }
        }
    }
}
