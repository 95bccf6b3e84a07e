//! The shape of the file, for serde and for its JSON Schema. What it must say beyond its shape is
//! in `editions`.

use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};

/// What an app sells: `editions.toml`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[schemars(title = "editions.toml")]
#[expect(
    dead_code,
    reason = "limits and service levels: the core reads them, this is their shape"
)]
pub(crate) struct Document {
    /// The app: a file is of one app, with one key and one id.
    #[serde(default)]
    pub(crate) app: AppEntry,
    /// Features and the lowest edition that has them, in the order of the listing.
    #[serde(default)]
    pub(crate) features: BTreeMap<String, FeatureEntry>,
    /// Numbers an edition; a missing edition gets the next lower one's.
    #[serde(default)]
    #[schemars(with = "BTreeMap<String, LimitRow>")]
    pub(crate) limits: BTreeMap<String, BTreeMap<String, toml::Value>>,
    /// Texts an edition, as for support.
    #[serde(default)]
    pub(crate) service_levels: BTreeMap<String, BTreeMap<String, String>>,
    /// Editions by capability string, as those to come.
    #[serde(default)]
    pub(crate) editions: BTreeMap<String, EditionEntry>,
    /// Prices an edition, in cents.
    #[serde(default)]
    pub(crate) pricing: BTreeMap<String, PricingEntry>,
}

/// The app: a file is of one app, with one key and one id.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct AppEntry {
    /// The app key: of the Connect descriptor, and of the listing.
    pub(crate) key: Option<String>,
    /// The Forge app id: `ari:cloud:ecosystem::app/…`.
    pub(crate) id: Option<String>,
    /// The name of the app.
    pub(crate) name: Option<String>,
}

/// A feature: an edition, or all that is known of it.
#[derive(Debug, Clone, Default)]
pub(crate) struct FeatureEntry(pub(crate) LongFeature);

/// All that is known of a feature.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(
    dead_code,
    reason = "what it requires: the core reads it, this is its shape"
)]
pub(crate) struct LongFeature {
    /// The lowest edition that has it: `free`, `standard`, `advanced`, or a capability string.
    #[schemars(schema_with = "edition")]
    pub(crate) requires: String,
    /// Its name in the listing.
    pub(crate) name: Option<String>,
    /// What it does, for the listing.
    pub(crate) description: Option<String>,
    /// Its place in the listing; features without one follow, in the order of the file.
    pub(crate) order: Option<u32>,
    /// Where it is gated.
    #[serde(default)]
    pub(crate) gated: GatedEntry,
}

/// Where a feature is gated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum GatedEntry {
    /// In the app's code.
    #[default]
    Code,
    /// By the host's conditions alone: what is hidden needs no protection.
    Conditions,
    /// Nowhere: people do it, as 24x7 support.
    Service,
}

/// What is known of an edition.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct EditionEntry {
    /// Its name in the listing.
    pub(crate) name: Option<String>,
    /// What it is for, for the listing.
    pub(crate) description: Option<String>,
}

/// The prices of an edition.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct PricingEntry {
    /// The currency: `USD` when left out.
    pub(crate) currency: Option<String>,
    /// The prices of a month.
    pub(crate) monthly: Option<CycleEntry>,
    /// The prices of a year; ten months' when left out.
    pub(crate) annual: Option<CycleEntry>,
}

/// The prices of a month or of a year.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct CycleEntry {
    /// The flat price up to 10 users, in cents. Above, users are counted from the first one.
    pub(crate) starter: Option<u64>,
    /// How tiers count: `graduated` when left out.
    #[serde(default)]
    pub(crate) mode: ModeEntry,
    /// The tiers, lowest first.
    #[serde(default)]
    pub(crate) tiers: Vec<TierEntry>,
}

/// How tiers count.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum ModeEntry {
    /// Each user at the price of the tier that they fall into.
    #[default]
    Graduated,
    /// All users at the price of the tier that their count falls into.
    Volume,
}

/// Prices up to a user count.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct TierEntry {
    /// The last user count of the tier; without, there is no end.
    pub(crate) up_to: Option<u64>,
    /// Cents a user.
    pub(crate) per_user: Option<u64>,
    /// Cents for the tier as a whole.
    pub(crate) flat: Option<u64>,
}

/// A limit: what editions are allowed, at least one of them; for the schema alone.
#[derive(JsonSchema)]
#[schemars(extend("minProperties" = 1))]
#[expect(dead_code, reason = "the schema's shape; the core reads the value")]
struct LimitRow(BTreeMap<String, LimitEntry>);

/// A whole number, or `unlimited`; for the schema alone.
#[derive(JsonSchema)]
#[schemars(untagged)]
#[expect(dead_code, reason = "the schema's shape; the core reads the value")]
enum LimitEntry {
    /// This many, at most.
    Count(#[schemars(range(min = 0, max = 9_007_199_254_740_991_u64))] u64),
    /// As many as they like.
    Unlimited(Unlimited),
}

/// No limit.
#[derive(JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "the schema's shape; the core reads the value")]
enum Unlimited {
    /// As many as they like.
    Unlimited,
}

impl<'de> Deserialize<'de> for FeatureEntry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EntryVisitor;
        impl<'de> Visitor<'de> for EntryVisitor {
            type Value = FeatureEntry;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an edition, or a table with `requires`")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<FeatureEntry, E> {
                Ok(FeatureEntry(LongFeature {
                    requires: text.to_owned(),
                    ..LongFeature::default()
                }))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<FeatureEntry, A::Error> {
                let map = serde::de::value::MapAccessDeserializer::new(map);
                LongFeature::deserialize(map).map(FeatureEntry)
            }
        }
        deserializer.deserialize_any(EntryVisitor)
    }
}

impl JsonSchema for FeatureEntry {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Feature".into()
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> Schema {
        let long = generator.subschema_for::<LongFeature>();
        let mut short = edition(generator);
        short.insert(
            "description".to_owned(),
            "The lowest edition that has it.".into(),
        );
        json_schema!({ "anyOf": [short, long] })
    }
}

/// An edition by name, or a capability string.
fn edition(_: &mut schemars::SchemaGenerator) -> Schema {
    json_schema!({
        "anyOf": [
            { "enum": ["free", "standard", "advanced"] },
            { "type": "string", "pattern": "^[Cc]apability_?." },
        ],
    })
}

/// The JSON Schema of `editions.toml`, for editors.
///
/// Taplo and Even Better TOML use it where the file begins with the comment
/// `#:schema ./editions.schema.json`.
///
/// ```
/// let schema = app_license_editions::schema();
/// assert!(schema["properties"]["pricing"].is_object());
/// ```
#[must_use]
pub fn schema() -> serde_json::Value {
    let settings = schemars::generate::SchemaSettings::draft07();
    let mut schema = settings
        .into_generator()
        .into_root_schema_for::<Document>()
        .to_value();
    // names as in the file, so that an editor marks the others
    for table in ["features", "limits", "service-levels"] {
        if let Some(rows) = schema.pointer_mut(&format!("/properties/{table}"))
            && let Some(rows) = rows.as_object_mut()
        {
            let names = serde_json::json!({ "pattern": "^[a-z0-9][a-z0-9._-]{0,127}$" });
            rows.insert("propertyNames".to_owned(), names);
        }
    }
    schema
}
