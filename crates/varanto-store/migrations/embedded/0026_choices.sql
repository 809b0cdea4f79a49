-- Clients' choices of a producer. No documents tell of them: the lines of the use log do, whole. A released migration is never
-- edited.

-- What the organiser offered a client to choose from, and what the client picked.
CREATE TABLE producer_choice (
    choice_key   INTEGER PRIMARY KEY,
    controller   INTEGER NOT NULL REFERENCES term (number),
    -- To whom it is offered.
    client_key   INTEGER NOT NULL,
    -- The relationship that the service will belong to: its OID, packed.
    relationship BLOB NOT NULL,
    -- The service task, a code; the social service, null where none is named.
    service_task INTEGER NOT NULL REFERENCES term (number),
    service      INTEGER REFERENCES term (number),
    -- The producers' units to choose from: OIDs with commas between them.
    units        TEXT NOT NULL,
    -- The line of the use log that tells of the offer.
    offered_line INTEGER NOT NULL,
    -- The unit that was picked, and the line that tells of it; null while nothing is.
    chosen       INTEGER REFERENCES term (number),
    chosen_line  INTEGER,
    -- The line that tells that the offer was taken back.
    ended_line   INTEGER
) STRICT;
CREATE INDEX choice_by_client ON producer_choice (client_key, choice_key);
CREATE INDEX choice_by_register ON producer_choice (controller, choice_key) WHERE ended_line IS NULL;
