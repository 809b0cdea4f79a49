-- What was found out about the signatures of versions, and what it rests on. A released migration is
-- never edited.

-- One row for each version that came signed.
CREATE TABLE signature_evidence (
    version_key INTEGER PRIMARY KEY,
    -- The salted SHA-256 of the evidence; the version's leaf covers it.
    digest      BLOB NOT NULL,
    -- The evidence, compressed and encrypted under the client's key.
    sealed      BLOB NOT NULL
) STRICT;

-- Certificates of authorities, and revocation lists, each once: evidence names them by digest. They are
-- public, and tell of no client.
CREATE TABLE signature_material (
    -- SHA-256 of the bytes.
    digest  BLOB PRIMARY KEY,
    kept_at INTEGER NOT NULL,
    -- DER.
    bytes   BLOB NOT NULL
) STRICT;
