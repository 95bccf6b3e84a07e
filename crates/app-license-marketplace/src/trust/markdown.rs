//! A listing's tab as a page for the app's own site.

use super::fields::{Element, TrustFields};
use super::listing::Listing;

impl Listing {
    /// The tab as Markdown: one section an element of trust, one line an answered field.
    ///
    /// Text of the listing is escaped: it cannot become markup. What is not answered is left out;
    /// an answer that cannot be read is shown as such.
    ///
    /// ```
    /// use app_license_marketplace::trust::{Listing, TrustFields};
    /// let fields = TrustFields::shipped()?;
    /// let json = br#"{"security":{"isDiskEncryptionSupported":"TRUE"}}"#;
    /// let page = Listing::from_json(json, &fields)?.to_markdown("Example App", &fields);
    /// assert!(page.starts_with("# Example App: privacy and security\n"));
    /// assert!(page.contains("| Data is encrypted at rest | yes |"));
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    #[must_use]
    pub fn to_markdown(&self, app: &str, fields: &TrustFields) -> String {
        let mut page = format!("# {}: privacy and security\n", escaped(app));
        for element in Element::ALL {
            let rows: Vec<_> = fields
                .fields
                .iter()
                .filter(|it| it.element == element)
                .filter_map(|it| {
                    let unreadable = self.wrong().contains_key(&it.path);
                    let text = match self.value(&it.path) {
                        Some(value) => value.text(),
                        None if unreadable => "(cannot be read)".to_owned(),
                        None => return None,
                    };
                    Some((&it.title, text))
                })
                .collect();
            if rows.is_empty() {
                continue;
            }
            page.push_str(&format!("\n## {}\n\n| | |\n|---|---|\n", element.title()));
            for (title, value) in rows {
                let value = escaped(&value);
                page.push_str(&format!("| {} | {value} |\n", escaped(title)));
            }
        }
        page
    }
}

/// Text that stays text in Markdown and in HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        // within a word it marks nothing up
        let within = c == '_' && before.is_alphanumeric() && after.is_alphanumeric();
        before = c;
        if within {
            safe.push(c);
            continue;
        }
        match c {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '!' | '~' => {
                safe.push('\\');
                safe.push(c);
            }
            c if c.is_control() => safe.push(' '),
            c => safe.push(c),
        }
    }
    safe
}

#[cfg(test)]
mod tests {
    use super::escaped;

    #[test]
    fn nothing_of_a_listing_becomes_markup() {
        assert_eq!(escaped("<b>a|b\n[x](y)"), "&lt;b&gt;a\\|b \\[x\\](y)");
        assert_eq!(escaped("_a_ STORED_IN"), "\\_a\\_ STORED_IN");
    }
}
