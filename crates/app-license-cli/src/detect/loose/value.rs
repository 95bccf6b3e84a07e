//! A value that was read, and what of it is not strict JSON.

use std::collections::BTreeSet;

/// How a text differs from strict JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(in super::super) enum Departure {
    Comments,
    Quotes,
    BareNames,
    Commas,
    Values,
    Classes,
    TypographicQuotes,
}

impl Departure {
    pub(in super::super) const fn text(self) -> &'static str {
        match self {
            Self::Comments => "comments",
            Self::Quotes => "other quotes",
            Self::BareNames => "names without quotes",
            Self::Commas => "a comma too many",
            Self::Values => "words such as `undefined` or `None`",
            Self::Classes => "names of classes",
            Self::TypographicQuotes => "typographic quotes",
        }
    }
}

/// What the printer left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) enum Cut {
    /// A value, under this path of names.
    Value(Vec<String>),
    /// Fields of the object under this path.
    Fields(Vec<String>),
}

/// A value that was read.
#[derive(Debug)]
pub(in super::super) struct Loose {
    /// The value as strict JSON.
    pub(in super::super) json: String,
    /// The byte after it.
    pub(in super::super) end: usize,
    pub(in super::super) departures: BTreeSet<Departure>,
    pub(in super::super) cuts: Vec<Cut>,
}
