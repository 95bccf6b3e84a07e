//! `sign`, `verify` and `qsh`: what is minted verifies, and nothing else does.

mod connect;
mod forge;
mod installs;
mod minting;
mod policy;
mod support;
