//! Sales out of an export of transactions.

use std::io::Read;

use super::money::Money;
use super::sale::{Payment, Sale, SaleHosting};
use crate::input::InputError;
use crate::report::{
    Completeness, Hosting, SaleType, TransactionField, TransactionReader, TransactionRecord,
};

const WHAT: &str = "the transactions";

/// Reads an export of transactions of any size, and gives each line to `each`: JSON, pages, lines,
/// CSV, and each of them compressed.
///
/// A row that lacks what a level looks at, or cannot be read, is an error: a sum without it would
/// be wrong. So is a page that names a next one, without it.
///
/// ```
/// use app_license_marketplace::partner::read_sales;
/// let json = br#"{"transactions":[{"transactionLineItemId":"AT-1-1","purchaseDetails":{
///     "saleDate":"2026-06-30","hosting":"Cloud","purchasePrice":1200.5,"saleType":"Refund"}}]}"#;
/// let mut amounts = Vec::new();
/// read_sales(&json[..], |sale| { amounts.push(sale.amount().to_string()); Ok(()) })?;
/// assert_eq!(amounts, ["-1,200.50"]);
/// # Ok::<(), app_license_marketplace::InputError>(())
/// ```
///
/// # Errors
/// `syntax` with the place of what cannot be read, `value` with the row and the field that is
/// missing, and what `each` answers.
pub fn read_sales<R: Read>(
    input: R,
    mut each: impl FnMut(&Sale) -> Result<(), InputError>,
) -> Result<u64, InputError> {
    let mut reader = TransactionReader::new(input)
        .select(&[
            TransactionField::TransactionLineItemId,
            TransactionField::SaleDate,
            TransactionField::Hosting,
            TransactionField::PurchasePrice,
            TransactionField::SaleType,
            TransactionField::PaymentStatus,
        ])
        .strict(true);
    let mut rows: u64 = 0;
    while let Some(next) = reader.next() {
        rows = rows.saturating_add(1);
        let record = next.map_err(|error| InputError::syntax(WHAT, error))?;
        each(&sale(&record, rows)?)?;
    }
    if reader.completeness() != Completeness::Complete {
        return Err(InputError::syntax(WHAT, "they end before their end"));
    }
    if reader.next_page().is_some() {
        let why = "this is a page, and the next one is missing: export all of them";
        return Err(InputError::syntax(WHAT, why));
    }
    Ok(rows)
}

fn sale(record: &TransactionRecord<'_>, row: u64) -> Result<Sale, InputError> {
    let wrong = |field: TransactionField, expected: &'static str| {
        let found = record.get(field);
        let found = found.as_deref().unwrap_or("nothing");
        let field = format!("row {row}, {}", field.spec().path());
        InputError::value(WHAT, field, expected, found)
    };
    let line = record.transaction_line_item_id();
    let line = line.filter(|it| !it.is_empty());
    let line = line.ok_or_else(|| {
        wrong(
            TransactionField::TransactionLineItemId,
            "the id of the line",
        )
    })?;
    let date = record.sale_date();
    let date = date.ok_or_else(|| wrong(TransactionField::SaleDate, "a date"))?;
    let price = record.purchase_price();
    let price = price.ok_or_else(|| wrong(TransactionField::PurchasePrice, "an amount"))?;
    let hosting = record.hosting();
    let hosting = match hosting {
        Some(Hosting::Cloud) => SaleHosting::Cloud,
        Some(Hosting::DataCenter | Hosting::Server) => SaleHosting::Other,
        _ => {
            let expected = "Cloud, Data Center or Server";
            return Err(wrong(TransactionField::Hosting, expected));
        }
    };
    let payment = record.payment_status().unwrap_or_default();
    let payment = Payment::from_report(&payment).ok_or_else(|| {
        let expected = "Paid, Open, Uncollectible or Refunded";
        wrong(TransactionField::PaymentStatus, expected)
    })?;
    let price = Money::from_millionths(i128::from(price.micros()));
    let mut sale = if record.sale_type() == Some(SaleType::Refund) {
        Sale::refund(line, date, hosting, price)
    } else {
        Sale::new(line, date, hosting, price)
    };
    sale.payment = payment;
    Ok(sale)
}
