-- When each client of a joint case is in it, derived from the newest version of the case document. Instants
-- are milliseconds after 1970-01-01T00:00Z. Of joint cases that were archived before, `varanto reindex` reads
-- the moments; until then their documents concern the client alone whose they are.
-- A released migration is never edited.
CREATE TABLE case_client_then AS SELECT case_key, client_key FROM case_client;
DROP TABLE case_client;

-- The clients of each case; several only in a joint one. One row for each time in the case.
CREATE TABLE case_client (
    case_key   INTEGER NOT NULL,
    -- Its place among the rows of the case, from nought.
    place      INTEGER NOT NULL,
    client_key INTEGER NOT NULL,
    -- None in a case that is not joint.
    joined_at  INTEGER,
    left_at    INTEGER,
    PRIMARY KEY (case_key, place)
) STRICT, WITHOUT ROWID;
INSERT INTO case_client (case_key, place, client_key)
    SELECT case_key, row_number() OVER (PARTITION BY case_key ORDER BY client_key) - 1, client_key
    FROM case_client_then;
DROP TABLE case_client_then;
-- Who is in joint cases of others.
CREATE INDEX case_by_client ON case_client (client_key) WHERE joined_at IS NOT NULL;
-- Which old documents hang on a case.
CREATE INDEX old_version_by_case ON document_version (case_key) WHERE document_group = 3;
