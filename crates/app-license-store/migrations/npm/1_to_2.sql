-- The npm package's own tables before it had this schema: what version 1 of them lacks of version 2.

ALTER TABLE app_license_history ADD COLUMN event TEXT NOT NULL DEFAULT '';

CREATE TABLE app_license_cursors (consumer TEXT PRIMARY KEY, sequence INTEGER NOT NULL) STRICT;
CREATE TABLE app_license_licenses (key TEXT, touchpoint TEXT, document TEXT, fetched_at INTEGER) STRICT;
CREATE TABLE app_license_leases (name TEXT PRIMARY KEY, holder TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
CREATE TABLE app_license_install_keys (id INTEGER PRIMARY KEY, kid TEXT NOT NULL, pem TEXT NOT NULL) STRICT;
