-- Version 2: what License APIs said, leases, and marks of used lifecycle tokens.

CREATE TABLE license (
    tenant          TEXT    NOT NULL,        -- the tenant need not be known
    touchpoint      TEXT    NOT NULL,
    document        TEXT,                    -- JSON; NULL: the platform said there is none
    fetched_at      INTEGER NOT NULL,        -- UTC seconds
    PRIMARY KEY (tenant, touchpoint)
) STRICT;

CREATE TABLE lease (
    name            TEXT    PRIMARY KEY,
    holder          TEXT    NOT NULL,
    until           INTEGER NOT NULL         -- UTC seconds
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (
    token           BLOB    PRIMARY KEY,     -- SHA-256 of a used token
    body            BLOB    NOT NULL,        -- SHA-256 of the body it came with
    expires_at      INTEGER NOT NULL         -- UTC seconds
) STRICT, WITHOUT ROWID;

CREATE INDEX mark_by_expiry ON mark (expires_at);
