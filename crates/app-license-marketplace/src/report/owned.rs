//! A record of its own.

use std::marker::PhantomData;
use std::sync::Arc;

use super::error::{Error, ErrorKind, Position};
use super::kind::Kind;
use super::reader::Reader;
use super::record::{Extra, Record, Span};

/// A record that does not borrow from its reader: about twice the size of its text.
///
/// ```
/// use app_license_marketplace::report::{Licenses, OwnedRecord};
/// let license = OwnedRecord::<Licenses>::from_json(r#"{"cloudId":"c-1"}"#)?;
/// assert_eq!(license.as_record().cloud_id().unwrap(), "c-1");
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct OwnedRecord<K: Kind> {
    text: Box<str>,
    spans: Box<[Span]>,
    extras: Box<[Extra]>,
    columns: Arc<[String]>,
    position: Position,
    kind: PhantomData<K>,
}

impl<K: Kind> OwnedRecord<K> {
    /// Reads one record of JSON.
    ///
    /// # Errors
    ///
    /// When the text is not one record.
    pub fn from_json(json: &str) -> Result<Self, Error> {
        let mut reader = Reader::<K, _>::new(json.as_bytes());
        let missing = reader.position();
        match reader.next() {
            Some(record) => Ok(record?.to_owned_record()),
            None => Err(Error::new(ErrorKind::Empty, missing)),
        }
    }

    /// The record, with its fields.
    #[must_use]
    pub fn as_record(&self) -> Record<'_, K> {
        Record {
            text: &self.text,
            spans: &self.spans,
            extras: &self.extras,
            columns: &self.columns,
            position: self.position,
            kind: PhantomData,
        }
    }
}

impl<K: Kind> Record<'_, K> {
    /// A record of its own.
    ///
    /// ```
    /// use app_license_marketplace::report::LicenseReader;
    /// let mut reader = LicenseReader::new(&b"[{\"cloudId\":\"c-1\"},{\"tier\":\"x\"}]"[..]);
    /// let first = reader.next().unwrap().unwrap().to_owned_record();
    /// assert!(reader.next().unwrap().unwrap().cloud_id().is_none());
    /// assert_eq!(first.as_record().cloud_id().unwrap(), "c-1");
    /// ```
    #[must_use]
    pub fn to_owned_record(self) -> OwnedRecord<K> {
        OwnedRecord {
            text: self.text.into(),
            spans: self.spans.into(),
            extras: self.extras.into(),
            columns: Arc::clone(self.columns),
            position: self.position,
            kind: PhantomData,
        }
    }
}
