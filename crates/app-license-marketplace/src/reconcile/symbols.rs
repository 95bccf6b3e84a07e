//! Values that millions of rows share, kept once.

use std::hash::BuildHasher as _;

use hashbrown::{DefaultHashBuilder, HashTable};

/// A word out of [`Symbols`]; [`Symbol::NONE`] stands for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Symbol(u16);

impl Symbol {
    pub(super) const NONE: Self = Self(0);

    /// The number, from 1; 0 for none.
    pub(super) const fn number(self) -> u16 {
        self.0
    }
}

/// Values that rows share: kept once.
#[derive(Debug)]
pub(super) struct Symbols {
    words: Vec<Box<str>>,
    index: HashTable<u16>,
    hasher: DefaultHashBuilder,
    /// Values that came lately, by length and ends: most rows say the same.
    recent: [u16; RECENT],
}

/// How many words are remembered.
const RECENT: usize = 64;

impl Default for Symbols {
    fn default() -> Self {
        Self {
            words: Vec::new(),
            index: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            recent: [0; RECENT],
        }
    }
}

impl Symbols {
    /// The number of a word. When 65,534 different ones are known, all further ones are one word.
    pub(super) fn intern(&mut self, text: Option<&str>) -> Symbol {
        let Some(text) = text else {
            return Symbol::NONE;
        };
        if let Some(known) = self.recent(text) {
            return known;
        }
        let number = self.intern_anew(text);
        if let Some(recent) = self.recent.get_mut(place(text)) {
            *recent = number.0;
        }
        number
    }

    fn recent(&self, text: &str) -> Option<Symbol> {
        let recent = self.recent.get(place(text)).copied().unwrap_or_default();
        (word(&self.words, recent) == Some(text)).then_some(Symbol(recent))
    }

    fn intern_anew(&mut self, text: &str) -> Symbol {
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
            return Symbol::NONE;
        };
        let (words, hasher) = (&self.words, &self.hasher);
        let hash = |n: &u16| hasher.hash_one(word(words, *n).unwrap_or_default());
        self.index
            .insert_unique(hasher.hash_one(text), number, hash);
        Symbol(number)
    }

    /// The number of a word that is known.
    pub(super) fn find(&self, text: &str) -> Option<Symbol> {
        self.recent(text).or_else(|| {
            let is = |n: &u16| word(&self.words, *n) == Some(text);
            let found = self.index.find(self.hasher.hash_one(text), is)?;
            Some(Symbol(*found))
        })
    }

    /// The word of a number.
    pub(super) fn get(&self, number: Symbol) -> Option<&str> {
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

/// Where a word is remembered.
fn place(text: &str) -> usize {
    let ends = text.as_bytes().first().zip(text.as_bytes().last());
    let slot = ends.map_or(0, |(first, last)| {
        usize::from(*first) ^ usize::from(*last).wrapping_mul(7) ^ text.len()
    });
    slot % RECENT
}

fn word(words: &[Box<str>], number: u16) -> Option<&str> {
    let at = usize::from(number).checked_sub(1)?;
    words.get(at).map(AsRef::as_ref)
}

#[cfg(test)]
mod tests {
    use super::Symbols;

    #[test]
    fn words_are_kept_once_and_too_many_are_one() {
        let mut words = Symbols::default();
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
