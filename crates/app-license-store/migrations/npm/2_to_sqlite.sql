-- The npm package's own tables before it had this schema, version 2: what is in them goes into those of this
-- schema, which are empty.

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
SELECT h.id, i.id, h.at, iif(h.event = '', 'unknown', h.event), h.changes
FROM app_license_history h JOIN installation i
    ON i.tenant = iif(substr(h.client_key, 1, 4) = 'ari:', 'forge:', 'connect:') || h.client_key
ORDER BY h.id;

INSERT INTO consumer (name, sequence) SELECT consumer, sequence FROM app_license_cursors;
-- no number is given twice, though what had it was deleted
INSERT OR REPLACE INTO consumer (name, sequence)
SELECT ' last', max(
    coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'app_license_history'), 0),
    coalesce((SELECT max(sequence) FROM app_license_cursors), 0)
);

INSERT INTO license (tenant, touchpoint, document, fetched_at)
SELECT iif(substr(key, 1, 4) = 'ari:', 'forge:', 'connect:') || key, touchpoint, document, fetched_at
FROM app_license_licenses;

INSERT OR REPLACE INTO lease (name, holder, until)
SELECT replace(name, 'forge-license ', 'forge-license/'), replace(holder, ' ', '/'), until FROM app_license_leases;

INSERT INTO mark (token, body, expires_at)
SELECT unhex(token), unhex(body), expires_at FROM app_license_marks
WHERE length(token) = 64 AND length(body) = 64 AND unhex(token) IS NOT NULL AND unhex(body) IS NOT NULL;

-- the order in which they came is known, and not when
INSERT INTO install_key (id, pem, kept_at) SELECT kid, pem, id FROM app_license_install_keys;

DROP TABLE app_license_installations;
DROP TABLE app_license_history;
DROP TABLE app_license_marks;
DROP TABLE app_license_cursors;
DROP TABLE app_license_licenses;
DROP TABLE app_license_leases;
DROP TABLE app_license_install_keys;
DROP TABLE app_license_schema;
