//! What is wrong with a descriptor or a manifest, in one form for every tool.

use std::borrow::Cow;
use std::fmt;

pub use app_license::Severity;

/// A check: its stable code, how bad it is when it fails, and what to do then.
///
/// ```
/// use app_license_descriptor::Rule;
/// let rule = Rule::get("standard_hides_advanced").unwrap();
/// assert_eq!(rule.severity.name(), "warning");
/// assert!(rule.page().ends_with("/docs/doctor/standard_hides_advanced.md"));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Rule {
    /// The stable code, also the name of the documentation page.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in a sentence.
    pub summary: &'static str,
    /// What to do about it.
    pub fix: &'static str,
}

/// Where the documentation pages of the rules are.
const PAGES: &str = "https://github.com/app-license/app-license/blob/main/docs/doctor";

impl Rule {
    /// A rule of another crate.
    #[must_use]
    pub const fn new(
        code: &'static str,
        severity: Severity,
        summary: &'static str,
        fix: &'static str,
    ) -> Self {
        Self {
            code,
            severity,
            summary,
            fix,
        }
    }

    /// The address of its documentation page.
    #[must_use]
    pub fn page(&self) -> String {
        format!("{PAGES}/{}.md", self.code)
    }
}

/// A step from a value in a document to one inside it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Step {
    Key(String),
    /// An element of a list, and the `key` of a module there.
    Index(usize, Option<String>),
}

/// Where something stands in a JSON or YAML document.
///
/// ```
/// use app_license_descriptor::DocumentPath;
/// let path = DocumentPath::root().key("modules").key("trigger").module(0, "on-issue");
/// assert_eq!(path.to_string(), "modules.trigger[0] `on-issue`");
/// assert_eq!(path.pointer(), "/modules/trigger/0");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default)]
pub struct DocumentPath(Vec<Step>);

impl DocumentPath {
    /// The whole document.
    #[must_use]
    pub const fn root() -> Self {
        Self(Vec::new())
    }

    /// A field of the object here.
    #[must_use]
    pub fn key(&self, name: &str) -> Self {
        self.with(Step::Key(name.to_owned()))
    }

    /// An element of the list here.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        self.with(Step::Index(index, None))
    }

    /// An element of the list here, which is a module with this `key`.
    #[must_use]
    pub fn module(&self, index: usize, key: &str) -> Self {
        self.with(Step::Index(index, Some(key.to_owned())))
    }

    fn with(&self, step: Step) -> Self {
        let mut steps = self.0.clone();
        steps.push(step);
        Self(steps)
    }

    /// The same as a JSON Pointer ([RFC 6901](https://www.rfc-editor.org/rfc/rfc6901)).
    #[must_use]
    pub fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.0 {
            pointer.push('/');
            match step {
                Step::Key(name) => pointer.push_str(&name.replace('~', "~0").replace('/', "~1")),
                Step::Index(index, _) => pointer.push_str(&index.to_string()),
            }
        }
        pointer
    }

    /// The path as it is shown, with every name whole: for programs. What is shown to people cuts
    /// long names.
    ///
    /// ```
    /// use app_license_descriptor::DocumentPath;
    /// let path = DocumentPath::root().key("modules").module(0, &"k".repeat(100));
    /// assert!(path.to_string().ends_with("k…`"));
    /// assert_eq!(path.whole().len(), "modules[0] ``".len() + 100);
    /// ```
    #[must_use]
    pub fn whole(&self) -> String {
        let mut whole = String::new();
        // writing to a text does not fail
        let _ = self.write(&mut whole, |name| Cow::Borrowed(name));
        whole
    }

    fn write(&self, to: &mut impl fmt::Write, name: impl Fn(&str) -> Cow<'_, str>) -> fmt::Result {
        for (n, step) in self.0.iter().enumerate() {
            match step {
                Step::Key(key) if n == 0 => to.write_str(&name(key))?,
                Step::Key(key) => write!(to, ".{}", name(key))?,
                Step::Index(index, None) => write!(to, "[{index}]")?,
                Step::Index(index, Some(key)) => write!(to, "[{index}] `{}`", name(key))?,
            }
        }
        Ok(())
    }

    /// The `key` of the module that it stands in.
    #[must_use]
    pub fn module_key(&self) -> Option<&str> {
        self.0.iter().find_map(|step| match step {
            Step::Index(_, key) => key.as_deref(),
            Step::Key(_) => None,
        })
    }
}

impl fmt::Display for DocumentPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f, |name| Cow::Owned(app_license::error::shown(name)))
    }
}

/// One thing that is wrong with a document, or does something else than its author is likely to
/// want: it never changes a decision.
///
/// ```
/// use app_license_descriptor::forge::Manifest;
/// let manifest = Manifest::parse(br#"{"app": {"licensing": {"editionsEnabled": true}}}"#)?;
/// let diagnostics = manifest.diagnostics(None);
/// assert_eq!(diagnostics[0].code(), "enabled_missing");
/// assert_eq!(diagnostics[0].to_string(), "app.licensing: `enabled` is missing");
/// assert_eq!(diagnostics[0].fix(), "add `enabled: true`, or `false` for a free app");
/// # Ok::<(), app_license::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    rule: &'static Rule,
    severity: Severity,
    path: DocumentPath,
    message: String,
    fix: Cow<'static, str>,
}

impl Diagnostic {
    /// A rule that fails at the root of the document, with the severity and the fix of the rule.
    /// The message is lower case, without a full stop.
    #[must_use]
    pub fn new(rule: &'static Rule, message: impl Into<String>) -> Self {
        Self {
            rule,
            severity: rule.severity,
            path: DocumentPath::root(),
            message: message.into(),
            fix: Cow::Borrowed(rule.fix),
        }
    }

    /// The same at a place in the document.
    #[must_use]
    pub fn at(mut self, path: &DocumentPath) -> Self {
        self.path = path.clone();
        self
    }

    /// The same, as bad as this.
    #[must_use]
    pub const fn with_severity(mut self, severity: Severity) -> Self {
        self.severity = severity;
        self
    }

    /// The same with a fix that knows the evidence.
    #[must_use]
    pub fn with_fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Cow::Owned(fix.into());
        self
    }

    /// The rule that fails.
    #[must_use]
    pub const fn rule(&self) -> &'static Rule {
        self.rule
    }

    /// The stable code of the rule.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.rule.code
    }

    /// How bad it is.
    #[must_use]
    pub const fn severity(&self) -> Severity {
        self.severity
    }

    /// Where in the document.
    #[must_use]
    pub const fn path(&self) -> &DocumentPath {
        &self.path
    }

    /// What is wrong, without the place.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    #[must_use]
    pub fn fix(&self) -> &str {
        &self.fix
    }

    /// The address of the documentation page.
    #[must_use]
    pub fn page(&self) -> String {
        self.rule.page()
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.0.is_empty() {
            f.write_str(&self.message)
        } else {
            write!(f, "{}: {}", self.path, self.message)
        }
    }
}
