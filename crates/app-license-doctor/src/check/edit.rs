//! Changes that are safe: the platform refused what was there, or it could never work.

use app_license_descriptor::connect::meant_condition;
use app_license_descriptor::{Diagnostic, meant_capability, rules};

use crate::document::{Document, Node, NodeValue};
use crate::finding::Edit;

/// The edits that put a diagnostic right, when that is safe.
pub(super) fn safe(document: &Document, diagnostic: &Diagnostic) -> Vec<Edit> {
    let pointer = diagnostic.path().pointer();
    let Some(node) = document.root().pointer(&pointer) else {
        return Vec::new();
    };
    match *diagnostic.rule() {
        rules::CAPABILITY_SPELLING => spelling(document, node, &|field, text| {
            let capability = field != "condition";
            capability.then(|| meant_capability(text)).flatten()
        }),
        rules::CONDITION_MISSPELLED => spelling(document, node, &|field, text| {
            (field == "condition")
                .then(|| meant_condition(text))
                .flatten()
        }),
        rules::LIC_IN_URL => without_added(document, node).into_iter().collect(),
        rules::FILTER_INVALID => boolean(document, node.get("appIsLicensed")),
        rules::FIELD_TYPE => boolean(document, Some(node)),
        _ => Vec::new(),
    }
}

/// The texts below a node that were meant to be others, by the field that they stand in.
fn spelling(
    document: &Document,
    node: &Node,
    meant: &dyn Fn(&str, &str) -> Option<&'static str>,
) -> Vec<Edit> {
    match &node.value {
        NodeValue::List(items) => {
            let items = items.iter();
            items.flat_map(|n| spelling(document, n, meant)).collect()
        }
        NodeValue::Object(fields) => {
            let fields = fields.iter().flat_map(|(name, _, n)| match n.text() {
                Some(text) => {
                    let edit = meant(name, text).and_then(|new| replaced(document, n, text, new));
                    edit.into_iter().collect()
                }
                None => spelling(document, n, meant),
            });
            fields.collect()
        }
        _ => Vec::new(),
    }
}

/// A text in the quotes that it has.
fn replaced(document: &Document, node: &Node, old: &str, new: &str) -> Option<Edit> {
    let range = node.range();
    let written = document.text().get(range.clone())?;
    let written = written.replace(old, new);
    Some(Edit::new(range, written))
}

/// A URL without the parameters that the host adds.
fn without_added(document: &Document, node: &Node) -> Option<Edit> {
    let range = node.range();
    let written = document.text().get(range.clone())?;
    let (path, query) = written.split_once('?')?;
    // what ends the query: a fragment, or the quote
    let end = query.find(['#', '"', '\'']).unwrap_or(query.len());
    let (query, rest) = query.split_at_checked(end)?;
    let kept: Vec<_> = query
        .split('&')
        .filter(|pair| {
            let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
            !matches!(name, "lic" | "capSet")
        })
        .collect();
    let mark = if kept.is_empty() { "" } else { "?" };
    Some(Edit::new(
        range,
        format!("{path}{mark}{}{rest}", kept.join("&")),
    ))
}

/// `"true"` where a boolean is wanted.
fn boolean(document: &Document, node: Option<&Node>) -> Vec<Edit> {
    let Some(node) = node else { return Vec::new() };
    let value = match node.text() {
        Some(text) if text.eq_ignore_ascii_case("true") => "true",
        Some(text) if text.eq_ignore_ascii_case("false") => "false",
        _ => return Vec::new(),
    };
    let range = node.range();
    let fits = document.text().get(range.clone()).is_some();
    fits.then(|| Edit::new(range, value)).into_iter().collect()
}

/// An element of a YAML list that stands in a line of its own: without the line.
pub(super) fn without_line(document: &Document, node: &Node) -> Vec<Edit> {
    let text = document.text();
    let range = node.range();
    let start = text
        .get(..range.start)
        .and_then(|before| before.rfind('\n'))
        .map_or(0, |at| at.saturating_add(1));
    let end = text
        .get(range.end..)
        .and_then(|after| after.find('\n'))
        .map_or(text.len(), |at| {
            range.end.saturating_add(at).saturating_add(1)
        });
    let alone = text
        .get(start..range.start)
        .is_some_and(|b| b.trim() == "-")
        && text
            .get(range.end..end)
            .is_some_and(|a| a.trim().is_empty());
    if alone {
        vec![Edit::new(start..end, "")]
    } else {
        Vec::new()
    }
}
