//! Moves, the clock and faults, with everything the app is told in consequence.

use app_license::UnixTime;
use app_license_testkit::{Error, SignedRequest, Tenant};

use super::bench::Lab;
use super::demo::FORGE_ID;
use super::journal::{Answered, Entry};
use super::moves::{Keys, Move, Tick, Trouble, Way};
use crate::fault::Fault;

impl Lab {
    /// Makes a move and delivers what the platform then sends; answers what the app said, in
    /// order.
    pub(crate) async fn make(&self, site: &str, wish: &Move) -> Result<Vec<Answered>, Fault> {
        let _turn = self.turn.lock().await;
        let tenant = self.tenant(site)?;
        self.next_second().await;
        let events = wish.make(&tenant, self.app.forge_id().unwrap_or(FORGE_ID))?;
        let now = self.host.clock().now();
        self.state().timelines.note(&tenant, now);
        let title = wish.words();
        if events.is_empty() {
            self.write(note(now, Some(site), &title));
        }
        Ok(self.send(&tenant, events, &title).await)
    }

    /// Two lifecycle tokens of one second are one token: its second use with another body is a
    /// replay.
    async fn next_second(&self) {
        let clock = self.host.clock();
        if self.own {
            let before = clock.token_time();
            while clock.token_time() == before {
                tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            }
        }
        clock.advance(1);
    }

    async fn send(
        &self,
        tenant: &Tenant,
        events: Vec<SignedRequest>,
        title: &str,
    ) -> Vec<Answered> {
        let (way, held) = {
            let mut state = self.state();
            (state.way, std::mem::take(&mut state.held))
        };
        let mut answers = Vec::new();
        match way {
            Way::Lost => {
                for event in &events {
                    self.record(tenant, event, title, Some("lost"), None);
                }
            }
            Way::Once | Way::Twice => {
                for event in &events {
                    answers.push(self.deliver(tenant, event, title, None).await);
                    if way == Way::Twice {
                        answers.push(self.deliver(tenant, event, title, Some("twice")).await);
                    }
                }
            }
            Way::OutOfOrder if events.len() == 1 && held.is_empty() => {
                for event in events {
                    self.record(tenant, &event, title, Some("held back"), None);
                    self.state().held.push((tenant.clone(), event));
                }
            }
            Way::OutOfOrder => {
                for event in events.iter().rev() {
                    let order = Some("out of order");
                    answers.push(self.deliver(tenant, event, title, order).await);
                }
            }
        }
        for (tenant, event) in held {
            answers.push(self.deliver(&tenant, &event, title, Some("late")).await);
        }
        answers
    }

    /// Delivers one request and keeps what was told and answered.
    pub(crate) async fn deliver(
        &self,
        tenant: &Tenant,
        request: &SignedRequest,
        title: &str,
        mishap: Option<&'static str>,
    ) -> Answered {
        let answer = match self.host.deliver(request).await {
            Ok(delivery) => Answered::new(Some(delivery.status()), delivery.text()),
            Err(error) => Answered::new(None, error.to_string()),
        };
        self.record(tenant, request, title, mishap, Some(answer.clone()));
        answer
    }

    /// Keeps what a browser is about to tell the app.
    pub(crate) fn show(&self, tenant: &Tenant, request: &SignedRequest, title: &str) {
        self.record(tenant, request, title, None, None);
    }

    fn record(
        &self,
        tenant: &Tenant,
        request: &SignedRequest,
        title: &str,
        mishap: Option<&'static str>,
        answer: Option<Answered>,
    ) {
        let told = self.checker().told(request, tenant);
        let site = tenant.site();
        self.write(Entry {
            name: request.name().to_owned(),
            mishap,
            told: Some(told),
            answer,
            ..note(self.host.clock().now(), Some(site.name()), title)
        });
    }

    /// Moves the clock; trials and subscriptions end on their way.
    pub(crate) async fn tick(&self, tick: &Tick) -> Result<UnixTime, Fault> {
        let _turn = self.turn.lock().await;
        let clock = self.host.clock();
        let from = clock.now();
        let to = tick
            .from(from)
            .ok_or_else(|| Fault::Option(format!("no time: {tick:?}")))?;
        clock.set(to);
        {
            let mut state = self.state();
            for tenant in self.host.tenants() {
                if to > from {
                    state.timelines.leap(&tenant, from, to);
                } else {
                    state.timelines.note(&tenant, to);
                }
            }
        }
        self.write(note(to, None, &format!("the clock shows {to}")));
        Ok(to)
    }

    /// Puts a fault in front of a service, or takes it away.
    pub(crate) fn trouble(&self, trouble: &Trouble) -> Result<(), Fault> {
        if !trouble.set(&self.host) {
            return Err(Fault::Option(format!("no service `{}`", trouble.service)));
        }
        let title = format!("{}: {:?}", trouble.service, trouble.kind);
        self.write(note(self.host.clock().now(), None, &title));
        Ok(())
    }

    /// What happens to events from now on.
    pub(crate) fn deliver_so(&self, way: Way) {
        self.state().way = way;
        let title = format!("events from now on: {way:?}");
        self.write(note(self.host.clock().now(), None, &title));
    }

    /// Rotates keys of the platform; answers the id of the new one.
    pub(crate) fn rotate(&self, keys: Keys) -> Result<String, Error> {
        let id = match keys {
            Keys::Install => self.host.rotate_install_keys()?,
            Keys::Forge => self.host.rotate_jwks(false)?,
        };
        let title = format!("{keys:?} keys rotated: {id}");
        self.write(note(self.host.clock().now(), None, &title));
        Ok(id)
    }
}

/// An entry that nobody was told.
fn note(at: UnixTime, site: Option<&str>, title: &str) -> Entry {
    Entry {
        id: 0,
        at,
        site: site.map(str::to_owned),
        name: "note".to_owned(),
        title: title.to_owned(),
        mishap: None,
        told: None,
        answer: None,
    }
}
