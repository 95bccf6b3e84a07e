//! The mistakes that are known.

use std::fmt;

/// A known way to make another canonical request than the platform's rules do.
///
/// ```
/// use app_license::connect::QshMistake;
/// assert_eq!(QshMistake::JwtKept.code(), "jwt_kept");
/// assert_eq!(QshMistake::JwtKept.to_string(), "the parameter `jwt` was hashed as well");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum QshMistake {
    /// Signed for another method.
    OtherMethod(&'static str),
    /// The method was not in upper case.
    MethodCase,
    /// The path of the base URL was not left out.
    BasePathKept,
    /// The path of the base URL was put before a path that a proxy had shortened.
    BasePathAdded,
    /// The path of the base URL was left out in the middle of a segment.
    BasePathCut,
    /// A context path of the product (`/wiki`, `/jira`) was kept or added.
    ContextPathAdded(&'static str),
    /// The first segment was taken for a context path and left out.
    FirstSegmentDropped,
    /// The path was decoded although its escapes carry meaning.
    PathDecoded,
    /// The trailing slash was kept.
    TrailingSlashKept,
    /// A `&` in the path was not escaped.
    AmpersandKept,
    /// An empty path was not written as `/`.
    EmptyPath,
    /// The query was left out.
    QueryDropped,
    /// The token's own parameter was hashed as well.
    JwtKept,
    /// Names were sorted before encoding, as npm atlassian-jwt does.
    NamesSortedRaw,
    /// Values of a repeated name were sorted by their encoded form.
    ValuesSortedEncoded,
    /// Values of a repeated name were not sorted.
    ValuesUnsorted,
    /// A repeated name was written once for each value.
    ValuesNotJoined,
    /// `+` was taken for itself, not for a space.
    PlusLiteral,
    /// Spaces were written as `+`.
    SpaceAsPlus,
    /// A parameter of this request was not there when it was signed.
    ParameterMissing(String),
    /// A license parameter was there when it was signed.
    ParameterAdded(&'static str),
    /// A license parameter had another value when it was signed.
    ParameterChanged(&'static str),
    /// The form body was hashed.
    FormBodyUsed,
}

impl QshMistake {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::OtherMethod(_) => "other_method",
            Self::MethodCase => "method_case",
            Self::BasePathKept => "base_path_kept",
            Self::BasePathAdded => "base_path_added",
            Self::BasePathCut => "base_path_cut",
            Self::ContextPathAdded(_) => "context_path_added",
            Self::FirstSegmentDropped => "first_segment_dropped",
            Self::PathDecoded => "path_decoded",
            Self::TrailingSlashKept => "trailing_slash_kept",
            Self::AmpersandKept => "ampersand_kept",
            Self::EmptyPath => "empty_path",
            Self::QueryDropped => "query_dropped",
            Self::JwtKept => "jwt_kept",
            Self::NamesSortedRaw => "names_sorted_raw",
            Self::ValuesSortedEncoded => "values_sorted_encoded",
            Self::ValuesUnsorted => "values_unsorted",
            Self::ValuesNotJoined => "values_not_joined",
            Self::PlusLiteral => "plus_literal",
            Self::SpaceAsPlus => "space_as_plus",
            Self::ParameterMissing(_) => "parameter_missing",
            Self::ParameterAdded(_) => "parameter_added",
            Self::ParameterChanged(_) => "parameter_changed",
            Self::FormBodyUsed => "form_body_used",
        }
    }
}

impl fmt::Display for QshMistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherMethod(method) => return write!(f, "it was signed for {method}"),
            Self::ContextPathAdded(path) => {
                return write!(f, "the context path `{path}` was hashed as well");
            }
            Self::ParameterMissing(name) => {
                let name = crate::error::shown(name);
                return write!(f, "the parameter `{name}` was not there when it was signed");
            }
            Self::ParameterAdded(pair) => {
                return write!(f, "`{pair}` was there when it was signed");
            }
            Self::ParameterChanged(pair) => return write!(f, "it was signed with `{pair}`"),
            Self::MethodCase => "the method was not in upper case",
            Self::BasePathKept => "the path of the base URL was hashed as well",
            Self::BasePathAdded => "the path of the base URL was hashed, but is not in the request",
            Self::BasePathCut => "the path of the base URL was cut off in the middle of a segment",
            Self::FirstSegmentDropped => "the first segment of the path was left out",
            Self::PathDecoded => "the path was decoded before hashing",
            Self::TrailingSlashKept => "the trailing slash was hashed",
            Self::AmpersandKept => "`&` in the path was not written as `%26`",
            Self::EmptyPath => "the empty path was not written as `/`",
            Self::QueryDropped => "the query was left out",
            Self::JwtKept => "the parameter `jwt` was hashed as well",
            Self::NamesSortedRaw => "names were sorted before encoding",
            Self::ValuesSortedEncoded => "values of a repeated name were sorted after encoding",
            Self::ValuesUnsorted => "values of a repeated name were not sorted",
            Self::ValuesNotJoined => "values of a repeated name were not joined with commas",
            Self::PlusLiteral => "`+` was not read as a space",
            Self::SpaceAsPlus => "spaces were written as `+`",
            Self::FormBodyUsed => "the form body was hashed",
        })
    }
}
