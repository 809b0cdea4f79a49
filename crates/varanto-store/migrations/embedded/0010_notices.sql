-- Notices to the units of producers. A released migration is never edited.

-- One row for each notice: that a right was opened, is about to end, or was withdrawn. Written with the
-- version of the relationship document that causes it.
CREATE TABLE notice (
    notice_key       INTEGER PRIMARY KEY,
    relationship_key INTEGER NOT NULL,
    client_key       INTEGER NOT NULL,
    -- The unit that is told.
    holder           INTEGER NOT NULL REFERENCES term (number),
    -- 0 opened, 1 ending, 2 withdrawn.
    kind             INTEGER NOT NULL,
    -- Null: every service task of the relationship.
    service_task     INTEGER REFERENCES term (number),
    -- The services' codes, a line each.
    services         TEXT NOT NULL,
    -- The day that it is about: the right's first or last one.
    day              INTEGER NOT NULL,
    -- The day from which on it is told.
    told_from        INTEGER NOT NULL,
    made_at          INTEGER NOT NULL,
    -- When the unit acknowledged it; null until then.
    acknowledged_at  INTEGER,
    -- SHA-256 over all the other columns: no leaf of the proof log covers them.
    digest           BLOB NOT NULL
) STRICT;
CREATE INDEX notice_by_holder ON notice (holder, notice_key);
CREATE INDEX notice_by_relationship ON notice (relationship_key);
