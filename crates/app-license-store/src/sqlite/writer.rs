//! The one thread that writes: it commits what has queued up together, and answers afterwards.
//!
//! A commit costs a sync of the disk, however much is in it. Under load many deliveries share one.

use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::fault::failed;
use super::schema::open_writer;
use crate::encryption::Sealer;
use crate::error::{Error, ErrorKind};

/// How many jobs one commit may hold.
const BATCH: usize = 256;
/// How many jobs may wait; more wait outside.
const QUEUE: usize = 1024;

/// Why a commit failed, told to every job that was in it.
type Outcome<'a> = Result<(), &'a Arc<Error>>;
/// Answers whoever gave the job.
type Reply = Box<dyn FnOnce(Outcome<'_>) + Send>;
/// Does the work inside the transaction, if there is one.
type Job = Box<dyn FnOnce(Option<&Connection>) -> Reply + Send>;

#[derive(Debug)]
pub(super) struct Writer {
    jobs: mpsc::Sender<Job>,
    ended: oneshot::Receiver<()>,
}

impl Writer {
    /// Opens the file and starts the thread.
    pub(super) async fn start(path: &Path, sealer: &Sealer) -> Result<Self, Error> {
        let (jobs, queue) = mpsc::channel(QUEUE);
        let (opened, result) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let (path, sealer) = (path.to_owned(), sealer.clone());
        std::thread::Builder::new()
            .name("app-license-store".into())
            .spawn(move || match open_writer(&path, &sealer) {
                Ok(connection) => {
                    // whoever opens may have gone away; then the queue is closed too
                    let _ = opened.send(Ok(()));
                    run(&connection, queue);
                    drop(connection);
                    drop(end);
                }
                Err(error) => {
                    let _ = opened.send(Err(error));
                }
            })
            .map_err(|e| Error::unavailable("start the writer", e))?;
        result
            .await
            .unwrap_or_else(|_| Err(ErrorKind::Closed.into()))?;
        Ok(Self { jobs, ended })
    }

    /// Does `work` in a transaction; the answer is there when it is committed.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let (sender, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let result = connection.map(|c| in_savepoint(c, work));
            Box::new(move |outcome| {
                let _ = sender.send(match (outcome, result) {
                    (Ok(()), Some(result)) => result,
                    (Ok(()), None) => Err(ErrorKind::Closed.into()),
                    (Err(error), _) => Err(Error::unavailable("commit", Arc::clone(error))),
                });
            })
        });
        if self.jobs.send(job).await.is_err() {
            return Err(ErrorKind::Closed.into());
        }
        answer
            .await
            .unwrap_or_else(|_| Err(ErrorKind::Closed.into()))
    }

    /// Waits until all that was queued is committed and the thread has closed the file.
    pub(super) async fn close(self) {
        drop(self.jobs);
        // an error here is the thread dropping its end
        let _ = self.ended.await;
    }
}

/// A job that fails leaves nothing behind, and the others of its commit alone.
fn in_savepoint<T>(
    connection: &Connection,
    work: impl FnOnce(&Connection) -> Result<T, Error>,
) -> Result<T, Error> {
    let run = |sql, doing| {
        connection
            .prepare_cached(sql)
            .and_then(|mut s| s.execute([]))
            .map_err(failed(doing))
    };
    run("SAVEPOINT job", "begin a change")?;
    let result = work(connection);
    if result.is_err() && !connection.is_autocommit() {
        run("ROLLBACK TO job", "take back a change")?;
    }
    if !connection.is_autocommit() {
        run("RELEASE job", "end a change")?;
    }
    result
}

fn run(connection: &Connection, mut queue: mpsc::Receiver<Job>) {
    while let Some(first) = queue.blocking_recv() {
        let mut answers = Vec::new();
        let outcome = commit_together(connection, first, &mut queue, &mut answers);
        let error = outcome.err().map(Arc::new);
        for answer in answers {
            answer(error.as_ref().map_or(Ok(()), Err));
        }
    }
}

fn commit_together(
    connection: &Connection,
    first: Job,
    queue: &mut mpsc::Receiver<Job>,
    answers: &mut Vec<Reply>,
) -> Result<(), Error> {
    let begun = connection
        .execute_batch("BEGIN IMMEDIATE")
        .map_err(failed("begin a transaction"));
    if let Err(error) = begun {
        answers.push(first(None));
        return Err(error);
    }
    let mut next = Some(first);
    while let Some(job) = next {
        answers.push(job(Some(connection)));
        if connection.is_autocommit() {
            // SQLite itself has rolled everything back: disk full, say
            return Err(Error::unavailable(
                "commit",
                "the transaction was rolled back",
            ));
        }
        next = if answers.len() < BATCH {
            queue.try_recv().ok()
        } else {
            None
        };
    }
    let committed = connection.execute_batch("COMMIT").map_err(failed("commit"));
    if committed.is_err() && !connection.is_autocommit() {
        let _ = connection.execute_batch("ROLLBACK");
    }
    committed
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;

    use super::Writer;
    use crate::encryption::Sealer;
    use crate::error::Error;

    async fn start(path: &std::path::Path) -> Result<Writer, Error> {
        Writer::start(path, &Sealer::new(None, true).unwrap()).await
    }

    fn count(c: &Connection) -> Result<i64, Error> {
        c.query_row("SELECT count(*) FROM payload", [], |r| r.get(0))
            .map_err(super::failed("count"))
    }

    fn put(c: &Connection, bytes: usize) -> Result<(), Error> {
        let sql = "INSERT INTO payload (body) VALUES (?1)";
        c.execute(sql, ["x".repeat(bytes)])
            .map(|_| ())
            .map_err(super::failed("put"))
    }

    fn pragma(c: &Connection, name: &str, value: i64) -> Result<(), Error> {
        c.pragma_update(None, name, value)
            .map_err(super::failed("pragma"))
    }

    #[tokio::test]
    async fn a_job_that_fails_leaves_the_others_of_its_commit_alone() {
        let directory = tempfile::tempdir().unwrap();
        let writer = start(&directory.path().join("w.db")).await.unwrap();
        let write = |fails: bool| {
            writer.write(move |c| {
                c.execute("INSERT INTO consumer VALUES (hex(randomblob(8)), 0)", [])
                    .map_err(super::failed("insert"))?;
                if fails {
                    Err(Error::invalid("job", "asked to"))
                } else {
                    Ok(())
                }
            })
        };
        let (a, b, c, d) = tokio::join!(write(true), write(false), write(true), write(false));
        assert_eq!([a, b, c, d].map(|r| r.is_ok()), [false, true, false, true]);
        let rows = writer
            .write(|c| {
                c.query_row("SELECT count(*) FROM consumer", [], |r| r.get::<_, i64>(0))
                    .map_err(super::failed("count"))
            })
            .await;
        assert_eq!(rows.unwrap(), 2);
        writer.close().await;
    }

    #[tokio::test]
    async fn a_full_disk_is_said_and_survived() {
        let directory = tempfile::tempdir().unwrap();
        let writer = start(&directory.path().join("w.db")).await.unwrap();
        writer
            .write(|c| pragma(c, "foreign_keys", 0))
            .await
            .unwrap();
        writer
            .write(|c| pragma(c, "max_page_count", 40))
            .await
            .unwrap();
        let error = writer.write(|c| put(c, 1 << 20)).await.unwrap_err();
        assert_eq!(error.code(), "store_unavailable");
        assert_eq!(writer.write(count).await.unwrap(), 0);
        writer
            .write(|c| pragma(c, "max_page_count", 1 << 20))
            .await
            .unwrap();
        writer.close().await;
    }

    #[tokio::test]
    async fn a_closed_writer_says_so() {
        let directory = tempfile::tempdir().unwrap();
        let error = start(directory.path()).await.unwrap_err();
        assert_eq!(error.code(), "store_unavailable");
    }
}
