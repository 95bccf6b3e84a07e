//! Planted drift is found once, and nothing else; from every place that installations are kept.

mod planted;
mod rules;
mod stores;
mod support;
