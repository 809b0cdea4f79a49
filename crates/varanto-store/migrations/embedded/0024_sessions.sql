-- Sessions of people at the pages. No document and no line tells of them. A released migration is never edited.

-- One row for each session of somebody who is logged in at the pages, whichever server let them in. It goes when the
-- session ends.
CREATE TABLE session (
    -- A digest of the secret in the browser's cookie: nobody makes the cookie of it.
    name     BLOB PRIMARY KEY,
    -- Whose it is: a keyed digest of the login.
    person   BLOB NOT NULL,
    -- When somebody logged in.
    begun_at INTEGER NOT NULL,
    -- When it was last noted that something was asked in it.
    asked_at INTEGER NOT NULL,
    -- What it holds, encrypted under a key made of the cookie's secret; once more under the store's own, with the row.
    sealed   BLOB NOT NULL,
    -- What earlier documents were seen to say for a draft, encrypted in the same way; null: nothing is kept.
    found    BLOB
) STRICT;
CREATE INDEX session_by_person ON session (person);
CREATE INDEX session_by_time ON session (asked_at);
