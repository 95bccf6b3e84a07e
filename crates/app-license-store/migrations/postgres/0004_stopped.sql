-- Version 4: tenants at whose events a consumer of the history stopped.

CREATE TABLE stopped (
    consumer        TEXT    COLLATE "C" NOT NULL,
    tenant          TEXT    COLLATE "C" NOT NULL,
    sequence        BIGINT  NOT NULL,        -- the event that failed
    tries           BIGINT  NOT NULL,
    retry_at        BIGINT  NOT NULL,        -- UTC seconds
    PRIMARY KEY (consumer, tenant)
);
