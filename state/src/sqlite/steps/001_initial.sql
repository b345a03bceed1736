-- One row: what the state is, and the counters that only grow.
CREATE TABLE meta (
    id          INTEGER PRIMARY KEY CHECK (id = 1),
    lineage     TEXT    NOT NULL,
    serial      INTEGER NOT NULL,
    row_version INTEGER NOT NULL,
    fence       INTEGER NOT NULL
) STRICT;

-- At most one row: the lease that counts.
CREATE TABLE locks (
    id        INTEGER PRIMARY KEY CHECK (id = 1),
    run       TEXT    NOT NULL,
    operation TEXT    NOT NULL,
    who       TEXT    NOT NULL,
    fence     INTEGER NOT NULL,
    since     TEXT    NOT NULL,
    expires   TEXT    NOT NULL
) STRICT;

-- One row per object of an instance. `address` is for people and for keys, the columns after it are its parts.
CREATE TABLE objects (
    address               TEXT    NOT NULL,
    deposed               TEXT    NOT NULL,  -- empty for the current object
    module                TEXT    NOT NULL,
    mode                  TEXT    NOT NULL,
    type                  TEXT    NOT NULL,
    name                  TEXT    NOT NULL,
    instance_key          TEXT,              -- JSON number or string
    provider              TEXT    NOT NULL,
    schema_version        INTEGER NOT NULL,
    status                TEXT    NOT NULL,
    attributes            TEXT    NOT NULL,  -- JSON
    sensitive             TEXT    NOT NULL,  -- JSON list of paths
    dependencies          TEXT    NOT NULL,  -- JSON list of addresses of blocks
    create_before_destroy INTEGER NOT NULL,
    row_version           INTEGER NOT NULL,
    created               TEXT    NOT NULL,
    updated               TEXT    NOT NULL,
    PRIMARY KEY (address, deposed)
) STRICT;

CREATE INDEX objects_by_type ON objects (type);

CREATE TABLE outputs (
    name      TEXT    PRIMARY KEY,
    value     TEXT    NOT NULL,  -- JSON
    type      TEXT    NOT NULL,  -- JSON
    sensitive INTEGER NOT NULL
) STRICT;

CREATE TABLE runs (
    id       TEXT PRIMARY KEY,
    command  TEXT NOT NULL,
    who      TEXT NOT NULL,
    revision TEXT,               -- commit of the configuration
    summary  TEXT NOT NULL,
    began    TEXT NOT NULL,
    ended    TEXT,
    status   TEXT,
    calls    INTEGER
) STRICT;

-- The journal: everything up to `began` is written before an operation is sent, the rest after.
CREATE TABLE operations (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    run          TEXT NOT NULL REFERENCES runs (id),
    address      TEXT NOT NULL,
    deposed      TEXT NOT NULL,
    module       TEXT NOT NULL,
    mode         TEXT NOT NULL,
    type         TEXT NOT NULL,
    name         TEXT NOT NULL,
    instance_key TEXT,
    action       TEXT NOT NULL,
    provider     TEXT NOT NULL,
    planned      TEXT NOT NULL,  -- JSON
    sensitive    TEXT NOT NULL,  -- JSON list of paths
    dependencies TEXT NOT NULL,  -- JSON list of addresses of blocks
    intent_key   TEXT,
    recognition  TEXT,
    began        TEXT NOT NULL,
    made_id      TEXT,
    made         TEXT,
    ended        TEXT,
    ended_by     TEXT,           -- the run that recorded the end
    outcome      TEXT,
    error        TEXT
) STRICT;

CREATE INDEX operations_open ON operations (id) WHERE ended IS NULL;

-- Every write of an object, for the state as of an earlier run: the last row of a key up to the last row of that run.
CREATE TABLE object_history (
    seq                   INTEGER PRIMARY KEY AUTOINCREMENT,
    run                   TEXT    NOT NULL,
    operation             INTEGER REFERENCES operations (id),
    at                    TEXT    NOT NULL,
    present               INTEGER NOT NULL,  -- 0 when the object left this key
    address               TEXT    NOT NULL,
    deposed               TEXT    NOT NULL,
    module                TEXT,
    mode                  TEXT,
    type                  TEXT,
    name                  TEXT,
    instance_key          TEXT,
    provider              TEXT,
    schema_version        INTEGER,
    status                TEXT,
    attributes            TEXT,
    sensitive             TEXT,
    dependencies          TEXT,
    create_before_destroy INTEGER,
    row_version           INTEGER
) STRICT;

CREATE INDEX object_history_by_key ON object_history (address, deposed, seq);
CREATE INDEX object_history_by_run ON object_history (run, seq);
