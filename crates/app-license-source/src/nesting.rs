//! How deep a text nests, before a parser that recurses gets it.

/// Words that stand before or between values: what follows is a part of the same expression.
const CONTINUE: [&str; 32] = [
    "as",
    "async",
    "await",
    "break",
    "delete",
    "do",
    "dyn",
    "else",
    "extends",
    "for",
    "if",
    "impl",
    "in",
    "infer",
    "instanceof",
    "is",
    "keyof",
    "loop",
    "match",
    "move",
    "mut",
    "new",
    "of",
    "ref",
    "return",
    "satisfies",
    "typeof",
    "unsafe",
    "void",
    "while",
    "with",
    "yield",
];

/// How deep brackets nest, roughly: also those in texts and comments are counted.
pub(crate) fn brackets(text: &str) -> usize {
    let (mut depth, mut deepest) = (0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => {
                depth = depth.saturating_add(1);
                deepest = deepest.max(depth);
            }
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

/// The most operators of one expression, those of the expressions around it included: an upper bound
/// of how deep it can nest without brackets, as `!!!!a`, `a => b => c` and `A<B<C` do.
///
/// Two values beside each other, `;` and `,` end an expression. Lines that are a comment are left out;
/// other comments and texts are counted as if they were code.
pub(crate) fn operators(text: &str) -> usize {
    let mut counter = Counter::default();
    for line in text.lines() {
        if !line.trim_start().starts_with("//") {
            counter.line(line);
        }
    }
    counter.most
}

#[derive(Default)]
struct Counter {
    /// The operators before each open bracket, of its expression.
    around: Vec<usize>,
    /// Their sum.
    sum: usize,
    /// The operators of the expression here.
    here: usize,
    /// Whether a value came last.
    value: bool,
    most: usize,
}

impl Counter {
    fn line(&mut self, line: &str) {
        let is_word = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'$') || b >= 0x80;
        let bytes = line.as_bytes();
        let mut at = 0_usize;
        while let Some(byte) = bytes.get(at) {
            let rest = bytes.get(at..).unwrap_or_default();
            let length = rest.iter().take_while(|b| is_word(**b)).count();
            if length > 0 {
                self.word(rest.get(..length).unwrap_or_default());
                at = at.saturating_add(length);
                continue;
            }
            at = at.saturating_add(1);
            match byte {
                b'(' | b'[' | b'{' => self.open(),
                b')' | b']' | b'}' => self.close(),
                b';' | b',' => {
                    self.here = 0;
                    self.value = false;
                }
                b'!' | b'%' | b'&' | b'*' | b'+' | b'-' | b'.' | b'/' | b':' | b'<' | b'='
                | b'>' | b'?' | b'@' | b'^' | b'|' | b'~' => self.operator(),
                _ => {}
            }
        }
    }

    fn word(&mut self, word: &[u8]) {
        if CONTINUE.iter().any(|known| known.as_bytes() == word) {
            return self.operator();
        }
        if self.value {
            self.here = 0;
        }
        self.value = true;
    }

    fn operator(&mut self) {
        self.here = self.here.saturating_add(1);
        self.value = false;
        self.most = self.most.max(self.sum.saturating_add(self.here));
    }

    fn open(&mut self) {
        self.around.push(self.here);
        self.sum = self.sum.saturating_add(self.here);
        self.here = 0;
        self.value = false;
    }

    fn close(&mut self) {
        self.here = self.around.pop().unwrap_or(0);
        self.sum = self.sum.saturating_sub(self.here);
        self.value = true;
    }
}

#[cfg(test)]
mod tests {
    use super::{brackets, operators};

    #[test]
    fn brackets_are_counted() {
        assert_eq!(brackets("f(a[{}])(b)"), 3);
        assert_eq!(brackets(")))("), 1);
    }

    #[test]
    fn operators_of_one_expression_are_counted() {
        for (text, want) in [
            ("", 0),
            ("!!!a", 3),
            ("!\n!\n!a", 3),
            ("!a; !b, !c", 1),
            ("a = 1\nb = 2\nc = 3", 1),
            ("-(!a + -(b))", 4),
            ("typeof typeof a", 2),
            ("return return a", 2),
            ("fn a() {} fn b() {} fn c() {}", 0),
            ("// ========\n// ========", 0),
        ] {
            assert_eq!(operators(text), want, "{text}");
        }
        for nested in [
            "a => ", "A<", "a ? b : ", "|a| ", "& ", "a = ", "<a>", "a: ",
        ] {
            assert!(operators(&nested.repeat(1000)) >= 1000, "{nested}");
        }
        let statements = "const a = b.c(d);\nif (a) { run(a) }\nlet e = !f\n".repeat(10_000);
        assert!(operators(&statements) < 100);
    }
}
