//! The API over a workspace of its own: a server on a free port, a plain client, a clock the test sets. Every answer is
//! compared with its description.

mod bench;
mod clocks;
mod described;
mod lists;
mod oidc;
mod once;
#[path = "../../../store/tests/conformance/postgres.rs"]
mod postgres;
mod schemathesis;

use bench::{Bench, PASSWORD};
use serde_json::{Value, json};

/// Each story on SQLite in a test of its own; all of them on PostgreSQL.
macro_rules! stories {
    ($($story:path as $name:ident),+ $(,)?) => {
        $(#[test]
        fn $name() {
            $story(&Bench::new());
        })+

        #[test]
        fn postgresql_answers_alike() {
            let server = postgres::Server::start();
            for (name, story) in [$((stringify!($name), $story as fn(&Bench))),+] {
                println!("{name}");
                server.create(name);
                story(&Bench::over(&server.url(name)));
            }
        }
    };
}

stories! {
    not_a_request as what_is_not_a_request_is_told_as_a_problem,
    first_password as the_first_password_is_good_for_choosing_another,
    queue as a_collector_works_the_queue,
    contact as the_gate_refuses_at_half_past_ten_at_night_and_says_when,
    promise as a_promise_has_its_elements_and_is_made_once,
    second_editor as the_second_editor_is_told,
    webhook as an_event_reaches_its_webhook_signed,
    described_all as every_operation_is_described,
    once::commands as every_command_is_carried_out_once,
    once::hand_over as a_hand_over_is_heard_again_though_the_case_is_gone,
    clocks::acts as a_lawyer_enters_an_act_and_the_clock_moves,
    clocks::papers as court_papers_preservations_and_obstacles_move_clocks,
    lists::pages as lists_come_in_pages_and_are_filtered,
}

fn not_a_request(bench: &Bench) {
    let check = |method: &str, path: &str, token: Option<&str>, body: Option<&str>, status: u16, code: &str| {
        let answer = bench.send(method, path, token, body, None);
        assert_eq!((answer.status, answer.body["code"].as_str().unwrap()), (status, code), "{method} {path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        assert_eq!(answer.header("cache-control"), "no-store", "{method} {path}");
        assert!(["zh", "en"].iter().all(|lang| !answer.body["message"][lang].as_str().unwrap().contains('{')), "{}", answer.body);
    };
    // Outside the API it is a page that says so.
    let page = bench.send("GET", "/nothing", None, None, None);
    assert_eq!((page.status, page.header("content-type").split(';').next()), (404, Some("text/html")));
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

fn first_password(bench: &Bench) {
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

fn queue(bench: &Bench) {
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

fn contact(bench: &Bench) {
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

fn promise(bench: &Bench) {
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

fn second_editor(bench: &Bench) {
    let token = bench.sign_in("C0001");
    let act = |act: Value| bench.post("/api/v1/cases/C-1/acts", Some(&token), json!({ "version": 7, "act": act }), None);
    let first = act(json!({ "do": "object", "objection_id": "O-1", "what": "says it was paid" }));
    assert_eq!((first.status, &first.body["version"]), (200, &json!(8)), "{}", first.body);
    let second = act(json!({ "do": "complain", "complaint_id": "T-1", "what": "called too often" }));
    assert_eq!((second.status, second.body["code"].as_str().unwrap()), (409, "E-CS-01"), "{}", second.body);
}

fn webhook(bench: &Bench) {
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

fn described_all(bench: &Bench) {
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

/// A pack of the lender's own that asks for longer passwords.
fn pack(shortest: &str) -> String {
    format!(
        "[pack]\nid = \"house\"\nversion = \"1\"\ntitle_zh = \"x\"\ntitle_en = \"House\"\nextends = \"cn-collections\"\n\n\
         [[rule]]\nid = \"sign_in\"\nkind = \"sign_in\"\ntitle_zh = \"x\"\ntitle_en = \"Signing in\"\narticle = \"house\"\nsource = \"house\"\n\
         certainty = \"D\"\neffective_from = 2026-01-01\n\n[rule.params]\nshortest_password = {shortest}\nlongest_password_bytes = 128\n\
         kinds_of_character = 3\nnever_contains = []\npassword_days = 90\nlock_after_failures = 5\nfailures_within_minutes = 15\n\
         locked_for_minutes = 30\nsession_idle_minutes = 30\nsession_longest_minutes = 600\n"
    )
}

#[test]
fn a_changed_pack_holds_without_a_restart() {
    let bench = Bench::configured("\ncasework_pack = \"../house.toml\"\n", &[("house.toml", &pack("10"))]);
    let administrator = bench.sign_in("A0001");
    let give = |password: &str| {
        let body = json!({ "password": password }).to_string();
        bench.send("PUT", "/api/v1/staff/C0001/password", Some(&administrator), Some(&body), None)
    };
    assert_eq!(give("Sommer-26-x").status, 204);
    std::fs::write(bench.dir().join("house.toml"), pack("30")).unwrap();
    assert_eq!(give("Winter-26-x").status, 204, "not before it is looked at");
    bench.server.rules_renew();
    let refused = give("Herbst-26-x");
    assert_eq!((refused.status, refused.body["code"].as_str()), (422, Some("E-AU-71")), "{}", refused.body);
    std::fs::write(bench.dir().join("house.toml"), pack("\"long\"")).unwrap();
    bench.server.rules_renew();
    assert_eq!(give("Herbst-26-x").body["facts"]["least"], "30", "a pack with a mistake leaves the rules that hold");
}
