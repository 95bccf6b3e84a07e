//! Every problem of a file, not the first one alone.

use std::ops::Range;

use app_license::error::alters_display;
use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue, Deserializer};

/// The most problems of one file that are named.
pub(crate) const MAX_MISTAKES: usize = 100;

/// Something that stands where it must not.
#[derive(Debug)]
pub(crate) struct Problem {
    pub(crate) range: Range<usize>,
    pub(crate) message: String,
}

impl Problem {
    pub(crate) fn of(error: &toml::de::Error) -> Self {
        Self {
            range: error.span().unwrap_or(0..0),
            message: error.message().trim().replace('\n', ", "),
        }
    }
}

/// A step from a value to one inside it.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Key(String),
    Index(usize),
}

/// Reads a value of a shape. What does not fit is named and left out, and the rest read again, until
/// all of it fits.
pub(crate) fn shape<T: DeserializeOwned>(
    table: &Spanned<DeTable<'_>>,
    problems: &mut Vec<Problem>,
) -> Option<T> {
    let mut left = table.clone();
    let mut removed: Vec<Vec<Step>> = Vec::new();
    for _ in 0..MAX_MISTAKES {
        let error = match T::deserialize(Deserializer::from(left.clone())) {
            Ok(value) => return Some(value),
            Err(error) => error,
        };
        let problem = Problem::of(&error);
        let Some(path) = find(left.get_ref(), problem.range.start) else {
            problems.push(problem);
            return None;
        };
        remove(left.get_mut(), &path);
        // what is wrong with a table of which something was left out may follow from that
        let follows = removed.iter().any(|before| before.starts_with(&path));
        if !follows {
            problems.push(problem);
        }
        removed.push(path);
    }
    None
}

/// The innermost entry of a table that stands at a byte.
fn find(table: &DeTable<'_>, at: usize) -> Option<Vec<Step>> {
    table.iter().find_map(|(key, value)| {
        let step = Step::Key(key.get_ref().to_string());
        let inside = within(value, at, step.clone());
        inside.or_else(|| key.span().contains(&at).then(|| vec![step]))
    })
}

fn within(value: &Spanned<DeValue<'_>>, at: usize, step: Step) -> Option<Vec<Step>> {
    let inner = match value.get_ref() {
        DeValue::Table(table) => find(table, at),
        DeValue::Array(list) => {
            let mut items = list.iter().enumerate();
            items.find_map(|(n, item)| within(item, at, Step::Index(n)))
        }
        _ => None,
    };
    match inner {
        Some(mut path) => {
            path.insert(0, step);
            Some(path)
        }
        None => value.span().contains(&at).then(|| vec![step]),
    }
}

fn remove(table: &mut DeTable<'_>, path: &[Step]) {
    let [Step::Key(name), rest @ ..] = path else {
        return;
    };
    if rest.is_empty() {
        let key = table.keys().find(|key| key.get_ref() == name.as_str());
        if let Some(key) = key.cloned() {
            table.remove(&key);
        }
    } else if let Some((_, value)) = table
        .iter_mut()
        .find(|(key, _)| key.get_ref() == name.as_str())
    {
        remove_within(value.get_mut(), rest);
    }
}

fn remove_within(value: &mut DeValue<'_>, path: &[Step]) {
    match (value, path) {
        (DeValue::Table(table), _) => remove(table, path),
        (DeValue::Array(list), [Step::Index(n), rest @ ..]) => {
            if rest.is_empty() {
                let others = std::mem::replace(list, DeArray::new())
                    .into_iter()
                    .enumerate();
                *list = others
                    .filter(|(at, _)| at != n)
                    .map(|(_, item)| item)
                    .collect();
            } else if let Some(item) = list.get_mut(*n) {
                remove_within(item.get_mut(), rest);
            }
        }
        _ => {}
    }
}

/// The characters of the file's texts and names that steer terminals, or show text in another order
/// than it is read in.
pub(crate) fn characters(text: &str, table: &DeTable<'_>, problems: &mut Vec<Problem>) {
    for (key, value) in table {
        of_text(text, key.get_ref(), &key.span(), problems);
        of_value(text, value, problems);
    }
}

fn of_value(text: &str, value: &Spanned<DeValue<'_>>, problems: &mut Vec<Problem>) {
    match value.get_ref() {
        DeValue::String(found) => of_text(text, found, &value.span(), problems),
        DeValue::Array(list) => list.iter().for_each(|item| of_value(text, item, problems)),
        DeValue::Table(table) => characters(text, table, problems),
        _ => {}
    }
}

fn of_text(text: &str, found: &str, range: &Range<usize>, problems: &mut Vec<Problem>) {
    let Some(character) = found.chars().find(|c| is_refused(*c)) else {
        return;
    };
    // as it is, or escaped: then its text is marked
    let written = text.get(range.clone()).unwrap_or_default();
    let range = match written.find(character) {
        Some(at) => {
            let start = range.start.saturating_add(at);
            start..start.saturating_add(character.len_utf8())
        }
        None => range.clone(),
    };
    let code = u32::from(character);
    let what = if character.is_control() {
        "a control character"
    } else {
        "a character that changes the order in which text is shown"
    };
    problems.push(Problem {
        range,
        message: format!("{what}, U+{code:04X}, in a text that is shown and generated"),
    });
}

/// Line ends and tabs are part of texts of several lines.
fn is_refused(c: char) -> bool {
    alters_display(c) && !matches!(c, '\n' | '\r' | '\t')
}
