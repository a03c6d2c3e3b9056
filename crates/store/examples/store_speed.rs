//! How long every query of a page takes over 200,000 cases and 2,000,000 contacts in SQLite.
//!
//! `cargo run -p store --example store_speed [FOLDER]`: fills a database there (minutes, four gigabytes)
//! unless it is there already, asks every list a few hundred times, prints median and 95th percentile.

use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use std::path::PathBuf;
use std::time::{Duration, Instant};
use store::{Cursor, Fault, FieldKind, Keys, Store};
use units::{Date, Moment};

const CASES: u64 = 200_000;
const CONTACTS: u64 = 2_000_000;
const OWNERS: u64 = 2_000;
const ROUNDS: u64 = 300;
const PAGE: u32 = 50;
const LIMIT: Duration = Duration::from_millis(20);
const KEY: &str = "k1:1111111111111111111111111111111111111111111111111111111111111111";

fn main() -> Result<(), Box<dyn std::error::Error>> {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(run())
}

async fn run() -> Result<(), Box<dyn std::error::Error>> {
    let folder = std::env::args().nth(1).map_or_else(|| std::env::temp_dir().join("store-speed"), PathBuf::from);
    std::fs::create_dir_all(&folder)?;
    let file = folder.join("store.sqlite");
    let (there, url) = (file.exists(), format!("sqlite:{}?mode=rwc", file.display()));
    let store = Store::open(&url, Keys::parse(KEY).expect("a key")).await?;
    if !there {
        fill(&store, &url).await?;
    }
    println!("{:<28} {:>9} {:>9}  (limit {} ms)", "query", "median ms", "p95 ms", LIMIT.as_millis());
    let mut slow = lists(&store).await?;
    slow += lookups(&store).await?;
    slow += writes(&store).await?;
    println!("{slow} slower than the limit");
    Ok(())
}

/// The numbers 0 to below `$n`, as a table.
fn numbers(below: u64) -> String {
    format!("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {below})")
}

/// Straight into the tables: what is measured is asking.
async fn fill(store: &Store, url: &str) -> Result<(), Box<dyn std::error::Error>> {
    let begun = Instant::now();
    let raw = Database::connect(url).await?;
    let body = format!("'{{\"text\":\"{}\"}}'", "as a rule room leaves it ".repeat(16));
    let last = format!("1, 'S1', '2026-11-20 09:00:00', {body}");
    let path = "'HQ/R' || (i % 10) || '/B' || (i % 200) || '/'";
    let statements = [
        format!(
            "{} INSERT INTO case_file SELECT 'C' || i, 'U' || i, 'B' || (i % 200), {path}, 'S' || (i % {OWNERS}), 'T' || (i % 100), \
             CASE i % 4 WHEN 0 THEN 'A' || (i % 20) END, 'open', (i * 7919) % 100000, '2026-11-21', \
             CASE i % 10 WHEN 9 THEN '2026-11-01' END, {last} FROM n",
            numbers(CASES)
        ),
        format!("{} INSERT INTO case_loan SELECT 'C' || i, 'L' || i FROM n", numbers(CASES)),
        // A case has ten contacts, twenty cases have a thousand.
        format!(
            "{} INSERT INTO contact SELECT 'K' || i, 'U' || (CASE i % 100 WHEN 0 THEN i % 2000 ELSE i % {CASES} END), \
             'C' || (CASE i % 100 WHEN 0 THEN i % 2000 ELSE i % {CASES} END), 'U' || (i % {CASES}), 'S' || (i % {OWNERS}), NULL, \
             datetime('2026-01-01', '+' || ((i * 104729) % 28000000) || ' seconds'), {last} FROM n",
            numbers(CONTACTS)
        ),
        format!(
            "{} INSERT INTO promise SELECT 'P' || i, 'C' || (i % {CASES}), 'U' || (i % {CASES}), date('2026-01-01', '+' || (i % 365) || ' days'), \
             'made', CASE WHEN i % 365 < 300 THEN '2026-11-01' END, {last} FROM n",
            numbers(400_000)
        ),
        format!(
            "{} INSERT INTO clock SELECT 'X' || i, 'L' || (i % {CASES}), 'U' || (i % {CASES}), NULL, 'S' || (i % {OWNERS}), 'limitation', \
             CASE i % 20 WHEN 0 THEN 'lapsed' ELSE 'running' END, date('2026-01-01', '+' || (i % 1000) || ' days'), {last} FROM n",
            numbers(400_000)
        ),
        format!(
            "{} INSERT INTO approval SELECT 'Q' || i, 'waiver', 'S' || (i % {OWNERS}), 'case/C' || i, 'waiting', \
             datetime('2026-11-01', '+' || ((i * 7919) % 1000000) || ' seconds'), {last} FROM n",
            numbers(40_000)
        ),
        format!("{} INSERT INTO approval_decider SELECT 'S' || (i % 400), 'Q' || i FROM n", numbers(40_000)),
        format!(
            "{} INSERT INTO audit_event SELECT i + 1, datetime('2026-01-01', '+' || (i * 28) || ' seconds'), 'S' || (i % {OWNERS}), 'case_note', \
             'case/C' || (i % {CASES}), 'as asked', NULL, NULL, hex(randomblob(32)) FROM n",
            numbers(1_000_000)
        ),
        format!("{} INSERT INTO person SELECT 'U' || i, 'U' || i, 'debtor', {last} FROM n", numbers(CASES)),
        format!(
            "{} INSERT INTO personal_field SELECT 'U' || (i % {CASES}), CASE i / {CASES} WHEN 0 THEN 'name' WHEN 1 THEN 'id_number' ELSE 'phone' END, \
             0, 'k0', hex(randomblob(48)), hex(randomblob(32)), hex(randomblob(32)) FROM n WHERE i % {CASES} >= 1000",
            numbers(3 * CASES)
        ),
    ];
    for statement in &statements {
        raw.execute_unprepared(statement).await?;
    }
    let tx = store.begin().await?;
    for number in 0..1000 {
        let owner = format!("U{number}");
        tx.personal_set(&owner, FieldKind::Name, &[&format!("Name {}", number % 100)]).await?;
        tx.personal_set(&owner, FieldKind::Phone, &[&format!("138{number:08}")]).await?;
    }
    tx.commit().await?;
    println!("filled in {} s", begun.elapsed().as_secs());
    Ok(())
}

/// Prints one line; 1 if the 95th percentile is beyond the limit.
fn told(name: &str, mut took: Vec<Duration>) -> u64 {
    took.sort_unstable();
    let (median, late) = (took[took.len() / 2], took[took.len() * 95 / 100]);
    println!("{name:<28} {:>9.2} {:>9.2}", median.as_secs_f64() * 1e3, late.as_secs_f64() * 1e3);
    u64::from(late > LIMIT)
}

/// Asks with a number that differs from round to round.
async fn measured<T>(name: &str, ask: impl AsyncFn(u64) -> Result<T, Fault>) -> Result<u64, Fault> {
    let mut took = Vec::new();
    for round in 0..ROUNDS {
        let number = round * 7919;
        let begun = Instant::now();
        ask(number).await?;
        took.push(begun.elapsed());
    }
    Ok(told(name, took))
}

async fn lists(store: &Store) -> Result<u64, Fault> {
    let s = store;
    let owner = |number: u64| format!("S{}", number % OWNERS);
    let case = |number: u64| format!("C{}", number % CASES);
    let customer = |number: u64| format!("U{}", number % CASES);
    let on = |number: u64| Date::new(20_454 + (number % 365) as i32);
    let deep = deep_cursor(store).await?;
    let mut slow = 0;
    slow += measured("case_queue", async |n| s.case_queue::<Value>(&owner(n), None, PAGE).await).await?;
    slow += measured("case_of_team", async |n| s.case_of_team::<Value>(&format!("T{}", n % 100), None, PAGE).await).await?;
    slow += measured("case_of_agency", async |n| s.case_of_agency::<Value>(&format!("A{}", n % 5 * 4), None, PAGE).await).await?;
    slow += measured("case_subtree, head office", async |_| s.case_subtree::<Value>("HQ/", None, PAGE).await).await?;
    slow += measured("case_subtree, page 1,000", async |_| s.case_subtree::<Value>("HQ/", Some(&deep), PAGE).await).await?;
    slow += measured("case_subtree, region", async |n| s.case_subtree::<Value>(&format!("HQ/R{}/", n % 10), None, PAGE).await).await?;
    slow += measured("contact_of_case, busy", async |n| s.contact_of_case::<Value>(&case(n % 20 * 100), None, PAGE).await).await?;
    slow += measured("contact_of_case", async |n| s.contact_of_case::<Value>(&case(n), None, PAGE).await).await?;
    slow += measured("contact_of_staff", async |n| s.contact_of_staff::<Value>(&owner(n), None, PAGE).await).await?;
    slow += measured("promise_due", async |_| s.promise_due::<Value>(Date::new(20_777), None, PAGE).await).await?;
    slow += measured("promise_on", async |n| s.promise_on::<Value>(on(n), None, PAGE).await).await?;
    slow += measured("promise_of_case", async |n| s.promise_of_case::<Value>(&case(n), None, PAGE).await).await?;
    slow += measured("clock_by_last_day", async |_| s.clock_by_last_day::<Value>("running", None, PAGE).await).await?;
    slow += measured("clock_of_owner", async |n| s.clock_of_owner::<Value>(&owner(n), "running", None, PAGE).await).await?;
    slow += measured("approval_waiting", async |n| s.approval_waiting::<Value>(&format!("S{}", n % 400), None, PAGE).await).await?;
    slow += measured("approval_of_maker", async |n| s.approval_of_maker::<Value>(&owner(n), None, PAGE).await).await?;
    slow += measured("audit_of_subject", async |n| s.audit_of_subject(&format!("case/{}", case(n)), None, PAGE).await).await?;
    slow += measured("audit_of_actor", async |n| s.audit_of_actor(&owner(n), None, PAGE).await).await?;
    let (from, until) = (Moment::new(Date::new(20_600), 0), Moment::new(Date::new(20_700), 0));
    slow += measured("audit_between", async |_| s.audit_between(from, until, None, PAGE).await).await?;
    slow += measured("person_of_customer", async |n| s.person_of_customer::<Value>(&customer(n), None, PAGE).await).await?;
    Ok(slow)
}

/// Where the thousandth page of the head office begins.
async fn deep_cursor(store: &Store) -> Result<Cursor, Fault> {
    let page = store.case_subtree::<serde::de::IgnoredAny>("HQ/", None, 1000 * PAGE).await?;
    Ok(page.next.expect("there are more cases than that"))
}

async fn lookups(store: &Store) -> Result<u64, Fault> {
    let s = store;
    let customer = |number: u64| format!("U{}", number % CASES);
    let (from, until) = (Moment::new(Date::new(20_750), 0), Moment::new(Date::new(20_780), 0));
    let mut slow = 0;
    slow += measured("case load", async |n| s.load::<store::CaseRow, Value>(&format!("C{}", n % CASES)).await).await?;
    slow += measured("case_open", async |n| s.case_open::<Value>(&customer(n)).await).await?;
    slow += measured("case_of_loan", async |n| s.case_of_loan(&format!("L{}", n % CASES)).await).await?;
    slow += measured("contact_history, busy, 30 d", async |n| s.contact_history::<Value>(&customer(n % 20 * 100), from, until).await).await?;
    slow += measured("contact_history, 30 days", async |n| s.contact_history::<Value>(&customer(n), from, until).await).await?;
    slow += measured("personal", async |n| s.personal(&customer(n % 1000)).await).await?;
    slow += measured("personal_find name", async |n| s.personal_find(FieldKind::Name, &format!("Name {}", n % 100), PAGE).await).await?;
    slow += measured("personal_find phone", async |n| s.personal_find(FieldKind::Phone, &format!("138{:08}", n % 1000), PAGE).await).await?;
    slow += measured("personal_find_tail", async |n| s.personal_find_tail(FieldKind::Phone, &format!("{:04}", n % 1000), PAGE).await).await?;
    Ok(slow)
}

/// A contact as the API records it: the debtor held, the contact, an event; to the disk.
async fn writes(store: &Store) -> Result<u64, Fault> {
    let once = async |n: u64| {
        let tx = store.begin().await?;
        let customer = format!("U{}", n % CASES);
        tx.debtor_hold(&customer).await?;
        let at = Moment::new(Date::new(20_777), (n % 80_000) as u32);
        let row = store::ContactRow {
            contact_id: store::access::Secret::fresh().hash,
            customer_id: customer.clone(),
            case_id: format!("C{}", n % CASES),
            person_id: customer,
            staff_id: "S1".into(),
            agency_id: None,
            contact_at: at,
        };
        let _ = tx.save(&row, &serde_json::json!({"gate": "allowed"}), 0, store::Stamp { by: "S1", at }).await?;
        tx.commit().await
    };
    measured("a contact written", once).await
}
