//! YAML (a Forge manifest) as JSON: one document, strict, with bounds on depth and size, read as the
//! platform's parser reads it.

use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, MergeKeyPolicy, Options};

use crate::input_error::InputError;

const MAX_DEPTH: usize = 64;
/// Counts what aliases repeat, so that a small text cannot become a huge document.
const MAX_NODES: usize = 200_000;

/// Reads one YAML document as a JSON value.
pub(crate) fn to_json(text: &str) -> Result<Value, InputError> {
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let read = |strict| serde_saphyr::from_str_with_options::<Value>(text, options(strict));
    let tagless;
    let mut value = match read(true) {
        // values without a type are not read with a tag: what a plain one is, is plain
        read if TAGS.iter().any(|tag| text.contains(tag)) => {
            tagless = without_tags(text);
            let again = serde_saphyr::from_str_with_options(&tagless, options(true));
            match (again, read) {
                (Ok(value), _) => {
                    text = &tagless;
                    value
                }
                (Err(_), Ok(value)) => value,
                (Err(_), Err(error)) => return Err(syntax(text, &error)),
            }
        }
        other => other.map_err(|error| syntax(text, &error))?,
    };
    let read = |strict| serde_saphyr::from_str_with_options::<Value>(text, options(strict));
    if let Ok(loose) = read(false) {
        capital_booleans(&mut value, &loose);
    }
    match value {
        Value::Null => Err(InputError::Syntax {
            what: "YAML",
            line: 1,
            column: 1,
            cause: "there is no value in it".to_owned(),
        }),
        value => Ok(value),
    }
}

fn options(strict_booleans: bool) -> Options {
    serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            max_nodes: MAX_NODES,
            max_documents: 1,
        },
        // the platform's parser knows neither `yes` and `no` nor merge keys, and takes no key twice
        strict_booleans: strict_booleans,
        merge_keys: MergeKeyPolicy::AsOrdinary,
        duplicate_keys: DuplicateKeyPolicy::Error,
        with_snippet: false,
    }
}

/// `True` and `TRUE` are booleans to the platform's parser; in quotes they are not, and then no
/// reading takes them for one.
fn capital_booleans(value: &mut Value, loose: &Value) {
    match (value, loose) {
        (Value::Object(fields), Value::Object(loose)) => {
            for (name, inner) in fields {
                if let Some(loose) = loose.get(name) {
                    capital_booleans(inner, loose);
                }
            }
        }
        (Value::Array(items), Value::Array(loose)) => {
            for (inner, loose) in items.iter_mut().zip(loose) {
                capital_booleans(inner, loose);
            }
        }
        (value, Value::Bool(read)) => {
            let is_core = value
                .as_str()
                .is_some_and(|t| matches!(t, "True" | "TRUE" | "False" | "FALSE"));
            if is_core {
                *value = Value::Bool(*read);
            }
        }
        _ => {}
    }
}

/// The tags of values that a text alone tells: each with what follows it.
const TAGS: [&str; 4] = ["!!bool ", "!!int ", "!!float ", "!!null "];

/// Blanks the tags of plain values, and the quotes around what is a value of the type that the tag
/// names, so that places stay.
fn without_tags(text: &str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("!!") {
        let (before, from) = rest.split_at(at);
        written.push_str(before);
        let tag = TAGS.into_iter().find(|tag| from.starts_with(tag));
        let Some(tag) = tag.filter(|_| begins_a_value(before)) else {
            written.push_str("!!");
            rest = from.strip_prefix("!!").unwrap_or_default();
            continue;
        };
        written.extend(std::iter::repeat_n(' ', tag.len()));
        rest = from.strip_prefix(tag).unwrap_or_default();
        if let Some((value, after)) = quoted(rest)
            && is_of(tag, value)
        {
            // nothing at all would be no item of a list
            let opening = if value.is_empty() { '~' } else { ' ' };
            written.push(opening);
            written.push_str(value);
            written.push(' ');
            rest = after;
        }
    }
    written.push_str(rest);
    written
}

/// Whether a tag may stand after this text: not within a word.
fn begins_a_value(before: &str) -> bool {
    before
        .chars()
        .next_back()
        .is_none_or(|c| c.is_whitespace() || matches!(c, '[' | '{' | ','))
}

/// What stands in quotes at the start of a text, and what follows.
fn quoted(text: &str) -> Option<(&str, &str)> {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    text.strip_prefix(quote)?.split_once(quote)
}

/// Whether this is a value of the type that a tag names, by the core schema.
fn is_of(tag: &str, value: &str) -> bool {
    match tag.trim_end() {
        "!!bool" => matches!(
            value,
            "true" | "True" | "TRUE" | "false" | "False" | "FALSE"
        ),
        "!!null" => matches!(value, "" | "~" | "null" | "Null" | "NULL"),
        _ => value.parse::<serde_json::Number>().is_ok(),
    }
}

/// The first line that a tab indents.
fn tab_indented(text: &str) -> Option<usize> {
    let indent = |line: &str| {
        let rest = line.trim_start_matches([' ', '\t']);
        let length = line.len().saturating_sub(rest.len());
        !rest.is_empty() && line.get(..length).is_some_and(|i| i.contains('\t'))
    };
    text.lines().position(indent)
}

/// What is wrong, and where.
fn syntax(text: &str, error: &serde_saphyr::Error) -> InputError {
    if let Some(line) = tab_indented(text) {
        return InputError::Syntax {
            what: "YAML",
            line: line.saturating_add(1),
            column: 1,
            cause: "a tab indents this line: YAML takes spaces alone".to_owned(),
        };
    }
    let at = error.location();
    let number = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok()).unwrap_or(1);
    let said = error.without_snippet().to_string();
    // the place is told apart from the cause
    let cause = said
        .split(" at line ")
        .next()
        .unwrap_or_default()
        .trim_end_matches([':', ' '])
        .to_owned();
    InputError::Syntax {
        what: "YAML",
        line: number(at.map(|at| at.line())),
        column: number(at.map(|at| at.column())),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use serde_json::json;

    #[test]
    fn a_manifest_reads_as_the_platform_reads_it() {
        for (yaml, want) in [
            (
                "app:\n  licensing: &l\n    enabled: true\n    modes: [user-access]\n  copy: *l\nnone: ~\n'quoted': '1'\nnumber: 2\n",
                json!({
                    "app": {
                        "licensing": {"enabled": true, "modes": ["user-access"]},
                        "copy": {"enabled": true, "modes": ["user-access"]},
                    },
                    "none": null, "quoted": "1", "number": 2,
                }),
            ),
            ("a:\ttrue\r\nb:\tx\r\n", json!({"a": true, "b": "x"})),
            ("\u{feff}a : 1\n\"b\": 2\n", json!({"a": 1, "b": 2})),
            (
                "a: !!bool true\nb: !!str true\n",
                json!({"a": true, "b": "true"}),
            ),
            (
                "a: !!bool \"true\"\nb: !!bool 'FALSE'\nc: [!!bool 'true', !!int '3', !!null '']\nd: 'a !!b'\n",
                json!({"a": true, "b": false, "c": [true, 3, null], "d": "a !!b"}),
            ),
            // not of the type that the tag names: a text
            (
                "a: !!bool 'yes'\nb: !!int 'true'\n",
                json!({"a": "yes", "b": "true"}),
            ),
            (
                "{a: {b: [1, yes]}, c: 'no'}",
                json!({"a": {"b": [1, "yes"]}, "c": "no"}),
            ),
            (
                "a: True\nb: FALSE\nc: 'True'\nd: on\n",
                json!({"a": true, "b": false, "c": "True", "d": "on"}),
            ),
            (
                "# c\n---\na: ari:cloud:ecosystem::app/1 # d\n",
                json!({"a": "ari:cloud:ecosystem::app/1"}),
            ),
            (
                "a: &x {b: 1}\nc:\n  <<: *x\n",
                json!({"a": {"b": 1}, "c": {"<<": {"b": 1}}}),
            ),
            (
                "a: |\n  x\n  y\nb: >-\n  x\n  y\n",
                json!({"a": "x\ny\n", "b": "x y"}),
            ),
        ] {
            assert_eq!(to_json(yaml).unwrap(), want, "{yaml}");
        }
    }

    #[test]
    fn what_is_refused_says_where() {
        let bomb = {
            let mut s = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
            for i in 1..9 {
                s += &format!(
                    "a{i}: &a{i} [{}]\n",
                    vec![format!("*a{}", i - 1); 10].join(",")
                );
            }
            s
        };
        for (yaml, place) in [
            ("a: 1\nb:\n  c: 1\n  c: 2\n", "line 4, column 3"),
            ("a: 1\n---\nb: 2\n", "line "),
            ("[a: {b", "line 1"),
            ("a: b: c\n", "line 1"),
            ("a:\n\t- x\n", "line 2"),
            ("a: *nothing\n", "line 1"),
            ("", "line 1"),
            (bomb.as_str(), "line "),
            (&"[".repeat(100), "line 1"),
        ] {
            let error = to_json(yaml).unwrap_err();
            assert_eq!(error.code(), "yaml");
            let error = error.to_string();
            assert!(error.contains(place), "{yaml}: {error}");
        }
    }
}
