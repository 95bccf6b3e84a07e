//! Strict base64url: no padding, no trailing bits, no white space, nothing outside its alphabet.
//!
//! A token is mostly base64url, and it is read on every request: this does nothing but what a
//! token needs, in three quarters of the time of the crate `base64`, which writes.

/// What stands for a character outside the alphabet, in every place of a group: above the 24 bits
/// that a group of four has.
const NONE: u32 = 1 << 24;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The bits of each character in one place of a group.
struct AlphabetTable([u32; 256]);

impl AlphabetTable {
    #[expect(
        clippy::indexing_slicing,
        reason = "every index is within its table, which is made at compile time"
    )]
    const fn new(shift: u32) -> Self {
        let mut bits = [NONE; 256];
        let mut value = 0_u8;
        while value < 64 {
            bits[ALPHABET[value as usize] as usize] = (value as u32) << shift;
            value = value.wrapping_add(1);
        }
        Self(bits)
    }

    #[inline]
    fn bits(&self, character: u8) -> u32 {
        self.0.get(usize::from(character)).copied().unwrap_or(NONE)
    }
}

static FIRST: AlphabetTable = AlphabetTable::new(18);
static SECOND: AlphabetTable = AlphabetTable::new(12);
static THIRD: AlphabetTable = AlphabetTable::new(6);
static FOURTH: AlphabetTable = AlphabetTable::new(0);

/// Appends the bytes a text stands for. `None` when it is not strict base64url; something may have
/// been appended then.
pub(super) fn decode(text: &str, into: &mut Vec<u8>) -> Option<()> {
    crate::gate::work::count(text.len());
    let (groups, tail) = text.as_bytes().as_chunks::<4>();
    let start = into.len();
    into.resize(start.checked_add(groups.len().checked_mul(3)?)?, 0);
    let (triples, _) = into.get_mut(start..)?.as_chunks_mut::<3>();
    let mut all = 0;
    for ([a, b, c, d], triple) in groups.iter().zip(triples) {
        let bits = FIRST.bits(*a) | SECOND.bits(*b) | THIRD.bits(*c) | FOURTH.bits(*d);
        all |= bits;
        let [_, high, middle, low] = bits.to_be_bytes();
        *triple = [high, middle, low];
    }
    let (last, bytes) = match *tail {
        [] => (0, 0),
        [a, b] => (FIRST.bits(a) | SECOND.bits(b), 1),
        [a, b, c] => (FIRST.bits(a) | SECOND.bits(b) | THIRD.bits(c), 2),
        // six bits are no byte
        _ => return None,
    };
    all |= last;
    let [_, last @ ..] = last.to_be_bytes();
    let (kept, unused) = last.split_at_checked(bytes)?;
    into.extend_from_slice(kept);
    // no character outside the alphabet, and no bit that stands for nothing
    (all & NONE == 0 && unused.iter().all(|b| *b == 0)).then_some(())
}

/// Appends bytes as base64url without padding.
pub(super) fn encode(bytes: &[u8], into: &mut String) {
    base64::Engine::encode_string(
        &base64::engine::general_purpose::URL_SAFE_NO_PAD,
        bytes,
        into,
    );
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use proptest::prelude::*;

    use super::decode;

    fn ours(text: &str) -> Option<Vec<u8>> {
        let mut bytes = b"before".to_vec();
        decode(text, &mut bytes)?;
        Some(bytes.split_off(6))
    }

    #[test]
    fn every_short_text_reads_as_the_library_reads_it() {
        let characters = b"AQBgwz0-_9+/= .\n\x7f\xc3";
        let mut texts = vec![Vec::new()];
        for _ in 0..4 {
            let longer = texts.iter().flat_map(|t: &Vec<u8>| {
                characters.iter().map(move |c| {
                    let mut t = t.clone();
                    t.push(*c);
                    t
                })
            });
            let longer: Vec<_> = longer.collect();
            texts.extend(longer);
            texts.sort();
            texts.dedup();
        }
        for text in texts.iter().filter_map(|t| std::str::from_utf8(t).ok()) {
            assert_eq!(ours(text), URL_SAFE_NO_PAD.decode(text).ok(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn what_is_encoded_is_read_back(bytes: Vec<u8>) {
            let text = URL_SAFE_NO_PAD.encode(&bytes);
            prop_assert_eq!(ours(&text), Some(bytes));
        }

        #[test]
        fn any_text_reads_as_the_library_reads_it(text in "[A-Za-z0-9_=+/é-]{0,40}") {
            prop_assert_eq!(ours(&text), URL_SAFE_NO_PAD.decode(&text).ok());
        }
    }
}
