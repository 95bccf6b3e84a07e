//! What a syntax tree says, the same for both languages.

use std::ops::Range;

use crate::path::Path;

/// A value in an expression, as far as the syntax says it.
///
/// ```
/// use app_license_source::{FactKind, Language, Operand, Source};
/// let source = Source::parse(Language::JavaScript, "check(license, { feature: `export` })")?;
/// let found = source.facts().iter().find_map(|f| match f.kind() {
///     FactKind::Call { arguments, .. } => arguments.get(1)?.property("feature"),
///     _ => None,
/// });
/// assert_eq!(found, Some(&Operand::Text("export".to_owned())));
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Operand {
    /// A string literal, also a template without placeholders.
    Text(String),
    /// `true`, `false`.
    Bool(bool),
    /// A number, as written.
    Number(String),
    /// `null`, `undefined`, `None`.
    Nothing,
    /// A name, a member of one, or a call's result (its last part ends with `()`).
    Path(Path),
    /// An object literal, a struct expression: its named fields.
    Object(Vec<(String, Self)>),
    /// Several texts of which one is meant: a list literal of texts.
    Texts(Vec<String>),
    /// Anything else.
    Other,
}

impl Operand {
    /// The text of a literal.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The name.
    #[must_use]
    pub const fn path(&self) -> Option<&Path> {
        match self {
            Self::Path(path) => Some(path),
            _ => None,
        }
    }

    /// A field of an object literal.
    #[must_use]
    pub fn property(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Object(fields) => fields.iter().find(|(n, _)| n == name).map(|(_, v)| v),
            _ => None,
        }
    }
}

/// A part of a chain of conditions: that something holds, or that it does not.
///
/// `a`, `a != null` and `a === true` hold; `!a`, `a == null`, `a === false` and `a !== true` do not.
///
/// ```
/// use app_license_source::{FactKind, Language, Source};
/// let source = Source::parse(Language::TypeScript, "if (a && a.b !== true) { stop(); }")?;
/// let chain = source.facts().iter().find_map(|f| match f.kind() {
///     FactKind::Chain { conditions, .. } => Some(conditions),
///     _ => None,
/// });
/// let holds: Vec<_> = chain.unwrap().iter().map(|c| (c.path.to_string(), c.holds)).collect();
/// assert_eq!(holds, [("a".to_owned(), true), ("a.b".to_owned(), false)]);
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Condition {
    /// What is tested.
    pub path: Path,
    /// Whether it must hold.
    pub holds: bool,
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Comparison {
    /// `==`, `===`, an arm of `match` or `switch`.
    Equal,
    /// `!=`, `!==`.
    NotEqual,
    /// `<`, `<=`, `>`, `>=`.
    Order,
}

/// What stands in the code.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum FactKind {
    /// `use module::{names}`, `import { names } from "module"`, `require("module")`.
    Import {
        /// The module.
        module: String,
        /// The names, `*` for all and for a default import.
        names: Vec<String>,
    },
    /// A call of a function or a method; in Rust also of a macro (`name!`).
    Call {
        /// What is called.
        callee: Path,
        /// With what.
        arguments: Vec<Operand>,
    },
    /// Two values compared.
    Compare {
        /// How.
        comparison: Comparison,
        /// The left one; of `match` and `switch` what is matched.
        left: Operand,
        /// The right one.
        right: Operand,
    },
    /// A member is read, or taken by destructuring.
    Read(Path),
    /// A value is used as a condition by itself: `if (x)`, `!x`, `x && …`, `x ? … : …`.
    Test {
        /// The value.
        operand: Operand,
        /// Whether by `!`.
        negated: bool,
    },
    /// A text, wherever it stands.
    Text(String),
    /// A JSX element, or a Rust struct expression.
    Element {
        /// Its name.
        name: Path,
        /// Its attributes.
        attributes: Vec<(String, Operand)>,
    },
    /// `a && b`, `a || b || c`, in TypeScript and JavaScript.
    Chain {
        /// Whether all must hold: `&&`.
        all: bool,
        /// Those parts that test one value, in the order of the text.
        conditions: Vec<Condition>,
        /// What `if` with this chain returns or throws; `None` where it does neither, and where the
        /// chain is not the test of an `if`.
        returns: Option<Operand>,
    },
    /// `const NAME = value`, `let name = value`, a member of an enum.
    Definition {
        /// The name.
        name: Path,
        /// The value.
        value: Operand,
    },
}

/// One thing that stands in the code, and where.
///
/// ```
/// use app_license_source::{Language, Source};
/// let source = Source::parse(Language::Rust, "#[test] fn t() { run(\"x\"); }")?;
/// assert!(source.facts().iter().all(|fact| fact.is_test()));
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    pub(crate) kind: FactKind,
    pub(crate) range: Range<usize>,
    pub(crate) function: Option<usize>,
    pub(crate) test: bool,
}

impl Fact {
    /// What.
    #[must_use]
    pub const fn kind(&self) -> &FactKind {
        &self.kind
    }

    /// Where, in bytes of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The index in [`Source::functions`](crate::Source::functions) of the innermost function
    /// around it.
    #[must_use]
    pub const fn function(&self) -> Option<usize> {
        self.function
    }

    /// Whether it stands in a test: `#[test]`, `#[cfg(test)]`.
    #[must_use]
    pub const fn is_test(&self) -> bool {
        self.test
    }
}

/// A function, method, closure or arrow function.
///
/// ```
/// use app_license_source::{Language, Source};
/// let source = Source::parse(
///     Language::TypeScript,
///     r#"resolver.define("export", async ({ context, payload }) => context.license);"#,
/// )?;
/// let function = &source.functions()[0];
/// assert_eq!(function.parameters().collect::<Vec<_>>(), ["context", "payload"]);
/// let (callee, first_text) = function.passed_to().unwrap();
/// assert_eq!((callee.to_string().as_str(), first_text), ("resolver.define", Some("export")));
/// # Ok::<(), app_license_source::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Function {
    pub(crate) name: Option<String>,
    pub(crate) parameters: Vec<String>,
    pub(crate) range: Range<usize>,
    pub(crate) parent: Option<usize>,
    pub(crate) passed_to: Option<(Path, Option<String>)>,
}

impl Function {
    /// Its name, or that of the variable or property it is bound to.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The names its parameters bind; destructured ones by the keys they are taken from.
    pub fn parameters(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(String::as_str)
    }

    /// Where, in bytes of the text.
    #[must_use]
    pub fn range(&self) -> Range<usize> {
        self.range.clone()
    }

    /// The index of the function around it.
    #[must_use]
    pub const fn parent(&self) -> Option<usize> {
        self.parent
    }

    /// What it is an argument of, and that call's first text.
    #[must_use]
    pub fn passed_to(&self) -> Option<(&Path, Option<&str>)> {
        let (callee, text) = self.passed_to.as_ref()?;
        Some((callee, text.as_deref()))
    }
}
