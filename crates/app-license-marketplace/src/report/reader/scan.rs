//! JSON, scanned out of a window in one pass: what is used is found, and everything is checked.

use super::super::error::{ErrorKind, FoundByte};
use super::super::record::{Shape, Span};
use super::window::is_white;

/// How deep values may nest.
pub(super) const MAX_DEPTH: usize = 64;

/// Why scanning stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The window ends here.
    More,
    /// It is wrong, at this offset.
    Bad(Box<(usize, ErrorKind)>),
}

impl Stop {
    #[cold]
    pub(crate) fn bad(at: usize, kind: ErrorKind) -> Self {
        Self::Bad(Box::new((at, kind)))
    }
}

/// A place in bytes.
#[derive(Debug)]
pub(crate) struct Scan<'b> {
    bytes: &'b [u8],
    pub(crate) at: usize,
    /// The bits of the texts that were scanned, and perhaps of some bytes behind them.
    bits: u64,
    /// Whether halves of characters may stand alone in escapes.
    halves: bool,
}

/// Eight bytes of one value.
const fn all(byte: u8) -> u64 {
    u64::from_ne_bytes([byte; 8])
}

/// The high bit of each byte that ends a run of plain text: `"`, `\`, or a control character. Bits
/// above the lowest one that is set may be wrong.
#[inline]
const fn special(word: u64) -> u64 {
    let quote = word ^ all(b'"');
    let slash = word ^ all(b'\\');
    let no_quote = quote.wrapping_sub(all(1)) & !quote;
    let no_slash = slash.wrapping_sub(all(1)) & !slash;
    let control = word.wrapping_sub(all(0x20)) & !word;
    (no_quote | no_slash | control) & all(0x80)
}

impl<'b> Scan<'b> {
    pub(super) const fn new(bytes: &'b [u8], at: usize) -> Self {
        Self {
            bytes,
            at,
            bits: 0,
            halves: false,
        }
    }

    /// A scan of JSON that JavaScript may have written: its texts may hold halves of characters.
    pub(crate) const fn of_javascript(bytes: &'b [u8]) -> Self {
        let mut scan = Self::new(bytes, 0);
        scan.halves = true;
        scan
    }

    /// Whether all that was scanned is ASCII for sure.
    pub(super) const fn is_ascii(&self) -> bool {
        self.bits & all(0x80) == 0
    }

    #[inline]
    pub(super) fn step(&mut self) {
        self.at = self.at.wrapping_add(1);
    }

    /// The next byte that is no white space; it stays.
    #[inline]
    pub(crate) fn peek(&mut self) -> Result<u8, Stop> {
        loop {
            match self.bytes.get(self.at) {
                Some(byte) if is_white(*byte) => self.step(),
                Some(byte) => return Ok(*byte),
                None => return Err(Stop::More),
            }
        }
    }

    /// Uses up these bytes, if they stand here.
    #[inline]
    pub(super) fn skip(&mut self, bytes: &[u8]) -> bool {
        let end = self.at.wrapping_add(bytes.len());
        let here = self.bytes.get(self.at..end) == Some(bytes);
        if here {
            self.at = end;
        }
        here
    }

    /// Uses up one byte that must be there.
    #[inline]
    pub(super) fn expect(&mut self, byte: u8, expected: &'static str) -> Result<(), Stop> {
        if self.peek()? == byte {
            self.step();
            return Ok(());
        }
        Err(self.wrong(expected))
    }

    /// What stands here is wrong.
    #[cold]
    pub(crate) fn wrong(&self, expected: &'static str) -> Stop {
        match self.bytes.get(self.at) {
            Some(byte) => {
                let found = FoundByte(*byte);
                Stop::bad(self.at, ErrorKind::Syntax { expected, found })
            }
            None => Stop::More,
        }
    }

    /// A text, after its opening quote.
    #[inline]
    pub(super) fn text(&mut self) -> Result<Span, Stop> {
        let start = self.at;
        let mut shape = Shape::Text;
        loop {
            self.plain();
            match self.bytes.get(self.at) {
                Some(b'"') => {
                    let span = span(start, self.at, shape);
                    self.step();
                    return Ok(span);
                }
                Some(b'\\') => {
                    shape = Shape::Escaped;
                    self.escape()?;
                }
                Some(_) => return Err(self.wrong("the end of a text")),
                None => return Err(Stop::More),
            }
        }
    }

    /// Goes on to the next byte that may end a text.
    #[inline]
    fn plain(&mut self) {
        let mut rest = self.bytes.get(self.at..).unwrap_or_default();
        while let Some((word, after)) = rest.split_first_chunk() {
            let word = u64::from_le_bytes(*word);
            self.bits |= word;
            let found = special(word);
            if found != 0 {
                let byte = found.trailing_zeros() >> 3;
                self.at = self.at.wrapping_add(byte as usize);
                return;
            }
            self.at = self.at.wrapping_add(8);
            rest = after;
        }
        while let Some(byte) = self.bytes.get(self.at) {
            self.bits |= u64::from(*byte);
            if matches!(byte, b'"' | b'\\' | 0..0x20) {
                return;
            }
            self.step();
        }
    }

    /// An escape, at its backslash.
    #[cold]
    fn escape(&mut self) -> Result<(), Stop> {
        self.step();
        match self.bytes.get(self.at) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => {
                self.step();
                Ok(())
            }
            Some(b'u') => {
                self.step();
                let unit = self.unit()?;
                match unit {
                    _ if self.halves => Ok(()),
                    0xdc00..0xe000 => Err(self.wrong("an escape that is a character")),
                    0xd800..0xdc00 => {
                        for byte in *b"\\u" {
                            if self.bytes.get(self.at) != Some(&byte) {
                                return Err(self.wrong("the second half of an escape"));
                            }
                            self.step();
                        }
                        match self.unit()? {
                            0xdc00..0xe000 => Ok(()),
                            _ => Err(self.wrong("an escape that is a character")),
                        }
                    }
                    _ => Ok(()),
                }
            }
            _ => Err(self.wrong("an escape")),
        }
    }

    fn unit(&mut self) -> Result<u32, Stop> {
        let mut unit: u32 = 0;
        for _ in 0..4 {
            let digit = self.bytes.get(self.at).map(|b| char::from(*b).to_digit(16));
            match digit {
                Some(Some(digit)) => unit = unit << 4 | digit,
                Some(None) => return Err(self.wrong("a hexadecimal digit")),
                None => return Err(Stop::More),
            }
            self.step();
        }
        Ok(unit)
    }

    /// A number, true, false or null; null is absent.
    fn literal(&mut self) -> Result<Span, Stop> {
        let start = self.at;
        let word: &[u8] = match self.bytes.get(self.at) {
            Some(b't') => b"true",
            Some(b'f') => b"false",
            Some(b'n') => b"null",
            Some(b'-' | b'0'..=b'9') => return self.number(),
            _ => return Err(self.wrong("a value")),
        };
        for byte in word {
            if self.bytes.get(self.at) != Some(byte) {
                return Err(self.wrong("a value"));
            }
            self.step();
        }
        let shape = if word == b"null" {
            Shape::Absent
        } else {
            Shape::Json
        };
        Ok(span(start, self.at, shape))
    }

    fn number(&mut self) -> Result<Span, Stop> {
        let start = self.at;
        if self.bytes.get(self.at) == Some(&b'-') {
            self.step();
        }
        if self.bytes.get(self.at) == Some(&b'0') {
            self.step();
        } else {
            self.digits()?;
        }
        if self.bytes.get(self.at) == Some(&b'.') {
            self.step();
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.bytes.get(self.at) {
            self.step();
            if let Some(b'+' | b'-') = self.bytes.get(self.at) {
                self.step();
            }
            self.digits()?;
        }
        // where the window ends, a number may go on
        if self.at == self.bytes.len() {
            return Err(Stop::More);
        }
        Ok(span(start, self.at, Shape::Json))
    }

    fn digits(&mut self) -> Result<(), Stop> {
        let start = self.at;
        while let Some(b'0'..=b'9') = self.bytes.get(self.at) {
            self.step();
        }
        if self.at == start {
            return Err(self.wrong("a digit"));
        }
        Ok(())
    }

    /// Any value. Lists and objects are walked through, without recursion.
    #[inline]
    pub(crate) fn value(&mut self) -> Result<Span, Stop> {
        match self.peek()? {
            b'"' => {
                self.step();
                self.text()
            }
            b'{' | b'[' => self.nested(),
            _ => self.literal(),
        }
    }

    /// A list or an object, at its bracket.
    pub(super) fn nested(&mut self) -> Result<Span, Stop> {
        let start = self.at;
        // one bit a level: whether it is an object
        let (mut objects, mut depth) = (0_u64, 0_usize);
        'values: loop {
            let open = self.peek()?;
            match open {
                b'{' | b'[' => {
                    if depth >= MAX_DEPTH {
                        let limit = MAX_DEPTH;
                        return Err(Stop::bad(self.at, ErrorKind::TooDeep { limit }));
                    }
                    self.step();
                    depth = depth.wrapping_add(1);
                    objects = objects << 1 | u64::from(open == b'{');
                    let close = if open == b'{' { b'}' } else { b']' };
                    if self.peek()? != close {
                        if open == b'{' {
                            self.key()?;
                        }
                        continue 'values;
                    }
                    self.step();
                    depth = depth.wrapping_sub(1);
                    objects >>= 1;
                }
                b'"' => {
                    self.step();
                    self.text()?;
                }
                _ => {
                    self.literal()?;
                }
            }
            // after a value: the next one, or the end of as many levels as end here
            while depth > 0 {
                let in_object = objects & 1 == 1;
                match self.peek()? {
                    b',' => {
                        self.step();
                        if in_object {
                            self.key()?;
                        }
                        continue 'values;
                    }
                    b'}' if in_object => {}
                    b']' if !in_object => {}
                    _ if in_object => return Err(self.wrong("`,` or `}`")),
                    _ => return Err(self.wrong("`,` or `]`")),
                }
                self.step();
                depth = depth.wrapping_sub(1);
                objects >>= 1;
            }
            return Ok(span(start, self.at, Shape::Json));
        }
    }

    /// An object, at its brace: `each` is called behind every key, and uses its value up.
    pub(crate) fn object(
        &mut self,
        mut each: impl FnMut(&mut Self, &'b [u8]) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        self.expect(b'{', "an object")?;
        if self.peek()? == b'}' {
            self.step();
            return Ok(());
        }
        loop {
            let key = self.key()?;
            each(self, self.slice(key))?;
            match self.peek()? {
                b',' => self.step(),
                b'}' => {
                    self.step();
                    return Ok(());
                }
                _ => return Err(self.wrong("`,` or `}`")),
            }
        }
    }

    /// A key and its colon.
    #[inline]
    pub(super) fn key(&mut self) -> Result<Span, Stop> {
        self.expect(b'"', "a field name")?;
        let key = self.text()?;
        self.expect(b':', "`:`")?;
        Ok(key)
    }

    /// The bytes of a span.
    #[inline]
    pub(crate) fn slice(&self, span: Span) -> &'b [u8] {
        let range = span.start as usize..span.end as usize;
        self.bytes.get(range).unwrap_or_default()
    }
}

/// A span; the window is far smaller than its numbers can say.
#[inline]
pub(super) fn span(start: usize, end: usize, shape: Shape) -> Span {
    Span {
        start: u32::try_from(start).unwrap_or(u32::MAX),
        end: u32::try_from(end).unwrap_or(u32::MAX),
        shape,
    }
}

/// Where an object ends by its brackets alone, whatever is wrong inside.
pub(super) fn frame(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_text, mut escaped) = (0_u32, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        if in_text {
            match byte {
                _ if escaped => escaped = false,
                b'\\' => escaped = true,
                b'"' => in_text = false,
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => in_text = true,
            b'{' | b'[' => depth = depth.saturating_add(1),
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    #[cfg(test)]
                    super::work::looked(at);
                    return Some(at.wrapping_add(1));
                }
            }
            _ => {}
        }
    }
    #[cfg(test)]
    super::work::looked(bytes.len());
    None
}
