-- Version 1: installations and their history.
-- Append-only: a file that was released is never changed.

CREATE TABLE installation (
    id              BIGINT  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant          TEXT    COLLATE "C" NOT NULL UNIQUE, -- 'connect:' client key, or 'forge:' ARI
    status          TEXT    NOT NULL,        -- installed, enabled, disabled, uninstalled
    record          TEXT    NOT NULL,        -- JSON, without secrets
    secret          BYTEA,
    secret_key      TEXT,                    -- id of the key that sealed it; NULL: plain text
    previous        BYTEA,
    previous_key    TEXT,
    previous_at     BIGINT,                  -- UTC seconds: when it was replaced
    changed_at      BIGINT  NOT NULL         -- UTC seconds
);

CREATE TABLE history (
    sequence        BIGINT  PRIMARY KEY,     -- 1, 2, 3, … in order of commit, without gaps
    installation    BIGINT  NOT NULL REFERENCES installation (id),
    at              BIGINT  NOT NULL,        -- UTC seconds
    event           TEXT    NOT NULL,
    changes         TEXT    NOT NULL         -- JSON array
);

CREATE INDEX history_of ON history (installation, sequence);

-- The last number given out. Its row stays locked until the commit, so numbers are committed in
-- their order; a sequence object would let a reader see 7 before 6.
CREATE TABLE feed (
    single          BOOLEAN PRIMARY KEY DEFAULT TRUE CHECK (single),
    last            BIGINT  NOT NULL
) WITH (fillfactor = 10);

INSERT INTO feed (last) VALUES (0);

-- Bodies stand apart: they are large, and seldom read.
CREATE TABLE payload (
    sequence        BIGINT  PRIMARY KEY REFERENCES history (sequence),
    body            TEXT    NOT NULL         -- JSON, without secrets
);

CREATE TABLE consumer (
    name            TEXT    COLLATE "C" PRIMARY KEY,
    sequence        BIGINT  NOT NULL
);
