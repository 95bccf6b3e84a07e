//! What is asked.

use crate::error::{Error, ErrorKind};
use crate::ids::ForgeAppId;

/// What to ask the Forge License API: the license of the app itself, or of up to ten apps of the
/// same developer space and environment.
///
/// One installation may ask once in five minutes; once an hour is recommended.
///
/// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/license-api/>
///
/// ```
/// use app_license::{ForgeAppId, forge::LicenseApiRequest};
///
/// assert_eq!(LicenseApiRequest::of_self().path(), "/forge/app/v1/license");
/// let app = ForgeAppId::new("35559c21-6120-406b-b7cd-d87f468f6d32")?;
/// assert_eq!(
///     LicenseApiRequest::of_apps(&[app])?.path(),
///     "/forge/app/v1/license?appId=35559c21-6120-406b-b7cd-d87f468f6d32",
/// );
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LicenseApiRequest {
    apps: Vec<ForgeAppId>,
    older_path: bool,
}

impl LicenseApiRequest {
    /// The most apps that one request may name.
    pub const MAX_APPS: usize = 10;
    /// Where a remote asks, with the app system token as `Bearer`.
    pub const ORIGIN: &'static str = "https://api.atlassian.com";

    /// Under which path an app asks for itself.
    pub const PATH: &'static str = "/forge/app/v1/license";

    /// Asks for the app itself.
    #[must_use]
    pub fn of_self() -> Self {
        Self::default()
    }

    /// Asks for these apps.
    ///
    /// # Errors
    /// `too_many` for more than [`Self::MAX_APPS`].
    pub fn of_apps(apps: &[ForgeAppId]) -> Result<Self, Error> {
        if apps.len() > Self::MAX_APPS {
            return Err(ErrorKind::TooMany {
                what: "apps in one License API request",
                limit: Self::MAX_APPS,
                found: apps.len(),
            }
            .into());
        }
        Ok(Self {
            apps: apps.to_vec(),
            older_path: false,
        })
    }

    /// Whether to ask under the path of before May 2026, `/forge/installation/v1/license`.
    ///
    /// ```
    /// # use app_license::forge::LicenseApiRequest;
    /// let request = LicenseApiRequest::of_self().older_path(true);
    /// assert_eq!(request.path(), "/forge/installation/v1/license");
    /// ```
    #[must_use]
    pub const fn older_path(mut self, yes: bool) -> Self {
        self.older_path = yes;
        self
    }

    /// The path and query to `GET`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut path = String::from(if self.older_path {
            "/forge/installation/v1/license"
        } else {
            Self::PATH
        });
        for (n, app) in self.apps.iter().enumerate() {
            path.push_str(if n == 0 { "?appId=" } else { "&appId=" });
            path.push_str(app.uuid());
        }
        path
    }
}
