//! A file of vectors and its cases.

use app_license::UnixTime;
use serde_json::{Map, Value};

/// What stands in a file beside its cases.
#[derive(Debug, Clone, Copy)]
pub(crate) struct File<'a> {
    top: &'a Map<String, Value>,
}

/// One case.
#[derive(Debug, Clone)]
pub(crate) struct Case<'a> {
    pub(crate) file: File<'a>,
    pub(crate) group: &'a str,
    pub(crate) id: String,
    pub(crate) fields: &'a Map<String, Value>,
}

impl<'a> File<'a> {
    pub(crate) const fn new(top: &'a Map<String, Value>) -> Self {
        Self { top }
    }

    /// A field of the file.
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.top.get(name)
    }

    /// A string of the file.
    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// Every object in an array of the file, and every fragment.
    pub(crate) fn cases(&self) -> Vec<Case<'a>> {
        let mut cases = Vec::new();
        for (group, value) in self.top {
            match value {
                Value::Array(items) => {
                    for (n, item) in items.iter().enumerate() {
                        cases.extend(self.case(group, n, item));
                    }
                }
                Value::Object(fragments) if group == "fragments" => {
                    for (id, fragment) in fragments {
                        cases.extend(fragment.as_object().map(|fields| Case {
                            file: *self,
                            group,
                            id: id.clone(),
                            fields,
                        }));
                    }
                }
                _ => {}
            }
        }
        cases
    }

    /// Names what stands among the cases of a list and is none.
    pub(crate) fn strays(&self, groups: &[&str]) -> Vec<String> {
        let lists = groups
            .iter()
            .filter_map(|group| Some((group, self.get(group)?.as_array()?)));
        lists
            .flat_map(|(group, items)| {
                let strays = items
                    .iter()
                    .enumerate()
                    .filter(|(_, item)| !item.is_object());
                strays.map(move |(n, _)| format!("{group}[{n}]"))
            })
            .collect()
    }

    fn case(&self, group: &'a str, n: usize, item: &'a Value) -> Option<Case<'a>> {
        let fields = item.as_object()?;
        let named = ["id", "name", "event"]
            .iter()
            .find_map(|key| fields.get(*key)?.as_str());
        Some(Case {
            file: *self,
            group,
            id: named.map_or_else(|| format!("{group}[{n}]"), str::to_owned),
            fields,
        })
    }
}

impl<'a> Case<'a> {
    pub(crate) fn get(&self, name: &str) -> Option<&'a Value> {
        self.fields.get(name)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.fields.contains_key(name)
    }

    pub(crate) fn has_all(&self, names: &[&str]) -> bool {
        names.iter().all(|name| self.has(name))
    }

    pub(crate) fn text(&self, name: &str) -> Option<&'a str> {
        self.get(name)?.as_str()
    }

    /// A string of the case, or else of the file.
    pub(crate) fn text_or_file(&self, name: &str) -> Option<&'a str> {
        self.text(name).or_else(|| self.file.text(name))
    }

    /// A time of the case, or else of the file, in seconds.
    pub(crate) fn time(&self, name: &str) -> Option<UnixTime> {
        let value = self.get(name).or_else(|| self.file.get(name))?;
        UnixTime::from_seconds(value.as_u64()?)
    }
}

/// The bytes of a body: a string stands for itself, anything else for its JSON, null for nothing.
pub(crate) fn body_bytes(body: Option<&Value>) -> Vec<u8> {
    match body {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(text)) => text.clone().into_bytes(),
        Some(value) => value.to_string().into_bytes(),
    }
}
