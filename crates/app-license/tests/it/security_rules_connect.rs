//! The security rules, as far as tokens and queries of Connect close them: one test a rule, named
//! after its id.

mod claims;
mod queries;
mod requests;
mod signatures;
mod support;
