//! The name of the schema that the tables are in.

use crate::error::Error;

/// A PostgreSQL schema name that needs no quoting.
#[derive(Debug, Clone)]
pub(crate) struct SchemaName(String);

impl SchemaName {
    pub(crate) fn new(name: &str) -> Result<Self, Error> {
        let first = name
            .bytes()
            .next()
            .is_some_and(|b| b.is_ascii_lowercase() || b == b'_');
        let rest = name
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_');
        if !first || !rest || name.len() > 63 || name.starts_with("pg_") {
            let reason = "it is not 1 to 63 of a-z, 0-9 and _, or begins with a digit or pg_";
            return Err(Error::invalid("schema name", reason));
        }
        Ok(Self(name.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// Statement text with this schema where it says `$s`, and what makes the commit of the statement
    /// wait for the disk where it says `$durable`.
    pub(crate) fn sql(&self, text: &str) -> String {
        const DURABLE: &str = "CASE current_setting('synchronous_commit') WHEN 'off'
            THEN set_config('synchronous_commit', 'on', true) END";
        text.replace("$durable", DURABLE)
            .replace("$s", &format!("\"{}\"", self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::SchemaName;

    #[test]
    fn schema_names_need_no_quoting() {
        for good in ["app_license", "a", "_1"] {
            assert!(SchemaName::new(good).is_ok(), "{good}");
        }
        for bad in ["", "1a", "A", "a-b", "a\"b", "pg_x", &"a".repeat(64)] {
            assert_eq!(SchemaName::new(bad).unwrap_err().code(), "invalid", "{bad}");
        }
    }
}
