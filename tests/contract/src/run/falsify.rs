//! Whether the suite would notice: every expectation is falsified once, and must be found.

use serde_json::{Value, json};

use super::evaluate::{Played, evaluate};
use crate::file::{Case, Count, File};

/// How many expectations of a case were falsified, and how many of them were found.
pub(super) fn all(file: &File, case: &Case, played: &Played, shell: &str) -> (usize, usize) {
    let falsified = variants(case, shell);
    let found = falsified
        .iter()
        .filter(|case| !evaluate(file, case, played, shell).is_empty());
    (falsified.len(), found.count())
}

/// The case with one wrong expectation, once for each.
fn variants(case: &Case, shell: &str) -> Vec<Case> {
    let mut variants = Vec::new();
    let mut wrong = |change: &dyn Fn(&mut Case) -> Option<()>| {
        let mut changed = case.clone();
        if change(&mut changed).is_some() {
            variants.push(changed);
        }
    };
    for (index, exchange) in case.requests.iter().enumerate() {
        if exchange.restart || exchange.allowed.iter().any(|it| it.shell == shell) {
            continue;
        }
        wrong(&|case| {
            let status = case.requests.get_mut(index)?.expect.status.as_mut()?;
            *status += 1;
            Some(())
        });
        wrong(&|case| {
            let expect = &mut case.requests.get_mut(index)?.expect;
            if !expect.codes.is_empty() {
                return None;
            }
            expect.code = Some(format!("not_{}", expect.code.as_deref().unwrap_or("fine")));
            Some(())
        });
        wrong(&|case| spoil(case.requests.get_mut(index)?.expect.body.as_mut()?));
        wrong(&|case| {
            let headers = &mut case.requests.get_mut(index)?.expect.headers;
            let value = headers.values_mut().next()?;
            *value = Some("falsified".to_owned());
            Some(())
        });
        wrong(&|case| {
            let codes = &mut case.requests.get_mut(index)?.expect.codes;
            let (_, count) = codes.pop_first()?;
            codes.insert("falsified".to_owned(), count);
            Some(())
        });
        wrong(&|case| {
            *case.requests.get_mut(index)?.expect.fetches.as_mut()? += 1;
            Some(())
        });
    }
    if case.not_built.is_some() {
        wrong(&|case| {
            case.not_built = None;
            Some(())
        });
        return variants;
    }
    if case.allowed.iter().any(|it| it.shell == shell) {
        return variants;
    }
    wrong(&|case| {
        let one = Count::Exactly(1);
        case.fetched
            .insert("https://nobody.example".to_owned(), one);
        Some(())
    });
    wrong(&|case| {
        case.store_after.as_mut()?.push(json!({ "key": "nobody" }));
        Some(())
    });
    wrong(&|case| spoil(case.store_after.as_mut()?.first_mut()?.get_mut("state")?));
    wrong(&|case| {
        case.hooks.as_mut()?.push("nobody installed".to_owned());
        Some(())
    });
    variants
}

/// Makes the first plain value inside another one.
fn spoil(value: &mut Value) -> Option<()> {
    match value {
        Value::Object(fields) => spoil(fields.values_mut().next()?),
        Value::Array(items) => spoil(items.first_mut()?),
        plain => {
            *plain = json!(["falsified", plain.clone()]);
            Some(())
        }
    }
}
