//! A request that the platform would send, ready to send, to lose, or to spoil.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// One request of the host platform to the app: a lifecycle event, a webhook, an iframe page, a
/// Forge invocation. A plain value: deliver it, drop it (lost), deliver it twice, deliver others
/// first (out of order), or change it before.
///
/// ```
/// use app_license_testkit::{App, MockHost};
/// let app = App::connect("com.example.app", "https://app.example.com/base")?;
/// let events = MockHost::offline().tenant(&app, "acme")?.install()?;
/// let installed = &events[0];
/// assert_eq!(installed.name(), "installed");
/// assert_eq!(installed.method(), "POST");
/// assert_eq!(installed.url(), "https://app.example.com/base/installed");
/// assert!(installed.header("authorization").unwrap().starts_with("JWT "));
/// # Ok::<(), app_license_testkit::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct SignedRequest {
    pub(crate) name: String,
    pub(crate) method: &'static str,
    pub(crate) base_url: String,
    pub(crate) target: String,
    pub(crate) headers: Vec<(Cow<'static, str>, String)>,
    pub(crate) body: Vec<u8>,
}

impl SignedRequest {
    pub(crate) fn new(name: &str, method: &'static str, base_url: &str, target: &str) -> Self {
        Self {
            name: name.to_owned(),
            method,
            base_url: base_url.to_owned(),
            target: target.to_owned(),
            headers: Vec::new(),
            body: Vec::new(),
        }
    }

    pub(crate) fn with_header(mut self, name: &'static str, value: String) -> Self {
        self.headers.push((Cow::Borrowed(name), value));
        self
    }

    pub(crate) fn with_json(mut self, body: &Value) -> Self {
        self.body = body.to_string().into_bytes();
        self.with_header("content-type", "application/json".to_owned())
    }

    /// What it is: `installed`, `enabled`, `webhook`, `page`, `invocation`, …
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The method.
    #[must_use]
    pub const fn method(&self) -> &'static str {
        self.method
    }

    /// Path and query, relative to the app's base URL.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    /// The whole address.
    #[must_use]
    pub fn url(&self) -> String {
        format!("{}{}", self.base_url, self.target)
    }

    /// The headers, names in lower case.
    pub fn headers(&self) -> impl Iterator<Item = (&str, &str)> {
        self.headers
            .iter()
            .map(|(name, value)| (&**name, value.as_str()))
    }

    /// One header, by its name in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers()
            .find_map(|(found, value)| (found == name).then_some(value))
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The token it carries, in the `Authorization` header or the `jwt` parameter.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// acme.install()?;
    /// let page = acme.page("/panel")?;
    /// assert_eq!(page.token().unwrap().split('.').count(), 3);
    /// assert_eq!(page.clone().without_token().token(), None);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn token(&self) -> Option<&str> {
        let in_header = self
            .header("authorization")
            .and_then(|value| value.split_once(' '));
        if let Some((_, token)) = in_header {
            return Some(token);
        }
        let (_, query) = self.target.split_once('?')?;
        query.split('&').find_map(|pair| pair.strip_prefix("jwt="))
    }

    /// The same request without its token, as `disabled` may come after an uninstall.
    #[must_use]
    pub fn without_token(mut self) -> Self {
        self.headers.retain(|(name, _)| name != "authorization");
        if let Some((path, query)) = self.target.split_once('?') {
            let kept: Vec<&str> = query
                .split('&')
                .filter(|pair| !pair.starts_with("jwt="))
                .collect();
            self.target = if kept.is_empty() {
                path.to_owned()
            } else {
                format!("{path}?{}", kept.join("&"))
            };
        }
        self
    }

    /// The same request with another token in the same place; in the `Authorization` header with
    /// scheme `JWT` when it carried none.
    #[must_use]
    pub fn with_token(self, token: &str) -> Self {
        if self.target.contains("jwt=") {
            let mut request = self.without_token();
            let joint = if request.target.contains('?') {
                '&'
            } else {
                '?'
            };
            request.target = format!("{}{joint}jwt={token}", request.target);
            return request;
        }
        let scheme = self
            .header("authorization")
            .and_then(|value| value.split_once(' '))
            .map_or("JWT", |(scheme, _)| scheme)
            .to_owned();
        let mut request = self.without_token();
        request
            .headers
            .push((Cow::Borrowed("authorization"), format!("{scheme} {token}")));
        request
    }

    /// The same request with a field left out of its JSON body: the platform leaves some out, for
    /// example `installationId` when a site is renamed.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// let installed = acme.install()?.remove(0).without_field("description");
    /// assert_eq!(installed.json()["description"], serde_json::Value::Null);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn without_field(self, field: &str) -> Self {
        self.edit(|body| {
            body.remove(field);
        })
    }

    /// The same request with a field of its JSON body set: RS256 lifecycle tokens do not cover the
    /// body, so the token still holds.
    #[must_use]
    pub fn with_field(self, field: &str, value: impl Into<Value>) -> Self {
        let value = value.into();
        self.edit(|body| {
            body.insert(field.to_owned(), value);
        })
    }

    fn edit(mut self, change: impl FnOnce(&mut serde_json::Map<String, Value>)) -> Self {
        if let Value::Object(mut body) = self.json() {
            change(&mut body);
            self.body = Value::Object(body).to_string().into_bytes();
        }
        self
    }

    /// The same request with one more header, as a page's own call has some.
    ///
    /// ```
    /// use app_license_testkit::{App, Invocation, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// let call = acme.invoke("POST", "/report", &Invocation::ui("panel"))?;
    /// let call = call.and_header("accept", "text/csv").and_body("text/plain", "rows=3");
    /// assert_eq!(call.header("accept"), Some("text/csv"));
    /// assert_eq!(call.body(), b"rows=3");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn and_header(mut self, name: &str, value: &str) -> Self {
        let name = Cow::Owned(name.to_ascii_lowercase());
        self.headers.push((name, value.to_owned()));
        self
    }

    /// The same request with this body, of this media type.
    #[must_use]
    pub fn and_body(mut self, media_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.headers.retain(|(name, _)| name != "content-type");
        self.with_header("content-type", media_type.to_owned())
    }

    /// The same request to another app, at another base URL. The token still speaks of the first.
    #[must_use]
    pub fn to(mut self, base_url: &str) -> Self {
        base_url
            .trim_end_matches('/')
            .clone_into(&mut self.base_url);
        self
    }

    /// The body as JSON; null when it is none.
    #[must_use]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_default()
    }

    /// As a command for a shell, with the token.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let acme = MockHost::offline().tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// let curl = acme.install()?[0].curl();
    /// assert!(curl.starts_with("curl -X POST 'https://app.example.com/installed' -H 'authorization: JWT "));
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn curl(&self) -> String {
        let quoted = |text: &str| format!("'{}'", text.replace('\'', "'\\''"));
        let mut command = format!("curl -X {} {}", self.method, quoted(&self.url()));
        for (name, value) in self.headers() {
            command.push_str(&format!(" -H {}", quoted(&format!("{name}: {value}"))));
        }
        if !self.body.is_empty() {
            command.push_str(" --data ");
            command.push_str(&quoted(&String::from_utf8_lossy(&self.body)));
        }
        command
    }

    /// As a request for a service called without a socket, path and query as the app sees them.
    ///
    /// ```
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::connect("com.example.app", "https://app.example.com/base")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// let request = acme.install()?[0].to_http();
    /// assert_eq!(request.uri().path(), "/base/installed");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    #[must_use]
    pub fn to_http(&self) -> axum::http::Request<axum::body::Body> {
        let path = url::Url::parse(&self.base_url).map_or_else(
            |_| String::new(),
            |url| url.path().trim_end_matches('/').to_owned(),
        );
        let mut request = axum::http::Request::builder()
            .method(self.method)
            .uri(format!("{path}{}", self.target));
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        request
            .body(axum::body::Body::from(self.body.clone()))
            .unwrap_or_default()
    }
}

impl fmt::Debug for SignedRequest {
    /// Without query, headers and body, which hold tokens and secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let path = self.target.split('?').next().unwrap_or_default();
        f.debug_struct("SignedRequest")
            .field("name", &self.name)
            .field("method", &self.method)
            .field("path", &path)
            .finish_non_exhaustive()
    }
}
