//! A simulated institution: people with habits work real cases through real nights, and an auditor who
//! knows nothing of the gate counts what they did.
//!
//! `SEEDS=20 NIGHTS=90 cargo nextest run --workspace -E 'test(institution)'` is the long run; by default one
//! seed and a month of nights. Faults are part of every day: two people on one case, a second click, a clock set back,
//! somebody leaves, the night applied twice.

mod auditor;
mod people;

use app::book_import::{BookImport, book_import};
use app::case_night::{Applied, CaseNight, SHARDS, case_night};
use app::dayend_run::{FoldedBy, NightRun, NightWanted, Writing, dayend_run};
use app::desk::Desk;
use app::office::{demo_staff, desk_open};
use app::workspace::{Open, lock, workspace_init};
use authority::Role;
use sim::population::{Scale, generate};
use sim::random::Random;
use std::fs;
use tempfile::TempDir;
use units::{Date, Moment};

/// The institution's last day.
const THROUGH: &str = "2026-11-20";

/// About thirty people, a few hundred loans.
const SCALE: Scale = Scale { branches: 2, sub_branches: 4, officers: 30, loans: 900, months: 18 };

struct Institution {
    _folder: TempDir,
    open: Open,
    desk: Desk,
}

impl Institution {
    async fn found(seed: u64, first: Date) -> Institution {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = folder.path().join("inbox");
        fs::create_dir(&inbox).expect("a folder");
        let through = Date::parse(THROUGH).expect("a date");
        for table in generate(&SCALE, seed, through).tables.iter().filter(|table| !table.is_empty()) {
            fs::write(inbox.join(format!("{}.csv", table.name)), table.csv()).expect("a file");
        }
        let open = workspace_init(&folder.path().join("bank"), "cn-bank", "Bank").expect("a workspace");
        book_import(&open, &BookImport { from: inbox, ..BookImport::default() }, &mut |_| {}).expect("a book");
        let desk = desk_open(&open, None, first).await.expect("a desk");
        let roles = |post: &str| {
            let institution = &sim::population::words::INSTITUTION;
            let place = institution.posts.iter().position(|known| known == post)?;
            Role::from_code(&institution.roles[place])
        };
        demo_staff(&desk, &roles, Moment::new(first, 0), "Lan-Qiao-2026").await.expect("people");
        Institution { _folder: folder, open, desk }
    }

    fn night(&self, date: Date) -> NightRun {
        let pack = self.open.pack(None).expect("a pack");
        let held = lock(&self.open, "night").expect("nobody else writes");
        let wanted = NightWanted { business_date: date, known_on: None, writing: Writing::Keep };
        dayend_run(&self.open, &held, &pack, &wanted, FoldedBy::ThisMachine, &mut |_| {}).expect("a night")
    }
}

/// One line per day, as an operator would read it.
fn told(date: Date, done: &CaseNight, day: &people::Day) -> String {
    format!(
        "{date} opened {} closed {} promises_decided {} signals {} | asked {} made {} refused {} promised {} conflicts {}",
        done.opened, done.closed, done.promises_decided, done.clock_signals, day.asked, day.made, day.refused, day.promised, day.conflicts
    )
}

async fn applied(desk: &Desk, run: &NightRun) -> CaseNight {
    match case_night(desk, run).await.expect("the night applies") {
        Applied::Done(done) => done,
        other => panic!("people work here, night after night: {other:?}"),
    }
}

async fn live(seed: u64, nights: i32) {
    let through = Date::parse(THROUGH).expect("a date");
    let first = through - nights + 1;
    let institution = Institution::found(seed, first).await;
    let mut random = Random::stream(seed, "institution", 0);
    let mut total = people::Day::default();
    for number in first.day_number()..=through.day_number() {
        let date = Date::new(number);
        let run = institution.night(date);
        let done = applied(&institution.desk, &run).await;
        // Killed after the last chunk and started again: nothing happens twice.
        let again = applied(&institution.desk, &run).await;
        assert_eq!(again.chunks_before, 2 * SHARDS, "seed {seed}, {date}: every chunk was there");
        auditor::after_night(&institution.desk, date).await.unwrap_or_else(|wrong| panic!("seed {seed}, {date}: {wrong}"));
        let day = people::work(&institution.desk, date, &mut random).await;
        println!("seed {seed} {}", told(date, &done, &day));
        total += day;
    }
    // A day of the past is run again: no case goes back to what it was then.
    let past = case_night(&institution.desk, &institution.night(first)).await.expect("it is told");
    assert_eq!(past, Applied::LaterNight { date: through });
    auditor::whole(&institution.desk, &total, through).await.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    assert!(total.made > 50 && total.refused > 20 && total.promised > 5, "seed {seed}: hardly anybody worked: {total:?}");
}

fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_institution_breaks_no_limit_and_loses_no_case() {
    for seed in 1..=from_environment("SEEDS", 1) {
        live(seed, from_environment("NIGHTS", 12) as i32).await;
    }
}
