//! The report in the form that CI systems read.

use quick_xml::Writer;
use quick_xml::events::BytesText;

use super::played::Played;
use crate::error::CliError;
use crate::output::clean;

/// One suite a story, one case an expectation.
pub(super) fn report(stories: &[Played]) -> Result<Vec<u8>, CliError> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let count = |failed: bool| {
        let checks = stories.iter().flat_map(|story| &story.result.checks);
        checks.filter(|check| !failed || !check.passed).count()
    };
    writer
        .create_element("testsuites")
        .with_attribute(("tests", count(false).to_string().as_str()))
        .with_attribute(("failures", count(true).to_string().as_str()))
        .write_inner_content(|writer| stories.iter().try_for_each(|story| suite(writer, story)))?;
    let mut xml = b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_vec();
    xml.extend(writer.into_inner());
    xml.push(b'\n');
    Ok(xml)
}

fn suite(writer: &mut Writer<Vec<u8>>, story: &Played) -> std::io::Result<()> {
    let checks = &story.result.checks;
    let failures = checks.iter().filter(|check| !check.passed).count();
    writer
        .create_element("testsuite")
        .with_attribute(("name", clean(&story.result.title).as_str()))
        .with_attribute(("file", clean(&story.file).as_str()))
        .with_attribute(("tests", checks.len().to_string().as_str()))
        .with_attribute(("failures", failures.to_string().as_str()))
        .with_attribute(("time", format!("{:.3}", story.time.as_secs_f64()).as_str()))
        .write_inner_content(|writer| {
            for check in checks {
                let name = clean(format_args!("step {}: {}", check.step, check.what));
                let case = writer
                    .create_element("testcase")
                    .with_attribute(("classname", clean(&story.result.title).as_str()))
                    .with_attribute(("name", name.as_str()));
                if check.passed {
                    case.write_empty()?;
                    continue;
                }
                let text = format!("expected {}, found {}", check.expected, check.found);
                let text = clean(text);
                case.write_inner_content(|writer| {
                    writer
                        .create_element("failure")
                        .with_attribute(("message", text.as_str()))
                        .write_text_content(BytesText::new(&text))?;
                    Ok(())
                })?;
            }
            Ok(())
        })?;
    Ok(())
}
