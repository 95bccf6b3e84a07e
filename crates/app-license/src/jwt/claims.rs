//! Claims: read once, with the right JSON types, or refused.

use crate::gate::json::{self, Scanner, Str, Value};

use super::segment::malformed;
use crate::error::{Error, ErrorKind};
use crate::jwt::Leeway;
use crate::time::UnixTime;

/// How many keys all open objects of a payload may have. A context of a front end is the app's own
/// and may have hundreds that nobody reads.
const MAX_KEYS: usize = 1024;

/// The scanner that payloads are read with.
pub(crate) type ClaimScanner<'p> = Scanner<'p, MAX_KEYS>;

/// The registered claims and `qsh`, as the sender wrote them: **not verified**.
#[derive(Default)]
pub(crate) struct Claims<'p> {
    iss: Option<Str<'p>>,
    sub: Option<Str<'p>>,
    qsh: Option<Str<'p>>,
    jti: Option<Str<'p>>,
    aud: Option<Value<'p>>,
    exp: Option<UnixTime>,
    iat: Option<UnixTime>,
    nbf: Option<UnixTime>,
}

/// Who a token is for: one or several recipients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Audience(Vec<String>);

/// From when to when a token holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Validity {
    pub(crate) iat: UnixTime,
    pub(crate) exp: UnixTime,
    pub(crate) nbf: Option<UnixTime>,
}

impl<'p> Claims<'p> {
    /// Reads a payload whose further claims nobody needs.
    pub(crate) fn read(payload: &'p str) -> Result<Self, Error> {
        Self::read_with(payload, |s, _| s.value().map(drop).map_err(Claims::fault))
    }

    /// Reads a payload. `other` is called with each claim that is not one of ours and must take
    /// exactly one value.
    pub(crate) fn read_with(
        payload: &'p str,
        mut other: impl FnMut(&mut ClaimScanner<'p>, Str<'p>) -> Result<(), Error>,
    ) -> Result<Self, Error> {
        let mut claims = Self::default();
        let mut scanner = ClaimScanner::from_text(payload);
        scanner
            .object::<ClaimError>(|s, key| {
                // a name with escapes is read as what it spells
                let decoded;
                let name = match key.plain() {
                    Some(plain) => plain,
                    None => {
                        decoded = key.to_string();
                        &decoded
                    }
                };
                match name {
                    "iss" => claims.iss = Some(string("iss", s.value()?)?),
                    "sub" => claims.sub = Some(string("sub", s.value()?)?),
                    "qsh" => claims.qsh = Some(string("qsh", s.value()?)?),
                    "jti" => claims.jti = Some(string("jti", s.value()?)?),
                    "aud" => claims.aud = Some(audience(s.value()?)?),
                    "exp" => claims.exp = Some(date("exp", s.value()?, Round::Down)?),
                    "iat" => claims.iat = Some(date("iat", s.value()?, Round::Up)?),
                    "nbf" => claims.nbf = Some(date("nbf", s.value()?, Round::Up)?),
                    _ => other(s, key)?,
                }
                Ok(())
            })
            .map_err(|fault| fault.0)?;
        scanner.end().map_err(Claims::fault)?;
        Ok(claims)
    }

    /// A fault of the payload's JSON, as an error of the token.
    #[cold]
    pub(crate) fn fault(error: json::Error) -> Error {
        malformed(match error.kind() {
            json::ErrorKind::DuplicateKey => "a key occurs twice in its claims",
            json::ErrorKind::TooDeep | json::ErrorKind::TooManyKeys => {
                let what = "token's set of claims";
                return ErrorKind::TooComplex { what }.into();
            }
            _ => "its claims are not a JSON object",
        })
    }

    /// The issuer, which must be there.
    pub(crate) fn iss(&self) -> Result<Str<'p>, Error> {
        match self.iss {
            Some(iss) if !iss.is_empty() => Ok(iss),
            _ => Err(missing("iss")),
        }
    }

    /// The subject; empty counts as absent.
    pub(crate) fn sub(&self) -> Option<Str<'p>> {
        self.sub.filter(|s| !s.is_empty())
    }

    pub(crate) const fn qsh(&self) -> Option<Str<'p>> {
        self.qsh
    }

    pub(crate) const fn jti(&self) -> Option<Str<'p>> {
        self.jti
    }

    /// Who it is for, if it says so.
    pub(crate) fn audience(&self) -> Option<Audience> {
        let mut all = Vec::new();
        each_recipient(self.aud?, &mut |one| all.push(owned(one)));
        Some(Audience(all))
    }

    /// Whether a recipient is one of those it is for.
    pub(crate) fn is_for(&self, recipient: &str) -> bool {
        let mut is_one = false;
        if let Some(aud) = self.aud {
            each_recipient(aud, &mut |one| is_one |= one == Str::from(recipient));
        }
        is_one
    }

    /// The times, of which `iat` and `exp` must be there.
    pub(crate) fn validity(&self) -> Result<Validity, Error> {
        Ok(Validity {
            exp: self.exp.ok_or_else(|| missing("exp"))?,
            iat: self.iat.ok_or_else(|| missing("iat"))?,
            nbf: self.nbf,
        })
    }
}

impl Audience {
    /// Whether one of the recipients is the one meant.
    pub(crate) fn any(&self, is: impl Fn(&str) -> bool) -> bool {
        self.0.iter().any(|one| is(one))
    }

    /// The only recipient, or `None` when there are several or none.
    pub(crate) fn only(&self) -> Option<&str> {
        match self.0.as_slice() {
            [only] => Some(only),
            _ => None,
        }
    }

    /// For errors.
    pub(crate) fn shown(&self) -> String {
        crate::error::shown(&self.0.join(", "))
    }
}

impl Validity {
    /// The first time at which a token proves nothing: `exp` and the leeway. Marks of it live as long.
    pub(crate) const fn proves_until(&self, leeway: Leeway) -> UnixTime {
        self.exp.plus(leeway.as_seconds())
    }

    /// Whether a token holds now: `now < exp + leeway`, `iat` and `nbf` at most `leeway` ahead.
    pub(crate) fn check(&self, now: UnixTime, leeway: Leeway) -> Result<(), Error> {
        let end = self.proves_until(leeway);
        let leeway = leeway.as_seconds();
        if now >= end {
            return Err(ErrorKind::Expired {
                expired_at: self.exp,
                now,
                leeway,
            }
            .into());
        }
        let latest = now.plus(leeway);
        let ahead = |claim, at| ErrorKind::NotYetValid {
            claim,
            at,
            now,
            leeway,
        };
        if self.iat > latest {
            return Err(ahead("iat", self.iat).into());
        }
        match self.nbf {
            Some(nbf) if nbf > latest => Err(ahead("nbf", nbf).into()),
            _ => Ok(()),
        }
    }
}

/// Goes through a value that [`audience`] has checked.
fn each_recipient<'p>(value: Value<'p>, each: &mut dyn FnMut(Str<'p>)) {
    match value {
        Value::String(one) => each(one),
        Value::Array(text) => {
            let _checked = Scanner::<1>::from_text(text).array::<json::Error>(|s| {
                if let Value::String(one) = s.value()? {
                    each(one);
                }
                Ok(())
            });
        }
        _ => {}
    }
}

/// Checks that `aud` is a string or an array of strings.
fn audience(value: Value<'_>) -> Result<Value<'_>, Error> {
    let mut strings = true;
    let read = match value {
        Value::String(_) => Ok(()),
        Value::Array(text) => Scanner::<16>::from_text(text).array::<json::Error>(|s| {
            strings &= matches!(s.value()?, Value::String(_));
            Ok(())
        }),
        _ => return Err(wrong("aud", AUDIENCE)),
    };
    if read.is_ok() && strings {
        Ok(value)
    } else {
        Err(wrong("aud", AUDIENCE))
    }
}

const AUDIENCE: &str = "a string or an array of strings";

/// The text itself; formatting a string costs more than copying it.
fn owned(text: Str<'_>) -> String {
    match text.plain() {
        Some(plain) => plain.to_owned(),
        None => text.to_string(),
    }
}

fn string<'p>(claim: &'static str, value: Value<'p>) -> Result<Str<'p>, Error> {
    match value {
        Value::String(s) => Ok(s),
        _ => Err(wrong(claim, "a string")),
    }
}

/// Which way a fraction of a second goes: always to the stricter side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Round {
    Down,
    Up,
}

/// Seconds since 1970: digits, perhaps with a fraction. No sign, no exponent.
fn date(claim: &'static str, value: Value<'_>, round: Round) -> Result<UnixTime, Error> {
    let seconds = || {
        let Value::Number(text) = value else {
            return None;
        };
        let mut bytes = text.bytes();
        let mut seconds = 0_u64;
        let mut up = false;
        // the scanner lets pass nothing but a number of JSON, which begins with a digit or a sign
        while let Some(b) = bytes.next() {
            match b {
                b'0'..=b'9' => {
                    let digit = u64::from(b.wrapping_sub(b'0'));
                    seconds = seconds.checked_mul(10)?.checked_add(digit)?;
                }
                b'.' => {
                    for b in bytes.by_ref() {
                        up |= match b {
                            b'0' => false,
                            b'1'..=b'9' => round == Round::Up,
                            _ => return None,
                        };
                    }
                }
                _ => return None,
            }
        }
        UnixTime::from_seconds(seconds.checked_add(u64::from(up))?)
    };
    seconds().ok_or_else(|| wrong(claim, "a number of seconds since 1970"))
}

#[cold]
fn missing(claim: &'static str) -> Error {
    ErrorKind::ClaimMissing { claim }.into()
}

#[cold]
fn wrong(claim: &'static str, expected: &'static str) -> Error {
    ErrorKind::ClaimType { claim, expected }.into()
}

struct ClaimError(Error);

impl From<json::Error> for ClaimError {
    fn from(error: json::Error) -> Self {
        Self(Claims::fault(error))
    }
}

impl From<Error> for ClaimError {
    fn from(error: Error) -> Self {
        Self(error)
    }
}
