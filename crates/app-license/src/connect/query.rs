//! The parts of a query string, as `application/x-www-form-urlencoded` has them.

use std::borrow::Cow;
use std::cmp::Ordering;

use crate::gate::work;

use crate::find::{has_either, split};

/// What has to happen to a text before it is in canonical percent-encoding.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Class(u8);

impl Class {
    /// Only unreserved characters: the text decodes and encodes to itself.
    pub(super) const PLAIN: Self = Self(0);
    /// Something else, but neither `%` nor `+`: it decodes to itself.
    const LITERAL: u8 = 1;
    const ESCAPED: u8 = 2;

    #[inline]
    pub(super) fn of(text: &str) -> Self {
        work::count(text.len());
        Self(text.bytes().fold(0, |class, b| class | class_of(b)))
    }

    /// Whether decoding changes the text.
    pub(super) const fn escaped(self) -> bool {
        self.0 & Self::ESCAPED != 0
    }
}

#[inline]
fn class_of(byte: u8) -> u8 {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// RFC 3986: letters, digits, `-`, `.`, `_`, `~`.
const fn unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

#[expect(
    clippy::indexing_slicing,
    reason = "every index is a u8, and the table is made at compile time"
)]
static CLASSES: [u8; 256] = {
    let mut classes = [Class::LITERAL; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        if unreserved(byte) {
            classes[byte as usize] = 0;
        }
        byte = byte.wrapping_add(1);
    }
    classes[b'%' as usize] = Class::ESCAPED;
    classes[b'+' as usize] = Class::ESCAPED;
    classes
};

/// One `name=value`, as written.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'q> {
    pub(super) name: &'q str,
    pub(super) value: &'q str,
}

/// The pairs of a query in order; empty ones are skipped, a name alone has an empty value.
#[inline]
pub(super) fn pairs(query: &str) -> Pairs<'_> {
    Pairs(query)
}

/// See [`pairs`].
pub(super) struct Pairs<'q>(&'q str);

impl<'q> Iterator for Pairs<'q> {
    type Item = Pair<'q>;

    #[inline]
    fn next(&mut self) -> Option<Pair<'q>> {
        loop {
            if self.0.is_empty() {
                return None;
            }
            let (text, rest) = split(self.0, b'&');
            self.0 = rest;
            if !text.is_empty() {
                let (name, value) = split(text, b'=');
                return Some(Pair { name, value });
            }
        }
    }
}

/// Like [`Pair`], with what has to happen to its parts found out on the way.
pub(super) struct ClassedPair<'q> {
    /// The whole of it.
    pub(super) text: &'q str,
    /// How much of it is the name; the value follows one byte later, if at all.
    pub(super) name_len: usize,
    pub(super) name_class: Class,
    pub(super) value_class: Class,
}

/// The first pair of a query and what follows it; the pair may be empty.
#[inline]
pub(super) fn next_classed(query: &str) -> (ClassedPair<'_>, &str) {
    let (text, rest) = split(query, b'&');
    let (name, value) = split(text, b'=');
    // a token is long, and nobody looks at it
    let value_class = if name == "jwt" {
        Class::PLAIN
    } else {
        Class::of(value)
    };
    let pair = ClassedPair {
        text,
        name_len: name.len(),
        name_class: Class::of(name),
        value_class,
    };
    (pair, rest)
}

/// A query for `Debug`: a token in it is left out.
pub(super) fn redacted(query: &str) -> String {
    let mut shown = String::new();
    for Pair { name, value } in pairs(query) {
        let token = decode(name).eq_ignore_ascii_case("jwt");
        let value = if token { "[redacted]" } else { value };
        for part in [if shown.is_empty() { "" } else { "&" }, name, "=", value] {
            shown.push_str(part);
        }
    }
    shown
}

/// A text decoded: `+` is a space, `%XX` a byte, anything else itself; what is not UTF-8 becomes
/// U+FFFD.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if has_either(text, b'%', b'+') {
        Cow::Owned(match String::from_utf8(decode_bytes(text, true)) {
            Ok(text) => text,
            Err(e) => String::from_utf8_lossy(e.as_bytes()).into_owned(),
        })
    } else {
        Cow::Borrowed(text)
    }
}

/// Like [`decode`] without looking at `+`, for paths. `None` when it is not UTF-8.
pub(super) fn decode_path(text: &str) -> Option<String> {
    String::from_utf8(decode_bytes(text, false)).ok()
}

fn decode_bytes(text: &str, plus: bool) -> Vec<u8> {
    work::count(text.len());
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        rest = tail;
        let byte = match first {
            b'+' if plus => b' ',
            b'%' => match escape(tail) {
                Some((byte, after)) => {
                    rest = after;
                    byte
                }
                None => b'%',
            },
            other => *other,
        };
        bytes.push(byte);
    }
    bytes
}

/// The byte that two hexadecimal digits spell, and what follows them.
#[inline]
fn escape(after_percent: &[u8]) -> Option<(u8, &[u8])> {
    let (&[high, low], rest) = after_percent.split_first_chunk::<2>()?;
    Some(((digit(high)? << 4) | digit(low)?, rest))
}

#[inline]
const fn digit(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex.wrapping_sub(b'0')),
        b'A'..=b'F' => Some(hex.wrapping_sub(b'A').wrapping_add(10)),
        b'a'..=b'f' => Some(hex.wrapping_sub(b'a').wrapping_add(10)),
        _ => None,
    }
}

/// Whether a text holds a `%` followed by two hexadecimal digits.
pub(super) fn has_escape(text: &str) -> bool {
    work::count(text.len());
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        if *first == b'%' && escape(tail).is_some() {
            return true;
        }
        rest = tail;
    }
    false
}

/// Appends a text in canonical percent-encoding: decoded, then every byte but the unreserved ones
/// as `%XX` with upper-case digits.
#[inline]
pub(super) fn push_canonical(text: &str, class: Class, into: &mut Vec<u8>) {
    work::count(text.len());
    if class == Class::PLAIN {
        into.extend_from_slice(text.as_bytes());
    } else if class.escaped() {
        push_decoded(text, into);
    } else {
        push_encoded(text.as_bytes(), into);
    }
}

fn push_decoded(text: &str, into: &mut Vec<u8>) {
    let start = into.len();
    let mut rest = text.as_bytes();
    while let [first, tail @ ..] = rest {
        let plain = rest.iter().take_while(|b| class_of(**b) == 0).count();
        if plain > 0 {
            let (run, after) = rest.split_at_checked(plain).unwrap_or((rest, &[]));
            into.extend_from_slice(run);
            rest = after;
            continue;
        }
        rest = tail;
        match first {
            b'+' => into.extend_from_slice(b"%20"),
            b'%' => {
                let byte = match escape(tail) {
                    Some((byte, after)) => {
                        rest = after;
                        byte
                    }
                    None => b'%',
                };
                if !byte.is_ascii() {
                    // several bytes may be one character, or none: take the slow way
                    into.truncate(start);
                    push_encoded(decode(text).as_bytes(), into);
                    return;
                }
                push_byte(byte, into);
            }
            other => push_byte(*other, into),
        }
    }
}

/// Appends bytes, every one but the unreserved as `%XX`.
pub(super) fn push_encoded(bytes: &[u8], into: &mut Vec<u8>) {
    work::count(bytes.len());
    for byte in bytes {
        push_byte(*byte, into);
    }
}

#[inline]
fn push_byte(byte: u8, into: &mut Vec<u8>) {
    if unreserved(byte) {
        into.push(byte);
    } else {
        into.extend_from_slice(&[b'%', hex(byte >> 4), hex(byte & 15)]);
    }
}

const fn hex(digit: u8) -> u8 {
    match digit {
        0..=9 => b'0'.wrapping_add(digit),
        _ => b'A'.wrapping_sub(10).wrapping_add(digit),
    }
}

/// A value that compares as the host compares it: decoded, by UTF-16 code units.
pub(super) struct HostValue<'q>(Cow<'q, str>);

impl<'q> HostValue<'q> {
    pub(super) fn of(value: &'q str) -> Self {
        Self(decode(value))
    }
}

impl Ord for HostValue<'_> {
    #[inline(never)] // as with names
    fn cmp(&self, other: &Self) -> Ordering {
        let (a, b) = (&*self.0, &*other.0);
        work::count(a.len().min(b.len()));
        if a.is_ascii() && b.is_ascii() {
            return a.cmp(b);
        }
        a.encode_utf16().cmp(b.encode_utf16())
    }
}

impl PartialOrd for HostValue<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for HostValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for HostValue<'_> {}
