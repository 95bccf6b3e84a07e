//! Which word about the license counts, in a stated order.
//!
//! 1. What this very request proves, unless it says nothing, says `lic=none`, or the policy wants a
//!    confirmed license. Where the policy states that the app sells nothing, nobody is asked.
//! 2. A fresh answer of the License API, where one is configured. Where the request says `lic=none`,
//!    it counts if it is active and newer: a license that was just bought shows `none` for a while.
//! 3. The last stored word, where the app allows it and it is fresh enough.
//! 4. Nothing: absent, which the policy decides on; or 503 when the License API could not be asked
//!    and nothing else spoke.

use app_license::connect::LicenseApiAnswer;
use app_license::{
    Capability, Decision, Event, Installation, InstallationKey, License, Needs, State, Touchpoint,
    UnixTime, Verified,
};
use app_license_store::{CachedLicense, Delivery};

use crate::connect_app::ConnectApp;
use crate::connect_request::{ConnectContextRequest, ConnectRequest};
use crate::rejection::Rejection;
use crate::tenant::Tenant;

/// Why the License API has no statement.
struct Unanswered {
    rejection: Rejection,
    /// Whether the site refused the app's token.
    refused: bool,
}

impl Unanswered {
    fn of(rejection: impl Into<Rejection>) -> Self {
        Self {
            rejection: rejection.into(),
            refused: false,
        }
    }
}

/// A verified request whose license can be asked for.
pub(crate) trait Proves {
    fn proved(&self) -> Verified<License>;
    fn tenant(&self) -> &Tenant;
}

impl Proves for ConnectRequest {
    fn proved(&self) -> Verified<License> {
        self.license()
    }

    fn tenant(&self) -> &Tenant {
        self.tenant_record()
    }
}

impl Proves for ConnectContextRequest {
    fn proved(&self) -> Verified<License> {
        self.license()
    }

    fn tenant(&self) -> &Tenant {
        self.tenant_record()
    }
}

impl ConnectApp {
    /// The license that counts for a request, by the order of this module's page.
    ///
    /// # Errors
    /// 503 when the License API could not be asked and nothing else spoke.
    pub async fn license(&self, request: &ConnectRequest) -> Result<Verified<License>, Rejection> {
        self.license_of(request).await
    }

    /// The same for a request with a context token.
    ///
    /// # Errors
    /// As [`ConnectApp::license`].
    pub async fn context_license(
        &self,
        request: &ConnectContextRequest,
    ) -> Result<Verified<License>, Rejection> {
        self.license_of(request).await
    }

    /// Whether the license that counts for a request includes a capability, and why: for pages that
    /// show a feature or hide it. Where the whole route needs one, a gate is simpler.
    ///
    /// # Errors
    /// As [`ConnectApp::license`].
    pub async fn decision(
        &self,
        request: &ConnectRequest,
        capability: impl Into<Capability>,
    ) -> Result<Decision, Rejection> {
        let license = self.license_of(request).await?;
        Ok(self.decide(&license, (&capability.into()).into()))
    }

    /// Whether the license that counts for a request includes a feature of the app's feature map,
    /// and why.
    ///
    /// # Errors
    /// As [`ConnectApp::license`]; 500 for a feature the map does not have.
    pub async fn feature_decision(
        &self,
        request: &ConnectRequest,
        feature: &str,
    ) -> Result<Decision, Rejection> {
        self.decision(request, self.needs_of(feature)?).await
    }

    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn license_of(
        &self,
        request: &impl Proves,
    ) -> Result<Verified<License>, Rejection> {
        let proved = request.proved();
        let tenant = request.tenant();
        let user_access = proved.user_access();
        if let Some(license) = self.overruling(tenant, &proved).await {
            return Ok(license.with_user_access(user_access));
        }
        self.observe(tenant, &proved).await;
        let policy = &self.0.policy;
        let final_word = match proved.state() {
            State::Inactive => true,
            State::Active => !policy.is_confirmed_only(),
            State::Absent => false,
        };
        if final_word || policy.is_selling_nothing() {
            return Ok(proved);
        }
        let asked = self.ask(tenant, UnixTime::EPOCH).await;
        if let Some(Ok(license)) = asked {
            return Ok(license.with_user_access(user_access));
        }
        // a refusal ends what the site said before, here as in the client
        let refused = matches!(&asked, Some(Err(unanswered)) if unanswered.refused);
        if !refused && let Some(stored) = self.stored(tenant).await {
            return Ok(stored.with_user_access(user_access));
        }
        match asked {
            Some(Err(unanswered)) => Err(unanswered.rejection),
            _ => Ok(proved),
        }
    }

    /// A license of the License API that counts instead of the request's `lic=none`.
    async fn overruling(
        &self,
        tenant: &Tenant,
        proved: &Verified<License>,
    ) -> Option<Verified<License>> {
        let of_page = proved.touchpoint() == Touchpoint::ConnectIframeQuery;
        if proved.state() != State::Inactive || !of_page || self.0.policy.is_selling_nothing() {
            return None;
        }
        let license = self.ask(tenant, proved.as_of()?).await?.ok()?;
        LicenseApiAnswer::overrules(&license, proved).then_some(license)
    }

    /// The License API's word, about as new as `since` at the oldest if it can be had; `None` where
    /// none is configured.
    async fn ask(
        &self,
        tenant: &Tenant,
        since: UnixTime,
    ) -> Option<Result<Verified<License>, Unanswered>> {
        let api = self.0.license_api.as_ref()?;
        let base_url = self.0.hosts.check_site(tenant.installation.base_url()?);
        let base_url = match base_url {
            Ok(base_url) => base_url,
            Err(error) => return Some(Err(Unanswered::of(error))),
        };
        let keys = &tenant.keys;
        let answer = api.get_as_of(keys.client_key(), &base_url, keys.current(), since);
        let answer = match answer.await {
            Ok(answer) => answer,
            Err(error) => {
                let refused = error.is_token_refused();
                let rejection = Rejection::client(&error);
                return Some(Err(Unanswered { rejection, refused }));
            }
        };
        let license = match (answer.license(), answer.value()) {
            (Some(license), _) => license,
            // the site says that it does not have the app: nothing is licensed there
            (None, LicenseApiAnswer::NotFound) => {
                let absent = License::absent(Touchpoint::ConnectLicenseApi);
                Verified::dangerous_assume(absent.at(answer.as_of()))
            }
            _ => {
                let what = "the License API does not answer";
                let rejection = Rejection::could_not_check(what, "license_api_refused");
                return Some(Err(Unanswered::of(rejection)));
            }
        };
        let key = InstallationKey::Connect(keys.client_key().clone());
        let kept = CachedLicense::new(&license, answer.as_of());
        if let Err(error) = self.0.store.put_license(&key, &kept).await {
            tracing::warn!(code = error.code(), %error, "an answer of the License API is not kept");
        }
        self.observe(tenant, &license).await;
        Some(Ok(license))
    }

    /// The last answer of the License API that the store kept, if the app lets it count.
    async fn stored(&self, tenant: &Tenant) -> Option<Verified<License>> {
        let max_age = self.0.stored_hint?;
        let key = InstallationKey::Connect(tenant.keys.client_key().clone());
        let kept = self
            .0
            .store
            .license(&key, Touchpoint::ConnectLicenseApi)
            .await
            .ok()??;
        if kept.age(self.now()) > max_age {
            return None;
        }
        kept.license().ok()
    }

    /// Remembers a word that is news, so that hooks hear of changed editions. Losing one is no
    /// harm: the next request says it again.
    async fn observe(&self, tenant: &Tenant, license: &Verified<License>) {
        if license.state() == State::Absent || !is_news(&tenant.installation, license) {
            return;
        }
        let client_key = tenant.keys.client_key();
        let key = InstallationKey::Connect(client_key.clone());
        let delivery = Delivery::new(key, Event::from(License::clone(license)));
        match self.0.store.apply(delivery, self.now()).await {
            Ok(_) => self.0.tenants.forget(client_key),
            Err(error) => {
                tracing::warn!(code = error.code(), %error, "a changed license is not kept");
            }
        }
    }

    pub(crate) fn decide(&self, license: &Verified<License>, needs: Needs<'_>) -> Decision {
        let decision = license.decide(&self.0.policy, needs, self.now());
        self.0.metrics.decision(decision.code());
        decision
    }
}

/// Whether a word about the license is another than the one that is known.
pub(crate) fn is_news(installation: &Installation, license: &License) -> bool {
    let known = installation.license();
    let stale = |then: UnixTime| license.as_of().is_some_and(|now| now < then);
    if known.is_some_and(|k| stale(k.as_of())) {
        return false;
    }
    let state = known.is_none_or(|k| k.state() != license.state());
    let named = license.capability_set();
    state || (named.is_some() && named != installation.capability_set())
}
