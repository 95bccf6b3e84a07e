//! What requests see.

use std::collections::BTreeMap;

use serde_json::Value;

use super::fault::ReportFault;

#[derive(Debug, Default)]
pub(super) struct Shared {
    pub(super) licenses: Vec<Value>,
    pub(super) faults: Vec<ReportFault>,
    /// Looks that an export takes before it is ready.
    pub(super) looks: u32,
    /// Looks at each export so far.
    pub(super) exports: BTreeMap<String, (u32, Vec<(String, String)>)>,
    pub(super) fails: bool,
    pub(super) without_v3: bool,
    pub(super) without_ranges: bool,
    pub(super) requests: Vec<String>,
}
