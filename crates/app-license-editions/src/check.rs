//! The platform's rules about editions, and ours about the file.

use app_license::{Capability, Edition};
use app_license_descriptor::meant_capability;

use crate::diagnostic::{Diagnostic, Severity};
use crate::editions::{Editions, Gating};
use crate::generate::collisions;
use crate::pricing::{compare, falls};

/// A capability set in another spelling than the host's, in the file and in code.
pub(crate) const CAPABILITY_SPELLING: &str = "capability_spelling";

/// Holds the file to the rules of publishing editions.
///
/// | code | severity | what |
/// |---|---|---|
/// | `standard_missing` | error | Advanced has features or service levels, Standard has none: Standard is mandatory |
/// | `edition_empty` | error | an edition with a price has no feature and no service level of its own |
/// | `nothing_sold` | error | no feature, no limit and no service level at all |
/// | `free_starter_on_advanced` | error | Advanced has no free starter tier |
/// | `advanced_not_above_standard` | error | a user count at which Advanced is not dearer than Standard |
/// | `price_missing` | error | a user count that one edition has a price for and the other has not |
/// | `currency_differs` | error | the editions' prices are in two currencies |
/// | `capability_spelling` | error | a capability string that is nearly one of the platform's |
/// | `edition_undeclared` | warning | a capability string that neither the platform nor `[editions]` names |
/// | `advanced_tier_not_above_standard` | warning | a tier whose price a user is not higher in Advanced |
/// | `name_collides` | error | two names that are one name in generated Rust and TypeScript |
/// | `name_twice` | warning | one name in two of `[features]`, `[limits]` and `[service-levels]`: one flag of OpenFeature |
/// | `limit_falls` | warning | a higher edition is allowed less |
/// | `price_falls` | warning | more users cost less |
/// | `listing_text_missing` | info | a feature without name or description |
///
/// Platform page: <https://developer.atlassian.com/platform/marketplace/app-editions-overview/>
///
/// ```
/// use app_license_editions::{Editions, check};
/// let editions = Editions::from_toml("editions.toml", "[features]\na = \"capabilityUltra\"")?;
/// let codes: Vec<_> = check(&editions).iter().map(|d| d.code()).collect();
/// assert!(codes.contains(&"edition_undeclared"));
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[must_use]
pub fn check(editions: &Editions) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    sold(editions, &mut found);
    declared(editions, &mut found);
    limits(editions, &mut found);
    twice(editions, &mut found);
    generated(editions, &mut found);
    found.extend(prices(editions));
    listing(editions, &mut found);
    found
}

fn sold(editions: &Editions, found: &mut Vec<Diagnostic>) {
    let map = editions.map();
    if map.features().next().is_none() && map.service_levels().next().is_none() {
        if map.limits().next().is_none() {
            let help = "name what the app sells under [features]";
            let message = "the file names no feature, no limit and no service level";
            found.push(Diagnostic::new(
                Severity::Error,
                "nothing_sold",
                message,
                help,
            ));
        }
        return;
    }
    let has = |edition: Edition| {
        let capability = Capability::from(edition);
        let feature = editions.features().iter().any(|f| f.requires == capability);
        let own = |name: &str| {
            let below = Edition::ALL.into_iter().rfind(|e| *e < edition);
            let level = map.service_level_in(name, Some(edition)).ok().flatten();
            level.is_some() && level != map.service_level_in(name, below).ok().flatten()
        };
        feature || map.service_levels().any(own)
    };
    let (standard, advanced) = (has(Edition::Standard), has(Edition::Advanced));
    if advanced && !standard {
        let message = "Advanced has features or service levels, Standard has none";
        let help = "Standard is mandatory, Advanced is optional and never alone: the current app is \
                    the Standard edition, give it at least one feature or service level";
        let place = (editions.features().iter())
            .find(|f| f.requires == Capability::ADVANCED)
            .and_then(|f| editions.place(&["features", &f.key]));
        found.push(Diagnostic::new(Severity::Error, "standard_missing", message, help).at(place));
    }
    for offering in editions.offerings() {
        let edition = offering.edition();
        let missing = match edition {
            Edition::Standard => !standard && !advanced,
            Edition::Advanced => !advanced,
            _ => false,
        };
        if missing {
            let message = format!(
                "{} has a price, but no feature and no service level",
                edition.name()
            );
            let help = "each edition needs at least one feature or service level of its own";
            let place = editions.place(&["pricing", edition.name()]);
            found.push(Diagnostic::new(Severity::Error, "edition_empty", message, help).at(place));
        }
    }
}

fn declared(editions: &Editions, found: &mut Vec<Diagnostic>) {
    for feature in editions.features() {
        if editions.knows(&feature.requires) {
            continue;
        }
        let message = format!(
            "feature `{}` needs `{}`, which no edition is known to have",
            feature.key, feature.requires
        );
        let place = editions.place(&["features", &feature.key]);
        if let Some(meant) = meant_capability(feature.requires.as_str()) {
            let help = format!("did you mean `{meant}`?");
            let diagnostic = Diagnostic::new(Severity::Error, CAPABILITY_SPELLING, message, &help);
            found.push(diagnostic.at(place));
            continue;
        }
        let help = "a typing mistake? An edition to come is declared as [editions.capabilityName]; \
                    until the platform sends that string, nobody has the feature";
        found.push(
            Diagnostic::new(Severity::Warning, "edition_undeclared", message, help).at(place),
        );
    }
}

/// Names that typed languages cannot tell apart.
fn generated(editions: &Editions, found: &mut Vec<Diagnostic>) {
    for collision in collisions(editions) {
        let [first, second] = collision.names;
        let message = format!(
            "`{first}` and `{second}` are both `{}` in generated Rust and in generated TypeScript",
            collision.member
        );
        let help = "give each a name that differs in letters or digits: `features generate rust` \
                    and `typescript` refuse them";
        let place = editions.place(&[collision.table, second]);
        found.push(Diagnostic::new(Severity::Error, "name_collides", message, help).at(place));
    }
}

/// Flags of OpenFeature have one name each, whatever they are of.
fn twice(editions: &Editions, found: &mut Vec<Diagnostic>) {
    for (name, tables) in editions.names_twice() {
        let message = format!(
            "`{name}` stands in {}",
            tables.map(|t| format!("[{t}]")).join(" and ")
        );
        let help = "give each a name of its own: a flag of OpenFeature is of one kind alone, and \
                    `features generate openfeature` refuses the file";
        let [_, second] = tables;
        let place = editions.place(&[second, &name]);
        found.push(Diagnostic::new(Severity::Warning, "name_twice", message, help).at(place));
    }
}

fn limits(editions: &Editions, found: &mut Vec<Diagnostic>) {
    let map = editions.map();
    for name in map.limits() {
        let mut lower: Option<(&str, app_license::Limit)> = None;
        for edition in Edition::ALL {
            let Ok(limit) = map.limit_in(name, Some(edition)) else {
                continue;
            };
            if let Some((below, more)) = lower
                && more > limit
            {
                let message = format!(
                    "limit `{name}`: {} is allowed {limit}, {below} {more}",
                    edition.name()
                );
                let help = "a customer who upgrades would lose something";
                let place = editions.place(&["limits", name]);
                found.push(
                    Diagnostic::new(Severity::Warning, "limit_falls", message, help).at(place),
                );
            }
            lower = Some((edition.name(), limit));
        }
    }
}

fn listing(editions: &Editions, found: &mut Vec<Diagnostic>) {
    for feature in editions.features() {
        let missing = match (&feature.name, &feature.description) {
            (None, None) => "no name and no description",
            (None, Some(_)) => "no name",
            (Some(_), None) => "no description",
            (Some(_), Some(_)) => continue,
        };
        // the short form is for gates; who lists one feature lists all
        let lists = editions.features().iter().any(|f| f.name.is_some());
        if !lists && feature.gating != Gating::Service {
            continue;
        }
        let message = format!("feature `{}` has {missing} for the listing", feature.key);
        let help = "the form asks for both";
        let place = editions.place(&["features", &feature.key]);
        found
            .push(Diagnostic::new(Severity::Info, "listing_text_missing", message, help).at(place));
    }
}

/// The rules about prices, on what the file states.
fn prices(editions: &Editions) -> Vec<Diagnostic> {
    let of = |edition: Edition| editions.offerings().iter().find(|o| o.edition() == edition);
    let mut found: Vec<Diagnostic> = editions.offerings().iter().flat_map(falls).collect();
    match (of(Edition::Standard), of(Edition::Advanced)) {
        (Some(standard), Some(advanced)) => {
            let comparison = compare(standard, advanced);
            found.extend(comparison.into_diagnostics());
        }
        (None, Some(_)) => found.push(Diagnostic::new(
            Severity::Error,
            "price_missing",
            "Advanced has prices, Standard has none",
            "the current plan of the app is the Standard plan",
        )),
        _ => {}
    }
    let path = ["pricing", "advanced"];
    let place = editions
        .place(&path)
        .or_else(|| editions.place(&["pricing"]));
    found.into_iter().map(|d| d.at(place.clone())).collect()
}
