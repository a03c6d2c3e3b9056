//! A lawyer's day: what is entered moves the clock at once, and what cannot be is told.

use crate::bench::Bench;
use serde_json::{Value, json};

/// The clock of a kind in an answer.
fn clock(clocks: &Value, kind: &str) -> Value {
    let all = clocks.as_array().unwrap_or_else(|| panic!("{clocks}"));
    let state = |one: &Value| if one["state"].is_object() { one["state"].clone() } else { one.clone() };
    all.iter().map(state).find(|one| one["kind"] == kind).unwrap_or_else(|| panic!("no {kind}: {clocks}"))
}

pub fn acts(bench: &Bench) {
    let lawyer = bench.sign_in("P0001");
    let now = || bench.get("/api/v1/claims/L1/clocks", &lawyer).body["items"].clone();
    let enter = |body: Value| bench.post("/api/v1/claims/L1/acts", Some(&lawyer), body, None);
    let before = clock(&now(), "limitation");
    assert_eq!((&before["started_on"], &before["last_day"]), (&json!("2026-06-20"), &json!("2029-06-20")));
    let weak = json!({ "act_id": "A1", "kind": "letter_delivered", "on": "2026-11-18", "against": ["U1"], "evidence": ["posting_receipt"] });
    let weak = enter(weak);
    assert_eq!((weak.status, &weak.body["strength"]), (201, &json!("weak")), "{}", weak.body);
    assert_eq!(clock(&weak.body["clocks"], "limitation")["last_day"], "2029-06-20", "a weak proof moves nothing");
    let strong = json!({ "act_id": "A2", "kind": "demand_signed", "on": "2026-11-19", "against": ["U1"], "evidence": ["debtor_signature"] });
    assert_eq!(clock(&enter(strong.clone()).body["clocks"], "limitation")["last_day"], "2029-11-19");
    assert_eq!(clock(&now(), "limitation")["last_day"], "2029-11-19", "whoever asks sees it");
    assert_eq!(enter(strong).body["code"], "E-CK-01");

    // The guarantor has half a year: claimed from in time, the period is kept and a limitation of its own runs.
    let guarantee = clock(&now(), "joint_guarantee");
    assert_eq!((&guarantee["subject"], &guarantee["last_day"], &guarantee["level"]), (&json!("G1"), &json!("2026-12-21"), &json!("red")));
    let claimed = json!({ "act_id": "A3", "kind": "claim_against_guarantor", "on": "2026-11-20", "against": ["G1"], "evidence": ["debtor_signature"] });
    let claimed = enter(claimed);
    assert_eq!(claimed.body["strength"], "strong", "{}", claimed.body);
    assert_eq!(clock(&claimed.body["clocks"], "joint_guarantee")["status"], "preserved");
    assert_eq!(clock(&claimed.body["clocks"], "guarantee_limitation")["last_day"], "2029-11-20");

    // Insurance runs out in eleven days and is renewed with its policy.
    assert_eq!(clock(&now(), "insurance")["last_day"], "2026-12-01");
    let renewed = |until: Value| json!({ "act_id": "A4", "kind": "insurance_renewed", "on": "2026-11-20", "against": ["K1"], "until": until, "evidence": ["certificate"] });
    assert_eq!(enter(renewed(Value::Null)).body["code"], "E-CK-06");
    assert_eq!(clock(&enter(renewed(json!("2027-12-01"))).body["clocks"], "insurance")["last_day"], "2027-12-01");

    let stranger = json!({ "act_id": "A5", "kind": "demand_signed", "on": "2026-11-20", "against": ["U2"], "evidence": ["debtor_signature"] });
    assert_eq!(enter(stranger).body["code"], "E-CK-04");
    let elsewhere = bench.post("/api/v1/claims/L9/acts", Some(&lawyer), renewed(Value::Null), None);
    assert_eq!((elsewhere.status, elsewhere.body["code"].as_str()), (404, Some("E-AP-01")));
    let collector = bench.sign_in("C0002");
    let refused = bench.get("/api/v1/claims/L1/clocks", &collector);
    assert_eq!(refused.status, 403, "another team's: {}", refused.body);
}

pub fn papers(bench: &Bench) {
    let lawyer = bench.sign_in("P0001");
    let now = |kind: &str| clock(&bench.get("/api/v1/claims/L1/clocks", &lawyer).body["items"], kind);
    let enter = |what: &str, body: Value| bench.post(&format!("/api/v1/claims/L1/{what}"), Some(&lawyer), body, None);
    let order = |evidence: Value| {
        json!({ "preservation_id": "P1", "asset": "deposit", "stage": "before_suit", "ordered_on": "2026-11-10", "evidence": evidence })
    };
    let unproved = enter("preservations", order(json!([])));
    assert_eq!((unproved.status, unproved.body["code"].as_str()), (422, Some("E-CK-09")), "{}", unproved.body);
    let frozen = enter("preservations", order(json!(["court_receipt"])));
    assert_eq!(clock(&frozen.body["clocks"], "preservation")["last_day"], "2027-11-10", "a deposit for a year: {}", frozen.body);
    assert_eq!(clock(&frozen.body["clocks"], "preservation_suit")["last_day"], "2026-12-10", "and thirty days to sue");
    let suit = json!({ "act_id": "S1", "kind": "suit", "on": "2026-11-16", "against": ["U1", "G1"], "evidence": ["court_receipt"] });
    assert_eq!(clock(&enter("acts", suit).body["clocks"], "preservation_suit")["status"], "preserved");
    let renewed = json!({ "act_id": "S2", "kind": "preservation_renewed", "on": "2026-11-20", "against": ["P1"], "evidence": ["court_receipt"] });
    let renewed = enter("acts", renewed);
    assert_eq!(clock(&renewed.body["clocks"], "preservation")["last_day"], "2027-11-20", "{}", renewed.body);

    let judgment = json!({
        "document_id": "J1", "kind": "judgment", "against": ["U1", "G1"], "effective_on": "2026-11-17", "perform_by": ["2026-11-19"],
        "evidence": ["court_receipt"],
    });
    let judged = enter("documents", judgment);
    assert_eq!(clock(&judged.body["clocks"], "enforcement")["last_day"], "2028-11-20", "two years, a Sunday moved: {}", judged.body);
    assert_eq!(now("limitation")["status"], "preserved", "the judgment has taken its place");

    let fire = json!({ "obstacle_id": "O1", "kind": "force_majeure", "from": "2026-11-01", "evidence": ["certificate"] });
    assert_eq!(enter("obstacles", fire.clone()).status, 201);
    assert_eq!(enter("obstacles", fire).body["code"], "E-CK-01");
    let end = |on: &str| json!({ "removed_on": on, "evidence": ["certificate"] });
    assert_eq!(enter("obstacles/O2/end", end("2026-11-19")).body["code"], "E-CK-10");
    assert_eq!(enter("obstacles/O1/end", end("2026-11-21")).body["code"], "E-CK-02");
    assert_eq!(enter("obstacles/O1/end", end("2026-11-19")).status, 201);
    assert_eq!(enter("obstacles/O1/end", end("2026-11-19")).body["code"], "E-CK-01");

    let page = bench.get("/api/v1/claims/L1/facts?limit=4", &lawyer);
    let rest = bench.get(&format!("/api/v1/claims/L1/facts?after={}", page.body["next"].as_str().unwrap()), &lawyer);
    let items = |page: &Value| page["items"].as_array().unwrap().clone();
    let all: Vec<Value> = [items(&page.body), items(&rest.body)].concat();
    let ids: Vec<&str> = all.iter().map(|fact| fact["fact_id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["O1", "P1", "S1", "J1", "O1-end", "S2"], "in the order they happened");
    assert!(all.iter().all(|fact| fact["entered_by"] == "P0001"));
}
