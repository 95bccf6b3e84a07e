//! A value of a document, and where it stands.

use std::ops::Range;

/// The deepest nesting.
pub(super) const MAX_DEPTH: usize = 64;

/// The most values; counts what aliases repeat.
pub(super) const MAX_NODES: usize = 200_000;

/// A value, and where it stands.
#[derive(Debug, Clone)]
pub struct Node {
    pub(crate) value: NodeValue,
    pub(crate) range: Range<usize>,
}

/// What a value is.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum NodeValue {
    /// `null`
    Null,
    /// `true`, `false`
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// A text.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// An object: the fields in their order, each with the place of its name.
    Object(Vec<(String, Range<usize>, Node)>),
}

/// Why a document cannot be read, and at which byte.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) reason: String,
    pub(crate) offset: usize,
}

impl Node {
    /// Where, in bytes of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// What it is.
    #[must_use]
    pub const fn value(&self) -> &NodeValue {
        &self.value
    }

    /// Whether it is an object.
    #[must_use]
    pub const fn is_object(&self) -> bool {
        matches!(self.value, NodeValue::Object(_))
    }

    /// A field of an object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        match &self.value {
            NodeValue::Object(fields) => {
                let field = fields.iter().find(|(n, _, _)| n == name);
                field.map(|(_, _, value)| value)
            }
            _ => None,
        }
    }

    /// The fields of an object; none of anything else.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &Self)> {
        let fields = match &self.value {
            NodeValue::Object(fields) => fields.as_slice(),
            _ => &[],
        };
        fields.iter().map(|(name, _, value)| (name.as_str(), value))
    }

    /// The elements of a list; none of anything else.
    pub fn items(&self) -> impl Iterator<Item = &Self> {
        match &self.value {
            NodeValue::List(items) => items.as_slice(),
            _ => &[],
        }
        .iter()
    }

    /// The value a JSON Pointer points to.
    #[must_use]
    pub fn pointer(&self, pointer: &str) -> Option<&Self> {
        let mut node = self;
        for step in pointer.split('/').skip(1) {
            let step = step.replace("~1", "/").replace("~0", "~");
            node = node.step(&step)?.1;
        }
        Some(node)
    }

    pub(super) fn step(&self, step: &str) -> Option<(Range<usize>, &Self)> {
        match &self.value {
            NodeValue::Object(fields) => fields
                .iter()
                .find(|(name, _, _)| name == step)
                .map(|(_, range, value)| (range.clone(), value)),
            NodeValue::List(items) => {
                let item = items.get(step.parse::<usize>().ok()?)?;
                Some((item.range(), item))
            }
            _ => None,
        }
    }

    /// A text.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            NodeValue::Text(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    #[must_use]
    pub const fn bool(&self) -> Option<bool> {
        match self.value {
            NodeValue::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The same as JSON.
    #[must_use]
    pub fn to_json(&self) -> serde_json::Value {
        use serde_json::Value;
        match &self.value {
            NodeValue::Null => Value::Null,
            NodeValue::Bool(value) => Value::Bool(*value),
            NodeValue::Number(text) => {
                serde_json::from_str(text).unwrap_or_else(|_| Value::String(text.clone()))
            }
            NodeValue::Text(text) => Value::String(text.clone()),
            NodeValue::List(items) => Value::Array(items.iter().map(Self::to_json).collect()),
            NodeValue::Object(fields) => {
                let fields = fields.iter();
                Value::Object(fields.map(|(n, _, v)| (n.clone(), v.to_json())).collect())
            }
        }
    }
}
