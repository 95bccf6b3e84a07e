// Made by `node scripts/schema.mjs` of crates/app-license-store/migrations: do not edit.

/** What a file of each version lacks of the next one. */
export const MIGRATIONS: readonly string[] = [
  `
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
`,
  `
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
`,
  `
-- Version 3: public keys of the platform that lifecycle tokens were verified with.

CREATE TABLE install_key (
    id              TEXT    PRIMARY KEY,
    pem             TEXT    NOT NULL,
    kept_at         INTEGER NOT NULL         -- UTC seconds
) STRICT;
`,
  `
-- Version 4: tenants at whose events a consumer of the history stopped.

CREATE TABLE stopped (
    consumer        TEXT    NOT NULL,
    tenant          TEXT    NOT NULL,
    sequence        INTEGER NOT NULL,        -- the event that failed
    tries           INTEGER NOT NULL,
    retry_at        INTEGER NOT NULL,        -- UTC seconds
    PRIMARY KEY (consumer, tenant)
) STRICT, WITHOUT ROWID;
`,
  `
-- Version 5: links by the tenant that they lead to, to be erased with it, and counted.

CREATE INDEX linked_to ON installation (json_extract(record, '$.tenant')) WHERE status = 'linked';
`,
  `
-- Version 6: the source of a license is named as everywhere else.

ALTER TABLE license RENAME COLUMN touchpoint TO license_source;
`,
];

/** The tables that this package had of its own: to their last version. */
export const EARLIER_1_TO_2 = `
-- The npm package's own tables before it had this schema: what version 1 of them lacks of version 2.

ALTER TABLE app_license_history ADD COLUMN event TEXT NOT NULL DEFAULT '';

CREATE TABLE app_license_cursors (consumer TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
CREATE TABLE app_license_licenses (key TEXT, touchpoint TEXT, document TEXT, fetched_at INTEGER) STRICT;
CREATE TABLE app_license_leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE app_license_install_keys (id INTEGER PRIMARY KEY, kid TEXT NOT NULL, pem TEXT NOT NULL) STRICT;
`;

/** And into those of this schema. */
export const EARLIER_2_TO_THIS = `
-- The npm package's own tables before it had this schema, version 2: what is in them goes into those of this
-- schema, in which there are no installations, and so no history. What had some once keeps its last number
-- among the cursors: numbers go on behind it.

INSERT INTO installation (tenant, status, record, secret, previous, previous_at, changed_at)
SELECT iif(substr(client_key, 1, 4) = 'ari:', 'forge:', 'connect:') || client_key,
    -- a record that cannot be read is one tenant's fault
    coalesce(iif(json_valid(record), record ->> '$.status', NULL), 'unknown'),
    record,
    CAST(nullif(secret, '') AS BLOB),
    CAST(nullif(previous, '') AS BLOB),
    replaced_at,
    coalesce(iif(json_valid(record), unixepoch(record ->> '$.updatedAt'), NULL), 0)
FROM app_license_installations ORDER BY client_key;

INSERT INTO history (sequence, installation, at, event, changes)
SELECT h.id + (SELECT coalesce(max(sequence), 0) FROM consumer WHERE name = ' last'),
    i.id, h.at, iif(h.event = '', 'unknown', h.event), h.changes
FROM app_license_history h JOIN installation i
    ON i.tenant = iif(substr(h.client_key, 1, 4) = 'ari:', 'forge:', 'connect:') || h.client_key
ORDER BY h.id;

INSERT INTO consumer (name, sequence)
SELECT consumer, sequence + (SELECT coalesce(max(sequence), 0) FROM consumer WHERE name = ' last')
FROM app_license_cursors WHERE true
ON CONFLICT (name) DO UPDATE SET sequence = max(sequence, excluded.sequence);
-- no number is given twice, though what had it was deleted
INSERT INTO consumer (name, sequence)
SELECT ' last', (SELECT coalesce(max(sequence), 0) FROM consumer WHERE name = ' last') + max(
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'app_license_history'), 0),
    coalesce((SELECT max(sequence) FROM app_license_cursors), 0)
) WHERE true
ON CONFLICT (name) DO UPDATE SET sequence = excluded.sequence;

INSERT INTO license (tenant, license_source, document, fetched_at)
SELECT iif(substr(key, 1, 4) = 'ari:', 'forge:', 'connect:') || key, touchpoint, document, fetched_at
FROM app_license_licenses WHERE true
ON CONFLICT (tenant, license_source) DO UPDATE SET document = excluded.document, fetched_at = excluded.fetched_at
    WHERE excluded.fetched_at >= license.fetched_at;

INSERT INTO lease (name, holder, until)
SELECT replace(name, 'forge-license ', 'forge-license/'), replace(holder, ' ', '/'), until
FROM app_license_leases WHERE true
ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until WHERE excluded.until > lease.until;

INSERT INTO mark (token, body, expires_at)
SELECT unhex(token), unhex(body), expires_at FROM app_license_marks
WHERE length(token) = 64 AND length(body) = 64 AND unhex(token) IS NOT NULL AND unhex(body) IS NOT NULL
-- of two that came with one token, the first is what the token was used for
ON CONFLICT (token) DO UPDATE SET expires_at = max(expires_at, excluded.expires_at);

-- the order in which they came is known, and not when
INSERT OR IGNORE INTO install_key (id, pem, kept_at) SELECT kid, pem, id FROM app_license_install_keys ORDER BY id DESC;

DROP TABLE app_license_installations;
DROP TABLE app_license_history;
DROP TABLE app_license_marks;
DROP TABLE app_license_cursors;
DROP TABLE app_license_licenses;
DROP TABLE app_license_leases;
DROP TABLE app_license_install_keys;
-- an earlier version of the package refuses a version that it does not know, and makes no tables anew
UPDATE app_license_schema SET version = 3;
`;
