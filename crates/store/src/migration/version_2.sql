-- Version 2: texts are sealed (by the program, which has the keys); what waits for approval is listed for the night.
CREATE INDEX approval_by_state_asked_at ON approval (state, asked_at, approval_id);
