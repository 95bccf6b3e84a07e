//! What calls have in common: values in, values out, and numbers.

use std::fmt::{Display, Write as _};

use app_license::{Error, ErrorKind, Leeway, UnixTime};
use wasm_bindgen::JsCast as _;
use wasm_bindgen::prelude::*;
use zeroize::Zeroizing;

use crate::host::refused;
use crate::lines::json_text;

#[wasm_bindgen(typescript_custom_section)]
const TYPES: &str = r#"
/** A value as JSON text. */
export type Json<T> = string & { readonly json?: T };
"#;

#[wasm_bindgen]
extern "C" {
    /// The value of a rare call: an object, whose type TypeScript has.
    #[wasm_bindgen(typescript_type = "object")]
    pub type Input;

    #[wasm_bindgen(method, structural, indexing_getter)]
    fn field(this: &Input, name: &str) -> JsValue;
}

impl Input {
    /// A text; none for what is none. A secret may be in it.
    pub(crate) fn text(&self, name: &str) -> Option<Zeroizing<String>> {
        self.field(name).as_string().map(Zeroizing::new)
    }

    pub(crate) fn need(&self, name: &'static str) -> Result<Zeroizing<String>, Error> {
        self.text(name).ok_or_else(|| missing(name))
    }

    pub(crate) fn flag(&self, name: &str) -> bool {
        self.field(name).as_bool() == Some(true)
    }

    pub(crate) fn object(&self, name: &str) -> Option<Self> {
        let value = self.field(name);
        value.is_object().then(|| value.unchecked_into())
    }

    pub(crate) fn number(&self, name: &'static str) -> Result<Option<u64>, Error> {
        let value = self.field(name);
        match value.as_f64() {
            Some(number) => whole(number, name).map(Some),
            None if value.is_undefined() => Ok(None),
            None => Err(missing(name)),
        }
    }

    /// Seconds since 1970; none where nothing is said.
    pub(crate) fn maybe_time(&self, name: &'static str) -> Result<Option<UnixTime>, Error> {
        let seconds = self.number(name)?;
        seconds.map(|seconds| at(seconds, name)).transpose()
    }

    pub(crate) fn time(&self, name: &'static str) -> Result<UnixTime, Error> {
        self.maybe_time(name)?.ok_or_else(|| missing(name))
    }

    pub(crate) fn leeway(&self) -> Result<Option<Leeway>, Error> {
        let seconds = self.number("leeway")?;
        seconds.map(leeway_of).transpose()
    }
}

/// What a call answers: an object in JSON.
pub(crate) struct Output(String);

impl Output {
    pub(crate) fn new() -> Self {
        let mut text = String::with_capacity(256);
        text.push('{');
        Self(text)
    }

    fn name(&mut self, name: &str) {
        self.0.push_str(if self.0.len() > 1 { ",\"" } else { "\"" });
        self.0.push_str(name);
        self.0.push_str("\":");
    }

    /// A value that is JSON already.
    pub(crate) fn json(&mut self, name: &str, json: &str) {
        self.name(name);
        self.0.push_str(json);
    }

    pub(crate) fn text(&mut self, name: &str, text: &str) {
        self.name(name);
        quoted(&mut self.0, text);
    }

    /// A text, or `null`.
    pub(crate) fn maybe(&mut self, name: &str, text: Option<&str>) {
        match text {
            Some(text) => self.text(name, text),
            None => self.json(name, "null"),
        }
    }

    pub(crate) fn flag(&mut self, name: &str, yes: bool) {
        self.json(name, if yes { "true" } else { "false" });
    }

    pub(crate) fn number(&mut self, name: &str, number: u64) {
        self.name(name);
        let _infallible = write!(self.0, "{number}");
    }

    pub(crate) fn time(&mut self, name: &str, at: UnixTime) {
        self.number(name, at.as_seconds());
    }

    /// What shows itself in letters and digits alone.
    pub(crate) fn shown(&mut self, name: &str, value: impl Display) {
        self.name(name);
        let _infallible = write!(self.0, "\"{value}\"");
    }

    /// Texts, or values that are JSON already.
    pub(crate) fn list(&mut self, name: &str, items: impl Iterator<Item = String>) {
        self.name(name);
        let mut before = '[';
        for item in items {
            self.0.push(before);
            self.0.push_str(&item);
            before = ',';
        }
        self.0.push_str(if before == '[' { "[]" } else { "]" });
    }

    pub(crate) fn done(mut self) -> String {
        self.0.push('}');
        self.0
    }
}

fn quoted(to: &mut String, text: &str) {
    let plain = |byte: u8| byte >= b' ' && byte != b'"' && byte != b'\\';
    if text.bytes().all(plain) {
        to.push('"');
        to.push_str(text);
        to.push('"');
    } else {
        to.push_str(&json_text(text));
    }
}

/// Answers a call.
pub(crate) fn answered(output: Result<Output, Error>) -> Result<String, JsValue> {
    output.map(Output::done).map_err(refused)
}

#[cold]
pub(crate) fn missing(field: &'static str) -> Error {
    ErrorKind::FieldMissing {
        what: "call",
        field,
    }
    .into()
}

/// A number of JavaScript that is whole, and none below zero.
pub(crate) fn whole(number: f64, name: &'static str) -> Result<u64, Error> {
    const MAX_SAFE: f64 = 9_007_199_254_740_991.0;
    if (0.0..=MAX_SAFE).contains(&number) && number.fract() == 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "whole, and in range"
        )]
        return Ok(number as u64);
    }
    Err(missing(name))
}

fn at(seconds: u64, name: &'static str) -> Result<UnixTime, Error> {
    UnixTime::from_seconds(seconds).ok_or_else(|| missing(name))
}

/// A time of a machine's input, in seconds since 1970.
pub(crate) fn unix_time(seconds: u64) -> Result<UnixTime, Error> {
    at(seconds, "now")
}

/// Seconds since 1970.
pub(crate) fn time(seconds: f64, name: &'static str) -> Result<UnixTime, Error> {
    at(whole(seconds, name)?, name)
}

/// How much clocks may differ, in seconds.
pub(crate) fn leeway(seconds: Option<f64>) -> Result<Option<Leeway>, Error> {
    let Some(seconds) = seconds else {
        return Ok(None);
    };
    leeway_of(whole(seconds, "leeway")?).map(Some)
}

fn leeway_of(seconds: u64) -> Result<Leeway, Error> {
    Leeway::from_seconds(seconds).ok_or_else(|| missing("leeway"))
}
