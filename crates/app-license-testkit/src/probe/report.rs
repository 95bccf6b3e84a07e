//! What the probe found.

use std::fmt;

use super::attack::Must;
use super::route::{Route, RouteKind};
use crate::deliver::Delivery;

/// One attack on one route, and how the app answered.
///
/// ```
/// use app_license_testkit::probe::ProbeReport;
/// assert!(ProbeReport::default().outcomes().is_empty());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    route: Route,
    attack: &'static str,
    must: Must,
    status: u16,
    code: Option<String>,
    header_faults: Vec<&'static str>,
}

impl Outcome {
    pub(super) fn new(route: &Route, attack: &'static str, must: Must, answer: &Delivery) -> Self {
        let status = answer.status();
        let may_be_kept = !answer
            .header("cache-control")
            .is_some_and(|value| value.contains("no-store"));
        let referrer = answer.header("referrer-policy").unwrap_or_default();
        let leaks = sends_addresses(referrer);
        let answered_page = must == Must::Accept && status < 400 && route.kind() == RouteKind::Page;
        let refused = status >= 400 && must == Must::Refuse;
        let shared = answer.header("access-control-allow-origin") == Some("*")
            && answer.header("access-control-allow-credentials") == Some("true");
        let header_faults = [
            (
                answered_page && may_be_kept,
                "cache-control: a cache may keep the page, for it is not no-store",
            ),
            (
                answered_page && leaks,
                "referrer-policy: the page's address, with its token, goes to other sites",
            ),
            (
                refused && may_be_kept,
                "cache-control: a cache may keep the refusal, for it is not no-store",
            ),
            (
                shared,
                "access-control-allow-origin: every site may call it as the user",
            ),
        ];
        let there = header_faults.into_iter().filter(|(there, _)| *there);
        let is_refused_control = status >= 400 && must == Must::Accept;
        Self {
            route: route.clone(),
            attack,
            must,
            status,
            code: is_refused_control
                .then(|| code_of(&answer.text()))
                .flatten(),
            header_faults: there.map(|(_, fault)| fault).collect(),
        }
    }

    /// What is wrong with the headers of the answer, each with the header's name in front: a page or a
    /// refusal that caches may keep, a page whose address leaks to other sites, an answer that every
    /// site may ask for as the user.
    #[must_use]
    pub fn header_faults(&self) -> &[&'static str] {
        &self.header_faults
    }

    /// The route.
    #[must_use]
    pub const fn route(&self) -> &Route {
        &self.route
    }

    /// The attack's stable name; `control` is the platform's own request.
    #[must_use]
    pub const fn attack(&self) -> &'static str {
        self.attack
    }

    /// The status the app answered.
    #[must_use]
    pub const fn status(&self) -> u16 {
        self.status
    }

    /// The code of a control that was refused, where the app answers
    /// `{"error": {"code": …}}` as this library does.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        self.code.as_deref()
    }

    /// Whether the attack went through.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        self.must == Must::Refuse && self.status < 400
    }

    /// Whether the app fell over an attack, 500 or more but 503: refused, and still worth a look.
    #[must_use]
    pub fn is_crash(&self) -> bool {
        self.must == Must::Refuse && self.status >= 500 && self.status != 503
    }

    /// Whether the platform's own request was refused.
    fn is_refused_control(&self) -> bool {
        self.must == Must::Accept && self.status >= 400
    }

    fn verdict(&self) -> &'static str {
        if self.is_finding() {
            "accepted"
        } else if self.is_crash() {
            "crashed"
        } else if self.is_refused_control() {
            "control refused"
        } else {
            "ok"
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}: {} on {} {} answered {}",
            self.verdict(),
            self.attack,
            self.route.method(),
            self.route.target(),
            self.status
        )?;
        match self.code() {
            Some(code) => write!(f, ", {code}"),
            None => Ok(()),
        }
    }
}

/// A code in the body of an answer, which is the app's: no other text of it is shown.
fn code_of(body: &str) -> Option<String> {
    const LONGEST: usize = 64;
    let body: serde_json::Value = serde_json::from_str(body).ok()?;
    let code = body.pointer("/error/code")?.as_str()?;
    let is_code = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let fits = !code.is_empty() && code.len() <= LONGEST && code.chars().all(is_code);
    fits.then(|| code.to_owned())
}

impl serde::Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("Outcome", 8)?;
        s.serialize_field("verdict", self.verdict())?;
        s.serialize_field("attack", self.attack)?;
        s.serialize_field("kind", self.route.kind().name())?;
        s.serialize_field("method", self.route.method())?;
        s.serialize_field("target", self.route.target())?;
        s.serialize_field("status", &self.status)?;
        s.serialize_field("code", &self.code)?;
        s.serialize_field("headerFaults", &self.header_faults)?;
        s.end()
    }
}

/// Whether other sites get the address of the page that links to them: the last policy counts that browsers know.
fn sends_addresses(referrer_policy: &str) -> bool {
    const WELL: [&str; 6] = [
        "no-referrer",
        "same-origin",
        "origin",
        "strict-origin",
        "origin-when-cross-origin",
        "strict-origin-when-cross-origin",
    ];
    const ILL: [&str; 2] = ["no-referrer-when-downgrade", "unsafe-url"];
    let mut policies = referrer_policy.split(',').map(|policy| {
        let is = |known: &&str| policy.trim().eq_ignore_ascii_case(known);
        (WELL.iter().any(is), ILL.iter().any(is))
    });
    // without one it depends on the browser
    !matches!(policies.rfind(|it| it.0 || it.1), Some((true, _)))
}

/// Everything the probe tried. `Display` lists what is wrong; JSON (by serde) lists all of it.
///
/// ```
/// use app_license_testkit::probe::ProbeReport;
/// let report = ProbeReport::default();
/// assert!(report.is_clean());
/// assert_eq!(report.to_string(), "0 attacks on 0 routes: no finding");
/// assert_eq!(report.to_json()["clean"], true);
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ProbeReport {
    outcomes: Vec<Outcome>,
}

impl ProbeReport {
    pub(super) fn add(&mut self, outcome: Outcome) {
        self.outcomes.push(outcome);
    }

    /// Everything that was tried, in order.
    #[must_use]
    pub fn outcomes(&self) -> &[Outcome] {
        &self.outcomes
    }

    /// The attacks that went through.
    #[must_use]
    pub fn findings(&self) -> Vec<&Outcome> {
        self.all(Outcome::is_finding)
    }

    /// The attacks that the app fell over.
    #[must_use]
    pub fn crashes(&self) -> Vec<&Outcome> {
        self.all(Outcome::is_crash)
    }

    /// The honest requests that were refused: then the app refuses everybody, or an attack changed
    /// what it knows, and that the attacks were refused proves little.
    #[must_use]
    pub fn refused_controls(&self) -> Vec<&Outcome> {
        self.all(Outcome::is_refused_control)
    }

    /// The routes whose answers have wrong headers, each once with what is wrong: see
    /// [`Outcome::header_faults`].
    #[must_use]
    pub fn header_faults(&self) -> Vec<(&Route, &'static str)> {
        let mut faults = Vec::new();
        for outcome in &self.outcomes {
            for fault in &outcome.header_faults {
                if !faults.contains(&(&outcome.route, *fault)) {
                    faults.push((&outcome.route, *fault));
                }
            }
        }
        faults
    }

    /// Whether no attack went through and no honest request was refused. Headers are apart:
    /// [`ProbeReport::header_faults`].
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let wrong = |it: &Outcome| it.is_finding() || it.is_refused_control();
        !self.outcomes.iter().any(wrong)
    }

    /// The report as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn all(&self, which: fn(&Outcome) -> bool) -> Vec<&Outcome> {
        self.outcomes.iter().filter(|it| which(it)).collect()
    }

    fn routes(&self) -> usize {
        let mut routes: Vec<&Route> = Vec::new();
        for outcome in &self.outcomes {
            if !routes.contains(&outcome.route()) {
                routes.push(outcome.route());
            }
        }
        routes.len()
    }
}

impl fmt::Display for ProbeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let attacks = self.all(|it| it.must == Must::Refuse).len();
        write!(f, "{attacks} attacks on {} routes: ", self.routes())?;
        match self.findings().len() {
            0 => f.write_str("no finding")?,
            1 => f.write_str("1 finding")?,
            n => write!(f, "{n} findings")?,
        }
        for outcome in self.outcomes.iter().filter(|it| it.verdict() != "ok") {
            write!(f, "\n  {outcome}")?;
        }
        for (route, fault) in self.header_faults() {
            write!(
                f,
                "\n  headers of {} {}: {fault}",
                route.method(),
                route.target()
            )?;
        }
        Ok(())
    }
}

impl serde::Serialize for ProbeReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("ProbeReport", 3)?;
        s.serialize_field("clean", &self.is_clean())?;
        s.serialize_field("findings", &self.findings())?;
        s.serialize_field("outcomes", &self.outcomes)?;
        s.end()
    }
}

#[cfg(test)]
mod tests {
    use super::code_of;

    #[test]
    fn a_code_is_a_code_and_no_other_text_of_the_app() {
        let refused = r#"{"error":{"code":"unknown_tenant","message":"m"}}"#;
        assert_eq!(code_of(refused).as_deref(), Some("unknown_tenant"));
        for other in [
            "",
            "<h1>Not installed</h1>",
            r#"{"error":"unknown_tenant"}"#,
            r#"{"error":{"code":""}}"#,
            r#"{"error":{"code":"two words"}}"#,
            "{\"error\":{\"code\":\"a\\u001b[2J\"}}",
        ] {
            assert_eq!(code_of(other), None, "{other}");
        }
        let long = format!(r#"{{"error":{{"code":"{}"}}}}"#, "a".repeat(65));
        assert_eq!(code_of(&long), None);
    }
}
