//! The JSON around the records: arrays, pages, one record a line.

use super::super::error::{ErrorKind, FoundByte};
use super::super::kind::Kind;
use super::fields::Fields;
use super::scan::{Scan, Stop};

/// What a document that begins with `{` is.
#[derive(Debug)]
pub(super) enum Head {
    /// A page; its list begins after so many bytes.
    Page(usize),
    /// A page whose list is one record, which begins after so many bytes.
    Single(usize),
    /// A page without a list, of so many bytes.
    NoRecords(usize),
    /// A record.
    Record,
    /// Something else, with these fields.
    Nothing(String),
}

/// What a page says of itself.
#[derive(Debug, Default)]
pub(super) struct Page {
    pub(super) total: Option<u64>,
    pub(super) next: Option<String>,
}

impl Page {
    fn learn(&mut self, key: &[u8], value: &[u8]) {
        match key {
            b"totalCount" => self.total = serde_json::from_slice(value).ok(),
            b"_links" => {
                let links: Option<serde_json::Value> = serde_json::from_slice(value).ok();
                let next = links.as_ref().and_then(|links| links.pointer("/next/href"));
                self.next = next.and_then(|next| next.as_str()).map(str::to_owned);
            }
            _ => {}
        }
    }
}

/// Looks at the keys of a document until it is clear what it is.
pub(super) fn head<K: Kind>(
    bytes: &[u8],
    fields: &Fields<K>,
    page: &mut Page,
) -> Result<Head, Stop> {
    let mut scan = Scan::new(bytes, 0);
    let mut names = Vec::new();
    scan.expect(b'{', "an object")?;
    if scan.peek()? == b'}' {
        return Ok(Head::Record); // an empty one
    }
    loop {
        let key = scan.key()?;
        let key = scan.slice(key);
        if fields.knows(key) {
            return Ok(Head::Record);
        }
        let open = scan.peek()?;
        if key == K::LIST.as_bytes() {
            match open {
                b'[' => return Ok(Head::Page(scan.at.wrapping_add(1))),
                b'{' => return Ok(Head::Single(scan.at)),
                b'n' => {
                    scan.value()?;
                    return Ok(Head::NoRecords(scan.at));
                }
                _ => return Err(scan.wrong("a list of records")),
            }
        }
        if names.len() < 8 {
            let name = String::from_utf8_lossy(key.get(..40).unwrap_or(key));
            names.push(format!("`{name}`"));
        }
        let value = scan.value()?;
        page.learn(key, scan.slice(value));
        match scan.peek()? {
            b',' => scan.step(),
            b'}' => return Ok(Head::Nothing(names.join(", "))),
            _ => return Err(scan.wrong("`,` or `}`")),
        }
    }
}

/// The rest of a page after its list; how many bytes it has.
pub(super) fn tail(bytes: &[u8], page: &mut Page) -> Result<usize, Stop> {
    let mut scan = Scan::new(bytes, 0);
    loop {
        match scan.peek()? {
            b'}' => {
                scan.step();
                return Ok(scan.at);
            }
            b',' => scan.step(),
            _ => return Err(scan.wrong("`,` or `}`")),
        }
        scan.peek()?;
        let key = scan.key()?;
        let value = scan.value()?;
        page.learn(scan.slice(key), scan.slice(value));
    }
}

/// What the first bytes of a report are, if it is none that can be read.
pub(crate) fn foreign(bytes: &[u8]) -> Option<ErrorKind> {
    let encoding = |found| Some(ErrorKind::Encoding { found });
    let other = |found| Some(ErrorKind::NotAReport { found });
    match bytes {
        [0xff, 0xfe, 0, 0, ..] | [0, 0, 0xfe, 0xff, ..] | [_, 0, 0, 0, ..] => encoding("UTF-32"),
        [0xff, 0xfe, ..] | [0x01..=0xff, 0, ..] => encoding("UTF-16, little-endian"),
        [0xfe, 0xff, ..] | [0, 0x01..=0xff, ..] => encoding("UTF-16, big-endian"),
        [b'P', b'K', 3, 4, ..] => other("a zip archive; unpack it first"),
        [b'%', b'P', b'D', b'F', ..] => other("a PDF document"),
        [0x28, 0xb5, 0x2f, 0xfd, ..] => other("zstd data; unpack it first"),
        [0x1f, 0x8b, ..] => other("gzip data within gzip data"),
        [b'<', ..] => other("a page of HTML or XML, perhaps one that asks to sign in"),
        [byte, ..] if *byte < 0x20 && !byte.is_ascii_whitespace() => other("binary data"),
        _ => None,
    }
}

/// Where reading goes on after a broken record: before a `,` and the `{` of a next record.
pub(super) enum Resync {
    /// At this offset.
    At(usize),
    /// Not in these bytes; the last so many may be the beginning of it.
    Keep(usize),
}

/// Looks for `},{` or, at the end of the report, `}]`.
pub(super) fn resync(bytes: &[u8], at_end: bool) -> Resync {
    let white = |from: usize| {
        let rest = bytes.get(from..).unwrap_or_default();
        let white = rest
            .iter()
            .take_while(|b| super::window::is_white(**b))
            .count();
        from.saturating_add(white)
    };
    for brace in memchr::memchr_iter(b'}', bytes) {
        let comma = white(brace.saturating_add(1));
        let keep = Resync::Keep(bytes.len().saturating_sub(brace));
        match bytes.get(comma) {
            None if !at_end => return keep,
            Some(b',') => {
                let open = white(comma.saturating_add(1));
                match bytes.get(open) {
                    Some(b'{') => return Resync::At(comma),
                    None if !at_end => return keep,
                    _ => {}
                }
            }
            Some(b']') => {
                let after = white(comma.saturating_add(1));
                let rest = bytes.get(after..).unwrap_or_default();
                let ends = match rest.first() {
                    None => at_end,
                    Some(b'}') => at_end && white(after.saturating_add(1)) == bytes.len(),
                    Some(b',') => {
                        let key = bytes
                            .get(white(after.saturating_add(1))..)
                            .unwrap_or_default();
                        key.starts_with(b"\"_links\"") || key.starts_with(b"\"totalCount\"")
                    }
                    _ => false,
                };
                if ends {
                    return Resync::At(comma);
                }
                if rest.len() < 32 && !at_end {
                    return keep;
                }
            }
            _ => {}
        }
    }
    Resync::Keep(0)
}

/// A byte where there must be none.
pub(super) fn trailing(byte: u8) -> ErrorKind {
    ErrorKind::Trailing {
        found: FoundByte(byte),
    }
}
