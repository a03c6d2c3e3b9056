
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

CREATE FUNCTION public.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ BEGIN RAISE EXCEPTION 'rows of % are facts', TG_TABLE_NAME; END $$;

SET default_tablespace = '';

SET default_table_access_method = heap;

CREATE TABLE public.agency (
    agency_id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    review_on text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.api_token (
    token_hash text NOT NULL COLLATE pg_catalog."C",
    staff_id text NOT NULL COLLATE pg_catalog."C",
    expires_at text COLLATE pg_catalog."C",
    revoked_at text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.approval (
    approval_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    maker_id text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    asked_at text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.approval_decider (
    staff_id text NOT NULL COLLATE pg_catalog."C",
    approval_id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.audit_event (
    sequence bigint NOT NULL,
    happened_at text NOT NULL COLLATE pg_catalog."C",
    actor text NOT NULL COLLATE pg_catalog."C",
    action text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    why text NOT NULL COLLATE pg_catalog."C",
    before_digest text COLLATE pg_catalog."C",
    after_digest text COLLATE pg_catalog."C",
    hash text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.branch (
    branch_id text NOT NULL COLLATE pg_catalog."C",
    path text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.case_file (
    case_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    branch_id text NOT NULL COLLATE pg_catalog."C",
    branch_path text NOT NULL COLLATE pg_catalog."C",
    owner_id text NOT NULL COLLATE pg_catalog."C",
    team_id text COLLATE pg_catalog."C",
    agency_id text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    rank bigint NOT NULL,
    next_on text COLLATE pg_catalog."C",
    closed_on text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.case_loan (
    case_id text NOT NULL COLLATE pg_catalog."C",
    loan_id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.chain_head (
    chain text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    hash text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.clock (
    clock_id text NOT NULL COLLATE pg_catalog."C",
    claim_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    case_id text COLLATE pg_catalog."C",
    owner_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    last_day text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.clock_fact (
    clock_fact_id text NOT NULL COLLATE pg_catalog."C",
    claim_id text NOT NULL COLLATE pg_catalog."C",
    happened_on text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.command (
    staff_id text NOT NULL COLLATE pg_catalog."C",
    idempotency_key text NOT NULL COLLATE pg_catalog."C",
    input_digest text NOT NULL COLLATE pg_catalog."C",
    result text NOT NULL COLLATE pg_catalog."C",
    begun_at text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.complaint (
    complaint_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    case_id text COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    made_at text NOT NULL COLLATE pg_catalog."C",
    answer_due_on text NOT NULL COLLATE pg_catalog."C",
    resolved_on text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.contact (
    contact_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    case_id text NOT NULL COLLATE pg_catalog."C",
    person_id text NOT NULL COLLATE pg_catalog."C",
    staff_id text NOT NULL COLLATE pg_catalog."C",
    agency_id text COLLATE pg_catalog."C",
    contact_at text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.credential (
    staff_id text NOT NULL COLLATE pg_catalog."C",
    password_hash text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.debtor_hold (
    customer_id text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.delegation (
    delegation_id text NOT NULL COLLATE pg_catalog."C",
    from_staff_id text NOT NULL COLLATE pg_catalog."C",
    to_staff_id text NOT NULL COLLATE pg_catalog."C",
    from_on text NOT NULL COLLATE pg_catalog."C",
    until_on text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.delivery (
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    sequence bigint NOT NULL,
    state text NOT NULL COLLATE pg_catalog."C",
    attempts bigint NOT NULL,
    next_at text NOT NULL COLLATE pg_catalog."C",
    said text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.hardship_plan (
    hardship_plan_id text NOT NULL COLLATE pg_catalog."C",
    case_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    ended_on text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.household_plan (
    household_plan_version_id text NOT NULL COLLATE pg_catalog."C",
    household_plan_id text NOT NULL COLLATE pg_catalog."C",
    number bigint NOT NULL,
    case_id text NOT NULL COLLATE pg_catalog."C",
    review_on text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.night_apply (
    business_date text NOT NULL COLLATE pg_catalog."C",
    step text NOT NULL COLLATE pg_catalog."C",
    shard bigint NOT NULL,
    applied_at text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.outbox_event (
    sequence bigint NOT NULL,
    happened_at text NOT NULL COLLATE pg_catalog."C",
    topic text NOT NULL COLLATE pg_catalog."C",
    subject text NOT NULL COLLATE pg_catalog."C",
    payload text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.person (
    person_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    relation text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.personal_field (
    owner_id text NOT NULL COLLATE pg_catalog."C",
    kind text NOT NULL COLLATE pg_catalog."C",
    "position" bigint NOT NULL,
    key_id text NOT NULL COLLATE pg_catalog."C",
    sealed text NOT NULL COLLATE pg_catalog."C",
    whole_hash text COLLATE pg_catalog."C",
    tail_hash text COLLATE pg_catalog."C"
);

CREATE TABLE public.placement (
    placement_id text NOT NULL COLLATE pg_catalog."C",
    agency_id text NOT NULL COLLATE pg_catalog."C",
    case_id text NOT NULL COLLATE pg_catalog."C",
    placed_on text NOT NULL COLLATE pg_catalog."C",
    recalled_on text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.promise (
    promise_id text NOT NULL COLLATE pg_catalog."C",
    case_id text NOT NULL COLLATE pg_catalog."C",
    customer_id text NOT NULL COLLATE pg_catalog."C",
    due_on text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    settled_on text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.role_assignment (
    role_assignment_id text NOT NULL COLLATE pg_catalog."C",
    staff_id text NOT NULL COLLATE pg_catalog."C",
    role text NOT NULL COLLATE pg_catalog."C",
    branch_id text COLLATE pg_catalog."C",
    from_on text NOT NULL COLLATE pg_catalog."C",
    until_on text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.seaql_migrations (
    version character varying NOT NULL,
    applied_at bigint NOT NULL
);

CREATE TABLE public.session (
    session_hash text NOT NULL COLLATE pg_catalog."C",
    staff_id text NOT NULL COLLATE pg_catalog."C",
    opened_at text NOT NULL COLLATE pg_catalog."C",
    seen_at text NOT NULL COLLATE pg_catalog."C",
    expires_at text NOT NULL COLLATE pg_catalog."C",
    closed_at text COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.sign_in_attempt (
    account text NOT NULL COLLATE pg_catalog."C",
    attempted_at text NOT NULL COLLATE pg_catalog."C",
    tie bigint NOT NULL,
    outcome text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.staff (
    staff_id text NOT NULL COLLATE pg_catalog."C",
    branch_id text NOT NULL COLLATE pg_catalog."C",
    team_id text COLLATE pg_catalog."C",
    agency_id text COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.unmask_grant (
    unmask_grant_id text NOT NULL COLLATE pg_catalog."C",
    staff_id text NOT NULL COLLATE pg_catalog."C",
    person_id text NOT NULL COLLATE pg_catalog."C",
    granted_at text NOT NULL COLLATE pg_catalog."C",
    expires_at text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.webhook (
    webhook_id text NOT NULL COLLATE pg_catalog."C",
    url text NOT NULL COLLATE pg_catalog."C",
    state text NOT NULL COLLATE pg_catalog."C",
    version bigint NOT NULL,
    changed_by text NOT NULL COLLATE pg_catalog."C",
    changed_at text NOT NULL COLLATE pg_catalog."C",
    body text NOT NULL COLLATE pg_catalog."C"
);

CREATE TABLE public.webhook_topic (
    topic text NOT NULL COLLATE pg_catalog."C",
    webhook_id text NOT NULL COLLATE pg_catalog."C"
);

INSERT INTO public.audit_event VALUES (1, '2026-11-20 10:00:01', 'S1', 'case_note', 'case/C1', 'asked "why"
', NULL, '6b86b273ff34fce19d6b804eff5a3f5747ada4eaa22f1d49c01e52ddb7875b4b', '5e4b8a84c96d01fa73fec17de564161e74a9b04724052204addeaae8f7161d64');

INSERT INTO public.case_file VALUES ('C1', 'U1', 'HQ', 'HQ/', 'S1', NULL, NULL, 'open', 1, '2026-11-21', NULL, 1, 'S1', '2026-11-20 09:00:00', '{"goal":"settle; it''s é\n;\n"}');

INSERT INTO public.case_loan VALUES ('C1', 'L1');

INSERT INTO public.chain_head VALUES ('outbox', 0, '');
INSERT INTO public.chain_head VALUES ('audit', 1, '5e4b8a84c96d01fa73fec17de564161e74a9b04724052204addeaae8f7161d64');

INSERT INTO public.contact VALUES ('K1', 'U1', 'C1', 'U1', 'S1', NULL, '2026-11-20 10:00:00', 1, 'S1', '2026-11-20 09:00:00', '{"gate":"allowed"}');

INSERT INTO public.night_apply VALUES ('2026-11-20', 'cases', 0, '2026-11-21 02:00:00');

INSERT INTO public.personal_field VALUES ('U1', 'phone', 0, 'k1', 'k1:3567f4d66073ed6c2d2c4f32fb2beb0f8ddf5e39e549b271b345091d58a705628dd27ac9940723', '007eade59f3e6eddc2458eccb073d7bf55cf99596994f1f6fcf9e6efffe79273', '19909cc843562883694f9d11b35dcabd54c77029cee02b6187c732c2aacd992c');

INSERT INTO public.seaql_migrations VALUES ('version_1', 1795321391);

ALTER TABLE ONLY public.agency
    ADD CONSTRAINT agency_pkey PRIMARY KEY (agency_id);

ALTER TABLE ONLY public.api_token
    ADD CONSTRAINT api_token_pkey PRIMARY KEY (token_hash);

ALTER TABLE ONLY public.approval_decider
    ADD CONSTRAINT approval_decider_pkey PRIMARY KEY (staff_id, approval_id);

ALTER TABLE ONLY public.approval
    ADD CONSTRAINT approval_pkey PRIMARY KEY (approval_id);

ALTER TABLE ONLY public.audit_event
    ADD CONSTRAINT audit_event_pkey PRIMARY KEY (sequence);

ALTER TABLE ONLY public.branch
    ADD CONSTRAINT branch_pkey PRIMARY KEY (branch_id);

ALTER TABLE ONLY public.case_file
    ADD CONSTRAINT case_file_pkey PRIMARY KEY (case_id);

ALTER TABLE ONLY public.case_loan
    ADD CONSTRAINT case_loan_pkey PRIMARY KEY (case_id, loan_id);

ALTER TABLE ONLY public.chain_head
    ADD CONSTRAINT chain_head_pkey PRIMARY KEY (chain);

ALTER TABLE ONLY public.clock_fact
    ADD CONSTRAINT clock_fact_pkey PRIMARY KEY (clock_fact_id);

ALTER TABLE ONLY public.clock
    ADD CONSTRAINT clock_pkey PRIMARY KEY (clock_id);

ALTER TABLE ONLY public.command
    ADD CONSTRAINT command_pkey PRIMARY KEY (staff_id, idempotency_key);

ALTER TABLE ONLY public.complaint
    ADD CONSTRAINT complaint_pkey PRIMARY KEY (complaint_id);

ALTER TABLE ONLY public.contact
    ADD CONSTRAINT contact_pkey PRIMARY KEY (contact_id);

ALTER TABLE ONLY public.credential
    ADD CONSTRAINT credential_pkey PRIMARY KEY (staff_id);

ALTER TABLE ONLY public.debtor_hold
    ADD CONSTRAINT debtor_hold_pkey PRIMARY KEY (customer_id);

ALTER TABLE ONLY public.delegation
    ADD CONSTRAINT delegation_pkey PRIMARY KEY (delegation_id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_pkey PRIMARY KEY (webhook_id, sequence);

ALTER TABLE ONLY public.hardship_plan
    ADD CONSTRAINT hardship_plan_pkey PRIMARY KEY (hardship_plan_id);

ALTER TABLE ONLY public.household_plan
    ADD CONSTRAINT household_plan_pkey PRIMARY KEY (household_plan_version_id);

ALTER TABLE ONLY public.night_apply
    ADD CONSTRAINT night_apply_pkey PRIMARY KEY (business_date, step, shard);

ALTER TABLE ONLY public.outbox_event
    ADD CONSTRAINT outbox_event_pkey PRIMARY KEY (sequence);

ALTER TABLE ONLY public.person
    ADD CONSTRAINT person_pkey PRIMARY KEY (person_id);

ALTER TABLE ONLY public.personal_field
    ADD CONSTRAINT personal_field_pkey PRIMARY KEY (owner_id, kind, "position");

ALTER TABLE ONLY public.placement
    ADD CONSTRAINT placement_pkey PRIMARY KEY (placement_id);

ALTER TABLE ONLY public.promise
    ADD CONSTRAINT promise_pkey PRIMARY KEY (promise_id);

ALTER TABLE ONLY public.role_assignment
    ADD CONSTRAINT role_assignment_pkey PRIMARY KEY (role_assignment_id);

ALTER TABLE ONLY public.seaql_migrations
    ADD CONSTRAINT seaql_migrations_pkey PRIMARY KEY (version);

ALTER TABLE ONLY public.session
    ADD CONSTRAINT session_pkey PRIMARY KEY (session_hash);

ALTER TABLE ONLY public.sign_in_attempt
    ADD CONSTRAINT sign_in_attempt_pkey PRIMARY KEY (account, attempted_at, tie);

ALTER TABLE ONLY public.staff
    ADD CONSTRAINT staff_pkey PRIMARY KEY (staff_id);

ALTER TABLE ONLY public.unmask_grant
    ADD CONSTRAINT unmask_grant_pkey PRIMARY KEY (unmask_grant_id);

ALTER TABLE ONLY public.webhook
    ADD CONSTRAINT webhook_pkey PRIMARY KEY (webhook_id);

ALTER TABLE ONLY public.webhook_topic
    ADD CONSTRAINT webhook_topic_pkey PRIMARY KEY (topic, webhook_id);

CREATE INDEX agency_by_state_review_on ON public.agency USING btree (state, review_on, agency_id);

CREATE INDEX api_token_by_staff_token_hash ON public.api_token USING btree (staff_id, token_hash);

CREATE INDEX approval_by_maker_asked_at ON public.approval USING btree (maker_id, asked_at, approval_id);

CREATE INDEX approval_decider_by_approval ON public.approval_decider USING btree (approval_id);

CREATE INDEX audit_event_by_actor ON public.audit_event USING btree (actor, sequence);

CREATE INDEX audit_event_by_subject ON public.audit_event USING btree (subject, sequence);

CREATE INDEX audit_event_by_time ON public.audit_event USING btree (happened_at, sequence);

CREATE UNIQUE INDEX branch_by_path ON public.branch USING btree (path);

CREATE INDEX case_file_by_agency_rank_open ON public.case_file USING btree (agency_id, rank, case_id) WHERE (closed_on IS NULL);

CREATE INDEX case_file_by_branch_path_rank_open ON public.case_file USING btree (branch_path, rank, case_id) WHERE (closed_on IS NULL);

CREATE INDEX case_file_by_customer_case ON public.case_file USING btree (customer_id, case_id);

CREATE UNIQUE INDEX case_file_by_customer_open ON public.case_file USING btree (customer_id) WHERE (closed_on IS NULL);

CREATE INDEX case_file_by_owner_rank_open ON public.case_file USING btree (owner_id, rank, case_id) WHERE (closed_on IS NULL);

CREATE INDEX case_file_by_team_rank_open ON public.case_file USING btree (team_id, rank, case_id) WHERE (closed_on IS NULL);

CREATE INDEX case_loan_by_loan ON public.case_loan USING btree (loan_id, case_id);

CREATE INDEX clock_by_claim_last_day ON public.clock USING btree (claim_id, last_day, clock_id);

CREATE INDEX clock_by_owner_state ON public.clock USING btree (owner_id, state, last_day, clock_id);

CREATE INDEX clock_by_state_last_day ON public.clock USING btree (state, last_day, clock_id);

CREATE INDEX clock_fact_by_claim_happened_on ON public.clock_fact USING btree (claim_id, happened_on, clock_fact_id);

CREATE INDEX complaint_by_answer_due_on_complaint_open ON public.complaint USING btree (answer_due_on, complaint_id) WHERE (resolved_on IS NULL);

CREATE INDEX complaint_by_customer_made_at ON public.complaint USING btree (customer_id, made_at, complaint_id);

CREATE INDEX contact_by_case_contact_at ON public.contact USING btree (case_id, contact_at, contact_id);

CREATE INDEX contact_by_customer_contact_at ON public.contact USING btree (customer_id, contact_at, contact_id);

CREATE INDEX contact_by_staff_contact_at ON public.contact USING btree (staff_id, contact_at, contact_id);

CREATE INDEX delegation_by_to_staff_until_on ON public.delegation USING btree (to_staff_id, until_on, delegation_id);

CREATE INDEX delivery_by_next ON public.delivery USING btree (state, next_at, webhook_id, sequence);

CREATE INDEX hardship_plan_by_customer_hardship_plan ON public.hardship_plan USING btree (customer_id, hardship_plan_id);

CREATE INDEX household_plan_by_case_household_plan ON public.household_plan USING btree (case_id, household_plan_id, number);

CREATE INDEX outbox_event_by_topic ON public.outbox_event USING btree (topic, sequence);

CREATE INDEX person_by_customer_person ON public.person USING btree (customer_id, person_id);

CREATE INDEX personal_field_by_key ON public.personal_field USING btree (key_id);

CREATE INDEX personal_field_by_tail ON public.personal_field USING btree (kind, tail_hash, owner_id);

CREATE INDEX personal_field_by_whole ON public.personal_field USING btree (kind, whole_hash, owner_id);

CREATE INDEX placement_by_agency_placed_on_open ON public.placement USING btree (agency_id, placed_on, placement_id) WHERE (recalled_on IS NULL);

CREATE INDEX placement_by_case_placed_on ON public.placement USING btree (case_id, placed_on, placement_id);

CREATE INDEX promise_by_case_due_on ON public.promise USING btree (case_id, due_on, promise_id);

CREATE INDEX promise_by_due_on_promise ON public.promise USING btree (due_on, promise_id);

CREATE INDEX promise_by_due_on_promise_open ON public.promise USING btree (due_on, promise_id) WHERE (settled_on IS NULL);

CREATE INDEX role_assignment_by_staff_role_assignment ON public.role_assignment USING btree (staff_id, role_assignment_id);

CREATE INDEX session_by_staff_opened_at_open ON public.session USING btree (staff_id, opened_at, session_hash) WHERE (closed_at IS NULL);

CREATE INDEX staff_by_branch_staff ON public.staff USING btree (branch_id, staff_id);

CREATE INDEX unmask_grant_by_person_granted_at ON public.unmask_grant USING btree (person_id, granted_at, unmask_grant_id);

CREATE INDEX unmask_grant_by_staff_granted_at ON public.unmask_grant USING btree (staff_id, granted_at, unmask_grant_id);

CREATE INDEX webhook_by_state_webhook ON public.webhook USING btree (state, webhook_id);

CREATE INDEX webhook_topic_by_webhook ON public.webhook_topic USING btree (webhook_id);

CREATE TRIGGER audit_event_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.audit_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER clock_fact_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.clock_fact FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER contact_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.contact FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER household_plan_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.household_plan FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER outbox_event_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.outbox_event FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER sign_in_attempt_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.sign_in_attempt FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

CREATE TRIGGER unmask_grant_stays BEFORE DELETE OR UPDATE OR TRUNCATE ON public.unmask_grant FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();

ALTER TABLE ONLY public.approval_decider
    ADD CONSTRAINT approval_decider_approval_id_fkey FOREIGN KEY (approval_id) REFERENCES public.approval(approval_id);

ALTER TABLE ONLY public.case_loan
    ADD CONSTRAINT case_loan_case_id_fkey FOREIGN KEY (case_id) REFERENCES public.case_file(case_id);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_sequence_fkey FOREIGN KEY (sequence) REFERENCES public.outbox_event(sequence);

ALTER TABLE ONLY public.delivery
    ADD CONSTRAINT delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhook(webhook_id);

ALTER TABLE ONLY public.webhook_topic
    ADD CONSTRAINT webhook_topic_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES public.webhook(webhook_id);

