-- Certificates that the archive's own authority issued to systems, so that every server over the database knows them and
-- which of them were revoked. A released migration is never edited.
CREATE TABLE client_certificate (
    -- The serial number, in hexadecimal.
    serial     TEXT PRIMARY KEY,
    -- When it was revoked; null: it was not. What is revoked stays so.
    revoked_at INTEGER,
    -- The certificate (PEM; empty where it is not known), under the store's key and bound to the row.
    sealed     BLOB NOT NULL
) STRICT;
