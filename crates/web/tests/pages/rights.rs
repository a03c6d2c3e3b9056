//! Every address and every role: allowed or refused as the matrix of rights says, and what is refused changes nothing.

use crate::book::Bank;
use crate::browser::{Browser, Page};
use authority::{Role, UseCase};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// How a role's right shows at an address.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reach {
    /// Whoever has the right over anything at all sees the page.
    Any,
    /// The right must reach what the address names: whose it is decides.
    This,
}

/// A route, and the right it needs.
type Route = (&'static str, UseCase, Reach);

const PAGES: [Route; 34] = [
    ("/queue", UseCase::CaseList, Reach::Any),
    ("/queue/next", UseCase::CaseList, Reach::Any),
    ("/cases/{id}", UseCase::CaseView, Reach::This),
    ("/customers/{id}", UseCase::CustomerView, Reach::This),
    ("/visits", UseCase::ContactRecord, Reach::Any),
    ("/team", UseCase::CaseRebalance, Reach::This),
    ("/search", UseCase::CustomerSearch, Reach::Any),
    ("/portfolio", UseCase::MetricsView, Reach::Any),
    ("/portfolio/cut", UseCase::MetricsView, Reach::Any),
    ("/portfolio/time", UseCase::MetricsView, Reach::Any),
    ("/portfolio/migration", UseCase::MetricsView, Reach::Any),
    ("/portfolio/vintages", UseCase::MetricsView, Reach::Any),
    ("/portfolio/concentration", UseCase::MetricsView, Reach::Any),
    ("/portfolio/charts/{name}", UseCase::MetricsView, Reach::Any),
    ("/loans", UseCase::LoanView, Reach::Any),
    ("/loans.xlsx", UseCase::LoanView, Reach::Any),
    ("/loans/{id}", UseCase::LoanView, Reach::This),
    ("/clocks", UseCase::ClockView, Reach::Any),
    ("/clocks/{claim}", UseCase::ClockView, Reach::This),
    ("/approvals/{id}", UseCase::ApprovalView, Reach::This),
    ("/operations", UseCase::NightView, Reach::Any),
    ("/operations/nights/{date}", UseCase::NightView, Reach::Any),
    ("/operations/batches/{number}", UseCase::NightView, Reach::Any),
    ("/operations/batches/{number}/{table}", UseCase::ImportRun, Reach::Any),
    ("/operations/import", UseCase::ImportRun, Reach::Any),
    ("/operations/import/{folder}", UseCase::ImportRun, Reach::This),
    ("/packs", UseCase::PackView, Reach::Any),
    ("/packs/rules/{id}", UseCase::PackView, Reach::Any),
    ("/packs/compare", UseCase::PackView, Reach::Any),
    ("/packs/drafts", UseCase::PackView, Reach::Any),
    ("/packs/drafts/{digest}", UseCase::PackView, Reach::This),
    ("/audit", UseCase::AuditVerify, Reach::Any),
    ("/staff", UseCase::StaffView, Reach::Any),
    ("/staff/{id}", UseCase::StaffView, Reach::This),
];

/// What is sent, and the right it needs.
type Form = (&'static str, UseCase, &'static [(&'static str, &'static str)]);

const NEW: [(&str, &str); 7] = [
    ("staff_id", "X0001"), ("name", "N"), ("role", "collector"), ("branch", "{branch}"), ("level", "head_office"), ("from", "2026-11-20"), ("password", "Winter-2026-alt"),
];

const FORMS: [Form; 25] = [
    ("/cases/{id}/contacts", UseCase::ContactRecord, &[("person", "{customer}"), ("channel", "call"), ("purpose", "collect"), ("point", "{customer}/phone/0")]),
    ("/cases/{id}/contacts/{contact}", UseCase::ContactRecord, &[("result", "reached")]),
    ("/cases/{id}/inbound", UseCase::ContactRecord, &[("person", "{customer}"), ("channel", "call"), ("result", "reached")]),
    ("/cases/{id}/acts", UseCase::CaseHandOver, &[("do", "hand_over"), ("to", "{other}"), ("because", "requested"), ("version", "1")]),
    ("/cases/{id}/words", UseCase::LanguageCheck, &[("text", "pay")]),
    ("/cases/{id}/debtor-type", UseCase::CaseUpdate, &[("debtor_type", "unknown"), ("why", "seen at home")]),
    ("/customers/{id}/unmask", UseCase::PersonUnmask, &[("person", "{customer}"), ("field", "phone"), ("purpose", "contact"), ("reason", "the number is said to be wrong")]),
    ("/customers/{id}/points", UseCase::PersonCorrect, &[("person", "{customer}"), ("kind", "phone"), ("value", "13900001111"), ("source", "authorised"), ("why", "told at the counter")]),
    ("/customers/{id}/circumstances", UseCase::CircumstanceRecord, &[("person", "{customer}"), ("kind", "opted_out"), ("channel", "email"), ("why", "by letter of 19 November")]),
    ("/customers/{id}/circumstances/end", UseCase::CircumstanceEnd, &[("person", "{customer}"), ("entry", "{customer}/circumstance/0"), ("why", "typed for somebody else")]),
    ("/customers/{id}/documents", UseCase::ContactDocumentFile, &[("person", "{customer}"), ("kind", "agreed_frequency"), ("until", "2026-12-20T00:00"), ("reference", "contract 7, clause 9")]),
    ("/customers/{id}/documents/end", UseCase::ContactDocumentRecord, &[("person", "{customer}"), ("entry", "{customer}/document/0"), ("why", "withdrawn")]),
    ("/audit/verify", UseCase::AuditVerify, &[]),
    ("/audit/export", UseCase::AuditExport, &[("case_id", "C-1"), ("reason", "complaint 7 of the regulator")]),
    ("/staff", UseCase::StaffManage, &NEW),
    ("/staff/{id}/posts", UseCase::RoleGrant, &NEW),
    ("/staff/{id}/employment", UseCase::StaffManage, &[("employment", "left")]),
    ("/staff/{id}/password", UseCase::StaffManage, &[("password", "Winter-2026-alt")]),
    ("/staff/{id}/delegations", UseCase::DelegationMake, &[("to", "{other}"), ("role", "collector"), ("from", "2026-11-21"), ("until", "2026-11-22")]),
    ("/packs/drafts", UseCase::WhatIfRun, &[("text", "[pack]\nid = \"own\"\nversion = \"1\"\ntitle_zh = \"x\"\ntitle_en = \"x\"\nextends = \"cn-bank\"\n")]),
    ("/packs/drafts/{digest}", UseCase::PackView, &[("say", "sign"), ("opinion", "good")]),
    ("/operations/nights", UseCase::NightRun, &[("date", "2026-11-20")]),
    ("/operations/upload", UseCase::ImportRun, &[]),
    ("/operations/import/{folder}", UseCase::ImportRun, &[("say", "import")]),
    ("/operations/batches/{number}/{table}", UseCase::ImportRun, &[("f.3.5", "x"), ("skip", "0")]),
];

/// Addresses for everybody, or for nobody yet signed in; lists that hold only what may be seen, views of one's own;
/// and forms whose right depends on what they say, each with tests of its own.
const OPEN: [&str; 22] = [
    "/", "/assets/postloan.css", "/assets/postloan.js", "/glossary", "/glossary/{code}", "/lang/{lang}", "/password", "/sign-in", "/sign-in/demo",
    "/sign-in/oidc", "/sign-out", "/staff/rights", "/operations/jobs/{number}", "/queue/acts", "/cases/{id}/plan", "/cases/{id}/hardship", "/cases/{id}/concessions",
    "/loans/views", "/loans/views/{name}/drop", "/approvals", "/approvals/mine", "/approvals/{id}",
];

/// The routes of the sources, so that none is forgotten here.
fn routes() -> BTreeSet<String> {
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/page");
    let mut routes = BTreeSet::new();
    for source in fs::read_dir(sources).unwrap() {
        let text = fs::read_to_string(source.unwrap().path()).unwrap();
        routes.extend(text.split(".route(\"").skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    routes
}

#[test]
fn every_route_stands_in_the_walk() {
    let known = PAGES.iter().map(|page| page.0).chain(FORMS.iter().map(|form| form.0)).chain(OPEN);
    let known: BTreeSet<String> = known.map(str::to_owned).collect();
    let forgotten: Vec<String> = routes().difference(&known).cloned().collect();
    assert!(forgotten.is_empty(), "no right is named for {forgotten:?}");
}

/// What the open parts of addresses stand for: a case and its customer, a loan, a claim, somebody.
struct Names(BTreeMap<&'static str, String>);

impl Names {
    fn of(bank: &Bank) -> Names {
        let collector = bank.sign_in(Role::Collector);
        let first = |text: &str, begin: &str| crate::book::links(text, begin).first().map(|link| link[begin.len()..].split(['?', '#']).next().unwrap().to_owned());
        let case = first(&collector.shown("/queue"), "/cases/").expect("the collector has a case");
        let customer = first(&collector.shown(&format!("/cases/{case}")), "/customers/").expect("a case has a customer");
        let loan = first(&bank.sign_in(Role::Auditor).shown("/loans"), "/loans/L").expect("the book has loans");
        let claim = first(&bank.sign_in(Role::AssetPreservationOfficer).shown("/clocks"), "/clocks/").unwrap_or_else(|| "none".to_owned());
        Names(BTreeMap::from([
            ("/cases/{id}", case),
            ("/customers/{id}", customer.clone()),
            ("{customer}", customer),
            ("/loans/{id}", format!("L{loan}")),
            ("{claim}", claim),
            ("{branch}", bank.branch.clone()),
            ("{other}", bank.people[&Role::BranchHead].clone()),
            ("/staff/{id}", bank.people[&Role::Administrator].clone()),
        ]))
    }

    fn filled(&self, template: &str) -> String {
        let mut path = template.to_owned();
        for (open, name) in self.0.iter().chain(&BTreeMap::from(OTHERS.map(|(open, name)| (open, name.to_owned())))) {
            path = path.replace(open, &format!("{}{name}", open.split('{').next().unwrap_or_default()));
        }
        path
    }
}

/// Open parts that need nobody of this bank.
const OTHERS: [(&str, &str); 9] = [
    ("{date}", "2026-11-20"), ("{number}", "1"), ("{table}", "loans"), ("{name}", "grades.svg"), ("/rules/{id}", "grade.past_due"),
    ("/approvals/{id}", "A-1"), ("{digest}", "0"), ("{folder}", "1"), ("{contact}", "K-1"),
];

#[test]
fn every_page_is_shown_or_refused_as_the_matrix_says() {
    let bank = Bank::new();
    let names = Names::of(&bank);
    for role in bank.people.keys() {
        let person = bank.sign_in(*role);
        for (template, use_case, reach) in PAGES {
            let (path, page) = (names.filled(template), person.get(&names.filled(template)));
            match (bank.may.contains(&(*role, use_case)), reach) {
                (false, Reach::This) => assert!(matches!(page.status, 403 | 404), "{} at {path}: {} {}", role.code(), page.status, page.text),
                (false, Reach::Any) => assert_eq!(page.status, 403, "{} at {path}: {}", role.code(), page.text),
                (true, Reach::Any) => assert!(matches!(page.status, 200 | 303), "{} at {path}: {} {}", role.code(), page.status, page.text),
                (true, Reach::This) => assert!(matches!(page.status, 200 | 403 | 404 | 422), "{} at {path}: {} {}", role.code(), page.status, page.text),
            }
        }
    }
}

/// What would show it if a form had changed something: without what differs each time a page is drawn.
fn state(bank: &Bank, names: &Names) -> Vec<String> {
    let still = |page: &Page| {
        let text = page.text.replace(&page.field("_csrf"), "");
        let main = text.split("<main").nth(1).unwrap_or_default();
        let mut parts = main.split("name=\"_key\" value=\"");
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |text, part| text + part.split_once('"').map_or("", |(_, rest)| rest))
    };
    let seen = [
        (Role::Collector, "/cases/{id}"), (Role::Collector, "/customers/{id}?tab=people"), (Role::Collector, "/queue"), (Role::Administrator, "/staff"),
        (Role::Administrator, "/staff/{id}"), (Role::RiskAnalyst, "/packs/drafts"), (Role::Administrator, "/operations"), (Role::Auditor, "/loans"),
    ];
    seen.iter().map(|(role, path)| still(&bank.sign_in(*role).get(&names.filled(path)))).collect()
}

fn sent(person: &Browser, names: &Names, (template, _, fields): Form) -> Page {
    let fields: Vec<(&str, String)> = fields.iter().map(|(name, value)| (*name, names.filled(value))).collect();
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    match template {
        "/operations/upload" => person.upload("/glossary", template, &[("customers.csv", "customer_id,name,kind\nC1,W,individual\n")]),
        _ => person.fill("/glossary", &names.filled(template), &fields),
    }
}

#[test]
fn a_form_without_the_right_is_refused_and_changes_nothing() {
    let bank = Bank::new();
    let names = Names::of(&bank);
    let before = state(&bank, &names);
    for role in bank.people.keys() {
        let person = bank.sign_in(*role);
        for form in FORMS.into_iter().filter(|form| !bank.may.contains(&(*role, form.1))) {
            let page = sent(&person, &names, form);
            assert!(matches!(page.status, 403 | 404), "{} sends {}: {} {}", role.code(), form.0, page.status, page.text);
        }
    }
    for (before, after) in before.iter().zip(state(&bank, &names)) {
        assert_eq!(*before, after);
    }
}
