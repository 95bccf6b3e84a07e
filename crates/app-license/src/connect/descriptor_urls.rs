//! The base URLs in a descriptor: of the app, and of its regions.

use crate::gate::json::{Kind, Scanner, Value};

use super::base_url::BaseUrl;
use crate::document::{Field, ReadError, name_of, read_object};
use crate::error::Error;
use crate::ids::AppKey;

const WHAT: &str = "Connect descriptor";
/// The largest descriptor that is read, in bytes.
const MAX_BYTES: usize = 1024 * 1024;

const fn field(name: &'static str) -> Field {
    Field { what: WHAT, name }
}

/// Where a descriptor says that the app is served: at `baseUrl`, and for sites whose data lives in
/// a region at that region's URL in `regionBaseUrls`. A signed install is for the region's URL.
///
/// Platform page: <https://developer.atlassian.com/cloud/confluence/data-residency/>
///
/// ```
/// use app_license::connect::{DescriptorUrls, RequestVerifierConfig};
/// let descriptor = br#"{
///     "key": "com.example.app", "baseUrl": "https://app.example.com",
///     "regionBaseUrls": {"EU": "https://eu.app.example.com", "US": "https://us.app.example.com"}
/// }"#;
/// let urls = DescriptorUrls::parse(descriptor)?;
/// assert_eq!(urls.regions().count(), 2);
/// let expected: RequestVerifierConfig = urls.into();
/// assert_eq!(expected.base_urls().count(), 3);
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DescriptorUrls {
    app_key: Option<AppKey>,
    base_url: BaseUrl,
    regions: Vec<(String, BaseUrl)>,
}

impl DescriptorUrls {
    /// Reads a descriptor, as JSON. Fields about other things are not looked at.
    ///
    /// # Errors
    /// `field_missing` without `baseUrl`, `field_type`, `invalid_base_url`, `invalid_id`, `json_…`,
    /// `too_large` over 1 MiB.
    pub fn parse(json: &[u8]) -> Result<Self, Error> {
        let (mut app_key, mut base_url, mut regions) = (None, None, Vec::new());
        read_object(WHAT, json, MAX_BYTES, |s: &mut Scanner<'_, 256>, key| {
            let value = s.value()?;
            match &*name_of(key) {
                "key" => app_key = field("key").text(value)?.map(AppKey::new).transpose()?,
                "baseUrl" => {
                    let text = field("baseUrl").text(value)?;
                    base_url = text.as_deref().map(BaseUrl::new).transpose()?;
                }
                "regionBaseUrls" => {
                    if let Some(text) = field("regionBaseUrls").object(value)? {
                        regions = read_regions(text)?;
                    }
                }
                _ => {}
            }
            Ok::<(), ReadError>(())
        })?;
        Ok(Self {
            app_key,
            base_url: base_url.ok_or_else(|| field("baseUrl").missing())?,
            regions,
        })
    }

    /// The app's key, `key`.
    #[must_use]
    pub const fn app_key(&self) -> Option<&AppKey> {
        self.app_key.as_ref()
    }

    /// The app's base URL.
    #[must_use]
    pub const fn base_url(&self) -> &BaseUrl {
        &self.base_url
    }

    /// The base URLs of regions, by region.
    pub fn regions(&self) -> impl Iterator<Item = (&str, &BaseUrl)> {
        self.regions
            .iter()
            .map(|(region, url)| (region.as_str(), url))
    }
}

impl From<DescriptorUrls> for super::RequestVerifierConfig {
    /// Tokens may be for the app's base URL, or for that of any region.
    fn from(urls: DescriptorUrls) -> Self {
        let expected = Self::new(urls.base_url);
        let regions = urls.regions.into_iter().map(|(_, url)| url);
        regions.fold(expected, Self::accept_base_url)
    }
}

fn read_regions(text: &str) -> Result<Vec<(String, BaseUrl)>, ReadError> {
    let mut regions = Vec::new();
    Scanner::<64>::from_text(text).object(|s, key| {
        match s.value()? {
            Value::String(url) => {
                regions.push((name_of(key).into_owned(), BaseUrl::new(&url.to_string())?));
            }
            Value::Null => {}
            other => {
                let name = field("regionBaseUrls");
                return Err(name.must_be(Kind::String, other.kind()).into());
            }
        }
        Ok::<(), ReadError>(())
    })?;
    Ok(regions)
}

#[cfg(test)]
mod tests {
    use super::DescriptorUrls;

    #[test]
    fn what_is_no_base_url_is_refused() {
        for (json, code) in [
            ("{}", "field_missing"),
            (r#"{"baseUrl":null}"#, "field_missing"),
            (r#"{"baseUrl":7}"#, "field_type"),
            (r#"{"baseUrl":"http://a.example"}"#, "invalid_base_url"),
            (
                r#"{"baseUrl":"https://a.example","regionBaseUrls":[]}"#,
                "field_type",
            ),
            (
                r#"{"baseUrl":"https://a.example","regionBaseUrls":{"EU":1}}"#,
                "field_type",
            ),
            (
                r#"{"baseUrl":"https://a.example","regionBaseUrls":{"EU":"ftp://a.example"}}"#,
                "invalid_base_url",
            ),
            (
                r#"{"baseUrl":"https://a.example","regionBaseUrls":{"EU":"https://b","EU":"https://c"}}"#,
                "json_duplicate_key",
            ),
            ("<html>", "json_syntax"),
        ] {
            let error = DescriptorUrls::parse(json.as_bytes()).unwrap_err();
            assert_eq!(error.code(), code, "{json}");
        }
        let nothing = br#"{"baseUrl":"https://a.example","regionBaseUrls":null}"#;
        assert_eq!(DescriptorUrls::parse(nothing).unwrap().regions().count(), 0);
    }
}
