-- Results of the conditions of the configuration, as the last apply judged them.

CREATE TABLE checks (
    block     TEXT PRIMARY KEY,  -- address of the resource, output, variable or check block
    kind      TEXT NOT NULL,
    status    TEXT NOT NULL,
    instances TEXT NOT NULL      -- JSON
) STRICT;
