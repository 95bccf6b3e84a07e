//! Atlassian Connect: lifecycle, tokens, query hash, iframe query, License API, conditions.
