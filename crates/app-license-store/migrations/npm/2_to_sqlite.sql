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
