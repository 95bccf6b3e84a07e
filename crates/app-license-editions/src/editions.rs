//! The file, read: the gate's map, and what a vendor publishes beside it.

use std::collections::BTreeMap;
use std::ops::Range;

use app_license::{Capability, Edition, FeatureMap};
use toml::de::{DeTable, DeValue};

use crate::diagnostic::Location;
use crate::document::{Document, EditionEntry, GatedEntry};
use crate::error::Error;
use crate::pricing::{self, Offering};
use crate::read::{self, Problem};

/// The largest file that is read, in bytes: what the feature map reads.
const MAX_BYTES: usize = 256 * 1024;

/// Where a feature is gated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Gating {
    /// In the app's code.
    Code,
    /// By the host's conditions alone.
    Conditions,
    /// Nowhere: people do it.
    Service,
}

/// What is known of the app.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct App {
    /// The app key: of the Connect descriptor, and of the listing.
    pub key: Option<String>,
    /// The Forge app id.
    pub id: Option<String>,
    /// The name.
    pub name: Option<String>,
}

/// A feature as it is listed.
///
/// ```
/// use app_license_editions::Editions;
/// let editions = Editions::from_toml(
///     "editions.toml",
///     "[features]\nb = \"standard\"\na = { requires = \"advanced\", name = \"All\", order = 1 }",
/// )?;
/// let keys: Vec<_> = editions.features().iter().map(|f| f.key.as_str()).collect();
/// assert_eq!(keys, ["a", "b"]); // by order, then as in the file
/// assert_eq!(editions.features()[0].title(), "All");
/// assert_eq!(editions.features()[1].title(), "b");
/// # Ok::<(), app_license_editions::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct ListedFeature {
    /// The key: what gates ask for.
    pub key: String,
    /// The lowest edition that has it.
    pub requires: Capability,
    /// The name in the listing.
    pub name: Option<String>,
    /// What it does.
    pub description: Option<String>,
    /// Where it is gated.
    pub gating: Gating,
    order: Option<u32>,
    range: Range<usize>,
}

impl ListedFeature {
    /// The name, or the key when it has none.
    #[must_use]
    pub fn title(&self) -> &str {
        self.name.as_deref().unwrap_or(&self.key)
    }
}

/// `editions.toml`, all of it.
#[derive(Debug, Clone)]
pub struct Editions {
    file: String,
    text: String,
    map: FeatureMap,
    app: App,
    features: Vec<ListedFeature>,
    names: BTreeMap<String, (Option<String>, Option<String>)>,
    offerings: Vec<Offering>,
    ranges: BTreeMap<Vec<String>, Range<usize>>,
}

impl Editions {
    /// Reads the file; `file` is its name in messages.
    ///
    /// ```
    /// use app_license_editions::Editions;
    /// let text = "[features]\nexport = \"standard\"\n[app]\nkey = \"com.example.app\"";
    /// let editions = Editions::from_toml("editions.toml", text)?;
    /// assert_eq!(editions.app().key.as_deref(), Some("com.example.app"));
    /// # Ok::<(), app_license_editions::Error>(())
    /// ```
    ///
    /// # Errors
    /// What stands where it must not, with line and column.
    pub fn from_toml(file: &str, text: &str) -> Result<Self, Error> {
        Self::read(file, text).map_err(|errors| {
            let first = errors.into_iter().next();
            first.unwrap_or_else(|| Error::new(file, text, 0..0, "not a file of editions"))
        })
    }

    /// The same, with every problem of the file, by place; at most 100.
    ///
    /// ```
    /// use app_license_editions::Editions;
    /// let text = "[app]\nname = 1\n[features]\nexport = \"premium\"";
    /// let errors = Editions::read("editions.toml", text).unwrap_err();
    /// let lines: Vec<_> = errors.iter().map(|e| e.line()).collect();
    /// assert_eq!(lines, [2, 4]);
    /// ```
    ///
    /// # Errors
    /// What stands where it must not, with line and column; never an empty list.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Error>> {
        let error = |range, message: &str| Error::new(file, text, range, message);
        if text.len() > MAX_BYTES {
            let message = format!("{} bytes, more than {MAX_BYTES}", text.len());
            return Err(vec![error(0..0, &message)]);
        }
        let (table, broken) = DeTable::parse_recoverable(text);
        let of = |problem: &Problem| error(problem.range.clone(), &problem.message);
        if !broken.is_empty() {
            let broken = broken.iter().take(read::MAX_MISTAKES);
            return Err(broken.map(|e| of(&Problem::of(e))).collect());
        }
        let mut ranges = BTreeMap::new();
        collect_ranges(table.get_ref(), &mut Vec::new(), &mut ranges);
        // the gate's own reader first: its rules are the ones that count
        let mut problems = Vec::new();
        let map = read::shape::<FeatureMap>(&table, &mut problems);
        let mut others = Vec::new();
        let document = read::shape::<Document>(&table, &mut others);
        others.retain(|other| {
            let mut named = problems.iter();
            !named.any(|problem| problem.range.start == other.range.start)
        });
        problems.append(&mut others);
        read::characters(text, table.get_ref(), &mut problems);
        let mut errors: Vec<Error> = problems.iter().map(of).collect();
        let (Some(map), Some(document)) = (map, document) else {
            return Err(sorted(errors));
        };

        let range = |path: &[&str]| -> Range<usize> {
            let path: Vec<String> = path.iter().map(|p| (*p).to_owned()).collect();
            ranges.get(&path).cloned().unwrap_or(0..0)
        };
        let mut features = Vec::new();
        for (key, entry) in document.features {
            let Some(requires) = map.requirement(&key).cloned() else {
                continue;
            };
            let entry = entry.0;
            features.push(ListedFeature {
                range: range(&["features", &key]),
                requires,
                name: entry.name,
                description: entry.description,
                gating: match entry.gated {
                    GatedEntry::Code => Gating::Code,
                    GatedEntry::Conditions => Gating::Conditions,
                    GatedEntry::Service => Gating::Service,
                },
                order: entry.order,
                key,
            });
        }
        features.sort_by_key(|f| (f.order.is_none(), f.order, f.range.start));

        let mut names = BTreeMap::new();
        for (key, EditionEntry { name, description }) in document.editions {
            if edition_of(&key).is_none() {
                let range = range(&["editions", &key]);
                let message = format!("unknown edition `{key}`");
                errors.push(error(range, &message).with_help(EDITION_HELP));
                continue;
            }
            names.insert(key, (name, description));
        }
        let mut offerings = Vec::new();
        for (key, entry) in document.pricing {
            let at = range(&["pricing", &key]);
            let Some(edition) = Edition::from_name(&key) else {
                let message = format!("unknown edition `{key}`");
                let help = "prices are of `free`, `standard` or `advanced`";
                errors.push(error(at, &message).with_help(help));
                continue;
            };
            match pricing::of_file(edition, entry) {
                Ok(offering) => offerings.push(offering),
                // of prices that were left out because of a problem nothing is known
                Err(why) if errors.is_empty() => errors.push(error(at, &why.to_string())),
                Err(_) => {}
            }
        }
        if !errors.is_empty() {
            return Err(sorted(errors));
        }
        offerings.sort_by_key(Offering::edition);
        Ok(Self {
            file: file.to_owned(),
            text: text.to_owned(),
            map,
            app: App {
                key: document.app.key,
                id: document.app.id,
                name: document.app.name,
            },
            features,
            names,
            offerings,
            ranges,
        })
    }

    /// What gates need of it.
    #[must_use]
    pub const fn map(&self) -> &FeatureMap {
        &self.map
    }

    /// The app.
    #[must_use]
    pub const fn app(&self) -> &App {
        &self.app
    }

    /// The features in the order of the listing.
    #[must_use]
    pub fn features(&self) -> &[ListedFeature] {
        &self.features
    }

    /// The prices, lowest edition first.
    #[must_use]
    pub fn offerings(&self) -> &[Offering] {
        &self.offerings
    }

    /// The name of an edition in the listing.
    ///
    /// ```
    /// use app_license_editions::Editions;
    /// let text = "[editions.capabilityUltra]\nname = \"Ultra\"";
    /// let editions = Editions::from_toml("editions.toml", text)?;
    /// assert_eq!(editions.edition_name(&"capabilityUltra".into()), "Ultra");
    /// assert_eq!(editions.edition_name(&"capabilityAdvanced".into()), "Advanced");
    /// # Ok::<(), app_license_editions::Error>(())
    /// ```
    #[must_use]
    pub fn edition_name(&self, capability: &Capability) -> String {
        let named = self.entry(capability).and_then(|(name, _)| name.clone());
        named.unwrap_or_else(|| match capability.edition() {
            Some(edition) => title(edition.name()),
            None => capability.as_str().to_owned(),
        })
    }

    /// What an edition is for, where the file says it.
    #[must_use]
    pub fn edition_description(&self, capability: &Capability) -> Option<&str> {
        self.entry(capability)?.1.as_deref()
    }

    /// Whether the file names an edition, or the platform does.
    #[must_use]
    pub fn knows(&self, capability: &Capability) -> bool {
        capability.edition().is_some() || self.entry(capability).is_some()
    }

    fn entry(&self, capability: &Capability) -> Option<&(Option<String>, Option<String>)> {
        let same = |key: &str| edition_of(key).is_some_and(|c| c == *capability);
        self.names.iter().find(|(key, _)| same(key)).map(|(_, v)| v)
    }

    /// The names that two tables share, with both tables; a name of all three is there twice.
    pub(crate) fn names_twice(&self) -> Vec<(String, [&'static str; 2])> {
        let features = self.map.features().map(|name| (name, "features"));
        let limits = self.map.limits().map(|name| (name, "limits"));
        let levels = self.map.service_levels();
        let levels = levels.map(|name| (name, "service-levels"));
        let mut first: BTreeMap<&str, &'static str> = BTreeMap::new();
        let mut twice = Vec::new();
        for (name, table) in features.chain(limits).chain(levels) {
            match first.get(name) {
                Some(before) => twice.push((name.to_owned(), [*before, table])),
                None => {
                    first.insert(name, table);
                }
            }
        }
        twice
    }

    /// The name of the file, as it was given.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// Where an entry stands: `["features", "export"]`.
    #[must_use]
    pub fn place(&self, path: &[&str]) -> Option<Location> {
        let path: Vec<String> = path.iter().map(|p| (*p).to_owned()).collect();
        let range = self.ranges.get(&path)?;
        let error = Error::new(&self.file, &self.text, range.clone(), "");
        Some(Location {
            file: self.file.clone(),
            line: error.line(),
            column: error.column(),
        })
    }
}

fn sorted(mut errors: Vec<Error>) -> Vec<Error> {
    errors.sort_by_key(|error| (error.line(), error.column()));
    errors.truncate(read::MAX_MISTAKES);
    errors
}

const EDITION_HELP: &str =
    "editions are `free`, `standard`, `advanced`, or a capability string such as `capabilityUltra`";

/// An edition's name, or a capability string.
fn edition_of(key: &str) -> Option<Capability> {
    if let Some(edition) = Edition::from_name(key) {
        return Some(edition.into());
    }
    let folded = key.replace('_', "").to_ascii_lowercase();
    let named = folded
        .strip_prefix("capability")
        .is_some_and(|rest| !rest.is_empty());
    named.then(|| Capability::new(key))
}

fn title(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|c| c.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// Where each key stands, three levels deep.
fn collect_ranges(
    table: &DeTable<'_>,
    path: &mut Vec<String>,
    ranges: &mut BTreeMap<Vec<String>, Range<usize>>,
) {
    for (key, value) in table {
        path.push(key.get_ref().to_string());
        ranges.insert(path.clone(), key.span());
        if let DeValue::Table(inner) = value.get_ref()
            && path.len() < 3
        {
            collect_ranges(inner, path, ranges);
        }
        path.pop();
    }
}
