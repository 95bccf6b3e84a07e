//! In tests of the cost: how many bytes reading has looked at, each as often as it was.

use std::cell::Cell;

thread_local! {
    static LOOKED: Cell<usize> = const { Cell::new(0) };
}

/// Counts bytes that were looked at, or moved.
pub(super) fn looked(bytes: usize) {
    LOOKED.set(LOOKED.get().saturating_add(bytes));
}

/// How many there were on this thread since the last time.
fn take() -> usize {
    LOOKED.replace(0)
}

mod tests {
    use super::super::super::{Completeness, LicenseReader};

    /// Reads to the end; how often a byte was looked at.
    fn times(report: &str) -> (usize, Completeness) {
        super::take();
        let mut reader = LicenseReader::new(report.as_bytes());
        while reader.next().is_some() {}
        let times = super::take().div_ceil(report.len());
        (times, reader.completeness())
    }

    #[test]
    fn hostile_reports_cost_no_more_than_their_length() {
        // each of these makes a reader that looks ahead for every record look at the rest every time
        for piece in [
            "{[},", "{\"},", "{\"a:1},", "{]},", "{\"a\":}", "{", "[", "{\"\\",
        ] {
            let report = format!("[{}", piece.repeat(600_000 / piece.len()));
            let (times, end) = times(&report);
            assert_eq!(end, Completeness::Partial, "{piece}");
            assert!((1..=12).contains(&times), "{times} times: {piece}");
        }
        for piece in ["\"a\n", "a\n", "\"\n"] {
            let report = format!("licenseId,tier\n{}", piece.repeat(600_000 / piece.len()));
            let (times, end) = times(&report);
            assert_ne!(end, Completeness::Complete, "{piece}");
            assert!((1..=12).contains(&times), "{times} times: {piece}");
        }
        // and one that is as it should be, so that the count is one of what is done
        let report = format!("[{}{{\"tier\":1}}]", "{\"tier\":1},".repeat(50_000));
        assert_eq!(times(&report), (2, Completeness::Complete));
    }
}
