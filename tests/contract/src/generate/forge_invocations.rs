//! A Forge remote: what an invocation token must be, and what it grants.

use app_license_testkit::TokenSpec;
use serde_json::{Value, json};

use super::forge_kit::{
    APP_ARI, APP_UUID, By, CLOUD, FIRST, INSTALLATION, LIFE, OTHER_APP, OTHER_INSTALLATION, SYSTEM_TOKEN, app, call, fit,
    forge_file, key_set, licensed,
};
use super::kit::{ACME, LEEWAY, case, first_key, get, ok, refused, second_key};
use crate::file::{Case, File};

pub(super) fn file() -> anyhow::Result<File> {
    forge_file(
        "Invocations of a Forge remote: where the token is, what it must say, who called, and what it grants.",
        &json!({}),
        vec![
            who(), places(), forms(), kinds(), claims(), consistency(), life(), several_apps(), isolated(), in_isolated_cloud(), deep_claims(), licenses(), editions(),
            user_access(), environments(), production_only(), confirmed(), features(), answers(),
        ],
    )
}

const ME: &str = "/remote/me";

fn me(token: &TokenSpec) -> super::kit::Sent {
    call(ME, token)
}

fn who() -> Case {
    let says = |browser: bool| ok().body(json!({ "app": APP_ARI, "installation": INSTALLATION, "browser": browser }));
    let with_token = |by: By| me(&fit(0, by)).header("x-forge-oauth-system", SYSTEM_TOKEN);
    let documented = |by: By, module: &str| app(&fit(0, by), &[("module.type", json!(module))]);
    let no_module = app(&fit(0, By::Function), &[("module.type", Value::Null)]);
    let user = fit(0, By::Function).claim("principal", "557058:0123abcd");
    case("who-called", "an invocation says whether a browser made it, and gives a browser's system token to nobody")
        .key_set_served()
        .send(0, me(&fit(0, By::Page)), says(true))
        .send(0, me(&fit(0, By::Function)), says(false))
        .send(0, me(&fit(0, By::Trigger)), says(false))
        .send(0, me(&fit(0, By::Trigger).without_claim("context")), says(false))
        .send(0, me(&fit(0, By::Page).without_claim("principal")), says(true))
        .send(0, me(&user), says(true))
        .send(0, me(&documented(By::Function, "xen:macro")), says(true))
        .send(0, me(&documented(By::Function, "somebody:panel")), says(true))
        .send(0, me(&no_module), says(true))
        .send(0, with_token(By::Function), ok().body(json!({ "system_token": true })))
        .send(0, with_token(By::Page), ok().body(json!({ "system_token": false })))
        .one_set_fetched()
}

fn places() -> Case {
    let (one, other) = (fit(0, By::Page).rs256(first_key()), fit(-1, By::Page).rs256(first_key()));
    let header = |value: String| get(ME).header("authorization", &value);
    case("token-place", "the token is in the header, once, under the scheme Bearer")
        .key_set_served()
        .send(0, get(ME), refused(401, "token_missing"))
        .send(0, get(&format!("{ME}?jwt={one}")), refused(401, "token_missing"))
        .send(0, header("Bearer".to_owned()), refused(401, "token_missing"))
        .send(0, header(format!("JWT {one}")), refused(401, "token_scheme"))
        .send(0, header(one.clone()), refused(401, "token_scheme"))
        .send(0, header("Basic YTpi".to_owned()), refused(401, "token_scheme"))
        .send(0, get(ME).bearer(&one).bearer(&other), refused(401, "token_conflict"))
        .send(0, get(ME).bearer(&other).bearer(&one), refused(401, "token_conflict"))
        .send(0, header(format!("bearer {one}")), ok())
        .send(0, header(format!("BEARER   {one} ")), ok())
        .send(0, get(ME).bearer(&one).bearer(&one), ok())
        .one_set_fetched()
}

fn forms() -> Case {
    let token = || fit(0, By::Page);
    let sent = |token: &str| get(ME).bearer(token);
    let signed = token().rs256(first_key());
    let rest = signed.split_once('.').map_or("", |(_, rest)| rest);
    // {"alg":"RS256","typ":"JWT"}
    let without_kid = format!("eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.{rest}");
    case("token-form", "what is no strict RS256 token with a key id costs no fetch")
        .key_set_served()
        .send(0, sent(&token().unsigned()), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "None").rs256(first_key())), refused(401, "algorithm"))
        .send(0, sent(&token().hs256(first_key().public_pem().as_bytes())), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "RS384").rs256(first_key())), refused(401, "algorithm"))
        .send(0, sent(&token().header("alg", "PS256").rs256(first_key())), refused(401, "algorithm"))
        .send(0, sent(&token().header("crit", json!(["exp"])).rs256(first_key())), refused(401, "critical_header"))
        .send(0, sent(&token().header("kid", 7).rs256(first_key())), refused(401, "token_malformed"))
        .send(0, sent(&without_kid), refused(401, "key_id_missing"))
        .send(0, sent(&format!("{signed}=")), refused(401, "token_malformed"))
        .send(0, sent(&format!("{signed}.x")), refused(401, "token_malformed"))
        .send(0, sent("a.b"), refused(401, "token_malformed"))
        .send(0, sent(&format!("{signed}{}", "A".repeat(33_000))), refused(431, "too_large"))
        .or_by_node_without_a_body()
}

fn kinds() -> Case {
    let context = fit(0, By::Page).header("kid", "forge/context-token/wf-1").claim("iss", "forge/context-token");
    case("kinds", "a context token that functions are handed is no invocation token, nor is a token of Connect")
        .key_set_served()
        .send(0, me(&context), refused(401, "forge_context_token"))
        .send(0, me(&fit(0, By::Page).claim("iss", "forge/context-token")), refused(401, "forge_context_token"))
        .send(0, me(&fit(0, By::Page).claim("iss", "forge/invocation-token/")), refused(401, "issuer"))
        .send(0, me(&fit(0, By::Page).claim("iss", "FORGE/INVOCATION-TOKEN")), refused(401, "issuer"))
        .send(0, me(&fit(0, By::Page).without_claim("iss")), refused(401, "claim_missing"))
        .send(0, me(&ACME.install_token(0, ME).header("kid", FIRST)), refused(401, "issuer"))
        .one_set_fetched()
}

fn claims() -> Case {
    let aud = |aud: Value| me(&fit(0, By::Page).claim("aud", aud));
    let forged = fit(0, By::Page).rs256(second_key());
    case("claims", "a token is of the platform, for this very app")
        .key_set_served()
        .send(0, aud(json!(APP_UUID)), refused(401, "audience"))
        .send(0, aud(json!(OTHER_APP)), refused(401, "audience"))
        .send(0, aud(json!(format!("{APP_ARI}/x"))), refused(401, "audience"))
        .send(0, aud(json!([])), refused(401, "audience"))
        .send(0, aud(json!([APP_ARI])), ok())
        .send(0, aud(json!(7)), refused(401, "claim_type"))
        .send(0, me(&fit(0, By::Page).without_claim("aud")), refused(401, "claim_missing"))
        .send(0, me(&fit(0, By::Page).without_claim("exp")), refused(401, "claim_missing"))
        .send(0, me(&fit(0, By::Page).without_claim("iat")), refused(401, "claim_missing"))
        .send(0, me(&fit(0, By::Page).without_claim("app")), refused(401, "claim_missing"))
        .send(0, me(&fit(0, By::Page).claim("app", "x")), refused(401, "claim_type"))
        .send(0, get(ME).bearer(&forged), refused(401, "signature"))
        // a signature that does not match makes the set be asked for again, once a minute
        .send(1, get(ME).bearer(&forged), refused(401, "signature"))
        .send(1, me(&fit(0, By::Page)), ok())
        .fetches(super::forge_kit::KEY_SET, 2)
}

fn consistency() -> Case {
    let changed = |changes: &[(&str, Value)]| me(&app(&fit(0, By::Page), changes));
    let contradict = || refused(401, "claims_contradict");
    let context = |fields: Value| me(&fit(0, By::Page).claim("context", fields));
    let bare = "fff8e466-31f4-4c73-a337-c3309dd930dc";
    case("consistency", "app, installation and site are the same wherever the token names them")
        .key_set_served()
        .send(0, changed(&[("id", json!(OTHER_APP))]), contradict())
        .send(0, changed(&[("id", json!(APP_UUID))]), contradict())
        .send(0, changed(&[("id", Value::Null)]), refused(401, "claim_missing"))
        .send(0, changed(&[("installation.id", json!(OTHER_INSTALLATION))]), contradict())
        .send(0, changed(&[("installation.id", json!(bare))]), ok())
        .send(0, changed(&[("installationId", Value::Null), ("installation.id", Value::Null)]), refused(401, "claim_missing"))
        .send(0, context(json!({ "cloudId": "another-cloud" })), contradict())
        .send(0, context(json!({ "cloudId": CLOUD, "installationId": OTHER_INSTALLATION })), contradict())
        .send(0, context(json!({ "cloudId": CLOUD, "extension": deep(200) })), ok())
        .one_set_fetched()
}

/// What a page's context may hold: nobody reads it, so it refuses nothing.
fn deep(levels: usize) -> Value {
    (0..levels).fold(json!("text"), |inner, _| json!({ "content": [inner] }))
}

fn life() -> Case {
    let sent = || me(&fit(0, By::Page));
    let early = me(&fit(40, By::Page));
    case("life", "an invocation token of 25 s proves for 25 s and the leeway of 30 s")
        .key_set_served()
        .send(0, sent(), ok())
        .send(9, early.clone(), refused(401, "not_yet_valid"))
        .send(10, early, ok())
        .send(LIFE - 1, sent(), ok())
        .send(LIFE + 1, sent(), ok())
        .send(LIFE + LEEWAY - 1, sent(), ok())
        .send(LIFE + LEEWAY, sent(), refused(401, "expired"))
        .send(LIFE + LEEWAY + 1, sent(), refused(401, "expired"))
        .one_set_fetched()
}

fn several_apps() -> Case {
    let other = app(&fit(0, By::Page).claim("aud", OTHER_APP), &[("id", json!(OTHER_APP))]);
    let mixed = fit(0, By::Page).claim("aud", json!([OTHER_APP, APP_ARI]));
    case("several-apps", "one backend may serve several apps, and is told which of them was called")
        .app(json!({ "forge": { "app_ids": [APP_ARI, OTHER_APP] } }))
        .key_set_served()
        .send(0, me(&fit(0, By::Page)), ok().body(json!({ "app": APP_ARI })))
        .send(0, me(&other), ok().body(json!({ "app": OTHER_APP })))
        .send(0, me(&mixed), ok().body(json!({ "app": APP_ARI })))
        .send(0, me(&fit(0, By::Page).claim("aud", OTHER_APP)), refused(401, "claims_contradict"))
        .one_set_fetched()
}

fn isolated() -> Case {
    let label = |label: &str| me(&fit(0, By::Page).claim("icLabel", label));
    case("isolated-cloud", "a token of an Isolated Cloud is refused where none is configured")
        .key_set_served()
        .send(0, label("orange"), refused(401, "isolated_cloud"))
        .send(0, label("../evil"), refused(401, "isolated_cloud"))
        .one_set_fetched()
}

fn in_isolated_cloud() -> Case {
    const ORANGE: &str = "https://forge.forge-cdn.orange.atlassian-isolated.net/.well-known/jwks.json";
    let label = |label: Value| me(&fit(0, By::Page).claim("icLabel", label));
    case("in-an-isolated-cloud", "an app in an Isolated Cloud takes its tokens, signed with its keys, and none of another cloud")
        .app(json!({ "forge": { "isolated_cloud": "orange" } }))
        .answers(ORANGE, vec![key_set(&[FIRST])])
        .send(0, label(json!("orange")), ok())
        .send(0, label(json!("lemon")), refused(401, "isolated_cloud"))
        .send(0, label(json!("ORANGE")), refused(401, "isolated_cloud"))
        .send(0, label(json!("")), refused(401, "claim_missing"))
        .send(0, label(json!(["orange"])), refused(401, "claim_type"))
        .send(0, me(&fit(0, By::Page)), refused(401, "claim_missing"))
        .fetches(ORANGE, 1)
}

fn deep_claims() -> Case {
    let claim = |name: &str, value: Value| me(&fit(0, By::Page).claim(name, value));
    let wide = |count: u64| (0..count).fold(fit(0, By::Page), |token, number| token.claim(&format!("c{number}"), 0));
    case("deep-claims", "how deep claims nest and how many there are has a bound, and what nobody reads refuses nothing within it")
        .key_set_served()
        .send(0, claim("other", nested(4_000)), ok())
        .send(0, claim("other", nested(5_000)), refused(413, "too_complex"))
        .send(0, me(&wide(200)), ok())
        .send(0, me(&wide(1_100)), refused(413, "too_complex"))
        .one_set_fetched()
}

/// A list in a list, so often.
fn nested(depth: usize) -> Value {
    (0..depth).fold(json!(1), |inner, _| json!([inner]))
}

fn with(target: &str, license: Value) -> super::kit::Sent {
    call(target, &licensed(&fit(0, By::Page), license))
}

fn standard(license: Value) -> super::kit::Sent {
    with("/remote/standard", license)
}

fn licenses() -> Case {
    let inactive = || refused(402, "inactive");
    let long = json!({ "active": true, "isEvaluation": false, "trialEndDate": "2027-06-08T00:00:00Z" });
    case("license", "only `true` is active, both names of the field are read, and absent is not inactive")
        .key_set_served()
        .send(0, call("/remote/standard", &fit(0, By::Page)), refused(403, "absent"))
        .send(0, standard(json!(null)), refused(403, "absent"))
        .send(0, standard(json!({ "active": true })), ok())
        .send(0, standard(json!({ "isActive": true })), ok())
        .send(0, standard(json!({ "active": true, "isActive": true })), ok())
        .send(0, standard(json!({ "active": true, "isActive": false })), inactive())
        .send(0, standard(json!({ "active": false, "isActive": true })), inactive())
        .send(0, standard(json!({ "active": false })), inactive())
        .send(0, standard(json!({ "active": "true" })), inactive())
        .send(0, standard(json!({ "active": 1 })), inactive())
        .send(0, standard(json!({ "active": false, "isEvaluation": true })), refused(402, "trial_ended"))
        .send(0, standard(json!({ "active": true, "isEvaluation": true })), ok())
        .send(0, standard(long), ok())
        .send(0, standard(json!({ "active": true, "modes": ["USER_ACCESS", "NEW"], "unheardOf": { "a": 1 } })), ok())
        .one_set_fetched()
}

fn editions() -> Case {
    let of = |set: Value| with("/remote/advanced", json!({ "active": true, "capabilitySet": set }));
    let missing = || refused(402, "capability_missing");
    case("edition", "Advanced needs to be said; no set is Standard, an unknown one includes only itself")
        .key_set_served()
        .send(0, of(json!("capabilityAdvanced")), ok())
        .send(0, of(json!("CAPABILITY_ADVANCED")), ok())
        .send(0, of(json!("capabilityStandard")), missing())
        .send(0, of(json!("capabilityGold")), missing())
        .send(0, of(json!(null)), missing())
        .send(0, of(json!("")), missing())
        .send(0, with("/remote/advanced", json!({ "active": true })), missing())
        .send(0, with("/remote/advanced", json!({ "active": false, "capabilitySet": "capabilityAdvanced" })), refused(402, "inactive"))
        .one_set_fetched()
}

fn user_access() -> Case {
    let of = |access: Value| {
        let token = licensed(&fit(0, By::Page), json!({ "active": true }));
        call("/remote/standard", &token.claim("context", json!({ "cloudId": CLOUD, "userAccess": access })))
    };
    case("user-access", "a user without access is denied, unless user access is not in effect")
        .key_set_served()
        .send(0, of(json!({ "enabled": true, "hasAccess": true })), ok())
        .send(0, of(json!({ "enabled": true, "hasAccess": false })), refused(403, "no_user_access"))
        .send(0, of(json!({ "hasAccess": false })), refused(403, "no_user_access"))
        .send(0, of(json!({ "enabled": false, "hasAccess": false })), ok())
        .send(0, of(json!({ "enabled": false })), ok())
        .send(0, of(json!({ "enabled": true, "hasAccess": "true" })), refused(403, "no_user_access"))
        .one_set_fetched()
}

fn environment(kind: &str, license: Option<Value>) -> TokenSpec {
    let token = app(&fit(0, By::Page), &[("environment.type", json!(kind))]);
    match license {
        Some(license) => licensed(&token, license),
        None => token,
    }
}

fn environments() -> Case {
    let sent = |kind: &str| call("/remote/standard", &environment(kind, None));
    case("absent-outside-production", "one statement says: absent is Standard in development, and denied in production")
        .app(json!({ "forge": { "policy": { "when_absent_outside_production": "standard" } } }))
        .key_set_served()
        .send(0, sent("DEVELOPMENT"), ok())
        .send(0, sent("STAGING"), ok())
        .send(0, sent("PRODUCTION"), refused(403, "absent"))
        .send(0, call("/remote/standard", &app(&fit(0, By::Page), &[("environment", Value::Null)])), refused(403, "absent"))
        .send(0, call("/remote/advanced", &environment("DEVELOPMENT", None)), refused(402, "capability_missing"))
        .send(0, call("/remote/standard", &environment("DEVELOPMENT", Some(json!({ "active": false })))), refused(402, "inactive"))
        .one_set_fetched()
}

fn production_only() -> Case {
    let sent = |kind: &str| call("/remote/standard", &environment(kind, Some(json!({ "active": true }))));
    case("production-only", "an app may grant in production alone: elsewhere a license can be overridden")
        .app(json!({ "forge": { "policy": { "production_only": true } } }))
        .key_set_served()
        .send(0, sent("PRODUCTION"), ok())
        .send(0, sent("DEVELOPMENT"), refused(403, "not_production"))
        .send(0, sent("STAGING"), refused(403, "not_production"))
        .one_set_fetched()
}

fn confirmed() -> Case {
    let sent = |kind: &str, license: Value| call("/remote/standard", &environment(kind, Some(license)));
    let paid = || json!({ "active": true, "type": "commercial", "ccpEntitlementId": "E-1" });
    case("confirmed", "a token of production with an entitlement, and not for developers, is confirmation")
        .app(json!({ "forge": { "policy": { "confirmed_only": true } } }))
        .key_set_served()
        .send(0, sent("PRODUCTION", paid()), ok())
        .send(0, sent("DEVELOPMENT", paid()), refused(403, "not_production"))
        .send(0, sent("PRODUCTION", json!({ "active": true, "type": "commercial" })), refused(403, "unconfirmed"))
        .send(0, sent("PRODUCTION", json!({ "active": true, "type": "DEVELOPER", "ccpEntitlementId": "E-1" })), refused(403, "unconfirmed"))
        .send(0, sent("PRODUCTION", json!({ "active": false, "ccpEntitlementId": "E-1" })), refused(402, "inactive"))
        .one_set_fetched()
}

fn features() -> Case {
    let advanced = json!({ "active": true, "capabilitySet": "capabilityAdvanced" });
    case("features", "a feature needs what the app's map says; one that the map lacks is the app's mistake")
        .app(json!({ "forge": { "features": { "features": { "bulk-export": "advanced" } } } }))
        .key_set_served()
        .send(0, with("/remote/feature", advanced.clone()), ok())
        .send(0, with("/remote/feature", json!({ "active": true })), refused(402, "capability_missing"))
        .send(0, with("/remote/no-feature", advanced), refused(500, "unknown_feature"))
        .one_set_fetched()
}

fn answers() -> Case {
    let kind = Some("application/json");
    let denied = json!({ "error": { "decision": { "allowed": false, "reason": "inactive", "needs": "capabilityStandard" } } });
    let granted = json!({ "decision": { "allowed": true, "reason": "granted", "age": 5 } });
    case("answers", "a remote refuses in the same form as a Connect app")
        .key_set_served()
        .send(0, get(ME), refused(401, "token_missing").header("content-type", kind).header("cache-control", Some("no-store")))
        .send(0, standard(json!({ "active": false })), refused(402, "inactive").body(denied))
        .send(5, with("/remote/license", json!({ "active": true })), ok().body(granted))
        .one_set_fetched()
}
