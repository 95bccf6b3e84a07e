//! Reading a lifecycle body: strict types, empty strings absent, unknown fields kept in the text.

use crate::gate::json::{Scanner, Value};
use zeroize::Zeroizing;

use super::{LifecycleBody, LifecycleKind};
use crate::capability::Capability;
use crate::document::{Field, ReadError, name_of, read_object};
use crate::error::{Error, ErrorKind};
use crate::ids::{AppKey, ClientKey, CloudId, InstallationAri};

const WHAT: &str = "lifecycle body";
/// The largest body that is read, in bytes.
const MAX_BYTES: usize = 256 * 1024;
/// The longest URL, in bytes.
const MAX_URL: usize = 2048;

const fn field(name: &'static str) -> Field {
    Field { what: WHAT, name }
}

/// The known fields, as text.
#[derive(Default)]
struct Fields {
    event_type: Option<String>,
    key: Option<String>,
    client_key: Option<String>,
    base_url: Option<String>,
    product_type: Option<String>,
    shared_secret: Option<Zeroizing<String>>,
    display_url: Option<String>,
    display_url_servicedesk_help_center: Option<String>,
    description: Option<String>,
    service_entitlement_number: Option<String>,
    entitlement_id: Option<String>,
    entitlement_number: Option<String>,
    oauth_client_id: Option<String>,
    account_id: Option<String>,
    capability_set: Option<String>,
    installation_id: Option<String>,
    cloud_id: Option<String>,
}

impl LifecycleBody {
    /// Reads the body of a lifecycle event.
    ///
    /// # Errors
    /// `field_missing`, `field_type`, `field_value` (an unknown `eventType`), `invalid_id`,
    /// `json_…` (also for a key that occurs twice), `too_large` over 256 KiB.
    pub fn parse(body: &[u8]) -> Result<Self, Error> {
        let body = Self::parse_unsigned(body)?;
        if body.kind == LifecycleKind::Installed && body.shared_secret.is_none() {
            return Err(field("sharedSecret").missing().into());
        }
        Ok(body)
    }

    /// Reads a body that may lack its secret: of an app with `authentication: {"type": "none"}`,
    /// for showing. It is no proof of anything, and [`LifecycleBody::accept`] refuses it.
    ///
    /// ```
    /// use app_license::connect::LifecycleBody;
    /// let body = br#"{"eventType": "installed", "key": "com.example.app", "clientKey": "tenant-1",
    ///     "baseUrl": "https://example.atlassian.net", "productType": "jira"}"#;
    /// assert_eq!(LifecycleBody::parse(body).unwrap_err().code(), "field_missing");
    /// assert!(!LifecycleBody::parse_unsigned(body)?.has_secret());
    /// # Ok::<(), app_license::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`LifecycleBody::parse`], but for a missing `sharedSecret`.
    pub fn parse_unsigned(body: &[u8]) -> Result<Self, Error> {
        let mut fields = Fields::default();
        read_object(WHAT, body, MAX_BYTES, |s: &mut Scanner<'_, 256>, key| {
            let value = s.value()?;
            fields.read(&name_of(key), value)?;
            Ok::<(), ReadError>(())
        })?;
        fields.body(body)
    }
}

impl Fields {
    fn read(&mut self, key: &str, value: Value<'_>) -> Result<(), ErrorKind> {
        macro_rules! texts {
            ($($name:literal => $slot:ident)+) => {
                match key {
                    $($name => ($name, &mut self.$slot),)+
                    // its type is told, never what it holds
                    "sharedSecret" => {
                        self.shared_secret = field("sharedSecret").text(value)?.map(Zeroizing::new);
                        return Ok(());
                    }
                    _ => return Ok(()),
                }
            };
        }
        // read in one place: at each of them, it came to 8 KB of machine code
        let (name, slot) = texts! {
            "eventType" => event_type
            "key" => key
            "clientKey" => client_key
            "baseUrl" => base_url
            "productType" => product_type
            "displayUrl" => display_url
            "displayUrlServicedeskHelpCenter" => display_url_servicedesk_help_center
            "description" => description
            "serviceEntitlementNumber" => service_entitlement_number
            "entitlementId" => entitlement_id
            "entitlementNumber" => entitlement_number
            "oauthClientId" => oauth_client_id
            "accountId" => account_id
            "capabilitySet" => capability_set
            "installationId" => installation_id
            "cloudId" => cloud_id
        };
        *slot = field(name).text(value)?;
        Ok(())
    }

    fn body(self, body: &[u8]) -> Result<LifecycleBody, Error> {
        let event_type = needed("eventType", self.event_type)?;
        let kind = LifecycleKind::from_name(&event_type).ok_or_else(|| {
            field("eventType").must_say(
                "`installed`, `enabled`, `disabled` or `uninstalled`",
                &event_type,
            )
        })?;
        Ok(LifecycleBody {
            kind,
            key: AppKey::new(needed("key", self.key)?)?,
            client_key: ClientKey::new(needed("clientKey", self.client_key)?)?,
            base_url: url("baseUrl", needed("baseUrl", self.base_url)?)?,
            product_type: needed("productType", self.product_type)?,
            shared_secret: self.shared_secret,
            display_url: optional_url("displayUrl", self.display_url)?,
            display_url_servicedesk_help_center: optional_url(
                "displayUrlServicedeskHelpCenter",
                self.display_url_servicedesk_help_center,
            )?,
            description: self.description,
            service_entitlement_number: self.service_entitlement_number,
            entitlement_id: self.entitlement_id,
            entitlement_number: self.entitlement_number,
            oauth_client_id: self.oauth_client_id,
            account_id: self.account_id,
            capability_set: self.capability_set.map(Capability::new),
            installation_id: self.installation_id.map(InstallationAri::new).transpose()?,
            cloud_id: self.cloud_id.map(CloudId::new).transpose()?,
            // read_object has seen that it is UTF-8
            raw: Zeroizing::new(String::from_utf8_lossy(body).into_owned()),
        })
    }
}

#[inline(never)]
fn needed(name: &'static str, value: Option<String>) -> Result<String, ErrorKind> {
    value.ok_or_else(|| field(name).missing())
}

#[inline(never)]
fn url(name: &'static str, url: String) -> Result<String, ErrorKind> {
    if url.len() > MAX_URL {
        return Err(ErrorKind::TooLarge {
            what: name,
            limit: MAX_URL,
            found: url.len(),
        });
    }
    if url.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err(field(name).must_say("a URL", &url));
    }
    Ok(url)
}

fn optional_url(name: &'static str, value: Option<String>) -> Result<Option<String>, ErrorKind> {
    value.map(|v| url(name, v)).transpose()
}
