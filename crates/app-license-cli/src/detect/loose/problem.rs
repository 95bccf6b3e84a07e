//! Why a text is not a value.

use crate::detect::source::Location;

/// The place, and the cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Problem {
    pub(in super::super) at: usize,
    pub(in super::super) cause: Cause,
}

/// The likely cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum Cause {
    /// The text ends inside what opened at this byte.
    Ends(usize),
    StringEnds,
    LineBreak,
    Escape,
    Comma,
    Colon,
    Equals,
    Name,
    Value,
    Word,
    Number,
    Twice,
    TooDeep,
    Pending,
    Markup,
    Closing(char),
}

impl Cause {
    /// The cause, for people; nothing of the input is shown.
    pub(in super::super) fn say(self, text: &str) -> String {
        match self {
            Self::Ends(opened) => {
                let place = Location::of(text, opened);
                format!(
                    "the text ends inside what opens at line {}, column {}: was it cut off when it was copied?",
                    place.line, place.column
                )
            }
            Self::StringEnds => "a string has no closing quote: was the text cut off?".to_owned(),
            Self::LineBreak => {
                "a line break inside a string: a closing quote is missing, or a terminal wrapped the text"
                    .to_owned()
            }
            Self::Escape => "an escape in a string is not one of JSON".to_owned(),
            Self::Comma => "a comma or a closing bracket is missing".to_owned(),
            Self::Colon => "a colon is missing after a name".to_owned(),
            Self::Equals => {
                "`=` between a name and its value: Java prints maps so; print JSON instead"
                    .to_owned()
            }
            Self::Name => "a name of a field is expected here".to_owned(),
            Self::Value => "a value is expected here".to_owned(),
            Self::Word => "a value without quotes".to_owned(),
            Self::Number => "this is not a number".to_owned(),
            Self::Twice => {
                "a name occurs twice in one object: two readers could read different values"
                    .to_owned()
            }
            Self::TooDeep => "the text nests too deep".to_owned(),
            Self::Pending => {
                "a promise was printed, not its value: `await` it before it is printed".to_owned()
            }
            Self::Markup => "HTML or XML begins here".to_owned(),
            Self::Closing(found) => format!("`{found}` closes nothing that is open"),
        }
    }
}
