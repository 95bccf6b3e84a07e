-- Version 4: tenants at whose events a consumer of the history stopped.

CREATE TABLE stopped (
    consumer        TEXT    NOT NULL,
    tenant          TEXT    NOT NULL,
    sequence        INTEGER NOT NULL,        -- the event that failed
    tries           INTEGER NOT NULL,
    retry_at        INTEGER NOT NULL,        -- UTC seconds
    PRIMARY KEY (consumer, tenant)
) STRICT, WITHOUT ROWID;
