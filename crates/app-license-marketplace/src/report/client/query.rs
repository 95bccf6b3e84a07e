//! Which licenses are asked for.

use jiff::civil::Date;

/// Which licenses are asked for; all of them, of all clouds, unless said.
///
/// ```
/// use app_license_marketplace::report::client::Query;
/// let query = Query::new().with("productId", "one").with("productId", "two").with_history();
/// let pairs: Vec<_> = query.pairs().collect();
/// // several values are several parameters: the API misreads them with commas
/// assert!(pairs.contains(&("productId", "one")) && pairs.contains(&("productId", "two")));
/// assert!(pairs.contains(&("cloudComplianceBoundaries", "isolated_cloud")));
/// ```
#[derive(Debug, Clone)]
pub struct Query {
    pairs: Vec<(String, String)>,
}

/// All clouds there are.
const CLOUDS: [&str; 3] = ["commercial", "fedramp_moderate", "isolated_cloud"];

/// The parameter for data insights.
const INSIGHTS: &str = "withDataInsights";
/// The first day of which there are insights, and the day before it.
const INSIGHTS_FROM: Date = jiff::civil::date(2018, 7, 1);
const LAST_WITHOUT_INSIGHTS: Date = jiff::civil::date(2018, 6, 30);

impl Default for Query {
    fn default() -> Self {
        let clouds = CLOUDS.map(|cloud| ("cloudComplianceBoundaries".to_owned(), cloud.to_owned()));
        Self {
            pairs: clouds.to_vec(),
        }
    }
}

impl Query {
    /// All licenses of all clouds.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Without a parameter, as other reports than those of licenses take it.
    pub(super) const fn of_nothing() -> Self {
        Self { pairs: Vec::new() }
    }

    /// With a parameter of the API; the same one may be given again.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "numbers, dates and texts alike, most of them copied"
    )]
    pub fn with(mut self, name: &str, value: impl ToString) -> Self {
        self.pairs.push((name.to_owned(), value.to_string()));
        self
    }

    /// Of these days, both included.
    #[must_use]
    pub fn with_days(self, first: Option<Date>, last: Option<Date>) -> Self {
        let of = |query: Self, name: &str, day: Option<Date>| match day {
            Some(day) => query.with(name, day),
            None => query,
        };
        of(of(self, "startDate", first), "endDate", last)
    }

    /// One record for every change of a license.
    #[must_use]
    pub fn with_history(self) -> Self {
        self.with("showLicensesHistory", true)
    }

    /// With data insights, which the API has of licenses from July 2018 on; see [`Query::parts`].
    #[must_use]
    pub fn with_insights(self) -> Self {
        self.with(INSIGHTS, true)
    }

    /// The questions that ask for this one together: the API has data insights from 2018-07-01 on
    /// alone, so that what began before is asked for without them. No license is in two of them.
    ///
    /// ```
    /// use app_license_marketplace::report::client::Query;
    /// assert_eq!(Query::new().parts().len(), 1);
    /// let parts = Query::new().with_insights().parts();
    /// assert!(parts[0].pairs().any(|pair| pair == ("endDate", "2018-06-30")));
    /// assert!(parts[0].pairs().all(|(name, _)| name != "withDataInsights"));
    /// assert!(parts[1].pairs().any(|pair| pair == ("startDate", "2018-07-01")));
    /// ```
    #[must_use]
    pub fn parts(&self) -> Vec<Self> {
        let value = |name: &str| {
            let mut of = self.pairs().filter(|(found, _)| *found == name);
            of.next_back().map(|(_, value)| value)
        };
        let day = |name: &str| value(name).and_then(|day| day.parse::<Date>().ok());
        let by_end = value("dateType").is_some_and(|by| by.eq_ignore_ascii_case("end"));
        let (first, last) = (day("startDate"), day("endDate"));
        // a day that the API cannot read either is its to refuse
        let unread = [("startDate", first), ("endDate", last)]
            .iter()
            .any(|(name, day)| day.is_none() && value(name).is_some());
        if value(INSIGHTS).is_none() || by_end || unread || first >= Some(INSIGHTS_FROM) {
            return vec![self.clone()];
        }
        let without = |names: &[&str]| Self {
            pairs: self
                .pairs
                .iter()
                .filter(|(name, _)| !names.contains(&name.as_str()))
                .cloned()
                .collect(),
        };
        if last.is_some_and(|last| last < INSIGHTS_FROM) {
            return vec![without(&[INSIGHTS])];
        }
        vec![
            without(&[INSIGHTS, "endDate"]).with("endDate", LAST_WITHOUT_INSIGHTS),
            without(&["startDate"]).with("startDate", INSIGHTS_FROM),
        ]
    }

    /// The parameters.
    pub fn pairs(&self) -> impl DoubleEndedIterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
