//! JSON text: the core's strict scanner looks first, then a walk over the same text notes where
//! every value stands.

use std::io::Read as _;
use std::ops::Range;

use app_license::json::Scanner;
use json_strip_comments::StripComments;

use super::node::{Node, NodeValue, Unreadable};

pub(super) fn read(text: &str) -> Result<Node, Unreadable> {
    // syntax, depth, keys that occur twice
    let mut scanner = Scanner::<2048>::new(text.as_bytes()).map_err(|e| unreadable(&e))?;
    scanner.walk().map_err(|e| unreadable(&e))?;
    scanner.end().map_err(|e| unreadable(&e))?;
    let mut walk = Walk { text, at: 0 };
    walk.value().ok_or_else(|| Unreadable {
        reason: "cannot be walked".to_owned(),
        offset: walk.at,
    })
}

/// With comments and commas at the end of a list, as atlassian-connect-express reads a descriptor before
/// it serves it as plain JSON. All that is left keeps its place.
pub(super) fn read_descriptor(text: &str) -> Result<Node, Unreadable> {
    read(text).or_else(|error| read(&without_comments(text).ok_or(error)?))
}

/// Spaces in the place of comments; `None` where one does not end.
fn without_comments(text: &str) -> Option<String> {
    let mut reader = StripComments::new(text.as_bytes());
    // at once: it looks for the end of a list behind a comma, as far as the buffer goes
    let mut plain = vec![0; text.len()];
    reader.read_exact(&mut plain).ok()?;
    let rest = reader.read(&mut [0]);
    rest.ok().and_then(|_| String::from_utf8(plain).ok())
}

fn unreadable(error: &app_license::json::Error) -> Unreadable {
    Unreadable {
        reason: error.to_string(),
        offset: error.offset(),
    }
}

/// A walk over text that the scanner has accepted.
struct Walk<'t> {
    text: &'t str,
    at: usize,
}

impl Walk<'_> {
    fn peek(&mut self) -> Option<u8> {
        let rest = self.text.as_bytes().get(self.at..)?;
        let space = rest.iter().take_while(|b| b.is_ascii_whitespace()).count();
        self.at = self.at.saturating_add(space);
        self.text.as_bytes().get(self.at).copied()
    }

    /// Steps over this byte, if it is next.
    fn take(&mut self, byte: u8) -> bool {
        let found = self.peek() == Some(byte);
        if found {
            self.at = self.at.saturating_add(1);
        }
        found
    }

    fn value(&mut self) -> Option<Node> {
        let first = self.peek()?;
        let start = self.at;
        let value = match first {
            b'{' => self.object()?,
            b'[' => self.list()?,
            b'"' => NodeValue::Text(self.string()?.0),
            _ => self.word()?,
        };
        Some(Node {
            value,
            range: start..self.at,
        })
    }

    fn object(&mut self) -> Option<NodeValue> {
        let mut fields = Vec::new();
        self.take(b'{');
        while !self.take(b'}') {
            self.peek()?;
            let (name, range) = self.string()?;
            self.take(b':');
            fields.push((name, range, self.value()?));
            self.take(b',');
        }
        Some(NodeValue::Object(fields))
    }

    fn list(&mut self) -> Option<NodeValue> {
        let mut items = Vec::new();
        self.take(b'[');
        while !self.take(b']') {
            items.push(self.value()?);
            self.take(b',');
        }
        Some(NodeValue::List(items))
    }

    fn string(&mut self) -> Option<(String, Range<usize>)> {
        let start = self.at;
        let mut escaped = false;
        let bytes = self.text.as_bytes().get(start.checked_add(1)?..)?;
        let length = bytes.iter().position(|byte| {
            let ends = *byte == b'"' && !escaped;
            escaped = *byte == b'\\' && !escaped;
            ends
        })?;
        self.at = start.checked_add(length)?.checked_add(2)?;
        let range = start..self.at;
        let text = serde_json::from_str(self.text.get(range.clone())?).ok()?;
        Some((text, range))
    }

    fn word(&mut self) -> Option<NodeValue> {
        let rest = self.text.get(self.at..)?;
        let ends = |c: char| c.is_ascii_whitespace() || matches!(c, ',' | ']' | '}');
        let word = rest.split(ends).next().filter(|word| !word.is_empty())?;
        self.at = self.at.checked_add(word.len())?;
        Some(match word {
            "null" => NodeValue::Null,
            "true" => NodeValue::Bool(true),
            "false" => NodeValue::Bool(false),
            number => NodeValue::Number(number.to_owned()),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::{read, read_descriptor};

    #[test]
    fn every_value_is_read_where_it_stands() {
        let text = "{\"a\\\"é\": [1.5e3, true ,null],\n\t\"b\": {\"c\": \"x\\\\\"}}\n";
        let root = read(text).unwrap();
        let expected: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(root.to_json(), expected);
        let written = |pointer: &str| text.get(root.pointer(pointer).unwrap().range()).unwrap();
        assert_eq!(written("/a\"é/0"), "1.5e3");
        assert_eq!(written("/a\"é/1"), "true");
        assert_eq!(written("/b"), "{\"c\": \"x\\\\\"}");
        for bad in ["", "{", "[1,]", "{\"a\":1,\"a\":2}", "nul", "\"\t\""] {
            assert!(read(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_descriptor_may_have_comments_and_its_values_keep_their_place() {
        let text = "// é\n{\n  \"key\": \"a//b\", /* é */\n  \"scopes\": [\"READ\",],\n}\n";
        assert!(read(text).is_err());
        let root = read_descriptor(text).unwrap();
        let written = |pointer: &str| text.get(root.pointer(pointer).unwrap().range()).unwrap();
        assert_eq!(written("/key"), "\"a//b\"");
        assert_eq!(written("/scopes/0"), "\"READ\"");
        for bad in ["", "{", "{\"a\" 1}", "{\"a\":1,\"a\":2} // twice", "{} /*"] {
            assert!(read_descriptor(bad).is_err(), "{bad}");
        }
    }
}
