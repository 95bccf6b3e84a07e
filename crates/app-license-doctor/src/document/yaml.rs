//! YAML text: one document, strict, bounded; plain scalars by the core schema.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span};

use super::node::{MAX_DEPTH, MAX_NODES, Node, NodeValue, Unreadable};

pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    let offsets = Offsets::new(text);
    let mut reader = Reader {
        offsets: &offsets,
        document: None,
        open: Vec::new(),
        anchors: BTreeMap::new(),
        nodes: 0,
    };
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| Unreadable {
            reason: error.info(),
            offset: offsets.of(error.marker().index()),
        })?;
        let offset = offsets.of(span.start.index());
        reader.event(event, span).map_err(|reason| Unreadable {
            reason: reason.to_owned(),
            offset,
        })?;
    }
    reader.document.ok_or_else(|| Unreadable {
        reason: "empty".to_owned(),
        offset: 0,
    })
}

/// The parser counts characters, ranges count bytes.
struct Offsets {
    /// Where every character begins; empty when the text is ASCII alone.
    starts: Vec<usize>,
    len: usize,
}

impl Offsets {
    fn new(text: &str) -> Self {
        let starts = if text.is_ascii() {
            Vec::new()
        } else {
            text.char_indices().map(|(at, _)| at).collect()
        };
        Self {
            starts,
            len: text.len(),
        }
    }

    fn of(&self, index: usize) -> usize {
        if self.starts.is_empty() {
            index.min(self.len)
        } else {
            self.starts.get(index).copied().unwrap_or(self.len)
        }
    }
}

struct Reader<'o> {
    offsets: &'o Offsets,
    document: Option<Node>,
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

struct Open {
    anchor: usize,
    start: usize,
    kind: Kind,
}

enum Kind {
    List(Vec<Node>),
    Object(Fields),
}

#[derive(Default)]
struct Fields {
    fields: Vec<(String, Range<usize>, Node)>,
    names: BTreeSet<String>,
    /// The name whose value comes next.
    key: Option<(String, Range<usize>)>,
}

impl Reader<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), &'static str> {
        let range = self.offsets.of(span.start.index())..self.offsets.of(span.end.index());
        match event {
            Event::DocumentStart(..) if self.document.is_some() => Err("more than one document"),
            Event::Alias(anchor) => {
                let mut node = self
                    .anchors
                    .get(&anchor)
                    .cloned()
                    .ok_or("an alias names an anchor that is still open")?;
                self.count(count(&node))?;
                node.range = range;
                self.put(node)
            }
            Event::Scalar(text, style, anchor, tag) => {
                self.count(1)?;
                let value = match (style, tag) {
                    (ScalarStyle::Plain, None) => plain(&text),
                    (_, Some(tag)) => tagged(text.into_owned(), tag.core_suffix()),
                    _ => NodeValue::Text(text.into_owned()),
                };
                let node = Node { value, range };
                self.anchor(anchor, &node);
                self.put(node)
            }
            Event::SequenceStart(_, anchor, _) => {
                self.enter(anchor, range.start, Kind::List(Vec::new()))
            }
            Event::MappingStart(_, anchor, _) => {
                self.enter(anchor, range.start, Kind::Object(Fields::default()))
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(open) = self.open.pop() else {
                    return Ok(());
                };
                let value = match open.kind {
                    Kind::List(items) => NodeValue::List(items),
                    Kind::Object(open) => NodeValue::Object(open.fields),
                };
                let end = range.end.max(open.start);
                let node = Node {
                    value,
                    range: open.start..end,
                };
                self.anchor(open.anchor, &node);
                self.put(node)
            }
            _ => Ok(()),
        }
    }

    fn count(&mut self, nodes: usize) -> Result<(), &'static str> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes > MAX_NODES {
            return Err("too many values");
        }
        Ok(())
    }

    fn enter(&mut self, anchor: usize, start: usize, kind: Kind) -> Result<(), &'static str> {
        self.count(1)?;
        if self.open.len() >= MAX_DEPTH {
            return Err("nested too deep");
        }
        self.open.push(Open {
            anchor,
            start,
            kind,
        });
        Ok(())
    }

    fn anchor(&mut self, anchor: usize, node: &Node) {
        // 0 means that there is none
        if anchor != 0 {
            self.anchors.insert(anchor, node.clone());
        }
    }

    fn put(&mut self, node: Node) -> Result<(), &'static str> {
        match self.open.last_mut().map(|open| &mut open.kind) {
            None => self.document = Some(node),
            Some(Kind::List(items)) => items.push(node),
            Some(Kind::Object(open)) => match open.key.take() {
                None => open.key = Some((key_text(&node)?, node.range)),
                Some((name, range)) => {
                    if !open.names.insert(name.clone()) {
                        return Err("a key occurs twice");
                    }
                    open.fields.push((name, range, node));
                }
            },
        }
        Ok(())
    }
}

fn key_text(node: &Node) -> Result<String, &'static str> {
    match &node.value {
        NodeValue::Text(text) | NodeValue::Number(text) => Ok(text.clone()),
        NodeValue::Null => Ok("null".to_owned()),
        NodeValue::Bool(value) => Ok(value.to_string()),
        NodeValue::List(_) | NodeValue::Object(_) => Err("a key is no scalar"),
    }
}

fn count(node: &Node) -> usize {
    let inner: usize = match &node.value {
        NodeValue::List(items) => items.iter().map(count).fold(0, usize::saturating_add),
        NodeValue::Object(fields) => {
            let fields = fields.iter().map(|(_, _, value)| count(value));
            fields.fold(0, usize::saturating_add)
        }
        _ => 0,
    };
    inner.saturating_add(1)
}

/// A scalar with a tag is of the type that the tag names, in quotes or not, if its text is one of
/// that type; else it is a text, as to the platform's parser.
fn tagged(text: String, tag: Option<&str>) -> NodeValue {
    let value = plain(&text);
    let named = match &value {
        NodeValue::Bool(_) => tag == Some("bool"),
        NodeValue::Null => tag == Some("null"),
        NodeValue::Number(_) => matches!(tag, Some("int" | "float")),
        _ => false,
    };
    if named { value } else { NodeValue::Text(text) }
}

fn plain(text: &str) -> NodeValue {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => NodeValue::Null,
        "true" | "True" | "TRUE" => NodeValue::Bool(true),
        "false" | "False" | "FALSE" => NodeValue::Bool(false),
        number if serde_json::from_str::<serde_json::Number>(number).is_ok() => {
            NodeValue::Number(number.to_owned())
        }
        other => NodeValue::Text(other.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::document::{Document, NodeValue};

    #[test]
    fn a_tag_says_what_a_scalar_is() {
        let document = Document::yaml(
            "a: !!bool true\nb: !!bool \"true\"\nc: !!bool 'FALSE'\nd: !!bool yes\ne: !!str true\n\
             f: !!null ''\ng: !!int '3'\nh: !!int true\ni: ! true\nj: 'true'\n",
        )
        .unwrap();
        let shown = |name: &str| match &document.root().pointer(name).unwrap().value {
            NodeValue::Bool(value) => format!("bool {value}"),
            NodeValue::Null => "null".to_owned(),
            NodeValue::Number(number) => format!("number {number}"),
            NodeValue::Text(text) => format!("text {text}"),
            other => format!("{other:?}"),
        };
        for (name, want) in [
            ("/a", "bool true"),
            ("/b", "bool true"),
            ("/c", "bool false"),
            ("/d", "text yes"),
            ("/e", "text true"),
            ("/f", "null"),
            ("/g", "number 3"),
            ("/h", "text true"),
            ("/i", "text true"),
            ("/j", "text true"),
        ] {
            assert_eq!(shown(name), want, "{name}");
        }
    }
}
