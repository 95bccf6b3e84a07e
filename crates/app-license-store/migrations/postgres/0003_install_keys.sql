-- Version 3: public keys of the platform that lifecycle tokens were verified with.

CREATE TABLE install_key (
    id              TEXT    COLLATE "C" PRIMARY KEY,
    pem             TEXT    NOT NULL,
    kept_at         BIGINT  NOT NULL         -- UTC seconds
);
