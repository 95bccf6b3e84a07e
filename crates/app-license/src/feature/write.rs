//! Writing the feature map as JSON, as the npm package reads it.

use serde_json::{Map, Value};

use super::{Feature, FeatureMap, Limit};
use crate::capability::Capability;

impl FeatureMap {
    /// The map as JSON, of the same shape as the TOML.
    ///
    /// ```
    /// # use app_license::FeatureMap;
    /// let map = FeatureMap::from_toml("[features]\nexport = \"capabilityAdvanced\"")?;
    /// assert_eq!(
    ///     map.to_json(),
    ///     r#"{"features":{"export":"advanced"},"limits":{},"service-levels":{}}"#,
    /// );
    /// assert_eq!(FeatureMap::from_json(map.to_json().as_bytes())?, map);
    /// # Ok::<(), app_license::Error>(())
    /// ```
    #[must_use]
    pub fn to_json(&self) -> String {
        let features = self.features.iter().map(|(n, f)| (n.clone(), feature(f)));
        let limits = self.limits.iter().map(|(name, columns)| {
            let row = columns.stated().map(|(e, l)| (e.to_owned(), limit(*l)));
            (name.clone(), Value::Object(row.collect()))
        });
        let levels = self.service_levels.iter().map(|(name, columns)| {
            let row = columns.stated().map(|(e, t)| (e.to_owned(), text(t)));
            (name.clone(), Value::Object(row.collect()))
        });
        let mut map = Map::new();
        map.insert("features".to_owned(), Value::Object(features.collect()));
        map.insert("limits".to_owned(), Value::Object(limits.collect()));
        map.insert("service-levels".to_owned(), Value::Object(levels.collect()));
        Value::Object(map).to_string()
    }
}

impl serde::Serialize for FeatureMap {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_json::value::RawValue::from_string(self.to_json())
            .map_err(serde::ser::Error::custom)?
            .serialize(serializer)
    }
}

fn feature(feature: &Feature) -> Value {
    let Some(description) = &feature.description else {
        return requirement(&feature.requires);
    };
    let mut map = Map::new();
    map.insert("requires".to_owned(), requirement(&feature.requires));
    map.insert("description".to_owned(), text(description));
    Value::Object(map)
}

fn requirement(capability: &Capability) -> Value {
    let name = capability
        .edition()
        .map_or(capability.as_str(), |e| e.name());
    text(name)
}

fn limit(limit: Limit) -> Value {
    limit.count().map_or_else(|| text("unlimited"), Value::from)
}

fn text(text: &str) -> Value {
    Value::String(text.to_owned())
}
