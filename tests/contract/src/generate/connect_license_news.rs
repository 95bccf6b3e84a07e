//! What a site says of a license beside what its pages say: upgrades, trials, and what is news.

use serde_json::json;

use super::connect_license_kit::{active, api, inactive, license, says, silent_page, standard};
use super::kit::{ACME, case, fault, no_content, ok, refused};
use crate::file::{Case, PlatformResponse};

pub(super) fn cases() -> Vec<Case> {
    vec![raised(), trial_of_api(), trial_of_record(), none_agreed(), lagging(), ahead()]
}

/// The site answers as of five minutes ago, the page says what was bought a moment ago.
fn raised() -> Case {
    let edition = |name: &str| {
        let fields = json!({ "active": true, "type": "COMMERCIAL", "entitlementId": "E-1", "capabilitySet": name });
        license(&fields)
    };
    let page = |at: u64, edition: &str| silent_page(at, &format!("/advanced?lic=active&capSet={edition}"));
    let (standard, advanced) = ("capabilityStandard", "capabilityAdvanced");
    case(
        "raised",
        "a page that states a higher edition makes the site be asked at once, and again after 300 s while the two disagree",
    )
    .app(json!({ "connect": { "policy": { "confirmed_only": true } } }))
    .installed(&ACME)
    .answers(&api(&ACME), vec![edition(standard), edition(advanced).since(300)])
    .send(0, page(0, standard), refused(402, "capability_missing").fetches(1))
    .send(60, page(60, standard), refused(402, "capability_missing").fetches(1))
    .send(61, page(61, advanced), refused(402, "capability_missing").fetches(2))
    .send(90, page(90, advanced), refused(402, "capability_missing").fetches(2))
    .send(360, page(360, advanced), refused(402, "capability_missing").fetches(2))
    .send(361, page(361, advanced), ok().fetches(3))
    .send(600, page(600, advanced), ok().fetches(3))
    .fetches(&api(&ACME), 3)
}

fn evaluated(active: bool) -> PlatformResponse {
    license(&json!({ "active": active, "type": "COMMERCIAL", "evaluation": true }))
}

fn trial_of_api() -> Case {
    case("trial-by-the-site", "a page says `lic=none` of whatever ended: that it was a trial, the site says")
        .installed(&ACME)
        .answers(&api(&ACME), vec![evaluated(false)])
        .send(0, silent_page(0, "/standard?lic=none"), refused(402, "trial_ended"))
        .fetches(&api(&ACME), 1)
}

fn trial_of_record() -> Case {
    case("trial-by-the-record", "that it was a trial, the record of the installation says, where the site cannot be asked")
        .installed(&ACME)
        .answers(&api(&ACME), vec![evaluated(true), fault("unreachable").since(200)])
        .send(0, standard(0), ok())
        .restart(300)
        .send(300, silent_page(300, "/standard?lic=none"), refused(402, "trial_ended"))
        .fetches_between(&api(&ACME), 2, 4)
}

fn none_agreed() -> Case {
    let page = |at: u64, lic: &str| silent_page(at, &format!("/standard?lic={lic}"));
    case(
        "none-agreed",
        "a license that ends moments after a page stated it is stored at once where page and site agree, and once",
    )
    .installed(&ACME)
    .answers(&api(&ACME), vec![evaluated(false)])
    .send(0, page(0, "active"), ok())
    .send(2, page(2, "none"), refused(402, "trial_ended"))
    .send(4, page(4, "none"), refused(402, "trial_ended"))
    .fetches(&api(&ACME), 1)
    .hooks(&[ACME.hook("license_changed active"), ACME.hook("license_changed inactive")])
}

fn lagging() -> Case {
    let active = |at: u64| silent_page(at, "/standard?lic=active");
    case(
        "answer-that-lags-behind-a-page",
        "what the API says moments after a signed page said otherwise counts for the request that asked, and is no news: hooks do not flap",
    )
    .installed(&ACME)
    .answers(&api(&ACME), vec![inactive()])
    .send(0, active(0), ok())
    .send(10, standard(10), refused(402, "inactive"))
    .send(20, active(20), ok())
    .fetches(&api(&ACME), 1)
    .hooks(&[ACME.hook("license_changed active")])
}

/// The token of the install was issued at 0; by the clock of whoever took it in, that was at 25.
fn ahead() -> Case {
    case(
        "installed-by-a-clock-ahead",
        "an answer counts that is of after the install by the platform's times, although the clock that took the install in was ahead",
    )
    .keys_served()
    .answers(&api(&ACME), vec![active()])
    .send(25, ACME.signed_event(0, "installed"), no_content())
    .send(5, standard(5), ok())
    .send(6, silent_page(6, "/panel"), says("granted", 1))
    .one_key_fetched()
    .fetches(&api(&ACME), 1)
    .hooks(&[ACME.hook("installed"), ACME.hook("license_changed active")])
}
