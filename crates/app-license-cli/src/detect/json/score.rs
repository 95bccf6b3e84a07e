//! Telling a shape by several signs: no single field decides.

use serde_json::{Map, Value};

/// What a field must be to count as a sign.
#[derive(Debug, Clone, Copy)]
pub(super) enum Is {
    /// There, whatever it is.
    There,
    Text,
    Number,
    Object,
    List,
    /// A text that begins so.
    Begins(&'static str),
    /// One of these texts.
    OneOf(&'static [&'static str]),
    /// Anything that this holds of.
    That(fn(&Value) -> bool),
}

impl Is {
    fn holds(self, value: &Value) -> bool {
        let text = value.as_str();
        match self {
            Self::There => true,
            Self::Text => text.is_some(),
            Self::Number => value.is_number(),
            Self::Object => value.is_object(),
            Self::List => value.is_array(),
            Self::Begins(start) => text.is_some_and(|t| t.starts_with(start)),
            Self::OneOf(all) => text.is_some_and(|t| all.contains(&t)),
            Self::That(holds) => holds(value),
        }
    }
}

/// One sign: a path of names with dots between them, what it must be, and how much it says.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sign(pub(super) &'static str, pub(super) Is, pub(super) u8);

/// The signs of one shape.
#[derive(Debug, Clone, Copy)]
pub(super) struct Signs {
    /// What speaks for it.
    pub(super) of: &'static [Sign],
    /// What speaks against it: names, with dots between them.
    pub(super) against: &'static [&'static str],
    /// The points it needs.
    pub(super) needs: u8,
}

/// How well an object fits a shape.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Score {
    pub(super) points: u8,
    /// The signs that were found.
    pub(super) found: Vec<&'static str>,
    /// What speaks against it.
    pub(super) against: bool,
}

impl Signs {
    /// Compares an object with them.
    pub(super) fn score(&self, fields: &Map<String, Value>) -> Score {
        let mut score = Score {
            points: 0,
            found: Vec::new(),
            against: self.against.iter().any(|path| at(fields, path).is_some()),
        };
        for Sign(path, is, points) in self.of {
            if at(fields, path).is_some_and(|value| is.holds(value)) {
                score.points = score.points.saturating_add(*points);
                score.found.push(path);
            }
        }
        score
    }

    /// Whether a score is enough: so many points, of two signs at least.
    pub(super) fn are_met(&self, score: &Score) -> bool {
        score.points >= self.needs && score.found.len() >= 2 && !score.against
    }
}

/// The value at a path.
pub(super) fn at<'v>(fields: &'v Map<String, Value>, path: &str) -> Option<&'v Value> {
    let (first, rest) = match path.split_once('.') {
        Some((first, rest)) => (first, Some(rest)),
        None => (path, None),
    };
    let value = fields.get(first)?;
    match rest {
        None => Some(value),
        Some(rest) => at(value.as_object()?, rest),
    }
}
