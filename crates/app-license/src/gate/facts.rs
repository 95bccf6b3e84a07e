//! What a license object says, in all its spellings, before anybody decides.
//!
//! The platform prints one object in half a dozen ways: `active` or `isActive`, `evaluation` or
//! `isEvaluation`, `entitlementId` or `ccpEntitlementId`. [`Facts`] reads them all in one pass and
//! keeps what it read as borrowed text.
//!
//! Platform pages: <https://developer.atlassian.com/platform/marketplace/license-api-for-cloud-apps>,
//! <https://developer.atlassian.com/platform/forge/remote/essentials/>

#[cfg(test)]
use crate::gate::capability::Grants;
use crate::gate::json::{Error, Scanner, Str, Value};

/// How many keys a license object (with what nests in it) may have open at once.
pub(crate) const MAX_KEYS: usize = 96;

/// The three states of a license: never two.
///
/// ```
/// use app_license::{License, LicenseSource, State};
/// let read = |json: &[u8]| License::from_object(json, LicenseSource::ForgeUiContext);
/// assert_eq!(read(br#"{"active":true}"#)?.state(), State::Active);
/// assert_eq!(read(br#"{"active":"true"}"#)?.state(), State::Inactive);
/// assert_eq!(read(b"{}")?.state(), State::Absent);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(
    clippy::exhaustive_enums,
    reason = "three states, never two, never four"
)]
pub enum State {
    /// The platform said that the license is active (a running trial is active).
    Active,
    /// The platform said that it is not, or said something that does not count as yes.
    Inactive,
    /// The platform said nothing.
    Absent,
}

impl State {
    /// The state's stable name: `active`, `inactive`, `absent`.
    ///
    /// ```
    /// # use app_license::State;
    /// assert_eq!(State::Absent.name(), "absent");
    /// ```
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Inactive => "inactive",
            Self::Absent => "absent",
        }
    }
}

/// What one boolean field says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Flag {
    /// The field is missing or null.
    #[default]
    Missing,
    /// The JSON boolean.
    Is(bool),
    /// Anything else: `"true"`, `1`, `"NULL"`. Never counts as true.
    NotBoolean,
}

impl Flag {
    /// What a JSON value says as a flag.
    #[must_use]
    pub(crate) const fn of(value: Value<'_>) -> Self {
        match value {
            Value::Null => Self::Missing,
            Value::Bool(b) => Self::Is(b),
            _ => Self::NotBoolean,
        }
    }

    /// The boolean, if it is one.
    #[must_use]
    pub(crate) const fn known(self) -> Option<bool> {
        match self {
            Self::Is(b) => Some(b),
            _ => None,
        }
    }
}

/// A key written with escapes names the same field.
#[cold]
fn named_with_escapes(key: Str<'_>) -> Option<&'static str> {
    NAMES.into_iter().find(|name| is_named(key, name))
}

/// Apart: with each name written out it is 5 KB of machine code.
#[inline(never)]
fn is_named(key: Str<'_>, name: &str) -> bool {
    key == Str::from(name)
}

/// What a license object says: every field in all its spellings, as borrowed text.
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub(crate) struct Facts<'a> {
    /// `active`
    pub active: Flag,
    /// `isActive`, the older Forge spelling.
    pub is_active: Flag,
    /// `capabilitySet`; a value that is no string is kept as its JSON text, and has no rank.
    pub capability_set: Option<Str<'a>>,
    /// `evaluation` (Connect)
    pub evaluation: Flag,
    /// `isEvaluation` (Forge)
    pub is_evaluation: Flag,
    /// `state`, which the platform writes where `forge install --license` named one.
    pub override_state: Option<Str<'a>>,
    /// `type`
    pub kind: Option<Str<'a>>,
    /// `billingPeriod`
    pub billing_period: Option<Str<'a>>,
    /// `trialEndDate`
    pub trial_end: Option<Value<'a>>,
    /// `subscriptionEndDate`
    pub subscription_end: Option<Value<'a>>,
    /// `entitlementId` (Connect) or `ccpEntitlementId` (Forge)
    pub entitlement_id: Option<Str<'a>>,
    /// `entitlementNumber` (Connect) or `ccpEntitlementSlug` (Forge)
    pub entitlement_number: Option<Str<'a>>,
    /// `supportEntitlementNumber`, deprecated by the platform.
    pub support_entitlement_number: Option<Str<'a>>,
    /// `modes`
    pub modes: Option<Value<'a>>,
}

impl<'a> Facts<'a> {
    /// Reads a license object, or `null`, from JSON.
    ///
    /// # Errors
    /// A fault of the JSON, or a value that is neither an object nor `null`.
    #[cfg(test)]
    pub(crate) fn from_json(bytes: &'a [u8]) -> Result<Self, Error> {
        let mut scanner = Scanner::<MAX_KEYS>::new(bytes)?;
        let facts = Self::read(&mut scanner)?;
        scanner.end()?;
        Ok(facts)
    }

    /// Reads a license object, or `null`, where the scanner stands.
    ///
    /// # Errors
    /// A fault of the JSON, or a value that is neither an object nor `null`.
    pub(crate) fn read<const KEYS: usize>(scanner: &mut Scanner<'a, KEYS>) -> Result<Self, Error> {
        let mut facts = Self::default();
        if scanner.peek()? == crate::gate::json::Kind::Null {
            scanner.value()?;
            return Ok(facts);
        }
        scanner.object::<Error>(|s, key| {
            let value = s.value()?;
            if let Some(name) = key.plain().or_else(|| named_with_escapes(key)) {
                facts.field(name, value);
            }
            Ok(())
        })?;
        Ok(facts)
    }

    fn field(&mut self, name: &str, value: Value<'a>) {
        match name {
            "active" => self.active = Flag::of(value),
            "isActive" => self.is_active = Flag::of(value),
            "capabilitySet" => self.capability_set = capability(value),
            "evaluation" => self.evaluation = Flag::of(value),
            "isEvaluation" => self.is_evaluation = Flag::of(value),
            "state" => {
                self.override_state = match value {
                    Value::String(text) => Some(text),
                    _ => None,
                };
            }
            "type" => self.kind = text(value),
            "billingPeriod" => self.billing_period = text(value),
            "trialEndDate" => self.trial_end = date(value),
            "subscriptionEndDate" => self.subscription_end = date(value),
            "entitlementId" | "ccpEntitlementId" => first(&mut self.entitlement_id, value),
            "entitlementNumber" | "ccpEntitlementSlug" => {
                first(&mut self.entitlement_number, value);
            }
            "supportEntitlementNumber" => self.support_entitlement_number = text(value),
            "modes" if value != Value::Null => self.modes = Some(value),
            _ => {}
        }
    }

    /// The state: both spellings are read, and if they disagree the license is not active.
    #[must_use]
    pub(crate) const fn state(&self) -> State {
        match (self.active, self.is_active) {
            (Flag::Missing, Flag::Missing) => State::Absent,
            (Flag::Is(true), Flag::Is(true) | Flag::Missing) | (Flag::Missing, Flag::Is(true)) => {
                State::Active
            }
            _ => State::Inactive,
        }
    }

    /// Whether this is a trial: only ever what the platform says, never inferred from a date.
    /// A `state` of `trial` says it too: an override for a trial has no `isEvaluation`.
    /// `None` when nothing readable is said, or the spellings disagree.
    #[must_use]
    pub(crate) fn evaluation(&self) -> Option<bool> {
        let said = match (self.evaluation.known(), self.is_evaluation.known()) {
            (Some(a), Some(b)) if a != b => return None,
            (one, other) => one.or(other),
        };
        if self.is_trial_override() {
            return said.is_none_or(|is| is).then_some(true);
        }
        said
    }

    fn is_trial_override(&self) -> bool {
        let lower = |c: char| c.to_ascii_lowercase();
        self.override_state
            .is_some_and(|state| state.chars().map(lower).eq("trial".chars()))
    }

    /// What the license grants: nothing unless it is active.
    #[must_use]
    #[cfg(test)]
    pub(crate) fn grants(&self) -> Grants<'a> {
        match self.state() {
            State::Active => Grants::of_active(self.capability_set),
            State::Inactive | State::Absent => Grants::Nothing,
        }
    }
}

/// The fields that are read.
const NAMES: [&str; 16] = [
    "active",
    "isActive",
    "capabilitySet",
    "evaluation",
    "isEvaluation",
    "state",
    "type",
    "billingPeriod",
    "trialEndDate",
    "subscriptionEndDate",
    "entitlementId",
    "ccpEntitlementId",
    "entitlementNumber",
    "ccpEntitlementSlug",
    "supportEntitlementNumber",
    "modes",
];

/// A string the platform means: not empty, not the literal `"NULL"`.
#[must_use]
pub(crate) fn meant(text: Str<'_>) -> Option<Str<'_>> {
    Some(text).filter(|s| !s.is_empty() && *s != Str::from("NULL"))
}

fn text(value: Value<'_>) -> Option<Str<'_>> {
    match value {
        Value::String(s) => meant(s),
        _ => None,
    }
}

/// What is no string is kept as its JSON text, and has no rank.
fn capability(value: Value<'_>) -> Option<Str<'_>> {
    match value {
        Value::Null => None,
        Value::String(_) => text(value),
        Value::Bool(b) => Some(Str::from(if b { "true" } else { "false" })),
        Value::Number(t) | Value::Array(t) | Value::Object(t) => Some(Str::from(t)),
    }
}

fn date(value: Value<'_>) -> Option<Value<'_>> {
    match value {
        Value::Null => None,
        Value::String(_) => text(value).map(Value::String),
        other => Some(other),
    }
}

fn first<'a>(slot: &mut Option<Str<'a>>, value: Value<'a>) {
    if slot.is_none() {
        *slot = text(value);
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::{Facts, Flag, State};
    use crate::gate::capability::{Edition, Grants, RequiredCapability};

    fn state(json: &str) -> State {
        Facts::from_json(json.as_bytes()).unwrap().state()
    }

    #[test]
    fn every_pair_of_active_and_is_active() {
        let said = [
            "",
            "null",
            "true",
            "false",
            r#""true""#,
            "1",
            r#""false""#,
            "[]",
        ];
        for a in said {
            for b in said {
                let field = |name: &str, v: &str| {
                    if v.is_empty() {
                        format!(r#""x{name}":0"#)
                    } else {
                        format!(r#""{name}":{v}"#)
                    }
                };
                let json = format!("{{{},{}}}", field("active", a), field("isActive", b));
                let missing = |v: &str| v.is_empty() || v == "null";
                let want = match (a, b) {
                    _ if missing(a) && missing(b) => State::Absent,
                    ("true", _) if missing(b) || b == "true" => State::Active,
                    (_, "true") if missing(a) => State::Active,
                    _ => State::Inactive,
                };
                assert_eq!(state(&json), want, "{json}");
            }
        }
    }

    #[test]
    fn an_edition_without_an_active_license_grants_nothing() {
        for json in [r#"{"capabilitySet":"capabilityAdvanced"}"#, "null", "{}"] {
            assert_eq!(
                Facts::from_json(json.as_bytes()).unwrap().grants(),
                Grants::Nothing
            );
        }
    }

    #[test]
    fn a_capability_set_that_is_no_string_has_no_rank() {
        for value in ["1", "true", r#"["capabilityAdvanced"]"#, r#"{"a":1}"#] {
            let json = format!(r#"{{"active":true,"capabilitySet":{value}}}"#);
            let facts = Facts::from_json(json.as_bytes()).unwrap();
            assert!(
                !facts.grants().includes(RequiredCapability::STANDARD),
                "{json}"
            );
        }
        for value in ["null", r#""""#, r#""NULL""#, r#""N\u0055LL""#] {
            let json = format!(r#"{{"active":true,"capabilitySet":{value}}}"#);
            let facts = Facts::from_json(json.as_bytes()).unwrap();
            assert_eq!(facts.grants(), Grants::Edition(Edition::Standard), "{json}");
        }
    }

    #[test]
    fn a_key_with_escapes_names_the_same_field() {
        let facts = Facts::from_json(br#"{"\u0061ctive":false,"isActive":true}"#).unwrap();
        assert_eq!(facts.active, Flag::Is(false));
        assert_eq!(facts.state(), State::Inactive);
        let trial = Facts::from_json(br#"{"isActive":true,"st\u0061te":"TRIAL"}"#).unwrap();
        assert_eq!(trial.evaluation(), Some(true));
    }

    #[test]
    fn every_name_is_read_with_and_without_escapes() {
        for name in super::NAMES {
            let escaped: String = name.bytes().map(|b| format!("\\u{b:04x}")).collect();
            for key in [name, &escaped] {
                let json = format!(r#"{{"{key}":"2026"}}"#);
                let facts = Facts::from_json(json.as_bytes()).unwrap();
                let nothing = format!("{:?}", Facts::default());
                assert_ne!(format!("{facts:?}"), nothing, "{key}");
            }
        }
    }
}
