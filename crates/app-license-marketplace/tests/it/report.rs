//! Reading license reports.

#[cfg(feature = "client")]
mod client;
mod damage;
mod events;
mod formats;
mod quirks;

use app_license_marketplace::report::{Completeness, LicenseReader, Reader, Transactions};

/// What a reading gave: the keys of the licenses, the errors, and how it ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Got {
    pub(crate) keys: Vec<String>,
    pub(crate) errors: Vec<String>,
    pub(crate) end: Completeness,
}

/// Reads a report of licenses, one byte a read if `slow`.
pub(crate) fn read(report: &[u8]) -> Got {
    let whole = collect(report);
    let slow = collect(OneByte(report));
    assert_eq!(whole, slow, "the sizes of reads change nothing");
    whole
}

fn collect(input: impl std::io::Read) -> Got {
    let mut reader = LicenseReader::new(input);
    let (mut keys, mut errors) = (Vec::new(), Vec::new());
    while let Some(next) = reader.next() {
        match next {
            Ok(license) => keys.push(license.key().unwrap_or_default().into_owned()),
            Err(error) => errors.push(format!("{}: {error}", error.code())),
        }
    }
    assert!(reader.next().is_none(), "nothing comes after the end");
    Got {
        keys,
        errors,
        end: reader.completeness(),
    }
}

/// An input that gives one byte at a time.
struct OneByte<'b>(&'b [u8]);

impl std::io::Read for OneByte<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let (Some(byte), Some(place)) = (self.0.first(), buffer.first_mut()) else {
            return Ok(0);
        };
        *place = *byte;
        self.0 = &self.0[1..];
        Ok(1)
    }
}

#[test]
fn transactions_are_read_by_the_same_reader() {
    let page = br#"{"transactions":[{"transactionLineItemId":"L-1","appEdition":"Standard",
        "purchaseDetails":{"saleDate":"2026-01-02","purchasePrice":1234.5,"saleType":"Downgrade",
        "discounts":[{"type":"x","amount":1},{"type":"y","amount":2}],"tier":"25 Users"}}]}"#;
    let mut reader = Reader::<Transactions, _>::new(&page[..]);
    let sale = reader.next().unwrap().unwrap();
    assert_eq!(sale.transaction_line_item_id().unwrap(), "L-1");
    assert_eq!(sale.purchase_price().unwrap().to_string(), "1234.50");
    assert_eq!(sale.sale_type().unwrap().name(), "downgrade");
    assert_eq!(sale.tier().unwrap().users(), Some(25));
    assert_eq!(
        sale.discounts().unwrap(),
        r#"[{"type":"x","amount":1},{"type":"y","amount":2}]"#
    );
    assert!(reader.next().is_none());
}
