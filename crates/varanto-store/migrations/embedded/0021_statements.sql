-- What clients tell of themselves. No documents tell of it: the lines of the use log do, whole. A released migration is never
-- edited.

-- One telling of a client's own contact facts or own plan: each is a version of its own, and stays.
CREATE TABLE client_statement (
    statement_key INTEGER PRIMARY KEY,
    -- Of whom.
    client_key    INTEGER NOT NULL,
    -- What is told, a code.
    kind          INTEGER NOT NULL REFERENCES term (number),
    -- The guardian who tells it, by the number that names the guardian alone; null: the client, or by mandate.
    speaker       INTEGER,
    -- Which one it is of its kind by that speaker, counted from 1.
    number        INTEGER NOT NULL,
    -- In whose register it is kept.
    controller    INTEGER NOT NULL REFERENCES term (number),
    -- The salted SHA-256 of what is said, base64.
    said          TEXT NOT NULL,
    -- What is said, encrypted under the client's key; null once it was taken out.
    said_text     BLOB,
    -- The line of the use log that tells of it.
    line          INTEGER NOT NULL,
    -- The line that tells that what is said was taken out for good; null while it is kept.
    forgotten_line INTEGER
) STRICT;
CREATE INDEX statement_by_client ON client_statement (client_key, statement_key);
