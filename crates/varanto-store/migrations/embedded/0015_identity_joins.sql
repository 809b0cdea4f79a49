-- Temporary identifiers that are joined to identity codes. Each row follows from lines of the use log.
-- Instants are milliseconds after 1970-01-01T00:00Z. A released migration is never edited.
CREATE TABLE identity_join (
    -- The line that tells of the joining.
    line          INTEGER PRIMARY KEY,
    -- The client of the temporary identifier.
    temporary_key INTEGER NOT NULL,
    -- The client of the identity code.
    person_key    INTEGER NOT NULL,
    joined_at     INTEGER NOT NULL,
    -- The line that tells of the parting, and since when; none while it holds.
    parted_line   INTEGER,
    parted_at     INTEGER
) STRICT;
CREATE UNIQUE INDEX join_of_temporary ON identity_join (temporary_key) WHERE parted_line IS NULL;
CREATE INDEX join_of_person ON identity_join (person_key) WHERE parted_line IS NULL;
