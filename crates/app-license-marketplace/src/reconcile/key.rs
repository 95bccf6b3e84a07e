//! Texts that rows are found by: each is packed and hashed once.

use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::DefaultHashBuilder;

/// How many texts a row has.
pub(super) const FIELDS: usize = 5;

/// The longest text that is kept, in bytes.
pub(super) const MAX: usize = 254;

/// The texts of a row to look it up by, each packed and hashed once.
pub(super) type Keys<'a> = [Option<Key<'a>>; FIELDS];

/// A text to look up: letter case does not matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    pub(super) text: &'a str,
    pub(super) uuid: Option<[u8; 16]>,
    /// What it hashes to in this run.
    pub(super) hash: u32,
}

impl<'a> Key<'a> {
    /// `None` for a text that is never kept.
    pub(super) fn new(text: &'a str, hasher: &KeyHasher) -> Option<Self> {
        if text.is_empty() || text.len() > MAX {
            return None;
        }
        let uuid = pack(text);
        let hash = match &uuid {
            Some(uuid) => hasher.uuid(uuid),
            None => hasher.text(text.as_bytes()),
        };
        Some(Self { text, uuid, hash })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        match &self.uuid {
            Some(uuid) => uuid,
            None => self.text.as_bytes(),
        }
    }
}

/// Hashes keys; seeded anew in every process, so that nobody can choose what collides.
#[derive(Debug, Clone, Default)]
pub(super) struct KeyHasher(DefaultHashBuilder);

impl KeyHasher {
    fn uuid(&self, bytes: &[u8]) -> u32 {
        let mut hasher = self.0.build_hasher();
        hasher.write(bytes);
        folded(hasher.finish())
    }

    fn text(&self, bytes: &[u8]) -> u32 {
        let mut hasher = self.0.build_hasher();
        for chunk in bytes.chunks(32) {
            let mut lower = [0_u8; 32];
            for (to, from) in lower.iter_mut().zip(chunk) {
                *to = from.to_ascii_lowercase();
            }
            hasher.write(&lower);
        }
        folded(hasher.finish())
    }
}

/// Half of a hash: rows keep it, so that a table that grows need not look at their texts.
fn folded(hash: u64) -> u32 {
    u32::try_from(hash >> 32).unwrap_or_default()
}

/// The value of each hexadecimal digit; [`NO_DIGIT`] for other bytes.
static DIGITS: [u8; 256] = digits();
const NO_DIGIT: u8 = 0x80;

const fn digits() -> [u8; 256] {
    let mut table = [NO_DIGIT; 256];
    let mut byte = 0_u8;
    while byte < u8::MAX {
        let value = match byte {
            b'0'..=b'9' => byte.wrapping_sub(b'0'),
            b'a'..=b'f' => byte.wrapping_sub(b'a').wrapping_add(10),
            b'A'..=b'F' => byte.wrapping_sub(b'A').wrapping_add(10),
            _ => NO_DIGIT,
        };
        if let Some((_, rest)) = table.split_at_mut_checked(byte as usize)
            && let Some(entry) = rest.first_mut()
        {
            *entry = value;
        }
        byte = byte.wrapping_add(1);
    }
    table
}

/// The 16 bytes of a UUID written with hyphens.
pub(super) fn pack(text: &str) -> Option<[u8; 16]> {
    /// Where each byte's two digits begin.
    const STARTS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
    let text: &[u8; 36] = text.as_bytes().try_into().ok()?;
    let [
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        _,
        _,
        b'-',
        _,
        _,
        _,
        _,
        b'-',
        ..,
    ] = text
    else {
        return None;
    };
    let digit = |at: usize| {
        let byte = text.get(at).copied().unwrap_or_default();
        DIGITS.get(usize::from(byte)).copied().unwrap_or(NO_DIGIT)
    };
    let mut packed = [0_u8; 16];
    let mut wrong = 0_u8;
    for (to, start) in packed.iter_mut().zip(STARTS) {
        let (high, low) = (digit(start), digit(start.wrapping_add(1)));
        wrong |= high | low;
        *to = high << 4 | low;
    }
    (wrong & NO_DIGIT == 0).then_some(packed)
}

pub(super) fn unpack(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(36);
    for (at, byte) in bytes.iter().enumerate() {
        if matches!(at, 4 | 6 | 8 | 10) {
            text.push('-');
        }
        for digit in [byte >> 4, byte & 15] {
            text.push(char::from_digit(digit.into(), 16).unwrap_or('0'));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::pack;

    const ID: &str = "5E176CC2-0000-4abc-8def-0123456789ab";

    #[test]
    fn only_uuids_with_hyphens_are_packed() {
        assert_eq!(super::unpack(&pack(ID).unwrap()), ID.to_lowercase());
        for text in [
            ID.trim_end_matches('b'),
            &format!("{ID}0"),
            &ID.replace('-', "0"),
            &ID.replace('5', "g"),
            &ID.replace('5', "\u{1}"),
            &ID.replace("5E", "é"),
        ] {
            assert_eq!(pack(text), None, "{text}");
        }
    }
}
