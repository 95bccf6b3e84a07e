//! An answer: its fields one after the other, and how long each is.

use std::fmt::{Display, Write as _};

use app_license::{Error, ErrorClass, UnixTime};

/// The lengths are in UTF-16 units, as JavaScript counts; -1 stands for an absent field.
pub(crate) struct Answer {
    lengths: Vec<i32>,
    text: String,
}

impl Answer {
    pub(crate) const fn new() -> Self {
        Self {
            lengths: Vec::new(),
            text: String::new(),
        }
    }

    /// Wipes what the last answer held.
    pub(crate) fn clear(&mut self) {
        let mut bytes = std::mem::take(&mut self.text).into_bytes();
        bytes.fill(0);
        bytes.clear();
        self.text = String::from_utf8(bytes).unwrap_or_default();
        self.lengths.clear();
    }

    /// The first field tells refusals: it is absent in any other answer.
    pub(crate) fn accept(&mut self) {
        self.none();
    }

    pub(crate) fn refuse(&mut self, error: &Error) {
        self.clear();
        self.text(error.code());
        self.text(match error.class() {
            ErrorClass::Malformed => "malformed",
            ErrorClass::TooLarge => "too_large",
            ErrorClass::Refused => "refused",
            ErrorClass::CouldNotCheck => "unavailable",
            _ => "misuse",
        });
        self.shown(error.class().http_status());
        self.shown(error);
    }

    pub(crate) fn none(&mut self) {
        self.lengths.push(-1);
    }

    pub(crate) fn text(&mut self, text: &str) {
        self.text.push_str(text);
        self.ends(text.len());
    }

    pub(crate) fn json(&mut self, text: &str) -> Result<(), Error> {
        self.text(text);
        Ok(())
    }

    pub(crate) fn maybe(&mut self, text: Option<&str>) {
        match text {
            Some(text) => self.text(text),
            None => self.none(),
        }
    }

    pub(crate) fn flag(&mut self, yes: bool) {
        self.text(if yes { "1" } else { "" });
    }

    pub(crate) fn shown(&mut self, value: impl Display) {
        let before = self.text.len();
        let _infallible = write!(self.text, "{value}");
        self.ends(self.text.len().saturating_sub(before));
    }

    pub(crate) fn time(&mut self, at: UnixTime) {
        self.shown(at.as_seconds());
    }

    /// The last `bytes` are a field.
    fn ends(&mut self, bytes: usize) {
        let field = self
            .text
            .len()
            .checked_sub(bytes)
            .and_then(|start| self.text.get(start..))
            .unwrap_or_default();
        let units = if field.is_ascii() {
            field.len()
        } else {
            field.encode_utf16().count()
        };
        self.lengths.push(i32::try_from(units).unwrap_or(i32::MAX));
    }

    /// Where the lengths are, how many, and where the text is; it ends with its last field.
    pub(crate) fn place(&mut self) -> [usize; 3] {
        // its length in bytes, which the other lengths do not tell
        let bytes = i32::try_from(self.text.len()).unwrap_or(i32::MAX);
        self.lengths.push(bytes);
        [
            self.lengths.as_ptr().addr(),
            self.lengths.len(),
            self.text.as_ptr().addr(),
        ]
    }
}
