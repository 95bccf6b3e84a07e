//! CSV, record by record out of the window.

use std::sync::Arc;

use csv_core::{ReadRecordResult, ReaderBuilder};

use super::super::error::ErrorKind;
use super::super::kind::Kind;
use super::super::record::{Extra, Name, Shape};
use super::fields::Fields;
use super::scan::span;

/// The state of reading CSV.
#[derive(Debug)]
pub(super) struct Csv {
    parser: csv_core::Reader,
    /// The cells of the line at hand, one after the other.
    cells: Vec<u8>,
    /// Where each ends.
    ends: Vec<usize>,
    /// The field of each column, if it is known.
    targets: Vec<Option<usize>>,
    pub(super) columns: Arc<[String]>,
}

/// A line.
#[derive(Debug)]
pub(super) struct Line {
    /// The bytes of it in the window, with its end.
    pub(super) used: usize,
    /// The cells.
    pub(super) cells: usize,
}

impl Csv {
    pub(super) fn new(first_line: &[u8]) -> Self {
        Self {
            parser: ReaderBuilder::new()
                .delimiter(delimiter(first_line))
                .build(),
            cells: vec![0; 4096],
            ends: vec![0; 128],
            targets: Vec::new(),
            columns: Arc::new([]),
        }
    }

    /// Reads the line at the start of these bytes; nothing if they end within it.
    pub(super) fn line(&mut self, bytes: &[u8], at_end: bool) -> Option<Line> {
        self.parser.reset();
        let (mut used, mut written, mut ended) = (0_usize, 0_usize, 0_usize);
        loop {
            let input = bytes.get(used..).unwrap_or_default();
            let cells = self.cells.get_mut(written..).unwrap_or_default();
            let ends = self.ends.get_mut(ended..).unwrap_or_default();
            let (result, read, wrote, found) = self.parser.read_record(input, cells, ends);
            used = used.saturating_add(read);
            #[cfg(test)]
            super::work::looked(read);
            written = written.saturating_add(wrote);
            ended = ended.saturating_add(found);
            match result {
                ReadRecordResult::OutputFull => {
                    let larger = self.cells.len().saturating_mul(2);
                    self.cells.resize(larger, 0);
                }
                ReadRecordResult::OutputEndsFull => {
                    let larger = self.ends.len().saturating_mul(2);
                    self.ends.resize(larger, 0);
                }
                // an empty input tells the parser that nothing follows
                ReadRecordResult::InputEmpty if at_end => {}
                ReadRecordResult::InputEmpty => return None,
                ReadRecordResult::Record => return Some(Line { used, cells: ended }),
                ReadRecordResult::End => return Some(Line { used, cells: 0 }),
            }
        }
    }

    /// Takes the line at hand for the header.
    pub(super) fn header<K: Kind>(&mut self, line: &Line) -> Result<(), ErrorKind> {
        let columns: Vec<String> = (0..line.cells)
            .map(|cell| String::from_utf8_lossy(self.cell(cell)).trim().to_owned())
            .collect();
        self.targets = columns.iter().map(|column| target::<K>(column)).collect();
        for (at, target) in self.targets.iter().enumerate() {
            let earlier = self.targets.iter().take(at);
            if target.is_some() && earlier.clone().any(|other| other == target) {
                let field = columns.get(at).cloned().unwrap_or_default();
                return Err(ErrorKind::Duplicate { field });
            }
        }
        if self.targets.iter().all(Option::is_none) {
            let shown = columns.iter().take(8).map(|column| {
                let short: String = column.chars().take(40).collect();
                format!("`{short}`")
            });
            let found = shown.collect::<Vec<_>>().join(", ");
            return Err(ErrorKind::NoColumn { found });
        }
        self.columns = columns.into();
        Ok(())
    }

    /// Puts the cells of the line at hand into the fields.
    pub(super) fn record<K: Kind>(
        &self,
        line: &Line,
        fields: &mut Fields<K>,
    ) -> Result<(), ErrorKind> {
        let expected = self.columns.len();
        if line.cells != expected {
            let found = line.cells;
            return Err(ErrorKind::Columns { expected, found });
        }
        fields.clear();
        let (mut start, mut known) = (0, false);
        for (column, (end, target)) in self.ends.iter().zip(&self.targets).enumerate() {
            let cell = self.cells.get(start..*end).unwrap_or_default();
            let value = span(start, *end, shape(cell));
            known |= target.is_some() && value.shape != Shape::Absent;
            match target {
                Some(field) if fields.is_selected(*field) => {
                    if let Some(span) = fields.spans.get_mut(*field) {
                        *span = value;
                    }
                }
                None if fields.keeps_unknown() && value.shape != Shape::Absent => {
                    let name = Name::Column(column);
                    fields.extras.push(Extra { name, value });
                }
                _ => {}
            }
            start = *end;
        }
        if known {
            Ok(())
        } else {
            Err(ErrorKind::NoField)
        }
    }

    /// Whether no cell of a line says anything: programs for tables write such lines at the end.
    pub(super) fn is_blank(&self, line: &Line) -> bool {
        (0..line.cells).all(|cell| self.cell(cell).trim_ascii().is_empty())
    }

    /// The cells of the line at hand, one after the other.
    pub(super) fn text(&self) -> &[u8] {
        let used = self
            .columns
            .len()
            .checked_sub(1)
            .and_then(|at| self.ends.get(at));
        self.cells
            .get(..used.copied().unwrap_or(0))
            .unwrap_or_default()
    }

    fn cell(&self, at: usize) -> &[u8] {
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before));
        let start = start.copied().unwrap_or(0);
        let end = self.ends.get(at).copied().unwrap_or(start);
        self.cells.get(start..end).unwrap_or_default()
    }
}

/// An empty cell, and `null`, is no value.
fn shape(cell: &[u8]) -> Shape {
    if cell.is_empty() || cell == b"null" {
        Shape::Absent
    } else {
        Shape::Text
    }
}

/// What stands between the cells: programs for tables write `;` in many countries.
fn delimiter(first_line: &[u8]) -> u8 {
    let count = |byte: u8| first_line.iter().filter(|b| **b == byte).count();
    let most = b",;\t"
        .iter()
        .copied()
        .max_by_key(|byte| (count(*byte), *byte == b','));
    most.unwrap_or(b',')
}

/// The field of a column: by its path, by its name in this library's export, or by the last part
/// of its path where no other field has that.
fn target<K: Kind>(column: &str) -> Option<usize> {
    let column = letters(column);
    let fields = || {
        K::FIELDS
            .iter()
            .map(|field| (K::index(*field), K::spec(*field)))
    };
    let named = fields().find(|(_, spec)| {
        letters(spec.column) == column
            || letters(&spec.path()) == column
            || spec
                .keys
                .iter()
                .any(|key| spec.group == 0 && letters(key) == column)
    });
    if let Some((field, _)) = named {
        return Some(field);
    }
    let mut last = fields().filter(|(_, spec)| spec.keys.iter().any(|key| letters(key) == column));
    let (field, _) = last.next()?;
    last.next().is_none().then_some(field)
}

/// A name without case, spaces, `_` and `.`.
fn letters(name: &str) -> String {
    let letters = name.chars().filter(|c| c.is_alphanumeric());
    letters.flat_map(char::to_lowercase).collect()
}
