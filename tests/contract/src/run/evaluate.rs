//! Expectations against what was seen.

use std::collections::BTreeMap;

use serde_json::Value;

use super::compare::{self, Differences, Seen};
use crate::file::{Allowed, Case, Exchange, Expect, File};

/// What a case came to.
#[derive(Debug, Clone, Default)]
pub(super) struct Played {
    /// The code that the shell refused to make the app with.
    pub(super) not_built: Option<String>,
    pub(super) seen: Vec<Seen>,
    pub(super) fetched: BTreeMap<String, u64>,
    pub(super) complaints: Vec<String>,
    pub(super) state: Value,
}

/// What is not as expected, by place. Pure: a falsified case is evaluated by what was seen before.
pub(super) fn evaluate(
    file: &File,
    case: &Case,
    played: &Played,
    shell: &str,
) -> Vec<(String, Differences)> {
    let mut found = Vec::new();
    let mut note = |place: String, differences: Differences| {
        if !differences.is_empty() {
            found.push((place, differences));
        }
    };
    if case.not_built != played.not_built {
        let found = &played.not_built;
        let difference = format!("not_built: expected {:?}, found {found:?}", case.not_built);
        note("the app".to_owned(), vec![difference]);
    }
    if played.not_built.is_some() {
        return found;
    }
    let secrets: Vec<&str> = file
        .tenants
        .values()
        .flat_map(|tenant| &tenant.secrets)
        .map(String::as_str)
        .collect();
    for (index, (exchange, seen)) in case.requests.iter().zip(&played.seen).enumerate() {
        if exchange.restart {
            continue;
        }
        let place = format!("exchange {} at {}", index + 1, exchange.at);
        let mut differences = match expected(&exchange.expect, &exchange.allowed, shell) {
            Some(expect) => compare::exchange(&expect, seen),
            None => Differences::new(),
        };
        differences.extend(compare::shows(&seen.response, &secrets, &tokens(exchange)));
        if exchange
            .allowed
            .iter()
            .all(|allowed| allowed.shell != shell)
        {
            differences.extend(compare::refuses(&seen.response));
        }
        note(place, differences);
    }
    let mut after = compare::fetched(&case.fetched, &played.fetched);
    after.extend(played.complaints.iter().cloned());
    if let Some(stored) = &case.store_after {
        after.extend(compare::stored(stored, &played.state["installations"]));
    }
    if let Some(hooks) = &case.hooks {
        after.extend(compare::hooks(hooks, &played.state["hooks"]));
    }
    if case.allowed.iter().all(|allowed| allowed.shell != shell) {
        note("afterwards".to_owned(), after);
    }
    found
}

/// What this shell is held to; `None` for nothing.
fn expected(expect: &Expect, allowed: &[Allowed], shell: &str) -> Option<Expect> {
    match allowed.iter().find(|allowed| allowed.shell == shell) {
        Some(allowed) => serde_json::from_value(allowed.expect.clone()?).ok(),
        None => Some(expect.clone()),
    }
}

/// The tokens that an exchange sends.
fn tokens(exchange: &Exchange) -> Vec<String> {
    let in_headers = exchange
        .headers
        .iter()
        .filter_map(|(_, value)| value.split_once(' '));
    let in_query = exchange
        .target
        .split(['?', '&'])
        .filter_map(|it| it.strip_prefix("jwt="));
    in_headers
        .map(|(_, token)| token)
        .chain(in_query)
        .filter(|token| token.len() > 40)
        .map(str::to_owned)
        .collect()
}
