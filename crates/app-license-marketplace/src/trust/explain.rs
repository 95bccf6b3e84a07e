//! What a customer with given needs finds in a listing, gap by gap.

use serde::Serialize;

use super::fields::{Element, TrustFields};
use super::lint::{TrustDiagnostic, TrustSeverity};
use super::listing::{Listing, TriState};
use super::need::{AnsweredNeed, Kind, Need};
use super::paths::{
    CERTIFICATIONS, CERTIFIED, COUNTRIES, KEEPS, KEEPS_FOREVER, KEEPS_MAX, RESIDENCY, STORES,
};
use crate::input::shown;

/// Whether a need is met.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum NeedState {
    /// The listing says so.
    Met,
    /// The listing says the opposite.
    Gap,
    /// The listing does not say, not clearly, or contradicts itself. A customer takes it for a gap.
    Unclear,
}

impl NeedState {
    /// Its name.
    ///
    /// ```
    /// use app_license_marketplace::trust::NeedState;
    /// assert_eq!(NeedState::Gap.name(), "gap");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::Gap => "gap",
            Self::Unclear => "unclear",
        }
    }
}

/// What the listing says to one need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NeedResult {
    /// The need.
    pub need: String,
    /// Whether it is met.
    pub state: NeedState,
    /// What the listing says.
    pub says: String,
    /// The fields that were read.
    pub fields: Vec<String>,
}

/// The findings of one element of trust.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct ElementFindings {
    /// The element.
    pub element: Element,
    /// Its name for people.
    pub title: String,
    /// The findings.
    pub findings: Vec<NeedResult>,
    /// How many of its fields are answered.
    pub answered: usize,
    /// How many fields it has.
    pub fields: usize,
}

/// What a customer finds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Explanation {
    /// Whether every need is met.
    pub met: bool,
    /// How many are not.
    pub gaps: usize,
    /// The five elements, in order.
    pub elements: Vec<ElementFindings>,
}

impl NeedResult {
    /// What an error of the listing is about proves nothing: of two answers that contradict each
    /// other one is wrong, and nobody knows which.
    fn doubt(&mut self, errors: &[TrustDiagnostic]) {
        let about = |error: &&TrustDiagnostic| {
            let of_form = error.fields.is_empty();
            of_form || error.fields.iter().any(|it| self.fields.contains(it))
        };
        if self.state == NeedState::Met
            && let Some(error) = errors.iter().find(about)
        {
            self.state = NeedState::Unclear;
            self.says = format!("{}; but {}", self.says, error.message);
        }
    }
}

impl Listing {
    /// What a customer with these needs finds in the listing.
    ///
    /// ```
    /// use app_license_marketplace::trust::{Listing, NeedState, TrustFields};
    /// let fields = TrustFields::shipped()?;
    /// let json = br#"{"dataAccessAndStorage":{"appStoresEUDOutsideAtlassian":"TRUE"},
    ///     "dataResidency":{"countriesWhereEndUserDataStored":["US"]}}"#;
    /// let listing = Listing::from_json(json, &fields)?;
    /// let explained = listing.explain(&["residency=DE".parse()?], &fields);
    /// assert_eq!((explained.met, explained.gaps), (false, 1));
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn explain(&self, needs: &[Need], fields: &TrustFields) -> Explanation {
        let mut errors = self.lint(fields);
        errors.retain(|it| it.severity == TrustSeverity::Error);
        let findings: Vec<_> = needs
            .iter()
            .map(|need| {
                let mut finding = self.finding(need, fields);
                finding.doubt(&errors);
                (need.element(), finding)
            })
            .collect();
        let gaps = findings
            .iter()
            .filter(|(_, it)| it.state != NeedState::Met)
            .count();
        let of = |element| {
            let all = fields.fields.iter().filter(move |it| it.element == element);
            let answered = all.clone().filter(|it| self.value(&it.path).is_some());
            ElementFindings {
                element,
                title: element.title().to_owned(),
                findings: findings
                    .iter()
                    .filter(|(it, _)| *it == element)
                    .map(|(_, it)| it.clone())
                    .collect(),
                answered: answered.count(),
                fields: all.count(),
            }
        };
        Explanation {
            // no need is met by asking for nothing
            met: gaps == 0 && !needs.is_empty(),
            gaps,
            elements: Element::ALL.into_iter().map(of).collect(),
        }
    }

    fn finding(&self, need: &Need, fields: &TrustFields) -> NeedResult {
        let (state, says, paths) = match &need.0 {
            Kind::Residency(place) => self.residency(place, fields),
            Kind::Certification(name) => self.certification(name, fields),
            Kind::Retention(days) => self.retention(*days),
            Kind::Answered(wanted) => self.answered(wanted, fields),
        };
        NeedResult {
            need: need.to_string(),
            state,
            says,
            fields: paths.iter().map(|it| (*it).to_owned()).collect(),
        }
    }

    fn residency(&self, place: &str, fields: &TrustFields) -> NeedEvidence {
        let countries = self.list(COUNTRIES);
        let listed = countries.join(", ");
        let paths: &[&str] = &[STORES, RESIDENCY, COUNTRIES];
        let within = |outer: &str, inner: &str| {
            let region = fields.region(outer);
            region.is_some_and(|it| it.iter().any(|country| country == inner))
        };
        let is = |code: &String| code == place || within(place, code);
        match self.answer(STORES) {
            Some(TriState::Yes) => {}
            Some(TriState::No | TriState::NotApplicable) => {
                return match self.text(RESIDENCY) {
                    Some("STORED_IN_ATLASSIAN_AND_DR_SUPPORTED") => {
                        let says = format!(
                            "data stays in Atlassian, where the site's own data residency can \
                             pin it to {place} if Atlassian offers {place}"
                        );
                        // the platform's offer is not in the listing
                        let state = if countries.iter().any(is) {
                            NeedState::Met
                        } else {
                            NeedState::Unclear
                        };
                        (state, says, paths)
                    }
                    Some("NOT_APPLICABLE") => {
                        let says = "no data is stored".to_owned();
                        (NeedState::Met, says, paths)
                    }
                    Some(
                        "STORED_IN_ATLASSIAN_AND_DR_NOT_SUPPORTED" | "APP_DOES_NOT_SUPPORT_DR",
                    ) => {
                        let says = format!(
                            "data stays in Atlassian, without data residency: {place} is not \
                             assured"
                        );
                        (NeedState::Gap, says, paths)
                    }
                    Some(other) => {
                        let says = format!("residency is answered `{}`", shown(other));
                        (NeedState::Unclear, says, paths)
                    }
                    None => {
                        let says = "data residency is not answered".to_owned();
                        (NeedState::Unclear, says, paths)
                    }
                };
            }
            None => {
                let says = "it is not answered where data is stored".to_owned();
                return (NeedState::Unclear, says, paths);
            }
        }
        if countries.is_empty() {
            let says = "data is stored outside Atlassian, and no country is listed".to_owned();
            return (NeedState::Gap, says, paths);
        }
        if countries.iter().all(is) {
            let says = format!("data is stored outside Atlassian, in {listed}");
            return (NeedState::Met, says, paths);
        }
        if countries.iter().any(is) {
            let says = format!(
                "data is stored outside Atlassian, in {listed}: {place} is one of them, and the \
                 listing does not say for whom"
            );
            return (NeedState::Unclear, says, paths);
        }
        if countries.iter().any(|region| within(region, place)) {
            let says = format!(
                "data is stored outside Atlassian, in {listed}: that may be {place} or another \
                 country of the region"
            );
            return (NeedState::Unclear, says, paths);
        }
        let says = format!("data is stored outside Atlassian, in {listed}, not in {place}");
        (NeedState::Gap, says, paths)
    }

    fn certification(&self, name: &str, fields: &TrustFields) -> NeedEvidence {
        let listed = self.list(CERTIFICATIONS);
        let paths: &[&str] = &[CERTIFIED, CERTIFICATIONS];
        let has = listed
            .iter()
            .any(|it| fields.is_same_certification(it, name));
        let name = shown(name);
        match self.answer(CERTIFIED) {
            Some(TriState::Yes) if has => (NeedState::Met, format!("{name} is listed"), paths),
            Some(TriState::No) if has => {
                let says = format!("{name} is listed, and no certification is claimed");
                (NeedState::Unclear, says, paths)
            }
            _ if has => {
                let says = format!("{name} is listed, and it is not answered whether there is any");
                (NeedState::Unclear, says, paths)
            }
            Some(TriState::Yes) if listed.is_empty() => {
                let says = format!("certifications are claimed, and {name} is not listed, nor any");
                (NeedState::Gap, says, paths)
            }
            Some(TriState::Yes) => {
                let says = format!("{} is listed, not {name}", shown(&listed.join(", ")));
                (NeedState::Gap, says, paths)
            }
            Some(TriState::No | TriState::NotApplicable) => {
                let says = format!("the app has no certification, so not {name}");
                (NeedState::Gap, says, paths)
            }
            None => {
                let says = "certifications are not answered".to_owned();
                (NeedState::Unclear, says, paths)
            }
        }
    }

    fn retention(&self, days: u64) -> NeedEvidence {
        let paths: &[&str] = &[KEEPS, KEEPS_MAX, KEEPS_FOREVER];
        if self.answer(KEEPS_FOREVER) == Some(TriState::Yes) {
            let says = "data is kept without end".to_owned();
            return (NeedState::Gap, says, paths);
        }
        match (self.answer(KEEPS), self.days(KEEPS_MAX)) {
            (Some(TriState::No | TriState::NotApplicable), None) => {
                let says = "no data is kept after the end of the contract".to_owned();
                (NeedState::Met, says, paths)
            }
            (Some(TriState::Yes), Some(max)) if max <= days => (
                NeedState::Met,
                format!("data is kept for at most {max} days"),
                paths,
            ),
            (Some(TriState::Yes), Some(max)) => (
                NeedState::Gap,
                format!("data is kept for up to {max} days"),
                paths,
            ),
            _ => {
                let says = "how long data is kept is not answered".to_owned();
                (NeedState::Unclear, says, paths)
            }
        }
    }

    fn answered(&self, wanted: &'static AnsweredNeed, fields: &TrustFields) -> NeedEvidence {
        let title = fields
            .field(wanted.path)
            .map_or(wanted.path, |it| it.title.as_str());
        let path = std::slice::from_ref(&wanted.path);
        if wanted.name == "security-contact" {
            return match self.text(wanted.path) {
                Some(contact) => (NeedState::Met, format!("{title}: {}", shown(contact)), path),
                None => (NeedState::Gap, wanted.gap.to_owned(), path),
            };
        }
        match self.answer(wanted.path) {
            Some(answer) if answer == wanted.answer => {
                (NeedState::Met, format!("{title}: {}", answer.name()), path)
            }
            // what does not apply cannot harm, but is no proof of what is wanted
            Some(TriState::NotApplicable) if wanted.answer == TriState::No => {
                (NeedState::Met, format!("{title}: not applicable"), path)
            }
            Some(TriState::NotApplicable) => {
                (NeedState::Unclear, format!("{title}: not applicable"), path)
            }
            Some(_) => (NeedState::Gap, wanted.gap.to_owned(), path),
            None => (NeedState::Unclear, format!("{title}: not answered"), path),
        }
    }
}

type NeedEvidence = (NeedState, String, &'static [&'static str]);
