//! What was expected beside what was found.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::wire::Response;
use crate::file::{Count, Expect};

/// The differences, each a line; none when all is as expected.
pub(crate) type Differences = Vec<String>;

/// What was found out about an exchange.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) response: Response,
    /// How often each code was answered to a flood at once.
    pub(crate) codes: BTreeMap<String, u64>,
    pub(crate) fetches: u64,
}

/// The stable code of a refusal, as every shell writes it.
pub(crate) fn code(response: &Response) -> Option<String> {
    let body: Value = serde_json::from_str(&response.body).ok()?;
    Some(body.pointer("/error/code")?.as_str()?.to_owned())
}

pub(crate) fn exchange(expect: &Expect, seen: &Seen) -> Differences {
    let mut found = Differences::new();
    let response = &seen.response;
    let code = code(response);
    if expect
        .status
        .is_some_and(|status| status != response.status)
    {
        let expected = expect.status.unwrap_or_default();
        found.push(format!(
            "status: expected {expected}, found {}",
            response.status
        ));
    }
    if expect.codes.is_empty() && expect.code != code && expect.status.is_some() {
        let shown = |code: &Option<String>| code.clone().unwrap_or_else(|| "none".to_owned());
        found.push(format!(
            "code: expected {}, found {}",
            shown(&expect.code),
            shown(&code)
        ));
    }
    for (name, counted) in counted(&expect.codes, &seen.codes) {
        found.push(format!("code {name}: {counted}"));
    }
    for (name, value) in &expect.headers {
        let header = response.header(name);
        if header != value.as_deref() {
            found.push(format!(
                "header {name}: expected {value:?}, found {header:?}"
            ));
        }
    }
    if let Some(expected) = &expect.body {
        let parsed = serde_json::from_str(&response.body);
        let body = parsed.unwrap_or_else(|_| Value::String(response.body.clone()));
        within("body", expected, &body, &mut found);
    }
    if expect
        .fetches
        .is_some_and(|fetches| fetches != seen.fetches)
    {
        let expected = expect.fetches.unwrap_or_default();
        found.push(format!(
            "fetches so far: expected {expected}, found {}",
            seen.fetches
        ));
    }
    found
}

/// Every field of `expected` is in `found`; lists have the same length.
pub(crate) fn within(place: &str, expected: &Value, found: &Value, out: &mut Differences) {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => {
            for (name, expected) in expected {
                let found = found.get(name).unwrap_or(&Value::Null);
                within(&format!("{place}.{name}"), expected, found, out);
            }
        }
        (Value::Array(expected), Value::Array(found)) if expected.len() == found.len() => {
            for (index, (expected, found)) in expected.iter().zip(found).enumerate() {
                within(&format!("{place}[{index}]"), expected, found, out);
            }
        }
        _ if expected == found => {}
        _ => out.push(format!("{place}: expected {expected}, found {found}")),
    }
}

/// These URLs so often, and no others.
pub(crate) fn fetched(
    expected: &BTreeMap<String, Count>,
    found: &BTreeMap<String, u64>,
) -> Differences {
    let mut counts: BTreeMap<&str, u64> = expected.keys().map(|url| (&**url, 0)).collect();
    for (url, count) in found {
        let named = expected.contains_key(url);
        let pattern = expected.keys().find(|key| {
            let prefix = key.strip_suffix('*');
            prefix.is_some_and(|prefix| url.starts_with(prefix))
        });
        let place = pattern.filter(|_| !named).unwrap_or(url);
        *counts.entry(place).or_default() += count;
    }
    let counts = counts
        .into_iter()
        .map(|(url, count)| (url.to_owned(), count));
    let differences = counted(expected, &counts.collect());
    let line = |(url, difference)| format!("fetched {url}: {difference}");
    differences.into_iter().map(line).collect()
}

/// What was not found as often as it should be, or not expected at all, by name.
fn counted(
    expected: &BTreeMap<String, Count>,
    found: &BTreeMap<String, u64>,
) -> Vec<(String, String)> {
    let names: BTreeSet<&String> = expected.keys().chain(found.keys()).collect();
    let difference = |name: &&String| {
        let found = found.get(*name).copied().unwrap_or_default();
        match expected.get(*name) {
            Some(expected) if expected.holds(found) => None,
            Some(Count::Exactly(expected)) => Some(format!("expected {expected}, found {found}")),
            Some(Count::Between { min, max }) => {
                Some(format!("expected {min} to {max}, found {found}"))
            }
            None => Some(format!("not expected, found {found}")),
        }
    };
    let named = |name| Some((String::clone(name), difference(&name)?));
    names.into_iter().filter_map(named).collect()
}

/// These installations and no others; of each the fields that are named.
pub(crate) fn stored(expected: &[Value], found: &Value) -> Differences {
    let mut differences = Differences::new();
    let none = Vec::new();
    let mut left: Vec<&Value> = found.as_array().unwrap_or(&none).iter().collect();
    for expected in expected {
        let key = &expected["key"];
        let Some(index) = left.iter().position(|it| it["key"] == *key) else {
            differences.push(format!("store_after: {key} is not stored"));
            continue;
        };
        let found = left.remove(index);
        within(
            &format!("store_after {key}"),
            expected,
            found,
            &mut differences,
        );
    }
    for extra in left {
        differences.push(format!(
            "store_after: {} is stored and should not be",
            extra["key"]
        ));
    }
    differences
}

pub(crate) fn hooks(expected: &[String], found: &Value) -> Differences {
    let found: Vec<_> = found
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if found == expected {
        return Differences::new();
    }
    vec![format!("hooks: expected {expected:?}, found {found:?}")]
}

/// What no answer shows, whatever a shell is allowed.
pub(crate) fn shows(response: &Response, secrets: &[&str], tokens: &[String]) -> Differences {
    let mut found = Differences::new();
    let shown = |text: &&str| response.body.contains(*text);
    if secrets.iter().any(shown) {
        found.push("the answer shows a secret".to_owned());
    }
    if tokens.iter().any(|token| shown(&token.as_str())) {
        found.push("the answer shows a token".to_owned());
    }
    found
}

/// What holds for every refusal, whatever the case: see the README.
pub(crate) fn refuses(response: &Response) -> Differences {
    let mut found = Differences::new();
    if !(400..600).contains(&response.status) || response.status == 404 || response.status == 405 {
        return found;
    }
    if !response
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/json"))
    {
        found.push("a refusal that is not JSON".to_owned());
    }
    if response.header("cache-control") != Some("no-store") {
        found.push("a refusal without `Cache-Control: no-store`".to_owned());
    }
    let body: Value = serde_json::from_str(&response.body).unwrap_or_default();
    let message = body.pointer("/error/message").and_then(Value::as_str);
    match (response.status, message) {
        (_, None | Some("")) => found.push("a refusal without `error.message`".to_owned()),
        (401, Some(said)) if !is_discreet(said, &code(response).unwrap_or_default()) => {
            found.push(format!("a 401 that says more than its code: {said}"));
        }
        (503, Some(said)) if !said.starts_with("could not check: ") => {
            found.push(format!("an outage that does not say so: {said}"));
        }
        _ => {}
    }
    let waits = response.header("retry-after").is_some();
    if waits != (response.status == 503) {
        found.push("`Retry-After` belongs to 503, and to nothing else".to_owned());
    }
    found
}

/// What a token should have been is nobody's business.
fn is_discreet(message: &str, code: &str) -> bool {
    match code {
        "unknown_tenant" => message == "the app is not installed there",
        "replayed" => message == "the token was used before, with another body",
        code => message == format!("the request is not proved to come from the platform ({code})"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{fetched, stored, within};
    use crate::file::Count;

    #[test]
    fn objects_may_hold_more_and_lists_may_not() {
        let differences = |expected, found| {
            let mut out = Vec::new();
            within("body", &expected, &found, &mut out);
            out.len()
        };
        assert_eq!(differences(json!({"a": 1}), json!({"a": 1, "b": 2})), 0);
        assert_eq!(differences(json!({"a": 1, "c": null}), json!({"a": 1})), 0);
        assert_eq!(
            differences(json!({"a": {"b": 1}}), json!({"a": {"b": 2}})),
            1
        );
        assert_eq!(differences(json!([1]), json!([1, 2])), 1);
        assert_eq!(differences(json!({"a": 1}), json!("a")), 1);
    }

    #[test]
    fn what_is_not_named_must_not_be_fetched() {
        let expected = [
            ("a", Count::Exactly(1)),
            ("b/*", Count::Between { min: 0, max: 2 }),
        ];
        let expected = expected.map(|(url, count)| (url.to_owned(), count)).into();
        let found = |urls: &[(&str, u64)]| {
            let urls = urls
                .iter()
                .map(|(url, count)| ((*url).to_owned(), *count))
                .collect();
            fetched(&expected, &urls).len()
        };
        assert_eq!(found(&[("a", 1), ("b/1", 1), ("b/2", 1)]), 0);
        assert_eq!(found(&[("a", 1)]), 0);
        assert_eq!(found(&[]), 1);
        assert_eq!(found(&[("a", 2), ("b/1", 3), ("c", 1)]), 3);
    }

    #[test]
    fn the_store_holds_these_and_no_others() {
        let expected = [json!({"key": "a", "state": "installed"})];
        assert_eq!(
            stored(
                &expected,
                &json!([{"key": "a", "state": "installed", "x": 1}])
            )
            .len(),
            0
        );
        assert_eq!(
            stored(&expected, &json!([{"key": "a", "state": "enabled"}])).len(),
            1
        );
        assert_eq!(stored(&expected, &json!([])).len(), 1);
        assert_eq!(stored(&[], &json!([{"key": "b"}])).len(), 1);
    }
}
