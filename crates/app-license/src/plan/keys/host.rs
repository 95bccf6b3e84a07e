//! The key hosts, asked one after the other about one key id.

use super::{InstallKeyCache, InstallKeyResult};
use crate::time::UnixTime;

/// What a key host said about a key id.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a question ends in one of these")]
pub enum HostAnswer<K, E> {
    /// A key that is long enough.
    Key(K),
    /// That there is none: 404.
    NoKey,
    /// A key that is too short: it will not grow, and no other host is asked.
    Refused(E),
    /// Nothing that says whether there is a key. `of_the_host`: it cannot be reached, and is left alone
    /// for all ids; not so a host that answers nonsense, for a made-up id must not switch it off.
    Failed {
        /// Why.
        error: E,
        /// Whether the host cannot be reached.
        of_the_host: bool,
    },
}

/// What to do next about a key id that the hosts are asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a shell must do each of them")]
pub enum HostStep<K, E> {
    /// Ask the host of this place in the order.
    Ask(usize),
    /// What they said together.
    Done(InstallKeyResult<K, E>),
}

impl<K: Clone, E: Clone> InstallKeyCache<K, E> {
    /// Takes what a host said, and says which is asked next, or what they said together: in their order,
    /// but for those that were out of reach a moment ago. `asked` is the place and the answer of the last
    /// one, nothing at first; `problem` the first that any of them had, kept from one call to the next.
    ///
    /// A key is refused as `unknown` only when every host answered, and none knows it.
    ///
    /// ```
    /// use app_license::UnixTime;
    /// use app_license::plan::keys::{
    ///     HostAnswer, HostStep, InstallKeyCache, InstallKeyPlan, InstallKeyResult,
    /// };
    ///
    /// let mut cache = InstallKeyCache::<&str, &str>::new(InstallKeyPlan::CONNECT, 2);
    /// let now = UnixTime::EPOCH;
    /// let mut problem = None;
    /// let mut next = |asked| cache.next_host(asked, &mut problem, || "no key", now);
    /// assert_eq!(next(None), HostStep::Ask(0));
    /// let down = HostAnswer::Failed { error: "down", of_the_host: true };
    /// assert_eq!(next(Some((0, down))), HostStep::Ask(1));
    /// let result = InstallKeyResult::Failed("down");
    /// assert_eq!(next(Some((1, HostAnswer::NoKey))), HostStep::Done(result));
    /// // the first is left alone for the next id
    /// assert_eq!(cache.next_host(None, &mut None, || "no key", now), HostStep::Ask(1));
    /// ```
    pub fn next_host(
        &mut self,
        asked: Option<(usize, HostAnswer<K, E>)>,
        problem: &mut Option<E>,
        unknown: impl FnOnce() -> E,
        now: UnixTime,
    ) -> HostStep<K, E> {
        let mut place = 0;
        if let Some((asked, answer)) = asked {
            match answer {
                HostAnswer::Key(key) => return HostStep::Done(InstallKeyResult::Key(key)),
                HostAnswer::Refused(error) => {
                    return HostStep::Done(InstallKeyResult::Refused(error));
                }
                HostAnswer::NoKey => {}
                HostAnswer::Failed { error, of_the_host } => {
                    if of_the_host {
                        self.host_unreachable(asked, error.clone(), now);
                    }
                    problem.get_or_insert(error);
                }
            }
            place = asked.saturating_add(1);
        }
        while place < self.hosts() {
            match self.host_fault(place, now) {
                Some(down) => {
                    problem.get_or_insert(down);
                    place = place.saturating_add(1);
                }
                None => return HostStep::Ask(place),
            }
        }
        HostStep::Done(match problem.take() {
            Some(problem) => InstallKeyResult::Failed(problem),
            None => InstallKeyResult::Refused(unknown()),
        })
    }
}
