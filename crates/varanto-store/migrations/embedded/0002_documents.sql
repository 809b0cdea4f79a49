-- Documents, what is derived from them, and the use log.
-- Keys are 64-bit numbers that grow with time; terms are numbers for texts that recur. Instants are
-- milliseconds after 1970-01-01T00:00Z, days are days after 1970-01-01, booleans are 0 and 1.
-- A released migration is never edited.

-- Texts that recur: OIDs of organisations, units and structures, codes, names of systems.
CREATE TABLE term (
    number INTEGER PRIMARY KEY,
    text   TEXT NOT NULL UNIQUE
) STRICT;

-- Which client an identity code or temporary identifier names. The code itself is not here: the
-- lookup is a keyed digest of it.
CREATE TABLE client_identifier (
    lookup     BLOB PRIMARY KEY,
    client_key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- One row for each version of each document. Only `state` ever changes.
CREATE TABLE document_version (
    version_key      INTEGER PRIMARY KEY,
    -- Its identifier, packed; `document_route` finds it.
    oid              BLOB NOT NULL,
    client_key       INTEGER NOT NULL,
    -- The key of the set's first version.
    set_key          INTEGER NOT NULL,
    version          INTEGER NOT NULL,
    -- 0 in force, 1 replaced, 2 invalidated.
    state            INTEGER NOT NULL,
    -- The group's place in the domain's list.
    document_group   INTEGER NOT NULL,
    -- 0 structured with its view, 1 XHTML, 2 PDF.
    form             INTEGER NOT NULL,
    general_type     INTEGER REFERENCES term (number),
    specific_type    INTEGER REFERENCES term (number),
    service_task     INTEGER REFERENCES term (number),
    controller       INTEGER NOT NULL REFERENCES term (number),
    organiser        INTEGER REFERENCES term (number),
    unit             INTEGER REFERENCES term (number),
    case_key         INTEGER,
    relationship_key INTEGER,
    -- The main document's set, for an attachment.
    main_key         INTEGER,
    written_at       INTEGER NOT NULL,
    archived_at      INTEGER NOT NULL,
    -- Bytes of the content as sent.
    content_bytes    INTEGER NOT NULL,
    -- Which system or person of which organisation brought it, and with which certificate.
    arrival          INTEGER NOT NULL REFERENCES term (number),
    -- The metadata, compressed and encrypted under the client's key.
    record           BLOB NOT NULL,
    -- Its leaf in the proof log; the line that logged its arrival is the next one.
    leaf             INTEGER NOT NULL
) STRICT;
CREATE INDEX version_by_client ON document_version (client_key, written_at, version_key);
CREATE INDEX version_by_register ON document_version (controller, written_at, version_key);
CREATE INDEX version_by_set ON document_version (set_key, version) WHERE version > 1;
CREATE INDEX version_by_main ON document_version (main_key, version_key) WHERE main_key IS NOT NULL;

-- The content as sent, compressed and encrypted. Apart from the version, so that lists stay small.
CREATE TABLE content (
    version_key INTEGER PRIMARY KEY,
    sealed      BLOB NOT NULL
) STRICT;

-- Global uniqueness of document identifiers, packed to a few bytes each.
CREATE TABLE document_route (
    oid         BLOB PRIMARY KEY,
    version_key INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Client relationships, derived from the newest version of each relationship document.
CREATE TABLE relationship (
    relationship_key INTEGER PRIMARY KEY,
    oid              BLOB NOT NULL UNIQUE,
    client_key       INTEGER NOT NULL,
    controller       INTEGER NOT NULL REFERENCES term (number),
    -- Vanha asiakkuus.
    old              INTEGER NOT NULL,
    last_day         INTEGER,
    -- The codes of its service tasks, with spaces between.
    service_tasks    TEXT NOT NULL,
    -- The version these facts are from.
    version_key      INTEGER NOT NULL
) STRICT;
CREATE INDEX relationship_by_client ON relationship (client_key);

-- Cases, derived from the newest version of each case document.
CREATE TABLE client_case (
    case_key         INTEGER PRIMARY KEY,
    oid              BLOB NOT NULL UNIQUE,
    relationship_key INTEGER NOT NULL,
    controller       INTEGER NOT NULL REFERENCES term (number),
    closed           INTEGER NOT NULL,
    closed_on        INTEGER,
    joint            INTEGER NOT NULL,
    service_task     INTEGER NOT NULL REFERENCES term (number),
    version_key      INTEGER NOT NULL
) STRICT;

-- The clients of each case; several only in a joint one.
CREATE TABLE case_client (
    case_key   INTEGER NOT NULL,
    client_key INTEGER NOT NULL,
    PRIMARY KEY (case_key, client_key)
) STRICT, WITHOUT ROWID;

-- Why a version was invalidated. Its log line says who did it.
CREATE TABLE invalidation (
    version_key    INTEGER PRIMARY KEY,
    reason         INTEGER NOT NULL REFERENCES term (number),
    -- Free text, encrypted under the client's key.
    explanation    BLOB,
    invalidated_at INTEGER NOT NULL,
    -- The line of the use log that tells of it.
    line           INTEGER NOT NULL
) STRICT;

-- The use log. Each line is a leaf of the proof log; none is ever changed.
CREATE TABLE use_log (
    line         INTEGER PRIMARY KEY,
    at           INTEGER NOT NULL,
    -- The event's place in the domain's list.
    event        INTEGER NOT NULL,
    outcome      INTEGER NOT NULL REFERENCES term (number),
    reason       INTEGER NOT NULL REFERENCES term (number),
    actor        INTEGER NOT NULL REFERENCES term (number),
    organisation INTEGER REFERENCES term (number),
    actor_detail INTEGER REFERENCES term (number),
    client_key   INTEGER,
    version_key  INTEGER,
    detail       TEXT NOT NULL,
    leaf         INTEGER NOT NULL
) STRICT;

-- How much is inside, by the month in which documents were written (year * 12 + month - 1).
CREATE TABLE tally (
    controller     INTEGER NOT NULL REFERENCES term (number),
    month          INTEGER NOT NULL,
    document_group INTEGER NOT NULL,
    -- The specific or else the general type; 0 for none.
    document_type  INTEGER NOT NULL,
    versions       INTEGER NOT NULL,
    content_bytes  INTEGER NOT NULL,
    PRIMARY KEY (controller, month, document_group, document_type)
) STRICT, WITHOUT ROWID;

-- The delay between ready and archived, by controller and the day of archiving.
CREATE TABLE archiving_delay (
    controller   INTEGER NOT NULL REFERENCES term (number),
    day          INTEGER NOT NULL,
    versions     INTEGER NOT NULL,
    total_millis INTEGER NOT NULL,
    most_millis  INTEGER NOT NULL,
    within_hour  INTEGER NOT NULL,
    within_day   INTEGER NOT NULL,
    within_week  INTEGER NOT NULL,
    PRIMARY KEY (controller, day)
) STRICT, WITHOUT ROWID;

-- Loaded registers, structures and code sets: each file as it was loaded.
CREATE TABLE register_file (
    -- `structure`, `code-sets`, `task-mappings`, `organisations`, `systems`.
    kind      TEXT NOT NULL,
    -- The structure's OID; the file's name otherwise.
    name      TEXT NOT NULL,
    loaded_at INTEGER NOT NULL,
    -- `ready`, or `withdrawn`.
    state     TEXT NOT NULL,
    content   BLOB NOT NULL,
    PRIMARY KEY (kind, name)
) STRICT;
