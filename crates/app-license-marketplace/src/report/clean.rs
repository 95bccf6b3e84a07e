//! Values in one spelling, for the export.

use std::borrow::Cow;

use app_license::Edition;
use jiff::civil::Date;

use super::amount::Amount;
use super::vocabulary::{
    FromText, Hosting, Insight, LicenseType, SaleType, Status, Tier, Values, YesNo,
};

/// A value that the export writes in one spelling.
pub(super) trait Clean<'r>: FromText<'r> {
    /// The spelling; nothing if the text says that there is no value.
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>>;
}

impl<'r> Clean<'r> for Cow<'r, str> {
    fn clean(text: Self) -> Option<Self> {
        Some(text)
    }
}

impl<'r> Clean<'r> for Date {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        Self::from_text(text).map(|date| date.to_string().into())
    }
}

impl<'r> Clean<'r> for Amount {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        Self::from_text(text).map(|amount| amount.to_string().into())
    }
}

impl<'r> Clean<'r> for Edition {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        Some(match Self::from_text(Cow::Borrowed(&text)) {
            Some(edition) => edition.name().into(),
            None => text.trim().to_lowercase().into(),
        })
    }
}

macro_rules! clean_words {
    ($($name:ident)*) => {$(
        impl<'r> Clean<'r> for $name {
            fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
                Some(match Self::from_text(Cow::Borrowed(&text)) {
                    Some(Self::Other) | None => text.trim().to_lowercase().into(),
                    Some(word) => word.name().into(),
                })
            }
        }
    )*};
}

clean_words!(Hosting LicenseType SaleType Status);

impl<'r> Clean<'r> for YesNo {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        match Self::from_text(text)? {
            Self::Yes => Some("yes".into()),
            Self::No => Some("no".into()),
            _ => None,
        }
    }
}

impl<'r> Clean<'r> for Insight<'r> {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        Insight::from_text(text)?.known()
    }
}

impl<'r> Clean<'r> for Tier {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        Some(text)
    }
}

impl<'r> Clean<'r> for Values {
    fn clean(text: Cow<'r, str>) -> Option<Cow<'r, str>> {
        Self::from_text(text).map(|words| words.as_slice().join(" ").into())
    }
}
