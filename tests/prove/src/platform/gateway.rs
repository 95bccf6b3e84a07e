//! What stands between the servers and the platform: passes bytes on as they are, and keeps a
//! log of the requests.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use app_license::UnixTime;
use app_license_testkit::TestClock;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// A request of a server to the platform.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) at: UnixTime,
    pub(crate) host: String,
    /// The `Authorization` header.
    pub(crate) proof: String,
}

type RequestLog = Arc<Mutex<Vec<Request>>>;

/// How many requests are open: sent on, and not answered.
#[derive(Debug, Default)]
struct Open {
    now: AtomicUsize,
    most: AtomicUsize,
}

impl Open {
    fn one_more(&self) {
        let now = self.now.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.most.fetch_max(now, Ordering::Relaxed);
    }

    fn less(&self, count: usize) {
        self.now.fetch_sub(count, Ordering::Relaxed);
    }
}

#[derive(Debug)]
pub(crate) struct Gateway {
    address: SocketAddr,
    log: RequestLog,
    open: Arc<Open>,
    task: JoinHandle<()>,
}

impl Gateway {
    pub(super) async fn start(behind: SocketAddr, clock: TestClock) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let log = RequestLog::default();
        let kept = Arc::clone(&log);
        let open = Arc::new(Open::default());
        let counted = Arc::clone(&open);
        let task = tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let (log, clock) = (Arc::clone(&kept), clock.clone());
                let open = Arc::clone(&counted);
                // what becomes of a connection is for its two ends
                tokio::spawn(async move {
                    let mine = AtomicUsize::new(0);
                    let done = pass(client, behind, &log, &clock, (&open, &mine)).await;
                    open.less(mine.load(Ordering::Relaxed));
                    done.ok()
                });
            }
        });
        Ok(Self {
            address,
            log,
            open,
            task,
        })
    }

    pub(super) const fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many requests were open at once, at the most.
    pub(crate) fn most_open(&self) -> usize {
        self.open.most.load(Ordering::Relaxed)
    }

    /// The requests so far that `choose` picks.
    pub(crate) fn requests(&self, choose: impl Fn(&Request) -> bool) -> Vec<Request> {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.iter().filter(|r| choose(r)).cloned().collect()
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn pass(
    mut client: TcpStream,
    behind: SocketAddr,
    log: &RequestLog,
    clock: &TestClock,
    (open, mine): (&Open, &AtomicUsize),
) -> io::Result<()> {
    let mut platform = TcpStream::connect(behind).await?;
    let (mut from_client, mut to_client) = client.split();
    let (mut from_platform, mut to_platform) = platform.split();
    let there = async {
        let mut unread = Vec::new();
        loop {
            let start = unread.len();
            if from_client.read_buf(&mut unread).await? == 0 {
                return to_platform.shutdown().await;
            }
            let fresh = unread.get(start..).unwrap_or_default().to_vec();
            while let Some((length, request)) = read(&unread, clock) {
                unread.drain(..length);
                open.one_more();
                mine.fetch_add(1, Ordering::Relaxed);
                log.lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .push(request);
            }
            to_platform.write_all(&fresh).await?;
        }
    };
    // the platform cuts a connection to say that it is down: so does this
    let back = async {
        let mut bytes = vec![0; 16 * 1024];
        loop {
            let length = from_platform.read(&mut bytes).await?;
            // a client asks one thing at a time: what comes back is the answer to all it asked
            open.less(mine.swap(0, Ordering::Relaxed));
            match bytes.get(..length) {
                Some([]) | None => return Ok(()),
                Some(answer) => to_client.write_all(answer).await?,
            }
        }
    };
    tokio::select! {
        done = there => done,
        done = back => done,
    }
}

/// The first request in `bytes` with its length. They are all GET, and have no body.
fn read(bytes: &[u8], clock: &TestClock) -> Option<(usize, Request)> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut request = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(length)) = request.parse(bytes) else {
        return None;
    };
    let header = |name: &str| {
        let found = request
            .headers
            .iter()
            .find(|h| h.name.eq_ignore_ascii_case(name));
        found.map_or_else(String::new, |h| {
            String::from_utf8_lossy(h.value).into_owned()
        })
    };
    let request = Request {
        at: clock.now(),
        host: header("host"),
        proof: header("authorization"),
    };
    Some((length, request))
}
