-- Drafts that are to be the next version of a document. A released migration is never edited.

-- The version that the draft's document replaces; null for a document that is new.
ALTER TABLE draft ADD COLUMN replaces TEXT;
