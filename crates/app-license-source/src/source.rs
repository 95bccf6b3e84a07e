//! One source text, read.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use memchr::memmem;

use crate::collected::Collected;
use crate::error::Error;
use crate::fact::{Fact, FactKind, Function, Operand};
use crate::language::Language;
use crate::path::Path;
use crate::position::Position;
use crate::{ecmascript, nesting, rust};

/// The largest text that is read, in bytes.
const MAX_BYTES: usize = 1 << 20;
/// The deepest nesting of brackets that is read.
const MAX_DEPTH: usize = 512;
/// The most operators of one expression: each may nest in the one before.
const MAX_OPERATORS: usize = 20_480;
/// The stack of the thread that parses: parsers recurse.
const STACK: usize = 512 << 20;
/// Where generators say what they made.
const GENERATED_WITHIN: usize = 1024;
/// From this size on, in bytes, a text of long lines is a bundle.
const BUNDLE: usize = 16 * 1024;
/// The mean length of a bundle's lines, in bytes: people break theirs at 120.
const BUNDLE_LINE: usize = 250;

/// The same of a smaller text, which may be code with one long line in it.
const SMALL_BUNDLE: usize = 2 * 1024;
const SMALL_BUNDLE_LINE: usize = 1024;
/// Where bundlers and compilers write their helpers.
const MADE_WITHIN: usize = 2048;
/// The helpers of esbuild, of TypeScript and Babel for CommonJS, and of webpack.
const MADE: [&str; 4] = [
    "var __defProp = Object.defineProperty",
    "Object.defineProperty(exports, \"__esModule\"",
    "webpackBootstrap",
    "__webpack_require__",
];

/// A source text and what its syntax tree says.
///
/// ```
/// use app_license_source::{FactKind, Language, Source};
/// let source = Source::parse(Language::TypeScript, "if (context.license) {}")?;
/// assert!(source.facts().iter().any(|f| matches!(f.kind(), FactKind::Test { .. })));
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct Source {
    language: Language,
    text: String,
    generated: bool,
    set_aside: bool,
    /// What its syntax tree says; of what is set aside when it is asked for.
    read: OnceLock<Read>,
}

#[derive(Debug, Clone, Default)]
struct Read {
    facts: Vec<Fact>,
    functions: Vec<Function>,
    /// The facts that define a name; `None` for a name that is defined as several things.
    definitions: BTreeMap<Path, Option<usize>>,
}

impl Source {
    /// Reads a text of at most 1 MiB.
    ///
    /// # Errors
    /// `source_syntax` with the position, `source_too_large`, `source_too_deep`.
    pub fn parse(language: Language, text: impl Into<String>) -> Result<Self, Error> {
        let text = text.into();
        check_size(&text)?;
        let collected = with_stack(|| collect(language, &text))??;
        let generated = is_generated(&text);
        Ok(Self::new(language, text, generated, Some(collected)))
    }

    /// As [`Source::parse`], on a thread whose stack is [`STACK`] already; of a bundle no syntax is
    /// read. What is not `wanted` is set aside.
    pub(crate) fn parse_here(
        language: Language,
        text: String,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Self, Error> {
        if is_bundle(&text) {
            return Ok(Self::new(language, text, true, Some(Collected::default())));
        }
        check_size(&text)?;
        let generated = says_generated(&text);
        if wanted(&text) {
            let collected = collect(language, &text)?;
            return Ok(Self::new(language, text, generated, Some(collected)));
        }
        match language {
            Language::Rust => rust::check(&text)?,
            _ => ecmascript::check(language, &text)?,
        }
        let mut source = Self::new(language, text, generated, None);
        source.set_aside = true;
        Ok(source)
    }

    fn new(
        language: Language,
        text: String,
        generated: bool,
        collected: Option<Collected>,
    ) -> Self {
        Self {
            language,
            text,
            generated,
            set_aside: false,
            read: collected.map_or_else(OnceLock::new, |it| OnceLock::from(Read::of(it))),
        }
    }

    fn read(&self) -> &Read {
        self.read.get_or_init(|| {
            let collected = with_stack(|| collect(self.language, &self.text));
            Read::of(collected.and_then(|it| it).unwrap_or_default())
        })
    }

    /// Whether [`SourceTree::read_where`](crate::SourceTree::read_where) was told that nothing is looked
    /// for in it. Its facts are read when they are asked for.
    #[must_use]
    pub const fn is_set_aside(&self) -> bool {
        self.set_aside
    }

    /// Its language.
    #[must_use]
    pub const fn language(&self) -> Language {
        self.language
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What stands in it, in the order of the text.
    #[must_use]
    pub fn facts(&self) -> &[Fact] {
        &self.read().facts
    }

    /// Its functions, outer before inner.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.read().functions
    }

    /// Line and column of a byte.
    #[must_use]
    pub fn position(&self, offset: usize) -> Position {
        Position::of(&self.text, offset)
    }

    /// Whether a generator says near the beginning that it made the text (`@generated`), or a bundler or a
    /// compiler made it: lines longer than people write them, the helpers of esbuild, TypeScript, Babel or
    /// webpack, the name of a source map at the end.
    ///
    /// ```
    /// use app_license_source::{Language, Source};
    /// let made = |text: &str| Source::parse(Language::JavaScript, text).unwrap().is_generated();
    /// assert!(made("\"use strict\";\nvar __defProp = Object.defineProperty;\nrequires(\"a\", f);"));
    /// assert!(made("requires(\"a\", f);\n//# sourceMappingURL=a.js.map\n"));
    /// assert!(!made("requires(\"a\", f);"));
    /// ```
    #[must_use]
    pub const fn is_generated(&self) -> bool {
        self.generated
    }

    /// The text that an operand stands for: a literal, or a constant of this file.
    ///
    /// ```
    /// use app_license_source::{FactKind, Language, Source};
    /// let source = Source::parse(
    ///     Language::TypeScript,
    ///     "const ADVANCED = \"capabilityAdvanced\"; if (set === ADVANCED) {}",
    /// )?;
    /// let texts = source.facts().iter().filter_map(|f| match f.kind() {
    ///     FactKind::Compare { right, .. } => source.text_of(right),
    ///     _ => None,
    /// });
    /// assert!(texts.eq(["capabilityAdvanced"]));
    /// # Ok::<(), app_license_source::Error>(())
    /// ```
    #[must_use]
    pub fn text_of<'a>(&'a self, operand: &'a Operand) -> Option<&'a str> {
        match operand {
            Operand::Text(text) => Some(text),
            Operand::Path(path) => self.definition(path)?.text(),
            _ => None,
        }
    }

    /// What a name is defined as in this file; `None` when it is not, or as several things.
    #[must_use]
    pub fn definition(&self, path: &Path) -> Option<&Operand> {
        let read = self.read();
        let fact = read.facts.get((*read.definitions.get(path)?)?)?;
        match fact.kind() {
            FactKind::Definition { value, .. } => Some(value),
            _ => None,
        }
    }
}

impl Read {
    fn of(mut collected: Collected) -> Self {
        collected
            .facts
            .sort_by_key(|fact| (fact.range.start, fact.range.end));
        Self {
            definitions: definitions(&collected.facts),
            facts: collected.facts,
            functions: collected.functions,
        }
    }
}

fn definitions(facts: &[Fact]) -> BTreeMap<Path, Option<usize>> {
    let mut found: BTreeMap<Path, Option<usize>> = BTreeMap::new();
    let mut defined: BTreeMap<&Path, &Operand> = BTreeMap::new();
    for (n, fact) in facts.iter().enumerate() {
        if let FactKind::Definition { name, value } = fact.kind() {
            let first = defined.entry(name).or_insert(value);
            if *first == value {
                found.entry(name.clone()).or_insert(Some(n));
            } else {
                found.insert(name.clone(), None);
            }
        }
    }
    found
}

fn is_generated(text: &str) -> bool {
    is_bundle(text) || says_generated(text)
}

/// Whether a generator says near the beginning that it made the text.
fn says_generated(text: &str) -> bool {
    let end = text.len().min(GENERATED_WITHIN);
    let start = text.as_bytes().get(..end).unwrap_or_default();
    memmem::find(start, b"@generated").is_some()
}

/// Whether a bundler or a compiler made the text: by the length of its lines, by what those write at the
/// beginning, by the name of a source map at the end.
fn is_bundle(text: &str) -> bool {
    let lines = text.bytes().filter(|b| *b == b'\n').count();
    let mean = text.len().checked_div(lines.saturating_add(1));
    if text.len() >= BUNDLE && mean >= Some(BUNDLE_LINE)
        || text.len() >= SMALL_BUNDLE && mean >= Some(SMALL_BUNDLE_LINE)
    {
        return true;
    }
    let bytes = text.as_bytes();
    let start = bytes.get(..text.len().min(MADE_WITHIN)).unwrap_or_default();
    let holds = |part: &&str| memmem::find(start, part.as_bytes()).is_some();
    let end = text.trim_end().rsplit('\n').next().unwrap_or_default();
    end.starts_with("//# sourceMappingURL=") || MADE.iter().any(holds)
}

fn check_size(text: &str) -> Result<(), Error> {
    let limit = MAX_BYTES;
    if text.len() > limit {
        let found = text.len();
        return Err(Error::TooLarge { found, limit });
    }
    let too_deep = |found: usize, limit: usize| {
        if found > limit {
            return Err(Error::TooDeep { found, limit });
        }
        Ok(())
    };
    too_deep(nesting::brackets(text), MAX_DEPTH)?;
    // no more than there are bytes
    if text.len() > MAX_OPERATORS {
        too_deep(nesting::operators(text), MAX_OPERATORS)?;
    }
    Ok(())
}

fn collect(language: Language, text: &str) -> Result<Collected, Error> {
    match language {
        Language::Rust => rust::collect(text),
        Language::TypeScript | Language::Tsx | Language::JavaScript => {
            ecmascript::collect(language, text)
        }
    }
}

/// Runs it on a thread with a stack for deep trees.
pub(crate) fn with_stack<T: Send>(run: impl FnOnce() -> T + Send) -> Result<T, Error> {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new()
            .name("app-license-source".to_owned())
            .stack_size(STACK)
            .spawn_scoped(scope, run)?;
        thread.join().map_err(|_| Error::Stopped)
    })
}

#[cfg(test)]
mod tests {
    use super::{Position, is_bundle};

    #[test]
    fn a_bundle_has_long_lines() {
        let line = format!("{};\n", "x".repeat(120));
        assert!(!is_bundle(&line.repeat(1000)));
        let picture = format!(
            "const LOGO = '{}';\n{}",
            "x".repeat(10_000),
            "call();\n".repeat(10)
        );
        assert!(!is_bundle(&picture), "a long line among others");
        assert!(
            !is_bundle(&"call();".repeat(200)),
            "a short text of one line"
        );
        assert!(is_bundle(&"call();".repeat(400)), "nothing but a long line");
        assert!(is_bundle(&"call();".repeat(10_000)));
    }

    #[test]
    fn positions_count_characters() {
        let at = |text: &str, offset| Position::of(text, offset).to_string();
        assert_eq!(at("", 0), "1:1");
        assert_eq!(at("ä\nöx", 5), "2:2");
        assert_eq!(at("a", 99), "1:2");
    }
}
