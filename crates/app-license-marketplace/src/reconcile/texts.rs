//! Texts of millions of rows, packed: UUIDs as 16 bytes, repeated words once.

use std::borrow::Cow;
use std::hash::{BuildHasher as _, Hasher as _};

use hashbrown::{DefaultHashBuilder, HashTable};

/// How many texts a row has.
pub(super) const FIELDS: usize = 5;
/// The bytes of a chunk. A row's texts are in one chunk.
const CHUNK: usize = 1 << 20;
/// The length that stands for a packed UUID.
const UUID: u8 = 255;
/// The longest text that is kept, in bytes.
const MAX: usize = 254;

/// Where a row's texts are: 4 bytes and one a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Place {
    at: u32,
    lengths: [u8; FIELDS],
}

/// The texts of all rows.
#[derive(Debug, Default)]
pub(super) struct Texts {
    chunks: Vec<Vec<u8>>,
}

impl Texts {
    /// Keeps a row's texts; longer ones than any honest id are left out. `None` when 4 GiB are full.
    pub(super) fn push(&mut self, keys: &Keys<'_>) -> Option<Place> {
        // a row's texts are in one chunk
        let room = keys.iter().flatten().map(|key| key.bytes().len()).sum();
        let full = |c: &Vec<u8>| c.len().saturating_add(room) > CHUNK;
        if self.chunks.last().is_none_or(full) {
            self.chunks.push(Vec::with_capacity(CHUNK));
        }
        let number = self.chunks.len().saturating_sub(1);
        let chunk = self.chunks.last_mut()?;
        let at = number.checked_mul(CHUNK)?.checked_add(chunk.len())?;
        let at = u32::try_from(at).ok()?;
        let mut lengths = [0_u8; FIELDS];
        for (key, length) in keys.iter().zip(&mut lengths) {
            let Some(key) = key else { continue };
            chunk.extend_from_slice(key.bytes());
            *length = match key.uuid {
                Some(_) => UUID,
                None => u8::try_from(key.text.len()).unwrap_or_default(),
            };
        }
        Some(Place { at, lengths })
    }

    fn bytes(&self, place: Place, field: usize) -> Option<(&[u8], bool)> {
        let size = |length: u8| usize::from(if length == UUID { 16 } else { length });
        let before: usize = place.lengths.iter().take(field).map(|l| size(*l)).sum();
        let length = *place.lengths.get(field)?;
        let at = usize::try_from(place.at).ok()?;
        let chunk = self.chunks.get(at.checked_div(CHUNK)?)?;
        let start = at.checked_rem(CHUNK)?.checked_add(before)?;
        let end = start.checked_add(size(length))?;
        let bytes = chunk.get(start..end).filter(|b| !b.is_empty())?;
        Some((bytes, length == UUID))
    }

    /// A text of a row, for people. UUIDs come back in lower case.
    pub(super) fn get(&self, place: Place, field: usize) -> Option<Cow<'_, str>> {
        match self.bytes(place, field)? {
            (bytes, true) => Some(Cow::Owned(unpack(bytes))),
            (bytes, false) => Some(String::from_utf8_lossy(bytes)),
        }
    }

    /// Whether a text of a row is this key.
    pub(super) fn is(&self, place: Place, field: usize, key: &Key<'_>) -> bool {
        match (self.bytes(place, field), &key.uuid) {
            (Some((bytes, true)), Some(uuid)) => bytes == uuid,
            (Some((bytes, false)), None) => bytes.eq_ignore_ascii_case(key.text.as_bytes()),
            _ => false,
        }
    }
}

/// The texts of a row to look it up by, each packed and hashed once.
pub(super) type Keys<'a> = [Option<Key<'a>>; FIELDS];

/// A text to look up: letter case does not matter.
#[derive(Debug, Clone, Copy)]
pub(super) struct Key<'a> {
    text: &'a str,
    uuid: Option<[u8; 16]>,
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

    fn bytes(&self) -> &[u8] {
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
fn pack(text: &str) -> Option<[u8; 16]> {
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

fn unpack(bytes: &[u8]) -> String {
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

/// A word out of [`Words`]; [`Word::NONE`] stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Word(u16);

impl Word {
    pub(super) const NONE: Self = Self(0);

    /// The number, from 1; 0 for none.
    pub(super) const fn number(self) -> u16 {
        self.0
    }
}

/// Words that rows share: kept once.
#[derive(Debug)]
pub(super) struct Words {
    words: Vec<Box<str>>,
    index: HashTable<u16>,
    hasher: DefaultHashBuilder,
    /// Words that came lately, by length and ends: most rows say the same.
    recent: [u16; RECENT],
}

/// How many words are remembered.
const RECENT: usize = 64;

impl Default for Words {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            recent: [0; RECENT],
        }
    }
}

impl Words {
    /// The number of a word. When 65,534 different ones are known, all further ones are one word.
    pub(super) fn intern(&mut self, text: Option<&str>) -> Word {
        let Some(text) = text else { return Word::NONE };
        let ends = text.as_bytes().first().zip(text.as_bytes().last());
        let slot = ends.map_or(0, |(first, last)| {
            usize::from(*first) ^ usize::from(*last).wrapping_mul(7) ^ text.len()
        });
        let recent = self.recent.get(slot % RECENT).copied().unwrap_or_default();
        if word(&self.words, recent) == Some(text) {
            return Word(recent);
        }
        let number = self.intern_anew(text);
        if let Some(recent) = self.recent.get_mut(slot % RECENT) {
            *recent = number.0;
        }
        number
    }

    fn intern_anew(&mut self, text: &str) -> Word {
        const OTHER: &str = "…";
        if let Some(known) = self.find(text) {
            return known;
        }
        let full = self.words.len() >= 65_534;
        if full && text != OTHER {
            return self.intern_anew(OTHER);
        }
        self.words.push(text.into());
        let Ok(number) = u16::try_from(self.words.len()) else {
            return Word::NONE;
        };
        let (words, hasher) = (&self.words, &self.hasher);
        let hash = |n: &u16| hasher.hash_one(word(words, *n).unwrap_or_default());
        self.index
            .insert_unique(hasher.hash_one(text), number, hash);
        Word(number)
    }

    /// The number of a word that is known.
    pub(super) fn find(&self, text: &str) -> Option<Word> {
        self.index
            .find(self.hasher.hash_one(text), |n| {
                word(&self.words, *n) == Some(text)
            })
            .map(|n| Word(*n))
    }

    /// The word of a number.
    pub(super) fn get(&self, number: Word) -> Option<&str> {
        word(&self.words, number.0)
    }

    /// All words.
    pub(super) fn iter(&self) -> impl Iterator<Item = &str> {
        self.words.iter().map(AsRef::as_ref)
    }

    pub(super) fn len(&self) -> usize {
        self.words.len()
    }
}

fn word(words: &[Box<str>], number: u16) -> Option<&str> {
    let at = usize::from(number).checked_sub(1)?;
    words.get(at).map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::{Key, KeyHasher, Texts, Words, pack};

    const ID: &str = "5E176CC2-0000-4abc-8def-0123456789ab";

    #[test]
    fn texts_come_back_and_are_found_in_any_case() {
        let mut texts = Texts::default();
        let long = "x".repeat(255);
        let hasher = KeyHasher::default();
        let keys = [Some(ID), None, Some("E-1-A"), Some(&long), Some("é")]
            .map(|text| text.and_then(|text| Key::new(text, &hasher)));
        let place = texts.push(&keys).unwrap();
        assert_eq!(texts.get(place, 0).unwrap(), ID.to_lowercase());
        assert_eq!(texts.get(place, 1), None);
        assert_eq!(texts.get(place, 2).unwrap(), "E-1-A");
        assert_eq!(texts.get(place, 3), None);
        assert_eq!(texts.get(place, 4).unwrap(), "é");
        for (field, text) in [
            (0, ID.to_lowercase()),
            (0, ID.to_uppercase()),
            (2, "e-1-a".into()),
        ] {
            let key = Key::new(&text, &hasher).unwrap();
            assert!(texts.is(place, field, &key), "{text}");
            assert_eq!(keys[field].unwrap().hash, key.hash, "{text}");
        }
        let other = Key::new("E-1-B", &hasher).unwrap();
        assert!(!texts.is(place, 2, &other));
        assert!(Key::new(&long, &hasher).is_none());
    }

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

    #[test]
    fn chunks_fill_up_and_rows_never_straddle_them() {
        let mut texts = Texts::default();
        let hasher = KeyHasher::default();
        let places: Vec<_> = (0..20_000)
            .map(|n| {
                let text = format!("{n}-{}", "y".repeat(90));
                let key = Key::new(&text, &hasher);
                texts.push(&[key, None, None, None, None]).unwrap()
            })
            .collect();
        assert!(texts.chunks.len() > 1);
        for (n, place) in places.into_iter().enumerate() {
            assert!(texts.get(place, 0).unwrap().starts_with(&format!("{n}-y")));
        }
    }

    #[test]
    fn words_are_kept_once_and_too_many_are_one() {
        let mut words = Words::default();
        let a = words.intern(Some("active"));
        assert_eq!(words.intern(Some("active")), a);
        assert_eq!(words.get(a), Some("active"));
        for n in 0..70_000 {
            words.intern(Some(&format!("w{n}")));
        }
        let more = words.intern(Some("one more"));
        assert_eq!(words.get(more), Some("…"));
        assert_eq!(words.get(a), Some("active"));
    }
}
