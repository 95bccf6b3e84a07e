//! What a run wrote down, and what of it is secret.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;
use std::io::Write;
use std::sync::{Arc, Mutex};

use tracing_subscriber::fmt::MakeWriter;

/// What was written, by place.
#[derive(Clone, Default)]
pub(crate) struct Written(Arc<Mutex<BTreeMap<&'static str, Vec<u8>>>>);

impl Written {
    pub(crate) fn bytes(&self, place: &'static str, bytes: &[u8]) {
        let mut all = self.0.lock().unwrap();
        let written = all.entry(place).or_default();
        written.extend_from_slice(bytes);
        written.push(b'\n');
    }

    pub(crate) fn debug(&self, value: &impl Debug) {
        self.bytes("debug", format!("{value:?}\n{value:#?}").as_bytes());
    }

    /// The places that hold any of these.
    pub(crate) fn found(&self, secrets: &BTreeSet<String>) -> BTreeSet<(&'static str, String)> {
        let all = self.0.lock().unwrap();
        let mut found = BTreeSet::new();
        for (place, bytes) in &*all {
            for secret in secrets {
                if memchr::memmem::find(bytes, secret.as_bytes()).is_some() {
                    found.insert((*place, secret.clone()));
                }
            }
            for token in whole_tokens(bytes) {
                found.insert((*place, token));
            }
        }
        found
    }

    pub(crate) fn places(&self) -> Vec<&'static str> {
        self.0.lock().unwrap().keys().copied().collect()
    }
}

/// Anything that looks like a signed token, also those that the app made itself.
pub(crate) fn whole_tokens(bytes: &[u8]) -> Vec<String> {
    let part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    let words = bytes.split(|b| !part(b));
    let token = |word: &&[u8]| {
        let text = String::from_utf8_lossy(word);
        let mut parts = text.split('.').skip_while(|p| !p.starts_with("eyJ"));
        parts.by_ref().take(3).filter(|p| p.len() > 10).count() == 3
    };
    words
        .filter(token)
        .map(|word| String::from_utf8_lossy(word).into_owned())
        .collect()
}

impl<'a> MakeWriter<'a> for Written {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

impl Write for Written {
    fn write(&mut self, line: &[u8]) -> std::io::Result<usize> {
        self.bytes("log", line);
        Ok(line.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
