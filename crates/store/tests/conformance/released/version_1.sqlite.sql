BEGIN TRANSACTION;
CREATE TABLE agency (
    agency_id TEXT NOT NULL PRIMARY KEY,
    state TEXT NOT NULL,
    review_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE api_token (
    token_hash TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    expires_at TEXT,
    revoked_at TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE approval (
    approval_id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    maker_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    state TEXT NOT NULL,
    asked_at TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE approval_decider (
    staff_id TEXT NOT NULL,
    approval_id TEXT NOT NULL REFERENCES approval (approval_id),
    PRIMARY KEY (staff_id, approval_id)
);
CREATE TABLE audit_event (
    sequence BIGINT NOT NULL PRIMARY KEY,
    happened_at TEXT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL,
    why TEXT NOT NULL,
    before_digest TEXT,
    after_digest TEXT,
    hash TEXT NOT NULL
);
INSERT INTO "audit_event" VALUES(1,'2026-11-20 10:00:01','S1','case_note','case/C1','asked "why"
',NULL,'6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b','5e4b8a84c96d01fa73fec17de564161e74a9b04724052204addeaae8f7161d64');
CREATE TABLE branch (
    branch_id TEXT NOT NULL PRIMARY KEY,
    path TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE case_file (
    case_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    branch_id TEXT NOT NULL,
    branch_path TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    team_id TEXT,
    agency_id TEXT,
    state TEXT NOT NULL,
    rank BIGINT NOT NULL,
    next_on TEXT,
    closed_on TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "case_file" VALUES('C1','U1','HQ','HQ/','S1',NULL,NULL,'open',1,'2026-11-21',NULL,1,'S1','2026-11-20 09:00:00','{"goal":"settle; it''s é\n;\n"}');
CREATE TABLE case_loan (
    case_id TEXT NOT NULL REFERENCES case_file (case_id),
    loan_id TEXT NOT NULL,
    PRIMARY KEY (case_id, loan_id)
);
INSERT INTO "case_loan" VALUES('C1','L1');
CREATE TABLE chain_head (
    chain TEXT NOT NULL PRIMARY KEY,
    sequence BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO "chain_head" VALUES('audit',1,'5e4b8a84c96d01fa73fec17de564161e74a9b04724052204addeaae8f7161d64');
INSERT INTO "chain_head" VALUES('outbox',0,'');
CREATE TABLE clock (
    clock_id TEXT NOT NULL PRIMARY KEY,
    claim_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    case_id TEXT,
    owner_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    last_day TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE clock_fact (
    clock_fact_id TEXT NOT NULL PRIMARY KEY,
    claim_id TEXT NOT NULL,
    happened_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE command (
    staff_id TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    input_digest TEXT NOT NULL,
    result TEXT NOT NULL,
    begun_at TEXT NOT NULL,
    PRIMARY KEY (staff_id, idempotency_key)
);
CREATE TABLE complaint (
    complaint_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    case_id TEXT,
    kind TEXT NOT NULL,
    made_at TEXT NOT NULL,
    answer_due_on TEXT NOT NULL,
    resolved_on TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE contact (
    contact_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    staff_id TEXT NOT NULL,
    agency_id TEXT,
    contact_at TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
INSERT INTO "contact" VALUES('K1','U1','C1','U1','S1',NULL,'2026-11-20 10:00:00',1,'S1','2026-11-20 09:00:00','{"gate":"allowed"}');
CREATE TABLE credential (
    staff_id TEXT NOT NULL PRIMARY KEY,
    password_hash TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE debtor_hold (
    customer_id TEXT NOT NULL PRIMARY KEY
);
CREATE TABLE delegation (
    delegation_id TEXT NOT NULL PRIMARY KEY,
    from_staff_id TEXT NOT NULL,
    to_staff_id TEXT NOT NULL,
    from_on TEXT NOT NULL,
    until_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE delivery (
    webhook_id TEXT NOT NULL REFERENCES webhook (webhook_id),
    sequence BIGINT NOT NULL REFERENCES outbox_event (sequence),
    state TEXT NOT NULL,
    attempts BIGINT NOT NULL,
    next_at TEXT NOT NULL,
    said TEXT NOT NULL,
    PRIMARY KEY (webhook_id, sequence)
);
CREATE TABLE hardship_plan (
    hardship_plan_id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    state TEXT NOT NULL,
    ended_on TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE household_plan (
    household_plan_version_id TEXT NOT NULL PRIMARY KEY,
    household_plan_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    case_id TEXT NOT NULL,
    review_on TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE night_apply (
    business_date TEXT NOT NULL,
    step TEXT NOT NULL,
    shard BIGINT NOT NULL,
    applied_at TEXT NOT NULL,
    PRIMARY KEY (business_date, step, shard)
);
INSERT INTO "night_apply" VALUES('2026-11-20','cases',0,'2026-11-21 02:00:00');
CREATE TABLE outbox_event (
    sequence BIGINT NOT NULL PRIMARY KEY,
    happened_at TEXT NOT NULL,
    topic TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL
);
CREATE TABLE person (
    person_id TEXT NOT NULL PRIMARY KEY,
    customer_id TEXT NOT NULL,
    relation TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE personal_field (
    owner_id TEXT NOT NULL,
    kind TEXT NOT NULL,
    position BIGINT NOT NULL,
    key_id TEXT NOT NULL,
    sealed TEXT NOT NULL,
    whole_hash TEXT,
    tail_hash TEXT,
    PRIMARY KEY (owner_id, kind, position)
);
INSERT INTO "personal_field" VALUES('U1','phone',0,'k1','k1:d1cc522c0d2a82821e4f6083b94b859e98976edb2fdb8930b2585d9610287146665d63f7be9ed0','007eade59f3e6eddc2458eccb073d7bf55cf99596994f1f6fcf9e6efffe79273','19909cc843562883694f9d11b35dcabd54c77029cee02b6187c732c2aacd992c');
CREATE TABLE placement (
    placement_id TEXT NOT NULL PRIMARY KEY,
    agency_id TEXT NOT NULL,
    case_id TEXT NOT NULL,
    placed_on TEXT NOT NULL,
    recalled_on TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE promise (
    promise_id TEXT NOT NULL PRIMARY KEY,
    case_id TEXT NOT NULL,
    customer_id TEXT NOT NULL,
    due_on TEXT NOT NULL,
    state TEXT NOT NULL,
    settled_on TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE role_assignment (
    role_assignment_id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    role TEXT NOT NULL,
    branch_id TEXT,
    from_on TEXT NOT NULL,
    until_on TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE "seaql_migrations" ( "version" varchar NOT NULL PRIMARY KEY, "applied_at" integer NOT NULL );
INSERT INTO "seaql_migrations" VALUES('version_1',1795321391);
CREATE TABLE session (
    session_hash TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    opened_at TEXT NOT NULL,
    seen_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    closed_at TEXT,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE sign_in_attempt (
    account TEXT NOT NULL,
    attempted_at TEXT NOT NULL,
    tie BIGINT NOT NULL,
    outcome TEXT NOT NULL,
    PRIMARY KEY (account, attempted_at, tie)
);
CREATE TABLE staff (
    staff_id TEXT NOT NULL PRIMARY KEY,
    branch_id TEXT NOT NULL,
    team_id TEXT,
    agency_id TEXT,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE unmask_grant (
    unmask_grant_id TEXT NOT NULL PRIMARY KEY,
    staff_id TEXT NOT NULL,
    person_id TEXT NOT NULL,
    granted_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE webhook (
    webhook_id TEXT NOT NULL PRIMARY KEY,
    url TEXT NOT NULL,
    state TEXT NOT NULL,
    version BIGINT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    body TEXT NOT NULL
);
CREATE TABLE webhook_topic (
    topic TEXT NOT NULL,
    webhook_id TEXT NOT NULL REFERENCES webhook (webhook_id),
    PRIMARY KEY (topic, webhook_id)
);
CREATE UNIQUE INDEX branch_by_path ON branch (path);
CREATE INDEX staff_by_branch_staff ON staff (branch_id, staff_id);
CREATE INDEX role_assignment_by_staff_role_assignment ON role_assignment (staff_id, role_assignment_id);
CREATE INDEX delegation_by_to_staff_until_on ON delegation (to_staff_id, until_on, delegation_id);
CREATE INDEX session_by_staff_opened_at_open ON session (staff_id, opened_at, session_hash) WHERE closed_at IS NULL;
CREATE INDEX api_token_by_staff_token_hash ON api_token (staff_id, token_hash);
CREATE UNIQUE INDEX case_file_by_customer_open ON case_file (customer_id) WHERE closed_on IS NULL;
CREATE INDEX case_file_by_owner_rank_open ON case_file (owner_id, rank, case_id) WHERE closed_on IS NULL;
CREATE INDEX case_file_by_team_rank_open ON case_file (team_id, rank, case_id) WHERE closed_on IS NULL;
CREATE INDEX case_file_by_agency_rank_open ON case_file (agency_id, rank, case_id) WHERE closed_on IS NULL;
CREATE INDEX case_file_by_branch_path_rank_open ON case_file (branch_path, rank, case_id) WHERE closed_on IS NULL;
CREATE INDEX case_file_by_customer_case ON case_file (customer_id, case_id);
CREATE INDEX contact_by_case_contact_at ON contact (case_id, contact_at, contact_id);
CREATE INDEX contact_by_customer_contact_at ON contact (customer_id, contact_at, contact_id);
CREATE INDEX contact_by_staff_contact_at ON contact (staff_id, contact_at, contact_id);
CREATE INDEX promise_by_due_on_promise_open ON promise (due_on, promise_id) WHERE settled_on IS NULL;
CREATE INDEX promise_by_due_on_promise ON promise (due_on, promise_id);
CREATE INDEX promise_by_case_due_on ON promise (case_id, due_on, promise_id);
CREATE INDEX hardship_plan_by_customer_hardship_plan ON hardship_plan (customer_id, hardship_plan_id);
CREATE INDEX household_plan_by_case_household_plan ON household_plan (case_id, household_plan_id, number);
CREATE INDEX agency_by_state_review_on ON agency (state, review_on, agency_id);
CREATE INDEX placement_by_agency_placed_on_open ON placement (agency_id, placed_on, placement_id) WHERE recalled_on IS NULL;
CREATE INDEX placement_by_case_placed_on ON placement (case_id, placed_on, placement_id);
CREATE INDEX complaint_by_answer_due_on_complaint_open ON complaint (answer_due_on, complaint_id) WHERE resolved_on IS NULL;
CREATE INDEX complaint_by_customer_made_at ON complaint (customer_id, made_at, complaint_id);
CREATE INDEX approval_by_maker_asked_at ON approval (maker_id, asked_at, approval_id);
CREATE INDEX clock_fact_by_claim_happened_on ON clock_fact (claim_id, happened_on, clock_fact_id);
CREATE INDEX clock_by_state_last_day ON clock (state, last_day, clock_id);
CREATE INDEX clock_by_owner_state ON clock (owner_id, state, last_day, clock_id);
CREATE INDEX clock_by_claim_last_day ON clock (claim_id, last_day, clock_id);
CREATE INDEX person_by_customer_person ON person (customer_id, person_id);
CREATE INDEX unmask_grant_by_staff_granted_at ON unmask_grant (staff_id, granted_at, unmask_grant_id);
CREATE INDEX unmask_grant_by_person_granted_at ON unmask_grant (person_id, granted_at, unmask_grant_id);
CREATE INDEX webhook_by_state_webhook ON webhook (state, webhook_id);
CREATE INDEX case_loan_by_loan ON case_loan (loan_id, case_id);
CREATE INDEX approval_decider_by_approval ON approval_decider (approval_id);
CREATE INDEX personal_field_by_whole ON personal_field (kind, whole_hash, owner_id);
CREATE INDEX personal_field_by_tail ON personal_field (kind, tail_hash, owner_id);
CREATE INDEX personal_field_by_key ON personal_field (key_id);
CREATE INDEX audit_event_by_subject ON audit_event (subject, sequence);
CREATE INDEX audit_event_by_actor ON audit_event (actor, sequence);
CREATE INDEX audit_event_by_time ON audit_event (happened_at, sequence);
CREATE INDEX outbox_event_by_topic ON outbox_event (topic, sequence);
CREATE INDEX webhook_topic_by_webhook ON webhook_topic (webhook_id);
CREATE INDEX delivery_by_next ON delivery (state, next_at, webhook_id, sequence);
CREATE TRIGGER audit_event_stays_UPDATE BEFORE UPDATE ON audit_event BEGIN SELECT RAISE(ABORT, 'rows of audit_event are facts'); END;
CREATE TRIGGER audit_event_stays_DELETE BEFORE DELETE ON audit_event BEGIN SELECT RAISE(ABORT, 'rows of audit_event are facts'); END;
CREATE TRIGGER clock_fact_stays_UPDATE BEFORE UPDATE ON clock_fact BEGIN SELECT RAISE(ABORT, 'rows of clock_fact are facts'); END;
CREATE TRIGGER clock_fact_stays_DELETE BEFORE DELETE ON clock_fact BEGIN SELECT RAISE(ABORT, 'rows of clock_fact are facts'); END;
CREATE TRIGGER contact_stays_UPDATE BEFORE UPDATE ON contact BEGIN SELECT RAISE(ABORT, 'rows of contact are facts'); END;
CREATE TRIGGER contact_stays_DELETE BEFORE DELETE ON contact BEGIN SELECT RAISE(ABORT, 'rows of contact are facts'); END;
CREATE TRIGGER household_plan_stays_UPDATE BEFORE UPDATE ON household_plan BEGIN SELECT RAISE(ABORT, 'rows of household_plan are facts'); END;
CREATE TRIGGER household_plan_stays_DELETE BEFORE DELETE ON household_plan BEGIN SELECT RAISE(ABORT, 'rows of household_plan are facts'); END;
CREATE TRIGGER outbox_event_stays_UPDATE BEFORE UPDATE ON outbox_event BEGIN SELECT RAISE(ABORT, 'rows of outbox_event are facts'); END;
CREATE TRIGGER outbox_event_stays_DELETE BEFORE DELETE ON outbox_event BEGIN SELECT RAISE(ABORT, 'rows of outbox_event are facts'); END;
CREATE TRIGGER sign_in_attempt_stays_UPDATE BEFORE UPDATE ON sign_in_attempt BEGIN SELECT RAISE(ABORT, 'rows of sign_in_attempt are facts'); END;
CREATE TRIGGER sign_in_attempt_stays_DELETE BEFORE DELETE ON sign_in_attempt BEGIN SELECT RAISE(ABORT, 'rows of sign_in_attempt are facts'); END;
CREATE TRIGGER unmask_grant_stays_UPDATE BEFORE UPDATE ON unmask_grant BEGIN SELECT RAISE(ABORT, 'rows of unmask_grant are facts'); END;
CREATE TRIGGER unmask_grant_stays_DELETE BEFORE DELETE ON unmask_grant BEGIN SELECT RAISE(ABORT, 'rows of unmask_grant are facts'); END;
COMMIT;
