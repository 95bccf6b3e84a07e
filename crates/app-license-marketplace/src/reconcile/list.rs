//! A JSON list, as lines: its records are read as those of an export with one a line.

use std::io::{self, BufRead, Read};

/// Gives the records of a JSON list with a line for each. Only its structure is looked at: what a
/// record is worth is found out by who reads the lines.
pub(super) struct List<R> {
    input: R,
    in_list: bool,
    /// How many objects and lists are open within a record.
    depth: u32,
    in_text: bool,
    escaped: bool,
}

impl<R: BufRead> List<R> {
    pub(super) const fn new(input: R) -> Self {
        Self {
            input,
            in_list: false,
            depth: 0,
            in_text: false,
            escaped: false,
        }
    }

    /// Whether the list has not ended.
    pub(super) const fn is_open(&self) -> bool {
        self.in_list
    }

    const fn next(&mut self, byte: u8) -> u8 {
        if self.in_text {
            if self.escaped {
                self.escaped = false;
            } else if byte == b'"' {
                self.in_text = false;
            } else if byte == b'\\' {
                self.escaped = true;
            }
            // a text cannot hold the end of a line: another byte that it cannot hold stands for it
            return if byte == b'\n' { 1 } else { byte };
        }
        match (self.in_list, self.depth, byte) {
            (false, _, b'[') => {
                self.in_list = true;
                return b' ';
            }
            (false, ..) => return byte,
            (_, 0, b',') => return b'\n',
            (_, 0, b']') => {
                self.in_list = false;
                return b'\n';
            }
            (_, _, b'\n') => return b' ',
            (_, _, b'"') => self.in_text = true,
            (_, _, b'{' | b'[') => self.depth = self.depth.saturating_add(1),
            (_, _, b'}' | b']') => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
        byte
    }
}

impl<R: BufRead> Read for List<R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        let from = self.input.fill_buf()?;
        let length = from.len().min(to.len());
        let to = to.get_mut(..length).unwrap_or_default();
        to.copy_from_slice(from.get(..length).unwrap_or_default());
        self.input.consume(length);
        for byte in to {
            *byte = self.next(*byte);
        }
        Ok(length)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::List;

    #[test]
    fn each_record_of_a_list_is_a_line() {
        for (list, lines) in [
            ("[]", vec![]),
            (" [\n] \n", vec![]),
            (
                r#"[{"a":1},{"b":[2,{"c":","}]}]"#,
                vec![r#"{"a":1}"#, r#"{"b":[2,{"c":","}]}"#],
            ),
            (
                "[{\n\"a\":\n\"]\\\"[\"}\n,\n7]",
                vec!["{ \"a\": \"]\\\"[\"}", "7"],
            ),
            (
                r#"[{"a":1}] [{"b":2}] x"#,
                vec![r#"{"a":1}"#, r#"{"b":2}"#, "x"],
            ),
        ] {
            let mut text = String::new();
            let mut reader = List::new(list.as_bytes());
            reader.read_to_string(&mut text).unwrap();
            let got: Vec<_> = text
                .lines()
                .map(str::trim)
                .filter(|l| !l.is_empty())
                .collect();
            assert_eq!(got, lines, "{list}");
            assert!(!reader.is_open(), "{list}");
        }
        for cut in ["[", "[{", r#"[{"a":"]"#, r#"[{"a":1},"#] {
            let mut reader = List::new(cut.as_bytes());
            reader.read_to_end(&mut Vec::new()).unwrap();
            assert!(reader.is_open(), "{cut}");
        }
    }
}
