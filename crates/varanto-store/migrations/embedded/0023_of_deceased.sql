-- Old relationships of clients who have died. A released migration is never edited.

-- Whether the system that an old relationship comes from knew its client for dead. No relationship of before says so.
ALTER TABLE relationship ADD COLUMN of_deceased INTEGER NOT NULL DEFAULT 0 CHECK (of_deceased IN (0, 1));
