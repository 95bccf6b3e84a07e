//! License reports of any bytes: read whole and in small pieces, with all fields and with some; what
//! is taken is JSON to serde_json too, and is read again out of its own text.
#![no_main]

use std::io::Read;

use app_license_marketplace::report::{
    Completeness, LicenseField, LicenseReader, Licenses, OwnedRecord, TransactionReader,
};

/// Gives a few bytes at a time.
struct Pieces<'a>(&'a [u8], usize);

impl Read for Pieces<'_> {
    fn read(&mut self, to: &mut [u8]) -> std::io::Result<usize> {
        let size = self.1.min(to.len()).min(self.0.len());
        let (now, later) = self.0.split_at(size);
        to[..size].copy_from_slice(now);
        self.0 = later;
        Ok(size)
    }
}

/// What a reader says: the key of a record or the code of an error, and how it ended.
fn read(mut reader: LicenseReader<impl Read>) -> (Vec<String>, Completeness) {
    let mut said = Vec::new();
    while let Some(next) = reader.next() {
        said.push(match next {
            Ok(license) => format!("{:?} {}", license.cloud_id(), license.bytes()),
            Err(error) => format!("{} {:?}", error.code(), error.position()),
        });
    }
    (said, reader.completeness())
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let whole = read(LicenseReader::new(bytes));
    assert_ne!(whole.1, Completeness::Unfinished);
    for size in [1, 7] {
        assert_eq!(read(LicenseReader::new(Pieces(bytes, size))), whole);
    }
    read(LicenseReader::new(bytes).strict(true));
    let mut transactions = TransactionReader::new(bytes);
    while transactions.next().is_some() {}

    // fields that are not asked for are checked all the same
    let some = read(LicenseReader::new(bytes).select(&[LicenseField::CloudId]));
    assert_eq!(some.0.len(), whole.0.len());

    let mut reader = LicenseReader::new(bytes);
    while let Some(next) = reader.next() {
        let Ok(license) = next else { continue };
        let owned = license.to_owned_record();
        for field in LicenseField::ALL {
            let _ = license.clean(*field);
            assert_eq!(owned.as_record().get(*field), license.get(*field));
        }
        for (name, value) in license.unknown() {
            let _ = (name.len(), format!("{value:?}"));
        }
        let _ = (license.tier(), license.status(), license.app_edition(), license.last_updated());
    }
    // one object alone: whatever this scanner takes, serde_json takes
    if let Ok(text) = std::str::from_utf8(bytes)
        && text.starts_with('{')
        && let Ok(record) = OwnedRecord::<Licenses>::from_json(text)
        && record.as_record().bytes() == text.len()
    {
        let raw: Result<&serde_json::value::RawValue, _> = serde_json::from_str(text);
        assert!(raw.is_ok(), "{raw:?}");
    }
});
