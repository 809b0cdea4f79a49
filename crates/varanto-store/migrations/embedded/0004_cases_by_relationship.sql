-- A relationship ends when none of its cases is open, so its cases are looked for.
-- A released migration is never edited.
CREATE INDEX case_by_relationship ON client_case (relationship_key);
