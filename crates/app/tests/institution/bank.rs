//! The bank that is worked: a small book of a bad year, about five hundred debtors behind at any time.

use app::book_import::{BookImport, book_import};
use app::dayend_run::{FoldedBy, NightRun, NightWanted, Writing, dayend_run};
use app::desk::Desk;
use app::office::{demo_staff, desk_open};
use app::workspace::{Open, lock, workspace_init};
use authority::Role;
use loan::LoanStatus;
use sim::population::table::{Book, Row, Table};
use sim::population::{Scale, generate};
use sim::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use tempfile::TempDir;
use units::{Date, Moment};

/// The institution's last day.
pub const THROUGH: &str = "2026-11-20";

/// The password everybody begins with.
pub const PASSWORD: &str = "Lan-Qiao-2026";

const SCALE: Scale = Scale { branches: 2, sub_branches: 4, officers: 30, loans: 2_300, months: 18 };

pub struct Institution {
    _folder: TempDir,
    open: Open,
    pub desk: Desk,
    /// Security whose insurance ends: until when, and the loan it stands behind.
    pub insured: Vec<Insured>,
}

pub struct Insured {
    pub collateral_id: String,
    pub loan_id: String,
    pub until: Date,
}

impl Institution {
    pub async fn found(seed: u64, first: Date) -> Institution {
        let folder = tempfile::tempdir().expect("a folder");
        let inbox = folder.path().join("inbox");
        fs::create_dir(&inbox).expect("a folder");
        let through = Date::parse(THROUGH).expect("a date");
        let book = generate(&SCALE, seed, through);
        for table in book.tables.iter().filter(|table| !table.is_empty()) {
            let text = if table.name == "repayments" { of_a_bad_year(table, &book, seed, (first, through)) } else { table.csv() };
            fs::write(inbox.join(format!("{}.csv", table.name)), text).expect("a file");
        }
        let open = workspace_init(&folder.path().join("bank"), "cn-bank", "Bank").expect("a workspace");
        book_import(&open, &BookImport { from: inbox, ..BookImport::default() }, &mut |_| {}).expect("a book");
        let desk = desk_open(&open, None, first).await.expect("a desk");
        demo_staff(&desk, &role_of, Moment::new(first, 0), PASSWORD).await.expect("people");
        Institution { _folder: folder, open, desk, insured: insured(&book) }
    }

    pub fn night(&self, date: Date) -> NightRun {
        let pack = self.open.pack(None).expect("a pack");
        let held = lock(&self.open, "night").expect("nobody else writes");
        let wanted = NightWanted { business_date: date, known_on: None, writing: Writing::Keep };
        dayend_run(&self.open, &held, &pack, &wanted, FoldedBy::ThisMachine, &mut |_| {}).expect("a night")
    }
}

/// In a bad year relationship officers collect as well: thirty people take cases.
fn role_of(post: &str) -> Option<Role> {
    let institution = &sim::population::words::INSTITUTION;
    let place = institution.posts.iter().position(|known| known == post)?;
    match Role::from_code(&institution.roles[place])? {
        Role::RelationshipOfficer => Some(Role::Collector),
        role => Some(role),
    }
}

/// Of four loans in five that are not settled the money stops on some day; of two in five of these it comes again later, all that was missed
/// at once.
fn of_a_bad_year(table: &Table, book: &Book, seed: u64, (first, through): (Date, Date)) -> String {
    let is_settled = |row: &Row| row.get("status") == LoanStatus::Settled.code();
    let settled: BTreeSet<&str> = book.table("loans").rows().filter(is_settled).map(|row| row.get("loan_id")).collect();
    let mut troubles: BTreeMap<String, Option<(Date, Option<Date>)>> = BTreeMap::new();
    let mut drawn = |loan: &str| {
        let draw = || {
            let number = loan.bytes().fold(0, |number: u64, byte| number.wrapping_mul(31) + u64::from(byte));
            let mut random = Random::stream(seed, "bad_year", number);
            let span = i64::from(through - first);
            let stops_on = first + random.between(-220, span - 5) as i32;
            let comes_on = random.chance(400).then(|| stops_on + random.between(30, 200) as i32);
            (random.chance(800) && !settled.contains(loan)).then_some((stops_on, comes_on))
        };
        *troubles.entry(loan.to_owned()).or_insert_with(draw)
    };
    let mut csv = table.columns.join(",") + "\n";
    for row in table.rows() {
        let on = |column: &str| Date::parse(row.get(column)).expect("a day");
        let line = match drawn(row.get("loan_id")) {
            Some((stops_on, comes_on)) if on("paid_on") >= stops_on => match comes_on {
                Some(comes_on) if comes_on <= through => moved(row, on("paid_on").max(comes_on), on("entered_at").max(comes_on)),
                _ => continue,
            },
            _ => moved(row, on("paid_on"), on("entered_at")),
        };
        csv += &line;
    }
    csv
}

fn moved(row: Row, paid_on: Date, entered_on: Date) -> String {
    let (paid_on, entered_on) = (paid_on.to_string(), entered_on.to_string());
    let cells = [row.get("repayment_id"), row.get("loan_id"), &paid_on, row.get("amount"), &entered_on, row.get("reverses"), row.get("payer")];
    cells.join(",") + "\n"
}

fn insured(book: &Book) -> Vec<Insured> {
    let loans = book.table("loans");
    let of_contract: BTreeMap<&str, &str> = loans.rows().map(|row| (row.get("contract_id"), row.get("loan_id"))).collect();
    let one = |row: Row| {
        let until = Date::parse(row.get("insurance_expires_on")).ok()?;
        // The book knows a security from the day of its valuation.
        Date::parse(row.get("valued_on")).ok().filter(|&valued_on| valued_on <= until)?;
        let loan_id = match row.get("loan_id") {
            "" => of_contract.get(row.get("contract_id")).copied()?.to_owned(),
            loan_id => loan_id.to_owned(),
        };
        Some(Insured { collateral_id: row.get("collateral_id").to_owned(), loan_id, until })
    };
    book.table("collateral").rows().filter_map(one).collect()
}
