//! Texts in messages: what is shown of what came from outside, and of causes.

/// What an error message may show of a text from outside: at most 64 characters, and none that
/// [alters the display](alters_display).
///
/// ```
/// use app_license::error::shown;
/// assert_eq!(shown("a\nb"), "a\u{fffd}b");
/// assert_eq!(shown(&"x".repeat(100)).chars().count(), 65);
/// ```
#[must_use]
pub fn shown(text: &str) -> String {
    const MAX: usize = 64;
    let mut shown: String = text
        .chars()
        .take(MAX)
        .map(|c| if alters_display(c) { '\u{fffd}' } else { c })
        .collect();
    if text.chars().nth(MAX).is_some() {
        shown.push('…');
    }
    shown
}

/// Whether a character steers a terminal, or shows text in another order than it is read in: a control
/// character (also a line end or a tab), a mark of direction
/// ([UAX #9](https://www.unicode.org/reports/tr9/)), a separator of lines, a byte order mark.
///
/// ```
/// use app_license::error::alters_display;
/// assert!("\u{1b}\n\u{202e}\u{2066}\u{2028}\u{feff}".chars().all(alters_display));
/// assert!(!"aä字🙂 -".chars().any(alters_display));
/// ```
#[must_use]
pub fn alters_display(c: char) -> bool {
    let direction = matches!(
        c,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    let separator = matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}');
    direction || separator || c.is_control()
}

/// The message of an error with those of its causes, by colons.
///
/// ```
/// use app_license::error::with_causes;
/// #[derive(Debug, thiserror::Error)]
/// #[error("the store is closed")]
/// struct Closed(#[source] std::io::Error);
/// let error = Closed(std::io::Error::other("disk full"));
/// assert_eq!(with_causes(&error), "the store is closed: disk full");
/// ```
#[must_use]
pub fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}
