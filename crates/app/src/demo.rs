//! The demo institution: made from a seed, imported like any lender's files, and run night by night.

use crate::case_night::case_night;
use crate::book_import::{BookImport, book_import};
use crate::dayend_run::{FoldedBy, NightKept, NightRun, NightWanted, Writing, dayend_run};
use crate::demo_week::{Coming, centres, work};
use crate::failure::Outcome;
use crate::office::{blocking, demo_staff, desk_open};
use crate::workspace::{Open, lock, workspace_init_demo, workspace_open};
use anyhow::Context;
use authority::Role;
use lake::snapshot;
use loan::LoanStatus;
use sim::population::table::{Book, Row, Table};
use sim::population::{Population, Scale};
use sim::random::Random;
use std::collections::HashMap;
use std::fmt::Display;
use std::fs;
use std::path::{Path, PathBuf};
use units::{Date, Moment, Money};

/// The last day of the demo's history and the seed it is drawn from: the same on every machine.
const THROUGH: &str = "2026-11-20";
const SEED: u64 = 20_261_120;

/// How many of the last days arrive as daily files, each followed by its night.
const DAILY: i32 = 7;

/// What the demo is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doing {
    Making,
    Importing(Date),
    /// People call, promise, propose.
    Work(Date),
    Night(Date),
}

/// Makes the demo institution in `dir`, or finds it there, and returns its last night.
pub fn demo(dir: &Path, progress: &mut dyn FnMut(Doing)) -> Outcome<(Open, NightRun)> {
    let through = Date::parse(THROUGH).expect("a date");
    let open = if dir.join("postloan.toml").exists() {
        workspace_open(dir)?
    } else {
        workspace_init_demo(dir, "cn-bank", &sim::population::words::INSTITUTION.bank)?
    };
    let nights = snapshot::nights(&open.lake)?;
    if !nights.iter().any(|night| night.business_date == through) {
        progress(Doing::Making);
        let book = Population::draw(&Scale::demo(), SEED, through).book();
        live(&open, &book, through, progress)?;
    }
    let pack = open.pack(None)?;
    let write_lock = lock(&open, "demo")?;
    let wanted = NightWanted { business_date: through, known_on: None, writing: Writing::Keep };
    let run = dayend_run(&open, &write_lock, &pack, &wanted, FoldedBy::ThisMachine, &mut |_| {})?;
    debug_assert_ne!(run.kept, NightKept::NotKept);
    Ok((open, run))
}

/// History first, with a night on every month-end; then day after day, files and night.
fn live(open: &Open, book: &Book, through: Date, progress: &mut dyn FnMut(Doing)) -> Outcome<()> {
    let first_daily = through - DAILY + 1;
    let core = Core { book, inbox: open.lake.root().join("inbox"), settled: settled_since(book, first_daily) };
    core.deliver(open, Date::MIN, first_daily.previous(), progress)?;
    let mut month_end = through.add_months_on(-24, 31);
    while month_end < first_daily {
        night(open, month_end, progress)?;
        month_end = month_end.add_months_on(1, 31);
    }
    night(open, first_daily.previous(), progress)?;
    let coming = coming(book, first_daily);
    let mut random = Random::new(SEED);
    for number in first_daily.day_number()..=through.day_number() {
        let day = Date::new(number);
        core.deliver(open, day, day, progress)?;
        if day > first_daily && day.weekday() <= 5 {
            progress(Doing::Work(day));
            blocking(async { work(&desk_open(open, None, day).await?, day, &coming, &mut random).await })?;
        }
        let run = night(open, day, progress)?;
        desk_night(open, &run)?;
    }
    Ok(())
}

fn night(open: &Open, date: Date, progress: &mut dyn FnMut(Doing)) -> Outcome<NightRun> {
    progress(Doing::Night(date));
    let pack = open.pack(None)?;
    let write_lock = lock(open, "demo")?;
    let wanted = NightWanted { business_date: date, known_on: None, writing: Writing::Keep };
    dayend_run(open, &write_lock, &pack, &wanted, FoldedBy::ThisMachine, &mut |_| {})
}

/// What everybody of the demo signs in with the first time, to choose a password of one's own.
pub const FIRST_PASSWORD: &str = "Lan-Qiao-2026";

/// The people come to work on the first day of the daily files, and find their cases the next morning.
fn desk_night(open: &Open, run: &NightRun) -> Outcome<()> {
    let date = run.plan.business_date;
    blocking(async {
        let desk = desk_open(open, None, date).await?;
        let institution = &sim::population::words::INSTITUTION;
        let role_of = |post: &str| {
            let place = institution.posts.iter().position(|known| known == post)?;
            Role::from_code(&institution.roles[place])
        };
        if demo_staff(&desk, &role_of, Moment::new(date, 0), FIRST_PASSWORD).await? > 0 {
            centres(&desk, Moment::new(date, 0)).await?;
        }
        case_night(&desk, run).await?;
        Ok(())
    })
}

/// What loans will still be paid, and when.
fn coming(book: &Book, since: Date) -> Coming<'_> {
    let mut coming = Coming::new();
    for row in book.table("repayments").rows() {
        let (day, amount) = (Date::parse(row.get("paid_on")), Money::parse(row.get("amount")));
        if let (Ok(day), Ok(amount)) = (day, amount)
            && day >= since
        {
            coming.entry(row.get("loan_id")).or_default().push((day, amount));
        }
    }
    coming
}

/// The core system the demo takes its files from.
struct Core<'a> {
    book: &'a Book,
    inbox: PathBuf,
    /// Loans settled while the daily files run, and when.
    settled: HashMap<&'a str, Date>,
}

/// The day a settled loan's last money was booked, where that is `since` or later.
fn settled_since(book: &Book, since: Date) -> HashMap<&str, Date> {
    let mut last: HashMap<&str, Date> = HashMap::new();
    for row in book.table("repayments").rows() {
        let day = Date::parse(row.get("entered_at")).unwrap_or(Date::MIN);
        let known = last.entry(row.get("loan_id")).or_insert(day);
        *known = day.max(*known);
    }
    let settled = book.table("loans").rows().filter(|row| row.get("status") == LoanStatus::Settled.code());
    let dated = settled.filter_map(|row| last.get_key_value(row.get("loan_id")));
    dated.map(|(id, day)| (*id, *day)).filter(|(_, day)| *day >= since).collect()
}

impl Core<'_> {
    /// Writes the files of some days and imports them.
    fn deliver(&self, open: &Open, from: Date, to: Date, progress: &mut dyn FnMut(Doing)) -> Outcome<()> {
        progress(Doing::Importing(to));
        let folder = self.inbox.join(to.to_string());
        fs::create_dir_all(&folder).with_context(|| format!("making {}", folder.display()))?;
        for table in &self.book.tables {
            let csv = if table.name == "loans" { self.loans(from, to) } else { files_of(table, from, to) };
            if let Some(csv) = csv {
                let path = folder.join(format!("{}.csv", table.name));
                fs::write(&path, csv).with_context(|| format!("writing {}", path.display()))?;
            }
        }
        let wanted = BookImport { from: folder, as_of: Some(to), ..BookImport::default() };
        book_import(open, &wanted, &mut |_| {})?;
        Ok(())
    }

    /// The loans as the core system tells of them: all of them at first, those settled later still
    /// active; then each again on the day it is settled.
    fn loans(&self, from: Date, to: Date) -> Option<String> {
        let (loans, mut told) = (self.book.table("loans"), Book::new());
        for row in loans.rows() {
            let settled_on = self.settled.get(row.get("loan_id")).copied();
            let today = settled_on.is_some_and(|day| (from..=to).contains(&day));
            if from != Date::MIN && !today {
                continue;
            }
            let still_active = settled_on.is_some_and(|day| day > to);
            let status = if still_active { LoanStatus::Active.code() } else { row.get("status") };
            let columns = loans.columns.iter().zip(row.cells());
            let cells: Vec<&str> = columns.map(|(name, cell)| if *name == "status" { status } else { cell }).collect();
            let shown: Vec<&dyn Display> = cells.iter().map(|cell| cell as &dyn Display).collect();
            told.push("loans", &shown);
        }
        let told = told.table("loans");
        (!told.is_empty()).then(|| told.csv())
    }
}

/// The rows that become known within the days. Tables without a day of their own come with the first
/// delivery; a child comes no sooner than its parent, because it can be known no sooner.
fn files_of(table: &Table, from: Date, to: Date) -> Option<String> {
    let known_by = ["entered_at", "known_on", "paid_on", "happened_on", "at"];
    let column = known_by.iter().find_map(|name| table.columns.iter().position(|column| column == name));
    let kept = |row: Row| {
        let known = column.and_then(|column| Date::parse(row.cell(column).get(..10)?).ok());
        known.map_or(from == Date::MIN, |known| (from..=to).contains(&known))
    };
    let csv = table.csv_of(kept);
    (csv.lines().count() > 1).then_some(csv)
}
