-- Where the units are told that serve the client. A released migration is never edited.

-- 0 on the relationship document (short road), 1 on the documents of its cases (long road).
ALTER TABLE relationship ADD COLUMN road INTEGER NOT NULL DEFAULT 0;

-- What a relationship of the long road says together with its cases is read out of their documents.
CREATE INDEX case_document_by_relationship ON document_version (relationship_key)
    WHERE document_group = 1;
