//! What a token of the Forge half of a customer says.

use super::key::InstallationKey;
use crate::forge::InvocationToken;
use crate::ids::{CloudId, ForgeAppId, InstallationAri};
use crate::open_text::EnvironmentType;
use crate::time::UnixTime;

/// What a verified Forge token says of the customer, apart from the license.
///
/// ```
/// use app_license::{CloudId, ForgeAppId, ForgeHalf, InstallationAri, InstallationKey, UnixTime};
/// let half = ForgeHalf {
///     installation: InstallationAri::new("ari:cloud:ecosystem::installation/7ab5a4a1")?,
///     app: ForgeAppId::new("8db33809-1f69-42a5-8e40-8b6e0b3f8d11")?,
///     cloud_id: Some(CloudId::new("11111111-2222-4333-8444-555555555555")?),
///     product: Some("jira".to_owned()),
///     is_production: true,
///     issued_at: UnixTime::EPOCH,
/// };
/// let key = InstallationKey::of_site("jira", half.cloud_id.as_ref().unwrap())?;
/// assert_eq!(half.site_key(), Some(key));
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(
    clippy::exhaustive_structs,
    reason = "what a token says, for those who read tokens themselves"
)]
pub struct ForgeHalf {
    /// The installation.
    pub installation: InstallationAri,
    /// The app.
    pub app: ForgeAppId,
    /// The site, where the token names it.
    pub cloud_id: Option<CloudId>,
    /// The product that the app is installed in, `jira`, where it is one alone.
    pub product: Option<String>,
    /// Whether the app is installed from its production environment.
    pub is_production: bool,
    /// When the token was issued (UTC).
    pub issued_at: UnixTime,
}

/// What a verified token of Forge came with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(clippy::exhaustive_enums, reason = "a token comes with one of the two")]
pub enum ForgeCall {
    /// An invocation, which is to be served.
    Invocation,
    /// A lifecycle event, which is to be stored.
    Event,
}

impl From<&InvocationToken> for ForgeHalf {
    fn from(token: &InvocationToken) -> Self {
        let mut products = token.contexts().iter().filter_map(|context| context.name());
        let first = products.next();
        let only = first.filter(|first| products.all(|other| other == *first));
        Self {
            installation: token.installation_id().clone(),
            app: token.app_id().clone(),
            cloud_id: token.cloud_id().cloned(),
            product: only.map(str::to_owned),
            is_production: token.environment_type() == Some(&EnvironmentType::PRODUCTION),
            issued_at: token.issued_at(),
        }
    }
}

impl ForgeHalf {
    /// Under which key the link of its site and product is; `None` where the token does not name both,
    /// or is not of production: another environment is no customer.
    #[must_use]
    pub fn site_key(&self) -> Option<InstallationKey> {
        let (product, cloud_id) = (self.product.as_deref()?, self.cloud_id.as_ref()?);
        let key = InstallationKey::of_site(product, cloud_id).ok()?;
        self.is_production.then_some(key)
    }
}
