//! What a Connect app and a Forge remote do alike: find the license that counts, decide by it, count and
//! answer what is refused.

use std::sync::Arc;

use app_license::current_license::{CurrentLicense, LicenseApi, Next};
use app_license::error::with_causes;
use app_license::{
    Capability, Decision, ErrorKind, Event, FeatureMap, Installation, License, Limit, Policy,
    RequiredCapability, UnixTime, Verified,
};
use app_license_client::Clock;
use app_license_store::Error;
use http::request::Parts;

use crate::error::BuildError;
use crate::metrics::Metrics;
use crate::rejection::Rejection;
use crate::respond::Responder;

/// Whose license is asked about, and where statements about it are to be had: a verified request of an app,
/// or an installation of it. Which statement counts is decided in the core
/// ([`app_license::current_license`]).
pub(crate) trait Question: Send + Sync {
    /// What the request proves.
    fn statement(&self) -> Verified<License>;

    /// What the store knows of the installation.
    fn installation(&self) -> Option<&Installation>;

    /// How old a stored statement may be to count, in seconds; `None` where none counts.
    fn stored_for(&self) -> Option<u64> {
        None
    }

    /// The stored statement.
    fn stored(&self) -> impl Future<Output = Option<Verified<License>>> + Send {
        std::future::ready(None)
    }

    /// Whether it is worth asking the License API again, for the request states more than it does.
    fn expect_newer(&self) -> bool;

    /// What the License API states, about as new as `since` at the oldest if it can be had, and why
    /// it states nothing.
    fn ask(&self, since: UnixTime) -> impl Future<Output = (LicenseApi, Option<Rejection>)> + Send;

    /// Puts a statement that is news into the history.
    fn note(&self, news: Event, now: UnixTime) -> impl Future<Output = Result<(), Error>> + Send;

    /// A rejection of the request, counted and logged.
    fn rejected(&self, rejection: Rejection) -> Rejection;
}

/// What an app decides with.
pub(crate) struct Decider {
    pub(crate) policy: Policy,
    pub(crate) features: FeatureMap,
    pub(crate) metrics: Metrics,
    pub(crate) responder: Option<Responder>,
    pub(crate) clock: Arc<dyn Clock>,
}

impl Decider {
    pub(crate) fn now(&self) -> UnixTime {
        self.clock.now()
    }

    /// Counts a rejection and writes it to the log.
    pub(crate) fn rejected(&self, rejection: &Rejection) {
        rejection.record(&self.metrics);
    }

    /// Counts a rejection, writes it to the log, and has it answered in the app's own way.
    pub(crate) fn answer_rejected(
        &self,
        rejection: Rejection,
        parts: impl FnOnce() -> Parts,
    ) -> Rejection {
        self.rejected(&rejection);
        rejection.answered_by(self.responder.as_ref(), parts)
    }

    pub(crate) fn decide(
        &self,
        license: &Verified<License>,
        needs: RequiredCapability<'_>,
    ) -> Decision {
        let decision = license.decide(&self.policy, needs, self.now());
        self.metrics.decision(decision.code());
        decision
    }

    /// What a feature of the map needs, for a gate, when it is made.
    pub(crate) fn feature_needs(&self, feature: &str) -> Result<Capability, BuildError> {
        let needs = self.features.requirement(feature).cloned();
        needs.ok_or_else(|| BuildError::unknown_feature(feature, &self.features))
    }

    /// The same for a request. A feature that the map does not have is the app's mistake.
    fn needs_of(&self, feature: &str) -> Result<Capability, Rejection> {
        let unknown = || ErrorKind::UnknownFeature {
            feature: feature.to_owned(),
        };
        let needs = self.features.requirement(feature).ok_or_else(unknown);
        Ok(needs.map_err(app_license::Error::from)?.clone())
    }

    pub(crate) async fn license(&self, of: &impl Question) -> Result<Verified<License>, Rejection> {
        let found = self.find_license(of).await;
        let license = found.map(|(license, _)| license);
        license.map_err(|rejection| of.rejected(rejection))
    }

    pub(crate) async fn decision(
        &self,
        of: &impl Question,
        needs: Capability,
    ) -> Result<Decision, Rejection> {
        let license = self.license(of).await?;
        Ok(self.decide(&license, (&needs).into()))
    }

    pub(crate) async fn feature_decision(
        &self,
        of: &impl Question,
        feature: &str,
    ) -> Result<Decision, Rejection> {
        let needs = self.needs_of(feature);
        let needs = needs.map_err(|rejection| of.rejected(rejection))?;
        self.decision(of, needs).await
    }

    pub(crate) async fn limit(&self, of: &impl Question, name: &str) -> Result<Limit, Rejection> {
        let license = self.license(of).await?;
        let (features, now) = (&self.features, self.now());
        let limit = features.limit(name, &license, &self.policy, now);
        limit.map_err(|error| of.rejected(error.into()))
    }

    pub(crate) async fn service_level(
        &self,
        of: &impl Question,
        name: &str,
    ) -> Result<Option<&str>, Rejection> {
        let license = self.license(of).await?;
        let (features, now) = (&self.features, self.now());
        let level = features.service_level(name, &license, &self.policy, now);
        level.map_err(|error| of.rejected(error.into()))
    }

    /// The license that counts, and why the License API was asked and stated nothing newer.
    #[tracing::instrument(level = "debug", skip_all)]
    pub(crate) async fn find_license(
        &self,
        of: &impl Question,
    ) -> Result<(Verified<License>, Option<Rejection>), Rejection> {
        let known = of.installation();
        let mut current = CurrentLicense::new(of.statement(), &self.policy)
            .stored_for(of.stored_for())
            .installed_at(known.map_or(UnixTime::EPOCH, |it| it.license_since(self.now())))
            .known(known.and_then(|it| it.license()));
        let mut fault = None;
        loop {
            match current.next(self.now()) {
                Next::Ask { since } => {
                    let (statement, rejection) = of.ask(since).await;
                    fault = rejection;
                    current.asked(statement);
                }
                Next::LoadStored => current.loaded(of.stored().await),
                Next::AskNewer if of.expect_newer() => {
                    let (statement, rejection) = of.ask(UnixTime::EPOCH).await;
                    fault = rejection;
                    current.asked_newer(Some(statement));
                }
                Next::AskNewer => current.asked_newer(None),
                Next::Use(statement) => {
                    // what the License API states, where that is news, then what counts
                    let now = self.now();
                    let stated = news(of, current.news(statement), now);
                    let license = current.license(statement);
                    let news = stated.or_else(|| news(of, &license, now));
                    note(of, news, now).await;
                    return Ok((license, fault));
                }
                Next::CouldNotCheck => return Err(fault.unwrap_or_else(Rejection::unanswered)),
            }
        }
    }
}

/// A statement, where it is news, so that hooks hear of changed editions.
pub(crate) fn news(
    of: &impl Question,
    license: &Verified<License>,
    now: UnixTime,
) -> Option<Event> {
    let known = of.installation()?;
    let is_news = known.is_news(license, now);
    is_news.then(|| Event::from(License::clone(license)))
}

/// Remembers what is news. Losing it is no harm: the next request states it again.
pub(crate) async fn note(of: &impl Question, news: Option<Event>, now: UnixTime) {
    if let Some(news) = news
        && let Err(error) = of.note(news, now).await
    {
        tracing::warn!(code = error.code(), error = %with_causes(&error), "a changed license is not kept");
    }
}
