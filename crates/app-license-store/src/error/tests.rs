//! What each kind says.

use std::error::Error as _;

use super::{Error, ErrorClass, ErrorKind};

fn io() -> Box<dyn std::error::Error + Send + Sync> {
    std::io::Error::other("disk full").into()
}

#[test]
fn codes_and_words_are_kept() {
    use ErrorClass::{CouldNotCheck, Misuse, Refused};
    let text = String::from;
    for (kind, code, class, message) in [
        (
            ErrorKind::Unavailable {
                doing: "commit",
                source: io(),
            },
            "store_unavailable",
            CouldNotCheck,
            "the store could not commit",
        ),
        (
            ErrorKind::Closed,
            "store_closed",
            CouldNotCheck,
            "the store is closed",
        ),
        (
            ErrorKind::Corrupt {
                what: "record",
                reason: text("no key"),
            },
            "store_corrupt",
            CouldNotCheck,
            "the stored record cannot be read: no key",
        ),
        (
            ErrorKind::DoesNotOpen {
                column: "secret",
                key_id: text("k1"),
            },
            "does_not_open",
            CouldNotCheck,
            "the stored secret does not open with key `k1`",
        ),
        (
            ErrorKind::TooManyMarks { limit: 7 },
            "too_many_marks",
            CouldNotCheck,
            "more than 7 replay marks are alive",
        ),
        (
            ErrorKind::Replayed,
            "replayed",
            Refused,
            "the token was used before with another body",
        ),
        (
            ErrorKind::TenantMismatch {
                expected: text("a"),
                found: text("b"),
            },
            "tenant_mismatch",
            Refused,
            "the event is of `b`, not of `a`",
        ),
        (
            ErrorKind::ForeignDatabase {
                found: text("table `users`"),
            },
            "foreign_database",
            Misuse,
            "the database is no store of installations: table `users`",
        ),
        (
            ErrorKind::Migration {
                version: 2,
                source: io(),
            },
            "migration",
            Misuse,
            "migration 2 failed",
        ),
        (
            ErrorKind::MayNotMigrate {
                found: 2,
                known: 3,
                source: io(),
            },
            "may_not_migrate",
            Misuse,
            "the database has schema version 2, this program needs 3, and this role may not change it: \
             let the role that owns the tables run `app-license store migrate`, or `PostgresOptions::migrate`",
        ),
        (
            ErrorKind::EncryptionKey {
                reason: "it has 3 bytes, not 32",
            },
            "encryption_key",
            Misuse,
            "the encryption key is not usable: it has 3 bytes, not 32",
        ),
        (
            ErrorKind::UnknownEncryptionKey {
                column: "secret",
                key_id: text("k1"),
            },
            "unknown_encryption_key",
            Misuse,
            "the stored secret is sealed with key `k1`, which is not configured",
        ),
        (
            ErrorKind::PlainTextRefused { column: "secret" },
            "plain_text_refused",
            Misuse,
            "the stored secret is in plain text, which the configuration refuses",
        ),
        (
            ErrorKind::Invalid {
                what: "name",
                reason: text("it is empty"),
            },
            "invalid",
            Misuse,
            "the name cannot be used: it is empty",
        ),
        (
            ErrorKind::CursorBeyondEnd { asked: 9, last: 3 },
            "cursor_beyond_end",
            Misuse,
            "a cursor cannot stand at 9: the last event is 3",
        ),
    ] {
        let error = Error::from(kind);
        assert_eq!(error.code(), code);
        assert_eq!(error.class(), class, "{code}");
        assert_eq!(error.to_string(), message);
    }
}

#[test]
fn the_source_is_kept() {
    let error = Error::from(ErrorKind::Migration {
        version: 2,
        source: io(),
    });
    assert_eq!(error.source().unwrap().to_string(), "disk full");
    assert!(Error::from(ErrorKind::Closed).source().is_none());
}
