//! By when support has to answer.

use jiff::civil::Time;
use jiff::{SignedDuration, ToSpan, Zoned};

use super::program::SupportHours;
use crate::input::InputError;

const WHAT: &str = "the support deadline";

impl SupportHours {
    /// The moment by which a request has to be answered: `hours` after it came, where only
    /// working days count, whole, in the partner's time zone.
    ///
    /// A request of a weekend begins to count at the start of the next working day. Hours are
    /// real ones: where clocks change on a working day, that day has 23 or 25 of them.
    ///
    /// Platform page: <https://developer.atlassian.com/platform/marketplace/cloud-fortified-apps-program-support-requirements/>
    ///
    /// ```
    /// use app_license_marketplace::fortified::ReliabilityProgram;
    /// let support = ReliabilityProgram::shipped()?.support;
    /// // clocks go back on Sunday, 5 April 2026: the weekend has 49 hours
    /// let friday = "2026-04-03T17:00[Australia/Sydney]".parse().unwrap();
    /// let due = support.deadline(&friday)?;
    /// assert_eq!(due.to_string(), "2026-04-06T17:00:00+10:00[Australia/Sydney]");
    /// # Ok::<(), app_license_marketplace::InputError>(())
    /// ```
    ///
    /// # Errors
    /// `value` for a time at the end of the calendar.
    pub fn deadline(&self, received: &Zoned) -> Result<Zoned, InputError> {
        let wrong = |_| {
            let expected = "a time within the calendar";
            InputError::value(WHAT, "received", expected, received)
        };
        let mut now = received.clone();
        let mut left = SignedDuration::from_hours(i64::from(self.hours));
        loop {
            let tomorrow = next_day(&now).map_err(wrong)?;
            if self.working_days.contains(&now.weekday()) {
                let today = now.duration_until(&tomorrow);
                if left <= today {
                    return now.checked_add(left).map_err(wrong);
                }
                // `left` is the larger one
                left = left.saturating_sub(today);
            }
            now = tomorrow;
        }
    }
}

/// The first moment of the next day: midnight, or later where clocks skip midnight.
fn next_day(now: &Zoned) -> Result<Zoned, jiff::Error> {
    let tomorrow = now.date().checked_add(1.day())?;
    let start = tomorrow.to_datetime(Time::midnight());
    start.to_zoned(now.time_zone().clone())?.start_of_day()
}
