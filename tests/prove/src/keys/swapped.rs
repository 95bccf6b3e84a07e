//! A key set with other keys behind the ids that are known. Nothing tells it from a rotation but
//! signatures that do not match, so that is when it is asked for again, once a minute at most.

use anyhow::Result;
use app_license_testkit::{InjectedFault, Service};

use super::faults::{EXPIRE, REFRESH};
use super::setting::Setting;
use super::{flood, regulars};
use crate::http::bytes_of;
use crate::platform::Half;
use crate::report::Report;
use crate::scale::Scale;

/// How soon Forge tenants are served again once the key server is right again, in seconds.
const A_MINUTE: u64 = 60;
/// How far the clock moves between two lots of invocations, in seconds.
const TICK: u64 = 6;
/// For how long the flood lasts, in seconds of the server's clock.
const FLOOD: u64 = 240;

pub(super) async fn swapped(report: &mut Report, setting: &Setting, scale: Scale) -> Result<()> {
    {
        let moving = setting.moving.read().await;
        let host = &moving.platform.host;
        host.set_fault(Service::ForgeKeys, InjectedFault::Wrong);
    }
    // past the age at which a set is served unasked
    setting.advance(REFRESH + EXPIRE).await?;
    let mut seen = invoke(setting, 1).await?;
    let (start, first) = flood::requests_so_far(setting).await;
    let lot = scale.of(250, 25);
    for _ in 0..FLOOD / TICK {
        seen.extend(invoke(setting, lot).await?);
        setting.advance(TICK).await?;
    }
    let (end, last) = flood::requests_so_far(setting).await;
    let sent = seen.len();
    seen.retain(|status| *status != 401);
    report.none(
        &format!("keys swapped behind their ids: {sent} invocations of known tenants are refused with 401"),
        &seen,
    );
    // the set is young: it is not fetched for its age
    let (minutes, fetches) = ((end - start) / 60, last - first);
    report.claim(
        "signatures that do not match ask the key server once a minute at most",
        fetches <= minutes + 1,
        format!("{fetches} times in {minutes} minutes of the server's clock"),
    );
    // one asks just before it is right again, so that its turn is the longest away
    invoke(setting, 1).await?;
    {
        let moving = setting.moving.read().await;
        moving.platform.host.heal(Service::ForgeKeys);
    }
    setting.advance(A_MINUTE).await?;
    let served = invoke(setting, 5).await?;
    report.claim(
        "a minute after the key server is right again, Forge tenants are served again",
        served.iter().all(|status| *status == 200),
        format!("{served:?}"),
    );
    Ok(())
}

/// How invocations are answered that the platform signed with its key of now.
async fn invoke(setting: &Setting, count: usize) -> Result<Vec<u16>> {
    let mut caller = setting.caller();
    let mut seen = Vec::new();
    for _ in 0..count {
        let moving = setting.moving.read().await;
        let forge = moving
            .platform
            .tenant(&setting.plan.base_url, Half::Forge, 0)?;
        let key = moving.platform.host.forge_key()?;
        let request = regulars::invocation(&forge, &key)?;
        seen.push(caller.call(&bytes_of(&request)).await?.status);
    }
    Ok(seen)
}
