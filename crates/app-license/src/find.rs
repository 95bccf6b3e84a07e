//! Finding an ASCII character in short and long texts, a part in its text, and a value by its name.

use std::ops::Range;

/// What stands before and after the first of an ASCII character; all of it and nothing when there
/// is none.
#[inline]
pub(crate) fn split(text: &str, at: u8) -> (&str, &str) {
    split_once(text, at).unwrap_or((text, ""))
}

/// What stands before and after the first of an ASCII character.
#[inline]
pub(crate) fn split_once(text: &str, at: u8) -> Option<(&str, &str)> {
    let found = find(text.as_bytes(), at);
    Some((text.get(..found)?, text.get(found.checked_add(1)?..)?))
}

/// Whether one of two ASCII characters is in a text.
pub(crate) fn has_either(text: &str, one: u8, other: u8) -> bool {
    crate::gate::work::count(text.len());
    memchr::memchr2(one, other, text.as_bytes()).is_some()
}

/// Where a text stands in another, when it is that very part of it.
pub(crate) fn place(part: &str, whole: &str) -> Option<Range<usize>> {
    let start = part.as_ptr().addr().checked_sub(whole.as_ptr().addr())?;
    let place = start..start.checked_add(part.len())?;
    (whole.get(place.clone())? == part).then_some(place)
}

/// Where a byte is first, or the length. Names and values end after a few bytes, most of the time:
/// there, eight bytes at a time take two thirds of the time that memchr takes.
#[inline]
fn find(bytes: &[u8], byte: u8) -> usize {
    let (near, far) = bytes.split_at_checked(64).unwrap_or((bytes, &[]));
    let mut at = find_near(near, byte);
    if at == near.len() && !far.is_empty() {
        let in_far = memchr::memchr(byte, far).unwrap_or(far.len());
        at = at.wrapping_add(in_far);
    }
    crate::gate::work::count(at);
    at
}

#[inline]
fn find_near(bytes: &[u8], byte: u8) -> usize {
    let (chunks, tail) = bytes.as_chunks::<8>();
    let mut at = 0_usize;
    for chunk in chunks {
        let marks = marks(u64::from_le_bytes(*chunk), byte);
        if marks != 0 {
            return at.wrapping_add(marks.trailing_zeros() as usize / 8);
        }
        at = at.wrapping_add(8);
    }
    let in_tail = tail.iter().position(|b| *b == byte);
    at.wrapping_add(in_tail.unwrap_or(tail.len()))
}

/// Marks the bytes of a chunk that are the wanted one by their highest bit: only the lowest mark
/// is exact.
#[inline]
const fn marks(chunk: u64, byte: u8) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let v = chunk ^ ONES.wrapping_mul(byte as u64);
    v.wrapping_sub(ONES) & !v & HIGH
}

/// The value of this name.
pub(crate) fn named<T: Copy>(all: &[T], name_of: fn(T) -> &'static str, name: &str) -> Option<T> {
    all.iter()
        .copied()
        .find(|value| same(name_of(*value), name))
}

/// Apart: written out for each name it is 1 to 3 KB of machine code a list.
#[inline(never)]
fn same(one: &str, other: &str) -> bool {
    one == other
}

#[cfg(test)]
mod tests {
    use super::{has_either, place, split, split_once};

    #[test]
    fn the_library_finds_the_same_at_every_place() {
        for len in 0..200 {
            for at in 0..=len {
                let mut text = "é".repeat(len / 2) + &"x".repeat(len % 2);
                if text.is_char_boundary(at) {
                    text.insert(at, '.');
                }
                let want = text.split_once('.');
                let either = text.contains(['.', '/']);
                assert_eq!(has_either(&text, b'.', b'/'), either, "{text}");
                assert_eq!(has_either(&text, b'/', b'.'), either, "{text}");
                assert_eq!(split_once(&text, b'.'), want);
                assert_eq!(split(&text, b'.'), want.unwrap_or((&text, "")));
            }
        }
        // bytes that differ from the wanted ones by a bit, before and after them
        assert!(!has_either("\u{1}\u{0}\u{1}$$%%//..", b'&', b'-'));
        assert!(has_either("$$%%//..&", b'&', b'-') && has_either("//..,-//..", b'&', b'-'));
        assert_eq!(split_once("//./.", b'.'), Some(("//", "/.")));
        assert_eq!(split_once("\u{1}\u{0}\u{1}", 0), Some(("\u{1}", "\u{1}")));
    }

    #[test]
    fn a_text_stands_only_where_it_is() {
        let whole = "abcabc";
        let (first, second) = whole.split_at(3);
        assert_eq!(place(second, whole), Some(3..6));
        assert_eq!(place(whole, second), None);
        assert_eq!(place(whole, first), None);
        assert_eq!(place(&String::from("abc"), whole), None);
    }
}
