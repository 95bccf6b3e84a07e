//! The canonical texts that known mistakes make of a request: slow and plain on purpose.

use super::QshMistake;
use crate::connect::canonical_request::{parameters, push_path, relative};
use crate::connect::query::{decode, decode_path, pairs, push_encoded};
use crate::connect::request_line::RequestLine;

/// The most parameters whose absence is tried one by one.
const MAX_LEFT_OUT: usize = 32;
/// The most parameters, and the largest target in bytes, that are looked into at all: an explanation
/// hashes the request up to a thousand times.
const MAX_PARAMETERS: usize = 256;
const MAX_LOOKED_INTO: usize = 16 * 1024;
/// The largest target for which two mistakes at once are tried, in bytes.
const MAX_FOR_TWO: usize = 2048;

/// A text that may have been signed.
pub(super) struct Candidate {
    pub(super) mistakes: Vec<QshMistake>,
    pub(super) hashed: String,
    /// What to show instead, when the text holds a token.
    pub(super) shown: Option<String>,
}

/// One part of a text, right or with one mistake in it.
struct Variant {
    mistake: Option<QshMistake>,
    text: String,
    shown: Option<String>,
}

impl Variant {
    const fn right(text: String) -> Self {
        Self {
            mistake: None,
            text,
            shown: None,
        }
    }

    const fn wrong(mistake: QshMistake, text: String) -> Self {
        Self {
            mistake: Some(mistake),
            text,
            shown: None,
        }
    }
}

/// Every text with one mistake, then every text with two in different parts of it.
pub(super) fn candidates(
    request: &RequestLine<'_>,
    base_path: &str,
) -> impl Iterator<Item = Candidate> {
    let methods = methods(request);
    let size = request.size();
    let at_once = if size > MAX_FOR_TWO { 1 } else { 2 };
    let (paths, queries) = match request.path_and_query() {
        Ok((path, query))
            if size <= MAX_LOOKED_INTO && query.split('&').count() <= MAX_PARAMETERS =>
        {
            (paths(path, base_path), queries(request, query))
        }
        _ => (Vec::new(), Vec::new()),
    };
    let mut all = Vec::new();
    for (m, method) in methods.iter().enumerate() {
        for (p, path) in paths.iter().enumerate() {
            for (q, query) in queries.iter().enumerate() {
                let count = [&method.mistake, &path.mistake, &query.mistake]
                    .into_iter()
                    .flatten()
                    .count();
                if (1..=at_once).contains(&count) {
                    all.push((count, m, p, q));
                }
            }
        }
    }
    all.sort_by_key(|(count, ..)| *count);
    all.into_iter().filter_map(move |(_, m, p, q)| {
        let (method, path, query) = (methods.get(m)?, paths.get(p)?, queries.get(q)?);
        let join = |query: &str| format!("{}&{}&{query}", method.text, path.text);
        let mistakes = [&method.mistake, &path.mistake, &query.mistake];
        let mistakes: Vec<_> = mistakes.into_iter().flatten().cloned().collect();
        Some(Candidate {
            mistakes,
            hashed: join(&query.text),
            shown: query.shown.as_deref().map(join),
        })
    })
}

fn methods(request: &RequestLine<'_>) -> Vec<Variant> {
    let right = request.method.to_ascii_uppercase();
    let mut all = vec![Variant::right(right.clone())];
    for other in ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD"] {
        if other != right {
            all.push(Variant::wrong(
                QshMistake::OtherMethod(other),
                other.to_owned(),
            ));
        }
    }
    let lower = request.method.to_ascii_lowercase();
    all.push(Variant::wrong(QshMistake::MethodCase, lower));
    all
}

fn paths(path: &str, base_path: &str) -> Vec<Variant> {
    let without_slash = |path: &str| canonical_path(path.strip_suffix('/').unwrap_or(path));
    let below = relative(path, base_path);
    let right = canonical_path(below);
    let mut all = vec![Variant::right(right.clone())];
    let mut wrong = |mistake, text: String| {
        if text != right {
            all.push(Variant::wrong(mistake, text));
        }
    };
    wrong(QshMistake::BasePathKept, without_slash(path));
    if !base_path.is_empty() {
        if let Some(rest) = path.strip_prefix(base_path) {
            let slash = if rest.starts_with('/') { "" } else { "/" };
            wrong(
                QshMistake::BasePathCut,
                without_slash(&format!("{slash}{rest}")),
            );
        } else {
            wrong(
                QshMistake::BasePathAdded,
                without_slash(&format!("{base_path}{path}")),
            );
        }
    }
    wrong(
        QshMistake::TrailingSlashKept,
        canonical_path(&format!("{below}/")),
    );
    for context in ["/wiki", "/jira"] {
        let with = without_slash(&format!("{context}{path}"));
        wrong(QshMistake::ContextPathAdded(context), with);
    }
    if let Some((_, rest)) = below.strip_prefix('/').and_then(|p| p.split_once('/')) {
        wrong(
            QshMistake::FirstSegmentDropped,
            canonical_path(&format!("/{rest}")),
        );
    }
    if let Some(decoded) = decode_path(below) {
        wrong(QshMistake::PathDecoded, canonical_path(&decoded));
    }
    if below.is_empty() {
        wrong(QshMistake::EmptyPath, String::new());
    } else {
        wrong(QshMistake::AmpersandKept, below.to_owned());
    }
    all
}

fn canonical_path(path: &str) -> String {
    let mut text = Vec::new();
    push_path(path, &mut text);
    String::from_utf8(text).unwrap_or_default()
}

/// A parameter, decoded.
type Parameter = (String, String);

fn queries(request: &RequestLine<'_>, query: &str) -> Vec<Variant> {
    let all = read(query);
    let without_jwt: Vec<Parameter> = all.iter().filter(|(n, _)| n != "jwt").cloned().collect();
    let hashed = read(parameters(request, query).unwrap_or(query));
    let hashed: Vec<Parameter> = hashed.into_iter().filter(|(n, _)| n != "jwt").collect();
    let right = Style::default().write(&hashed);
    let mut found = vec![Variant::right(right.clone())];
    let mut wrong = |mistake, text: String| {
        if text != right {
            found.push(Variant::wrong(mistake, text));
        }
    };
    wrong(QshMistake::QueryDropped, String::new());
    for (mistake, style) in Style::wrong() {
        wrong(mistake, style.write(&hashed));
    }
    wrong(QshMistake::PlusLiteral, {
        let literal = query.replace('+', "%2B");
        let literal = read(&literal);
        let kept: Vec<_> = literal.into_iter().filter(|(n, _)| n != "jwt").collect();
        Style::default().write(&kept)
    });
    if let Some(body) = request.form_body {
        let mut body = read(body);
        wrong(QshMistake::FormBodyUsed, Style::default().write(&body));
        body.extend(without_jwt.iter().cloned());
        wrong(QshMistake::FormBodyUsed, Style::default().write(&body));
    }
    for index in 0..hashed.len().min(MAX_LEFT_OUT) {
        let mut rest = hashed.clone();
        let (name, _) = rest.remove(index);
        wrong(
            QshMistake::ParameterMissing(name),
            Style::default().write(&rest),
        );
    }
    for (pair, name, value) in [
        ("lic=active", "lic", "active"),
        ("lic=none", "lic", "none"),
        ("capSet=capabilityStandard", "capSet", "capabilityStandard"),
        ("capSet=capabilityAdvanced", "capSet", "capabilityAdvanced"),
    ] {
        let mut more = hashed.clone();
        more.push((name.to_owned(), value.to_owned()));
        wrong(
            QshMistake::ParameterAdded(pair),
            Style::default().write(&more),
        );
        let mut changed = hashed.clone();
        for parameter in changed.iter_mut().filter(|(n, _)| n == name) {
            value.clone_into(&mut parameter.1);
        }
        wrong(
            QshMistake::ParameterChanged(pair),
            Style::default().write(&changed),
        );
    }
    if all.len() != without_jwt.len() {
        let redact = |(name, value): &Parameter| {
            let hidden = if name == "jwt" { "redacted" } else { value };
            (name.clone(), hidden.to_owned())
        };
        let redacted: Vec<Parameter> = all.iter().map(redact).collect();
        found.push(Variant {
            mistake: Some(QshMistake::JwtKept),
            text: Style::default().write(&all),
            shown: Some(Style::default().write(&redacted)),
        });
    }
    found
}

fn read(query: &str) -> Vec<Parameter> {
    let decoded = |text: &str| decode(text).into_owned();
    pairs(query)
        .map(|p| (decoded(p.name), decoded(p.value)))
        .collect()
}

/// How a signer writes a query; the default is right.
#[derive(Default, Clone, Copy)]
struct Style {
    names_raw: bool,
    values_encoded: bool,
    values_unsorted: bool,
    values_apart: bool,
    space_as_plus: bool,
}

impl Style {
    fn wrong() -> [(QshMistake, Self); 5] {
        let right = Self::default();
        let names_raw = true;
        let values_encoded = true;
        let values_unsorted = true;
        let values_apart = true;
        let space_as_plus = true;
        [
            (QshMistake::NamesSortedRaw, Self { names_raw, ..right }),
            (
                QshMistake::ValuesSortedEncoded,
                Self {
                    values_encoded,
                    ..right
                },
            ),
            (
                QshMistake::ValuesUnsorted,
                Self {
                    values_unsorted,
                    ..right
                },
            ),
            (
                QshMistake::ValuesNotJoined,
                Self {
                    values_apart,
                    ..right
                },
            ),
            (
                QshMistake::SpaceAsPlus,
                Self {
                    space_as_plus,
                    ..right
                },
            ),
        ]
    }

    fn write(self, parameters: &[Parameter]) -> String {
        let mut all: Vec<(String, String, &Parameter)> = parameters
            .iter()
            .map(|p| (self.encode(&p.0), self.encode(&p.1), p))
            .collect();
        all.sort_by(|a, b| {
            let names = if self.names_raw {
                a.2.0.encode_utf16().cmp(b.2.0.encode_utf16())
            } else {
                a.0.cmp(&b.0)
            };
            names.then_with(|| {
                if self.values_unsorted {
                    std::cmp::Ordering::Equal
                } else if self.values_encoded {
                    a.1.cmp(&b.1)
                } else {
                    a.2.1.encode_utf16().cmp(b.2.1.encode_utf16())
                }
            })
        });
        let mut text = String::new();
        let mut last = None;
        for (name, value, _) in &all {
            if last == Some(name) && !self.values_apart {
                text.push(',');
            } else {
                if last.is_some() {
                    text.push('&');
                }
                text.push_str(name);
                text.push('=');
            }
            text.push_str(value);
            last = Some(name);
        }
        text
    }

    fn encode(self, text: &str) -> String {
        let mut encoded = Vec::new();
        push_encoded(text.as_bytes(), &mut encoded);
        let mut encoded = String::from_utf8(encoded).unwrap_or_default();
        if self.space_as_plus {
            encoded = encoded.replace("%20", "+");
        }
        encoded
    }
}
