-- Leases of rows in place of one lock. A lock that is held while a file is brought to this format does not count any
-- more: its holder cannot write, because it does not know the format.
DROP TABLE locks;

CREATE TABLE leases (
    run       TEXT    PRIMARY KEY,
    operation TEXT    NOT NULL,
    who       TEXT    NOT NULL,
    pid       INTEGER NOT NULL,
    process   TEXT    NOT NULL,  -- tells the process from all others; empty when nothing does
    fence     INTEGER NOT NULL,
    whole     INTEGER NOT NULL,  -- 1 when it covers everything
    since     TEXT    NOT NULL,
    expires   TEXT    NOT NULL
) STRICT;

CREATE TABLE leased_rows (
    row    TEXT    NOT NULL,     -- address of an instance, or "output NAME"
    run    TEXT    NOT NULL REFERENCES leases (run) ON DELETE CASCADE,
    writes INTEGER NOT NULL,     -- 0 when the run only relies on the row
    PRIMARY KEY (row, run)
) STRICT, WITHOUT ROWID;

CREATE INDEX leased_rows_by_run ON leased_rows (run);

-- At most one row: how the key that seals sensitive values is itself kept. Without it they are in clear.
CREATE TABLE seal (
    id      INTEGER PRIMARY KEY CHECK (id = 1),
    wrapped TEXT    NOT NULL     -- JSON
) STRICT;

CREATE INDEX operations_by_run ON operations (run);
