//! What is printed of events on their way: neither the token nor the body, which may hold a shared secret.

use std::fmt;

use super::{EventSender, UnverifiedPlatformEvent, UnverifiedReceivedEvent, UnverifiedTenantEvent};

impl fmt::Debug for UnverifiedPlatformEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedPlatformEvent")
            .field("kind", &self.endpoint)
            .field("kid", self.kid())
            .field("issuer", self.issuer())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UnverifiedReceivedEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedReceivedEvent")
            .field("kind", &self.event.body().kind())
            .field("kid", self.kid())
            .field("issuer", self.issuer())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for UnverifiedTenantEvent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnverifiedTenantEvent")
            .field("kind", &self.endpoint)
            .field("issuer", self.issuer())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for EventSender<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EventSender")
            .field("kind", &self.endpoint)
            .field("tenant", self.token.tenant())
            .finish_non_exhaustive()
    }
}
