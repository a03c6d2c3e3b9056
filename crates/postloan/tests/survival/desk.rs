//! A night killed while it is applied to the desk: the same command again, and every case, clock, event and line of the
//! audit trail is as if nothing had happened.

use super::{bytes_below, carried_out, postloan, stage};
use app::case::{CaseFilter, case_list};
use app::contact::{ContactOutcome, ContactWanted, contact_begin, contact_record};
use app::desk::{Call, Desk};
use app::office::{blocking, demo_staff, desk_open};
use app::promise::{PromiseSaid, promise_record};
use app::staff::staff_employ;
use app::webhook::{WebhookWanted, webhook_add};
use app::workspace::workspace_open;
use authority::{Employment, Role};
use casework::case::Owner;
use casework::promise::PaymentWay;
use casework::{Channel, ContactResult, Purpose};
use serde_json::Value;
use sim::population::words::INSTITUTION;
use sim::population::{Scale, generate};
use sim::random::Random;
use std::collections::BTreeMap;
use std::fmt::Debug;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::Child;
use std::thread;
use std::time::{Duration, Instant};
use store::audit::{Chain, verify};
use store::{CaseRow, ClockRow, PersonRow, PlacementRow, PromiseRow, Row, WebhookRow};
use units::{Date, Moment, Money};

/// The first night opens a desk full of cases; the later ones follow a day of work: promises run out, somebody has left.
const SCENES: [(&str, &[&str]); 2] = [
    ("day-end bank --date 2026-09-14 --through 2026-09-15", &["2026-09-14", "2026-09-15"]),
    ("day-end bank --date 2026-09-16 --through 2026-09-19", &["2026-09-16", "2026-09-17", "2026-09-18", "2026-09-19"]),
];

fn date(text: &str) -> Date {
    Date::parse(text).expect("a date")
}

fn call(staff_id: &str, at: Moment) -> Call {
    Call { staff_id: staff_id.to_owned(), only: None, at, key: None }
}

/// With the desk of the bank in a folder.
fn at_desk<T>(folder: &Path, work: impl AsyncFnOnce(&Desk) -> T) -> T {
    let open = workspace_open(&folder.join("bank")).expect("a workspace");
    let worked = blocking(async {
        let desk = desk_open(&open, None, date("2026-09-14")).await?;
        Ok(work(&desk).await)
    });
    worked.expect("a desk")
}

/// A book of a bad year: of two loans in three no money has come since the summer.
fn deliver(folder: &Path) {
    let inbox = folder.join("inbox");
    fs::create_dir(&inbox).expect("a folder");
    let is_missed = |row: sim::population::table::Row| {
        let (last, paid_on) = (row.get("loan_id").bytes().last(), Date::parse(row.get("paid_on")));
        last.is_some_and(|digit| digit % 3 != 0) && paid_on.is_ok_and(|paid_on| paid_on > date("2026-06-30"))
    };
    let book = generate(&Scale::small(250), 7, date("2026-09-30"));
    for table in book.tables.iter().filter(|table| !table.is_empty()) {
        let text = if table.name == "repayments" { table.csv_of(|row| !is_missed(row)) } else { table.csv() };
        fs::write(inbox.join(format!("{}.csv", table.name)), text).expect("a file");
    }
}

/// The people of the book come to work, and somebody outside listens.
fn staff(folder: &Path) {
    at_desk(folder, async |desk| {
        let at = Moment::new(date("2026-09-14"), 0);
        let role_of = |post: &str| {
            let place = INSTITUTION.posts.iter().position(|known| known == post)?;
            Role::from_code(&INSTITUTION.roles[place])
        };
        demo_staff(desk, &role_of, at, "Lan-Qiao-2026").await.expect("people");
        let topics = ["case.opened", "case.handed_over", "case.escalated", "case.closed", "case.changed", "clock.signal", "promise.kept", "promise.broken"];
        let wanted = WebhookWanted { url: "https://listener.example/events".to_owned(), topics: topics.map(str::to_owned).to_vec() };
        webhook_add(desk, &call("A0001", at), &wanted).await.expect("a webhook");
    });
}

/// A day of work: debtors are called and promise something, and who has most to do leaves.
fn work(folder: &Path) {
    at_desk(folder, async |desk| {
        let at = Moment::new(date("2026-09-16"), 10 * 3600);
        let people = desk.people(at).await.expect("people");
        let mut loads: BTreeMap<String, usize> = BTreeMap::new();
        for path in people.branches.values() {
            let filter = CaseFilter { branch: Some(path.branch_id().to_owned()), ..CaseFilter::default() };
            let (cases, _) = case_list(desk, &call("A0002", at), &filter, None, 500).await.expect("compliance sees every case");
            for case in cases.iter().filter(|case| case.branch == path.as_str()) {
                let Some(Owner::Staff(owner)) = case.case.owner() else { continue };
                *loads.entry(owner.clone()).or_default() += 1;
                promise(desk, owner, &case.case.case_id, &case.case.customer_id, at).await;
            }
        }
        let (leaver, cases) = loads.iter().max_by_key(|(_, cases)| **cases).expect("somebody has cases");
        assert!(*cases > 4, "hardly anybody works: {loads:?}");
        staff_employ(desk, &call("A0001", at), leaver, Employment::Left).await.expect("an administrator lets people go");
    });
}

/// A call, if it is allowed, and what it brought.
async fn promise(desk: &Desk, owner: &str, case_id: &str, customer: &str, at: Moment) {
    let wanted = ContactWanted {
        person_id: customer.to_owned(),
        channel: Channel::Call,
        purpose: Purpose::Collect,
        point: format!("{customer}/phone/0"),
        at: None,
        people: 1,
        manners: Vec::new(),
    };
    let Ok(begun) = contact_begin(desk, &call(owner, at), case_id, &wanted).await else { return };
    let contact_id = begun.contact.contact_id;
    let outcome = ContactOutcome { result: ContactResult::Promised, seconds: 60, note: String::new() };
    contact_record(desk, &call(owner, at), case_id, &contact_id, &outcome).await.expect("what was begun is recorded");
    let said = PromiseSaid {
        contact_id: Some(contact_id),
        pay_on: Some(at.day()),
        way: Some(PaymentWay::BankTransfer),
        amount: Some(Money::from_fen(10_000)),
    };
    // Some owe less than that.
    let _ = promise_record(desk, &call(owner, at), case_id, &said).await;
}

/// Everything the desk keeps of its nights, as text; what is sealed, opened.
fn kept(folder: &Path) -> Vec<String> {
    at_desk(folder, async |desk| {
        let store = &desk.store;
        let mut lines = Vec::new();
        lines.extend(rows::<CaseRow>(desk).await);
        lines.extend(rows::<PromiseRow>(desk).await);
        lines.extend(rows::<ClockRow>(desk).await);
        lines.extend(rows::<PlacementRow>(desk).await);
        lines.extend(rows::<PersonRow>(desk).await);
        for person in store.all::<PersonRow, Value>().await.expect("persons") {
            let fields = store.personal(&person.row.person_id).await.expect("opened fields");
            lines.extend(fields.iter().map(|field| format!("{} {:?} {} {}", person.row.person_id, field.kind, field.position, field.value)));
        }
        for day in SCENES.iter().flat_map(|(_, days)| *days) {
            lines.push(format!("{:?}", store.chunks_applied(date(day)).await.expect("chunks")));
        }
        let (mut after, from, until) = (None, Moment::new(Date::MIN, 0), Moment::new(date("2027-01-01"), 0));
        loop {
            let page = store.audit_between(from, until, after.as_ref(), 500).await.expect("a trail");
            lines.extend(page.rows.iter().map(|record| format!("{record:?}")));
            after = page.next;
            if after.is_none() {
                break;
            }
        }
        for webhook in store.all::<WebhookRow, Value>().await.expect("webhooks") {
            let mut after = None;
            loop {
                let page = store.delivery_of_webhook(&webhook.row.webhook_id, after.as_ref(), 500).await.expect("events");
                lines.extend(page.rows.iter().map(|delivery| format!("{delivery:?}")));
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        let chain = verify(store).await.expect("a chain");
        assert!(matches!(chain, Chain::Whole { .. }), "{chain:?}");
        lines
    })
}

async fn rows<R: Row + Debug>(desk: &Desk) -> Vec<String> {
    let rows = desk.store.all::<R, Value>().await.expect("a table");
    rows.iter().map(|kept| format!("{kept:?}")).collect()
}

/// Chunks of a night that were written.
fn written(folder: &Path, day: &str) -> usize {
    at_desk(folder, async |desk| desk.store.chunks_applied(date(day)).await.expect("chunks").len())
}

/// A command never disturbed (未受干扰的经过): the files before it, what the desk keeps after it, how long each night was applied.
struct Scene {
    before: BTreeMap<PathBuf, Vec<u8>>,
    after: Vec<String>,
    applied_in: Vec<Duration>,
}

/// A night is told when it is kept, and again when the desk has it.
fn lines_of(child: &mut Child) -> impl Iterator<Item = Instant> {
    let lines = BufReader::new(child.stdout.take().expect("it is listened to")).lines();
    lines.map(|line| line.map(|_| Instant::now()).expect("text"))
}

impl Scene {
    fn live(folder: &Path, line: &str, nights: usize) -> Scene {
        let before = bytes_below(folder);
        let mut child = postloan(folder, line).spawn().expect("the program starts");
        let told: Vec<Instant> = lines_of(&mut child).collect();
        assert!(child.wait().expect("it ends").success(), "{line}");
        let applied_in = told.chunks(2).take(nights).map(|pair| pair[1] - pair[0]).collect();
        Scene { before, after: kept(folder), applied_in }
    }
}

fn scenes() -> Vec<Scene> {
    let folder = tempfile::tempdir().expect("a folder");
    deliver(folder.path());
    carried_out(folder.path(), "init bank");
    carried_out(folder.path(), "import bank --from inbox --as-of 2026-09-30");
    staff(folder.path());
    let first = Scene::live(folder.path(), SCENES[0].0, SCENES[0].1.len());
    work(folder.path());
    vec![first, Scene::live(folder.path(), SCENES[1].0, SCENES[1].1.len())]
}

/// Kills nights while they are applied, some of them between the first chunk and the last.
fn kill_while_applied(times: u64, seed: u64) {
    let scenes = scenes();
    let mut at_work = 0;
    for time in 0..times {
        let place = (time % 2) as usize;
        let (scene, (line, days)) = (&scenes[place], SCENES[place]);
        let mut random = Random::stream(seed, "kill_while_applied", time);
        let night = random.below(days.len() as u64) as usize;
        // The desk is opened and the night planned before the first chunk is written.
        let moment = scene.applied_in[night] * random.between(250, 1000) as u32 / 1000;
        let stage = stage(&scene.before);
        let mut child = postloan(stage.path(), line).spawn().expect("the program starts");
        lines_of(&mut child).nth(2 * night).expect("the night is told");
        thread::sleep(moment);
        child.kill().expect("it can be killed");
        child.wait().expect("it ends");
        let chunks = written(stage.path(), days[night]);
        let all = written_when_whole(scene, days[night]);
        at_work += u64::from(0 < chunks && chunks < all);
        carried_out(stage.path(), line);
        let again = kept(stage.path());
        let different = again.iter().zip(&scene.after).find(|(again, whole)| again != whole);
        assert!(
            different.is_none() && again.len() == scene.after.len(),
            "seed {seed}, kill {time}: {line}, night {night} after {moment:?} with {chunks} of {all} chunks: {different:#?}"
        );
    }
    println!("{times} nights killed while they were applied, {at_work} between the first chunk and the last");
    assert!(at_work * 8 >= times, "only {at_work} of {times} were killed between the first chunk and the last");
}

/// Chunks of a night, as the undisturbed desk lists them.
fn written_when_whole(scene: &Scene, day: &str) -> usize {
    let chunks = scene.after.iter().find(|line| line.starts_with("[ChunkKey") && line.contains(&format!("{:?}", date(day))));
    chunks.map_or(0, |line| line.matches("ChunkKey").count())
}

#[test]
fn a_night_killed_while_it_is_applied_goes_on_where_it_was() {
    kill_while_applied(8, 1);
}

/// `cargo xtask kill`.
#[test]
#[ignore = "takes minutes"]
fn a_hundred_kills_while_applied() {
    kill_while_applied(100, 2);
}
