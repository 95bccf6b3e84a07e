//! One HTML page with plots, which opens without a network.

use std::fmt::Write;

use app_license_marketplace::report::{Count, Dimension};

use super::counts::{Counts, Group, numbers, title};

const STYLE: &str = include_str!("page.css");

/// A part of a bar: its name, and how many it counts.
type Part = (&'static str, fn(Count) -> u64);

/// The parts of a bar, in the order of the page's colors.
const PARTS: [Part; 5] = [
    ("licensed", |count| count.licensed),
    ("upgrade trial", |count| count.upgrade_trial),
    ("trial", |count| count.trial),
    ("free", |count| count.free),
    ("ended or unknown", |count| {
        count.all.saturating_sub(count.active)
    }),
];

/// The page.
pub(super) fn page(counts: &Counts) -> String {
    let mut page = String::new();
    // writing into a text cannot fail
    let _ = write(&mut page, counts);
    page
}

fn write(page: &mut String, counts: &Counts) -> std::fmt::Result {
    write!(
        page,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <title>License report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         <h1>License report</h1>\n"
    )?;
    let reading = &counts.reading;
    if reading.partial {
        page.push_str("<p class=\"warning\"><strong>Partial:</strong> the report was not read to its end.</p>\n");
    }
    if reading.bad_records > 0 {
        writeln!(
            page,
            "<p class=\"warning\">{} bad records are not counted.</p>",
            reading.bad_records
        )?;
    }
    page.push_str("<dl class=\"totals\">\n");
    for (name, count) in numbers(counts.total) {
        writeln!(
            page,
            "<div><dt>{name}</dt><dd>{}</dd></div>",
            grouped(count)
        )?;
    }
    page.push_str("</dl>\n<ul class=\"legend\" aria-label=\"Colors\">\n");
    for (part, (name, _)) in PARTS.iter().enumerate() {
        writeln!(page, "<li><span class=\"key p{part}\"></span>{name}</li>")?;
    }
    page.push_str("</ul>\n");
    for dimension in Dimension::ALL {
        section(page, *dimension, counts.groups(*dimension))?;
    }
    page.push_str(
        "<p class=\"note\">Licensed is not paid: the platform enforces access softly. A report is not in \
         real time.</p>\n</main>\n</body>\n</html>\n",
    );
    Ok(())
}

fn section(page: &mut String, dimension: Dimension, groups: &[Group]) -> std::fmt::Result {
    let name = title(dimension);
    writeln!(page, "<section>\n<h2>{name}</h2>")?;
    if dimension == Dimension::Month {
        columns(page, groups)?;
    }
    write!(
        page,
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{name}\"><table>\n\
         <thead><tr><th scope=\"col\"></th>"
    )?;
    page.push_str("<th scope=\"col\" class=\"plot\"><span class=\"hidden\">plot</span></th>");
    for (name, _) in numbers(Count::default()) {
        write!(page, "<th scope=\"col\">{name}</th>")?;
    }
    page.push_str("</tr></thead>\n<tbody>\n");
    let most = groups.iter().map(|group| group.count.all).max();
    for group in groups {
        write!(
            page,
            "<tr><th scope=\"row\">{}</th><td class=\"plot\">",
            escaped(&group.name)
        )?;
        bar(page, group.count, most.unwrap_or(1))?;
        page.push_str("</td>");
        for (_, count) in numbers(group.count) {
            write!(page, "<td>{}</td>", grouped(count))?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str("</tbody></table></div>\n</section>\n");
    Ok(())
}

/// One bar, lying, of parts.
fn bar(page: &mut String, count: Count, most: u64) -> std::fmt::Result {
    page.push_str(
        "<svg viewBox=\"0 0 1000 10\" preserveAspectRatio=\"none\" aria-hidden=\"true\">",
    );
    let mut x = 0;
    for (part, (_, value)) in PARTS.iter().enumerate() {
        let width = scaled(value(count), most, 1000);
        if width > 0 {
            write!(
                page,
                "<rect class=\"p{part}\" x=\"{x}\" width=\"{width}\" height=\"10\"/>"
            )?;
        }
        x = width.saturating_add(x);
    }
    page.push_str("</svg>");
    Ok(())
}

/// Columns side by side, one a month.
fn columns(page: &mut String, groups: &[Group]) -> std::fmt::Result {
    const MOST: usize = 36;
    const HEIGHT: u64 = 120;
    let months: Vec<&Group> = groups
        .iter()
        .filter(|group| !group.name.starts_with('('))
        .collect();
    let months = months
        .get(months.len().saturating_sub(MOST)..)
        .unwrap_or_default();
    let (Some(first), Some(last)) = (months.first(), months.last()) else {
        return Ok(());
    };
    let most = months
        .iter()
        .map(|group| group.count.all)
        .max()
        .unwrap_or(1);
    let width = months.len().saturating_mul(20);
    write!(
        page,
        "<figure><svg class=\"columns\" viewBox=\"0 0 {width} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
         aria-label=\"Licenses by the month in which they began\">"
    )?;
    for (at, group) in months.iter().enumerate() {
        let x = at.saturating_mul(20).saturating_add(2);
        let mut top = HEIGHT;
        write!(
            page,
            "<g><title>{}: {}</title>",
            escaped(&group.name),
            grouped(group.count.all)
        )?;
        for (part, (_, value)) in PARTS.iter().enumerate() {
            let height = scaled(value(group.count), most, HEIGHT);
            top = top.saturating_sub(height);
            if height > 0 {
                write!(
                    page,
                    "<rect class=\"p{part}\" x=\"{x}\" y=\"{top}\" width=\"16\" height=\"{height}\"/>"
                )?;
            }
        }
        page.push_str("</g>");
    }
    writeln!(
        page,
        "</svg><figcaption><span>{}</span><span>most: {}</span><span>{}</span></figcaption></figure>",
        escaped(&first.name),
        grouped(most),
        escaped(&last.name)
    )
}

fn scaled(value: u64, most: u64, length: u64) -> u64 {
    value.saturating_mul(length).checked_div(most).unwrap_or(0)
}

/// With spaces between thousands that do not break.
fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        let left = digits.len().saturating_sub(at);
        if at > 0 && left % 3 == 0 {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Text from outside, as HTML.
fn escaped(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            other => html.push(other),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_a_report_cannot_become_markup() {
        assert_eq!(escaped("<b a='\"'>&"), "&lt;b a=&#39;&quot;&#39;&gt;&amp;");
    }

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!(grouped(0), "0");
        assert_eq!(grouped(1_234_567), "1\u{202f}234\u{202f}567");
    }
}
