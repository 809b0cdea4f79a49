-- What the population register says of clients. These are no documents: the register is their master.
-- Instants are milliseconds after 1970-01-01T00:00Z. A released migration is never edited.

-- One row for each client who has an identity code: by what the register is asked, and when.
CREATE TABLE person (
    client_key INTEGER PRIMARY KEY,
    -- The identity code, the moment of which the register told last, and how many rows `person_facts`
    -- has of the client; encrypted under the client's key.
    sealed     BLOB NOT NULL,
    -- When the register is to be asked next.
    due_at     INTEGER NOT NULL
) STRICT;
CREATE INDEX person_by_due ON person (due_at);

-- What the register said of each client, in turn; no row is ever changed. The highest number holds.
CREATE TABLE person_facts (
    client_key INTEGER NOT NULL,
    -- From 1.
    number     INTEGER NOT NULL,
    -- Birth, death, safety order and guardians, encrypted under the client's key.
    sealed     BLOB NOT NULL,
    -- The line of the use log that tells of it; it holds the salted SHA-256 of what is sealed.
    line       INTEGER NOT NULL,
    PRIMARY KEY (client_key, number)
) STRICT, WITHOUT ROWID;
