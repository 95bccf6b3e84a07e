//! Planted drift is found once, and nothing else; from every place that installations are kept.

mod exports;
mod planted;
#[cfg(feature = "_postgres-tests")]
mod postgres;
mod rules;
mod stores;
mod support;
