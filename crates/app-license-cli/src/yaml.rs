//! YAML (a Forge manifest) as JSON: one document, strict, with bounds on depth and size.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde_json::{Map, Value};

use crate::fault::Fault;

const MAX_DEPTH: usize = 64;
/// Counts what aliases repeat, so that a small text cannot become a huge document.
const MAX_NODES: usize = 200_000;

/// Reads one YAML document as a JSON value.
pub(crate) fn to_json(text: &str) -> Result<Value, Fault> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) =
            event.map_err(|e| Fault::Option(format!("the YAML cannot be read: {e}")))?;
        reader
            .event(event)
            .map_err(|what| Fault::Option(format!("{what} at line {}", span.start.line())))?;
    }
    reader
        .document
        .ok_or_else(|| Fault::Option("the YAML is empty".to_owned()))
}

#[derive(Default)]
struct Reader {
    document: Option<Value>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Value>,
    nodes: usize,
}

struct Open {
    anchor: usize,
    node: Node,
}

enum Node {
    Sequence(Vec<Value>),
    Mapping(Map<String, Value>, Option<String>),
}

impl Reader {
    fn event(&mut self, event: Event<'_>) -> Result<(), &'static str> {
        match event {
            Event::DocumentStart(_) if self.document.is_some() => {
                Err("the YAML holds more than one document")
            }
            Event::Alias(anchor) => {
                let value = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or("an alias names an anchor that is still open")?;
                self.count(nodes(&value))?;
                self.put(value)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1)?;
                let value = match (style, tag) {
                    (ScalarStyle::Plain, None) => plain(&text),
                    _ => Value::String(text.into_owned()),
                };
                self.anchor(anchor, &value);
                self.put(value)
            }
            Event::SequenceStart(anchor, _) => self.enter(anchor, Node::Sequence(Vec::new())),
            Event::MappingStart(anchor, _) => self.enter(anchor, Node::Mapping(Map::new(), None)),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = match open.node {
                    Node::Sequence(items) => Value::Array(items),
                    Node::Mapping(fields, _) => Value::Object(fields),
                };
                self.anchor(open.anchor, &value);
                self.put(value)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), &'static str> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err("the YAML holds too many values");
        }
        Ok(())
    }

    fn enter(&mut self, anchor: usize, node: Node) -> Result<(), &'static str> {
        self.count(1)?;
        if self.open.len() >= MAX_DEPTH {
            return Err("the YAML nests too deep");
        }
        self.open.push(Open { anchor, node });
        Ok(())
    }

    fn anchor(&mut self, anchor: usize, value: &Value) {
        // 0 means that there is none
        if anchor != 0 {
            self.anchors.insert(anchor, value.clone());
        }
    }

    fn put(&mut self, value: Value) -> Result<(), &'static str> {
        match self.open.last_mut().map(|open| &mut open.node) {
            None => self.document = Some(value),
            Some(Node::Sequence(items)) => items.push(value),
            Some(Node::Mapping(fields, key)) => match key.take() {
                None => *key = Some(key_text(value)?),
                Some(name) => {
                    if fields.insert(name, value).is_some() {
                        return Err("a key occurs twice in one YAML mapping");
                    }
                }
            },
        }
        Ok(())
    }
}

fn key_text(value: Value) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text),
        Value::Null => Ok("null".to_owned()),
        Value::Bool(b) => Ok(b.to_string()),
        Value::Number(n) => Ok(n.to_string()),
        Value::Array(_) | Value::Object(_) => Err("a key of a YAML mapping is no scalar"),
    }
}

fn nodes(value: &Value) -> usize {
    match value {
        Value::Array(items) => items.iter().map(nodes).fold(1, usize::saturating_add),
        Value::Object(fields) => fields.values().map(nodes).fold(1, usize::saturating_add),
        _ => 1,
    }
}

/// A plain scalar by the core schema of YAML 1.2.
fn plain(text: &str) -> Value {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Value::Null,
        "true" | "True" | "TRUE" => Value::Bool(true),
        "false" | "False" | "FALSE" => Value::Bool(false),
        _ => {
            let number = text
                .parse::<i64>()
                .map(Value::from)
                .ok()
                .or_else(|| decimal(text));
            number.unwrap_or_else(|| Value::String(text.to_owned()))
        }
    }
}

fn decimal(text: &str) -> Option<Value> {
    let numeric = |b: u8| b.is_ascii_digit() || matches!(b, b'.' | b'-' | b'+' | b'e' | b'E');
    if !text.bytes().all(numeric) || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse::<f64>().ok().map(Value::from)
}

#[cfg(test)]
mod tests {
    use super::to_json;
    use serde_json::json;

    #[test]
    fn a_manifest_reads_as_json() {
        let yaml = "app:\n  licensing: &l\n    enabled: true\n    modes: [user-access]\n  copy: *l\nnone: ~\n'quoted': '1'\nnumber: 2\n";
        assert_eq!(
            to_json(yaml).unwrap(),
            json!({
                "app": {
                    "licensing": {"enabled": true, "modes": ["user-access"]},
                    "copy": {"enabled": true, "modes": ["user-access"]},
                },
                "none": null, "quoted": "1", "number": 2,
            })
        );
    }

    #[test]
    fn what_is_refused() {
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
        for (yaml, want) in [
            ("a: 1\na: 2\n", "twice"),
            ("a: 1\n---\nb: 2\n", "more than one"),
            ("[a: {b", "cannot be read"),
            ("", "empty"),
            (bomb.as_str(), "too many"),
            (&"[".repeat(100), "too deep"),
        ] {
            let error = to_json(yaml).unwrap_err().to_string();
            assert!(error.contains(want), "{error}");
        }
    }
}
