//! The platform of a case: every host of it, at one address of this machine.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use serde_json::Value;
use sha2::Sha256;

use crate::file::{Case, File, PlatformResponse, Tenant};

/// How long a connection is held that gets no answer: longer than any client waits.
const SILENCE: Duration = Duration::from_secs(10);

/// Answers for the whole platform.
pub(crate) struct Platform {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
    ended: Arc<AtomicBool>,
}

impl Drop for Platform {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        // lets it see that
        let _woken = TcpStream::connect(self.address);
    }
}

#[derive(Default)]
struct State {
    answers: BTreeMap<String, Vec<PlatformResponse>>,
    documents: BTreeMap<String, String>,
    tenants: Vec<Tenant>,
    app_key: String,
    clock: u64,
    at: u64,
    fetched: Vec<String>,
    /// What is wrong with what the shell sent.
    complaints: Vec<String>,
}

impl Platform {
    /// Plays a case, at an address of its own: what the app of another case fetches late does not count.
    pub(crate) fn start(file: &File, case: &Case, app: &Value) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").context("no place for the platform")?;
        let address = listener.local_addr()?;
        let app_key = app.pointer("/connect/key").and_then(Value::as_str);
        let state = Arc::new(Mutex::new(State {
            answers: case.platform.clone(),
            documents: file.documents.clone(),
            tenants: file.tenants.values().cloned().collect(),
            app_key: app_key.unwrap_or_default().to_owned(),
            clock: case.clock,
            ..State::default()
        }));
        let ended = Arc::new(AtomicBool::new(false));
        let (shared, is_over) = (Arc::clone(&state), Arc::clone(&ended));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                if is_over.load(Ordering::SeqCst) {
                    break;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || drop(answer(stream, &state)));
            }
        });
        Ok(Self {
            address,
            state,
            ended,
        })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(crate) fn set_time(&self, at: u64) {
        self.lock().at = at;
    }

    pub(crate) fn fetches(&self) -> u64 {
        u64::try_from(self.lock().fetched.len()).unwrap_or(u64::MAX)
    }

    pub(crate) fn fetched(&self) -> BTreeMap<String, u64> {
        let mut counts = BTreeMap::new();
        for url in &self.lock().fetched {
            *counts.entry(url.clone()).or_default() += 1;
        }
        counts
    }

    pub(crate) fn complaints(&self) -> Vec<String> {
        self.lock().complaints.clone()
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What a fetch is answered by: status, headers, body, and how much of it comes.
struct Reply {
    status: u16,
    headers: Vec<(String, String)>,
    body: String,
    fault: Option<String>,
}

impl State {
    fn reply(&mut self, url: &str, authorization: &str) -> Reply {
        self.fetched.push(url.to_owned());
        if url.contains("/rest/atlassian-connect/1/addons/")
            && let Err(complaint) = self.check_signature(url, authorization)
        {
            self.complaints.push(format!("{url}: {complaint}"));
        }
        let at = i64::try_from(self.at).unwrap_or(i64::MAX);
        let due = |answer: &&PlatformResponse| answer.from.is_none_or(|from| from <= at);
        let mut answers = self.answers.get(url).into_iter().flatten();
        let Some(answer) = answers.rfind(due) else {
            return Reply::of(404, "");
        };
        if let Some(wanted) = &answer.authorization
            && wanted != authorization
        {
            return Reply::of(401, "{}");
        }
        let body = answer.body.as_ref();
        Reply {
            status: answer.status.unwrap_or(200),
            headers: answer.headers.clone(),
            body: body
                .map(|body| body.read(&self.documents))
                .unwrap_or_default(),
            fault: answer.fault.clone(),
        }
    }

    /// A call of the Connect License API is signed by the app, for the tenant, and fresh.
    fn check_signature(&self, url: &str, authorization: &str) -> Result<(), &'static str> {
        let token = authorization
            .strip_prefix("JWT ")
            .ok_or("no token of the scheme JWT")?;
        let (signed, signature) = token.rsplit_once('.').ok_or("no token")?;
        let tenant = self.tenants.iter().find(|it| {
            let rest = url.strip_prefix(&it.base_url);
            rest.is_some_and(|rest| rest.starts_with('/'))
        });
        let tenant = tenant.ok_or("a site of no tenant")?;
        let signature = URL_SAFE_NO_PAD
            .decode(signature)
            .map_err(|_| "no base64url")?;
        let by = |secret: &String| {
            let mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes());
            mac.is_ok_and(|mac| {
                mac.chain_update(signed.as_bytes())
                    .verify_slice(&signature)
                    .is_ok()
            })
        };
        if !tenant.secrets.iter().any(by) {
            return Err("not signed with a secret of the tenant");
        }
        let claims = signed.split('.').nth(1).unwrap_or_default();
        let claims = URL_SAFE_NO_PAD.decode(claims).map_err(|_| "no base64url")?;
        let claims: Value = serde_json::from_slice(&claims).map_err(|_| "claims are no JSON")?;
        if claims["iss"] != self.app_key {
            return Err("`iss` is not the app's key");
        }
        if claims["iat"]
            .as_u64()
            .is_none_or(|iat| iat.abs_diff(self.clock + self.at) > 60)
        {
            return Err("`iat` is not now");
        }
        if claims["qsh"].as_str().is_none_or(|qsh| qsh.len() != 64) {
            return Err("`qsh` is no query hash");
        }
        Ok(())
    }
}

impl Reply {
    fn of(status: u16, body: &str) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.to_owned(),
            fault: None,
        }
    }
}

fn answer(mut stream: TcpStream, state: &Mutex<State>) -> Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let first = lines.next().context("nothing was asked")??;
    let target = first.split(' ').nth(1).unwrap_or_default().to_owned();
    let (mut host, mut url, mut authorization) = (String::new(), None, String::new());
    for line in lines {
        let line = line?;
        let Some((name, value)) = line.split_once(':') else {
            break;
        };
        match (name.to_ascii_lowercase().as_str(), value.trim()) {
            ("host", value) => value.clone_into(&mut host),
            // for programs that cannot choose the header `Host`
            ("x-platform-url", value) => url = Some(value.to_owned()),
            ("authorization", value) => value.clone_into(&mut authorization),
            _ => {}
        }
    }
    let url = url.unwrap_or_else(|| format!("https://{host}{target}"));
    let reply = lock(state).reply(&url, &authorization);
    let mut sent = reply.body.as_str();
    match reply.fault.as_deref() {
        Some("unreachable") => {
            stream.shutdown(Shutdown::Both)?;
            return Ok(());
        }
        Some("timeout") => {
            std::thread::sleep(SILENCE);
            return Ok(());
        }
        Some("truncated") => sent = sent.get(..sent.len() / 2).unwrap_or_default(),
        _ => {}
    }
    let length = reply.body.len();
    let mut head = format!(
        "HTTP/1.1 {} X\r\ncontent-length: {length}\r\n",
        reply.status
    );
    for (name, value) in &reply.headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str("connection: close\r\n\r\n");
    stream.write_all(head.as_bytes())?;
    stream.write_all(sent.as_bytes())?;
    stream.shutdown(Shutdown::Write)?;
    Ok(())
}
