//! A server over a workspace of its own, two collectors, two cases, and a client.

use crate::described::Described;
use app::book_import::{BookImport, book_import};
use app::case_night::save_case;
use app::dayend_run::{FoldedBy, NightWanted, Writing, dayend_run};
use app::desk::{Call, Desk, stored};
use app::office::{desk_open, first_administrator};
use app::person::{PersonFile, Point, PointKind};
use app::sign_in::{self, PasswordChange};
use app::staff::{Employee, Work, staff_add};
use app::workspace::{Open, lock, workspace_init, workspace_open};
use authority::{BranchLevel, BranchPath, Employment, Post, Role, Staff};
use casework::Relation;
use casework::case::Case;
use casework::contact_gate::PointSource;
use casework::strategy::{DebtorType, Skill};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::fs;
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;
use store::audit::Chain;
use store::{FieldKind, PersonRow, Stamp, Store, WebhookRow};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use units::{Date, Moment};
use web::oidc::Oidc;
use web::{Clock, Server};

/// What everybody is given first.
pub const PASSWORD: &str = "Winter-2026-alt";

/// What everybody then chooses.
const CHOSEN: &str = "Sommer-2026-neu";

pub struct Bench {
    pub address: String,
    /// What the server stands on, to be told that its pack was changed.
    pub server: Server,
    runtime: Runtime,
    store: Store,
    clock: Arc<Mutex<Moment>>,
    dir: TempDir,
    described: OnceLock<Described>,
}

/// The files of a book: one customer with a guarantor and a house behind the loan, one with nothing.
const BOOK: [(&str, &str); 5] = [
    ("branches", "branch_id,name,region\nH,Head office,330100\n"),
    ("customers", "customer_id,name,kind,scale,industry\nU1,One,micro,,F5211\nU2,Two,individual,,\n"),
    (
        "loans",
        "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate,method,instalment_count,frequency,day_count,protection\n\
         L1,U1,H,business,20000.00,2025-06-20,2026-06-20,0.06,bullet,1,monthly,30_360,mortgage\n\
         L2,U2,H,personal,20000.00,2025-06-20,2026-06-20,0.06,bullet,1,monthly,30_360,credit\n",
    ),
    ("guarantees", "guarantee_id,loan_id,guarantor_id,form,amount,period_ends_on\nR1,L1,G1,joint,20000.00,\n"),
    (
        "collateral",
        "collateral_id,loan_id,kind,value,valued_on,registered_on,registration_expires_on,insurance_expires_on\n\
         K1,L1,house,30000.00,2026-01-20,2026-01-20,,2026-12-01\n",
    ),
];

/// The night before the day of the test.
const NIGHT: &str = "2026-11-19";

pub struct Answer {
    pub status: u16,
    pub body: Value,
    headers: BTreeMap<String, String>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

impl Bench {
    /// Over a file of its own.
    pub fn new() -> Bench {
        Bench::open(None, "", &[])
    }

    pub fn over(database: &str) -> Bench {
        Bench::open(Some(database), "", &[])
    }

    /// With more lines in its configuration, and files beside the workspace.
    pub fn configured(lines: &str, beside: &[(&str, &str)]) -> Bench {
        Bench::open(None, lines, beside)
    }

    fn open(database: Option<&str>, configured: &str, beside: &[(&str, &str)]) -> Bench {
        let dir = tempfile::tempdir().unwrap();
        let at = Moment::parse("2026-11-20 10:00:00").unwrap();
        let bank = dir.path().join("bank");
        workspace_init(&bank, "cn-bank", "Bench").map_err(|no| format!("{no:?}")).unwrap();
        beside.iter().for_each(|(name, text)| fs::write(dir.path().join(name), text).unwrap());
        let config = bank.join("postloan.toml");
        fs::write(&config, fs::read_to_string(&config).unwrap() + configured).unwrap();
        let open = workspace_open(&bank).map_err(|no| format!("{no:?}")).unwrap();
        book(&open, &dir.path().join("inbox"));
        let oidc = Oidc::configured(&open).map_err(|no| format!("{no:?}")).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let clock = Arc::new(Mutex::new(at));
        let (address, server, store) = runtime.block_on(async {
            let desk = desk_open(&open, database, at.day()).await.unwrap();
            people(&desk, at).await;
            let store = desk.store.clone();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let hand = clock.clone();
            let server = Server::new(desk, Clock::new(move || *hand.lock().unwrap())).with_oidc(oidc);
            tokio::spawn(web::serve(listener, server.clone(), std::future::pending()));
            (address, server, store)
        });
        Bench { address, server, runtime, store, clock, dir, described: OnceLock::new() }
    }

    /// A folder of the test's own.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    pub fn set_clock(&self, at: &str) {
        *self.clock.lock().unwrap() = Moment::parse(at).unwrap();
    }

    pub fn send(&self, method: &str, path: &str, token: Option<&str>, body: Option<&str>, key: Option<&str>) -> Answer {
        self.send_from(None, method, path, token, body, key)
    }

    /// From a browser that holds a cookie.
    pub fn send_from(&self, cookie: Option<&str>, method: &str, path: &str, token: Option<&str>, body: Option<&str>, key: Option<&str>) -> Answer {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{path}", self.address));
        let token = token.map(|token| format!("Bearer {token}"));
        for (name, value) in [("authorization", token), ("idempotency-key", key.map(str::to_owned)), ("cookie", cookie.map(str::to_owned))] {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let answered = match body {
            Some(body) => agent.run(request.header("content-type", "application/json").body(body.to_owned()).unwrap()),
            None => agent.run(request.body(()).unwrap()),
        };
        let mut answer = answered.unwrap();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
        let text = answer.body_mut().read_to_string().unwrap();
        let is_text = answer.headers().get("content-type").is_some_and(|kind| kind == "application/x-ndjson");
        let body = if is_text { Value::String(text) } else { serde_json::from_str(&text).unwrap_or(Value::Null) };
        let answer = Answer { status: answer.status().as_u16(), body, headers };
        if !path.ends_with("openapi.json") {
            let said = self.described.get_or_init(|| Described::of(self.send("GET", "/api/v1/openapi.json", None, None, None).body));
            said.check(method, path, &answer).unwrap_or_else(|wrong| panic!("{method} {path} {}: {wrong}: {}", answer.status, answer.body));
        }
        answer
    }

    /// How many events the audit trail holds: a command that writes leaves one.
    pub fn events(&self) -> i64 {
        match self.runtime.block_on(store::audit::verify(&self.store)).unwrap() {
            Chain::Whole { events, .. } => events,
            broken => panic!("{broken:?}"),
        }
    }

    /// Everything described, by path and method.
    pub fn operations(&self) -> Vec<(String, String, Value)> {
        let api = self.send("GET", "/api/v1/openapi.json", None, None, None).body;
        let paths = api["paths"].as_object().unwrap().clone();
        let all = paths.into_iter().flat_map(|(path, all)| {
            let methods: Vec<_> = all.as_object().unwrap().clone().into_iter().collect();
            methods.into_iter().map(move |(method, said)| (method.to_uppercase(), path.clone(), said))
        });
        all.collect()
    }

    pub fn get(&self, path: &str, token: &str) -> Answer {
        self.send("GET", path, Some(token), None, None)
    }

    pub fn post(&self, path: &str, token: Option<&str>, body: Value, key: Option<&str>) -> Answer {
        self.send("POST", path, token, Some(&body.to_string()), key)
    }

    /// A token of somebody who has chosen a password.
    pub fn sign_in(&self, staff_id: &str) -> String {
        let sign = |password: &str| self.post("/api/v1/session", None, json!({ "staff_id": staff_id, "password": password }), None);
        let first = sign(PASSWORD);
        if let Some(token) = first.body["token"].as_str() {
            let changed = self.post("/api/v1/session/password", Some(token), json!({ "old": PASSWORD, "new": CHOSEN }), None);
            assert_eq!(changed.status, 204, "{}", changed.body);
        }
        let signed = sign(CHOSEN);
        signed.body["token"].as_str().unwrap_or_else(|| panic!("{}", signed.body)).to_owned()
    }

    /// The status told to a body of more than a mebibyte; the rest of it is never sent.
    pub fn oversized(&self) -> u16 {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let head = "POST /api/v1/session HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 4000000\r\n\r\n";
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(&vec![b' '; (1 << 20) + 1]).unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).unwrap();
        std::str::from_utf8(&answer[9..]).unwrap().parse().unwrap()
    }

    /// Somebody who listens for one event: the request as it came.
    pub fn webhook(&self, topic: &str, secret: &str) -> JoinHandle<String> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/events", listener.local_addr().unwrap());
        self.runtime.block_on(async {
            let tx = self.store.begin().await.unwrap();
            let row = WebhookRow { webhook_id: "W1".to_owned(), url, state: "active".to_owned() };
            let at = *self.clock.lock().unwrap();
            stored(tx.save(&row, &json!({}), 0, Stamp { by: "bench", at }).await.unwrap()).unwrap();
            tx.personal_set("W1", FieldKind::WebhookSecret, &[secret]).await.unwrap();
            tx.webhook_topics_set("W1", &[topic]).await.unwrap();
            tx.commit().await.unwrap();
        });
        std::thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let (mut heard, mut some) = (Vec::new(), [0; 4096]);
            while !heard.ends_with(b"}") {
                let read = stream.read(&mut some).unwrap();
                assert!(read > 0, "ended early: {}", String::from_utf8_lossy(&heard));
                heard.extend_from_slice(&some[..read]);
            }
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
            String::from_utf8(heard).unwrap()
        })
    }
}

const STAFF: [(&str, Role, &str); 6] = [
    ("C0001", Role::Collector, "T1"),
    ("C0002", Role::Collector, "T2"),
    ("L0001", Role::TeamLead, "T1"),
    ("M0001", Role::BranchHead, ""),
    ("P0001", Role::AssetPreservationOfficer, "T1"),
    ("O0001", Role::ComplianceOfficer, ""),
];

/// Takes the book in and runs the night before.
fn book(open: &Open, inbox: &Path) {
    fs::create_dir(inbox).unwrap();
    for (table, rows) in BOOK {
        fs::write(inbox.join(format!("{table}.csv")), rows).unwrap();
    }
    let as_of = Date::parse(NIGHT).ok();
    let wanted = BookImport { from: inbox.to_owned(), as_of, ..BookImport::default() };
    book_import(open, &wanted, &mut |_| {}).map_err(|no| format!("{no:?}")).unwrap();
    let pack = open.pack(None).unwrap();
    let held = lock(open, "night").map_err(|no| format!("{no:?}")).unwrap();
    let wanted = NightWanted { business_date: as_of.unwrap(), known_on: None, writing: Writing::Keep };
    dayend_run(open, &held, &pack, &wanted, FoldedBy::ThisMachine, &mut |_| {}).map_err(|no| format!("{no:?}")).unwrap();
}

async fn people(desk: &Desk, at: Moment) {
    first_administrator(desk, "A0001", "A", PASSWORD, at).await.unwrap();
    let first = sign_in::sign_in(desk, "A0001", PASSWORD, at).await.unwrap();
    sign_in::password_change(desk, &first.token, None, PasswordChange { old: PASSWORD, new: CHOSEN }, at).await.unwrap();
    let call = Call { staff_id: "A0001".to_owned(), only: None, at, key: None };
    for (staff_id, role, team) in STAFF {
        let branch = BranchPath::from_stored("H");
        let (level, team_id) = (BranchLevel::HeadOffice, Some(team.to_owned()).filter(|team| !team.is_empty()));
        let post = Post { role, branch, level, team_id, from: at.day(), until: None };
        let employment = Employment::Active;
        let staff = Staff { staff_id: staff_id.to_owned(), name: "C".to_owned(), agency_id: None, employment, posts: vec![post] };
        let work = Some(Work { skills: Skill::ALL.to_vec(), capacity: 10, ..Work::default() });
        staff_add(desk, &call, &Employee { staff, work }, PASSWORD).await.unwrap();
    }
    let people = desk.people(at).await.unwrap();
    let stamp = Stamp { by: "bench", at };
    for number in 1..=2 {
        let tx = desk.store.begin().await.unwrap();
        save_case(&tx, &case(number), 0, &people, stamp).await.unwrap();
        let customer = format!("U{number}");
        let row = PersonRow { person_id: customer.clone(), customer_id: customer.clone(), relation: "debtor".to_owned() };
        let point = Point { key: format!("{customer}/phone/0"), kind: PointKind::Phone, position: 0, source: PointSource::Reserved, at_work: false, replaced_by: None };
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
            "bucket": "M5", "class": "D", "debtor_type": "hardship", "recoverability": "likely", "days_past_due": 153,
            "amount_past_due": "5,000.00", "outstanding": "20,000.00", "worsened_on": null,
        },
        "priority": { "points": 10 - number, "reasons": [] },
        "kept_until": null, "hardship_plan": null, "objection": null, "complaints": [], "hand_overs": [], "version": 7,
    });
    serde_json::from_value(value).unwrap()
}
