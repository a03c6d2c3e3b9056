//! The API over a workspace of its own: a server on a free port, a plain client, a clock the test sets.

mod bench;
mod schemathesis;

use bench::{Bench, PASSWORD};
use serde_json::{Value, json};

#[test]
fn what_is_not_a_request_is_told_as_a_problem() {
    let bench = Bench::new();
    let check = |method: &str, path: &str, token: Option<&str>, body: Option<&str>, status: u16, code: &str| {
        let answer = bench.send(method, path, token, body, None);
        assert_eq!((answer.status, answer.body["code"].as_str().unwrap()), (status, code), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{method} {path}");
        assert!(["zh", "en"].iter().all(|lang| !answer.body["message"][lang].as_str().unwrap().contains('{')), "{}", answer.body);
    };
    check("GET", "/nothing", None, None, 404, "E-WB-03");
    check("GET", "/api/v1/nothing", None, None, 404, "E-WB-03");
    check("PUT", "/api/v1/cases", None, Some("{}"), 405, "E-WB-04");
    check("GET", "/api/v1/cases", None, None, 401, "E-SI-01");
    check("GET", "/api/v1/cases", Some("nobody"), None, 401, "E-SI-02");
    check("POST", "/api/v1/session", None, Some("{"), 400, "E-WB-01");
    check("POST", "/api/v1/session", None, Some("{\"staff_id\":1}"), 400, "E-WB-01");
    check("POST", "/api/v1/session", None, Some("{\"staff_id\":\"C0001\",\"password\":\"wrong\"}"), 401, "E-AU-78");
    let collector = bench.sign_in("C0001");
    check("GET", "/api/v1/cases?limit=many", Some(&collector), None, 400, "E-WB-01");
    check("GET", "/api/v1/cases?after=zz", Some(&collector), None, 400, "E-WB-01");
    check("GET", "/api/v1/cases/C-9", Some(&collector), None, 404, "E-AP-01");
    check("POST", "/api/v1/cases/C-1/promises", Some(&collector), Some("[]"), 400, "E-WB-01");
    check("POST", "/api/v1/persons/search", Some(&collector), Some("{\"name\":\"\\u0000\"}"), 400, "E-WB-01");
    check("GET", "/api/v1/cases/C%00", Some(&collector), None, 400, "E-WB-01");
    assert_eq!(bench.oversized(), 413);
}

#[test]
fn the_first_password_is_good_for_choosing_another() {
    let bench = Bench::new();
    let begun = bench.post("/api/v1/session", None, json!({ "staff_id": "C0002", "password": PASSWORD }), None);
    assert_eq!((begun.status, begun.body["good_for"].as_str().unwrap()), (201, "password_change"));
    let token = begun.body["token"].as_str().unwrap();
    let refused = bench.get("/api/v1/cases", token);
    assert_eq!((refused.status, refused.body["code"].as_str().unwrap()), (403, "E-AU-81"));
    let own = json!({ "old": PASSWORD, "new": "Herbst-2026-neu" });
    assert_eq!(bench.post("/api/v1/session/password", Some(token), own, None).status, 204);
    assert_eq!(bench.get("/api/v1/me", token).status, 401, "its sessions ended");
    let again = bench.post("/api/v1/session", None, json!({ "staff_id": "C0002", "password": "Herbst-2026-neu" }), None);
    let token = again.body["token"].as_str().unwrap();
    let me = bench.get("/api/v1/me", token);
    assert_eq!((me.status, me.body["staff_id"].as_str().unwrap()), (200, "C0002"));
    assert_eq!(bench.send("DELETE", "/api/v1/session", Some(token), None, None).status, 204);
    assert_eq!(bench.get("/api/v1/me", token).body["code"], "E-AU-79");
}

#[test]
fn a_collector_works_the_queue() {
    let bench = Bench::new();
    let token = bench.sign_in("C0001");
    let queue = bench.get("/api/v1/cases?limit=1", &token);
    assert_eq!(queue.body["items"][0]["case_id"], "C-1", "{}", queue.body);
    let next = queue.body["next"].as_str().unwrap();
    let rest = bench.get(&format!("/api/v1/cases?after={next}"), &token);
    assert_eq!((rest.body["items"][0]["case_id"].as_str(), &rest.body["next"]), (Some("C-2"), &Value::Null));
    assert_eq!(bench.get("/api/v1/cases/next?done=C-1", &token).body["case"]["case_id"], "C-2");
    assert_eq!(bench.get("/api/v1/cases/C-1", &token).body["version"], 7);
    let other = bench.sign_in("C0002");
    let refused = bench.get("/api/v1/cases/C-1", &other);
    assert_eq!(refused.status, 403, "{}", refused.body);
    let people = bench.get("/api/v1/customers/U1/persons", &token);
    assert_eq!(people.status, 200);
    assert!(!people.body.to_string().contains("13800005678"), "masked");
    let found = bench.post("/api/v1/persons/search", Some(&token), json!({ "phone_tail": "5678" }), None);
    assert_eq!(found.body["items"][0]["customer_id"], "U1");
    assert_eq!(bench.get("/api/v1/clocks", &token).body["items"], json!([]));
}

#[test]
fn the_gate_refuses_at_half_past_ten_at_night_and_says_when() {
    let bench = Bench::new();
    let wanted = json!({ "person_id": "U1", "channel": "call", "purpose": "collect", "point": "U1/phone/0" });
    let token = bench.sign_in("C0001");
    let begun = bench.post("/api/v1/cases/C-1/contacts", Some(&token), wanted.clone(), Some("k1"));
    assert_eq!(begun.status, 201, "{}", begun.body);
    let contact = begun.body["contact"]["contact_id"].as_str().unwrap();
    let outcome = format!("/api/v1/cases/C-1/contacts/{contact}/outcome");
    let recorded = bench.post(&outcome, Some(&token), json!({ "result": "no_answer", "seconds": 20 }), Some("k2"));
    assert_eq!(recorded.status, 201, "{}", recorded.body);
    assert_eq!(bench.post(&outcome, Some(&token), json!({ "result": "reached" }), None).body["code"], "E-CW-02");
    bench.set_clock("2026-11-20 22:30:00");
    let token = bench.sign_in("C0001");
    let refused = bench.post("/api/v1/cases/C-1/contacts", Some(&token), wanted, None);
    assert_eq!((refused.status, refused.body["code"].as_str().unwrap()), (422, "E-CG-09"), "{}", refused.body);
    let facts = &refused.body["facts"];
    assert!(facts["next_slot"].as_str().unwrap().starts_with("2026-11-21 0"), "{facts}");
    assert!(["rule", "article"].iter().all(|fact| !facts[fact].as_str().unwrap().is_empty()), "{facts}");
}

#[test]
fn a_promise_has_its_elements_and_is_made_once() {
    let bench = Bench::new();
    let token = bench.sign_in("C0001");
    let path = "/api/v1/cases/C-1/promises";
    let said = json!({ "pay_on": "2026-11-22", "way": "bank_transfer", "amount": "1,000.00" });
    let without = bench.post(path, Some(&token), json!({ "pay_on": "2026-11-22", "way": "bank_transfer" }), None);
    assert_eq!((without.status, without.body["code"].as_str().unwrap()), (422, "E-PR-03"), "{}", without.body);
    let first = bench.post(path, Some(&token), said.clone(), Some("p1"));
    assert_eq!(first.status, 201, "{}", first.body);
    let again = bench.post(path, Some(&token), said.clone(), Some("p1"));
    assert_eq!((again.status, &again.body), (201, &first.body));
    let other = bench.post(path, Some(&token), json!({ "pay_on": "2026-11-23", "way": "bank_transfer", "amount": "1.00" }), Some("p1"));
    assert_eq!((other.status, other.body["code"].as_str().unwrap()), (409, "E-AP-03"));
    assert_eq!(bench.get(&format!("{path}x"), &token).status, 404);
    let calendar = bench.get("/api/v1/promises?on=2026-11-22", &token);
    assert_eq!(calendar.body["items"].as_array().unwrap().len(), 1, "{}", calendar.body);
}

#[test]
fn the_second_editor_is_told() {
    let bench = Bench::new();
    let token = bench.sign_in("C0001");
    let act = |act: Value| bench.post("/api/v1/cases/C-1/acts", Some(&token), json!({ "version": 7, "act": act }), None);
    let first = act(json!({ "do": "object", "objection_id": "O-1", "what": "says it was paid" }));
    assert_eq!((first.status, &first.body["version"]), (200, &json!(8)), "{}", first.body);
    let second = act(json!({ "do": "complain", "complaint_id": "T-1", "what": "called too often" }));
    assert_eq!((second.status, second.body["code"].as_str().unwrap()), (409, "E-CS-01"), "{}", second.body);
}

#[test]
fn an_event_reaches_its_webhook_signed() {
    let bench = Bench::new();
    let other_side = bench.webhook("promise.made", "secret");
    let token = bench.sign_in("C0001");
    let said = json!({ "pay_on": "2026-11-22", "way": "bank_transfer", "amount": "1,000.00" });
    assert_eq!(bench.post("/api/v1/cases/C-1/promises", Some(&token), said, None).status, 201);
    let heard = other_side.join().unwrap();
    let (head, body) = heard.split_once("\r\n\r\n").unwrap();
    let signature = web::delivery::signature("secret", body);
    assert!(head.to_lowercase().contains(&format!("x-postloan-signature: {signature}")), "{head}");
    assert_eq!(serde_json::from_str::<Value>(body).unwrap()["topic"], "promise.made");
}

#[test]
fn every_operation_is_described() {
    let bench = Bench::new();
    let api = bench.send("GET", "/api/v1/openapi.json", None, None, None).body;
    assert_eq!(api["openapi"], "3.1.0");
    let operations = api["paths"].as_object().unwrap().iter().flat_map(|(path, all)| all.as_object().unwrap().iter().map(move |one| (path, one)));
    for (path, (method, operation)) in operations {
        for status in ["400", "401", "403", "404", "409", "413", "422", "429"] {
            let kind = &operation["responses"][status]["content"]["application/problem+json"]["schema"]["$ref"];
            assert_eq!(kind, "#/components/schemas/Problem", "{method} {path} {status}");
        }
        assert!(operation["summary"].is_string(), "{method} {path}");
    }
}
