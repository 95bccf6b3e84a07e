//! Lifecycle events in the order in which the platform issued their tokens, not in that of their arrival.
//!
//! A delivery may be held back: by a network, or by somebody who means to send it later. Its token says when
//! it was issued, to the second. Only times of the platform are compared with each other, never with the
//! app's clock: neither leeway nor replicas whose clocks differ have a part in it. What was issued in the same
//! second is not older, and counts in the order of arrival.
//!
//! | event | does not count when its token is older than that of |
//! |---|---|
//! | `installed`, `uninstalled` | the last `installed` or `uninstalled` |
//! | `avi:forge:installed:app`, `preUninstall` | the last of the two; an `uninstalled` of Connect |
//! | `enabled` | the last `disabled` |
//! | `disabled` | the last `enabled`, first install or reinstall, or page that was opened since |
//!
//! An `uninstalled` that is overtaken by the reinstall still ends the grace of every earlier secret: the app was
//! gone in between.
//!
//! Not ordered: what comes first to a tenant that is not known, or was erased; `disabled` and `uninstalled`,
//! which the platform sends together, with each other; `enabled` and `installed`; an `installed` that rotates
//! a secret and a `disabled`; what the platform signs again when it sends it again, which is as new as it says.

use crate::time::UnixTime;

/// When the tokens of the last events were issued that counted (UTC).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Issued {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    installed: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forge_installed: Option<UnixTime>,
    /// On either framework.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    uninstalled: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    switched_on: Option<UnixTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    switched_off: Option<UnixTime>,
}

/// A lifecycle event whose order matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ordered {
    Installed,
    Uninstalled,
    Enabled,
    Disabled,
    ForgeInstalled,
    ForgeUninstalled,
}

impl Issued {
    pub(super) fn is_nothing(&self) -> bool {
        *self == Self::default()
    }

    /// The app is uninstalled by an event of this time: one without a token leaves no time of another.
    pub(super) const fn uninstalled_now(&mut self, issued_at: Option<UnixTime>) {
        self.uninstalled = issued_at;
    }

    /// When the last token of an install was issued, on either framework.
    pub(super) fn any_installed(&self) -> Option<UnixTime> {
        self.installed.max(self.forge_installed)
    }

    pub(super) const fn uninstalled(&self) -> Option<UnixTime> {
        self.uninstalled
    }

    /// When the last token was issued that an event of this kind must not be older than.
    fn latest(&self, event: Ordered) -> Option<UnixTime> {
        match event {
            Ordered::Installed | Ordered::Uninstalled => self.installed.max(self.uninstalled),
            Ordered::ForgeInstalled | Ordered::ForgeUninstalled => {
                self.forge_installed.max(self.uninstalled)
            }
            Ordered::Enabled => self.switched_off,
            Ordered::Disabled => self.switched_on,
        }
    }

    const fn of(&mut self, event: Ordered) -> &mut Option<UnixTime> {
        match event {
            Ordered::Installed => &mut self.installed,
            Ordered::ForgeInstalled => &mut self.forge_installed,
            Ordered::Uninstalled | Ordered::ForgeUninstalled => &mut self.uninstalled,
            Ordered::Enabled => &mut self.switched_on,
            Ordered::Disabled => &mut self.switched_off,
        }
    }

    /// Whether an event counts whose token was issued then; if it does, that is remembered. An event without
    /// a token always does.
    pub(super) fn accept(&mut self, event: Ordered, issued_at: Option<UnixTime>) -> bool {
        let overtaken = issued_at.is_some() && issued_at < self.latest(event);
        if !overtaken {
            self.note(event, issued_at);
        }
        !overtaken
    }

    /// Remembers that a token of this time says as much as such an event.
    pub(super) fn note(&mut self, event: Ordered, issued_at: Option<UnixTime>) {
        let of = self.of(event);
        *of = (*of).max(issued_at);
    }

    /// Takes over when tokens were issued that counted for a Forge installation before it was known to be
    /// this customer's.
    pub(super) fn join(&mut self, other: &Self) {
        self.forge_installed = self.forge_installed.max(other.forge_installed);
        self.uninstalled = self.uninstalled.max(other.uninstalled);
    }

    /// Whether a token of this time is younger than that of the last `disabled`, where that is known.
    pub(super) fn is_after_switched_off(&self, issued_at: UnixTime) -> bool {
        self.switched_off.is_none_or(|at| issued_at > at)
    }
}
