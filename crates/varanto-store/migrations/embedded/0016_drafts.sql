-- What people have begun to record and not archived. A released migration is never edited.

-- One row for each draft: no document yet, so no leaf covers it and no search, list or export reads it. It goes when
-- its document is archived, when its author discards it, when nobody has saved it for long, and with its client's key.
CREATE TABLE draft (
    draft_key  INTEGER PRIMARY KEY,
    -- Whom it is about.
    client_key INTEGER NOT NULL,
    -- Who writes it, and the only one who reads it: organisation and subject of the login.
    author     INTEGER NOT NULL REFERENCES term (number),
    -- The case that it belongs to; who may archive into it may open the draft.
    case_key   INTEGER NOT NULL,
    -- The structure that it is written on.
    structure  INTEGER NOT NULL REFERENCES term (number),
    -- The identifier that its document will have.
    document   TEXT NOT NULL,
    -- The language that it is written in: fi, sv.
    language   TEXT NOT NULL,
    -- How often it was saved; who saves tells which saving was seen last.
    edition    INTEGER NOT NULL,
    begun_at   INTEGER NOT NULL,
    saved_at   INTEGER NOT NULL,
    -- What is written, encrypted under the client's key and bound to the draft's own.
    sealed     BLOB NOT NULL
) STRICT;
CREATE INDEX draft_by_author ON draft (author, client_key);
CREATE INDEX draft_by_time ON draft (saved_at);
