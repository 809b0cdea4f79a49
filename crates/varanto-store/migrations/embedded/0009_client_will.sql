-- What the documents of clients' will say, derived from every version of them: which of the versions
-- counts, its state in `document_version` says. Days are days after 1970-01-01, booleans are 0 and 1.
-- A released migration is never edited.

-- One row for each thing that a version of a refusal document refuses.
CREATE TABLE refusal (
    client_key        INTEGER NOT NULL,
    version_key       INTEGER NOT NULL,
    -- Its place among what the version refuses, from nought.
    place             INTEGER NOT NULL,
    -- 0 everything of a controller, 1 everything of a service task, 2 one document.
    kind              INTEGER NOT NULL,
    -- The controller's OID, the service task's code, or the document's OID.
    refused           TEXT NOT NULL,
    set_on            INTEGER,
    by_representative INTEGER NOT NULL,
    PRIMARY KEY (client_key, version_key, place)
) STRICT, WITHOUT ROWID;

-- One row for each version of a permission document.
CREATE TABLE disclosure_permission (
    client_key        INTEGER NOT NULL,
    version_key       INTEGER NOT NULL,
    granted           INTEGER NOT NULL,
    given_on          INTEGER,
    -- The day on which the client was informed.
    informed_on       INTEGER NOT NULL,
    by_representative INTEGER NOT NULL,
    PRIMARY KEY (client_key, version_key)
) STRICT, WITHOUT ROWID;
