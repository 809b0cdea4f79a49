-- What a session of people came of. A released migration is never edited.

-- The name of the session that a login began, of which this one came by a renewal; null: a login began it itself.
ALTER TABLE session ADD COLUMN family BLOB;
-- When another secret took its place: it lets nobody in any more, and whoever shows it ends what came of it. Null: none did.
ALTER TABLE session ADD COLUMN renewed_at INTEGER;
