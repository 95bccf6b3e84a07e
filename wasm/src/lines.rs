//! Texts as lines, for what is called often: JSON takes longer to read.

/// Adds a line: empty for nothing, `=` and a text, or a text in JSON that would not be one line.
pub(crate) fn line(lines: &mut String, text: Option<&str>) {
    lines.push('\n');
    match text {
        Some(text) if text.contains('\n') => lines.push_str(&json_text(text)),
        Some(text) => {
            lines.push('=');
            lines.push_str(text);
        }
        None => {}
    }
}

/// Adds a whole number to a line.
#[cfg(feature = "server")]
pub(crate) fn number(lines: &mut String, number: u64) {
    lines.push_str(&number.to_string());
}

/// A text in JSON.
pub(crate) fn json_text(text: &str) -> String {
    serde_json::to_string(text).unwrap_or_default()
}
