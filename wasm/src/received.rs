//! A lifecycle event of Connect on its way: its token, then its body, each parsed once.

use std::cell::OnceCell;
use std::mem;

use app_license::connect::{
    LifecycleKind, RequestLine, UnverifiedEvent, UnverifiedPlatformEvent, UnverifiedReceivedEvent,
    UnverifiedTenantEvent, Verifier, jwt_from_headers,
};
use app_license::{AppKey, Error, KeyId, UnixTime};
use self_cell::self_cell;
use zeroize::Zeroizing;

use crate::call::{Input, missing};
use crate::expected::{expectations, headers, key_hosts};
use crate::parsed::{Parse, Slots, length};

thread_local! {
    /// Events that wait for their bodies, or for the platform's key.
    static EVENTS: Slots<ReceivedEvent> = const { Slots::new() };
}

/// What an event is read by, but for its body: texts by their names, in this order.
const TEXTS: [&str; 8] = [
    "authorization",
    "method",
    "target",
    "baseUrl",
    "appKey",
    "event",
    "cloud",
    "sites",
];

/// All that an event is read by, but for its body.
#[derive(PartialEq, Eq)]
struct EventTexts {
    texts: [Option<Zeroizing<String>>; TEXTS.len()],
    strips: bool,
    leeway: Option<u64>,
    now: UnixTime,
}

/// An event as it arrived, and the app that it is held to.
pub(crate) struct EventCall {
    texts: EventTexts,
    verifier: Verifier,
    kind: LifecycleKind,
    body: OnceCell<Zeroizing<String>>,
}

/// How far an event came: nothing of it is verified.
pub(crate) enum Step<'t> {
    /// Its token was parsed: the platform signs it.
    OfPlatform(Box<UnverifiedPlatformEvent<'t>>),
    /// Its token was parsed: a tenant signs it.
    OfTenant(Box<UnverifiedTenantEvent<'t>>),
    /// All that takes no key of the platform was checked.
    Received(Box<UnverifiedReceivedEvent<'t>>),
    /// It was refused.
    Refused,
}

self_cell!(
    /// A lifecycle event, **not verified**, with its texts.
    pub(crate) struct ReceivedEvent {
        owner: EventCall,
        #[covariant]
        dependent: Step,
    }
);

/// Which event a call is about.
pub(crate) fn kind(input: &Input) -> Result<LifecycleKind, Error> {
    let name = input.text("event").unwrap_or_default();
    LifecycleKind::from_name(&name).ok_or_else(|| missing("event"))
}

impl EventTexts {
    fn read(input: &Input) -> Result<Self, Error> {
        Ok(Self {
            texts: TEXTS.map(|name| input.text(name)),
            strips: input.flag("proxyStripsBasePath"),
            leeway: input.number("leeway")?,
            now: input.time("now")?,
        })
    }

    fn authorization(&self) -> Option<&str> {
        let [authorization, ..] = &self.texts;
        authorization.as_ref().map(|text| text.as_str())
    }

    fn request(&self) -> Result<RequestLine<'_>, Error> {
        let [_, method, target, ..] = &self.texts;
        let method = method.as_ref().ok_or_else(|| missing("method"))?;
        let target = target.as_ref().ok_or_else(|| missing("target"))?;
        Ok(RequestLine::new(method, target))
    }
}

impl Parse for ReceivedEvent {
    fn length(&self) -> usize {
        let call = self.borrow_owner();
        let body = call.body.get().map_or(0, |body| body.len());
        length(&call.texts.texts).saturating_add(body)
    }
}

impl ReceivedEvent {
    /// The event of a call: as it was kept by the last one, or with its token parsed.
    pub(crate) fn of(input: &Input, body: Option<&str>) -> Result<Self, Error> {
        let texts = EventTexts::read(input)?;
        let is_of = |it: &Self| {
            let call = it.borrow_owner();
            let known = call.body.get().map(|known| known.as_str());
            call.texts == texts && (known.is_none() || known == body)
        };
        if let Some(event) = EVENTS.with(|kept| kept.take(&is_of)) {
            return Ok(event);
        }
        let config = expectations(&input.need("baseUrl")?, texts.strips, input.leeway()?)?;
        let verifier = Verifier::new(AppKey::new(&*input.need("appKey")?)?, config);
        let call = EventCall {
            verifier: verifier.key_hosts(key_hosts(input)?),
            texts,
            kind: kind(input)?,
            body: OnceCell::new(),
        };
        Self::try_new(call, |call| {
            let token = jwt_from_headers(headers(call.texts.authorization()))?;
            Ok(match call.verifier.event(call.kind, token)? {
                UnverifiedEvent::OfPlatform(event) => Step::OfPlatform(Box::new(event)),
                UnverifiedEvent::OfTenant(event) => Step::OfTenant(Box::new(event)),
            })
        })
    }

    /// Keeps it for the next call of the same event.
    pub(crate) fn keep(self) {
        EVENTS.with(|kept| kept.keep(self));
    }

    /// Drops the event of this header: it comes no further.
    pub(crate) fn drop_of(authorization: &str) {
        let is_of = |it: &Self| it.borrow_owner().texts.authorization() == Some(authorization);
        EVENTS.with(|kept| kept.take(&is_of));
    }

    /// Whose event it says to be.
    pub(crate) fn issuer(&self) -> String {
        let issuer = match self.borrow_dependent() {
            Step::OfPlatform(event) => event.issuer().as_str(),
            Step::OfTenant(event) => event.issuer().as_str(),
            Step::Received(event) => event.issuer().as_str(),
            Step::Refused => "",
        };
        issuer.to_owned()
    }

    /// Which of the platform's keys says to have signed the event of this header, if the token was parsed.
    pub(crate) fn kid_of(authorization: Option<&str>) -> Option<KeyId> {
        EVENTS.with(|kept| {
            kept.find(|it| {
                if it.borrow_owner().texts.authorization() != authorization {
                    return None;
                }
                match it.borrow_dependent() {
                    Step::OfPlatform(event) => Some(event.kid().clone()),
                    Step::Received(event) => Some(event.kid().clone()),
                    _ => None,
                }
            })
        })
    }

    /// What the platform signs, with its body: of a tenant's, it is not the event of this call.
    pub(crate) fn receive(&mut self, body: Zeroizing<String>) -> Result<(), Error> {
        self.with_dependent_mut(|call, step| {
            let event = match mem::replace(step, Step::Refused) {
                Step::OfPlatform(event) => event,
                Step::Received(event) => {
                    *step = Step::Received(event);
                    return Ok(());
                }
                _ => return Err(missing("event")),
            };
            let body = call.body.get_or_init(|| body);
            let (request, now) = (call.texts.request()?, call.texts.now);
            let received = event.receive(body.as_bytes(), &request, now)?;
            *step = Step::Received(Box::new(received));
            Ok(())
        })
    }

    /// What the platform signs, received.
    pub(crate) fn received(&self) -> Result<&UnverifiedReceivedEvent<'_>, Error> {
        match self.borrow_dependent() {
            Step::Received(event) => Ok(event),
            _ => Err(missing("event")),
        }
    }

    /// What a tenant signs, with the request and the time: of the platform's, it is not the event of this call.
    pub(crate) fn of_tenant(
        &self,
    ) -> Result<(&UnverifiedTenantEvent<'_>, RequestLine<'_>, UnixTime), Error> {
        let texts = &self.borrow_owner().texts;
        match self.borrow_dependent() {
            Step::OfTenant(event) => Ok((event, texts.request()?, texts.now)),
            _ => Err(missing("event")),
        }
    }
}
