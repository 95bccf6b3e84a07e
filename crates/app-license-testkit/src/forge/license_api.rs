//! The Forge License API: records, errors, limits.

use serde_json::{Value, json};

use super::object::{Surface, license};
use crate::error::Error;
use crate::host::MockHost;
use crate::tenant::Tenant;

const MAX_APPS: usize = 10;

/// An answer: status, body, and `Retry-After` in seconds.
pub(crate) type MockResponse = (u16, Value, Option<u64>);

/// Answers `GET /forge/app/v1/license?appId=…` for the bearer of a system token.
pub(crate) fn answer(host: &MockHost, bearer: Option<&str>, query: &str) -> MockResponse {
    let fault = |status: u16, code: &str, message: &str| {
        (status, json!({"code": code, "message": message}), None)
    };
    let caller = host
        .tenants()
        .into_iter()
        .find(|tenant| tenant.is_installed() && tenant.system_token().ok().as_deref() == bearer);
    let Some((caller, facts)) =
        caller.and_then(|caller| caller.forge_facts().ok().map(|facts| (caller, facts)))
    else {
        return fault(401, "UNAUTHORIZED", "Unauthorized");
    };
    let own = facts.app.forge_id().unwrap_or_default().to_owned();
    let mut ids: Vec<String> = url::form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| name == "appId")
        .map(|(_, value)| value.into_owned())
        .collect();
    if ids.is_empty() {
        ids.push(own.clone());
    }
    if ids.len() > MAX_APPS {
        return fault(400, "BAD_REQUEST", "Too many appIds");
    }
    if !ids.iter().all(|id| is_uuid(id)) {
        return fault(400, "BAD_REQUEST", "Invalid appId format");
    }
    let now = facts.now.as_seconds();
    let taken = host
        .shared
        .limits
        .lock()
        .unwrap_or_else(std::sync::PoisonError::into_inner)
        .take(&facts.installation.id, &facts.site.cloud_id, now);
    if let Err(after) = taken {
        let (status, body, _) = fault(429, "TOO_MANY_REQUESTS", "Too many requests");
        return (status, body, Some(after.max(1)));
    }
    let results: Vec<Value> = ids
        .iter()
        .map(|id| {
            let sibling = host
                .tenants_of(&caller.site)
                .into_iter()
                .find(|tenant| tenant.app().is_ok_and(|app| app.forge_id() == Some(id)));
            let environment = |tenant: &Tenant| tenant.app().map(|app| app.environment).ok();
            match sibling
                .filter(|it| it.is_installed() && environment(it) == Some(facts.app.environment))
            {
                Some(tenant) => json!({"appId": id, "data": tenant.forge_license_record()
                    .unwrap_or_else(|_| json!({}))}),
                None => json!({"appId": id, "error": {"type": "NOT_FOUND",
                    "message": "No installation of the app was found"}}),
            }
        })
        .collect();
    (200, json!({"results": results}), None)
}

fn is_uuid(id: &str) -> bool {
    id.len() == 36
        && id.bytes().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

impl Tenant {
    /// The record of the Forge License API for this app: `data` of a result, `{}` when nothing is
    /// licensed.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/forge/apis-reference/license-api/>
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, MockHost};
    /// let app = App::forge("8db33809-1f69-42a5-8e40-8b6e0b3f8d11", "https://remote.example.com")?;
    /// let acme = MockHost::offline().tenant(&app, "acme")?;
    /// acme.install()?;
    /// assert_eq!(acme.forge_license_record()?, serde_json::json!({}));
    /// acme.start_trial(Edition::Advanced, 30)?;
    /// assert_eq!(acme.forge_license_record()?["isEvaluation"], true);
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `not_installed`, `wrong_half` for a Connect app.
    pub fn forge_license_record(&self) -> Result<Value, Error> {
        let facts = self.forge_facts()?;
        let record = license(&facts.snapshot, &facts.support_number, Surface::Api);
        Ok(record.unwrap_or_else(|| json!({})))
    }
}
