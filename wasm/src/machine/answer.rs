//! What a request that is not let through is answered.

use app_license::answer::ReportedRefusal;
use app_license::{Capability, Decision, Error, LicenseSource, Reason, Trust};
use serde::{Deserialize, Serialize, Serializer};

use crate::call::missing;
use crate::host::{class_of, name_of};

/// An error of the package.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Input {
    code: String,
    class: String,
    /// None where the core has the words.
    message: Option<String>,
    /// Of a body that is too large, in bytes.
    limit: Option<usize>,
    /// Where the license does not allow it.
    decision: Option<Denied>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Denied {
    #[serde(rename = "allowed")]
    _allowed: bool,
    reason: String,
    needs: String,
    has: Option<String>,
    source: String,
    trust: String,
    age: Option<u64>,
}

#[derive(Serialize)]
pub(super) struct Output {
    code: String,
    class: &'static str,
    status: u16,
    message: String,
    #[serde(serialize_with = "pairs")]
    headers: Vec<(&'static str, &'static str)>,
    body: String,
}

pub(super) fn answer(input: Input) -> Result<Output, Error> {
    let refusal = match (input.decision, input.limit) {
        (Some(decision), _) => ReportedRefusal::denied(decision.read()?),
        (None, Some(limit)) => ReportedRefusal::body_too_large(limit),
        (None, None) => {
            let class = class_of(&input.class);
            ReportedRefusal::new(&input.code, class, input.message.as_deref())
        }
    };
    Ok(Output {
        code: refusal.code().to_owned(),
        class: name_of(refusal.class()),
        status: refusal.status(),
        message: refusal.to_string(),
        headers: refusal.headers().collect(),
        body: refusal.body(),
    })
}

/// Writes pairs as an object.
fn pairs<S: Serializer>(
    pairs: &[(&'static str, &'static str)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().copied())
}

impl Denied {
    fn read(self) -> Result<Decision, Error> {
        let reason = Reason::from_code(&self.reason).ok_or_else(|| missing("reason"))?;
        let source = LicenseSource::from_code(&self.source);
        let source = source.ok_or_else(|| missing("source"))?;
        let trust = match self.trust.as_str() {
            "verified" => Trust::Verified,
            _ => Trust::Hint,
        };
        let needs = Capability::new(&self.needs);
        let has = self.has.as_deref().map(Capability::new);
        Decision::denied(reason, needs, has, source, trust, self.age)
            .ok_or_else(|| missing("decision"))
    }
}

#[cfg(test)]
mod tests {
    use crate::machine::call;

    #[test]
    fn a_denied_decision_is_answered_whole() {
        let decision = r#"{"allowed":false,"reason":"trial_ended","needs":"capabilityStandard","has":null,"source":"connect_license_api","trust":"verified","age":7}"#;
        let input = format!(r#"{{"code":"trial_ended","class":"refused","decision":{decision}}}"#);
        let output: serde_json::Value =
            serde_json::from_str(&call("answer", &input).unwrap()).unwrap();
        assert_eq!(output["status"], 402);
        assert_eq!(output["headers"]["cache-control"], "no-store");
        let body: serde_json::Value =
            serde_json::from_str(output["body"].as_str().unwrap()).unwrap();
        let written: serde_json::Value = serde_json::from_str(decision).unwrap();
        assert_eq!(body["error"]["decision"], written);
        assert_eq!(body["error"]["code"], "trial_ended");
    }

    #[test]
    fn a_decision_that_grants_is_no_refusal() {
        let input = r#"{"code":"granted","class":"refused","decision":{"allowed":true,"reason":"granted","needs":"a","source":"connect_license_api","trust":"verified"}}"#;
        assert_eq!(call("answer", input).unwrap_err().code(), "field_missing");
    }

    #[test]
    fn what_the_package_did_not_write_is_its_mistake() {
        for input in [
            "",
            "[]",
            "{}",
            r#"{"code":"a","class":"refused","other":1}"#,
        ] {
            assert!(call("answer", input).is_err(), "{input}");
        }
        assert!(call("unheard_of", "{}").is_err());
    }
}
