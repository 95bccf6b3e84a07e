//! What the query of a Connect iframe URL says: `lic`, `capSet`, `capabilitySet` and
//! `userAccess`.
//!
//! Names and values compare exactly, after form decoding. A parameter that is repeated with other
//! values counts as the least generous of them, whatever their order: the host's request hash
//! sorts values, so a user may swap them without breaking the signature.
//!
//! Platform page: <https://developer.atlassian.com/cloud/jira/platform/context-parameters>

use core::fmt;

use crate::gate::capability::{Edition, same_chars};
use crate::gate::work;

/// The value of a query parameter, still form-encoded (`+` and `%20`). Comparing decodes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct FormText<'a>(&'a str);

impl<'a> FormText<'a> {
    /// Stands for several capability sets without a rank: each includes only itself, so together
    /// they include nothing.
    pub(crate) const SEVERAL: Self = Self(",");

    /// The decoded bytes. A `%` that no two hexadecimal digits follow stands for itself.
    #[cfg(test)]
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> + Clone + use<'a> {
        FormBytes(self.0.as_bytes())
    }

    /// The decoded characters; what is not UTF-8 reads as U+FFFD.
    pub(crate) fn chars(&self) -> impl Iterator<Item = char> + Clone + use<'a> {
        FormChars(FormBytes(self.0.as_bytes()))
    }

    /// The edition of a capability set, by the loose comparison of capability strings.
    #[must_use]
    pub(crate) fn edition(&self) -> Option<Edition> {
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

    /// What two of them come to, the same whichever comes first. A string without a rank is below every rank, for it includes neither; two different ones of
    /// them include nothing.
    fn and(self, other: Self) -> Self {
        match (self.text, other.text, self.edition, other.edition) {
            (Some(a), Some(b), None, None) => {
                if !same_chars(&mut latin(a.0), &mut latin(b.0)) {
                    return Self {
                        text: Some(FormText::SEVERAL),
                        edition: None,
                        length: 1,
                    };
                }
                // the shorter spelling, so that a long one is not walked again
                if other.length < self.length {
                    other
                } else {
                    self
                }
            }
            // `None`, without a rank, sorts below every edition
            (_, _, one, two) if one <= two => self,
            _ => other,
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

/// The capability set that a query names, by `capSet` or `capabilitySet`: the least generous of all; an empty
/// one is none. The query is what follows the `?`. Never fails: what cannot be understood says nothing.
pub(crate) fn capability_set(query: &str) -> Option<FormText<'_>> {
    let mut least: Option<Said<'_>> = None;
    let mut rest = Some(query);
    while let Some(text) = rest {
        let (pair, more) = before_and_after(text, b'&');
        rest = more;
        let (name, value) = before_and_after(pair, b'=');
        let (name, value) = (FormText(name), FormText(value.unwrap_or_default()));
        if name.is("capSet") || name.is("capabilitySet") {
            let value = Said::of(value);
            least = Some(least.map_or(value, |before| before.and(value)));
        }
    }
    least.and_then(|said| said.text)
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

    use super::{FormText, capability_set};

    fn read(query: &str) -> Option<String> {
        capability_set(query).map(|set| set.to_string())
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
                    assert_eq!(read(&query), want, "{query}");
                }
            }
        }
        let twice = "lic=active&capSet=capabilityAdvanced&capabilitySet=CAPABILITY_ADVANCED";
        assert_eq!(read(twice).as_deref(), Some(a));
        assert_eq!(read("lic=active&capSet="), None);
        assert_eq!(read("CapSet=capabilityAdvanced"), None);
    }

    #[test]
    fn three_values_are_no_better_than_two() {
        let query = "lic=active&capSet=cUltra&capSet=cVast&capSet=cUltra";
        assert_eq!(read(query).as_deref(), Some(","));
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
            let _ = capability_set(&query);
        }
    }
}
