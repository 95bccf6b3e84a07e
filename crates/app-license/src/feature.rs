//! Features of an app and the editions they belong to: `editions.toml`.
