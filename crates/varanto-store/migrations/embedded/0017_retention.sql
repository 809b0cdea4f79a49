-- What keeps documents from being destroyed, what is to be destroyed, and what was. No documents tell of it: the lines of
-- the use log do, whole. Instants are milliseconds after 1970-01-01T00:00Z, days are days after 1970-01-01.
-- A released migration is never edited.

-- A hold on a document and on all that hangs on it.
CREATE TABLE retention_hold (
    hold_key    INTEGER PRIMARY KEY,
    controller  INTEGER NOT NULL REFERENCES term (number),
    client_key  INTEGER NOT NULL,
    -- The first version of the document.
    set_key     INTEGER NOT NULL,
    -- The code of the reason.
    reason      INTEGER NOT NULL REFERENCES term (number),
    -- The salted SHA-256 of what was explained, base64; empty without.
    explained   TEXT NOT NULL,
    -- What was explained, encrypted under the client's key; it goes with the document.
    explanation BLOB,
    -- The lines of the use log that tell of it and of its lifting.
    placed_line INTEGER NOT NULL,
    lifted_line INTEGER
) STRICT;
CREATE INDEX hold_by_set ON retention_hold (set_key) WHERE lifted_line IS NULL;
CREATE INDEX hold_by_register ON retention_hold (controller, hold_key);

-- A list of documents to be destroyed. Once made it never changes; approvals and its end are noted beside.
CREATE TABLE destruction (
    destruction_key INTEGER PRIMARY KEY,
    controller      INTEGER NOT NULL REFERENCES term (number),
    entries         INTEGER NOT NULL,
    -- SHA-256 over the entries, base64: approvals name it.
    digest          TEXT NOT NULL,
    -- The lines of the use log that tell of its making, of both approvals and of its end.
    made_line       INTEGER NOT NULL,
    first_approval  INTEGER,
    second_approval INTEGER,
    ended_line      INTEGER,
    -- The signed certificate; null unless it is carried out.
    certificate     TEXT
) STRICT;
CREATE INDEX destruction_by_register ON destruction (controller, destruction_key);

-- A document on a list, in the order in which they go.
CREATE TABLE destruction_entry (
    destruction_key INTEGER NOT NULL,
    place           INTEGER NOT NULL,
    -- The first version of the document.
    set_key         INTEGER NOT NULL,
    -- The identifier of its newest version, packed.
    document        BLOB NOT NULL,
    -- The rule's and the event's places in the domain's lists.
    rule            INTEGER NOT NULL,
    counted_from    INTEGER NOT NULL,
    since           INTEGER NOT NULL,
    last_day        INTEGER NOT NULL,
    -- Why it is kept all the same, by its place in the domain's list; null once destroyed, and until then.
    kept_because    INTEGER,
    -- The line of the use log that tells what became of it; null until then.
    line            INTEGER,
    PRIMARY KEY (destruction_key, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX entry_by_set ON destruction_entry (set_key);

-- What is left of a version that was destroyed: what its leaf and its log lines need, and what statistics were told.
CREATE TABLE destroyed_version (
    version_key     INTEGER PRIMARY KEY,
    client_key      INTEGER NOT NULL,
    oid             BLOB NOT NULL UNIQUE,
    set_key         INTEGER NOT NULL,
    version         INTEGER NOT NULL,
    document_group  INTEGER NOT NULL,
    specific_type   INTEGER REFERENCES term (number),
    controller      INTEGER NOT NULL REFERENCES term (number),
    archived_at     INTEGER NOT NULL,
    -- The delay between ready and archived, in milliseconds, where it was counted.
    delay           INTEGER,
    -- Whether it named other clients beside its own.
    joint           INTEGER NOT NULL,
    leaf            INTEGER NOT NULL,
    -- The list that it went with, its place there, and the line of the use log that tells of it.
    destruction_key INTEGER NOT NULL,
    place           INTEGER NOT NULL,
    line            INTEGER NOT NULL
) STRICT;
CREATE INDEX destroyed_by_set ON destroyed_version (set_key);

-- Which documents hang on a case: it goes after them.
CREATE INDEX version_by_case ON document_version (case_key) WHERE case_key IS NOT NULL;
