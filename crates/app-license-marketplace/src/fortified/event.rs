//! One thing that went well, badly, or counts neither way.

use std::borrow::Cow;
use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::Visitor;

use super::outcome::Outcome;
use super::program::{ReliabilityProgram, Sli};
use crate::input::{InputError, InputErrorKind, plain};

const WHAT: &str = "the event";

/// An event of an indicator. One line of a file of events is one of them:
///
/// ```text
/// {"time":"2026-11-01T00:00:00Z","sli":"availability","subject":"https://app.example.com","status":200,"ms":120}
/// {"time":1793491200000,"sli":"installation","outcome":"bad","excluded":"platform_fault"}
/// ```
///
/// `time` is ISO 8601 or milliseconds since 1970. How it went is said by `outcome`, or by `status`,
/// `ms` and `error` and the indicator's own rule; where both are there they must agree. `excluded`
/// gives one of the program's reasons. A good status without `ms` says nothing where the indicator
/// has a time limit. Any other field is refused, so that a misspelled one is not
/// overlooked.
///
/// ```
/// use app_license_marketplace::fortified::{Outcome, ReliabilityProgram, SliEvent};
/// let program = ReliabilityProgram::shipped()?;
/// let line = br#"{"time":"2026-11-01T00:00:00Z","sli":"availability","status":204}"#;
/// let event = SliEvent::from_json(line, &program)?;
/// assert_eq!(event.outcome, Outcome::Bad); // the checker takes 200 alone
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct SliEvent<'a> {
    /// When, in milliseconds since 1970.
    pub time_ms: i64,
    /// The name of the indicator.
    pub sli: Cow<'a, str>,
    /// What is measured apart from others: a base URL.
    pub subject: Cow<'a, str>,
    /// How it went.
    pub outcome: Outcome,
    /// How many they were.
    pub count: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, expecting = "an event, which is a JSON object")]
struct Line<'a> {
    time: Time,
    #[serde(borrow)]
    sli: Cow<'a, str>,
    #[serde(borrow, default)]
    subject: Option<Cow<'a, str>>,
    #[serde(default)]
    outcome: Option<Outcome>,
    #[serde(default)]
    status: Option<u16>,
    #[serde(default)]
    ms: Option<u64>,
    #[serde(borrow, default)]
    error: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    excluded: Option<Cow<'a, str>>,
    #[serde(default)]
    count: Option<u64>,
}

impl<'a> SliEvent<'a> {
    /// An event of an indicator, of no subject in particular.
    ///
    /// ```
    /// use app_license_marketplace::fortified::{Outcome, SliEvent};
    /// let event = SliEvent::new(1_793_491_200_000, "installation", Outcome::Good);
    /// assert_eq!(event.count, 1);
    /// ```
    #[must_use]
    pub fn new(time_ms: i64, sli: &'a str, outcome: Outcome) -> Self {
        Self {
            time_ms,
            sli: Cow::Borrowed(sli),
            subject: Cow::Borrowed(""),
            outcome,
            count: 1,
        }
    }

    /// Reads one line of JSON.
    ///
    /// # Errors
    /// `syntax` for other text, `value` for an indicator or a reason that the program does not
    /// have, `contradiction` when it says two things.
    pub fn from_json(line: &'a [u8], program: &ReliabilityProgram) -> Result<Self, InputError> {
        if line.trim_ascii_start().first() != Some(&b'{') {
            return Err(InputError::syntax(WHAT, "it is no JSON object"));
        }
        let line: Line<'a> = serde_json::from_slice(line)
            .map_err(|error| InputError::syntax(WHAT, plain(&error)))?;
        let Some(sli) = program.sli(&line.sli) else {
            let expected = "the name of an indicator of the program";
            return Err(InputError::value(WHAT, "sli", expected, &line.sli));
        };
        let measured = line.measured(sli);
        let outcome = match (line.outcome, measured) {
            (Some(said), Some(found)) if said != found && said != Outcome::Excluded => {
                let why = "`outcome` says another thing than `status`, `ms` and `error`";
                return Err(InputError::contradiction(WHAT, why));
            }
            (Some(said), _) => said,
            (None, Some(found)) => found,
            // excluded either way
            (None, None) if line.status.is_some() && line.excluded.is_some() => Outcome::Excluded,
            (None, None) if line.status.is_some() => {
                let expected = "there, as the indicator has a time limit";
                return Err(InputError::value(WHAT, "ms", expected, "nothing"));
            }
            (None, None) => {
                let expected = "there, or `status` or `error`";
                return Err(InputError::value(WHAT, "outcome", expected, "nothing"));
            }
        };
        let outcome = match &line.excluded {
            None if outcome == Outcome::Excluded => {
                let expected = "there for an event that counts neither way";
                return Err(InputError::value(WHAT, "excluded", expected, "nothing"));
            }
            None => outcome,
            Some(reason) if program.exclusions.iter().any(|it| it == reason) => Outcome::Excluded,
            Some(reason) => {
                let expected = "a reason of the program";
                return Err(InputError::value(WHAT, "excluded", expected, reason));
            }
        };
        Ok(Self {
            time_ms: line.time.0,
            sli: line.sli,
            subject: line.subject.map(subject).unwrap_or_default(),
            outcome,
            count: line.count.unwrap_or(1),
        })
    }
}

impl Line<'_> {
    /// What the indicator makes of status, time and error; nothing where too little is given.
    fn measured(&self, sli: &Sli) -> Option<Outcome> {
        if self.error.is_some() {
            return Some(Outcome::Bad);
        }
        let right = sli.good_statuses.contains(&self.status?);
        let good = match (sli.limit_ms, self.ms) {
            (Some(limit), Some(ms)) => right && ms <= limit,
            // a good status may have come too late
            (Some(_), None) if right => return None,
            _ => right,
        };
        Some(if good { Outcome::Good } else { Outcome::Bad })
    }
}

/// A base URL in the one spelling under which it is counted; any other subject as it is.
fn subject(text: Cow<'_, str>) -> Cow<'_, str> {
    // most are right already: no URL is parsed for them
    let odd = text.ends_with('/') || text.bytes().any(|b| b.is_ascii_uppercase());
    if !odd {
        return text;
    }
    match url::Url::parse(&text) {
        Ok(url) if url.host().is_some() => {
            Cow::Owned(url.as_str().trim_end_matches('/').to_owned())
        }
        _ => text,
    }
}

/// Milliseconds since 1970.
struct Time(i64);

impl<'de> Deserialize<'de> for Time {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyTime).map(Self)
    }
}

struct AnyTime;

impl Visitor<'_> for AnyTime {
    type Value = i64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a time in ISO 8601 with a zone, or whole milliseconds since 1970")
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<i64, E> {
        let time: Timestamp = text
            .parse()
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Str(text), &self))?;
        Ok(time.as_millisecond())
    }

    fn visit_u64<E: serde::de::Error>(self, ms: u64) -> Result<i64, E> {
        let wrong = || E::invalid_value(serde::de::Unexpected::Unsigned(ms), &self);
        let ms = i64::try_from(ms).map_err(|_| wrong())?;
        Timestamp::from_millisecond(ms).map_err(|_| wrong())?;
        Ok(ms)
    }

    fn visit_i64<E: serde::de::Error>(self, ms: i64) -> Result<i64, E> {
        Timestamp::from_millisecond(ms)
            .map(|_| ms)
            .map_err(|_| E::invalid_value(serde::de::Unexpected::Signed(ms), &self))
    }
}

/// Reads a file of events line by line, whatever its length, and gives each to `each`.
///
/// Empty lines are passed over. A line of more than 64 KiB is refused.
///
/// ```
/// use app_license_marketplace::fortified::{ReliabilityProgram, read_events};
/// let program = ReliabilityProgram::shipped()?;
/// let text = br#"{"time":0,"sli":"installation","status":204}"#;
/// let mut seen = 0;
/// let lines = read_events(&mut &text[..], &program, |_| { seen += 1; Ok(()) }).unwrap();
/// assert_eq!((lines, seen), (1, 1));
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
///
/// # Errors
/// What the reader answers, and as the second kind what is wrong with a line.
pub fn read_events(
    from: &mut dyn std::io::BufRead,
    program: &ReliabilityProgram,
    mut each: impl FnMut(&SliEvent<'_>) -> Result<(), InputError>,
) -> Result<u64, ReadError> {
    let mut line = Vec::new();
    let mut number: u64 = 0;
    while next_line(from, &mut line)? {
        number = number.saturating_add(1);
        let at = |error: InputError| ReadError::Input(error.at_line(number));
        if line.len() > MAX_LINE {
            let limit = MAX_LINE;
            return Err(at(InputErrorKind::TooLarge { what: WHAT, limit }.into()));
        }
        let mut text = line.trim_ascii();
        if number == 1 {
            text = text
                .strip_prefix(b"\xef\xbb\xbf")
                .unwrap_or(text)
                .trim_ascii();
        }
        if text.is_empty() {
            continue;
        }
        let event = SliEvent::from_json(text, program).map_err(at)?;
        each(&event).map_err(at)?;
    }
    Ok(number)
}

/// The longest line, in bytes.
const MAX_LINE: usize = 64 * 1024;

/// The next line, at most one byte over the limit of it.
fn next_line(from: &mut dyn std::io::BufRead, line: &mut Vec<u8>) -> Result<bool, ReadError> {
    use std::io::{BufRead, Read};
    line.clear();
    let most = u64::try_from(MAX_LINE).unwrap_or(u64::MAX);
    let read = from
        .take(most.saturating_add(1))
        .read_until(b'\n', line)
        .map_err(ReadError::Read)?;
    Ok(read > 0)
}

/// Why a file of events was not read to its end.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The bytes do not come.
    #[error("cannot read the events: {0}")]
    Read(std::io::Error),
    /// A line is wrong.
    #[error(transparent)]
    Input(InputError),
}
