//! What no file may do: make a reader panic, or pass.

use std::sync::Arc;

use app_license_marketplace::fortified::{
    Evidence, Incident, MetricsText, RangeSamples, ReliabilityProgram, SliCalculator, SliEvent,
};
use app_license_marketplace::partner::{PartnerProgram, read_sales};
use app_license_marketplace::trust::{Listing, TrustFields};
use proptest::prelude::*;

fn pieces() -> impl Strategy<Value = String> {
    let words = prop::sample::select(vec![
        "{",
        "}",
        "[",
        "]",
        "\"",
        ":",
        ",",
        "time",
        "sli",
        "availability",
        "status",
        "200",
        "NaN",
        "1e309",
        "-1",
        "99999999999999999999",
        "\0",
        "\u{feff}",
        "null",
        "true",
        "installed",
        "{a=",
        "metric",
        "values",
        "matrix",
        "success",
        "commonCloud",
        "security",
        "\\",
        "\n",
        "é",
        "=",
        "purchaseDetails",
        "saleDate",
        "2026-02-30",
        "app",
        "date",
        "transactions",
        "<script>",
        "Content-Type: text/html\r\n\r\n",
        "--b",
        "incident-data",
    ]);
    prop::collection::vec(words, 0..40).prop_map(|it| it.concat())
}

proptest! {
    #[test]
    fn no_text_makes_a_reader_panic(text in pieces(), noise in prop::collection::vec(any::<u8>(), 0..80)) {
        let program = Arc::new(ReliabilityProgram::shipped().unwrap());
        let fields = TrustFields::shipped().unwrap();
        for bytes in [text.as_bytes(), &noise] {
            let _ = SliEvent::from_json(bytes, &program);
            let _ = MetricsText::parse(bytes, &program);
            let mut calculator = SliCalculator::new(Arc::clone(&program), jiff::Timestamp::MAX);
            let mut samples = RangeSamples::new();
            let _ = samples.read(bytes, &program);
            let _ = samples.count(&mut calculator);
            prop_assert!(!calculator.report(&[]).is_met());
            let _ = Incident::from_mail(bytes);
            let _ = read_sales(bytes, |_| Ok(()));
            let _ = Listing::from_json(bytes, &fields);
        }
        let _ = Evidence::from_toml(&text);
        let _ = ReliabilityProgram::from_toml(&text);
        let _ = PartnerProgram::from_toml(&text);
        let _ = TrustFields::from_toml(&text);
    }
}
