-- Version 4: what came of everybody's work in a month, night by night.
CREATE TABLE work_result (
    work_result_id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    through TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
