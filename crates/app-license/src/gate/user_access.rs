//! Whether the platform lets this user use the app, where apps are billed by users with access.
//!
//! A site may be licensed while one of its users has no access. The platform says so in
//! `userAccess` of tokens and contexts, and in the parameter `userAccess` of iframe URLs.
//!
//! Platform page: <https://developer.atlassian.com/platform/forge/adopt-user-based-billing/>

use crate::gate::facts::Flag;
use crate::gate::json::{Error, Scanner, Str, Value};

/// How many keys an object `userAccess` may have.
const MAX_KEYS: usize = 32;

/// What `userAccess` says of one user. It may deny; it never grants what the license does not.
///
/// | `enabled` | `hasAccess` | access |
/// |---|---|---|
/// | `false` | anything | yes: billing by users is not in effect |
/// | `true` or missing | `true` | yes |
/// | `true` or missing | anything else | no |
/// | anything else | anything | no |
///
/// ```
/// use app_license::{forge::UserAccess, json::Value};
/// let denied = UserAccess::of(Value::Object(r#"{"enabled":true,"hasAccess":false}"#)).unwrap();
/// assert!(!denied.allows());
/// let not_in_effect = UserAccess::of(Value::Object(r#"{"enabled":false}"#)).unwrap();
/// assert!(not_in_effect.allows());
/// assert_eq!(UserAccess::of(Value::Null), None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserAccess {
    enabled: Flag,
    has_access: Flag,
}

impl UserAccess {
    /// `userAccess` that is no object of booleans: it denies.
    pub const UNREADABLE: Self = Self::new(Flag::NotBoolean, Flag::NotBoolean);

    /// From what the two fields say. A field that is null is not a boolean.
    #[must_use]
    pub(crate) const fn new(enabled: Flag, has_access: Flag) -> Self {
        Self {
            enabled,
            has_access,
        }
    }

    /// Reads the object `userAccess`. Fields that are no booleans deny.
    ///
    /// ```
    /// use app_license::forge::UserAccess;
    /// let access = UserAccess::from_json(br#"{"enabled": true, "hasAccess": false}"#)?;
    /// assert!(!access.allows());
    /// assert!(!UserAccess::from_json(br#"{"enabled": "false"}"#)?.allows());
    /// # Ok::<(), app_license::json::Error>(())
    /// ```
    ///
    /// # Errors
    /// A fault of the JSON, or a value that is no object.
    pub fn from_json(json: &[u8]) -> Result<Self, Error> {
        let mut scanner = Scanner::<MAX_KEYS>::new(json)?;
        let access = Self::read(&mut scanner)?;
        scanner.end()?;
        Ok(access)
    }

    /// Reads the value of `userAccess`; `None` for null, which says nothing. What is no object, or
    /// no readable one, denies.
    #[must_use]
    pub fn of(value: Value<'_>) -> Option<Self> {
        match value {
            Value::Null => None,
            Value::Object(text) => {
                let read = Self::read(&mut Scanner::from_text(text));
                Some(read.unwrap_or(Self::UNREADABLE))
            }
            _ => Some(Self::UNREADABLE),
        }
    }

    fn read(scanner: &mut Scanner<'_, MAX_KEYS>) -> Result<Self, Error> {
        let mut access = Self::new(Flag::Missing, Flag::Missing);
        scanner.object::<Error>(|s, key| {
            let flag = match s.value()? {
                Value::Bool(is) => Flag::Is(is),
                _ => Flag::NotBoolean,
            };
            if key == Str::from("enabled") {
                access.enabled = flag;
            } else if key == Str::from("hasAccess") {
                access.has_access = flag;
            }
            Ok(())
        })?;
        Ok(access)
    }

    /// What `hasAccess` says, if it is a boolean.
    #[must_use]
    pub const fn has_access(self) -> Option<bool> {
        self.has_access.known()
    }

    /// Whether this user may use the app, as far as access is concerned.
    #[must_use]
    pub const fn allows(self) -> bool {
        match self.enabled {
            Flag::Is(false) => true,
            Flag::NotBoolean => false,
            Flag::Is(true) | Flag::Missing => matches!(self.has_access, Flag::Is(true)),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use super::UserAccess;
    use crate::gate::json::Value;

    #[test]
    fn denied_unless_enabled_is_false_and_anything_but_booleans_denies() {
        let values = ["", "true", "false", "null", "1", r#""true""#, "[]", "{}"];
        for enabled in values {
            for has in values {
                let field = |name: &str, value: &str| match value {
                    "" => format!(r#""x{name}":0"#),
                    value => format!(r#""{name}":{value}"#),
                };
                let text = format!(
                    "{{{},{}}}",
                    field("enabled", enabled),
                    field("hasAccess", has)
                );
                let want = enabled == "false" || (matches!(enabled, "" | "true") && has == "true");
                let access = UserAccess::of(Value::Object(&text)).unwrap();
                assert_eq!(access.allows(), want, "{text}");
            }
        }
    }

    #[test]
    fn what_is_no_object_denies_and_null_says_nothing() {
        for value in [
            Value::Bool(true),
            Value::Number("1"),
            Value::String("true".into()),
        ] {
            assert!(!UserAccess::of(value).unwrap().allows());
        }
        let twice = r#"{"enabled":false,"enabled":false}"#;
        assert!(!UserAccess::of(Value::Object(twice)).unwrap().allows());
        assert_eq!(UserAccess::of(Value::Null), None);
    }
}
