//! Finding an ASCII character in short and long texts.

/// Looked through at once, for which compilers use wide registers.
const WIDE: usize = 64;

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

/// Like [`split_once`], for what is far away or not there.
pub(crate) fn split_once_far(text: &str, at: u8) -> Option<(&str, &str)> {
    let (blocks, _) = text.as_bytes().as_chunks::<WIDE>();
    let without = |block: &&[u8; WIDE]| !block.iter().fold(false, |any, b| any | (*b == at));
    let skipped = blocks.iter().take_while(without).count().wrapping_mul(WIDE);
    let found = find(text.as_bytes().get(skipped..)?, at).wrapping_add(skipped);
    Some((text.get(..found)?, text.get(found.checked_add(1)?..)?))
}

/// Where a byte is first, or the length: eight bytes at a time, since what is looked for is near.
#[inline]
fn find(bytes: &[u8], byte: u8) -> usize {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x8080_8080_8080_8080;
    let wanted = ONES.wrapping_mul(u64::from(byte));
    let (chunks, tail) = bytes.as_chunks::<8>();
    let mut at = 0_usize;
    for chunk in chunks {
        // a zero byte where the wanted one was; only the lowest mark is exact
        let v = u64::from_le_bytes(*chunk) ^ wanted;
        let marks = v.wrapping_sub(ONES) & !v & HIGH;
        if marks != 0 {
            return at.wrapping_add(marks.trailing_zeros() as usize / 8);
        }
        at = at.wrapping_add(8);
    }
    let in_tail = tail.iter().position(|b| *b == byte);
    at.wrapping_add(in_tail.unwrap_or(tail.len()))
}

#[cfg(test)]
mod tests {
    use super::{split, split_once, split_once_far};

    #[test]
    fn both_ways_agree_with_the_library_at_every_place() {
        for len in 0..200 {
            for at in 0..=len {
                let mut text = "é".repeat(len / 2) + &"x".repeat(len % 2);
                if text.is_char_boundary(at) {
                    text.insert(at, '.');
                }
                let want = text.split_once('.');
                assert_eq!(split_once(&text, b'.'), want);
                assert_eq!(split_once_far(&text, b'.'), want);
                assert_eq!(split(&text, b'.'), want.unwrap_or((&text, "")));
            }
        }
        // bytes that differ from the wanted one by a bit, before and after it
        assert_eq!(split_once("//./.", b'.'), Some(("//", "/.")));
        assert_eq!(split_once("\u{1}\u{0}\u{1}", 0), Some(("\u{1}", "\u{1}")));
    }
}
