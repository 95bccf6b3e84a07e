-- Version 1: installations and their history.
-- Append-only: a file that was released is never changed.

CREATE TABLE installation (
    id              INTEGER PRIMARY KEY,
    tenant          TEXT    NOT NULL UNIQUE, -- 'connect:' client key, or 'forge:' installation ARI
    status          TEXT    NOT NULL,        -- installed, enabled, disabled, uninstalled
    record          TEXT    NOT NULL,        -- JSON, without secrets
    secret          BLOB,
    secret_key      TEXT,                    -- id of the key that sealed it; NULL: plain text
    previous        BLOB,
    previous_key    TEXT,
    previous_at     INTEGER,                 -- UTC seconds: when it was replaced
    changed_at      INTEGER NOT NULL         -- UTC seconds
) STRICT;

CREATE TABLE history (
    sequence        INTEGER PRIMARY KEY,     -- 1, 2, 3, … in order of commit, without gaps
    installation    INTEGER NOT NULL REFERENCES installation (id),
    at              INTEGER NOT NULL,        -- UTC seconds
    event           TEXT    NOT NULL,
    changes         TEXT    NOT NULL         -- JSON array
) STRICT;

CREATE INDEX history_of ON history (installation, sequence);

-- Bodies stand apart: they are large, and seldom read.
CREATE TABLE payload (
    sequence        INTEGER PRIMARY KEY REFERENCES history (sequence),
    body            TEXT    NOT NULL         -- JSON, without secrets
) STRICT;

CREATE TABLE consumer (
    name            TEXT    PRIMARY KEY,
    sequence        INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
