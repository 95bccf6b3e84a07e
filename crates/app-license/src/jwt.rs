//! Compact tokens: one strict parse, pinned algorithms, keys kept parsed.
