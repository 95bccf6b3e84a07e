//! The e-mail of a breach: the one part of the program that a machine can read.

use std::borrow::Cow;

use html5gum::{DefaultEmitter, Token, Tokenizer};
use mailparse::ParsedMail;
use serde::{Deserialize, Serialize};

use crate::input::{self, InputError, InputErrorKind};

const WHAT: &str = "the incident e-mail";

/// The largest e-mail, in bytes.
const MAX_MAIL: usize = 4 << 20;

/// The deepest nesting of parts that is looked into.
const MAX_DEPTH: usize = 16;

/// What the platform says of a breach of an objective.
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/cloud-fortified-apps-program-connect-metrics/>
///
/// ```
/// use app_license_marketplace::fortified::Incident;
/// let mail = b"From: no-reply@am.atlassian.com\r\nContent-Type: text/html\r\n\r\n\
///     <p>Hello</p><script type=\"application/json\" id=\"incident-data\">{\
///     \"appKey\":\"com.example.app\",\"incidentId\":\"FOotlQrY5ZQ\",\"incidentStatus\":\"ANOMALOUS\",\
///     \"time\":\"2022-03-24T15:40:00Z\",\"metricName\":\"Jira Installation Callback Success Rate\",\
///     \"metricUnit\":\"PERCENT\",\"measurementDurationSeconds\":86400,\"sliValue\":60.0,\"sloValue\":99.0\
///     }</script>";
/// let incident = Incident::from_mail(mail)?;
/// assert_eq!(incident.status, "ANOMALOUS");
/// assert_eq!(incident.slo_value.to_string(), "99.0");
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Incident {
    /// The app's key.
    pub app_key: String,
    /// The platform's id of the incident.
    pub id: String,
    /// `ANOMALOUS`, or another word: only this one is documented.
    pub status: String,
    /// When, as it is written.
    pub time: String,
    /// The indicator, as the platform calls it.
    pub metric_name: String,
    /// Its unit, as `PERCENT`.
    pub metric_unit: Option<String>,
    /// The window, in seconds.
    pub window_seconds: Option<u64>,
    /// What was measured.
    pub sli_value: serde_json::Number,
    /// What it should be.
    pub slo_value: serde_json::Number,
    /// Whatever else it says, under the platform's names.
    pub other: serde_json::Map<String, serde_json::Value>,
}

/// The platform's names.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire {
    app_key: String,
    incident_id: String,
    incident_status: String,
    time: String,
    metric_name: String,
    #[serde(default)]
    metric_unit: Option<String>,
    #[serde(default)]
    measurement_duration_seconds: Option<serde_json::Number>,
    sli_value: serde_json::Number,
    slo_value: serde_json::Number,
    #[serde(flatten)]
    other: serde_json::Map<String, serde_json::Value>,
}

impl Wire {
    fn incident(self) -> Result<Incident, InputError> {
        let window = self.measurement_duration_seconds;
        Ok(Incident {
            window_seconds: window.map(|it| seconds(&it)).transpose()?,
            app_key: self.app_key,
            id: self.incident_id,
            status: self.incident_status,
            time: self.time,
            metric_name: self.metric_name,
            metric_unit: self.metric_unit,
            sli_value: self.sli_value,
            slo_value: self.slo_value,
            other: self.other,
        })
    }
}

/// Whole seconds, also as `86400.0`.
fn seconds(number: &serde_json::Number) -> Result<u64, InputError> {
    let text = number.to_string();
    let whole = match text.split_once('.') {
        Some((whole, rest)) if rest.bytes().all(|b| b == b'0') => whole,
        _ => &text,
    };
    whole.parse().map_err(|_| {
        let expected = "a whole number of seconds";
        InputError::value(WHAT, "measurementDurationSeconds", expected, text.as_str())
    })
}

impl Incident {
    /// Reads an e-mail as it was sent (a file `.eml`): any encoding, any nesting of parts; other
    /// scripts of its HTML are passed over.
    ///
    /// What it says is believed as far as the e-mail is: nothing here checks who sent it.
    ///
    /// # Errors
    /// `syntax` for what is no e-mail, has no incident, or one that is not as documented;
    /// `contradiction` when it has two that differ.
    pub fn from_mail(mail: &[u8]) -> Result<Self, InputError> {
        if mail.len() > MAX_MAIL {
            let (what, limit) = (WHAT, MAX_MAIL);
            return Err(InputErrorKind::TooLarge { what, limit }.into());
        }
        let mail = unfolded(mail);
        let mail = mailparse::parse_mail(&mail).map_err(|error| InputError::syntax(WHAT, error))?;
        let mut found = Vec::new();
        collect(&mail, 0, &mut found)?;
        let mut incidents = found.iter().map(|text| Self::from_json(text));
        let Some(first) = incidents.next() else {
            let why = "no HTML part has a script with the id `incident-data`";
            return Err(InputError::syntax(WHAT, why));
        };
        let first = first?;
        for other in incidents {
            if other? != first {
                let why = "two parts tell of different incidents";
                return Err(InputError::contradiction(WHAT, why));
            }
        }
        Ok(first)
    }

    /// Reads the JSON of such an e-mail.
    ///
    /// # Errors
    /// `syntax`, `value`.
    pub fn from_json(text: &str) -> Result<Self, InputError> {
        let value = input::json(WHAT, text)?;
        let wire: Wire =
            serde_json::from_value(value).map_err(|error| InputError::syntax(WHAT, error))?;
        let incident = wire.incident()?;
        if incident.time.parse::<jiff::Timestamp>().is_err() {
            let expected = "a time in ISO 8601";
            return Err(InputError::value(WHAT, "time", expected, &incident.time));
        }
        Ok(incident)
    }
}

fn collect(part: &ParsedMail<'_>, depth: usize, found: &mut Vec<String>) -> Result<(), InputError> {
    if depth > MAX_DEPTH {
        return Err(InputError::syntax(WHAT, "parts are nested too deep"));
    }
    if part.ctype.mimetype.eq_ignore_ascii_case("text/html") {
        let html = part
            .get_body()
            .map_err(|error| InputError::syntax(WHAT, error))?;
        scripts(&html, found);
    }
    let deeper = depth.saturating_add(1);
    // an e-mail that was forwarded as an attachment
    if part.ctype.mimetype.eq_ignore_ascii_case("message/rfc822") {
        let wrong = |error| InputError::syntax(WHAT, error);
        let inner = part.get_body_raw().map_err(wrong)?;
        let inner = unfolded(&inner);
        let inner = mailparse::parse_mail(&inner).map_err(wrong)?;
        return collect(&inner, deeper, found);
    }
    part.subparts
        .iter()
        .try_for_each(|part| collect(part, deeper, found))
}

/// The e-mail with the header of a part's encoding in one line each: the parser of e-mails does not
/// know an encoding that begins on the next line.
fn unfolded(mail: &[u8]) -> Cow<'_, [u8]> {
    const NAME: &[u8] = b"content-transfer-encoding:";
    let mut folded = false;
    let mut text = Vec::with_capacity(mail.len());
    let mut lines = mail.split_inclusive(|b| *b == b'\n').peekable();
    while let Some(line) = lines.next() {
        let value = match line.split_at_checked(NAME.len()) {
            Some((name, value)) if name.eq_ignore_ascii_case(NAME) => Some(value),
            _ => None,
        };
        let empty = value.is_some_and(|it| it.trim_ascii().is_empty());
        let goes_on = |next: &&[u8]| matches!(next.first(), Some(b' ' | b'\t'));
        if empty && lines.peek().is_some_and(goes_on) {
            folded = true;
            text.extend_from_slice(line.trim_ascii_end());
        } else {
            text.extend_from_slice(line);
        }
    }
    if folded {
        Cow::Owned(text)
    } else {
        Cow::Borrowed(mail)
    }
}

/// The texts of all scripts that carry incident data.
fn scripts(html: &str, found: &mut Vec<String>) {
    let mut emitter = DefaultEmitter::default();
    emitter.naively_switch_states(true);
    let mut inside: Option<String> = None;
    for token in Tokenizer::new_with_emitter(html, emitter) {
        let Ok(token) = token;
        match token {
            Token::StartTag(tag) if *tag.name == b"script" => {
                let is = |name: &[u8], wanted: &[u8]| {
                    let value = tag.attributes.get(name);
                    value.is_some_and(|it| it.value.eq_ignore_ascii_case(wanted))
                };
                let data = is(b"id", b"incident-data") && is(b"type", b"application/json");
                inside = data.then(String::new);
            }
            Token::String(text) => {
                if let Some(inside) = &mut inside {
                    inside.push_str(&String::from_utf8_lossy(&text));
                }
            }
            Token::EndTag(tag) if *tag.name == b"script" => found.extend(inside.take()),
            _ => {}
        }
    }
}
