//! The routes of the app under test.

/// What proves a request on a route.
///
/// ```
/// use app_license_testkit::probe::RouteKind;
/// assert_eq!(RouteKind::Page.name(), "page");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum RouteKind {
    /// Connect `installed`: RS256.
    Installed,
    /// Connect `uninstalled`: RS256.
    Uninstalled,
    /// Connect `enabled` and `disabled`: HS256 bound to the URL.
    Lifecycle,
    /// A Connect page or webhook: HS256 bound to the URL.
    Page,
    /// Called by the app's own front end: a context token.
    FrontEnd,
    /// A Forge remote: an invocation token.
    Remote,
    /// The lifecycle route of a Forge remote: an invocation token of the platform or a function, never
    /// of a user's page.
    ForgeLifecycle,
}

impl RouteKind {
    /// A name for machines.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Uninstalled => "uninstalled",
            Self::Lifecycle => "lifecycle",
            Self::Page => "page",
            Self::FrontEnd => "front-end",
            Self::Remote => "remote",
            Self::ForgeLifecycle => "forge-lifecycle",
        }
    }
}

/// A route of the app under test.
///
/// ```
/// use app_license_testkit::probe::{Route, RouteKind};
/// let route = Route::new(RouteKind::FrontEnd, "POST", "/api/report");
/// assert_eq!(route.target(), "/api/report");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    pub(super) kind: RouteKind,
    pub(super) method: &'static str,
    pub(super) target: String,
}

impl Route {
    /// A route: what proves a request, the method, path and query under the app's base URL.
    #[must_use]
    pub fn new(kind: RouteKind, method: &'static str, target: &str) -> Self {
        Self {
            kind,
            method,
            target: target.to_owned(),
        }
    }

    /// A page: GET, HS256 bound to the URL.
    #[must_use]
    pub fn page(target: &str) -> Self {
        Self::new(RouteKind::Page, "GET", target)
    }

    /// The four lifecycle routes at their usual paths.
    ///
    /// ```
    /// use app_license_testkit::probe::Route;
    /// assert_eq!(Route::lifecycle().len(), 4);
    /// ```
    #[must_use]
    pub fn lifecycle() -> Vec<Self> {
        vec![
            Self::new(RouteKind::Installed, "POST", "/installed"),
            Self::new(RouteKind::Lifecycle, "POST", "/enabled"),
            Self::new(RouteKind::Lifecycle, "POST", "/disabled"),
            Self::new(RouteKind::Uninstalled, "POST", "/uninstalled"),
        ]
    }

    /// The lifecycle route of a Forge remote at its usual path.
    ///
    /// ```
    /// use app_license_testkit::probe::{Route, RouteKind};
    /// assert_eq!(Route::forge_lifecycle().kind(), RouteKind::ForgeLifecycle);
    /// ```
    #[must_use]
    pub fn forge_lifecycle() -> Self {
        Self::new(RouteKind::ForgeLifecycle, "POST", "/forge/lifecycle")
    }

    /// In which order routes are attacked, and their honest requests sent.
    pub(super) fn rank(&self) -> u8 {
        match self.kind {
            RouteKind::Page | RouteKind::FrontEnd | RouteKind::Remote => 0,
            RouteKind::Installed => 1,
            RouteKind::Lifecycle if self.target.contains("disable") => 3,
            RouteKind::Lifecycle => 2,
            // before `uninstalled`, which ends the Forge half of an app with both, too
            RouteKind::ForgeLifecycle => 4,
            RouteKind::Uninstalled => 5,
        }
    }

    /// What proves a request.
    #[must_use]
    pub const fn kind(&self) -> RouteKind {
        self.kind
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// Path and query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }
}
