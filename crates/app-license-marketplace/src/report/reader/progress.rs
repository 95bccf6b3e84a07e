//! What is known of a report while it is read, and behind its end.

/// What a report is written in.
///
/// ```
/// use app_license_marketplace::report::{Format, LicenseReader};
/// let mut reader = LicenseReader::new(&b"cloudId,status\nc-1,active\n"[..]);
/// reader.next().unwrap()?;
/// assert_eq!(reader.format(), Some(Format::Csv));
/// # Ok::<(), app_license_marketplace::report::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Format {
    /// A JSON array of records, as the export is.
    Array,
    /// A page of the list of records, as the API answers; or several, one after the other.
    Page,
    /// One record a line, or one JSON object after the other.
    Lines,
    /// CSV with a header.
    Csv,
}

/// Whether the whole report was read.
///
/// ```
/// use app_license_marketplace::report::{Completeness, LicenseReader};
/// let mut reader = LicenseReader::new(&b"[{\"tier\":\"x\"}, {\"cloudId\":"[..]);
/// while let Some(_) = reader.next() {}
/// assert_eq!(reader.completeness(), Completeness::Partial);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Completeness {
    /// It is still being read.
    Unfinished,
    /// To its end, every record.
    Complete,
    /// To its end, but so many records are bad.
    WithoutBadRecords(u64),
    /// Not to its end: it was cut off, is damaged, or reading was to stop at the first bad record.
    Partial,
}

/// How far a reader is.
///
/// ```
/// use app_license_marketplace::report::LicenseReader;
/// let mut reader = LicenseReader::new(&br#"[{"tier":"x"}, 7]"#[..]);
/// while let Some(_) = reader.next() {}
/// let progress = reader.progress();
/// assert_eq!((progress.bytes(), progress.records(), progress.bad()), (17, 1, 1));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    pub(super) bytes: u64,
    pub(super) records: u64,
    pub(super) bad: u64,
}

impl Progress {
    /// Bytes that were used, after decompression.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.bytes
    }

    /// Records that were read.
    #[must_use]
    pub const fn records(self) -> u64 {
        self.records
    }

    /// Records that could not be read.
    #[must_use]
    pub const fn bad(self) -> u64 {
        self.bad
    }
}
