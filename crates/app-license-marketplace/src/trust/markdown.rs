//! A listing's tab as a page for the app's own site.

use super::fields::{Element, TrustFields};
use super::listing::Listing;

impl Listing {
    /// The tab as Markdown: one section an element of trust, one line an answered field.
    ///
    /// Text of the listing is escaped: it cannot become markup. What is not answered is left out.
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
                .filter_map(|it| Some((&it.title, self.value(&it.path)?)))
                .collect();
            if rows.is_empty() {
                continue;
            }
            page.push_str(&format!("\n## {}\n\n| | |\n|---|---|\n", element.title()));
            for (title, value) in rows {
                let value = escaped(&value.text());
                page.push_str(&format!("| {} | {value} |\n", escaped(title)));
            }
        }
        page
    }
}

/// Text that stays text in Markdown and in HTML.
fn escaped(text: &str) -> String {
    let mut safe = String::new();
    for c in text.chars() {
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
    }
}
