//! What the probe found.

use std::fmt;

use super::Route;
use super::attack::Must;

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
}

impl Outcome {
    pub(super) fn new(route: &Route, attack: &'static str, must: Must, status: u16) -> Self {
        Self {
            route: route.clone(),
            attack,
            must,
            status,
        }
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
        )
    }
}

impl serde::Serialize for Outcome {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("Outcome", 6)?;
        s.serialize_field("verdict", self.verdict())?;
        s.serialize_field("attack", self.attack)?;
        s.serialize_field("kind", self.route.kind().name())?;
        s.serialize_field("method", self.route.method())?;
        s.serialize_field("target", self.route.target())?;
        s.serialize_field("status", &self.status)?;
        s.end()
    }
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

    /// The honest requests that were refused: then the app refuses everybody, and a clean report
    /// proves little.
    #[must_use]
    pub fn refused_controls(&self) -> Vec<&Outcome> {
        self.all(Outcome::is_refused_control)
    }

    /// Whether no attack went through.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        !self.outcomes.iter().any(Outcome::is_finding)
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
