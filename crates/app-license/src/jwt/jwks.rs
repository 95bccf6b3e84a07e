//! A key set, read once.

use crate::gate::json::{self, Scanner, Str, Value};

use super::{RsaPublicKey, base64url};
use crate::error::{Error, ErrorKind, at_most, in_json};

/// The largest key set, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// The most keys in one set.
const MAX_KEYS: usize = 64;
const WHAT: &str = "key set";

/// The public keys of the platform's RS256 tokens: a JWKS, read once.
///
/// Only keys that may verify RS256 are kept: `kty` RSA, `use` absent or `sig`, `alg` absent or
/// RS256, `key_ops` absent or with `verify`, 2048 bits or more, with a `kid`. The others are
/// skipped.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/remote/essentials/>
///
/// ```
/// use app_license::Jwks;
/// let keys = Jwks::parse(br#"{"keys":[{"kty":"oct","kid":"a","k":"c2VjcmV0"}]}"#)?;
/// assert!(keys.is_empty());
/// assert_eq!(keys.find("a").count(), 0);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Clone, Default)]
pub struct Jwks {
    keys: Vec<(String, RsaPublicKey)>,
}

impl Jwks {
    /// Reads a key set.
    ///
    /// # Errors
    /// `json_…`, `field_missing` when it has no `keys`, `field_type` when they are no array,
    /// `too_large` over 256 KiB or 64 keys.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        at_most(WHAT, json.len(), MAX_BYTES)?;
        let mut keys = None;
        let mut found = None;
        let mut scanner = Scanner::<128>::new(json).map_err(in_json(WHAT))?;
        scanner
            .object::<json::Error>(|s, key| {
                let value = s.value()?;
                if key == Str::from("keys") {
                    match value {
                        Value::Array(text) => keys = Some(text),
                        other => found = Some(other.kind()),
                    }
                }
                Ok(())
            })
            .map_err(in_json(WHAT))?;
        scanner.end().map_err(in_json(WHAT))?;
        let field = "keys";
        match (keys, found) {
            (Some(text), _) => Self::read(text),
            (None, Some(found)) => Err(ErrorKind::FieldType {
                what: WHAT,
                field,
                expected: json::Kind::Array,
                found,
            }
            .into()),
            (None, None) => Err(ErrorKind::FieldMissing { what: WHAT, field }.into()),
        }
    }

    fn read(array: &str) -> Result<Self, Error> {
        let mut keys = Vec::new();
        let mut count = 0_usize;
        Scanner::<128>::from_text(array)
            .array::<json::Error>(|s| {
                if let Value::Object(text) = s.value()? {
                    count = count.saturating_add(1);
                    // a set of a thousand keys is not read before it is refused
                    if count <= MAX_KEYS {
                        keys.extend(Jwk::read(text)?.usable());
                    }
                }
                Ok(())
            })
            .map_err(in_json(WHAT))?;
        if count > MAX_KEYS {
            return Err(ErrorKind::TooMany {
                what: "keys in a key set",
                limit: MAX_KEYS,
                found: count,
            }
            .into());
        }
        Ok(Self { keys })
    }

    /// Every key of this id, compared exactly. Usually one; all of them may be tried.
    pub fn find<'a>(&'a self, kid: &'a str) -> impl Iterator<Item = &'a RsaPublicKey> {
        self.keys
            .iter()
            .filter(move |(id, _)| id == kid)
            .map(|(_, key)| key)
    }

    /// The ids of the usable keys, in their order.
    ///
    /// ```
    /// # use app_license::Jwks;
    /// assert_eq!(Jwks::parse(br#"{"keys":[]}"#)?.kids().count(), 0);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    pub fn kids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|(id, _)| id.as_str())
    }

    /// Whether no key is usable.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }
}

impl std::fmt::Debug for Jwks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.kids()).finish()
    }
}

/// One key of the set; `wrong` when a member forbids its use.
#[derive(Default)]
struct Jwk {
    rsa: bool,
    wrong: bool,
    kid: Option<String>,
    n: Option<String>,
    e: Option<String>,
}

impl Jwk {
    fn read(text: &str) -> Result<Self, json::Error> {
        let mut jwk = Self::default();
        Scanner::<64>::from_text(text).object::<json::Error>(|s, key| {
            let value = s.value()?;
            let is = |wanted: &str| matches!(value, Value::String(s) if s == Str::from(wanted));
            match key.to_string().as_str() {
                "kty" => jwk.rsa = is("RSA"),
                "use" => jwk.wrong |= !is("sig"),
                "alg" => jwk.wrong |= !is("RS256"),
                "key_ops" => jwk.wrong |= !has_verify(value),
                // a private key that is published is nobody's key
                "d" => jwk.wrong = true,
                "kid" => jwk.kid = text_of(value),
                "n" => jwk.n = text_of(value),
                "e" => jwk.e = text_of(value),
                _ => {}
            }
            Ok(())
        })?;
        Ok(jwk)
    }

    fn usable(self) -> Option<(String, RsaPublicKey)> {
        let (Some(kid), Some(n), Some(e), true, false) =
            (self.kid, self.n, self.e, self.rsa, self.wrong)
        else {
            return None;
        };
        let decoded = |text: &str| {
            let mut bytes = Vec::new();
            base64url::decode(text, &mut bytes).map(|()| bytes)
        };
        let key = RsaPublicKey::from_components(&decoded(&n)?, &decoded(&e)?).ok()?;
        Some((kid, key))
    }
}

fn text_of(value: Value<'_>) -> Option<String> {
    match value {
        Value::String(s) if !s.is_empty() => Some(s.to_string()),
        _ => None,
    }
}

fn has_verify(value: Value<'_>) -> bool {
    let Value::Array(text) = value else {
        return false;
    };
    let mut found = false;
    let read = Scanner::<64>::from_text(text).array::<json::Error>(|s| {
        found |= matches!(s.value()?, Value::String(op) if op == Str::from("verify"));
        Ok(())
    });
    read.is_ok() && found
}
