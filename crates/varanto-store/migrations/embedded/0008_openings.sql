-- Looks without case context, opened by a worker for a reason and for a time, and where the judgement of
-- each stands. The log's lines tell of every one and of every judgement; this is the queue.
-- Instants are milliseconds after 1970-01-01T00:00Z. A released migration is never edited.
CREATE TABLE opening (
    opening_key INTEGER PRIMARY KEY,
    client_key  INTEGER NOT NULL,
    controller  INTEGER NOT NULL REFERENCES term (number),
    -- Who opened, as the log names the actor.
    actor       INTEGER NOT NULL REFERENCES term (number),
    -- The code of the reason.
    reason      INTEGER NOT NULL REFERENCES term (number),
    opened_at   INTEGER NOT NULL,
    -- Until when, this instant no more; the same as `opened_at` for a single look.
    until       INTEGER NOT NULL,
    -- 0 new, 1 seen, 2 questioned, 3 approved.
    state       INTEGER NOT NULL,
    -- The line of the use log that tells of it.
    line        INTEGER NOT NULL,
    -- Who judged it last, as the log names the actor, and when; null while it is new.
    judged_by   INTEGER REFERENCES term (number),
    judged_at   INTEGER
) STRICT;
CREATE INDEX opening_by_register ON opening (controller, opening_key);
CREATE INDEX opening_by_client ON opening (client_key, actor);
