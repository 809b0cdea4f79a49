-- What the engine itself keeps: facts about the store, the proof log, wrapped keys, dictionaries.
-- Instants are milliseconds after 1970-01-01T00:00Z. A released migration is never edited.

-- Single values that the store needs to open: its wrapped own key, the checkpoint verifier's public
-- key, the log's origin, and the horizon under which every key given so far lies.
CREATE TABLE store_fact (
    name  TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- The proof log in tiles of 256 hashes, as C2SP tlog-tiles lays them out. Level 0 holds the leaves;
-- an entry of level n + 1 is the root over a full tile of level n. The last tile of a level grows.
CREATE TABLE tile (
    level  INTEGER NOT NULL,
    -- From nought, from the left.
    number INTEGER NOT NULL,
    -- 1 to 256 SHA-256 hashes, 32 bytes each.
    hashes BLOB NOT NULL,
    PRIMARY KEY (level, number)
) STRICT;

-- One row for each commit that added leaves. Root and signature follow from the tiles and the
-- signing key, so only the newest row carries its signed note.
CREATE TABLE checkpoint (
    -- How many leaves the log had.
    size      INTEGER PRIMARY KEY,
    sealed_at INTEGER NOT NULL,
    -- The C2SP signed note; null in all rows but the newest.
    note      TEXT
) STRICT;

-- The key under which a client's documents are encrypted, wrapped by the key-encryption key.
CREATE TABLE client_key (
    client_key   INTEGER PRIMARY KEY,
    -- Nonce, ciphertext and tag; null once destroyed, and with it everything it encrypted.
    wrapped      BLOB,
    made_at      INTEGER NOT NULL,
    destroyed_at INTEGER
) STRICT;

-- Compression dictionaries. A row is never changed: documents compressed with it need it for ever.
CREATE TABLE dictionary (
    -- From 1; 0 means compressed without a dictionary.
    id         INTEGER PRIMARY KEY,
    -- What it is for: a structure's name, or a kind of metadata.
    subject    TEXT NOT NULL,
    trained_at INTEGER NOT NULL,
    bytes      BLOB NOT NULL
) STRICT;
CREATE INDEX dictionary_by_subject ON dictionary (subject, id);
