//! Each fault of the key servers in turn: what needs a key that is not known is answered 503 while
//! it lasts and works after it; where the key server speaks but lies, 401.

use std::time::Duration;

use anyhow::Result;
use app_license_testkit::{InjectedFault, Service};

use super::regulars;
use super::setting::{Setting, newcomer};
use crate::http::{HttpResponse, bytes_of};
use crate::platform::Half;
use crate::report::Report;
use crate::scale::Scale;

const SERVICES: [Service; 3] = [
    Service::InstallKeys,
    Service::InstallKeysFallback,
    Service::ForgeKeys,
];

/// A key set is fetched again at this age, in seconds, and no longer trusted unasked at the other.
pub(super) const REFRESH: u64 = 310;
pub(super) const EXPIRE: u64 = 610;
/// A minute after which an unknown key is asked for again.
const A_MINUTE: u64 = 61;

pub(super) async fn all(report: &mut Report, setting: &Setting, scale: Scale) -> Result<()> {
    let full = [
        ("down", InjectedFault::Down),
        ("slow", InjectedFault::Slow(Duration::from_secs(8))),
        ("500", InjectedFault::Status(500)),
        ("HTML", InjectedFault::Html),
        ("rubbish", InjectedFault::Rubbish),
        ("too large", InjectedFault::Huge(1_000_000)),
        ("redirected", InjectedFault::Redirect),
        ("429", InjectedFault::TooManyRequests { retry_after: 30 }),
    ];
    let faults = full.iter().take(scale.of(full.len(), 4));
    let mut count = 0;
    for (number, (name, fault)) in faults.enumerate() {
        let seen = one(setting, fault, number).await?;
        report.claim(
            &format!("key servers {name}: new keys 503, then 204 and 200"),
            seen == ["503", "503", "204", "200"],
            seen.join(", "),
        );
        count += 1;
    }
    let seen = wrong_install_key(setting).await?;
    report.claim(
        "key server wrong: an install is refused, then taken",
        seen == ["401", "204"],
        seen.join(", "),
    );
    let seen = rotated(setting).await?;
    report.claim(
        "keys rotated: the new one works at once, the old one for as long as it is served",
        seen == ["200", "200", "401"],
        seen.join(", "),
    );
    report.figure(format!("{count} faults and 2 rotations of key servers"));
    Ok(())
}

fn shown(answer: &HttpResponse) -> String {
    answer.status.to_string()
}

/// With the fault: an install with a new key, an invocation with a new key. Then the same without.
async fn one(setting: &Setting, fault: &InjectedFault, number: usize) -> Result<Vec<String>> {
    let mut caller = setting.caller();
    let mut seen = Vec::new();
    {
        let moving = setting.moving.read().await;
        let host = &moving.platform.host;
        for service in SERVICES {
            host.set_fault(service, fault.clone());
        }
        host.rotate_install_keys()?;
        host.rotate_jwks(true)?;
    }
    // the set that is known grows old, is fetched again in vain, and is served on
    for seconds in [REFRESH, EXPIRE] {
        setting.advance(seconds).await?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    for healthy in [false, true] {
        if healthy {
            let moving = setting.moving.read().await;
            for service in SERVICES {
                moving.platform.host.heal(service);
            }
            drop(moving);
            setting.advance(A_MINUTE).await?;
        }
        let moving = setting.moving.read().await;
        let tenant = newcomer(&moving.platform, &setting.plan, number)?;
        let event = if healthy {
            tenant.lifecycle_event("installed")?
        } else {
            tenant.install()?.swap_remove(0)
        };
        seen.push(shown(&caller.call(&bytes_of(&event)).await?));
        let forge = moving
            .platform
            .tenant(&setting.plan.base_url, Half::Forge, 0)?;
        let request = regulars::invocation(&forge, &moving.platform.host.forge_key()?)?;
        seen.push(shown(&caller.call(&bytes_of(&request)).await?));
    }
    Ok(seen)
}

/// A key server that has another's key behind an id does not lock the tenant out for good.
async fn wrong_install_key(setting: &Setting) -> Result<Vec<String>> {
    let both = [Service::InstallKeys, Service::InstallKeysFallback];
    let mut caller = setting.caller();
    let mut seen = Vec::new();
    {
        let moving = setting.moving.read().await;
        for service in both {
            moving
                .platform
                .host
                .set_fault(service, InjectedFault::Wrong);
        }
        moving.platform.host.rotate_install_keys()?;
        let tenant = newcomer(&moving.platform, &setting.plan, 100)?;
        let event = tenant.install()?.swap_remove(0);
        seen.push(shown(&caller.call(&bytes_of(&event)).await?));
        for service in both {
            moving.platform.host.heal(service);
        }
    }
    setting.advance(REFRESH).await?;
    let moving = setting.moving.read().await;
    let tenant = newcomer(&moving.platform, &setting.plan, 100)?;
    let event = tenant.lifecycle_event("installed")?;
    seen.push(shown(&caller.call(&bytes_of(&event)).await?));
    Ok(seen)
}

/// A new key beside the old one, then the old one gone.
async fn rotated(setting: &Setting) -> Result<Vec<String>> {
    setting.advance(A_MINUTE).await?;
    let mut caller = setting.caller();
    let mut seen = Vec::new();
    let moving = setting.moving.read().await;
    let host = &moving.platform.host;
    let forge = moving
        .platform
        .tenant(&setting.plan.base_url, Half::Forge, 0)?;
    let old = host.forge_key()?;
    host.rotate_jwks(true)?;
    for key in [&host.forge_key()?, &old] {
        let request = regulars::invocation(&forge, key)?;
        seen.push(shown(&caller.call(&bytes_of(&request)).await?));
    }
    // a key that was never served
    let foreign = app_license_testkit::SigningKey::generate("test-foreign")?;
    let request = regulars::invocation(&forge, &foreign)?;
    seen.push(shown(&caller.call(&bytes_of(&request)).await?));
    Ok(seen)
}
