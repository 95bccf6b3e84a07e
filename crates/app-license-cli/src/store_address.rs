//! The address of a store, as every option takes it.

use std::path::PathBuf;
use std::str::FromStr;

use crate::error::CliError;

/// What an address may be, for messages.
const FORMS: &str = "`sqlite:FILE`, `postgres://…` or `env:NAME`";

/// An address of a store, or the variable of the environment that holds one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoreAddress {
    At(StoreLocation),
    Environment(String),
}

/// Where a store is. The address of a database may hold a password: it is shown nowhere.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum StoreLocation {
    Sqlite(PathBuf),
    /// A URL, or pairs of names and values.
    Postgres(String),
}

impl StoreAddress {
    /// Whether a text is meant as an address: other texts may be files.
    #[cfg(feature = "marketplace")]
    pub(crate) fn is_meant(text: &str) -> bool {
        let schemes = ["sqlite:", "postgres:", "postgresql:", "env:"];
        schemes.iter().any(|scheme| text.starts_with(scheme))
    }

    /// Where the store is: looks into the environment.
    pub(crate) fn location(&self) -> Result<StoreLocation, CliError> {
        let name = match self {
            Self::At(location) => return Ok(location.clone()),
            Self::Environment(name) => name,
        };
        let text = std::env::var(name).map_err(|_| {
            CliError::Option(format!(
                "no store is named: give `--store`, or set `{name}` in the environment"
            ))
        })?;
        match text.parse() {
            Ok(Self::At(location)) => Ok(location),
            Ok(Self::Environment(_)) | Err(_) => Err(CliError::Option(format!(
                "`{name}` in the environment is no `sqlite:FILE` and no `postgres://…`"
            ))),
        }
    }
}

impl FromStr for StoreAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("expected {FORMS}");
        let (scheme, rest) = text.split_once(':').ok_or_else(wrong)?;
        let is_url = rest.starts_with("//");
        Ok(match scheme {
            // as in the addresses of other programs: sqlite:///var/lib/app.db
            "sqlite" => {
                let path = rest.strip_prefix("//").unwrap_or(rest);
                if path.is_empty() {
                    return Err("expected a file behind `sqlite:`".to_owned());
                }
                Self::At(StoreLocation::Sqlite(path.into()))
            }
            "postgres" | "postgresql" if is_url => {
                Self::At(StoreLocation::Postgres(text.to_owned()))
            }
            "postgres" if !rest.is_empty() => Self::At(StoreLocation::Postgres(rest.to_owned())),
            "env" if !rest.is_empty() => Self::Environment(rest.to_owned()),
            _ => return Err(wrong()),
        })
    }
}

impl std::fmt::Debug for StoreAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::At(location) => location.fmt(f),
            Self::Environment(name) => write!(f, "env:{name}"),
        }
    }
}

impl std::fmt::Debug for StoreLocation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres:…"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{StoreAddress, StoreLocation};

    #[test]
    fn an_address_shows_no_password() {
        for (text, shown) in [
            ("sqlite:a.db", "sqlite:a.db"),
            ("sqlite:///var/a.db", "sqlite:/var/a.db"),
            ("postgres://u:secret@h/d", "postgres:…"),
            ("postgresql://u:secret@h/d", "postgres:…"),
            ("postgres:host=h password=secret", "postgres:…"),
            ("env:DATABASE_URL", "env:DATABASE_URL"),
        ] {
            assert_eq!(
                format!("{:?}", text.parse::<StoreAddress>().unwrap()),
                shown
            );
        }
        for wrong in [
            "",
            "sqlite:",
            "sqlite://",
            "a.db",
            "mysql://h",
            "postgres:",
            "env:",
        ] {
            assert!(wrong.parse::<StoreAddress>().is_err(), "{wrong}");
        }
    }

    /// `postgres:` before a URL, or before pairs, stands for what is behind it.
    #[test]
    fn a_database_is_named_in_three_ways() {
        for (text, url) in [
            ("postgres://h/db", "postgres://h/db"),
            ("postgresql://h/db", "postgresql://h/db"),
            ("postgres:postgres://h/db", "postgres://h/db"),
            ("postgres:host=h dbname=db", "host=h dbname=db"),
        ] {
            let location = StoreLocation::Postgres(url.to_owned());
            assert_eq!(text.parse(), Ok(StoreAddress::At(location)), "{text}");
        }
    }
}
