//! What one call parsed and the next one of the same request needs: nothing is parsed twice.
//!
//! A parse is found by all the texts that it was made of, compared whole, and is taken out by who uses it. It
//! proves nothing: who takes it out verifies it as what was parsed just now. What nobody takes out makes room for
//! later ones.

use std::cell::RefCell;

use app_license::connect::{UnverifiedContextToken, UnverifiedRequestToken};
use app_license::delivery::BodyHash;
use app_license::forge::{UnverifiedInvocationToken, bearer_token};
use app_license::{Error, Event};
use self_cell::self_cell;
use zeroize::Zeroizing;

use crate::expected::headers;

/// How many parses of a kind wait for whoever needs them: of requests whose keys are still looked up.
const MOST: usize = 32;
/// The longest texts of one that is kept.
const MOST_TEXT: usize = 32 * 1024;

thread_local! {
    /// Tokens of requests.
    pub(crate) static REQUESTS: Slots<RequestToken> = const { Slots::new() };
    /// Tokens of the app's own pages.
    pub(crate) static CONTEXTS: Slots<ContextToken> = const { Slots::new() };
    /// Tokens of Forge.
    pub(crate) static INVOCATIONS: Slots<InvocationToken> = const { Slots::new() };
    /// Bodies of events that are to be delivered, and statements about a license.
    pub(crate) static BODIES: Slots<ReadBody> = const { Slots::new() };
}

/// Parses that wait, the oldest first.
pub(crate) struct Slots<T>(RefCell<Vec<T>>);

impl<T> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Keeps a parse until it is taken out, or makes room.
    pub(crate) fn keep(&self, parsed: T) {
        let mut kept = self.0.borrow_mut();
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(parsed);
    }

    /// Takes out the parse that was made of these texts.
    pub(crate) fn take(&self, is_of: impl FnMut(&T) -> bool) -> Option<T> {
        let mut kept = self.0.borrow_mut();
        let at = kept.iter().position(is_of)?;
        Some(kept.remove(at))
    }

    /// Looks at the parses, and takes none out.
    pub(crate) fn find<R>(&self, of: impl FnMut(&T) -> Option<R>) -> Option<R> {
        self.0.borrow().iter().find_map(of)
    }
}

/// The texts in which a token of Connect was looked for, and the token.
pub(crate) struct Sent {
    pub(crate) authorization: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) token: String,
}

impl Sent {
    /// Whether it is worth being kept.
    pub(crate) fn is_short(&self) -> bool {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        length(&self.authorization).saturating_add(length(&self.target)) <= MOST_TEXT
    }

    /// Whether a token that is looked for in these texts is this one.
    pub(crate) fn is_of(&self, authorization: Option<&str>, target: Option<&str>) -> bool {
        self.authorization.as_deref() == authorization && self.target.as_deref() == target
    }
}

self_cell!(
    /// A token of a request, **not verified**, with its texts.
    pub(crate) struct RequestToken {
        owner: Sent,
        #[covariant]
        dependent: UnverifiedRequestToken,
    }
);

self_cell!(
    /// A token of the app's own front end, **not verified**, with its texts.
    pub(crate) struct ContextToken {
        owner: Sent,
        #[covariant]
        dependent: UnverifiedContextToken,
    }
);

self_cell!(
    /// An invocation token, **not verified**, with the headers that it was in.
    pub(crate) struct InvocationToken {
        owner: Option<String>,
        #[covariant]
        dependent: UnverifiedInvocationToken,
    }
);

impl InvocationToken {
    pub(crate) fn parse(authorization: Option<String>) -> Result<Self, Error> {
        Self::try_new(authorization, |all| {
            UnverifiedInvocationToken::parse(bearer_token(headers(all.as_deref()))?)
        })
    }
}

/// Whether other keys may verify the same token: they may have been replaced, and it is needed again.
pub(crate) fn is_of_other_keys<T>(verified: &Result<T, Error>) -> bool {
    let fault = verified.as_ref().err();
    fault.is_some_and(Error::may_be_of_another_key)
}

/// What a body was read as.
pub(crate) struct ReadBody {
    pub(crate) of: BodyTexts,
    pub(crate) event: Event,
    pub(crate) hash: Option<BodyHash>,
}

/// All that a body is read by.
#[derive(PartialEq, Eq)]
pub(crate) struct BodyTexts {
    /// The framework or `license`, the event, the body, and of a license the environment.
    pub(crate) texts: [Option<Zeroizing<String>>; 4],
    /// Of a license: when it was stated.
    pub(crate) as_of: Option<u64>,
}

impl BodyTexts {
    /// Of a lifecycle event.
    pub(crate) fn of_event(on: &str, event: &str, body: &str) -> Self {
        let text = |text: &str| Some(Zeroizing::new(text.to_owned()));
        Self {
            texts: [text(on), text(event), text(body), None],
            as_of: None,
        }
    }
}
