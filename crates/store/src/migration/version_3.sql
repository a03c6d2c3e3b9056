-- Version 3: what people keep for themselves: filters, columns and order of a page under a name.
CREATE TABLE saved_view (
    saved_view_id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    page TEXT NOT NULL,
    name TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE INDEX saved_view_by_staff_page_name ON saved_view (staff_id, page, state, name);
