//! Lists: page after page, and only what was asked for.

use crate::bench::{Answer, Bench};
use serde_json::{Value, json};

fn ids(answer: &Answer, field: &str) -> Vec<String> {
    let items = answer.body["items"].as_array().unwrap_or_else(|| panic!("{}", answer.body));
    items.iter().map(|item| item.pointer(field).and_then(Value::as_str).unwrap_or_else(|| panic!("{item}")).to_owned()).collect()
}

/// Every identity of a list, read one row at a time; what a filter leaves out is made up for.
fn one_by_one(bench: &Bench, token: &str, path: &str, field: &str) -> Vec<String> {
    let (mut all, mut after) = (Vec::new(), String::new());
    loop {
        let page = bench.get(&format!("{path}limit=1{after}"), token);
        let rows = ids(&page, field);
        let is_full = rows.len() == 1;
        all.extend(rows);
        match page.body["next"].as_str() {
            Some(next) => {
                assert!(is_full, "{path}: a page that is not the last is full: {}", page.body);
                after = format!("&after={next}");
            }
            None => return all,
        }
    }
}

pub fn pages(bench: &Bench) {
    let (collector, compliance, administrator) = (bench.sign_in("C0001"), bench.sign_in("O0001"), bench.sign_in("A0001"));
    let get = |path: &str, token: &str| bench.get(&format!("/api/v1/{path}"), token);
    let everybody = ["A0001", "C0001", "C0002", "L0001", "M0001", "O0001", "P0001"];
    assert_eq!(one_by_one(bench, &compliance, "/api/v1/staff?", "/staff_id"), everybody);
    assert_eq!(ids(&get("staff?role=collector", &compliance), "/staff_id"), ["C0001", "C0002"]);
    assert_eq!(one_by_one(bench, &compliance, "/api/v1/staff?branch=H&role=collector&", "/staff_id"), ["C0001", "C0002"]);
    assert_eq!(get("staff?branch=B9", &compliance).body["items"], json!([]));
    assert_eq!(get("staff?employment=left", &compliance).body["items"], json!([]));

    let promise = |case: &str, amount: &str| {
        let said = json!({ "pay_on": "2026-11-22", "way": "bank_transfer", "amount": amount });
        assert_eq!(bench.post(&format!("/api/v1/cases/{case}/promises"), Some(&collector), said, None).status, 201);
    };
    promise("C-1", "100.00");
    promise("C-2", "200.00");
    assert_eq!(one_by_one(bench, &collector, "/api/v1/promises?on=2026-11-22&", "/promise_id"), ["P-C-1-1", "P-C-2-1"]);
    assert_eq!(get("promises?on=2026-11-22&state=kept", &collector).body["items"], json!([]));
    assert_eq!(get("promises?on=2026-11-22&owner=C0002", &collector).body["items"], json!([]));

    assert_eq!(ids(&get("cases?due_by=2026-11-20", &collector), "/case_id"), ["C-1", "C-2"]);
    assert_eq!(get("cases?due_by=2026-11-19", &collector).body["items"], json!([]));
    assert_eq!(ids(&get("cases?customer=U2", &collector), "/case_id"), ["C-2"]);
    assert_eq!(ids(&get("cases?branch=H", &compliance), "/case_id"), ["C-1", "C-2"]);

    for topic in ["case.opened", "case.closed"] {
        let wanted = json!({ "url": "http://127.0.0.1:9/none", "topics": [topic] });
        assert_eq!(bench.post("/api/v1/webhooks", Some(&administrator), wanted, None).status, 201);
    }
    assert_eq!(one_by_one(bench, &administrator, "/api/v1/webhooks?state=active&", "/webhook_id").len(), 2);
    assert_eq!(get("webhooks?state=stopped", &administrator).body["items"], json!([]));

    let waiver = json!({ "concession": { "decision": "waiver", "amount": "300.00", "what": "penalty interest" } });
    let settlement = json!({ "concession": { "decision": "settlement", "amount": "9,000.00", "what": "all of it by Friday" } });
    for case in ["C-1", "C-2"] {
        for asked in [&waiver, &settlement] {
            let answer = bench.post(&format!("/api/v1/cases/{case}/concessions"), Some(&collector), asked.clone(), None);
            assert_eq!(answer.status, 201, "{}", answer.body);
        }
    }
    assert_eq!(one_by_one(bench, &collector, "/api/v1/approvals/mine?kind=waiver&state=waiting&", "/approval/proposal/approval_id").len(), 2);
    assert_eq!(one_by_one(bench, &collector, "/api/v1/approvals/mine?kind=settlement&", "/approval/proposal/approval_id").len(), 2);
    assert_eq!(get("approvals/mine?kind=agency_placement", &collector).body["items"], json!([]));
    let lead = bench.sign_in("L0001");
    assert_eq!(one_by_one(bench, &lead, "/api/v1/approvals?kind=waiver&", "/approval/proposal/approval_id").len(), 2);

    assert_eq!(get("clocks?kind=limitation&state=expiring&by=2026-12-31", &collector).body["items"], json!([]));
    assert_eq!(get("agencies?record=clean", &compliance).body["items"], json!([]));
}
