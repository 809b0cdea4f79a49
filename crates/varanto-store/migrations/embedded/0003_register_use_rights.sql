-- Register-use rights, derived from the newest version of each relationship document.
-- Days are days after 1970-01-01, and both ends of a span count. A released migration is never edited.

-- One row for each unit that serves a client, in one branch of the relationship and for the same
-- services.
CREATE TABLE register_use_right (
    relationship_key INTEGER NOT NULL,
    -- Its place among the rights of the relationship, from nought.
    place            INTEGER NOT NULL,
    client_key       INTEGER NOT NULL,
    controller       INTEGER NOT NULL REFERENCES term (number),
    organiser        INTEGER NOT NULL REFERENCES term (number),
    -- Null: every service task of the relationship.
    service_task     INTEGER REFERENCES term (number),
    -- The services' codes, a line each.
    services         TEXT NOT NULL,
    -- The unit that holds it.
    holder           INTEGER NOT NULL REFERENCES term (number),
    -- 0 the organiser's own unit, 1 a producer's, 2 an implementer's.
    side             INTEGER NOT NULL,
    -- The producer's unit, of an implementer.
    producer         INTEGER REFERENCES term (number),
    first_day        INTEGER NOT NULL,
    last_day         INTEGER,
    PRIMARY KEY (relationship_key, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX right_by_client ON register_use_right (client_key);
CREATE INDEX right_by_holder ON register_use_right (holder, relationship_key, place);

-- The spans of a right in which the service is interrupted.
CREATE TABLE right_suspension (
    relationship_key INTEGER NOT NULL,
    place            INTEGER NOT NULL,
    first_day        INTEGER NOT NULL,
    last_day         INTEGER NOT NULL,
    PRIMARY KEY (relationship_key, place, first_day)
) STRICT, WITHOUT ROWID;
