//! Why a query hash does not match: the most frequent complaint in this field.

mod candidates;
mod mistake;

use std::fmt;

pub use mistake::QshMistake;

use super::Qsh;
use super::base_url::BaseUrl;
use super::canonical_request::{CanonicalRequest, PathForm};
use super::claims::Claimed;
use super::request_line::RequestLine;
use candidates::{Candidate, candidates};

/// What is known about a query hash that does not match a request: both canonical forms of the
/// request, and when the hash is that of a known mistake, which one, and where the texts part.
///
/// It decides nothing: refuse the request first, then explain. It never shows a token, but it does
/// show the request's parameters.
///
/// ```
/// use app_license::connect::{BaseUrl, CanonicalRequest, Explanation, QshMistake, RequestLine};
/// let base = BaseUrl::new("https://app.example.com/connect")?;
/// let request = RequestLine::new("GET", "/connect/panel?lic=active");
/// // a signer that forgot to leave out the path of the base URL
/// let theirs = BaseUrl::new("https://app.example.com")?;
/// let qsh = CanonicalRequest::new(&request, &theirs)?.qsh();
///
/// let explanation = Explanation::new(qsh.as_str(), &request, &base);
/// assert_eq!(explanation.mistakes(), [QshMistake::BasePathKept]);
/// let difference = explanation.difference().unwrap();
/// assert_eq!(difference.offset, 5);
/// assert!(difference.theirs.starts_with("connect/panel"));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    claimed: Option<String>,
    ours: Option<CanonicalRequest>,
    finding: Comparison,
}

/// The usual cause where no known mistake explains a hash.
const REPLAYED: &str = "was the token of an iframe's URL sent again with this request? it is bound to its own URL; \
     for calls from the page to the app use `AP.context.getToken()`, and a route for context tokens";

#[derive(Debug, Clone, PartialEq, Eq)]
enum Comparison {
    NotARequest,
    NoHash,
    Context,
    Matches(PathForm),
    Known {
        mistakes: Vec<QshMistake>,
        theirs: String,
    },
    Unknown,
}

/// Where two canonical texts part.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Difference {
    /// The first byte that differs.
    pub offset: usize,
    /// What this request has from there on, shortened.
    pub ours: String,
    /// What the signer had from there on, shortened.
    pub theirs: String,
}

impl Explanation {
    /// Explains a `qsh` claim against a request below a base URL.
    #[must_use]
    pub fn new(claimed: &str, request: &RequestLine<'_>, base: &BaseUrl) -> Self {
        let claimed = if claimed == Qsh::CONTEXT {
            Claimed::Context
        } else {
            Claimed::Other(claimed.to_owned())
        };
        Self::of_claim(&claimed, request, base)
    }

    pub(super) fn of_claim(claimed: &Claimed, request: &RequestLine<'_>, base: &BaseUrl) -> Self {
        let ours = CanonicalRequest::new(request, base).ok();
        let (text, finding) = match (claimed, &ours) {
            (Claimed::Nothing, _) => (None, Comparison::NoHash),
            (Claimed::Context, _) => (Some(Qsh::CONTEXT), Comparison::Context),
            (Claimed::Hash(_) | Claimed::Other(_), ours) => {
                let hash = claimed.of_a_request().unwrap_or_default();
                let finding = match ours {
                    None => Comparison::NotARequest,
                    Some(ours) => match ours.matches(hash) {
                        Some(form) => Comparison::Matches(form),
                        None => search(hash, request, base),
                    },
                };
                (Some(hash), finding)
            }
        };
        Self {
            claimed: text.map(crate::error::shown),
            ours,
            finding,
        }
    }

    /// The canonical forms of the request, as this crate sees it.
    #[must_use]
    pub const fn canonical(&self) -> Option<&CanonicalRequest> {
        self.ours.as_ref()
    }

    /// The known mistakes that together make the claimed hash; empty when none do.
    #[must_use]
    pub fn mistakes(&self) -> &[QshMistake] {
        match &self.finding {
            Comparison::Known { mistakes, .. } => mistakes,
            _ => &[],
        }
    }

    /// The canonical text the signer hashed, where a known mistake explains it.
    #[must_use]
    pub fn signed_canonical(&self) -> Option<&str> {
        match &self.finding {
            Comparison::Known { theirs, .. } => Some(theirs),
            _ => None,
        }
    }

    /// Where this request's canonical text and the signer's part.
    #[must_use]
    pub fn difference(&self) -> Option<Difference> {
        let ours = self.ours.as_ref()?.as_str();
        let theirs = self.signed_canonical()?;
        let mut pairs = ours.char_indices().zip(theirs.chars());
        let offset = pairs
            .find(|((_, a), b)| a != b)
            .map_or_else(|| ours.len().min(theirs.len()), |((at, _), _)| at);
        let from = |text: &str| crate::error::shown(text.get(offset..).unwrap_or_default());
        Some(Difference {
            offset,
            ours: from(ours),
            theirs: from(theirs),
        })
    }
}

fn search(hash: &str, request: &RequestLine<'_>, base: &BaseUrl) -> Comparison {
    for Candidate {
        mistakes,
        hashed,
        shown,
    } in candidates(request, base.path())
    {
        if Qsh::of(&hashed).is(hash) {
            let theirs = shown.unwrap_or(hashed);
            return Comparison::Known { mistakes, theirs };
        }
    }
    Comparison::Unknown
}

impl fmt::Display for Explanation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let claimed = self.claimed.as_deref().unwrap_or("none");
        match &self.finding {
            Comparison::NotARequest => f.write_str("the request has no canonical form")?,
            Comparison::NoHash => f.write_str("the token has no query hash")?,
            Comparison::Context => {
                f.write_str("the token is a context token: it is bound to no request")?;
            }
            Comparison::Matches(PathForm::Raw) => f.write_str("the query hash matches")?,
            Comparison::Matches(PathForm::Decoded) => {
                f.write_str("the query hash matches the decoded path")?;
            }
            Comparison::Known { mistakes, .. } => {
                f.write_str("the query hash is that of another text:")?;
                for (index, mistake) in mistakes.iter().enumerate() {
                    write!(f, "{} {mistake}", if index == 0 { "" } else { "; and" })?;
                }
            }
            Comparison::Unknown => write!(
                f,
                "the query hash is that of another request, by no known mistake: {REPLAYED}"
            )?,
        }
        if let Some(ours) = &self.ours {
            write!(
                f,
                "\n  request: {}\n           {}",
                ours.as_str(),
                ours.qsh()
            )?;
            if let (Some(text), Some(qsh)) = (ours.decoded(), ours.decoded_qsh()) {
                write!(f, "\n  decoded: {text}\n           {qsh}")?;
            }
        }
        if let Some(theirs) = self.signed_canonical() {
            write!(f, "\n  signed:  {theirs}")?;
            write!(f, "\n           {claimed}")?;
        } else {
            write!(f, "\n  token:   {claimed}")?;
        }
        if let Some(difference) = self.difference() {
            write!(
                f,
                "\n  first difference at byte {}: `{}` here, `{}` signed",
                difference.offset, difference.ours, difference.theirs,
            )?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
