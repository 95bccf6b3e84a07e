//! One flight a key: whoever asks the same at the same time waits for the same answer.

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Semaphore, watch};

use crate::error::{Error, ErrorKind};

type Open<K, V> = BTreeMap<K, watch::Receiver<Option<V>>>;

/// The questions that are open now. Each runs in a task of its own, so that it goes on when the
/// request that started it is dropped.
#[derive(Debug)]
pub(crate) struct SingleFlight<K: Ord, V> {
    open: Mutex<Open<K, V>>,
    running: Arc<Semaphore>,
    limit: usize,
}

/// A question on its way.
#[derive(Debug)]
pub(crate) struct InFlight<V> {
    answer: watch::Receiver<Option<V>>,
    pub(crate) joined: bool,
}

impl<K, V> SingleFlight<K, V>
where
    K: Ord + Clone + Send + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// At most `running` at once, at most `limit` running or waiting for their turn.
    pub(crate) fn new(running: usize, limit: usize) -> Arc<Self> {
        Arc::new(Self {
            open: Mutex::new(BTreeMap::new()),
            running: Arc::new(Semaphore::new(running.max(1))),
            limit: limit.max(1),
        })
    }

    /// The flight of this key that is open, if any.
    pub(crate) fn open(&self, key: &K) -> Option<InFlight<V>> {
        let answer = self.lock().get(key)?.clone();
        Some(InFlight {
            answer,
            joined: true,
        })
    }

    /// Joins the open flight of this key or starts one. The question must store its answer itself
    /// before it returns, and look for a stored answer first: another flight may just have finished.
    pub(crate) fn join<F>(
        self: &Arc<Self>,
        key: K,
        question: impl FnOnce() -> F,
    ) -> Result<InFlight<V>, Error>
    where
        F: Future<Output = V> + Send + 'static,
    {
        let mut open = self.lock();
        if let Some(answer) = open.get(&key) {
            let answer = answer.clone();
            return Ok(InFlight {
                answer,
                joined: true,
            });
        }
        if open.len() >= self.limit {
            return Err(ErrorKind::Busy { limit: self.limit }.into());
        }
        let runtime = tokio::runtime::Handle::try_current()
            .map_err(|_| Error::setting("runtime", "call it inside a tokio runtime"))?;
        let (sender, answer) = watch::channel(None);
        open.insert(key.clone(), answer.clone());
        drop(open);
        let landing = FlightEnd {
            flights: Arc::clone(self),
            key,
        };
        let (question, running) = (question(), Arc::clone(&self.running));
        runtime.spawn(async move {
            let _turn = running.acquire().await;
            let answer = question.await;
            drop(landing);
            // nobody may be waiting any more
            let _ = sender.send(Some(answer));
        });
        Ok(InFlight {
            answer,
            joined: false,
        })
    }

    fn lock(&self) -> MutexGuard<'_, Open<K, V>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V: Clone> InFlight<V> {
    /// Waits for the answer.
    pub(crate) async fn finish(mut self) -> Result<V, Error> {
        let answer = self.answer.wait_for(Option::is_some).await;
        let answer = answer.ok().and_then(|answer| answer.clone());
        answer.ok_or_else(|| ErrorKind::Interrupted.into())
    }
}

/// Closes the flight, also when its task is dropped.
struct FlightEnd<K: Ord, V> {
    flights: Arc<SingleFlight<K, V>>,
    key: K,
}

impl<K: Ord, V> Drop for FlightEnd<K, V> {
    fn drop(&mut self) {
        let open = &self.flights.open;
        open.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::SingleFlight;

    #[tokio::test]
    async fn one_flight_a_key_also_when_its_starter_leaves() {
        let flights = SingleFlight::<u8, usize>::new(4, 4);
        let runs = Arc::new(AtomicUsize::new(0));
        let ask = |key| {
            let runs = Arc::clone(&runs);
            flights.join(key, || async move {
                tokio::time::sleep(Duration::from_millis(20)).await;
                runs.fetch_add(1, Ordering::SeqCst)
            })
        };
        drop(ask(1).unwrap());
        let (a, b) = (ask(1).unwrap(), ask(2).unwrap());
        assert!(a.joined && !b.joined);
        a.finish().await.unwrap();
        b.finish().await.unwrap();
        assert_eq!(runs.load(Ordering::SeqCst), 2);
        assert!(flights.open(&1).is_none() && flights.lock().is_empty());
    }

    #[tokio::test]
    async fn too_many_open_questions_are_busy_not_refused() {
        let flights = SingleFlight::<u8, ()>::new(1, 2);
        let ask = |key| flights.join(key, || tokio::time::sleep(Duration::from_millis(10)));
        let (a, b) = (ask(1).unwrap(), ask(2).unwrap());
        let error = ask(3).unwrap_err();
        assert_eq!(
            (error.code(), error.class()),
            ("busy", crate::ErrorClass::CouldNotCheck)
        );
        a.finish().await.unwrap();
        b.finish().await.unwrap();
        assert!(ask(3).is_ok());
    }

    #[tokio::test]
    async fn a_question_that_dies_is_interrupted_and_leaves_no_trace() {
        let flights = SingleFlight::<u8, ()>::new(1, 2);
        let flight = flights.join(1, || async { panic!("on purpose") }).unwrap();
        assert_eq!(flight.finish().await.unwrap_err().code(), "interrupted");
        assert!(flights.open(&1).is_none());
    }
}
