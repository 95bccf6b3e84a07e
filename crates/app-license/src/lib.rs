//! Reads, verifies and decides Atlassian Marketplace licences.
