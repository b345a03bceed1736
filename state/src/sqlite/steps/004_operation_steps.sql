-- Updates that take many steps: what they lead to, and each step with its begin and end.

ALTER TABLE operations ADD COLUMN goal TEXT;

CREATE TABLE operation_steps (
    operation        INTEGER NOT NULL REFERENCES operations (id),
    number           INTEGER NOT NULL,  -- from 1, in the order in which they are done
    id               TEXT    NOT NULL,
    title            TEXT    NOT NULL,
    target           TEXT    NOT NULL,
    expected_seconds INTEGER NOT NULL,
    began            TEXT,              -- null while it waits, and where an earlier run has done it
    ended            TEXT,
    outcome          TEXT,
    error            TEXT,
    PRIMARY KEY (operation, number)
) STRICT;

CREATE UNIQUE INDEX operation_steps_by_id ON operation_steps (operation, id);
