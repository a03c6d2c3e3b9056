//! The risk officer's book: portfolio, list of loans, one loan; who sees what, and every figure opens the loans behind it.

use crate::browser::{Browser, House, PASSWORD, between};
use app::book_import::{BookImport, book_import};
use app::case_night::case_night;
use app::dayend_run::{FoldedBy, NightWanted, Writing, dayend_run};
use app::desk::Desk;
use app::office::demo_staff;
use app::workspace::{Open, lock, workspace_init_demo};
use authority::{Role, UseCase};
use sim::population::{Scale, generate};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use units::{Date, Moment};

const SCALE: Scale = Scale { branches: 2, sub_branches: 4, officers: 30, loans: 600, months: 6 };

/// A small bank after four nights, and one person of each role.
pub struct Bank {
    house: House,
    pub people: BTreeMap<Role, String>,
    /// Who may do what to anything at all.
    pub may: BTreeSet<(Role, UseCase)>,
    pub branch: String,
}

impl Bank {
    pub fn new() -> Bank {
        let folder = tempfile::tempdir().unwrap();
        let (inbox, dir) = (folder.path().join("inbox"), folder.path().join("bank"));
        fs::create_dir(&inbox).unwrap();
        let last = Date::parse("2026-11-20").unwrap();
        for table in generate(&SCALE, 7, last).tables.iter().filter(|table| !table.is_empty()) {
            fs::write(inbox.join(format!("{}.csv", table.name)), table.csv()).unwrap();
        }
        let open = workspace_init_demo(&dir, "cn-bank", "Bank").unwrap();
        book_import(&open, &BookImport { from: inbox, ..BookImport::default() }, &mut |_| {}).unwrap();
        let at = Moment::new(last, 10 * 3_600);
        let (house, (people, may, branch)) = House::serve(folder, &open, at, async |desk: &Desk| nights(&open, desk, at).await);
        Bank { house, people, may, branch }
    }

    pub fn sign_in(&self, role: Role) -> Browser<'_> {
        self.sign_in_as(&self.people[&role])
    }

    pub fn sign_in_as(&self, staff_id: &str) -> Browser<'_> {
        self.house.sign_in(staff_id)
    }
}

/// Four nights; people came to work on the last day. One of each role, and what each may do.
async fn nights(open: &Open, desk: &Desk, at: Moment) -> (BTreeMap<Role, String>, BTreeSet<(Role, UseCase)>, String) {
    let institution = &sim::population::words::INSTITUTION;
    let role_of = |post: &str| Role::from_code(&institution.roles[institution.posts.iter().position(|known| known == post)?]);
    demo_staff(desk, &role_of, at, PASSWORD).await.unwrap();
    for night in ["2026-09-30", "2026-10-31", "2026-11-19", "2026-11-20"] {
        let held = lock(open, "night").unwrap();
        let wanted = NightWanted { business_date: Date::parse(night).unwrap(), known_on: None, writing: Writing::Keep };
        let run = dayend_run(open, &held, &open.pack(None).unwrap(), &wanted, FoldedBy::ThisMachine, &mut |_| {}).unwrap();
        drop(held);
        if run.plan.business_date == at.day() {
            case_night(desk, &run).await.unwrap();
        }
    }
    let people: BTreeMap<Role, String> = app::sign_in::demo_people(desk, at).await.unwrap().into_iter().map(|(role, staff_id, _)| (role, staff_id)).collect();
    let known = desk.people(at).await.unwrap();
    let institution = known.institution(&desk.rules.authority, at.day());
    let has = |staff_id: &str, wanted: UseCase| !institution.reaches(&institution.actor(staff_id).unwrap(), wanted).is_empty();
    let rights = |(role, staff_id): (&Role, &String)| UseCase::ALL.iter().filter(|wanted| has(staff_id, **wanted)).map(|wanted| (*role, *wanted)).collect::<Vec<_>>();
    let may = people.iter().flat_map(rights).collect();
    (people, may, known.branches.keys().next().unwrap().clone())
}

/// How many loans a list says there are.
fn loans(person: &Browser, path: &str) -> usize {
    between(&person.shown(path), "<p class=\"sums\"><strong>", "<").parse().unwrap()
}

/// Addresses that begin so, as a browser follows them.
pub fn links(text: &str, begin: &str) -> Vec<String> {
    let begin = format!("href=\"{begin}");
    let links = text.split(begin.as_str()).skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&").replace("&#38;", "&"));
    links.map(|link| format!("{}{link}", &begin[6..])).collect()
}

#[test]
fn every_figure_of_the_portfolio_opens_the_loans_behind_it() {
    let bank = Bank::new();
    let auditor = bank.sign_in(Role::Auditor);
    let all = loans(&auditor, "/loans");
    // The nights are gathered aside; what is compared with them waits for nobody.
    while !auditor.shown("/portfolio/time").contains("2026-09-30") {
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let portfolio = auditor.shown("/portfolio");
    assert!(portfolio.contains("NPL ratio") && portfolio.contains("Balance by grade over time"), "{portfolio}");
    // The buckets are the whole list, part by part.
    let buckets: usize = links(&portfolio, "/loans?bucket=").iter().map(|link| loans(&auditor, link)).sum();
    assert_eq!(buckets, all);
    // A ratio opens what stands in its numerator: here a count.
    let counted = loans(&auditor, "/loans?metric=past_due_count_ratio&status=all");
    assert!(portfolio.contains(&format!("metric=past_due_count_ratio&#38;status=all\">{counted}<")), "{counted} in {portfolio}");
    // A cell of the matrix says how many loans it opens.
    let matrix = auditor.shown("/portfolio/migration?show=count&before=2026-10-31");
    for cell in matrix.split("<td class=\"n h").skip(1).filter_map(|cell| cell.split("</td>").next()).filter(|cell| cell.contains("<a href")).take(6) {
        let link = links(cell, "/loans?").remove(0);
        let figure = between(cell, "\">", "</a>").rsplit('>').next().unwrap().trim().replace(',', "");
        let figure: usize = figure.parse().unwrap_or_else(|_| panic!("no figure in {cell}"));
        assert_eq!(loans(&auditor, &link), figure, "{link}");
    }
    for path in ["/portfolio/cut?cut=product", "/portfolio/vintages?days=90", "/portfolio/concentration", "/portfolio/time"] {
        auditor.shown(path);
    }
    let time = auditor.shown("/portfolio/time");
    assert!(time.contains("2026-09-30") && time.contains("2026-11-20"), "{time}");
    let chart = auditor.get("/portfolio/charts/grades.svg");
    assert_eq!((chart.status, chart.kind.as_str()), (200, "image/svg+xml"));
    assert_eq!(auditor.get("/portfolio/charts/nothing.svg").status, 404);
}

#[test]
fn everybody_sees_the_loans_their_right_reaches() {
    let bank = Bank::new();
    let (auditor, head, collector) = (bank.sign_in(Role::Auditor), bank.sign_in(Role::BranchHead), bank.sign_in(Role::Collector));
    let all = loans(&auditor, "/loans?status=all");
    let below = loans(&head, "/loans?status=all");
    assert!(below > 0 && below < all, "{below} of {all}");
    assert!(loans(&collector, "/loans?status=all") < below, "a collector's are those of the own cases");
    // A loan of another branch: not in the list, and not by its address.
    let every = auditor.shown("/loans?status=all&size=500&sort=loan_id") + &auditor.shown("/loans?status=all&size=500&sort=loan_id&page=2");
    let mine = head.shown("/loans?status=all&size=500&sort=loan_id");
    let other = links(&every, "/loans/L").into_iter().find(|loan| !mine.contains(loan.as_str())).expect("another branch lends");
    assert_eq!(auditor.get(&other).status, 200);
    let refused = head.get(&other);
    assert_eq!((refused.status, refused.text.contains("E-AU-27")), (403, true), "{}", refused.text);
    assert_eq!(auditor.get("/loans/L9").status, 404);
    // Whoever runs the machines reads no loan.
    let administrator = bank.sign_in(Role::Administrator);
    assert!(!administrator.shown("/").contains("href=\"/loans\""));
    assert_eq!(administrator.get("/loans").status, 403);
    assert_eq!(administrator.get("/loans.xlsx").status, 403);
    assert_eq!(collector.get("/portfolio").status, 403);
}

#[test]
fn the_month_stands_against_its_targets_for_who_takes_cases() {
    let bank = Bank::new();
    let own = bank.sign_in(Role::Collector).shown("/");
    for part in ["The month against its targets", "of the month gone 66.67%", "150,000.00", "<meter class=\"bar\" max=\"1000000\" value=\"0\" aria-label=\"recovery against target\">", "behind", "≤ 2.00%", "nothing to measure yet"] {
        assert!(own.contains(part), "{part}: {own}");
    }
    let auditor = bank.sign_in(Role::Auditor).shown("/");
    assert!(!auditor.contains("against its targets"), "{auditor}");
}

#[test]
fn regions_and_branches_are_told_by_their_names() {
    let bank = Bank::new();
    let auditor = bank.sign_in(Role::Auditor);
    let list = auditor.shown("/loans?col=region&region=320100");
    assert!(list.contains("<td>Nanjing</td>") && !list.contains("<td>320100</td>"), "{list}");
    let cut = auditor.shown("/portfolio/cut?cut=region");
    assert!(cut.contains(">Nanjing</a>"), "{cut}");
    let staff = bank.sign_in(Role::Administrator).shown("/staff");
    let of_branch = between(&staff, "<select name=\"branch\" data-go>", "</select>");
    assert!(of_branch.contains(&format!(" {} (", bank.branch)), "name and number: {of_branch}");
    assert!(!staff.contains(&format!("<td>{}/", bank.branch)), "a path is for programs: {staff}");
}

#[test]
fn a_list_is_sorted_turned_and_taken_along() {
    let bank = Bank::new();
    let auditor = bank.sign_in(Role::Auditor);
    let page = |number: usize| links(&auditor.shown(&format!("/loans?sort=-principal_outstanding&size=10&page={number}")), "/loans/L");
    let (one, two) = (page(1), page(2));
    assert_eq!((one.len(), two.len()), (10, 10));
    assert!(one.iter().all(|loan| !two.contains(loan)));
    let turned = links(&auditor.shown("/loans?sort=principal_outstanding&size=10"), "/loans/L");
    assert!(turned.iter().all(|loan| !one.contains(loan)), "the smallest first");
    let sheet = auditor.get("/loans.xlsx?bucket=M0&col=loan_id&col=grade");
    assert_eq!((sheet.status, &sheet.text[..2]), (200, "PK"));
    assert!(auditor.shown("/loans?q=nobody").contains("No loan fits"));
    let refused = auditor.get("/loans?dpd_from=many");
    assert_eq!((refused.status, refused.text.contains("E-WB-09")), (422, true));
}

#[test]
fn a_view_is_kept_for_the_one_who_kept_it() {
    let bank = Bank::new();
    let auditor = bank.sign_in(Role::Auditor);
    let kept = auditor.fill("/loans?bucket=M1", "/loans/views", &[("name", "late ones"), ("query", "bucket=M1&size=200")]);
    assert_eq!(kept.status, 303, "{}", kept.text);
    assert!(auditor.shown("/loans").contains("/loans?bucket=M1&#38;size=200\">late ones</a>"), "{}", auditor.shown("/loans"));
    assert!(!bank.sign_in(Role::BranchHead).shown("/loans").contains("late ones"));
    // One that says nothing an address may say is not kept, and what was typed stays.
    let refused = auditor.fill("/loans", "/loans/views", &[("name", "odd"), ("query", "dpd_from=many")]);
    assert_eq!((refused.status, refused.text.contains("value=\"odd\"")), (422, true), "{}", refused.text);
    assert_eq!(auditor.fill("/loans", "/loans/views/late%20ones/drop", &[("query", "")]).status, 303);
    assert!(!auditor.shown("/loans").contains("late ones"));
}

#[test]
fn a_loan_says_because_and_what_a_repayment_would_change() {
    let bank = Bank::new();
    let auditor = bank.sign_in(Role::Auditor);
    let late = links(&auditor.shown("/loans?dpd_from=10&sort=-days_past_due"), "/loans/L").remove(0);
    let page = auditor.shown(&late);
    for part in ["because…", "repayment schedule", "How it came about"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    let owed = between(&page, "name=\"amount\" class=\"amount\" inputmode=\"decimal\" required value=\"", "\"").to_owned();
    let tried = auditor.shown(&format!("{late}?amount={owed}&on=2026-11-20"));
    let after = between(&tried, "<td>days past due</td>", "</tr>");
    assert!(after.ends_with("<td class=\"n\">0</td>"), "all that is past due is paid: {after}");
    let refused = auditor.shown(&format!("{late}?amount=a+lot&on=2026-11-20"));
    assert!(refused.contains("E-WB-09") && refused.contains("value=\"a lot\""), "{refused}");
    let negative = auditor.shown(&format!("{late}?amount=-5&on=2026-11-20"));
    assert!(negative.contains("E-RP-01"), "{negative}");
}
