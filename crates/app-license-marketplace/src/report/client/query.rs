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

    /// With data insights, which the API has from July 2018 on.
    #[must_use]
    pub fn with_insights(self) -> Self {
        self.with("withDataInsights", true)
    }

    /// The parameters.
    pub fn pairs(&self) -> impl Iterator<Item = (&str, &str)> {
        self.pairs
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }
}
