//! Moves, the clock and faults, with everything the app is told in consequence.

use app_license::UnixTime;
use app_license_testkit::{Delivery, SignedRequest, Tenant};

use super::action::{Action, ClockChange, DeliveryMode, FaultChange, KeyRotation};
use super::demo::FORGE_ID;
use super::journal::{AppResponse, Entry};
use super::lab::Lab;
use crate::error::Error;

impl Lab {
    /// Makes a move and delivers what the platform then sends; answers what the app said, in
    /// order.
    pub(crate) async fn perform(
        &self,
        site: &str,
        action: &Action,
    ) -> Result<Vec<AppResponse>, Error> {
        let _turn = self.turn.lock().await;
        let tenant = self.tenant(site)?;
        self.next_second().await;
        let events = action.apply(&tenant, self.app.forge_id().unwrap_or(FORGE_ID))?;
        let now = self.host.clock().now();
        self.state().timelines.note(&tenant, now);
        let title = action.description();
        if events.is_empty() {
            self.record_entry(note(now, Some(site), &title));
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
    ) -> Vec<AppResponse> {
        let (mode, held) = {
            let mut state = self.state();
            (state.delivery, std::mem::take(&mut state.held))
        };
        let mut answers = Vec::new();
        match mode {
            DeliveryMode::Lost => {
                for event in &events {
                    self.record(tenant, event, title, Some("lost"), None);
                }
            }
            DeliveryMode::Once | DeliveryMode::Twice => {
                for event in &events {
                    answers.push(self.deliver(tenant, event, title, None).await);
                    if mode == DeliveryMode::Twice {
                        answers.push(self.deliver(tenant, event, title, Some("twice")).await);
                    }
                }
            }
            DeliveryMode::OutOfOrder if events.len() == 1 && held.is_empty() => {
                for event in events {
                    self.record(tenant, &event, title, Some("held back"), None);
                    self.state().held.push((tenant.clone(), event));
                }
            }
            DeliveryMode::OutOfOrder => {
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
    ) -> AppResponse {
        self.exchange(tenant, request, title, mishap).await.0
    }

    /// The same, with the whole answer for somebody who waits for it.
    pub(crate) async fn deliver_whole(
        &self,
        tenant: &Tenant,
        request: &SignedRequest,
        title: &str,
    ) -> (AppResponse, Option<Delivery>) {
        self.exchange(tenant, request, title, None).await
    }

    async fn exchange(
        &self,
        tenant: &Tenant,
        request: &SignedRequest,
        title: &str,
        mishap: Option<&'static str>,
    ) -> (AppResponse, Option<Delivery>) {
        let (answer, whole) = match self.host.deliver(request).await {
            Ok(delivery) => {
                let answer = AppResponse::new(Some(delivery.status()), delivery.text());
                (answer, Some(delivery))
            }
            Err(error) => (AppResponse::new(None, error.to_string()), None),
        };
        self.record(tenant, request, title, mishap, Some(answer.clone()));
        (answer, whole)
    }

    /// Keeps what happened although nobody was told.
    pub(crate) fn note(&self, site: Option<&str>, title: &str) {
        self.record_entry(self.entry(site, title));
    }

    /// An entry of now.
    pub(crate) fn entry(&self, site: Option<&str>, title: &str) -> Entry {
        note(self.host.clock().now(), site, title)
    }

    /// Keeps what a browser is about to tell the app.
    pub(crate) fn record_shown(&self, tenant: &Tenant, request: &SignedRequest, title: &str) {
        self.record(tenant, request, title, None, None);
    }

    fn record(
        &self,
        tenant: &Tenant,
        request: &SignedRequest,
        title: &str,
        mishap: Option<&'static str>,
        answer: Option<AppResponse>,
    ) {
        let delivered = self.explain(request, tenant);
        let site = tenant.site();
        self.record_entry(Entry {
            name: request.name().to_owned(),
            mishap,
            delivered: Some(delivered),
            answer,
            ..note(self.host.clock().now(), Some(site.name()), title)
        });
    }

    /// Moves the clock; trials and subscriptions end on their way.
    pub(crate) async fn change_clock(&self, change: &ClockChange) -> Result<UnixTime, Error> {
        let _turn = self.turn.lock().await;
        let from = self.host.clock().now();
        let to = change
            .from(from)
            .ok_or_else(|| Error::Option(format!("no time: {change:?}")))?;
        self.set_clock(from, to);
        self.record_entry(note(to, None, &format!("the clock shows {to}")));
        Ok(to)
    }

    /// Moves the clock on its way to where it is moved: what happens then has its own time.
    pub(crate) async fn pass_to(&self, to: UnixTime) {
        let _turn = self.turn.lock().await;
        let from = self.host.clock().now();
        if to > from {
            self.set_clock(from, to);
        }
    }

    fn set_clock(&self, from: UnixTime, to: UnixTime) {
        self.host.clock().set(to);
        let mut state = self.state();
        for tenant in self.host.tenants() {
            if to > from {
                state.timelines.leap(&tenant, from, to);
            } else {
                state.timelines.note(&tenant, to);
            }
        }
    }

    /// Puts a fault in front of a service, or takes it away.
    pub(crate) fn change_fault(&self, change: &FaultChange) -> Result<(), Error> {
        if !change.set(&self.host) {
            return Err(Error::Option(format!("no service `{}`", change.service)));
        }
        let title = format!("{}: {:?}", change.service, change.kind);
        self.record_entry(note(self.host.clock().now(), None, &title));
        Ok(())
    }

    /// What happens to events from now on.
    pub(crate) fn set_delivery_mode(&self, mode: DeliveryMode) {
        self.state().delivery = mode;
        let title = format!("events from now on: {mode:?}");
        self.record_entry(note(self.host.clock().now(), None, &title));
    }

    /// Rotates keys of the platform; answers the id of the new one.
    pub(crate) fn rotate_keys(&self, keys: KeyRotation) -> Result<String, Error> {
        let id = match keys {
            KeyRotation::Install => self.host.rotate_install_keys()?,
            KeyRotation::Forge => self.host.rotate_jwks(false)?,
        };
        let title = format!("{keys:?} keys rotated: {id}");
        self.record_entry(note(self.host.clock().now(), None, &title));
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
        delivered: None,
        answer: None,
    }
}
