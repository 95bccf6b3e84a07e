//! A license as people and other languages see it.

use super::License;
use crate::gate::capability::Edition;
use crate::gate::user_access::UserAccess;

impl serde::Serialize for License {
    /// Writes a summary for people and other languages; [`License::raw`] is the license itself.
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut s = serializer.serialize_struct("License", 18)?;
        s.serialize_field("source", &self.source)?;
        s.serialize_field("state", self.state.name())?;
        s.serialize_field("capabilitySet", &self.capability)?;
        s.serialize_field("edition", &self.edition().map(Edition::name))?;
        s.serialize_field("evaluation", &self.evaluation)?;
        s.serialize_field("type", &self.kind)?;
        s.serialize_field("billingPeriod", &self.billing_period)?;
        s.serialize_field("trialEndDate", &self.trial_end)?;
        s.serialize_field("subscriptionEndDate", &self.subscription_end)?;
        s.serialize_field("entitlementId", &self.entitlement_id())?;
        s.serialize_field("entitlementNumber", &self.entitlement_number())?;
        s.serialize_field(
            "supportEntitlementNumber",
            &self.support_entitlement_number(),
        )?;
        s.serialize_field("modes", &self.modes)?;
        s.serialize_field("environment", &self.environment)?;
        s.serialize_field("asOf", &self.as_of)?;
        s.serialize_field("userAccess", &self.user_access.map(UserAccess::allows))?;
        s.serialize_field("diagnostics", &self.diagnostics.iter().collect::<Vec<_>>())?;
        let raw = self
            .raw()
            .and_then(|r| serde_json::from_str::<&serde_json::value::RawValue>(r).ok());
        s.serialize_field("raw", &raw)?;
        s.end()
    }
}
