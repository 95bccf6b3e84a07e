//! How often the Forge License API may be called.

use std::collections::BTreeMap;

/// One call in this many seconds an installation.
const PER_INSTALLATION: u64 = 300;

/// This many calls a minute a tenant, whatever app.
const PER_TENANT: usize = 10;

/// Who called when, in seconds of the test clock.
#[derive(Debug, Default)]
pub(crate) struct Limits {
    installations: BTreeMap<String, u64>,
    tenants: BTreeMap<String, Vec<u64>>,
}

impl Limits {
    /// Takes a call, or says after how many seconds to come back.
    pub(super) fn take(&mut self, installation: &str, tenant: &str, now: u64) -> Result<(), u64> {
        if let Some(last) = self.installations.get(installation) {
            let next = last.saturating_add(PER_INSTALLATION);
            // a clock set back forgives
            if now < next && now >= *last {
                return Err(next.saturating_sub(now));
            }
        }
        let calls = self.tenants.entry(tenant.to_owned()).or_default();
        calls.retain(|then| now >= *then && now.saturating_sub(*then) < 60);
        if calls.len() >= PER_TENANT {
            let oldest = calls.first().copied().unwrap_or(now);
            return Err(oldest.saturating_add(60).saturating_sub(now));
        }
        calls.push(now);
        self.installations.insert(installation.to_owned(), now);
        Ok(())
    }
}
