//! What the query of a Connect iframe URL says: `lic`, `capSet`, `capabilitySet` and
//! `userAccess`.
//!
//! Names and values compare exactly, after form decoding. A parameter that is repeated with other
//! values counts as the least generous of them, whatever their order: the host's request hash
//! sorts values, so a user may swap them without breaking the signature.
//!
//! Platform page: <https://developer.atlassian.com/cloud/jira/platform/context-parameters>

use core::fmt;

use crate::capability::{Edition, same_chars};
use crate::facts::{Flag, State};
use crate::user_access::UserAccess;
use crate::work;

/// The value of a query parameter, still form-encoded (`+` and `%20`). Comparing decodes.
///
/// ```
/// use app_license_gate::query::QueryFacts;
/// let facts = QueryFacts::read("lic=active&capSet=capability%41dvanced");
/// let capability = facts.capability_set.unwrap();
/// assert_eq!(capability.encoded(), "capability%41dvanced");
/// assert_eq!(capability.to_string(), "capabilityAdvanced");
/// ```
#[derive(Debug, Clone, Copy)]
pub struct FormText<'a>(&'a str);

impl<'a> FormText<'a> {
    /// Stands for several capability sets without a rank: each includes only itself, so together
    /// they include nothing.
    pub const SEVERAL: Self = Self(",");

    /// The text as it stands in the query.
    #[must_use]
    pub const fn encoded(&self) -> &'a str {
        self.0
    }

    /// The decoded bytes. A `%` that no two hexadecimal digits follow stands for itself.
    pub fn bytes(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        FormBytes(self.0.as_bytes())
    }

    /// The decoded characters; what is not UTF-8 reads as U+FFFD.
    pub fn chars(&self) -> impl Iterator<Item = char> + Clone + use<'a> {
        FormChars(FormBytes(self.0.as_bytes()))
    }

    /// The edition of a capability set, by the loose comparison of capability strings.
    #[must_use]
    pub fn edition(&self) -> Option<Edition> {
        // their names are ASCII: bytes will do
        Edition::of_chars(&mut latin(self.0))
    }

    fn is(self, text: &str) -> bool {
        self.same(FormText(text))
    }

    fn same(self, other: Self) -> bool {
        let (mut one, mut other) = (FormBytes(self.0.as_bytes()), FormBytes(other.0.as_bytes()));
        loop {
            work::count(1);
            match (one.next(), other.next()) {
                (None, None) => return true,
                (a, b) if a != b => return false,
                _ => {}
            }
        }
    }

    /// Empty, or the literal `NULL`: an unbound variable. Nothing is said.
    fn says_nothing(self) -> bool {
        self.0.is_empty() || self.is("NULL")
    }
}

/// A capability set as a parameter says it, its edition looked up once: however often the
/// parameter is repeated, each value is read a fixed number of times.
#[derive(Clone, Copy)]
struct Said<'a> {
    text: Option<FormText<'a>>,
    /// Nothing said counts as Standard.
    edition: Option<Edition>,
    /// How long it is, decoded, where it has no rank.
    length: usize,
}

impl<'a> Said<'a> {
    fn of(value: FormText<'a>) -> Self {
        let text = (!value.says_nothing()).then_some(value);
        let edition = text.map_or(Some(Edition::Standard), |text| text.edition());
        let length = match edition {
            None => value.chars().count(),
            Some(_) => 0,
        };
        Self {
            text,
            edition,
            length,
        }
    }

    /// What two of them come to, the same whichever comes first, and whether they say the same. A
    /// string without a rank is below every rank, for it includes neither; two different ones of
    /// them include nothing.
    fn and(self, other: Self) -> (Self, bool) {
        match (self.text, other.text, self.edition, other.edition) {
            (Some(a), Some(b), None, None) => {
                let same = same_chars(&mut latin(a.0), &mut latin(b.0));
                // the shorter spelling, so that a long one is not walked again
                let shorter = if other.length < self.length {
                    other
                } else {
                    self
                };
                let several = Self {
                    text: Some(FormText::SEVERAL),
                    edition: None,
                    length: 1,
                };
                (if same { shorter } else { several }, same)
            }
            (a, b, one, two) => {
                let same = a.is_none() == b.is_none() && one == two;
                // `None`, without a rank, sorts below every edition
                (if one <= two { self } else { other }, same)
            }
        }
    }
}

impl fmt::Display for FormText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|c| fmt::Write::write_char(f, c))
    }
}

/// Bytes for characters: enough to compare.
fn latin(encoded: &str) -> impl FnMut() -> Option<char> {
    let mut bytes = FormBytes(encoded.as_bytes());
    move || {
        work::count(1);
        bytes.next().map(char::from)
    }
}

#[derive(Clone)]
struct FormBytes<'a>(&'a [u8]);

impl Iterator for FormBytes<'_> {
    type Item = u8;

    fn next(&mut self) -> Option<u8> {
        let digit = |b: u8| {
            char::from(b)
                .to_digit(16)
                .and_then(|d| u8::try_from(d).ok())
        };
        let (byte, rest) = match *self.0 {
            [b'+', ref rest @ ..] => (b' ', rest),
            [b'%', high, low, ref rest @ ..] => match (digit(high), digit(low)) {
                (Some(high), Some(low)) => ((high << 4) | low, rest),
                _ => (b'%', self.0.get(1..)?),
            },
            [byte, ref rest @ ..] => (byte, rest),
            [] => return None,
        };
        self.0 = rest;
        Some(byte)
    }
}

#[derive(Clone)]
struct FormChars<'a>(FormBytes<'a>);

impl Iterator for FormChars<'_> {
    type Item = char;

    fn next(&mut self) -> Option<char> {
        let first = self.0.next()?;
        if first.is_ascii() {
            return Some(char::from(first));
        }
        let more = match first {
            0xc2..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf4 => 3,
            _ => 0,
        };
        let mut after = self.0.clone();
        let mut code = u32::from(first) & (0x3f_u32 >> more);
        for _ in 0..more {
            match after.next() {
                Some(byte @ 0x80..=0xbf) => code = (code << 6) | (u32::from(byte) & 0x3f),
                _ => return Some(char::REPLACEMENT_CHARACTER),
            }
        }
        // too long a form, a surrogate, or past the last character
        let shortest = [0x80, 0x80, 0x800, 0x1_0000].get(more).copied()?;
        match char::from_u32(code) {
            Some(c) if more > 0 && code >= shortest => {
                self.0 = after;
                Some(c)
            }
            _ => Some(char::REPLACEMENT_CHARACTER),
        }
    }
}

/// What the query says about the license.
///
/// ```
/// use app_license_gate::{facts::State, query::QueryFacts};
/// assert_eq!(QueryFacts::read("lic=active&cp=%2Fwiki").state(), State::Active);
/// assert_eq!(QueryFacts::read("lic=ACTIVE").state(), State::Inactive);
/// assert_eq!(QueryFacts::read("lic=active&lic=none").state(), State::Inactive);
/// assert_eq!(QueryFacts::read("LIC=active").state(), State::Absent);
/// ```
#[derive(Debug, Clone, Copy, Default)]
#[non_exhaustive]
pub struct QueryFacts<'a> {
    /// Whether every `lic` is exactly `active`; `None` without any.
    pub lic: Option<bool>,
    /// `capSet` or `capabilitySet`, the least generous of all; an empty one is absent.
    pub capability_set: Option<FormText<'a>>,
    /// Whether a parameter is repeated with another value.
    pub repeated: bool,
    /// Whether every `userAccess` is exactly `true`; `None` without any.
    pub user_access: Option<bool>,
}

impl<'a> QueryFacts<'a> {
    /// Reads a query: what follows the `?`, without it. Never fails: what cannot be understood says
    /// nothing.
    #[must_use]
    pub fn read(query: &'a str) -> Self {
        let mut facts = Self::default();
        let mut lic: Option<FormText<'a>> = None;
        let mut capability: Option<Said<'a>> = None;
        let mut rest = Some(query);
        while let Some(text) = rest {
            let (pair, more) = before_and_after(text, b'&');
            rest = more;
            let (name, value) = before_and_after(pair, b'=');
            let (name, value) = (FormText(name), FormText(value.unwrap_or_default()));
            if name.is("lic") {
                facts.lic = Some(value.is("active") && facts.lic != Some(false));
                let before = *lic.get_or_insert(value);
                facts.repeated |= !before.same(value);
            } else if name.is("userAccess") {
                facts.user_access = Some(value.is("true") && facts.user_access != Some(false));
            } else if name.is("capSet") || name.is("capabilitySet") {
                let value = Said::of(value);
                let Some(before) = capability else {
                    capability = Some(value);
                    continue;
                };
                let (both, same) = before.and(value);
                capability = Some(both);
                facts.repeated |= !same;
            }
        }
        facts.capability_set = capability.and_then(|said| said.text);
        facts
    }

    /// What `userAccess` says of the user: access only when every one is exactly `true`; `None`
    /// without any.
    ///
    /// ```
    /// use app_license_gate::query::QueryFacts;
    /// let denied = QueryFacts::read("lic=active&userAccess=false");
    /// assert!(denied.user_access().is_some_and(|access| !access.allows()));
    /// assert_eq!(QueryFacts::read("lic=active").user_access(), None);
    /// ```
    #[must_use]
    pub fn user_access(&self) -> Option<UserAccess> {
        let has = self.user_access?;
        Some(UserAccess::new(Flag::Missing, Flag::Is(has)))
    }

    /// Active only when every `lic` is exactly `active`; absent without any.
    #[must_use]
    pub const fn state(&self) -> State {
        match self.lic {
            None => State::Absent,
            Some(true) => State::Active,
            Some(false) => State::Inactive,
        }
    }
}

/// The text before the first `mark`, and what follows it. Plainer than `split_once`, and smaller.
fn before_and_after(text: &str, mark: u8) -> (&str, Option<&str>) {
    let found = text
        .as_bytes()
        .iter()
        .position(|b| *b == mark)
        .and_then(|at| {
            work::count(at);
            let after = text.get(at.wrapping_add(1)..)?;
            Some((text.get(..at)?, Some(after)))
        });
    found.unwrap_or((text, None))
}

#[cfg(test)]
mod tests {
    use std::string::{String, ToString};
    use std::vec::Vec;

    use super::{FormText, QueryFacts};
    use crate::facts::State;

    fn read(query: &str) -> (State, Option<String>, bool) {
        let facts = QueryFacts::read(query);
        let text = facts.capability_set.map(|c| c.to_string());
        (facts.state(), text, facts.repeated)
    }

    #[test]
    fn lic_grants_only_when_it_is_exactly_active() {
        for (query, want) in [
            ("lic=active", State::Active),
            ("?lic=active", State::Absent),
            ("lic=%61ctive", State::Active),
            ("l%69c=active", State::Active),
            ("lic=active&lic=active", State::Active),
            ("lic=active&lic=none", State::Inactive),
            ("lic=none&lic=active", State::Inactive),
            ("lic=active&lic", State::Inactive),
            ("lic=Active", State::Inactive),
            ("lic=active+", State::Inactive),
            ("lic=%20active", State::Inactive),
            ("lic=active%00", State::Inactive),
            ("lic=active,active", State::Inactive),
            ("lic=acti%C2%ADve", State::Inactive),
            ("lic=%", State::Inactive),
            ("lic=%2", State::Inactive),
            ("lic=", State::Inactive),
            ("lic", State::Inactive),
            ("lic=active=1", State::Inactive),
            ("LIC=active", State::Absent),
            ("lic%5B%5D=active", State::Absent),
            ("ac.lic=active", State::Absent),
            ("+lic=active", State::Absent),
            ("", State::Absent),
            ("?", State::Absent),
            ("&&=&a", State::Absent),
            ("x=lic=active", State::Absent),
        ] {
            assert_eq!(QueryFacts::read(query).state(), want, "{query}");
        }
    }

    #[test]
    fn user_access_is_true_or_it_denies() {
        for (query, want) in [
            ("userAccess=true", Some(true)),
            ("userAccess=true&userAccess=true", Some(true)),
            ("userAccess=false", Some(false)),
            ("userAccess=true&userAccess=false", Some(false)),
            ("userAccess=false&userAccess=true", Some(false)),
            ("userAccess=True", Some(false)),
            ("userAccess=1", Some(false)),
            ("userAccess=", Some(false)),
            ("userAccess", Some(false)),
            ("useraccess=false", None),
            ("", None),
        ] {
            let access = QueryFacts::read(query).user_access();
            assert_eq!(access.map(|a| a.allows()), want, "{query}");
        }
    }

    #[test]
    fn the_least_generous_capability_counts_whatever_the_order() {
        let (s, a, u, v) = (
            "capabilityStandard",
            "capabilityAdvanced",
            "cUltra",
            "cVast",
        );
        let free = "capabilityFree";
        for (one, other, want) in [
            (s, a, s),
            (a, free, free),
            (u, a, u),
            (u, free, u),
            (u, v, ","),
            ("", a, ""),
            ("NULL", a, ""),
            ("", free, free),
            ("", u, u),
        ] {
            let want = (!want.is_empty()).then(|| want.to_string());
            for (x, y) in [(one, other), (other, one)] {
                for (n, m) in [("capSet", "capSet"), ("capSet", "capabilitySet")] {
                    let query = std::format!("lic=active&{n}={x}&{m}={y}");
                    assert_eq!(read(&query), (State::Active, want.clone(), true), "{query}");
                }
            }
        }
        let twice = "lic=active&capSet=capabilityAdvanced&capabilitySet=CAPABILITY_ADVANCED";
        assert_eq!(read(twice), (State::Active, Some(a.to_string()), false));
        assert_eq!(read("lic=active&capSet="), (State::Active, None, false));
        assert_eq!(read("CapSet=capabilityAdvanced").1, None);
    }

    #[test]
    fn three_values_are_no_better_than_two() {
        let query = "lic=active&capSet=cUltra&capSet=cVast&capSet=cUltra";
        assert_eq!(read(query).1.as_deref(), Some(","));
    }

    #[test]
    fn decoding_is_form_decoding_and_never_fails() {
        for (encoded, want) in [
            ("a+b%20c", "a b c"),
            ("%C3%A9%E2%82%AC%F0%9F%98%80", "é€😀"),
            ("%", "%"),
            ("%4", "%4"),
            ("%zz", "%zz"),
            ("%%41", "%A"),
            ("%C3", "\u{fffd}"),
            ("%C3x", "\u{fffd}x"),
            ("%ff%41", "\u{fffd}A"),
            ("%C0%80", "\u{fffd}\u{fffd}"),
            ("%E0%80%80", "\u{fffd}\u{fffd}\u{fffd}"),
            ("%ED%A0%80", "\u{fffd}\u{fffd}\u{fffd}"),
            ("%F4%90%80%80", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(FormText(encoded).to_string(), want, "{encoded}");
        }
    }

    proptest::proptest! {
        #[test]
        fn every_valid_text_decodes_to_itself(text in ".{0,40}") {
            let encoded: String = text.bytes().map(|b| std::format!("%{b:02X}")).collect();
            proptest::prop_assert_eq!(FormText(&encoded).to_string(), text.clone());
            let bytes: Vec<u8> = FormText(&encoded).bytes().collect();
            proptest::prop_assert_eq!(bytes, text.into_bytes());
        }

        #[test]
        fn reading_anything_ends(query in "(lic|capSet|=|&|%|active|\\PC){0,30}") {
            let _ = QueryFacts::read(&query);
        }
    }
}
