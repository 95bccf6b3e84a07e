//! What every store must do, as tests that run on any of them.
//!
//! [`store_conformance!`](crate::store_conformance) makes one test of each of them; [`Subject`] is what
//! they are run on. Each of the four traits has a suite of its own beside it.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::arithmetic_side_effects,
    clippy::missing_panics_doc,
    reason = "a test suite: it fails by panicking"
)]

mod apply;
mod erase;
mod feed;
mod install_keys;
mod leases;
mod licenses;
mod sample;
mod upkeep;

use std::any::Any;
use std::future::Future;
use std::sync::Arc;

use app_license::Installation;

pub use apply::*;
pub use erase::*;
pub use feed::*;
pub use install_keys::*;
pub use leases::*;
pub use licenses::*;
pub use upkeep::*;

use crate::{
    HistoryEntry, InstallKeyStore, InstallationStore, LeaseStore, LicenseStore, Sequence, Store,
};

/// A fresh, empty store, and what it needs to live: a temporary directory, say. It is a whole
/// [`Store`], or one of the four traits.
#[derive(Debug)]
pub struct Subject<S: ?Sized = dyn Store> {
    store: Arc<S>,
    _keep: Option<Arc<dyn Any + Send + Sync>>,
}

macro_rules! subject_of {
    ($($store:ident)+) => {
        $(
            impl<S: $store + 'static> From<S> for Subject<dyn $store> {
                fn from(store: S) -> Self {
                    Self { store: Arc::new(store), _keep: None }
                }
            }
        )+
    };
}

subject_of!(Store InstallationStore LeaseStore LicenseStore InstallKeyStore);

macro_rules! part_of_store {
    ($($store:ident)+) => {
        $(
            impl From<Subject> for Subject<dyn $store> {
                fn from(whole: Subject) -> Self {
                    Self { store: whole.store, _keep: whole._keep }
                }
            }
        )+
    };
}

part_of_store!(InstallationStore LeaseStore LicenseStore InstallKeyStore);

impl<S: ?Sized> Subject<S> {
    /// Keeps something alive as long as the store.
    #[must_use]
    pub fn keeping(mut self, something: impl Any + Send + Sync) -> Self {
        self._keep = Some(Arc::new(something));
        self
    }
}

/// Runs one test on a runtime of its own, with several threads.
pub fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(4)
        .enable_all()
        .build()
        .unwrap()
        .block_on(test);
}

/// All that can be seen of a store: to show that nothing changed.
async fn all(store: &dyn InstallationStore) -> (Vec<Installation>, Vec<HistoryEntry>) {
    let mut installations: Vec<Installation> = Vec::new();
    loop {
        let after = installations.last().map(|i| i.key().clone());
        let page = store.list(after.as_ref(), 1000).await.unwrap();
        if page.is_empty() {
            break;
        }
        installations.extend(page);
    }
    let mut history: Vec<HistoryEntry> = Vec::new();
    loop {
        let after = history.last().map_or(Sequence::START, |e| e.sequence);
        let page = store.events_after(after, 1000).await.unwrap();
        if page.is_empty() {
            break;
        }
        history.extend(page);
    }
    (installations, history)
}

/// Makes the conformance suite of a whole [`Store`] into tests of a store of yours: the suites of its
/// four traits, and what they promise together.
///
/// Takes an async function, without arguments, that makes a fresh, empty store each time it is
/// called; it may also make a [`Subject`](crate::conformance::Subject) that keeps a temporary
/// directory. Write it in a module of its own, in tests, with feature `conformance`.
///
/// ```
/// mod memory {
///     async fn make_store() -> app_license_store::MemoryStore {
///         app_license_store::MemoryStore::new()
///     }
///     app_license_store::store_conformance!(make_store);
/// }
/// ```
#[macro_export]
macro_rules! store_conformance {
    (@each $store:ident, $make_store:path, $($test:ident)+) => {
        $(
            #[test]
            fn $test() {
                $crate::conformance::run(async {
                    let made = $make_store().await;
                    let subject = $crate::conformance::Subject::<dyn $crate::$store>::from(made);
                    $crate::conformance::$test(&subject).await;
                });
            }
        )+
    };
    ($make_store:path) => {
        $crate::installation_store_conformance!($make_store);
        $crate::lease_store_conformance!($make_store);
        $crate::license_store_conformance!($make_store);
        $crate::install_key_store_conformance!($make_store);
        $crate::store_conformance! {
            @each Store, $make_store,
            pruning_forgets_only_what_expired
            a_license_is_no_installation
            erasure_leaves_nothing_of_a_tenant_and_all_of_others
            links_are_erased_with_their_customer
        }
    };
}

/// Makes the conformance suite of an [`InstallationStore`] into tests, as [`store_conformance!`] does
/// for a whole store.
#[macro_export]
macro_rules! installation_store_conformance {
    ($make_store:path) => {
        $crate::store_conformance! {
            @each InstallationStore, $make_store,
            an_empty_store_is_empty
            an_install_is_stored
            a_repeated_delivery_changes_nothing
            a_reinstall_rotates_the_secret_and_keeps_the_previous
            uninstall_keeps_the_record_and_a_reinstall_revives_it
            uninstall_of_an_unknown_tenant_changes_nothing
            events_out_of_order_do_no_harm
            absent_fields_never_erase_what_is_known
            one_delivery_may_bring_several_events
            forge_and_connect_tenants_do_not_mix
            a_delivery_for_another_tenant_is_refused_and_changes_nothing
            what_was_held_back_does_not_bring_a_tenant_back
            replay_with_another_body_is_refused_and_changes_nothing
            replay_with_the_same_body_is_answered_alike
            replay_marks_go_with_what_failed
            unknown_fields_survive
            no_secret_in_payload_history_or_debug
            concurrent_writes_of_one_tenant_serialize
            concurrent_installs_of_many_tenants_lose_nothing
            concurrent_first_deliveries_of_one_token_apply_once
            tenants_are_listed_in_pages
            history_is_paged_and_gapless
            the_feed_never_shows_a_later_event_first
            cursors_move_forward_only
            at_least_once_delivery_after_a_crash
            marks_are_once_and_forgotten_after_their_grace
            a_clock_a_day_ahead_forgets_no_live_mark
            reencryption_changes_nothing_that_is_seen
            a_healthy_store_says_so
            links_are_listed_and_not_counted
            retention_erases_who_is_gone_long_enough
            a_blocked_tenant_is_blocked_in_every_store
            a_consumer_stops_at_one_tenant_and_goes_on
        }
    };
}

/// Makes the conformance suite of a [`LeaseStore`] into tests.
///
/// ```
/// mod leases {
///     async fn make_store() -> app_license_store::MemoryStore { // one that has leases only, say
///         app_license_store::MemoryStore::new()
///     }
///     app_license_store::lease_store_conformance!(make_store);
/// }
/// ```
#[macro_export]
macro_rules! lease_store_conformance {
    ($make_store:path) => {
        $crate::store_conformance! {
            @each LeaseStore, $make_store,
            a_lease_has_one_holder
            a_lease_is_renewed_and_released_by_its_holder_only
            a_lease_of_a_clock_that_was_wrong_is_free
            one_call_in_five_minutes
        }
    };
}

/// Makes the conformance suite of a [`LicenseStore`] into tests, as [`lease_store_conformance!`] does.
#[macro_export]
macro_rules! license_store_conformance {
    ($make_store:path) => {
        $crate::store_conformance! {
            @each LicenseStore, $make_store,
            an_answer_dated_ahead_outlasts_no_newer_one
            the_last_answer_of_a_license_api_is_kept
        }
    };
}

/// Makes the conformance suite of an [`InstallKeyStore`] into tests, as [`lease_store_conformance!`] does.
#[macro_export]
macro_rules! install_key_store_conformance {
    ($make_store:path) => {
        $crate::store_conformance! {
            @each InstallKeyStore, $make_store,
            install_keys_are_kept_the_newest_first_and_not_too_many
        }
    };
}
