-- Who keeps the users: an organiser those of a private producer that works in its system, or the producer's own main
-- users whom it lets, by a delegation. Instants are milliseconds after 1970-01-01T00:00Z. A released migration is
-- never edited.
--
-- The organiser that keeps the right, in whose register alone it counts; null where the organisation keeps it itself.
ALTER TABLE user_right ADD COLUMN organiser INTEGER REFERENCES term (number);
-- The delegation that it hangs on: a delegated main user granted it, or it makes one of somebody.
ALTER TABLE user_right ADD COLUMN delegation INTEGER;
CREATE INDEX user_by_organiser ON user_right (organiser, user_key) WHERE organiser IS NOT NULL;

-- What an organiser lets the main users of a producer keep. Derived from the lines of the use log that tell of it.
CREATE TABLE delegation (
    -- The line that tells of it, and its number.
    line           INTEGER PRIMARY KEY,
    organiser      INTEGER NOT NULL REFERENCES term (number),
    producer       INTEGER NOT NULL REFERENCES term (number),
    -- As the line tells it: units, service tasks, login, days.
    said           TEXT NOT NULL,
    given_at       INTEGER NOT NULL,
    -- The line that tells of its withdrawal, and when.
    withdrawn_line INTEGER,
    withdrawn_at   INTEGER
) STRICT;
CREATE INDEX delegation_by_organiser ON delegation (organiser, line);
CREATE INDEX delegation_by_producer ON delegation (producer, line);
