//! Which statement about the license counts for a request: asked at every gated request, so that what
//! is known comes as lines of one text, and the answer goes out as one.

use std::str::Split;

use app_license::current_license::{CurrentLicense, LicenseApi, Next, StatementOf};
use app_license::forge::UserAccess;
use app_license::{
    EnvironmentType, Error, InstallTimes, KnownLicense, License, LicenseSource, Policy, State,
    UnixTime, Verified,
};

use crate::call::{missing, unix_time};

/// The lines of what is known, in this order; an empty one says nothing, and so does one that is not
/// there. No line holds a line's end: documents are JSON as JavaScript writes it.
///
/// 1. now, in seconds of Unix time as all times are
/// 2. letters: `s` the app sells nothing, `c` only what is confirmed counts, `n` a newer answer was
///    asked for, `r` and the token was refused
/// 3. how old a stored statement may be that counts, in seconds
/// 4. since when the app is installed, 5. when the token of that was issued, 6. on Forge; 7. and 8. the same of
///    its end
/// 9. whether the record of the installation knows a trial, `1` or `0`, 10. and as of when
/// 11. the statement of the request, in five lines
/// 16. what came of asking the License API: nothing before it was asked, `not_configured`,
///     `token_refused`, `failed`, or `stated` and its statement
/// 22. what the store has: nothing before it was looked into, `none`, or `stated` and its statement
///
/// A statement is its source, the license in JSON, `=` and the environment, its time, and `d` where the
/// platform says that this user has no access.
struct Lines<'k>(Split<'k, char>);

impl<'k> Lines<'k> {
    fn line(&mut self) -> &'k str {
        self.0.next().unwrap_or_default()
    }

    fn number(&mut self, name: &'static str) -> Result<Option<u64>, Error> {
        match self.line() {
            "" => Ok(None),
            digits => digits.parse().map(Some).map_err(|_| missing(name)),
        }
    }

    fn time(&mut self, name: &'static str) -> Result<Option<UnixTime>, Error> {
        self.number(name)?.map(unix_time).transpose()
    }

    fn statement(&mut self) -> Result<Verified<License>, Error> {
        let source = LicenseSource::from_code(self.line()).ok_or_else(|| missing("source"))?;
        let document = License::from_object(self.line().as_bytes(), source);
        let environment = self.line().strip_prefix('=');
        let (as_of, no_access) = (self.time("asOf")?, self.line() == "d");
        let mut license = document?;
        if let Some(environment) = environment {
            license = license.in_environment(EnvironmentType::new(environment));
        }
        if no_access {
            license = license.with_user_access(Some(UserAccess::UNREADABLE));
        }
        if let Some(as_of) = as_of {
            license = license.at(as_of);
        }
        // the package says so of what was verified or fetched alone
        Ok(Verified::dangerous_assume(license))
    }
}

/// What to do next, or which statement counts: `ask` and the time of what the request states and of the
/// installation, `ask_newer` and the latter, `load`, `could_not_check`, or `use` with whose statement
/// counts, whose hooks and history hear of, whether this user has no access (`d`), and of a license
/// that ended whether it was a trial (`1`, `0`, or nothing where nobody knows).
pub(crate) fn next(known: &str) -> Result<String, Error> {
    let mut known = Lines(known.split('\n'));
    let now = known.time("now")?.ok_or_else(|| missing("now"))?;
    let letters = known.line();
    let policy = Policy::new()
        .sells_nothing(letters.contains('s'))
        .confirmed_only(letters.contains('c'));
    let stored_for = known.number("storedFor")?;
    let installed_at = InstallTimes {
        installed_at: known.time("installedAt")?.unwrap_or(UnixTime::EPOCH),
        install_issued_at: known.time("installed")?.max(known.time("forgeInstalled")?),
        uninstalled_at: known.time("uninstalledAt")?,
        uninstall_issued_at: known.time("uninstalled")?,
    };
    let installed_at = installed_at.license_since(now);
    let trial = known.line();
    let record = known.time("asOf")?.map(|as_of| {
        let evaluation = (!trial.is_empty()).then_some(trial == "1");
        // its state counts for nothing here
        KnownLicense::new(
            State::Absent,
            evaluation,
            LicenseSource::ConnectLifecycle,
            as_of,
        )
    });
    let mut current = CurrentLicense::new(known.statement()?, &policy)
        .stored_for(stored_for)
        .installed_at(installed_at)
        .known(record.as_ref());
    let outcome = known.line();
    if outcome == "stated" {
        current.asked(LicenseApi::Stated(Box::new(known.statement()?)));
    } else {
        for _ in 0..5 {
            known.line();
        }
        match outcome {
            "" => {}
            "not_configured" => current.asked(LicenseApi::NotConfigured),
            "token_refused" => current.asked(LicenseApi::TokenRefused),
            "failed" => current.asked(LicenseApi::Failed),
            _ => return Err(missing("outcome")),
        }
    }
    if letters.contains('r') {
        current.asked_newer(Some(LicenseApi::TokenRefused));
    } else if letters.contains('n') {
        current.asked_newer(None);
    }
    match known.line() {
        "" => {}
        // what cannot be read is as good as nothing
        "stated" => current.loaded(known.statement().ok()),
        _ => current.loaded(None),
    }
    Ok(match current.next(now) {
        Next::Ask { since } => {
            format!("ask\n{}\n{}", since.as_seconds(), installed_at.as_seconds())
        }
        Next::AskNewer => format!("ask_newer\n0\n{}", installed_at.as_seconds()),
        Next::LoadStored => "load".to_owned(),
        Next::CouldNotCheck => "could_not_check".to_owned(),
        Next::Use(of) => {
            let news = touched(&current, of);
            let license = current.license(of);
            let denied = license.user_access().is_some_and(|it| !it.allows());
            let trial = match license.is_evaluation() {
                Some(trial) if license.state() == State::Inactive => u8::from(trial).to_string(),
                _ => String::new(),
            };
            let denied = if denied { "d" } else { "" };
            format!("use\n{}\n{news}\n{denied}\n{trial}", name_of(of))
        }
    })
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

#[cfg(test)]
mod tests {
    use super::next;

    /// A page at 1000 that states nothing, and what is known besides.
    fn silent(letters: &str, stored_for: &str, more: &str) -> String {
        let known = format!(
            "1020\n{letters}\n{stored_for}\n\n\n\n\n\n\n\nconnect_iframe_query\nnull\n\n1000\n{more}"
        );
        next(&known).unwrap()
    }

    #[test]
    fn a_silent_page_asks_then_loads_then_could_not_check() {
        assert_eq!(silent("", "", ""), "ask\n0\n0");
        assert_eq!(silent("", "", "\nfailed"), "could_not_check");
        assert_eq!(silent("", "100", "\nfailed"), "load");
        let stored = |document: &str| {
            let stored = format!("connect_license_api\n{document}\n\n1000\n");
            silent("", "100", &format!("\nfailed\n\n\n\n\n\nstated\n{stored}"))
        };
        assert_eq!(stored(r#"{"active":true}"#), "use\nstored\nstored\n\n");
        // what cannot be read is as good as nothing
        assert_eq!(stored("{"), "could_not_check");
        assert_eq!(
            silent("", "100", "\nfailed\n\n\n\n\n\nnone"),
            "could_not_check"
        );
    }

    #[test]
    fn who_has_no_access_has_none_by_another_statement() {
        let known = "1020\nc\n\n\n\n\n\n\n\n\nconnect_iframe_query\n{\"active\":true}\n\n1000\nd\n\
            stated\nconnect_license_api\n{\"active\":true}\n\n1010\n";
        assert_eq!(next(known).unwrap(), "use\nlicense_api\nlicense_api\nd\n");
    }

    #[test]
    fn a_page_that_states_more_has_a_newer_answer_asked_for_once() {
        let known = |letters: &str| {
            let page = r#"{"active":true,"capabilitySet":"capabilityAdvanced"}"#;
            let api = r#"{"active":true,"type":"COMMERCIAL","entitlementId":"e"}"#;
            next(&format!(
                "1020\n{letters}\n\n900\n\n\n\n\n\n\nconnect_iframe_query\n{page}\n\n1000\n\n\
                 stated\nconnect_license_api\n{api}\n\n950\n"
            ))
            .unwrap()
        };
        assert_eq!(known("c"), "ask_newer\n0\n900");
        assert_eq!(known("cn"), "use\nlicense_api\nlicense_api\n\n");
        assert_eq!(known("cr"), "could_not_check");
    }

    #[test]
    fn the_record_knows_that_what_ended_was_a_trial() {
        let known = |trial: &str| {
            next(&format!(
                "1020\n\n\n900\n\n\n\n\n{trial}\n950\nconnect_iframe_query\n{{\"active\":false}}\n\n1000\n\nfailed"
            ))
            .unwrap()
        };
        assert_eq!(known("1"), "use\nrequest\nrequest\n\n1");
        assert_eq!(known("0"), "use\nrequest\nrequest\n\n0");
        assert_eq!(known(""), "use\nrequest\nrequest\n\n");
    }

    #[test]
    fn what_was_stated_since_the_token_of_the_install_is_of_it() {
        let known = |install: &str| {
            next(&format!(
                "1020\n\n\n{install}\n\n\nconnect_iframe_query\nnull\n\n1000\n"
            ))
            .unwrap()
        };
        assert_eq!(known("1000\n\n\n\n"), "ask\n0\n1000");
        assert_eq!(known("1000\n990\n\n\n"), "ask\n0\n990");
        assert_eq!(known("1000\n980\n990\n\n"), "ask\n0\n990");
        assert_eq!(known("1000\n990\n\n1010\n1005"), "ask\n0\n1005");
        // longer ago than clocks differ, and ahead by more
        assert_eq!(known("1000\n600\n\n\n"), "ask\n0\n1000");
        assert_eq!(known("9000\n\n\n\n"), "ask\n0\n0");
    }

    #[test]
    fn what_the_package_did_not_write_is_its_mistake() {
        for known in ["", "now", "1020", "1020\n\n\n\n\n\n\n\n\n\nelsewhere\nnull"] {
            assert_eq!(next(known).unwrap_err().code(), "field_missing", "{known}");
        }
    }
}
