//! Tenants that go.

use app_license::connect::LifecycleKind;
use app_license_store::Delivery;

use crate::support::event;

pub(crate) fn uninstalled(tenant: &str) -> Delivery {
    Delivery::connect(event(LifecycleKind::Uninstalled, tenant, ""))
}
