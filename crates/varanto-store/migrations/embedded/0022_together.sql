-- Several programs over one database of a server. A released migration is never edited.

-- Which opening of the store sealed the checkpoint; null where nobody else could have the store open.
ALTER TABLE checkpoint ADD COLUMN writer TEXT;
-- The last key that had been given then: whoever reads the checkpoint gives higher ones from then on.
ALTER TABLE checkpoint ADD COLUMN last_key INTEGER;
