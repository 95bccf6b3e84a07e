//! The servers: one port of loopback a service, and one for all of them.

mod servers;
mod socket;

use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, Weak};

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request, State};
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

pub(crate) use self::servers::Servers;
use self::socket::{Listener, Wire};
use crate::error::{Error, ErrorKind};
use crate::fault::{InjectedFault, Service};
use crate::host::{MockHost, Shared};
use crate::keys::SigningKey;

/// Opens a port for each service, and one for all of them, where the `Host` header decides.
pub(crate) async fn start(shared: Arc<Shared>, first: Option<u16>) -> Result<Servers, Error> {
    let mut addresses = BTreeMap::new();
    let mut tasks = Vec::new();
    let services = Service::ALL.into_iter().map(Some).chain([None]);
    for (offset, service) in (0_u16..).zip(services) {
        let port = first.map_or(0, |first| first.saturating_add(offset));
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
        let bound = listener.and_then(|it| it.local_addr().map(|address| (it, address)));
        let (listener, address) = bound.map_err(|error| ErrorKind::Network {
            what: "opening a port on loopback",
            why: error.to_string(),
        })?;
        addresses.insert(service, address);
        if service == Some(Service::Sites) {
            // set once: a platform starts once
            let _ = shared.sites_url.set(format!("http://{address}"));
        }
        let state = ServiceState {
            shared: Arc::downgrade(&shared),
            service,
        };
        let router = Router::new().fallback(answer).with_state(Arc::new(state));
        let service = router.into_make_service_with_connect_info::<Wire>();
        tasks.push(tokio::spawn(async move {
            // serving on an open listener does not end
            let _ = axum::serve(Listener(listener), service).await;
        }));
    }
    Ok(Servers { addresses, tasks })
}

/// What one server knows.
struct ServiceState {
    shared: Weak<Shared>,
    /// `None` for the gateway.
    service: Option<Service>,
}

/// Marks an address that a redirect led to.
const LED: &str = "redirected=1";

async fn answer(
    State(state): State<Arc<ServiceState>>,
    ConnectInfo(wire): ConnectInfo<Wire>,
    request: Request,
) -> Response {
    let Some(shared) = state.shared.upgrade() else {
        return text(503, "text/plain", "the host has stopped".into());
    };
    let service = state.service.unwrap_or_else(|| service_of(host(&request)));
    let switch = shared.faults.switch(service);
    switch.hit();
    let query = request.uri().query().unwrap_or_default();
    let fault = switch.fault().filter(|_| !query.contains(LED));
    match fault {
        None => right(shared, service, &request, Twist::None),
        Some(InjectedFault::Down) => {
            wire.cut();
            text(503, "text/plain", Body::empty())
        }
        Some(InjectedFault::Slow(time)) => {
            tokio::time::sleep(time).await;
            right(shared, service, &request, Twist::None)
        }
        Some(InjectedFault::Wrong) => right(shared, service, &request, Twist::Wrong),
        Some(InjectedFault::Status(status)) => text(status, "text/plain", "out of order".into()),
        Some(InjectedFault::TooManyRequests { retry_after }) => {
            let mut response = text(429, "text/plain", "too many requests".into());
            response
                .headers_mut()
                .insert(header::RETRY_AFTER, retry_after.into());
            response
        }
        Some(InjectedFault::Html) => text(
            200,
            "text/html",
            "<!doctype html><title>We will be back</title><p>We will be back.".into(),
        ),
        Some(InjectedFault::Rubbish) => text(
            200,
            "application/octet-stream",
            vec![0xff, 0x00, 0xfe, 0x80, b'{', 0xc3].into(),
        ),
        Some(InjectedFault::Redirect) => {
            let joint = if query.is_empty() { "" } else { "&" };
            let to = format!("{}?{query}{joint}{LED}", request.uri().path());
            let mut response = text(302, "text/plain", "elsewhere".into());
            if let Ok(to) = to.parse() {
                response.headers_mut().insert(header::LOCATION, to);
            }
            response
        }
        Some(InjectedFault::Huge(bytes)) => text(200, "text/plain", vec![b'a'; bytes].into()),
        Some(InjectedFault::WithoutField(field)) => {
            right(shared, service, &request, Twist::Without(&field))
        }
    }
}

fn host(request: &Request) -> &str {
    let value = request.headers().get(header::HOST);
    let host = value.and_then(|value| value.to_str().ok());
    host.unwrap_or_default()
}

/// Which service has this host on the platform; a site, if no other.
fn service_of(host: &str) -> Service {
    let host = host.split(':').next().unwrap_or_default();
    if host.starts_with("asap-distribution.") {
        Service::InstallKeys
    } else if host.starts_with("connect-install-keys.") || host.starts_with("cs-migrations--") {
        Service::InstallKeysFallback
    } else if host.starts_with("forge.") {
        Service::ForgeKeys
    } else if host.starts_with("api.") {
        Service::ForgeApi
    } else {
        Service::Sites
    }
}

/// What is changed of an answer.
#[derive(Clone, Copy)]
enum Twist<'a> {
    None,
    /// It is another's.
    Wrong,
    /// A license lacks this field.
    Without(&'a str),
}

/// The answer of a service in order, or changed.
fn right(shared: Arc<Shared>, service: Service, request: &Request, twist: Twist<'_>) -> Response {
    let wrong = matches!(twist, Twist::Wrong);
    if request.method() != Method::GET {
        return text(405, "text/plain", "only GET".into());
    }
    let platform = MockHost::without_servers(shared);
    let path = request.uri().path();
    match service {
        Service::InstallKeys | Service::InstallKeysFallback => {
            install_key(&platform, path.trim_start_matches('/'), wrong)
        }
        Service::ForgeKeys if path == "/.well-known/jwks.json" => {
            let mut set = platform.jwks();
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
            forge_license(&platform, request, twist)
        }
        Service::Sites => connect_license(&platform, host(request), path, request, twist),
        _ => text(404, "text/plain", "not found".into()),
    }
}

fn forge_license(platform: &MockHost, request: &Request, twist: Twist<'_>) -> Response {
    let bearer = credentials(request.headers(), "Bearer");
    let query = request.uri().query().unwrap_or_default();
    let (status, mut body, after) = crate::forge::license_api::answer(platform, bearer, query);
    if let Some(Value::Array(results)) = body.get_mut("results") {
        for result in results {
            match twist {
                Twist::None => {}
                Twist::Wrong => {
                    let other = "00000000-0000-4000-8000-000000000000";
                    put(result, "appId", json!(other));
                }
                Twist::Without(field) => drop_field(result, field),
            }
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

fn install_key(platform: &MockHost, id: &str, wrong: bool) -> Response {
    let pem = platform.world(|world| {
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

/// A site is found by the first segment of the path, or by the `Host` header.
fn connect_license(
    platform: &MockHost,
    host: &str,
    path: &str,
    request: &Request,
    twist: Twist<'_>,
) -> Response {
    let found = platform.tenants().into_iter().find_map(|tenant| {
        let (context, domain) = platform.world(|world| {
            let site = world.site(&tenant.site).ok()?;
            Some((site.product.context_path(), site.host.clone()))
        })?;
        let rest = path
            .strip_prefix('/')
            .and_then(|rest| rest.strip_prefix(tenant.site.as_str()))
            .or_else(|| (host == domain).then_some(path))?;
        let rest = rest.strip_prefix(context)?;
        let key = rest.strip_prefix("/rest/atlassian-connect/1/addons/")?;
        (tenant.app_name() == key).then(|| (tenant.clone(), key.to_owned()))
    });
    let Some((tenant, key)) = found else {
        let body = json!({"status-code": 404, "message": "Add-on was not found"});
        return json_answer(404, &body);
    };
    let token = credentials(request.headers(), "JWT");
    let (status, mut body) = crate::connect::license_api::answer(&tenant, &key, token);
    match twist {
        Twist::None => {}
        Twist::Wrong => put(&mut body, "key", json!("com.example.another")),
        Twist::Without(field) => drop_field(&mut body, field),
    }
    json_answer(status, &body)
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

/// Takes a field out of an object's `license`.
fn drop_field(object: &mut Value, field: &str) {
    if let Some(Value::Object(license)) = object.get_mut("license") {
        license.remove(field);
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
