//! The clock: the only place that reads it, and only when `--now` is not given.

use app_license::UnixTime;

/// Options of every command that looks at a clock.
#[derive(Debug, Clone, Copy, clap::Args)]
pub(crate) struct NowArgs {
    /// The time to decide at: seconds since 1970, or ISO-8601 with a zone [default: the clock]
    #[arg(long, value_name = "TIME", value_parser = parse_time)]
    pub(crate) now: Option<UnixTime>,
}

impl NowArgs {
    /// The time asked for, or the clock's.
    #[must_use]
    pub(crate) fn time(self) -> UnixTime {
        self.now.unwrap_or_else(|| {
            std::time::SystemTime::now()
                .duration_since(std::time::UNIX_EPOCH)
                .ok()
                .and_then(|since| UnixTime::from_seconds(since.as_secs()))
                .unwrap_or(UnixTime::EPOCH)
        })
    }
}

/// Reads a time option.
pub(crate) fn parse_time(text: &str) -> Result<UnixTime, String> {
    let found = if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok().and_then(UnixTime::from_seconds)
    } else {
        UnixTime::parse(text)
    };
    found.ok_or_else(|| "expected seconds since 1970 or `2026-12-08T00:00:00Z`".to_owned())
}

#[cfg(test)]
mod tests {
    use super::parse_time;

    #[test]
    fn digits_are_seconds_and_dates_have_zones() {
        assert_eq!(
            parse_time("1800000000").unwrap().to_string(),
            "2027-01-15T08:00:00Z"
        );
        assert_eq!(parse_time("2027-01-15T08:00:00Z"), parse_time("1800000000"));
        for wrong in ["", "now", "-1", "2027-01-15T08:00:00", "99999999999999"] {
            assert!(parse_time(wrong).is_err(), "{wrong}");
        }
    }
}
