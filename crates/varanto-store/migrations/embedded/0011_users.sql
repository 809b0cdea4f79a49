-- The register of users: who may use the archive for an organisation, and how far. A right is never changed; one
-- that is replaced or taken away is ended, and stays. Instants are milliseconds after 1970-01-01T00:00Z. A
-- released migration is never edited.
CREATE TABLE user_right (
    user_key     INTEGER PRIMARY KEY,
    organisation INTEGER NOT NULL REFERENCES term (number),
    -- The subject, names, role, units, service tasks, login, days and who granted it, under the store's key.
    sealed       BLOB NOT NULL,
    -- A keyed digest of the person's identity code, as in `client_identifier`; null where none was told.
    lookup       BLOB,
    granted_at   INTEGER NOT NULL,
    -- The line of the use log that tells of it.
    granted_line INTEGER NOT NULL,
    ended_at     INTEGER,
    ended_line   INTEGER
) STRICT;
CREATE INDEX user_by_organisation ON user_right (organisation, user_key);
