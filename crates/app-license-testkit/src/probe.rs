//! The attacks that security reviewers run, against every route of an app.
//!
//! A route must answer every attack with 400 or more, and the platform's own request with less.
//!
//! In order, whatever the order of the routes: the honest requests of pages, front end and remotes; the
//! attacks on these; the attacks on lifecycle routes; then the honest requests of pages, front end and
//! remotes once more, so that an attack that changed something is seen, and of lifecycle routes, `enabled`
//! before `disabled` before what removes the app: its Forge half first, then all of it. A report with a
//! refused control is not clean: an app that refuses everybody withstands everything.
//! Give the probe two tenants that are
//! installed in the app under test, and it signs attacks that only the platform or a neighbor
//! could: an expired token, the hash of another path, the token of another tenant, a context
//! token on a lifecycle route. Without tenants it runs what a stranger can.
//!
//! Probe your own app only, and an instance that may be broken: an app with holes takes the
//! forged installs.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
//! use app_license_testkit::probe::{Route, probe};
//! use app_license_testkit::{InjectedFault, MockHost, Service};
//!
//! // an app that greets everybody, made of a mock service
//! let host = MockHost::start().await?;
//! host.set_fault(Service::Sites, InjectedFault::Html);
//! let report = probe(&host.sites_url().unwrap(), &[Route::page("/panel")]).await?;
//! assert!(!report.is_clean());
//! assert_eq!(report.findings()[0].attack(), "no-token");
//! # Ok::<(), app_license_testkit::Error>(()) }).unwrap();
//! ```

mod attack;
mod report;
mod route;

use std::net::IpAddr;

use crate::deliver::{client, send};
use crate::error::{Error, ErrorKind};
use crate::tenant::Tenant;
use attack::Must;
pub use report::{Outcome, ProbeReport};
pub use route::{Route, RouteKind};

/// Runs what a stranger can run: no token, unsigned tokens, guessed secrets, on every route.
///
/// # Errors
/// As [`Probe::run`].
pub async fn probe(app_base_url: &str, routes: &[Route]) -> Result<ProbeReport, Error> {
    Probe::new(app_base_url).routes(routes).run().await
}

/// A probe with everything that can be set. See [the module](self).
///
/// ```
/// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(async {
/// use app_license_testkit::probe::{Probe, Route};
/// use app_license_testkit::{App, MockHost};
///
/// let host = MockHost::start().await?;
/// let address = host.sites_url().unwrap(); // answers 404 or 405 to everything here
/// let app = App::connect("com.example.app", &address)?;
/// let (acme, other) = (host.tenant(&app, "acme")?, host.tenant(&app, "other")?);
/// acme.install()?;
/// other.install()?;
/// let report = Probe::new(&address)
///     .routes(&Route::lifecycle())
///     .tenants(&acme, &other)
///     .run()
///     .await?;
/// assert!(report.findings().is_empty());
/// assert!(!report.refused_controls().is_empty()); // but it refuses the platform too
/// assert!(!report.is_clean());
/// # Ok::<(), app_license_testkit::Error>(()) }).unwrap();
/// ```
#[derive(Debug, Clone)]
pub struct Probe {
    base_url: String,
    routes: Vec<Route>,
    tenants: Option<(Tenant, Tenant)>,
}

impl Probe {
    /// A probe of the app at this base URL.
    #[must_use]
    pub fn new(app_base_url: &str) -> Self {
        Self {
            base_url: app_base_url.trim_end_matches('/').to_owned(),
            routes: Vec::new(),
            tenants: None,
        }
    }

    /// Adds routes.
    #[must_use]
    pub fn routes(mut self, routes: &[Route]) -> Self {
        self.routes.extend_from_slice(routes);
        self
    }

    /// Two tenants that are installed in the app under test. The first is attacked, the second is
    /// the neighbor whose tokens must not work for it.
    #[must_use]
    pub fn tenants(mut self, victim: &Tenant, neighbor: &Tenant) -> Self {
        self.tenants = Some((victim.clone(), neighbor.clone()));
        self
    }

    /// Runs every attack on every route, one after the other.
    ///
    /// # Errors
    /// `invalid` when the app is not on this machine,
    /// `not_installed` when a tenant is not, `network` when the app cannot be reached.
    pub async fn run(&self) -> Result<ProbeReport, Error> {
        if !is_local(&self.base_url) {
            return Err(ErrorKind::Invalid {
                what: "address on this machine",
                found: self.base_url.clone(),
            }
            .into());
        }
        let client = client()?;
        let mut report = ProbeReport::default();
        let mut routes: Vec<&Route> = self.routes.iter().collect();
        routes.sort_by_key(|route| route.rank());
        let (others, lifecycle): (Vec<_>, Vec<_>) =
            routes.into_iter().partition(|route| route.rank() == 0);
        let of = |route| attack::all(&self.base_url, route, self.tenants.as_ref());
        let (mut before, mut attacks, mut after) = (Vec::new(), Vec::new(), Vec::new());
        for route in &others {
            before.extend(of(route)?.into_iter().map(|it| (*route, it)));
        }
        before.retain(|(_, it)| it.must == Must::Accept);
        for route in others.iter().chain(&lifecycle) {
            for attack in of(route)? {
                match attack.must {
                    Must::Refuse => attacks.push((*route, attack)),
                    Must::Accept => after.push((*route, attack)),
                }
            }
        }
        for (route, attack) in before.into_iter().chain(attacks).chain(after) {
            let request = attack.request.to(&self.base_url);
            let answer = send(&client, &request).await?;
            report.add(Outcome::new(route, attack.name, attack.must, &answer));
        }
        Ok(report)
    }
}

fn is_local(base_url: &str) -> bool {
    let Ok(url) = url::Url::parse(base_url) else {
        return false;
    };
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
        Some(url::Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
        None => false,
    }
}
