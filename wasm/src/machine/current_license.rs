//! Which statement about the license counts for a request.

use app_license::current_license::{CurrentLicense, LicenseApi, Next, StatementOf};
use app_license::forge::UserAccess;
use app_license::{EnvironmentType, Error, License, LicenseSource, Policy, Verified};
use serde::{Deserialize, Serialize};

use super::time;
use crate::question::missing;

/// What is known so far.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    now: u64,
    #[serde(default)]
    sells_nothing: bool,
    #[serde(default)]
    confirmed_only: bool,
    /// How old a stored statement may be that counts, in seconds.
    stored_for: Option<u64>,
    installed_at: Option<u64>,
    uninstalled_at: Option<u64>,
    /// What the request proves.
    request: Statement,
    /// What came of asking the License API; none before it was asked.
    license_api: Option<Answered>,
    /// What the store has; none before it was looked into.
    stored: Option<Stored>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Statement {
    source: String,
    /// The license as the platform wrote it, in JSON.
    document: String,
    environment: Option<String>,
    as_of: Option<u64>,
    /// Whether the platform says that this user has no access.
    #[serde(default)]
    no_access: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Answered {
    /// `stated`, `not_configured`, `token_refused` or `failed`.
    outcome: String,
    statement: Option<Statement>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Stored {
    statement: Option<Statement>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Output {
    /// `ask`, `load`, `use` or `could_not_check`.
    next: &'static str,
    /// When the request made its statement.
    #[serde(skip_serializing_if = "Option::is_none")]
    since: Option<u64>,
    /// A statement of before then is of an installation that ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    installed_at: Option<u64>,
    /// Whose statement counts: `request`, `license_api` or `stored`.
    #[serde(skip_serializing_if = "Option::is_none")]
    of: Option<&'static str>,
    /// Whose statement hooks and history hear of.
    #[serde(skip_serializing_if = "Option::is_none")]
    news: Option<&'static str>,
    /// Whether this user has no access, whatever the license says.
    no_access: bool,
}

/// What to do next, or which statement counts.
pub(super) fn next(input: Input) -> Result<Output, Error> {
    let policy = Policy::new()
        .sells_nothing(input.sells_nothing)
        .confirmed_only(input.confirmed_only);
    let request = input.request.read()?;
    let mut current = CurrentLicense::new(request, &policy).stored_for(input.stored_for);
    // an installation that was removed ends what was stated of it, too
    let installed_at = input.installed_at.max(input.uninstalled_at).unwrap_or(0);
    current = current.installed_at(time(installed_at)?);
    if let Some(answered) = input.license_api {
        current.asked(answered.read()?);
    }
    if let Some(stored) = input.stored {
        // what cannot be read is as good as nothing
        current.loaded(stored.statement.and_then(|it| it.read().ok()));
    }
    let mut output = Output {
        next: "could_not_check",
        since: None,
        installed_at: None,
        of: None,
        news: None,
        no_access: false,
    };
    match current.next(time(input.now)?) {
        Next::Ask { since } => {
            output.next = "ask";
            output.since = Some(since.as_seconds());
            output.installed_at = Some(installed_at);
        }
        Next::LoadStored => output.next = "load",
        Next::Use(of) => {
            output.next = "use";
            output.of = Some(name_of(of));
            output.news = Some(touched(&current, of));
            let access = current.license(of).user_access();
            output.no_access = access.is_some_and(|access| !access.allows());
        }
        Next::CouldNotCheck => {}
    }
    Ok(output)
}

const fn name_of(of: StatementOf) -> &'static str {
    match of {
        StatementOf::Request => "request",
        StatementOf::LicenseApi => "license_api",
        StatementOf::Store => "stored",
    }
}

/// Whose statement hooks and history hear of, where this one counts.
fn touched(current: &CurrentLicense<'_>, of: StatementOf) -> &'static str {
    match (of, current.news(of).source().is_license_api()) {
        (StatementOf::Store, true) => "stored",
        (_, true) => "license_api",
        (_, false) => "request",
    }
}

impl Statement {
    fn read(self) -> Result<Verified<License>, Error> {
        let source = LicenseSource::from_code(&self.source);
        let source = source.ok_or_else(|| missing("source"))?;
        let mut license = License::from_object(self.document.as_bytes(), source)?;
        if let Some(environment) = self.environment {
            license = license.in_environment(EnvironmentType::new(&environment));
        }
        if self.no_access {
            license = license.with_user_access(Some(UserAccess::UNREADABLE));
        }
        if let Some(seconds) = self.as_of {
            license = license.at(time(seconds)?);
        }
        // the package says so of what was verified or fetched alone
        Ok(Verified::dangerous_assume(license))
    }
}

impl Answered {
    fn read(self) -> Result<LicenseApi, Error> {
        Ok(match (self.outcome.as_str(), self.statement) {
            ("stated", Some(statement)) => LicenseApi::Stated(Box::new(statement.read()?)),
            ("not_configured", _) => LicenseApi::NotConfigured,
            ("token_refused", _) => LicenseApi::TokenRefused,
            ("failed", _) => LicenseApi::Failed,
            _ => return Err(missing("outcome")),
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::machine::call;

    fn next(more: &str) -> String {
        let request =
            r#""request":{"source":"connect_iframe_query","document":"null","asOf":1000}"#;
        call(
            "current_license",
            &format!(r#"{{"now":1020,{request}{more}}}"#),
        )
        .unwrap()
    }

    #[test]
    fn a_silent_page_asks_then_loads_then_could_not_check() {
        assert_eq!(
            next(""),
            r#"{"next":"ask","since":0,"installedAt":0,"noAccess":false}"#
        );
        let failed = r#","licenseApi":{"outcome":"failed"}"#;
        assert_eq!(
            next(failed),
            r#"{"next":"could_not_check","noAccess":false}"#
        );
        let failed = format!(r#"{failed},"storedFor":100"#);
        assert_eq!(next(&failed), r#"{"next":"load","noAccess":false}"#);
        let stored = |document: &str| {
            format!(
                r#"{failed},"stored":{{"statement":{{"source":"connect_license_api","asOf":1000,"document":{document:?}}}}}"#
            )
        };
        assert_eq!(
            next(&stored(r#"{"active":true}"#)),
            r#"{"next":"use","of":"stored","news":"stored","noAccess":false}"#
        );
        // what cannot be read is as good as nothing
        assert_eq!(
            next(&stored("{")),
            r#"{"next":"could_not_check","noAccess":false}"#
        );
    }

    #[test]
    fn who_has_no_access_has_none_by_another_statement() {
        let input = r#"{"now":1020,"confirmedOnly":true,
            "request":{"source":"connect_iframe_query","document":"{\"active\":true}","asOf":1000,"noAccess":true},
            "licenseApi":{"outcome":"stated","statement":{"source":"connect_license_api","document":"{\"active\":true}","asOf":1010}}}"#;
        assert_eq!(
            call("current_license", input).unwrap(),
            r#"{"next":"use","of":"license_api","news":"license_api","noAccess":true}"#
        );
    }
}
