//! What answers look like, and the richer of the requests: one description for every value that leaves the rooms.

use crate::shape::{
    Shape, anything, code, date, lacking, list, map, maybe, money, number, object, of, one_of, text, time, tuple, word, yes_no,
};
use app::webhook::WebhookState;
use authority::{
    ApprovalStatus, BranchLevel, DecisionKind, Employment, PersonalField, Role, UnmaskPurpose, UseCase, View,
};
use casework::agency::{AgreementClause, ViolationRecord};
use casework::case::{ClosedBecause, HandOverReason, ObjectionOutcome, OpenedBecause, WriteOffStage};
use casework::contact_gate::{CircumstanceKind, DocumentKind, GateDecision, PointSource, ScriptLimit};
use casework::hardship::{AgreementForm, HardshipTerm};
use casework::language::{SpeechCategory, SpeechFact, SpeechSeverity};
use casework::plan::{LeverCondition, PlanGoal};
use casework::promise::{PaymentWay, PromiseStatus};
use casework::queue::PriorityReason;
use casework::results::ScoreMeasure;
use casework::script::Placeholder;
use casework::strategy::{Approach, CaseAction, DebtorType, Skill, StrategyArm};
use casework::tactic::{Circumstance, TacticStatus};
use casework::{Channel, ContactResult, Direction, Purpose, Relation};
use disposal::clock::{
    ActEffect, ActKind, ClockGround, ClockKind, ClockStatus, EnforceableKind, EvidenceKind, EvidenceStrength, ObstacleKind,
    PreservationStage, PreservedAsset, SignalLevel,
};

/// The rungs of a clock's ladder that somebody was told of.
fn rungs() -> Shape {
    list(object(vec![
        ("claim_id", text()), ("kind", code::<ClockKind>()), ("subject", text()), ("last_day", date()),
        ("rung", one_of([object(vec![("days_left", number())]), word("lapsed")])),
    ]))
}

/// Hours of a day, `HH:MM`; they close at 24:00 at the latest.
pub fn hours() -> Shape {
    object(vec![("opens", text()), ("closes", text())])
}

shapes! {
    /// Somebody who works here.
    Employee {
        staff_id: text(), name: text(), agency_id: maybe(text()), employment: code::<Employment>(), posts: list(of::<Post>()),
        work: maybe(of::<WorkTaken>()),
    };
    Employees lists Employee;
    /// A role held at a branch for a time; `until` is the last day.
    Post {
        role: code::<Role>(), branch: text(), level: code::<BranchLevel>(), team_id: maybe(text()), from: date(), until: maybe(date()),
    };
    /// What cases somebody takes.
    WorkTaken { skills: list(code::<Skill>()), regions: list(text()), languages: list(text()), capacity: number(), away: yes_no() };
    /// The caller, and what the caller may do somewhere.
    Me with Employee { use_cases: list(code::<UseCase>()) };
    /// A key for programs; the key itself is shown when it is made.
    ProgramKey {
        token_id: text(), label: text(), only: list(code::<UseCase>()), expires_at: maybe(time()), revoked_at: maybe(time()),
    };
    ProgramKeys lists ProgramKey;

    /// A case as far as the caller may see it: people of an agency see fewer fields.
    Case {
        case_id: text(), customer_id: text(), branch: text(), place: of::<DebtorPlace>(), loans: lacking(list(text())), opened_on: date(),
        opened_because: lacking(code::<OpenedBecause>()), standing: of::<Standing>(), hand: number(), course: lacking(of::<Course>()),
        facts: of::<CaseFacts>(), priority: lacking(of::<Priority>()), kept_until: lacking(maybe(date())),
        hardship_plan: maybe(text()), objection: maybe(object(vec![("objection_id", text()), ("raised_on", date())])),
        complaints: lacking(list(of::<Complaint>())), hand_overs: lacking(list(of::<HandOver>())), version: number(),
        write_off: lacking(object(vec![
            ("approval_id", text()), ("stage", code::<WriteOffStage>()), ("since", date()), ("loans", list(text())),
        ])),
        spans: lacking(list(object(vec![("loan_id", text()), ("from", date()), ("until", lacking(maybe(date())))]))),
    };
    Cases lists Case;
    NextCase { case: maybe(of::<Case>()) };
    /// A case with its promises and contacts, the latest first.
    CaseFile with Case { promises: list(of::<KeptPromise>()), contacts: list(of::<ContactRecord>()) };
    DebtorPlace { branch_id: text(), region: text(), language: text() };
    /// Whether a case is worked.
    Standing = one_of([
        object(vec![("open", object(vec![
            ("owner", of::<Owner>()),
            ("borrowed", maybe(object(vec![("from", text()), ("until", date())]))),
            ("next_action", of::<NextAction>()),
        ]))]),
        object(vec![("closed", object(vec![("on", date()), ("because", code::<ClosedBecause>())]))]),
    ]);
    /// A member of staff, or an agency.
    Owner = one_of([object(vec![("staff", text())]), object(vec![("agency", text())])]);
    NextAction {
        action: code::<CaseAction>(), channel: maybe(code::<Channel>()), script: maybe(text()), approach: code::<Approach>(), due_on: date(),
        set_on: date(), set_by: maybe(text()),
    };
    Course { rule_id: text(), arm: code::<StrategyArm>(), skill: code::<Skill>(), rung: number() };
    /// What last night knew of the debtor.
    CaseFacts {
        bucket: lacking(text()), class: lacking(text()), debtor_type: lacking(code::<DebtorType>()), recoverability: lacking(text()),
        days_past_due: lacking(number()), amount_past_due: lacking(money()), outstanding: lacking(money()), worsened_on: lacking(maybe(date())),
    };
    /// Points, and the reasons they are for, the weightiest first.
    Priority { points: number(), reasons: list(tuple([code::<PriorityReason>(), number()])) };
    Complaint { complaint_id: text(), raised_on: date(), answered_on: maybe(date()) };
    HandOver {
        on: date(), from: maybe(of::<Owner>()), to: of::<Owner>(), because: code::<HandOverReason>(), by: maybe(text()),
    };
    /// What is done with a case.
    CaseAct = one_of([
        object(vec![("do", word("hand_over")), ("to", text()), ("because", code::<HandOverReason>())]),
        object(vec![("do", word("borrow")), ("to", text()), ("until", date())]),
        object(vec![("do", word("return"))]),
        object(vec![("do", word("recall")), ("to", text())]),
        object(vec![("do", word("set_next_action")), ("next_action", of::<NextAction>())]),
        object(vec![("do", word("object")), ("objection_id", text()), ("what", text())]),
        object(vec![("do", word("resolve_objection")), ("objection_id", text()), ("outcome", code::<ObjectionOutcome>())]),
        object(vec![("do", word("complain")), ("complaint_id", text()), ("what", text())]),
        object(vec![("do", word("answer_complaint")), ("complaint_id", text()), ("answer", text())]),
        object(vec![("do", word("close")), ("because", code::<ClosedBecause>())]),
    ]);
    /// The version of a case now.
    Changed { version: number() };
    /// A case that would better be worked by somebody else.
    Move { case_id: text(), from: text(), to: text() };
    Moves lists Move;

    /// What the gate answered, readable without the pack.
    GateAnswer {
        decision: code::<GateDecision>(), at: time(), pack: text(), pack_digest: text(), rule_id: text(), article: text(),
        findings: list(object(vec![("code", text()), ("facts", map(text())), ("rule_id", text()), ("article", text())])),
        next_slot: maybe(time()), limits: list(code::<ScriptLimit>()),
        counters: list(object(vec![("rule_id", text()), ("used", number()), ("at_most", number())])),
        document_ids: list(text()), keep_until: date(),
    };
    Contact {
        contact_id: text(), customer_id: text(), case_id: text(), person_id: text(), relation: code::<Relation>(), channel: code::<Channel>(),
        direction: code::<Direction>(), purpose: code::<Purpose>(), contact_point: text(), at: time(), staff_id: text(),
        agency_id: maybe(text()), people: number(), result: code::<ContactResult>(), seconds: number(),
    };
    /// A contact that may be made; given up if nothing is recorded by `until`.
    ContactBegun { contact: of::<Contact>(), answer: of::<GateAnswer>(), until: time() };
    /// A contact as it is kept; no answer of the gate when the other side called.
    ContactRecord {
        contact: of::<Contact>(), answer: maybe(of::<GateAnswer>()), note: lacking(text()), noted: yes_no(),
    };

    Promise {
        promise_id: text(), case_id: text(), customer_id: text(), contact_id: maybe(text()), staff_id: text(), made_on: date(), pay_on: date(),
        way: code::<PaymentWay>(), amount: money(), status: code::<PromiseStatus>(), decided_on: maybe(date()), received: money(),
    };
    KeptPromise with Promise { version: number() };
    KeptPromises lists KeptPromise;

    /// A person, every field as far as the caller may see it.
    Person {
        person_id: text(), customer_id: text(), relation: code::<Relation>(), debtor_type: code::<DebtorType>(),
        fields: list(object(vec![("field", code::<PersonalField>()), ("position", number()), ("text", text()), ("view", code::<View>())])),
        points: list(of::<ContactPoint>()), circumstances: list(of::<PersonCircumstance>()), documents: list(of::<PersonDocument>()),
    };
    Persons lists Person;
    ContactPoint { key: text(), kind: code::<app::person::PointKind>(), position: number(), source: code::<PointSource>(), at_work: yes_no(), replaced_by: maybe(text()) };
    /// What restricts contact with a person; until somebody ends it when `until` is null.
    PersonCircumstance {
        entry_id: text(), kind: code::<CircumstanceKind>(), person_id: maybe(text()), channel: maybe(code::<Channel>()), from: time(),
        until: maybe(time()), entered: maybe(of::<Noted>()), ended: maybe(of::<Noted>()),
    };
    /// What permits contact with a person.
    PersonDocument {
        entry_id: text(), document_id: text(), kind: code::<DocumentKind>(), from: time(), until: maybe(time()), hours: maybe(hours()),
        entered: maybe(of::<Noted>()), ended: maybe(of::<Noted>()),
    };
    /// By whom, when, from which contact, and what was written; nothing written is told to agencies.
    Noted { by: text(), at: time(), contact_id: maybe(text()), why: text() };
    /// Fields of a person, open to the caller until then.
    Unmasked {
        staff_id: text(),
        request: object(vec![
            ("person_id", text()), ("fields", list(code::<PersonalField>())), ("purpose", code::<UnmaskPurpose>()), ("reason", text()),
        ]),
        granted_at: time(), until: time(), approval_id: maybe(text()),
    };

    /// A clock on a day, why it stands there, and what would help.
    Clock {
        claim_id: text(), kind: code::<ClockKind>(), subject: text(), started_on: date(), last_day: maybe(date()), act_by: maybe(date()),
        days_left: maybe(number()), status: code::<ClockStatus>(), level: maybe(code::<SignalLevel>()),
        because: list(object(vec![
            ("ground", code::<ClockGround>()), ("on", date()), ("rule", text()), ("article", text()),
            ("act", maybe(object(vec![
                ("act_id", text()), ("kind", code::<ActKind>()), ("strength", code::<EvidenceStrength>()), ("effect", code::<ActEffect>()),
            ]))),
        ])),
        next: list(object(vec![("kind", code::<ActKind>()), ("evidence", list(list(code::<EvidenceKind>()))), ("article", text())])),
    };
    /// A clock, and the rungs of its ladder that somebody was told of.
    ToldClock { state: of::<Clock>(), told: rungs() };
    ToldClocks lists ToldClock;
    /// A clock in a list, with who answers for it.
    SeenClock { owner_id: text(), customer_id: text(), state: of::<Clock>(), told: rungs() };
    SeenClocks lists SeenClock;
    /// A fact entered of a claim: one of the five, with what proves it.
    ClaimFact {
        fact_id: text(), happened_on: date(), entered_by: text(), entered_at: time(),
        act: lacking(object(vec![
            ("act_id", text()), ("kind", code::<ActKind>()), ("on", date()), ("against", list(text())), ("until", maybe(date())),
            ("evidence", list(code::<EvidenceKind>())),
        ])),
        preservation: lacking(object(vec![
            ("preservation_id", text()), ("asset", code::<PreservedAsset>()), ("stage", code::<PreservationStage>()), ("ordered_on", date()),
            ("until", maybe(date())),
        ])),
        document: lacking(object(vec![
            ("document_id", text()), ("kind", code::<EnforceableKind>()), ("against", list(text())), ("effective_on", date()),
            ("perform_by", list(date())),
        ])),
        obstacle: lacking(object(vec![
            ("kind", code::<ObstacleKind>()), ("against", list(text())), ("from", date()), ("removed_on", maybe(date())),
        ])),
        obstacle_ended: lacking(object(vec![("obstacle_id", text()), ("removed_on", date())])),
        evidence: lacking(list(code::<EvidenceKind>())),
    };
    ClaimFacts lists ClaimFact;
    /// How well an act is proved, and where every clock of the claim stands now.
    FactRecorded { fact_id: text(), strength: maybe(code::<EvidenceStrength>()), clocks: list(of::<Clock>()) };

    /// A proposal with exactly what is to be done.
    Proposal { version: number(), status: code::<ApprovalStatus>(), approval: of::<Approval>(), proposed: of::<Proposed>() };
    Proposals lists Proposal;
    Approval {
        proposal: object(vec![
            ("approval_id", text()), ("decision", code::<DecisionKind>()), ("subject", text()),
            ("target", object(vec![("owner", maybe(text())), ("team", maybe(text())), ("branch", text()), ("agency", maybe(text()))])),
            ("amount", money()), ("digest", text()),
        ]),
        rule_id: text(), maker: of::<Hand>(), proposed_at: time(), expires_at: time(), sign_by: maybe(time()), tier: number(), slots: list(list(text())),
        signatures: list(object(vec![("hand", of::<Hand>()), ("role", code::<Role>()), ("level", code::<BranchLevel>()), ("at", time())])),
        closing: maybe(object(vec![("hand", of::<Hand>()), ("at", time()), ("reason", text())])), status: code::<ApprovalStatus>(),
    };
    /// Who acted, and in whose place.
    Hand { staff_id: text(), for_staff: maybe(text()) };
    Proposed = one_of([
        object(vec![("household_plan", object(vec![("case_id", text()), ("plan", of::<HouseholdPlan>())]))]),
        object(vec![("hardship_plan", object(vec![("plan", of::<HardshipPlan>())]))]),
        object(vec![("agency_placement", object(vec![
            ("case_id", text()), ("agency_id", text()),
            ("request", object(vec![("placement_id", text()), ("until", date()), ("told_on", maybe(date()))])),
        ]))]),
        object(vec![("concession", object(vec![("case_id", text()), ("concession", of::<Concession>())]))]),
        object(vec![("case_closure", object(vec![("case_id", text()), ("because", code::<ClosedBecause>()), ("what", text())]))]),
        object(vec![("write_off", object(vec![("case_id", text()), ("what", text())]))]),
        object(vec![("unmask", object(vec![("request", object(vec![
            ("person_id", text()), ("fields", list(code::<PersonalField>())), ("purpose", code::<UnmaskPurpose>()), ("reason", text()),
        ]))]))]),
    ]);
    /// What the lender gives up or puts off.
    Concession = one_of(["waiver", "extension", "settlement"].map(|decision| {
        object(vec![("decision", word(decision)), ("amount", money()), ("what", text())])
    }));
    /// What somebody says to a proposal.
    Say = one_of([
        object(vec![("say", word("sign")), ("opinion", lacking(text()))]),
        object(vec![("say", word("reject")), ("reason", text())]),
        object(vec![("say", word("return")), ("reason", text())]),
        object(vec![("say", word("withdraw")), ("reason", text())]),
    ]);

    Agency {
        agency_id: text(), whitelisted_on: maybe(date()),
        agreement: maybe(object(vec![("from", date()), ("until", date()), ("clauses", list(code::<AgreementClause>()))])),
        impact_assessed_on: maybe(date()), last_reviewed_on: maybe(date()), record: code::<ViolationRecord>(),
    };
    KnownAgency with Agency { version: number(), review_due_on: maybe(date()), review_is_past_due: yes_no() };
    KnownAgencies lists KnownAgency;
    Placement { placement_id: text(), case_id: text(), agency_id: text(), placed_on: date(), until: date(), told_on: date() };
    Placements lists Placement;

    HouseholdPlan {
        plan_id: text(), customers: list(text()), version: number(), made_on: date(), owner: text(), goal: code::<PlanGoal>(),
        levers: list(of::<ChosenLever>()), steps: list(of::<PlanStep>()), minutes: list(of::<PlanMinutes>()), review_on: date(),
    };
    WeighedPlan with HouseholdPlan { expected_net_present_value: money() };
    /// The versions, the newest first, and the levers that fit with what must be attested first.
    HouseholdPlans {
        versions: list(of::<WeighedPlan>()), review_is_past_due: yes_no(),
        levers: list(object(vec![("lever_id", text()), ("conditions", list(code::<LeverCondition>()))])),
    };
    /// The next version as somebody would have it.
    PlanSaid {
        version: number(), others: lacking(list(text())), goal: code::<PlanGoal>(), levers: list(of::<ChosenLever>()),
        steps: list(of::<PlanStep>()), minutes: lacking(list(of::<PlanMinutes>())), review_on: date(),
    };
    ChosenLever {
        lever_id: text(), expected_recovery: money(), cost: money(), days: number(), probability_ppm: number(),
        attested: list(code::<LeverCondition>()),
    };
    PlanMinutes { held_on: date(), present: list(text()), text: text() };
    PlanStep { what: text(), staff_id: text(), due_on: date(), done_on: maybe(date()) };
    HardshipPlan with HardshipSaid { plan_id: text(), case_id: text(), customer_id: text() };
    /// What was agreed with somebody who cannot pay; instalments are a day and an amount each.
    HardshipSaid {
        signed_on: date(), form: code::<AgreementForm>(), recording_id: maybe(text()),
        balance: object(vec![("principal", money()), ("interest", money()), ("fees", money()), ("charges_during_plan", money())]),
        instalments: list(tuple([date(), money()])), terms: list(code::<HardshipTerm>()),
    };
    HardshipFile { plan: of::<HardshipPlan>(), ended_on: maybe(date()), next_due_on: maybe(date()) };
    HardshipFiles lists HardshipFile;

    /// What must not be said, and where it stands in the text, in bytes.
    Finding {
        category: code::<SpeechCategory>(), severity: code::<SpeechSeverity>(), words: text(),
        bytes: object(vec![("start", number()), ("end", number())]), rule_id: text(), article: text(), unless: maybe(code::<SpeechFact>()),
    };
    SpeechChecked { findings: list(of::<Finding>()), confirmed: list(code::<SpeechFact>()) };
    /// A script with the facts in place; no text while some are missing.
    Script {
        rule_id: text(), article: text(), title_zh: text(), title_en: text(), zh: maybe(text()), en: maybe(text()),
        missing: list(code::<Placeholder>()), findings: list(of::<Finding>()),
    };
    Scripts lists Script;
    Tactic {
        number: number(), rule_id: text(), article: text(), title_zh: text(), title_en: text(), status: code::<TacticStatus>(),
        condition_zh: text(), condition_en: text(), missing: list(code::<Circumstance>()),
    };
    Tactics {
        offered: list(of::<Tactic>()), waiting: list(of::<Tactic>()),
        counter_examples: list(object(vec![
            ("number", maybe(number())), ("rule_id", text()), ("article", text()), ("title_zh", text()), ("title_en", text()),
            ("status", code::<TacticStatus>()), ("reason_zh", text()), ("reason_en", text()),
        ])),
    };

    /// What came of the work of one person, team or arm; a part of the score is its measure, the value and the points.
    Result {
        key: text(),
        results: object(vec![
            ("contacts", number()), ("right_party", number()), ("promises", number()), ("promises_decided", number()),
            ("promises_kept", number()), ("recovered", money()), ("cost", money()), ("contacts_refused", number()), ("complaints", number()),
        ]),
        score: maybe(object(vec![("total_ppm", number()), ("parts", list(tuple([code::<ScoreMeasure>(), number(), number()])))])),
    };
    Results lists Result;

    AuditEvent {
        sequence: number(), happened_at: time(), actor: text(), action: text(), subject: text(), why: text(), before_digest: maybe(text()),
        after_digest: maybe(text()), hash: text(),
    };
    AuditEvents lists AuditEvent;
    /// Whether the chain is whole, or the first event that does not follow and how.
    AuditVerified = one_of([
        object(vec![("chain", word("whole")), ("events", number()), ("hash", text())]),
        object(vec![("chain", word("broken")), ("sequence", number()), ("breach", text())]),
    ]);

    Webhook { webhook_id: text(), version: number(), url: text(), state: code::<WebhookState>(), topics: list(text()) };
    Webhooks lists Webhook;
    /// A webhook just registered; what its messages are signed with is shown this once, null when the request is heard again.
    WebhookMade { webhook_id: text(), secret: maybe(text()) };
    /// How many events are told again.
    Replayed { events: number() };
    Delivery {
        sequence: number(), state: text(), attempts: number(), next_at: time(), said: text(), happened_at: time(), topic: text(),
        subject: text(), payload: anything(),
    };
    Deliveries lists Delivery;
}
