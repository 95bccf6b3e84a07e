//! What is wrong with a listing's answers: contradictions, gaps, fields customers filter by.

use serde::Serialize;

use super::country::is_country;
use super::fields::{FieldKind, TrustFields};
use super::listing::{Listing, TriState};
use super::paths::{
    COUNTRIES, KEEPS, KEEPS_FOREVER, KEEPS_MAX, KEEPS_MIN, LEAVES_EEA, PARTIES, PROCESSED_TYPES,
    RESIDENCY, SAME_TYPES, STORED_TYPES, STORES,
};

/// How much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TrustSeverity {
    /// Two answers cannot both be true, or one cannot be read.
    Error,
    /// An answer is missing that customers look for, or says less than it should.
    Warning,
    /// Worth knowing.
    Note,
}

impl TrustSeverity {
    /// Its name.
    ///
    /// ```
    /// use app_license_marketplace::trust::TrustSeverity;
    /// assert_eq!(TrustSeverity::Warning.name(), "warning");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// Something about a listing that is worth telling.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct TrustDiagnostic {
    /// The stable code.
    pub code: &'static str,
    /// How much it matters.
    pub severity: TrustSeverity,
    /// The fields it is about.
    pub fields: Vec<String>,
    /// What, and what to do.
    pub message: String,
}

impl Listing {
    /// What is wrong with the listing: errors first.
    ///
    /// ```
    /// use app_license_marketplace::trust::{Listing, TrustFields};
    /// let fields = TrustFields::shipped()?;
    /// let json = br#"{"security":{"hasCompliantCertifications":true,"compliantCertifications":[]}}"#;
    /// let found = Listing::from_json(json, &fields)?.lint(&fields);
    /// assert_eq!(found[0].code, "certifications_not_listed");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn lint(&self, fields: &TrustFields) -> Vec<TrustDiagnostic> {
        let mut found = Vec::new();
        self.lint_types(fields, &mut found);
        self.lint_pairs(&mut found);
        self.lint_residency(fields, &mut found);
        self.lint_retention(&mut found);
        self.lint_missing(fields, &mut found);
        found.sort_by_key(|it| it.severity);
        found
    }

    pub(super) fn is_yes(&self, path: &str) -> bool {
        self.answer(path) == Some(TriState::Yes)
    }

    pub(super) fn is_no(&self, path: &str) -> bool {
        self.answer(path) == Some(TriState::No)
    }

    fn lint_types(&self, fields: &TrustFields, found: &mut Vec<TrustDiagnostic>) {
        for (path, what) in self.wrong() {
            let expected = fields
                .field(path)
                .map_or("an object", |it| it.kind.expects());
            let message = format!("`{path}` must be {expected}, found `{what}`");
            push(found, "wrong_type", TrustSeverity::Error, &[path], message);
        }
        for field in &fields.fields {
            let text = self.text(&field.path);
            if let Some(text) = text.filter(|it| {
                field.kind == FieldKind::Choice
                    && !field.values.is_empty()
                    && !field.values.iter().any(|known| known == it)
            }) {
                let word = crate::input::shown(text);
                let message = format!("`{word}` is no known answer of `{}`", field.path);
                push(
                    found,
                    "unknown_answer",
                    TrustSeverity::Warning,
                    &[&field.path],
                    message,
                );
            }
            if let Some(text) = text.filter(|it| field.kind == FieldKind::Link && !is_link(it)) {
                let link = crate::input::shown(text);
                let message = format!("`{link}` is no https link");
                push(
                    found,
                    "not_a_link",
                    TrustSeverity::Warning,
                    &[&field.path],
                    message,
                );
            }
        }
        let links = self.parties().iter().filter_map(|it| it.link.as_deref());
        for link in links.filter(|it| !is_link(it)) {
            let link = crate::input::shown(link);
            let message = format!("`{link}` is no https link");
            let severity = TrustSeverity::Warning;
            push(found, "not_a_link", severity, &[PARTIES], message);
        }
        let countries = self.list(COUNTRIES).iter().map(|it| (COUNTRIES, it));
        let parties = self.parties();
        let theirs = parties.iter().flat_map(|it| &it.countries);
        for (path, code) in countries.chain(theirs.map(|it| (PARTIES, it))) {
            if !is_country(code) && fields.region(code).is_none() {
                let code = crate::input::shown(code);
                let message = format!("`{code}` is no country code of two letters and no region");
                push(
                    found,
                    "unknown_country",
                    TrustSeverity::Warning,
                    &[path],
                    message,
                );
            }
        }
        for path in self.unknown().keys() {
            let message = format!("`{path}` is no field that is known here; it is kept as it is");
            push(
                found,
                "unknown_field",
                TrustSeverity::Note,
                &[path],
                message,
            );
        }
    }

    fn lint_residency(&self, fields: &TrustFields, found: &mut Vec<TrustDiagnostic>) {
        let residency = self.text(RESIDENCY).unwrap_or_default();
        if self.is_yes(STORES) && residency.starts_with("STORED_IN_ATLASSIAN") {
            let message = "data is stored outside Atlassian, and residency says that it is stored \
                           in Atlassian";
            let paths = [STORES, RESIDENCY];
            push(
                found,
                "residency_contradicts_storage",
                TrustSeverity::Error,
                &paths,
                message.to_owned(),
            );
        }
        if self.is_no(STORES) && residency == "STORED_EXTERNAL_TO_ATLASSIAN" {
            let message = "no data is stored outside Atlassian, and residency says that it is";
            let paths = [STORES, RESIDENCY];
            push(
                found,
                "residency_contradicts_storage",
                TrustSeverity::Error,
                &paths,
                message.to_owned(),
            );
        }
        let (processed, stored) = (self.list(PROCESSED_TYPES), self.list(STORED_TYPES));
        let sorted = |types: &[String]| {
            let mut types: Vec<_> = types.iter().map(|it| it.to_ascii_uppercase()).collect();
            types.sort_unstable();
            types.dedup();
            types
        };
        if self.is_yes(SAME_TYPES)
            && !processed.is_empty()
            && !stored.is_empty()
            && sorted(processed) != sorted(stored)
        {
            let message = "what is processed is said to be stored too, and the types differ";
            push(
                found,
                "same_types_differ",
                TrustSeverity::Error,
                &[SAME_TYPES, PROCESSED_TYPES, STORED_TYPES],
                message.to_owned(),
            );
        }
        let outside_eea = |code: &String| {
            let eea = fields.region("EEA").unwrap_or_default();
            match fields.region(code) {
                Some(countries) => countries.iter().any(|it| !eea.contains(it)),
                None => is_country(code) && !eea.contains(code),
            }
        };
        let countries = self.list(COUNTRIES);
        if self.is_no(LEAVES_EEA)
            && self.is_yes(STORES)
            && fields.region("EEA").is_some()
            && let Some(code) = countries.iter().find(|it| outside_eea(it))
        {
            let message = format!("data does not leave the EEA, and is stored in {code}");
            push(
                found,
                "transfer_contradicts_countries",
                TrustSeverity::Error,
                &[LEAVES_EEA, COUNTRIES],
                message,
            );
        }
    }

    fn lint_retention(&self, found: &mut Vec<TrustDiagnostic>) {
        let (min, max) = (self.days(KEEPS_MIN), self.days(KEEPS_MAX));
        if let (Some(min), Some(max)) = (min, max)
            && min > max
        {
            let message = format!("data is kept for at least {min} days and at most {max}");
            push(
                found,
                "retention_reversed",
                TrustSeverity::Error,
                &[KEEPS_MIN, KEEPS_MAX],
                message,
            );
        }
        if let Some(max) = max.filter(|_| self.is_yes(KEEPS_FOREVER)) {
            let message = format!("data is kept without end, and for at most {max} days");
            push(
                found,
                "retention_without_end",
                TrustSeverity::Error,
                &[KEEPS_FOREVER, KEEPS_MAX],
                message,
            );
        }
        if self.is_yes(KEEPS) && min.is_none() && max.is_none() && !self.is_yes(KEEPS_FOREVER) {
            let message =
                "data is kept after the end of the contract, and it does not say how long";
            push(
                found,
                "retention_time_missing",
                TrustSeverity::Warning,
                &[KEEPS, KEEPS_MAX],
                message.to_owned(),
            );
        }
    }

    fn lint_missing(&self, fields: &TrustFields, found: &mut Vec<TrustDiagnostic>) {
        for field in fields.fields.iter().filter(|it| it.filter) {
            let stays_inside = field.path == COUNTRIES && !self.is_yes(STORES);
            let told = found.iter().any(|it| it.fields.contains(&field.path));
            if self.value(&field.path).is_none() && !stays_inside && !told {
                let message = format!(
                    "`{}` is not answered: customers filter by it ({})",
                    field.path, field.title
                );
                push(
                    found,
                    "filter_field_missing",
                    TrustSeverity::Warning,
                    &[&field.path],
                    message,
                );
            }
        }
        match self.form_status() {
            Some("REJECTED") => {
                let message = "the platform rejected this form: customers do not see it";
                push(
                    found,
                    "form_rejected",
                    TrustSeverity::Error,
                    &[],
                    message.to_owned(),
                );
            }
            Some("SAVED") => {
                let message = "this is a draft: it is saved, not submitted";
                push(
                    found,
                    "form_is_draft",
                    TrustSeverity::Note,
                    &[],
                    message.to_owned(),
                );
            }
            None | Some("SUBMITTED" | "APPROVED") => {}
            Some(other) => {
                let word = crate::input::shown(other);
                let message = format!("`{word}` is no known state of the form");
                let severity = TrustSeverity::Warning;
                push(
                    found,
                    "unknown_answer",
                    severity,
                    &["properties.formStatus"],
                    message,
                );
            }
        }
    }
}

pub(super) fn push(
    found: &mut Vec<TrustDiagnostic>,
    code: &'static str,
    severity: TrustSeverity,
    fields: &[&str],
    message: String,
) {
    found.push(TrustDiagnostic {
        code,
        severity,
        fields: fields.iter().map(|it| (*it).to_owned()).collect(),
        message,
    });
}

impl FieldKind {
    const fn expects(self) -> &'static str {
        match self {
            Self::TriState => "true, false or NOT_APPLICABLE",
            Self::Choice | Self::Text | Self::Link => "text",
            Self::List | Self::Countries => "a list of texts",
            Self::Days => "a whole number of days",
            Self::Parties => "a list of third parties, each with a name",
        }
    }
}

fn is_link(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| url.scheme() == "https" && url.host().is_some())
}
