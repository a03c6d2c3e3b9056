//! Every address that writes: the same key and input twice is answered alike and written once, another input is refused.

use crate::bench::{Answer, Bench, PASSWORD};
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What writes nothing, or opens and closes the door.
const WITHOUT_KEY: [&str; 9] = [
    "POST /api/v1/session",
    "DELETE /api/v1/session",
    "POST /api/v1/sessions/oidc/callback",
    "POST /api/v1/cases/{case_id}/contacts/ask",
    "POST /api/v1/cases/{case_id}/household-plans/weigh",
    "POST /api/v1/cases/{case_id}/scripts",
    "POST /api/v1/cases/{case_id}/tactics",
    "POST /api/v1/language-checks",
    "POST /api/v1/persons/search",
];

/// One pass through every command, each named by the address it has in the document.
struct Walk<'a> {
    bench: &'a Bench,
    walked: BTreeSet<String>,
}

/// Something sent: to where, and with what.
#[derive(Clone)]
struct Sent(String, Option<Value>);

fn to(path: &str, body: Value) -> Sent {
    Sent(format!("/api/v1{path}"), Some(body))
}

fn bare(path: &str) -> Sent {
    Sent(format!("/api/v1{path}"), None)
}

impl Walk<'_> {
    /// Twice the same, then something else, under one key.
    fn twice(&mut self, operation: &str, token: &str, sent: Sent, other: Sent) -> Answer {
        let (method, template) = operation.split_once(' ').unwrap();
        self.walked.insert(format!("{method} /api/v1{template}"));
        let key = format!("key-{}", self.walked.len());
        let send = |Sent(path, body): &Sent| {
            let body = body.as_ref().map(Value::to_string);
            self.bench.send(method, path, Some(token), body.as_deref(), Some(&key))
        };
        let before = self.bench.events();
        let first = send(&sent);
        assert!((200..300).contains(&first.status), "{operation}: {} {}", first.status, first.body);
        let written = self.bench.events();
        assert!(written > before, "{operation} writes nothing");
        let again = send(&sent);
        assert_eq!(again.status, first.status, "{operation}: heard again");
        // An export tells of itself: the second holds the event of the first.
        if !operation.ends_with("/export") {
            assert_eq!(shown_again(&again.body), shown_again(&first.body), "{operation}: heard again");
        }
        assert_eq!(self.bench.events(), written, "{operation} is written twice");
        let refused = send(&other);
        assert_eq!((refused.status, refused.body["code"].as_str()), (409, Some("E-AP-03")), "{operation}: {}", refused.body);
        assert_eq!(self.bench.events(), written, "{operation}: a refusal writes");
        first
    }
}

/// A secret is shown once.
fn shown_again(body: &Value) -> Value {
    let mut body = body.clone();
    for secret in ["token", "secret"] {
        if let Some(shown) = body.get_mut(secret) {
            *shown = Value::Null;
        }
    }
    body
}

pub fn commands(bench: &Bench) {
    let mut walk = Walk { bench, walked: BTreeSet::new() };
    door(&mut walk);
    house(&mut walk);
    case(&mut walk);
    claim(&mut walk);
    proposals(&mut walk);
    agency(&mut walk);
    let operations = bench.operations();
    let writing: BTreeSet<String> = operations
        .iter()
        .filter(|(method, ..)| method != "GET")
        .map(|(method, path, operation)| {
            let name = format!("{method} {path}");
            let asks = |parameter: &Value| parameter["name"] == "Idempotency-Key";
            let has_key = operation["parameters"].as_array().is_some_and(|all| all.iter().any(asks));
            assert_eq!(has_key, !WITHOUT_KEY.contains(&name.as_str()), "{name}");
            name
        })
        .collect();
    let known: BTreeSet<String> = walk.walked.iter().cloned().chain(WITHOUT_KEY.map(str::to_owned)).collect();
    assert_eq!(known, writing, "every writing address has its row here");
}

fn door(walk: &mut Walk) {
    let begun = walk.bench.post("/api/v1/session", None, json!({ "staff_id": "C0002", "password": PASSWORD }), None);
    let token = begun.body["token"].as_str().unwrap().to_owned();
    let chosen = |new: &str| to("/session/password", json!({ "old": PASSWORD, "new": new }));
    walk.twice("POST /session/password", &token, chosen("Sommer-2026-neu"), chosen("Winter-2027-neu"));
    let token = walk.bench.sign_in("C0002");
    let wanted = |label: &str| to("/tokens", json!({ "label": label, "only": ["case_list"] }));
    let made = walk.twice("POST /tokens", &token, wanted("dialler"), wanted("another"));
    let key = made.body["token"].as_str().unwrap();
    assert_eq!(walk.bench.get("/api/v1/cases", key).status, 200);
    assert_eq!(walk.bench.get("/api/v1/me", &token).body["staff_id"], "C0002");
    let id = made.body["token_id"].as_str().unwrap();
    walk.twice("DELETE /tokens/{token_id}", &token, bare(&format!("/tokens/{id}")), bare("/tokens/another"));
    assert_eq!(walk.bench.get("/api/v1/cases", key).body["code"], "E-SI-02", "revoked");
    let tokens = walk.bench.get("/api/v1/tokens", &token);
    assert_eq!(tokens.body["items"][0]["revoked_at"], "2026-11-20 10:00:00");
}

fn house(walk: &mut Walk) {
    let administrator = walk.bench.sign_in("A0001");
    let newcomer = |password: &str| to("/staff", json!({ "staff_id": "N0001", "name": "N", "agency_id": null, "posts": [], "password": password }));
    walk.twice("POST /staff", &administrator, newcomer(PASSWORD), newcomer("Another-2026-x"));
    let post = |role: &str| to("/staff/N0001/posts", json!({ "role": role, "branch": "H", "level": "head_office", "from": "2026-11-20" }));
    let held = walk.twice("POST /staff/{staff_id}/posts", &administrator, post("collector"), post("team_lead"));
    assert_eq!(held.body["posts"].as_array().unwrap().len(), 1, "given once");
    let employed = |word: &str| to("/staff/N0001/employment", json!({ "employment": word }));
    walk.twice("PUT /staff/{staff_id}/employment", &administrator, employed("suspended"), employed("left"));
    let attends = |word: &str| to("/staff/N0001/attendance", json!({ "attendance": word }));
    let away = walk.twice("PUT /staff/{staff_id}/attendance", &administrator, attends("on_leave"), attends("at_work"));
    assert_eq!(away.body["work"]["away"], true, "{}", away.body);
    let given = |password: &str| to("/staff/N0001/password", json!({ "password": password }));
    walk.twice("PUT /staff/{staff_id}/password", &administrator, given("Fruehling-2027-x"), given("Another-2027-x"));
    let lead = walk.bench.sign_in("L0001");
    let lent = |to_staff: &str| {
        let body = json!({ "delegation_id": "D1", "to_staff": to_staff, "use_cases": ["case_assign"], "from": "2026-11-20", "until": "2026-11-27" });
        to("/delegations", body)
    };
    walk.twice("POST /delegations", &lead, lent("C0001"), lent("C0002"));
    let hook = |topic: &str| to("/webhooks", json!({ "url": "http://127.0.0.1:9/none", "topics": [topic] }));
    let made = walk.twice("POST /webhooks", &administrator, hook("case.opened"), hook("case.closed"));
    let id = made.body["webhook_id"].as_str().unwrap();
    let replay = |from: i64| to(&format!("/webhooks/{id}/replay"), json!({ "from_sequence": from }));
    walk.twice("POST /webhooks/{webhook_id}/replay", &administrator, replay(1), replay(2));
    walk.twice("POST /webhooks/{webhook_id}/stop", &administrator, bare(&format!("/webhooks/{id}/stop")), bare("/webhooks/another/stop"));
}

fn case(walk: &mut Walk) {
    let token = walk.bench.sign_in("C0001");
    let wanted = json!({ "person_id": "U1", "channel": "call", "purpose": "collect", "point": "U1/phone/0" });
    let other = json!({ "person_id": "U1", "channel": "sms", "purpose": "collect", "point": "U1/phone/0" });
    let begun = walk.twice("POST /cases/{case_id}/contacts", &token, to("/cases/C-1/contacts", wanted.clone()), to("/cases/C-1/contacts", other));
    let contact = begun.body["contact"]["contact_id"].as_str().unwrap();
    let outcome = |note: &str| to(&format!("/cases/C-1/contacts/{contact}/outcome"), json!({ "result": "reached", "seconds": 90, "note": note }));
    walk.twice("POST /cases/{case_id}/contacts/{contact_id}/outcome", &token, outcome("will call back"), outcome("will not"));
    let inbound = |result: &str| to("/cases/C-1/contacts/inbound", json!({ "contact": wanted, "outcome": { "result": result } }));
    walk.twice("POST /cases/{case_id}/contacts/inbound", &token, inbound("reached"), inbound("no_answer"));
    contact_file(walk, &token, contact);
    let promise = |amount: &str| to("/cases/C-1/promises", json!({ "pay_on": "2026-11-22", "way": "bank_transfer", "amount": amount }));
    walk.twice("POST /cases/{case_id}/promises", &token, promise("100.00"), promise("200.00"));
    let assessed = |kind: &str| to("/customers/U1/assessment", json!({ "debtor_type": kind, "why": "seen at home" }));
    walk.twice("POST /customers/{customer_id}/assessment", &token, assessed("hardship"), assessed("unknown"));
    let unmask = |reason: &str| to("/persons/U1/unmask", json!({ "fields": ["phone"], "purpose": "contact", "reason": reason }));
    walk.twice("POST /persons/{person_id}/unmask", &token, unmask("to call back today"), unmask("to call back tomorrow"));
    let complain = |what: &str| to("/cases/C-1/acts", json!({ "version": 7, "act": { "do": "complain", "complaint_id": "T-1", "what": what } }));
    walk.twice("POST /cases/{case_id}/acts", &token, complain("called too often"), complain("called too late"));
    let compliance = walk.bench.sign_in("O0001");
    let export = |reason: &str| to("/cases/C-1/export", json!({ "reason": reason }));
    walk.twice("POST /cases/{case_id}/export", &compliance, export("complaint T-1"), export("complaint T-2"));
}

fn claim(walk: &mut Walk) {
    let lawyer = walk.bench.sign_in("P0001");
    let act = |on: &str| {
        let body = json!({ "act_id": "A1", "kind": "demand_signed", "on": on, "against": ["U1"], "evidence": ["debtor_signature"] });
        to("/claims/L1/acts", body)
    };
    walk.twice("POST /claims/{claim_id}/acts", &lawyer, act("2026-11-20"), act("2026-11-19"));
    let order = |asset: &str| {
        let body = json!({ "preservation_id": "P1", "asset": asset, "stage": "in_proceedings", "ordered_on": "2026-11-18", "evidence": ["court_receipt"] });
        to("/claims/L1/preservations", body)
    };
    walk.twice("POST /claims/{claim_id}/preservations", &lawyer, order("deposit"), order("movable"));
    let paper = |kind: &str| {
        let body = json!({ "document_id": "J1", "kind": kind, "against": ["U1"], "effective_on": "2026-11-18", "evidence": ["court_receipt"] });
        to("/claims/L1/documents", body)
    };
    walk.twice("POST /claims/{claim_id}/documents", &lawyer, paper("judgment"), paper("notarised_deed"));
    let bar = |kind: &str| to("/claims/L1/obstacles", json!({ "obstacle_id": "O1", "kind": kind, "from": "2026-11-01", "evidence": ["certificate"] }));
    walk.twice("POST /claims/{claim_id}/obstacles", &lawyer, bar("force_majeure"), bar("other"));
    let free = |on: &str| to("/claims/L1/obstacles/O1/end", json!({ "removed_on": on, "evidence": ["certificate"] }));
    walk.twice("POST /claims/{claim_id}/obstacles/{obstacle_id}/end", &lawyer, free("2026-11-19"), free("2026-11-20"));
}

fn proposals(walk: &mut Walk) {
    let token = walk.bench.sign_in("C0001");
    let waiver = |amount: &str| to("/cases/C-1/concessions", json!({ "concession": { "decision": "waiver", "amount": amount, "what": "penalty interest" } }));
    let asked = walk.twice("POST /cases/{case_id}/concessions", &token, waiver("300.00"), waiver("400.00"));
    let (id, version) = (asked.body["approval"]["proposal"]["approval_id"].as_str().unwrap(), &asked.body["version"]);
    let say = |reason: &str| {
        let body = json!({ "version": version, "decision": { "say": "withdraw", "reason": reason } });
        to(&format!("/approvals/{id}/decisions"), body)
    };
    walk.twice("POST /approvals/{approval_id}/decisions", &token, say("it was paid"), say("too much"));
    let (lead, lawyer) = (walk.bench.sign_in("L0001"), walk.bench.sign_in("P0001"));
    let close = |what: &str| to("/cases/C-1/closure-proposals", json!({ "because": "mistaken", "what": what }));
    walk.twice("POST /cases/{case_id}/closure-proposals", &lead, close("another Ann"), close("another Bob"));
    let write_off = |what: &str| to("/cases/C-1/write-off-proposals", json!({ "what": what }));
    walk.twice("POST /cases/{case_id}/write-off-proposals", &lawyer, write_off("nothing to enforce"), write_off("bankrupt"));
    let unmask = |reason: &str| {
        let body = json!({ "fields": ["phone"], "purpose": "contact", "reason": reason });
        to("/persons/U1/unmask-proposals", body)
    };
    walk.twice("POST /persons/{person_id}/unmask-proposals", &token, unmask("a list to call back"), unmask("another list"));
    let plan = |review: &str| {
        let lever = json!({
            "lever_id": "lever.hardship_plan", "expected_recovery": "10,000.00", "cost": "100.00", "days": 365, "probability_ppm": 500_000,
            "attested": ["limitation_runs", "guarantee_period_runs", "guarantor_consents", "debtor_consents", "ability_verified",
                "no_new_borrowing", "security_registered", "enforceable_title", "contract_clause", "mediation_consented", "no_disclosure",
                "legal_reviewed", "debtor_told", "approved"],
        });
        let step = json!({ "what": "ask for papers", "staff_id": "C0001", "due_on": "2026-11-27", "done_on": null });
        to("/cases/C-2/household-plans", json!({ "plan": { "version": 1, "goal": "cure", "levers": [lever], "steps": [step], "review_on": review } }))
    };
    walk.twice("POST /cases/{case_id}/household-plans", &token, plan("2026-12-10"), plan("2026-12-09"));
    let hardship = |first: &str| {
        let said = json!({
            "signed_on": "2026-11-20", "form": "written", "recording_id": null,
            "balance": { "principal": "20,000.00", "interest": "0.00", "fees": "0.00", "charges_during_plan": "0.00" },
            "instalments": [[first, "10,000.00"], ["2027-01-20", "10,000.00"]],
            "terms": ["beyond_ability", "willing_to_pay", "charges_stated", "no_new_cards", "rights_and_duties", "breach_terms"],
        });
        to("/cases/C-2/hardship-plans", json!({ "plan": said }))
    };
    walk.twice("POST /cases/{case_id}/hardship-plans", &token, hardship("2026-12-20"), hardship("2026-12-21"));
}

fn agency(walk: &mut Walk) {
    let compliance = walk.bench.sign_in("O0001");
    let clauses = ["purpose", "term", "method", "data_types", "protection", "duties", "no_sub_delegation", "return_data", "records_handed_over", "termination_on_violation"];
    let admitted = |assessed_on: &str| {
        let agreement = json!({ "from": "2026-01-01", "until": "2026-12-31", "clauses": clauses });
        let agency = json!({
            "agency_id": "G1", "whitelisted_on": "2026-01-01", "agreement": agreement, "impact_assessed_on": assessed_on,
            "last_reviewed_on": null, "record": "clean",
        });
        to("/agencies", json!({ "version": 0, "agency": agency }))
    };
    walk.twice("POST /agencies", &compliance, admitted("2025-12-15"), admitted("2025-12-16"));
    let lawyer = walk.bench.sign_in("P0001");
    let placed = |until: &str| to("/cases/C-2/placements", json!({ "agency_id": "G1", "until": until, "told_on": "2026-11-10" }));
    let asked = walk.twice("POST /cases/{case_id}/placements", &lawyer, placed("2026-12-20"), placed("2026-12-19"));
    let path = format!("/api/v1/approvals/{}/decisions", asked.body["approval"]["proposal"]["approval_id"].as_str().unwrap());
    let mut version = asked.body["version"].clone();
    for staff_id in ["M0001", "O0001"] {
        let token = walk.bench.sign_in(staff_id);
        let signed = walk.bench.post(&path, Some(&token), json!({ "version": version, "decision": { "say": "sign" } }), None);
        assert_eq!(signed.status, 200, "{}", signed.body);
        version = signed.body["version"].clone();
    }
    assert_eq!(walk.bench.get("/api/v1/agencies/G1/placements", &compliance).body["items"][0]["case_id"], "C-2");
    let case = walk.bench.get("/api/v1/cases/C-2", &compliance);
    let recalled = |to_staff: &str| to("/cases/C-2/recall", json!({ "version": case.body["version"], "to": to_staff }));
    walk.twice("POST /cases/{case_id}/recall", &compliance, recalled("C0001"), recalled("C0002"));
}

fn contact_file(walk: &mut Walk, token: &str, contact: &str) {
    let stop = |channel: &str| to("/persons/U1/circumstances", json!({ "kind": "opted_out", "channel": channel, "contact_id": contact }));
    let stopped = walk.twice("POST /persons/{person_id}/circumstances", token, stop("email"), stop("sms"));
    assert_eq!((&stopped.body["entered"]["by"], &stopped.body["until"]), (&json!("C0001"), &Value::Null), "{}", stopped.body);
    let ended = |why: &str| to("/persons/U1/circumstances/end", json!({ "entry_id": stopped.body["entry_id"], "why": why }));
    let compliance = walk.bench.sign_in("O0001");
    let over = walk.twice("POST /persons/{person_id}/circumstances/end", &compliance, ended("typed for somebody else"), ended("withdrawn"));
    assert_eq!(over.body["ended"]["why"], "typed for somebody else");
    let permit = |closes: &str| {
        let hours = json!({ "opens": "21:00", "closes": closes });
        let said = json!({ "kind": "agreed_hours", "until": "2026-12-20 22:00:00", "hours": hours, "contact_id": contact });
        to("/persons/U1/documents", said)
    };
    let permitted = walk.twice("POST /persons/{person_id}/documents", token, permit("22:30"), permit("23:00"));
    assert_eq!(permitted.body["hours"]["closes"], "22:30", "{}", permitted.body);
    let ended = |why: &str| to("/persons/U1/documents/end", json!({ "entry_id": permitted.body["entry_id"], "why": why }));
    walk.twice("POST /persons/{person_id}/documents/end", token, ended("no more late shifts"), ended("another"));
    let point = |value: &str| to("/persons/U1/points", json!({ "kind": "phone", "value": value, "source": "reserved", "why": "told on the phone" }));
    let added = walk.twice("POST /persons/{person_id}/points", token, point("139 0000 1111"), point("139 0000 2222"));
    assert_eq!(added.body["key"], "U1/phone/1");
    let seen = walk.bench.get("/api/v1/customers/U1/persons", token);
    let person = &seen.body["items"][0];
    assert_eq!((person["circumstances"][0]["kind"].as_str(), person["documents"][0]["kind"].as_str()), (Some("opted_out"), Some("agreed_hours")));
    assert!(!seen.body.to_string().contains("139 0000 1111"), "masked");
}

/// What took the case out of somebody's hands is still that person's command.
pub fn hand_over(bench: &Bench) {
    let token = bench.sign_in("C0001");
    let body = json!({ "version": 7, "act": { "do": "hand_over", "to": "C0002", "because": "requested" } });
    let send = || bench.post("/api/v1/cases/C-1/acts", Some(&token), body.clone(), Some("h1"));
    let first = send();
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(bench.get("/api/v1/cases/C-1", &token).status, 403, "it is gone");
    let again = send();
    assert_eq!((again.status, again.body), (200, first.body));
}
