-- Version 2: what License APIs said, leases, and marks of used lifecycle tokens.

CREATE TABLE license (
    tenant          TEXT    COLLATE "C" NOT NULL, -- the tenant need not be known
    touchpoint      TEXT    COLLATE "C" NOT NULL,
    document        TEXT,                    -- JSON; NULL: the platform said there is none
    fetched_at      BIGINT  NOT NULL,        -- UTC seconds
    PRIMARY KEY (tenant, touchpoint)
);

CREATE TABLE lease (
    name            TEXT    COLLATE "C" PRIMARY KEY,
    holder          TEXT    COLLATE "C" NOT NULL,
    until           BIGINT  NOT NULL         -- UTC seconds
);

CREATE TABLE mark (
    token           BYTEA   PRIMARY KEY,     -- SHA-256 of a used token
    body            BYTEA   NOT NULL,        -- SHA-256 of the body it came with
    expires_at      BIGINT  NOT NULL         -- UTC seconds
);

CREATE INDEX mark_by_expiry ON mark (expires_at);
