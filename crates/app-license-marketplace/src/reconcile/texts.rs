//! Texts of millions of rows, packed: UUIDs as 16 bytes.

use std::borrow::Cow;

use super::key::{self, FIELDS, Key, Keys};

/// The bytes of a chunk. A row's texts are in one chunk.
const CHUNK: usize = 1 << 20;
/// The length that stands for a packed UUID.
const UUID: u8 = 255;

/// Where a row's texts are: 4 bytes and one a text.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TextRange {
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
    pub(super) fn push(&mut self, keys: &Keys<'_>) -> Option<TextRange> {
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
        Some(TextRange { at, lengths })
    }

    fn bytes(&self, place: TextRange, field: usize) -> Option<(&[u8], bool)> {
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
    pub(super) fn get(&self, place: TextRange, field: usize) -> Option<Cow<'_, str>> {
        match self.bytes(place, field)? {
            (bytes, true) => Some(Cow::Owned(key::unpack(bytes))),
            (bytes, false) => Some(String::from_utf8_lossy(bytes)),
        }
    }

    /// Whether a text of a row is this one, in any case.
    pub(super) fn holds(&self, place: TextRange, field: usize, text: &str) -> bool {
        match self.bytes(place, field) {
            Some((bytes, true)) => key::pack(text).is_some_and(|uuid| bytes == uuid),
            Some((bytes, false)) => bytes.eq_ignore_ascii_case(text.as_bytes()),
            None => false,
        }
    }

    /// The first byte of a row's texts.
    pub(super) fn first(&self, place: TextRange) -> u8 {
        let at = place.at as usize;
        let chunk = self.chunks.get(at / CHUNK);
        chunk
            .and_then(|c| c.get(at % CHUNK))
            .copied()
            .unwrap_or_default()
    }

    /// Whether a text of a row is this key.
    pub(super) fn is(&self, place: TextRange, field: usize, key: &Key<'_>) -> bool {
        match (self.bytes(place, field), &key.uuid) {
            (Some((bytes, true)), Some(uuid)) => bytes == uuid,
            (Some((bytes, false)), None) => bytes.eq_ignore_ascii_case(key.text.as_bytes()),
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::key::{Key, KeyHasher};
    use super::Texts;

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
}
