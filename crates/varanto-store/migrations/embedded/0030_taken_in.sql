-- What is kept of registers that were taken in from another archive, beside the register itself: how that archive proves it.
-- Each register is named by the line of the use log that tells that its package began to be taken in. A released migration is
-- never edited.

-- A file of a package beside its documents: its list with the other archive's signature, what it is of, the lines of that
-- archive's log, the leaves and certificates of what was destroyed there.
CREATE TABLE taken_file (
    file_key INTEGER PRIMARY KEY,
    -- The line that tells of the taking in.
    taken    INTEGER NOT NULL,
    -- Its name in the package.
    name     TEXT NOT NULL,
    -- Its bytes with the columns before, compressed and encrypted under the store's own key.
    sealed   BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX taken_file_by_name ON taken_file (taken, name);

-- What the other archive kept of a version beside its metadata and its content: its proof there.
CREATE TABLE taken_version (
    version_key INTEGER PRIMARY KEY,
    taken       INTEGER NOT NULL,
    -- As it stands in the package, compressed and encrypted under the client's key; it goes with the version.
    sealed      BLOB NOT NULL
) STRICT;

-- A document that was destroyed or erased in the other archive: its identifier names it for good.
CREATE TABLE taken_gone (
    oid        BLOB PRIMARY KEY,
    taken      INTEGER NOT NULL,
    controller INTEGER NOT NULL REFERENCES term (number),
    -- A keyed digest of the columns before.
    digest     BLOB NOT NULL
) STRICT;
