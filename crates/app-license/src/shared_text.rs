//! Text that is kept once, however many hold a part of it.

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::find::place;
use crate::gate::json::Str;

/// A text, or a part of a longer one of which others hold parts, too. A clone is no copy.
#[derive(Clone)]
pub(crate) struct SharedText {
    whole: Arc<str>,
    part: Range<usize>,
}

impl SharedText {
    /// A text that is part of no other, decoded.
    pub(crate) fn of(text: Str<'_>) -> Self {
        shared(text).into()
    }

    /// Apart, as [`arc`]: many ask for it.
    #[inline(never)]
    pub(crate) fn as_str(&self) -> &str {
        self.whole.get(self.part.clone()).unwrap_or_default()
    }
}

impl From<Arc<str>> for SharedText {
    fn from(whole: Arc<str>) -> Self {
        let part = 0..whole.len();
        Self { whole, part }
    }
}

impl PartialEq for SharedText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for SharedText {}

impl fmt::Debug for SharedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

/// A string decoded, with one copy of it.
pub(crate) fn shared(text: Str<'_>) -> Arc<str> {
    match text.plain() {
        Some(plain) => arc(plain),
        None => arc(&text.to_string()),
    }
}

/// Apart: each place that has it would have all that it takes.
#[inline(never)]
pub(crate) fn arc(text: &str) -> Arc<str> {
    text.into()
}

/// JSON text that is kept, and the same where it was read.
pub(crate) struct SharedJson<'t> {
    read: &'t str,
    whole: Arc<str>,
}

impl<'t> SharedJson<'t> {
    pub(crate) fn new(read: &'t str) -> Self {
        let whole = arc(read);
        Self { read, whole }
    }

    /// A string of it, which is copied only where it has escapes, or stands elsewhere.
    #[inline(never)]
    pub(crate) fn part(&self, text: Str<'_>) -> SharedText {
        let Some(part) = text.plain().and_then(|plain| place(plain, self.read)) else {
            return SharedText::of(text);
        };
        let whole = Arc::clone(&self.whole);
        SharedText { whole, part }
    }
}

#[cfg(test)]
mod tests {
    use super::{SharedJson, SharedText, shared};
    use crate::gate::json::{Scanner, Str, Value};

    #[test]
    fn a_part_is_shared_and_what_is_none_is_copied() {
        let text = r#"["one", "tw\u006f"]"#;
        let kept = SharedJson::new(text);
        let mut parts = Vec::new();
        let read = Scanner::<1>::from_text(text).array::<crate::gate::json::Error>(|s| {
            if let Value::String(found) = s.value()? {
                parts.push(kept.part(found));
            }
            Ok(())
        });
        assert_eq!(read, Ok(()));
        parts.push(kept.part(Str::from("elsewhere")));
        let texts: Vec<_> = parts.iter().map(SharedText::as_str).collect();
        assert_eq!(texts, ["one", "two", "elsewhere"]);
        let is_shared = |part: &SharedText| std::sync::Arc::ptr_eq(&part.whole, &kept.whole);
        let shares: Vec<_> = parts.iter().map(is_shared).collect();
        assert_eq!(shares, [true, false, false]);
        assert_eq!(parts.first(), Some(&shared(Str::from("one")).into()));
        assert_eq!(format!("{:?}", parts.first().unwrap()), r#""one""#);
    }
}
