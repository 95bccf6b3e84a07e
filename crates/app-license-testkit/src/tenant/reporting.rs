//! What the vendor's license report says of a tenant.

use app_license::{Edition, UnixTime};
use serde_json::{Map, Value};

use crate::error::Error;
use crate::snapshot::Stage;
use crate::tenant::Tenant;

/// How long a trial lasts, in seconds: the report tells when one began, the platform when it ends.
const TRIAL: u64 = 30 * 86_400;

impl Tenant {
    /// The record of the license report; nothing for who never tried and never bought, and outside
    /// production. `changed` is when the license last changed, which this platform does not keep.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/marketplace/rest/v4/api-group-reporting/>
    ///
    /// ```
    /// use app_license::Edition;
    /// use app_license_testkit::{App, MockHost};
    /// let host = MockHost::offline();
    /// let acme = host.tenant(&App::connect("com.example.app", "https://app.example.com")?, "acme")?;
    /// let now = host.clock().now();
    /// assert!(acme.report_record(now)?.is_none());
    /// acme.buy(Edition::Advanced)?;
    /// let record = acme.report_record(now)?.unwrap();
    /// assert_eq!(record["appEdition"], "Advanced");
    /// assert_eq!(record["cloudSiteHostname"], "acme.atlassian.net");
    /// # Ok::<(), app_license_testkit::Error>(())
    /// ```
    ///
    /// # Errors
    /// `unknown` never, for a tenant made by [`MockHost::tenant`](crate::MockHost::tenant).
    pub fn report_record(&self, changed: UnixTime) -> Result<Option<Value>, Error> {
        let snapshot = self.snapshot();
        let status = match snapshot.stage {
            Stage::Trial | Stage::Subscribed | Stage::TrialWhileSubscribed => "active",
            Stage::Cancelled | Stage::Ended => "cancelled",
            Stage::TrialEnded | Stage::Suspended | Stage::Inactive => "inactive",
            Stage::Free | Stage::NotProduction | Stage::NeverLicensed | Stage::Overridden => {
                return Ok(None);
            }
        };
        let upgrade = snapshot.stage == Stage::TrialWhileSubscribed;
        let bought = if upgrade {
            snapshot.paid_edition
        } else {
            snapshot.edition.or(snapshot.capability_set)
        };
        let title = |edition: Edition| match edition {
            Edition::Free => "free",
            Edition::Advanced => "Advanced",
            _ => "Standard",
        };
        let trial = snapshot.evaluation && !upgrade;
        let kind = if trial {
            Some("EVALUATION".to_owned())
        } else {
            snapshot.kind.clone()
        };
        let end = if trial {
            snapshot.trial_end
        } else {
            snapshot.subscription_end
        };
        let app = self.app()?;
        let site = self.site();
        let host = self
            .host
            .read(|world| Ok(world.site(&self.site)?.host.clone()))?;
        let tried = snapshot.edition.filter(|_| upgrade);
        let began = snapshot
            .trial_end
            .map(|end| UnixTime::EPOCH.plus(end.as_seconds().saturating_sub(TRIAL)));
        let mut record = Map::new();
        let mut say = |name: &str, value: Option<String>| {
            if let Some(value) = value {
                record.insert(name.to_owned(), Value::String(value));
            }
        };
        say("appEntitlementId", snapshot.entitlement_id);
        say("appEntitlementNumber", snapshot.entitlement_number);
        say("cloudId", Some(site.cloud_id()?));
        say("cloudSiteHostname", Some(host));
        let key = app.connect_key().or_else(|| app.forge_id());
        say("addonKey", key.map(str::to_owned));
        say("addonName", Some(app.name().to_owned()));
        say("hosting", Some("Cloud".to_owned()));
        let edition = bought.unwrap_or(Edition::Standard);
        say("appEdition", Some(title(edition).to_owned()));
        say("newBillingSystem", Some("Yes".to_owned()));
        say("lastUpdated", Some(day(changed)));
        say("licenseType", kind);
        say("maintenanceStartDate", Some(day(changed)));
        say("maintenanceEndDate", end.map(day));
        say(
            "latestEvaluationStartDate",
            began.filter(|_| trial).map(day),
        );
        say(
            "upgradeEvaluationStartDate",
            began.filter(|_| upgrade).map(day),
        );
        say(
            "upgradeEvaluatingEdition",
            tried.map(|e| title(e).to_owned()),
        );
        say("status", Some(status.to_owned()));
        say(
            "tier",
            Some(if trial { "Evaluation" } else { "15 Users" }.to_owned()),
        );
        let unpaid = snapshot.stage == Stage::Suspended;
        say(
            "inGracePeriod",
            Some(if unpaid { "Yes" } else { "No" }.to_owned()),
        );
        say(
            "invoiceDunningReason",
            unpaid.then(|| "PAYMENT METHOD IS NOT SET".to_owned()),
        );
        Ok(Some(Value::Object(record)))
    }
}

fn day(time: UnixTime) -> String {
    let text = time.to_string();
    text.split('T').next().unwrap_or_default().to_owned()
}
