-- What is asked to be put right in documents. No documents tell of it: the lines of the use log do, whole. Instants are
-- milliseconds after 1970-01-01T00:00Z. A released migration is never edited.

-- A correction request: what a client, or one who acts for a client, asks to be put right, and what is answered.
CREATE TABLE correction_request (
    request_key INTEGER PRIMARY KEY,
    controller  INTEGER NOT NULL REFERENCES term (number),
    -- The unit that recorded the version; null where the version tells none.
    unit        INTEGER REFERENCES term (number),
    -- Whose document.
    client_key  INTEGER NOT NULL,
    -- The first version of the document, and the version that was shown.
    set_key     INTEGER NOT NULL,
    version_key INTEGER NOT NULL,
    -- The salted SHA-256 of what is asked, base64.
    wanted      TEXT NOT NULL,
    -- What is asked, encrypted under the client's key; it goes with the document.
    wanted_text BLOB,
    -- The line of the use log that tells of it.
    asked_line  INTEGER NOT NULL,
    -- How it ended, a code; null while it waits, and so are the rest.
    ending      INTEGER REFERENCES term (number),
    -- The version that corrects; null for other endings.
    by_version  INTEGER,
    -- The salted SHA-256 of what is answered, base64; empty without.
    answered    TEXT,
    -- What is answered, encrypted likewise; it goes with the document.
    answer_text BLOB,
    -- The line that tells of the end.
    ended_line  INTEGER
) STRICT;
CREATE INDEX correction_by_set ON correction_request (set_key);
CREATE INDEX correction_by_client ON correction_request (client_key, request_key);
CREATE INDEX correction_by_register ON correction_request (controller, request_key) WHERE ended_line IS NULL;
CREATE INDEX correction_by_unit ON correction_request (unit, request_key) WHERE ended_line IS NULL;
