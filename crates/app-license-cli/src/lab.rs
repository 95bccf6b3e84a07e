//! The lab: the mock host platform with an app beside it, moved by hand or by a script.
//!
//! [`Lab`](bench::Lab) holds the platform, the app and what the app was told. A scenario, the
//! console and `trigger` all act through it, so that what one shows the others do.

pub(crate) mod act;
pub(crate) mod ask;
pub(crate) mod bench;
pub(crate) mod check;
pub(crate) mod console;
pub(crate) mod demo;
pub(crate) mod journal;
pub(crate) mod keys;
pub(crate) mod moves;
pub(crate) mod pages;
pub(crate) mod persist;
pub(crate) mod scenario;
pub(crate) mod timeline;
