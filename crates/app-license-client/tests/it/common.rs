//! A key host of our own on a loopback address: it says what a test tells it to, counts what it
//! is asked, and can be down, slow, lost in HTML, or endless.
#![allow(
    dead_code,
    unreachable_pub,
    clippy::format_push_string,
    clippy::allow_attributes,
    reason = "every test file uses a part of it"
)]

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use app_license::connect::{BaseUrl, KeyHosts};
use app_license::{KeyId, UnixTime};
use app_license_client::Fetcher;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinHandle;

pub const HTML: &str = "<!doctype html><html><body>Maintenance</body></html>";
pub const KID: &str = "0e50fccb-239d-4991-a5db-dc850ba3f236";
pub const OTHER_KID: &str = "d2466692-d9b3-4245-8208-a601568541ae";
pub const WEAK_KID: &str = "9b2f0d1e-1c2d-4e3f-8a4b-5c6d7e8f9a0b";
pub const K1: &str = "forge/invocation-token/key-1";
pub const K2: &str = "forge/invocation-token/key-2";

/// What the host says.
#[derive(Debug, Clone)]
pub enum Say {
    Answer(u16, Vec<(&'static str, String)>, String),
    /// After a while.
    Slow(Duration, Box<Self>),
    /// When a test lets it go.
    Held(Hold, Box<Self>),
    /// A 200 whose body never ends.
    Endless,
    /// A 200 that announces a body of 100 MB.
    Announced,
    /// Closes the connection without an answer.
    HangUp,
}

impl Say {
    pub fn ok(body: impl Into<String>) -> Self {
        Self::Answer(200, Vec::new(), body.into())
    }

    pub fn status(status: u16) -> Self {
        Self::Answer(status, Vec::new(), String::new())
    }

    /// With a `Retry-After`.
    pub fn later(status: u16, seconds: u64) -> Self {
        Self::Answer(
            status,
            vec![("retry-after", seconds.to_string())],
            String::new(),
        )
    }

    pub fn redirect(status: u16, to: impl Into<String>) -> Self {
        Self::Answer(status, vec![("location", to.into())], String::new())
    }

    pub fn slow(self, millis: u64) -> Self {
        Self::Slow(Duration::from_millis(millis), Box::new(self))
    }

    pub fn held(self, by: &Hold) -> Self {
        Self::Held(by.clone(), Box::new(self))
    }
}

/// Keeps answers waiting until it is let go.
#[derive(Debug, Clone)]
pub struct Hold(Arc<Semaphore>);

impl Hold {
    pub fn new() -> Self {
        Self(Arc::new(Semaphore::new(0)))
    }

    pub fn let_go(&self) {
        self.0.close();
    }
}

/// Waits until something is so, for as long as only a fault takes.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..6000 {
        if is_so() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("waited for a minute: {what}");
}

/// A request as it arrived.
#[derive(Debug, Clone)]
pub struct RecordedRequest {
    pub target: String,
    pub headers: BTreeMap<String, String>,
}

#[derive(Debug, Default)]
struct State {
    by_target: Mutex<BTreeMap<String, Say>>,
    in_turn: Mutex<VecDeque<Say>>,
    otherwise: Mutex<Option<Say>>,
    asked: Mutex<Vec<RecordedRequest>>,
    count: AtomicUsize,
    bytes: AtomicU64,
}

impl State {
    fn note(&self, request: RecordedRequest) {
        let mut asked = self.asked.lock().unwrap();
        // enough for every assertion, flat in a flood
        if asked.len() < 1000 {
            asked.push(request);
        }
    }
}

#[derive(Debug)]
pub struct Host {
    pub addr: SocketAddr,
    state: Arc<State>,
    task: Option<JoinHandle<()>>,
}

impl Host {
    /// Up, and 404 for everything.
    pub async fn up() -> Self {
        let mut host = Self {
            addr: ([127, 0, 0, 1], 0).into(),
            state: Arc::default(),
            task: None,
        };
        host.start().await;
        host
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.addr)
    }

    pub async fn start(&mut self) {
        let listener = TcpListener::bind(self.addr).await.unwrap();
        self.addr = listener.local_addr().unwrap();
        let state = Arc::clone(&self.state);
        self.task = Some(tokio::spawn(async move {
            // of this task, so that a host that stops drops its connections
            let mut connections = tokio::task::JoinSet::new();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                connections.spawn(serve(stream, Arc::clone(&state)));
                while connections.try_join_next().is_some() {}
            }
        }));
    }

    /// Down: connections are refused.
    pub async fn stop(&mut self) {
        let task = self.task.take().unwrap();
        task.abort();
        let _ = task.await;
    }

    /// From now on, for this path and query.
    pub fn says(&self, target: &str, say: Say) {
        let mut by_target = self.state.by_target.lock().unwrap();
        by_target.insert(target.to_owned(), say);
    }

    /// From now on, for everything not said otherwise.
    pub fn says_always(&self, say: Say) {
        *self.state.otherwise.lock().unwrap() = Some(say);
    }

    /// Once each, in this order, before everything else.
    pub fn says_in_turn(&self, all: impl IntoIterator<Item = Say>) {
        self.state.in_turn.lock().unwrap().extend(all);
    }

    pub fn count(&self) -> usize {
        self.state.count.load(Ordering::SeqCst)
    }

    /// Body bytes written so far.
    pub fn bytes(&self) -> u64 {
        self.state.bytes.load(Ordering::SeqCst)
    }

    pub fn asked(&self) -> Vec<RecordedRequest> {
        self.state.asked.lock().unwrap().clone()
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

async fn serve(mut stream: TcpStream, state: Arc<State>) -> Option<()> {
    let mut head = Vec::new();
    loop {
        while !head.ends_with(b"\r\n\r\n") {
            head.push(stream.read_u8().await.ok()?);
        }
        let text = String::from_utf8(std::mem::take(&mut head)).ok()?;
        let mut lines = text.lines();
        let target = lines.next()?.split(' ').nth(1)?.to_owned();
        let headers = lines.filter_map(|l| l.split_once(": "));
        let headers = headers
            .map(|(k, v)| (k.to_lowercase(), v.to_owned()))
            .collect();
        state.count.fetch_add(1, Ordering::SeqCst);
        let say = state.in_turn.lock().unwrap().pop_front();
        let say = say.or_else(|| state.by_target.lock().unwrap().get(&target).cloned());
        let say = say.or_else(|| state.otherwise.lock().unwrap().clone());
        state.note(RecordedRequest { target, headers });
        let mut say = say.unwrap_or_else(|| Say::status(404));
        loop {
            say = match say {
                Say::Slow(pause, then) => {
                    tokio::time::sleep(pause).await;
                    *then
                }
                Say::Held(hold, then) => {
                    // it is closed when it is let go
                    let _closed = hold.0.acquire().await;
                    *then
                }
                say => break answer(say, &mut stream, &state).await?,
            };
        }
    }
}

async fn answer(say: Say, stream: &mut TcpStream, state: &State) -> Option<()> {
    match say {
        Say::Answer(status, headers, body) => {
            let mut text = format!("HTTP/1.1 {status} X\r\ncontent-length: {}\r\n", body.len());
            for (name, value) in headers {
                text.push_str(&format!("{name}: {value}\r\n"));
            }
            text.push_str("\r\n");
            text.push_str(&body);
            stream.write_all(text.as_bytes()).await.ok()?;
        }
        Say::Endless => {
            let head = b"HTTP/1.1 200 X\r\nconnection: close\r\n\r\n";
            stream.write_all(head).await.ok()?;
            loop {
                let written = stream.write(&[b'A'; 4096]).await.ok()?;
                state.bytes.fetch_add(written as u64, Ordering::SeqCst);
            }
        }
        Say::Announced => {
            let head = b"HTTP/1.1 200 X\r\ncontent-length: 104857600\r\n\r\n";
            stream.write_all(head).await.ok()?;
            tokio::time::sleep(Duration::from_secs(5)).await;
            return None;
        }
        Say::Slow(..) | Say::Held(..) | Say::HangUp => return None,
    }
    Some(())
}

/// A clock that tests move.
#[derive(Debug, Clone)]
pub struct TestClock(Arc<AtomicU64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicU64::new(1_800_000_000)))
    }

    pub fn pass(&self, seconds: u64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }

    pub fn now(&self) -> UnixTime {
        UnixTime::from_seconds(self.0.load(Ordering::SeqCst)).unwrap()
    }

    pub fn reader(&self) -> impl Fn() -> UnixTime + Send + Sync + 'static {
        let clock = self.clone();
        move || clock.now()
    }
}

/// Key hosts on this machine.
pub fn key_hosts(urls: &[String]) -> KeyHosts {
    let urls = urls.iter().map(|u| BaseUrl::http_loopback(u).unwrap());
    KeyHosts::custom(urls, ["example.test"])
}

/// A fetcher with short limits that asks one host for all of the platform's.
pub fn rerouted(host: &Host) -> Fetcher {
    let second = Duration::from_secs(1);
    let builder = Fetcher::builder().connect_timeout(second).timeout(second);
    builder.rerouted_for_tests(host.addr).unwrap()
}

/// A fetcher with short limits.
pub fn fetcher() -> Fetcher {
    let second = Duration::from_secs(1);
    Fetcher::builder()
        .connect_timeout(second)
        .timeout(second)
        .loopback_for_tests()
        .unwrap()
}

pub fn kid(text: &str) -> KeyId {
    KeyId::new(text).unwrap()
}

pub fn vectors(name: &str) -> serde_json::Value {
    let path = format!("{}/../../tests/vectors/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The PEM of one of the test keys.
pub fn pem(kid: &str) -> String {
    let keys = vectors("connect-lifecycle-requests.json");
    keys["keys_by_kid"][kid].as_str().unwrap().to_owned()
}

/// A key set with these keys.
pub fn jwks(kids: &[&str]) -> String {
    let sets = vectors("forge-invocation-requests.json");
    let all = sets["jwks_sets"]["alg"]["keys"].as_array().unwrap();
    let keys: Vec<_> = all
        .iter()
        .filter(|k| kids.contains(&k["kid"].as_str().unwrap()))
        .collect();
    assert_eq!(keys.len(), kids.len());
    serde_json::json!({ "keys": keys }).to_string()
}

/// The ids of the stateful scenarios.
pub fn scenarios() -> Vec<String> {
    let sets = vectors("forge-invocation-requests.json");
    let all = sets["scenarios"].as_array().unwrap();
    all.iter()
        .map(|s| s["id"].as_str().unwrap().to_owned())
        .collect()
}

/// The memory this process holds, in KiB. Only where the process runs one test, as those of nextest
/// do: the others of a shared process hold memory as well.
pub fn resident_kib() -> Option<u64> {
    std::env::var_os("NEXTEST")?;
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|l| l.starts_with("VmRSS:"))?;
    line.split_whitespace().nth(1)?.parse().ok()
}
