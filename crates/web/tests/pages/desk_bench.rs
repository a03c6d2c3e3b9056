//! Two teams, two cases and a compliance officer, and somebody who reads pages and sends their forms.

use app::case_night::save_case;
use app::desk::{Call, Desk, stored};
use app::office::{desk_open, first_administrator};
use app::person::{PersonFile, Point, PointKind};
use app::staff::{Employee, Work, staff_add};
use app::workspace::workspace_init_demo;
use authority::{BranchLevel, BranchPath, Employment, Post, Role, Staff};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use casework::Relation;
use casework::case::Case;
use casework::contact_gate::PointSource;
use casework::strategy::{DebtorType, Skill};
use serde_json::json;
use std::sync::{Arc, Mutex};
use store::{FieldKind, PersonRow, Stamp};
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use units::Moment;
use web::{Clock, Server};

const PASSWORD: &str = "Winter-2026-alt";

pub struct Bench {
    pages: Router,
    runtime: Runtime,
    clock: Arc<Mutex<Moment>>,
    _folder: TempDir,
}

/// An answer as a browser has it.
pub struct Page {
    pub status: u16,
    pub location: String,
    pub text: String,
}

impl Page {
    /// Panics unless the page says all of this.
    pub fn says(self, words: &str) -> Page {
        assert!(self.text.contains(words), "says no {words:?}:\n{}", self.text);
        self
    }

    pub fn says_not(self, words: &str) -> Page {
        assert!(!self.text.contains(words), "says {words:?}");
        self
    }

    /// The value of the first field of this name.
    pub fn field(&self, name: &str) -> String {
        let from = self.text.split(&format!("name=\"{name}\" value=\"")).nth(1).unwrap_or_else(|| panic!("no field {name}:\n{}", self.text));
        from.split('"').next().unwrap().to_owned()
    }
}

/// Somebody who has signed in.
pub struct Browser<'a> {
    bench: &'a Bench,
    cookie: String,
}

impl Bench {
    pub fn new() -> Bench {
        let folder = tempfile::tempdir().unwrap();
        let at = Moment::parse("2026-11-20 10:00:00").unwrap();
        let open = workspace_init_demo(&folder.path().join("bank"), "cn-bank", "Bench").map_err(|no| format!("{no:?}")).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(Mutex::new(at));
        let hand = clock.clone();
        let pages = runtime.block_on(async {
            let desk = desk_open(&open, None, at.day()).await.unwrap();
            people(&desk, at).await;
            web::router(Server::new(desk, Clock::new(move || *hand.lock().unwrap())))
        });
        Bench { pages, runtime, clock, _folder: folder }
    }

    pub fn set_clock(&self, at: &str) {
        *self.clock.lock().unwrap() = Moment::parse(at).unwrap();
    }

    fn send(&self, request: Request<Body>) -> (Page, Vec<String>) {
        self.runtime.block_on(async {
            let answer = self.pages.clone().oneshot(request).await.unwrap();
            let of = |name: header::HeaderName| answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect::<Vec<_>>();
            let (cookies, location) = (of(header::SET_COOKIE), of(header::LOCATION).pop().unwrap_or_default());
            let status = answer.status().as_u16();
            let text = String::from_utf8(to_bytes(answer.into_body(), 1 << 24).await.unwrap().to_vec()).unwrap();
            (Page { status, location, text }, cookies)
        })
    }

    pub fn sign_in(&self, staff_id: &str) -> Browser<'_> {
        let request = Request::post("/sign-in/demo").header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        let (_, cookies) = self.send(request.body(Body::from(format!("staff_id={staff_id}&to=/"))).unwrap());
        let session = cookies.iter().find(|cookie| cookie.starts_with("postloan_session=")).expect("a session");
        Browser { bench: self, cookie: format!("{}; postloan_lang=en", session.split(';').next().unwrap()) }
    }
}

impl Browser<'_> {
    pub fn get(&self, path: &str) -> Page {
        self.bench.send(Request::get(path).header(header::COOKIE, &self.cookie).body(Body::empty()).unwrap()).0
    }

    /// Sends a form of the page at `from`, under a key of that page.
    pub fn fill(&self, from: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from);
        let key = page.field("_key");
        self.fill_once(&page, from, &key, action, fields)
    }

    /// The same under a key the test keeps.
    pub fn fill_once(&self, page: &Page, from: &str, key: &str, action: &str, fields: &[(&str, &str)]) -> Page {
        let csrf = page.field("_csrf");
        let hidden = [("_csrf", csrf.as_str()), ("_key", key), ("_from", from)];
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(hidden.iter().chain(fields));
        let request = Request::post(action).header(header::COOKIE, &self.cookie).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.bench.send(request.body(Body::from(body.finish())).unwrap()).0
    }
}

async fn people(desk: &Desk, at: Moment) {
    first_administrator(desk, "A0001", "A", PASSWORD, at).await.map_err(|no| format!("{no:?}")).unwrap();
    let call = Call { staff_id: "A0001".to_owned(), only: None, at, key: None };
    let posts = [
        ("C0001", Role::Collector, Some("T1")),
        ("C0002", Role::Collector, Some("T2")),
        ("C0003", Role::Collector, Some("T1")),
        ("L0001", Role::TeamLead, Some("T1")),
        ("O0001", Role::ComplianceOfficer, None),
    ];
    for (staff_id, role, team) in posts {
        let (branch, level, team_id) = (BranchPath::from_stored("H"), BranchLevel::HeadOffice, team.map(str::to_owned));
        let post = Post { role, branch, level, team_id, from: at.day(), until: None };
        let employment = Employment::Active;
        let staff = Staff { staff_id: staff_id.to_owned(), name: format!("N{staff_id}"), agency_id: None, employment, posts: vec![post] };
        let skills = vec![Skill::Negotiation, Skill::Reminder];
        let work = (role == Role::Collector).then(|| Work { capacity: 10, skills, ..Work::default() });
        staff_add(desk, &call, &Employee { staff, work }, PASSWORD).await.map_err(|no| format!("{no:?}")).unwrap();
    }
    let people = desk.people(at).await.unwrap();
    let stamp = Stamp { by: "bench", at };
    for number in 1..=2 {
        let tx = desk.store.begin().await.unwrap();
        save_case(&tx, &case(number), 0, &people, stamp).await.unwrap();
        let customer = format!("U{number}");
        let row = PersonRow { person_id: customer.clone(), customer_id: customer.clone(), relation: "debtor".to_owned() };
        let point = Point { key: format!("{customer}/phone/0"), kind: PointKind::Phone, position: 0, source: PointSource::Reserved };
        let file = PersonFile {
            relation: Relation::Debtor,
            points: vec![point],
            documents: Vec::new(),
            circumstances: Vec::new(),
            under_way: Vec::new(),
            debtor_type: DebtorType::Unknown,
            language: "zh".to_owned(),
        };
        stored(tx.save(&row, &file, 0, stamp).await.unwrap()).unwrap();
        tx.personal_set(&customer, FieldKind::Name, &[&format!("Debtor {number}")]).await.unwrap();
        tx.personal_set(&customer, FieldKind::Phone, &[&format!("1380000{}", 5677 + number)]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// An open case of 2026-11-02 in the hands of C0001, 5,000.00 past due, with a call due today.
fn case(number: i64) -> Case {
    let next = json!({
        "action": "contact", "channel": "call", "script": "past_due", "approach": "empathy",
        "due_on": "2026-11-20", "set_on": "2026-11-19", "set_by": null,
    });
    let value = json!({
        "case_id": format!("C-{number}"),
        "customer_id": format!("U{number}"),
        "place": { "branch_id": "H", "region": "east", "language": "zh" },
        "loans": [format!("L{number}")],
        "opened_on": "2026-11-02",
        "opened_because": "past_due",
        "standing": { "open": { "owner": { "staff": "C0001" }, "borrowed": null, "next_action": next } },
        "hand": 2,
        "course": { "rule_id": "strategy.m2", "arm": "champion", "skill": "negotiation", "rung": 0 },
        "facts": {
            "bucket": "M2", "class": "D", "debtor_type": "unknown", "recoverability": "likely", "days_past_due": 40,
            "amount_past_due": "5,000.00", "outstanding": "20,000.00", "worsened_on": null,
        },
        "priority": { "points": 10 - number, "reasons": [["action_due", 10 - number]] },
        "kept_until": null, "hardship_plan": null, "objection": null, "complaints": [], "hand_overs": [], "version": 7,
    });
    serde_json::from_value(value).unwrap()
}
