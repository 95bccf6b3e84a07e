//! The servers: one port of loopback a service.

mod socket;

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Weak};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::error::{Error, ErrorKind};
use crate::fault::{Fault, Service, Switch};
use crate::host::{MockHost, Shared};
use crate::keys::SigningKey;
use crate::world::World;

/// The running servers; they stop when this is dropped.
pub(crate) struct Servers {
    addresses: BTreeMap<Service, SocketAddr>,
    tasks: Vec<tokio::task::JoinHandle<()>>,
}

impl Servers {
    pub(crate) async fn start(shared: Arc<Shared>, first: Option<u16>) -> Result<Self, Error> {
        let mut addresses = BTreeMap::new();
        let mut tasks = Vec::new();
        for (offset, service) in (0_u16..).zip(Service::ALL) {
            let port = first.map_or(0, |first| first.saturating_add(offset));
            let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
            let bound = listener.and_then(|it| it.local_addr().map(|address| (it, address)));
            let (listener, address) = bound.map_err(|error| ErrorKind::Network {
                what: "opening a port on loopback",
                why: error.to_string(),
            })?;
            addresses.insert(service, address);
            if service == Service::Sites {
                // set once: a platform starts once
                let _ = shared.sites_url.set(format!("http://{address}"));
            }
            let switch = shared.faults.switch(service);
            let listener = socket::Listener::new(listener, Arc::clone(&switch));
            let desk = Desk {
                shared: Arc::downgrade(&shared),
                switch,
                service,
                own: format!("http://{address}"),
            };
            let router = Router::new().fallback(answer).with_state(Arc::new(desk));
            tasks.push(tokio::spawn(async move {
                // serving on an open listener does not end
                let _ = axum::serve(listener, router).await;
            }));
        }
        Ok(Self { addresses, tasks })
    }

    pub(crate) fn url(&self, service: Service) -> Option<String> {
        let address = self.addresses.get(&service)?;
        Some(format!("http://{address}"))
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
    }
}

/// What one server knows.
struct Desk {
    shared: Weak<Shared>,
    switch: Arc<Switch>,
    service: Service,
    own: String,
}

/// Marks an address that a redirect led to.
const LED: &str = "redirected=1";

async fn answer(State(desk): State<Arc<Desk>>, request: Request) -> Response {
    desk.switch.hit();
    let query = request.uri().query().unwrap_or_default();
    let fault = desk.switch.fault().filter(|_| !query.contains(LED));
    match fault {
        None | Some(Fault::Down) => desk.right(&request, false),
        Some(Fault::Slow(time)) => {
            tokio::time::sleep(time).await;
            desk.right(&request, false)
        }
        Some(Fault::Wrong) => desk.right(&request, true),
        Some(Fault::Status(status)) => text(status, "text/plain", "out of order".into()),
        Some(Fault::TooManyRequests { retry_after }) => {
            let mut response = text(429, "text/plain", "too many requests".into());
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after.into());
            response
        }
        Some(Fault::Html) => text(
            200,
            "text/html",
            "<!doctype html><title>We will be back</title><p>We will be back.".into(),
        ),
        Some(Fault::Rubbish) => text(
            200,
            "application/octet-stream",
            vec![0xff, 0x00, 0xfe, 0x80, b'{', 0xc3].into(),
        ),
        Some(Fault::Redirect) => {
            let path = request.uri().path();
            let joint = if query.is_empty() { "" } else { "&" };
            let to = format!("{}{path}?{query}{joint}{LED}", desk.own);
            let mut response = text(302, "text/plain", "elsewhere".into());
            if let Ok(to) = to.parse() {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Some(Fault::Huge(bytes)) => text(200, "text/plain", vec![b'a'; bytes].into()),
    }
}

impl Desk {
    /// The answer of a service in order; or in order, but another's.
    fn right(&self, request: &Request, wrong: bool) -> Response {
        let Some(shared) = self.shared.upgrade() else {
            return text(503, "text/plain", "the host has stopped".into());
        };
        if request.method() != Method::GET {
            return text(405, "text/plain", "only GET".into());
        }
        let host = MockHost::without_servers(shared);
        let path = request.uri().path();
        match self.service {
            Service::InstallKeys | Service::InstallKeysFallback => {
                install_key(&host, path.trim_start_matches('/'), wrong)
            }
            Service::ForgeKeys if path == "/.well-known/jwks.json" => {
                let mut set = host.jwks();
                if wrong {
                    spoil(&mut set);
                }
                json_answer(200, &set)
            }
            Service::ForgeApi
                if matches!(
                    path,
                    "/forge/app/v1/license" | "/forge/installation/v1/license"
                ) =>
            {
                let bearer = credentials(request.headers(), "Bearer");
                let query = request.uri().query().unwrap_or_default();
                let (status, mut body, after) =
                    crate::forge::license_api::answer(&host, bearer, query);
                if wrong && let Some(Value::Array(results)) = body.get_mut("results") {
                    for result in results {
                        put(
                            result,
                            "appId",
                            json!("00000000-0000-4000-8000-000000000000"),
                        );
                    }
                }
                let mut response = json_answer(status, &body);
                if let Some(seconds) = after {
                    response
                        .headers_mut()
                        .insert(header::RETRY_AFTER, seconds.into());
                }
                response
            }
            Service::Sites => connect_license(&host, path, request.headers(), wrong),
            _ => text(404, "text/plain", "not found".into()),
        }
    }
}

fn install_key(host: &MockHost, id: &str, wrong: bool) -> Response {
    let pem = host.world(|world| {
        let key = world.install_keys.find(id);
        key.map(SigningKey::public_pem)
    });
    let pem = if wrong {
        SigningKey::shipped_second()
            .ok()
            .map(|key| key.public_pem())
    } else {
        pem
    };
    match pem {
        Some(pem) => text(200, "application/x-pem-file", pem.into()),
        None => text(404, "text/plain", "not found".into()),
    }
}

fn connect_license(host: &MockHost, path: &str, headers: &HeaderMap, wrong: bool) -> Response {
    let found = host.tenants().into_iter().find_map(|tenant| {
        let context = tenant.site().product().ok()?.context_path();
        let head = format!("/{}{context}/rest/atlassian-connect/1/addons/", tenant.site);
        let key = path.strip_prefix(&head)?;
        (tenant.app_name() == key).then(|| (tenant.clone(), key.to_owned()))
    });
    let Some((tenant, key)) = found else {
        let body = json!({"status-code": 404, "message": "Add-on was not found"});
        return json_answer(404, &body);
    };
    let token = credentials(headers, "JWT");
    let (status, mut body) = crate::connect::license_api::answer(&tenant, &key, token);
    if wrong {
        put(&mut body, "key", json!("com.example.another"));
    }
    json_answer(status, &body)
}

/// The JWKS: every key of the ring.
pub(crate) fn jwks(world: &World) -> Value {
    let keys: Vec<Value> = world
        .forge_keys
        .iter()
        .map(SigningKey::public_jwk)
        .collect();
    json!({ "keys": keys })
}

/// The same ids with another key behind them.
fn spoil(set: &mut Value) {
    let other = SigningKey::shipped_first().map(|key| key.public_jwk());
    if let (Some(Value::Array(keys)), Ok(other)) = (set.get_mut("keys"), other) {
        for key in keys {
            put(key, "n", other.get("n").cloned().unwrap_or_default());
        }
    }
}

fn put(object: &mut Value, name: &str, value: Value) {
    if let Some(fields) = object.as_object_mut() {
        fields.insert(name.to_owned(), value);
    }
}

fn credentials<'a>(headers: &'a HeaderMap, scheme: &str) -> Option<&'a str> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (found, token) = value.split_once(' ')?;
    found.eq_ignore_ascii_case(scheme).then_some(token)
}

fn json_answer(status: u16, body: &Value) -> Response {
    text(status, "application/json", body.to_string().into())
}

fn text(status: u16, kind: &'static str, body: Body) -> Response {
    Response::builder()
        .status(status)
        .header(header::CONTENT_TYPE, kind)
        .body(body)
        .unwrap_or_else(|_| axum::http::StatusCode::INTERNAL_SERVER_ERROR.into_response())
}
