//! What one call parsed and the next one of the same request needs: nothing is parsed twice.
//!
//! A parse is found by all the texts that it was made of, compared whole, and is taken out by who uses it. It
//! proves nothing: who takes it out verifies it as what was parsed just now, or has proved its body before, as it is
//! with an event that was verified and is to be delivered. The secret of an install waits with its body, and is
//! overwritten with it. What nobody takes out is dropped where that is known (a key out of reach, a store that fails),
//! and makes room for later ones. A stranger fills no memory: what waits is bounded in number and in text.

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
/// The longest texts of one that is kept, its body among them.
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

/// What may wait.
pub(crate) trait Parse {
    /// How long the texts are that it was made of.
    fn length(&self) -> usize;
}

/// Parses that wait, the oldest first.
pub(crate) struct Slots<T>(RefCell<Vec<T>>);

impl<T: Parse> Slots<T> {
    pub(crate) const fn new() -> Self {
        Self(RefCell::new(Vec::new()))
    }

    /// Keeps a parse until it is taken out, or makes room. One of long texts is parsed again.
    pub(crate) fn keep(&self, parsed: T) {
        if parsed.length() > MOST_TEXT {
            return;
        }
        let mut kept = self.0.borrow_mut();
        if kept.len() >= MOST {
            kept.remove(0);
        }
        kept.push(parsed);
    }

    /// Takes out the parse that was made of these texts.
    pub(crate) fn take(&self, is_of: &dyn Fn(&T) -> bool) -> Option<T> {
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
pub(crate) struct TokenTexts {
    pub(crate) authorization: Option<String>,
    pub(crate) target: Option<String>,
    pub(crate) token: String,
}

impl Parse for TokenTexts {
    fn length(&self) -> usize {
        length([&self.authorization, &self.target])
    }
}

/// How long these texts are together.
pub(crate) fn length<'t, T: AsRef<str> + 't>(
    texts: impl IntoIterator<Item = &'t Option<T>>,
) -> usize {
    let lengths = texts.into_iter().flatten().map(|it| it.as_ref().len());
    lengths.fold(0, usize::saturating_add)
}

impl TokenTexts {
    /// Whether a token that is looked for in these texts is this one.
    pub(crate) fn is_of(&self, authorization: Option<&str>, target: Option<&str>) -> bool {
        self.authorization.as_deref() == authorization && self.target.as_deref() == target
    }
}

self_cell!(
    /// A token of a request, **not verified**, with its texts.
    pub(crate) struct RequestToken {
        owner: TokenTexts,
        #[covariant]
        dependent: UnverifiedRequestToken,
    }
);

self_cell!(
    /// A token of the app's own front end, **not verified**, with its texts.
    pub(crate) struct ContextToken {
        owner: TokenTexts,
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

impl Parse for RequestToken {
    fn length(&self) -> usize {
        self.borrow_owner().length()
    }
}

impl Parse for ContextToken {
    fn length(&self) -> usize {
        self.borrow_owner().length()
    }
}

impl Parse for InvocationToken {
    fn length(&self) -> usize {
        length([self.borrow_owner()])
    }
}

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

impl Parse for ReadBody {
    fn length(&self) -> usize {
        length(&self.of.texts)
    }
}

impl ReadBody {
    /// Drops what was read of this body: nobody delivers it.
    pub(crate) fn drop_of(body: &str) {
        let is_of = |it: &Self| {
            let [_, _, known, _] = &it.of.texts;
            known.as_ref().is_some_and(|known| known.as_str() == body)
        };
        BODIES.with(|kept| kept.take(&is_of));
    }
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
