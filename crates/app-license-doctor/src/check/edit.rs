//! Changes that are safe: the platform refused what was there, or it could never work.

use app_license::Edition;
use app_license_descriptor::Diagnostic;

use crate::document::{Document, Node, NodeValue};
use crate::finding::Edit;

/// The edits that put a diagnostic right, when that is safe.
pub(super) fn safe(document: &Document, diagnostic: &Diagnostic) -> Vec<Edit> {
    let pointer = diagnostic.path().pointer();
    let Some(node) = document.root().pointer(&pointer) else {
        return Vec::new();
    };
    match diagnostic.code() {
        "capability_spelling" => spelling(document, node),
        "lic_in_url" => without_added(document, node).into_iter().collect(),
        "filter_invalid" => boolean(document, node.get("appIsLicensed")),
        "field_type" => boolean(document, Some(node)),
        _ => Vec::new(),
    }
}

/// The capability sets in a condition, or in the URL of a module, as the host spells them.
fn spelling(document: &Document, node: &Node) -> Vec<Edit> {
    match &node.value {
        NodeValue::Text(text) => {
            let edit = Edition::of(text)
                .filter(|edition| edition.capability_set() != text)
                .and_then(|edition| replaced(document, node, text, edition.capability_set()));
            edit.into_iter().collect()
        }
        NodeValue::List(items) => items.iter().flat_map(|n| spelling(document, n)).collect(),
        NodeValue::Object(fields) => {
            let fields = fields.iter();
            fields.flat_map(|(_, _, n)| spelling(document, n)).collect()
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
