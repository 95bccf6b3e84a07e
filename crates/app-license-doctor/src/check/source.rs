//! Rules about source files, by their syntax trees.

mod absent;
mod chain;
mod dates;
mod decision;
mod reader;
mod spelling;
mod words;

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::thread;

use app_license::Edition;
use app_license_descriptor::Diagnostic;
use app_license_source::{Comparison, Fact, FactKind, Operand, Path, SourceFile};

use super::context::Options;
use crate::deprecation::{Deprecation, DeprecationKind, deprecations};
use crate::finding::{Edit, Finding};
use crate::project::Project;
use crate::rules;
use reader::Reader;
use words::{EDITION, is_about_licenses, is_capability, is_license, is_state};

/// The fewest files that are worth a thread.
const SHARE: usize = 64;

pub(super) fn check(project: &Project, options: &Options, findings: &mut Vec<Finding>) {
    let files = project.sources().files().iter();
    let files = files.filter(|file| {
        let source = &file.source;
        !file.test && !source.is_generated() && !source.is_set_aside()
    });
    let files: Vec<&SourceFile> = files.collect();
    let check = |files: &[&SourceFile]| {
        let mut found = Vec::new();
        for file in files {
            Reader::new(project, file, options).check(&mut found);
        }
        found
    };
    let threads = thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let share = files.len().div_ceil(threads).max(SHARE);
    let found: Vec<Vec<Finding>> = thread::scope(|scope| {
        let shares = files.chunks(share);
        let threads: Vec<_> = shares
            .map(|some| scope.spawn(move || check(some)))
            .collect();
        let threads = threads.into_iter();
        threads
            .map(|thread| thread.join().unwrap_or_else(|cause| resume_unwind(cause)))
            .collect()
    });
    findings.extend(found.into_iter().flatten());
}

impl<'s> Reader<'s> {
    fn check(&self, findings: &mut Vec<Finding>) {
        self.active_flags(findings);
        self.spelling(findings);
        decision::check(self, findings);
        // the functions that compare an edition and do not ask whether it is active: testing the
        // license there is the same mistake
        let mut compared = BTreeSet::new();
        for fact in self.facts() {
            let before = findings.len();
            match fact.kind() {
                FactKind::Compare {
                    comparison,
                    left,
                    right,
                } if *comparison != Comparison::Order => self.compare(fact, left, right, findings),
                FactKind::Call { callee, arguments } => {
                    self.contained(fact, callee, arguments, findings);
                }
                _ => {}
            }
            if findings.len() > before {
                compared.insert(self.outermost(fact));
            }
        }
        for fact in self.facts() {
            let asks = compared.contains(&self.outermost(fact));
            match fact.kind() {
                FactKind::Compare {
                    comparison: Comparison::Order,
                    ..
                } => self.order(fact, findings),
                FactKind::Compare { left, right, .. } if *right == Operand::Nothing && !asks => {
                    self.test(fact, left, findings);
                }
                FactKind::Compare { left, right, .. } if *left == Operand::Nothing && !asks => {
                    self.test(fact, right, findings);
                }
                FactKind::Test { operand, .. } if !asks => self.test(fact, operand, findings),
                FactKind::Chain {
                    all,
                    conditions,
                    returns,
                } => self.chain(fact, *all, conditions, returns.as_ref(), findings),
                FactKind::Read(path) => self.payload(fact, path, findings),
                FactKind::Call { callee, .. } if words::compares_dates(callee.last()) => {
                    self.order(fact, findings);
                }
                FactKind::Text(text) => self.text(fact, text, findings),
                FactKind::Import { module, .. } => self.import(fact, module, findings),
                _ => {}
            }
        }
    }

    /// `license.isActive` and `license.active`: one of the two is half of what Forge sends.
    fn active_flags(&self, findings: &mut Vec<Finding>) {
        if !self.forge {
            return;
        }
        let reads = |name: &'static str| {
            self.facts().filter(move |fact| match fact.kind() {
                FactKind::Read(path) => {
                    path.last() == name && is_license(&self.locals.resolve(path, fact))
                }
                _ => false,
            })
        };
        // an object of the app's own may have an `active` elsewhere in the file
        let active: BTreeSet<_> = reads("active").map(|fact| self.outermost(fact)).collect();
        // once a function: each is wrong for itself
        let mut functions = BTreeSet::new();
        let alone = reads("isActive").filter(|fact| {
            let function = self.outermost(fact);
            !active.contains(&function) && functions.insert(function)
        });
        let today = self.options.today;
        let gone = Deprecation::get("is-active");
        let when = gone.map_or_else(String::new, |d| format!(", {}", d.when(today)));
        for fact in alone {
            let message = format!("only `isActive` is read, not `active`{when}");
            findings.push(self.find(&rules::ONLY_IS_ACTIVE_READ, message, fact));
        }
        if let Some(fact) = reads("active").next()
            && reads("isActive").next().is_none()
        {
            let message = "only `active` is read, not `isActive` of older contexts";
            findings.push(self.find(&rules::ONLY_ACTIVE_READ, message, fact));
        }
    }

    fn compare(&self, fact: &Fact, left: &Operand, right: &Operand, findings: &mut Vec<Finding>) {
        // `decision.needs` is no license, `set` may hold one
        let edition = |side: &Operand| {
            side.path()
                .is_none_or(|path| path.len() == 1 || EDITION.contains(&path.value_name()))
        };
        let capability = self
            .source
            .text_of(left)
            .filter(|_| edition(right))
            .or_else(|| self.source.text_of(right).filter(|_| edition(left)))
            .filter(|text| is_capability(text));
        if let Some(capability) = capability
            && !self.asks_for_active(fact)
        {
            let message =
                format!("`{capability}` is compared, and nothing asks whether it is active");
            findings.push(self.find(&rules::CAPABILITY_WITHOUT_ACTIVE, message, fact));
        }
    }

    /// `["capabilityAdvanced"].includes(license.capabilitySet)`
    fn contained(
        &self,
        fact: &Fact,
        callee: &Path,
        arguments: &[Operand],
        findings: &mut Vec<Finding>,
    ) {
        let asks = matches!(callee.last(), "includes" | "contains" | "indexOf" | "has");
        let edition = arguments
            .iter()
            .filter_map(Operand::path)
            .any(|path| EDITION.contains(&self.locals.resolve(path, fact).value_name()));
        if !asks || !edition || self.asks_for_active(fact) {
            return;
        }
        // the list itself, or a constant that holds it
        let list = callee.parts().next().map(|name| match name {
            "*" => None,
            name => self.list(name),
        });
        let written = self.inside(fact).find_map(|other| match other.kind() {
            FactKind::Text(text) if is_capability(text) => Some(text.as_str()),
            _ => None,
        });
        let named = list.flatten().and_then(|texts| {
            let mut texts = texts.iter();
            texts.find(|text| is_capability(text)).map(String::as_str)
        });
        if let Some(capability) = written.or(named) {
            let message =
                format!("`{capability}` is compared, and nothing asks whether it is active");
            findings.push(self.find(&rules::CAPABILITY_WITHOUT_ACTIVE, message, fact));
        }
    }

    /// `new Date(license.trialEndDate) > now`: a date says nothing about a trial.
    fn order(&self, fact: &Fact, findings: &mut Vec<Finding>) {
        if let Some(date) = self.dates.inside(fact, &self.locals)
            && !self.reads_evaluation(fact)
        {
            let message = format!("`{date}` decides whether it is a trial");
            findings.push(self.find(&rules::TRIAL_FROM_DATES, message, fact));
        }
    }

    /// `if (context.license)`, `license !== null`: an ended license is there as well.
    fn test(&self, fact: &Fact, operand: &Operand, findings: &mut Vec<Finding>) {
        let Some(written) = operand.path() else {
            return;
        };
        let written = words::without_is_some(written);
        let path = self.locals.resolve(&written, fact);
        if words::is_trial_date(path.last()) && self.dates.names_a_trial(fact) {
            return self.order(fact, findings);
        }
        let license = path.last() == "license" && path.len() > 1;
        if !license || !self.is_of_the_platform(&path) || self.asks_for_active(fact) {
            return;
        }
        if self.is_handed_on(fact, &path) {
            return;
        }
        let stands_for = if written == path {
            String::new()
        } else {
            format!(" (`{path}`)")
        };
        let message =
            format!("`{written}`{stands_for} is tested for being there, not for being active");
        findings.push(self.find(&rules::LICENSE_TRUTHINESS, message, fact));
    }

    /// Whether a function about licenses gets the license in the function around a test: it is what
    /// asks.
    fn is_handed_on(&self, test: &Fact, license: &Path) -> bool {
        let root = self.outermost(test);
        let mut around = self.facts().filter(|fact| self.outermost(fact) == root);
        around.any(|fact| match fact.kind() {
            FactKind::Call { callee, arguments } => {
                is_about_licenses(callee.last()) && {
                    let mut paths = arguments.iter().filter_map(Operand::path);
                    paths.any(|path| self.locals.resolve(path, fact) == *license)
                }
            }
            _ => false,
        })
    }

    /// Whether a `license` is the platform's: that of a context, or one of which the file reads
    /// what only the platform's has. `pkg.license` is that of a package.
    fn is_of_the_platform(&self, path: &Path) -> bool {
        let is_context = |part: &str| {
            let part = part.to_ascii_lowercase();
            part.contains("context") || part == "ctx"
        };
        let mut before = path.parts().rev().skip(1);
        if before.any(is_context) {
            return true;
        }
        self.forge
            && self.facts().any(|other| match other.kind() {
                FactKind::Read(read) => {
                    let read = self.locals.resolve(read, other);
                    let mut members = read.parts().skip(path.len());
                    read.starts_with(path) && members.next().is_some_and(is_state)
                }
                _ => false,
            })
    }

    /// What the browser sent to a resolver about the license, and what decides something.
    fn payload(&self, fact: &Fact, path: &Path, findings: &mut Vec<Finding>) {
        let names = ["license", "capabilitySet", "isLicensed", "appEdition"];
        let parts = path.parts().enumerate();
        let mut sent = parts.skip_while(|(_, part)| *part != "payload").skip(1);
        let about = sent.find(|(_, part)| names.contains(part));
        let Some((at, _)) = about else { return };
        if !self.in_resolver(fact) || !self.decides(fact, &path.first(at.saturating_add(1))) {
            return;
        }
        let message = format!("`{path}` comes from the browser, which can send anything");
        findings.push(self.find(&rules::UI_CONTEXT_TRUSTED, message, fact));
    }

    /// Whether a value that was read decides something in the function around it: it is tested or
    /// compared, one of its states is read, or a function about licenses gets it. Values that are
    /// stored or sent back decide nothing.
    fn decides(&self, read: &Fact, path: &Path) -> bool {
        let root = self.outermost(read);
        let mut names = vec![path.clone()];
        // `({ payload: { license } })`, `({ payload: { license: sent } })`
        let written = self.source.text().get(read.range()).unwrap_or_default();
        if !written.contains(['.', '[', '(']) {
            let name = written.rsplit(':').next().unwrap_or_default();
            let name = name.split('=').next().unwrap_or_default().trim();
            names.push(Path::named(name));
        }
        for fact in self.facts().filter(|fact| self.outermost(fact) == root) {
            if let FactKind::Definition { name, value } = fact.kind()
                && value.path().is_some_and(|value| names.contains(value))
            {
                names.push(name.clone());
            }
        }
        let sent = |operand: &Operand| operand.path().is_some_and(|path| names.contains(path));
        let state = |path: &Path| {
            let of = |name: &Path| {
                path.starts_with(name) && path.parts().nth(name.len()).is_some_and(is_state)
            };
            names.iter().any(of)
        };
        let inside = self.facts().filter(|fact| self.outermost(fact) == root);
        let mut inside = inside.map(Fact::kind);
        inside.any(|kind| match kind {
            FactKind::Test { operand, .. } => sent(operand),
            // `license === "MIT"` is of a package
            FactKind::Compare { left, right, .. } => {
                let other = if sent(left) { right } else { left };
                let says = |text: &str| text == "active" || Edition::of(text).is_some();
                (sent(left) || sent(right)) && self.source.text_of(other).is_none_or(says)
            }
            FactKind::Read(path) => state(path),
            FactKind::Call { callee, arguments } => {
                arguments.iter().any(sent) && callee.parts().any(is_about_licenses)
            }
            _ => false,
        })
    }

    /// An endpoint that goes.
    fn text(&self, fact: &Fact, text: &str, findings: &mut Vec<Finding>) {
        let today = self.options.today;
        let endpoints = deprecations().iter();
        let endpoint = endpoints
            .filter(|d| d.kind == DeprecationKind::Endpoint)
            .find(|d| text.contains(&d.pattern));
        let Some(gone) = endpoint else { return };
        let message = format!("{}: {}", gone.title, gone.when(today));
        let diagnostic = Diagnostic::new(&rules::DEPRECATED_ENDPOINT, message)
            .with_severity(gone.severity_on(today))
            .with_fix(&gone.replacement);
        let written = self.source.text().get(fact.range());
        let edits = match (&gone.fix, written) {
            (Some(new), Some(written)) if written.contains(&gone.pattern) => {
                vec![Edit::new(fact.range(), written.replace(&gone.pattern, new))]
            }
            _ => Vec::new(),
        };
        findings.push(self.finding(diagnostic, fact).with_edits(edits));
    }

    /// The server entry of the npm package in a file of a page.
    fn import(&self, fact: &Fact, module: &str, findings: &mut Vec<Finding>) {
        if module != "@app-license/sdk/server" {
            return;
        }
        let page = self.facts().any(|other| match other.kind() {
            FactKind::Import { module, .. } => {
                matches!(
                    module.as_str(),
                    "@forge/bridge" | "react" | "react-dom/client"
                )
            }
            _ => false,
        });
        if page {
            let message = "the server entry is imported beside what runs in a page";
            findings.push(self.find(&rules::SERVER_ENTRY_IN_BROWSER, message, fact));
        }
    }
}
