//! Reading stored records: serde over the core's own JSON scanner.
//!
//! serde_json would bring its parser, floating-point numbers and their printing into the module, a
//! tenth of it; a record has texts, flags and objects alone.

use std::fmt;

use app_license::json::{self, Scanner, Str, Value};
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer as _, Visitor};

/// More keys than any record has, in all its objects.
const MAX_KEYS: usize = 128;

/// What is no record. The caller says so in words of its own, so that no reason is kept.
#[derive(Debug)]
pub(crate) struct Unreadable;

impl fmt::Display for Unreadable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for Unreadable {}

impl de::Error for Unreadable {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

impl From<json::Error> for Unreadable {
    fn from(_: json::Error) -> Self {
        Self
    }
}

/// Reads JSON text. Arrays, and numbers but whole ones from 0 on, are refused, unless nobody asks for
/// them.
pub(crate) fn read<T: DeserializeOwned>(json: &str) -> Result<T, Unreadable> {
    let mut scanner = Scanner::<MAX_KEYS>::from_text(json);
    let value = scanner.value()?;
    scanner.end()?;
    T::deserialize(Read(value))
}

struct Read<'r>(Value<'r>);

impl<'r> de::Deserializer<'r> for Read<'r> {
    type Error = Unreadable;

    fn deserialize_any<V: Visitor<'r>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(yes) => visitor.visit_bool(yes),
            Value::String(text) => match text.plain() {
                Some(plain) => visitor.visit_str(plain),
                None => visitor.visit_string(text.to_string()),
            },
            Value::Object(text) => visitor.visit_map(Fields::of(text)?),
            Value::Number(digits) => visitor.visit_u64(digits.parse().map_err(|_| Unreadable)?),
            Value::Array(_) => Err(Unreadable),
        }
    }

    fn deserialize_option<V: Visitor<'r>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'r>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'r>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unreadable> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.to_string().into_deserializer()),
            Value::Object(text) => {
                let fields = Fields::of(text)?;
                if fields.rest.len() != 1 {
                    return Err(Unreadable);
                }
                visitor.visit_enum(MapAccessDeserializer::new(fields))
            }
            _ => Err(Unreadable),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'r>>(self, visitor: V) -> Result<V::Value, Unreadable> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! {
        <V: Visitor<'r>>
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map struct identifier
    }
}

/// The fields of an object that were not asked for yet.
struct Fields<'r> {
    rest: std::vec::IntoIter<(Str<'r>, Value<'r>)>,
    value: Value<'r>,
}

impl<'r> Fields<'r> {
    fn of(text: &'r str) -> Result<Self, Unreadable> {
        let mut fields = Vec::new();
        Scanner::<MAX_KEYS>::from_text(text).object::<json::Error>(|s, key| {
            fields.push((key, s.value()?));
            Ok(())
        })?;
        Ok(Self {
            rest: fields.into_iter(),
            value: Value::Null,
        })
    }
}

impl<'r> de::MapAccess<'r> for Fields<'r> {
    type Error = Unreadable;

    fn next_key_seed<K: DeserializeSeed<'r>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Unreadable> {
        let Some((key, value)) = self.rest.next() else {
            return Ok(None);
        };
        self.value = value;
        seed.deserialize(Read(Value::String(key))).map(Some)
    }

    fn next_value_seed<V: DeserializeSeed<'r>>(&mut self, seed: V) -> Result<V::Value, Unreadable> {
        seed.deserialize(Read(self.value))
    }
}

#[cfg(test)]
mod tests {
    use app_license::connect::LifecycleBody;
    use app_license::{Event, Installation, InstallationRecord, UnixTime};

    use super::read;

    fn record() -> InstallationRecord {
        let body = br#"{"key":"app","clientKey":"tenant","sharedSecret":"0123456789abcdef0123456789abcdef",
            "baseUrl":"https://a.atlassian.net","productType":"jira","eventType":"installed",
            "description":"a \"quoted\" \u00e9","capabilitySet":"capabilityAdvanced",
            "entitlementId":"e","entitlementNumber":"E-1"}"#;
        let body = LifecycleBody::parse(body).unwrap();
        let event: Event = body.accepted_before().unwrap().into();
        let (after, _) = Installation::apply(None, &event, UnixTime::EPOCH);
        after.unwrap().record().clone()
    }

    #[test]
    fn a_record_is_read_as_serde_json_reads_it() {
        let record = record();
        let written = serde_json::to_string(&record).unwrap();
        assert_eq!(read::<InstallationRecord>(&written).unwrap(), record);
        let mut later: serde_json::Value = serde_json::from_str(&written).unwrap();
        later["unknown"] = serde_json::json!({"of": ["another", 1.5, {"version": null}]});
        later["license"] = serde_json::json!({
            "state": "active", "evaluation": true, "source": "connect_license_api",
            "asOf": "2026-12-08T00:00:00Z"
        });
        let later = later.to_string();
        let wanted: InstallationRecord = serde_json::from_str(&later).unwrap();
        assert_eq!(read::<InstallationRecord>(&later).unwrap(), wanted);
    }

    #[test]
    fn what_is_no_record_is_refused_as_serde_json_refuses_it() {
        let written = serde_json::to_string(&record()).unwrap();
        let (connect, status) = (r#"{"connect":"tenant"}"#, r#""status":"installed""#);
        for broken in [
            written.replace(connect, r#"{"connect":"tenant","forge":"i"}"#),
            written.replace(connect, r#"{"other":"tenant"}"#),
            written.replace(connect, r#""connect""#),
            written.replace(connect, "1"),
            written.replace(status, r#""status":"gone""#),
            written.replace(status, r#""status":null"#),
            written.replace(status, &format!("{status},{status}")),
            written.replace(status, r#""x":1"#),
            format!("{written}x"),
            "[]".to_owned(),
            "null".to_owned(),
            String::new(),
        ] {
            assert_ne!(broken, written);
            assert!(
                serde_json::from_str::<InstallationRecord>(&broken).is_err(),
                "{broken}"
            );
            assert!(read::<InstallationRecord>(&broken).is_err(), "{broken}");
        }
    }
}
