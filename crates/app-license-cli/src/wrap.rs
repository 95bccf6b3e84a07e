//! Text in lines of 80 columns.

/// The text broken at spaces, where every line but the first is moved right by so many columns and
/// the first one begins there.
pub(crate) fn hanging(text: &str, indent: usize) -> String {
    let width = 80_usize.saturating_sub(indent);
    let mut wrapped = String::new();
    let mut column: usize = 0;
    for word in text.split(' ') {
        let length = word.chars().count();
        let with_word = column.saturating_add(1).saturating_add(length);
        if column > 0 && with_word > width {
            wrapped.push('\n');
            wrapped.push_str(&" ".repeat(indent));
            column = 0;
        }
        if column > 0 {
            wrapped.push(' ');
            column = column.saturating_add(1);
        }
        wrapped.push_str(word);
        column = column.saturating_add(length);
    }
    wrapped
}

#[cfg(test)]
mod tests {
    use super::hanging;

    #[test]
    fn no_line_is_wider_than_80_columns_unless_a_word_is() {
        let text = "word ".repeat(50);
        for line in hanging(&text, 10).lines() {
            assert!(line.chars().count() <= 80, "{line}");
        }
        let long = "x".repeat(100);
        assert_eq!(
            hanging(&format!("a {long} b"), 2),
            format!("a\n  {long}\n  b")
        );
        assert_eq!(hanging("", 4), "");
    }
}
