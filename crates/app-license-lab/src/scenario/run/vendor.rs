//! What a story expects of the vendor's own Forge app: what its pages show, what its functions
//! answer.

use serde_json::Value;

use super::Player;
use crate::error::Error;
use crate::scenario::{PageExpectation, Shown, Step};

impl Player {
    /// What the page shows, by a browser.
    pub(super) async fn pages(&mut self, step: &Step) -> Result<(), Error> {
        let shown = step.expect.page.iter();
        let shown: Vec<(&str, Shown)> = shown
            .filter_map(|(selector, expected)| match expected {
                PageExpectation::Shown(shown) => Some((selector.as_str(), *shown)),
                PageExpectation::Status(_) => None,
            })
            .collect();
        let Some((first, _)) = shown.first() else {
            return Ok(());
        };
        let Some(vendor) = &self.vendor else {
            return Err(Error::Scenario(format!(
                "expect.page `{first}` is a selector: name the page with --custom-ui or --manifest"
            )));
        };
        let Some(browser) = &vendor.browser else {
            let note = "no Chromium is installed: what pages show is not looked at, only what is \
                        decided; CHROMIUM names one";
            if !self.notes.iter().any(|it| it == note) {
                self.notes.push(note.to_owned());
            }
            return Ok(());
        };
        let selectors: Vec<&str> = shown.iter().map(|(selector, _)| *selector).collect();
        let module = step.module.as_deref();
        let found = vendor
            .app
            .look(browser, &vendor.console, &self.site, module, &selectors)
            .await?;
        for ((selector, expected), found) in shown.iter().zip(found) {
            self.check(&format!("page {selector}"), expected.name(), &found);
        }
        Ok(())
    }

    /// What the functions answer.
    pub(super) async fn functions(&mut self, step: &Step) -> Result<(), Error> {
        for call in &step.expect.invoke {
            let Some(vendor) = &self.vendor else {
                return Err(Error::Scenario(
                    "expect.invoke calls a function: name the bundle with --functions".to_owned(),
                ));
            };
            let module = step.module.as_deref();
            let result = vendor
                .app
                .call(&self.site, module, &call.function, &call.payload)
                .await;
            let found = match result {
                Ok(result) => result,
                Err(Error::Function(message)) => Value::String(format!("failed: {message}")),
                Err(other) => return Err(other),
            };
            let what = format!("function {}", call.function);
            let passed = holds(&call.result, &found);
            self.record_check(&what, &call.result.to_string(), &found.to_string(), passed);
        }
        Ok(())
    }
}

/// Whether everything that is expected is found; numbers of TOML and JSON are compared by value.
fn holds(expected: &Value, found: &Value) -> bool {
    match (expected, found) {
        (Value::Object(expected), Value::Object(found)) => expected
            .iter()
            .all(|(name, value)| found.get(name).is_some_and(|found| holds(value, found))),
        (Value::Number(expected), Value::Number(found)) => {
            expected == found || expected.as_f64() == found.as_f64()
        }
        _ => expected == found,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::holds;

    #[test]
    fn what_is_expected_is_looked_for_and_nothing_else() {
        assert!(holds(&json!({"a": 1}), &json!({"a": 1.0, "b": 2})));
        assert!(!holds(&json!({"a": 1}), &json!({"b": 2})));
        assert!(!holds(&json!({"a": 1}), &json!("a")));
        assert!(holds(&json!("denied"), &json!("denied")));
        assert!(!holds(&json!([1]), &json!([1, 2])));
    }
}
