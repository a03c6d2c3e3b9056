//! A customer: a header that stays, one tab for each kind of fact, one line of time, personal data opened with a reason.

use crate::extract::{Named, bad_request};
use crate::page::case::{Because, because};
use crate::page::contact_file::ContactFiles;
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::gate::{GatePerson, gate_persons, minute};
use crate::page::view::{Choice, Deadline, choices, choices_of};
use crate::page::visitor::{Fields, Posted, Visitor};
use crate::server::Server;
use app::desk::{Call, Desk};
use app::{Failure, Outcome};
use app::customer::{CustomerView, TimelineEvent, TimelineKind};
use app::household_plan::HouseholdView;
use app::opened::{Opened, Thing};
use app::person::{PersonView, PointKind};
use askama::Template;
use authority::{PersonalField, UnmaskPurpose, UnmaskRequest, UseCase};
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::{get, post};
use casework::case::{Case, Owner, Standing};
use casework::contact_gate::PointSource;

pub fn router() -> Router<Server> {
    Router::new()
        .route("/customers/{id}", get(customer_page))
        .route("/customers/{id}/unmask", post(unmask))
}

/// An event as it is read.
struct EventRow {
    at: String,
    kind: &'static str,
    what: Vec<String>,
    amount: String,
    href: String,
    about: String,
    by: String,
}

/// A person with every field as far as it may be seen.
struct PersonRow {
    person_id: String,
    relation: &'static str,
    fields: Vec<(&'static str, String, bool)>,
    /// Fields that are masked.
    masked: Vec<Choice>,
    points: Vec<PointRow>,
}

struct PointRow {
    key: String,
    kind: &'static str,
    kind_code: &'static str,
    text: String,
    source: &'static str,
    at_work: bool,
}

/// A case as a row.
struct CaseRow {
    case_id: String,
    opened_on: String,
    why: &'static str,
    owner: String,
    state: String,
    open: bool,
}

/// A clock as a row.
struct ClockRow {
    claim_id: String,
    kind: &'static str,
    status: &'static str,
    class: &'static str,
    last_day: Option<Deadline>,
    article: String,
}

#[derive(Template)]
#[template(path = "customer.html")]
struct CustomerPage {
    frame: Frame,
    view: CustomerView,
    name: String,
    tab: String,
    tabs: Vec<Choice>,
    gate: Vec<GatePerson>,
    /// The case that is worked, if the reader may open it.
    open_case: Option<String>,
    opened: Opened,
    /// Who works the open case.
    worked_by: String,
    cases: Vec<CaseRow>,
    clocks: Vec<ClockRow>,
    events: Vec<EventRow>,
    kinds: Vec<Choice>,
    kind: String,
    persons: Vec<PersonRow>,
    files: ContactFiles,
    because: Option<Because>,
    plan: Option<HouseholdView>,
    hardships: Vec<app::hardship::HardshipView>,
    may_correct: bool,
    /// What masked fields may be opened for.
    purposes: Vec<Choice>,
    sources: Vec<Choice>,
    point_kinds: Vec<Choice>,
}

impl CustomerPage {
    fn is(&self, tab: &str) -> bool {
        self.tab == tab
    }

    fn refused(&self, form: &str) -> bool {
        self.frame.typed("form", "") == form
    }
}

/// The tabs that have facts behind them, in the order of the work; `customer.<tab>` of the glossary.
const TABS: [&str; 7] = ["timeline", "loans", "protection", "people", "cases", "clocks", "plans"];

async fn customer_page(State(server): State<Server>, visitor: Visitor, Named(id): Named<String>, RawQuery(query): RawQuery) -> Shown {
    let asked = Fields::asked(query.as_deref());
    let (desk, call) = (&server.desk, &visitor.call);
    let frame = visitor.frame("customer");
    let view = app::customer::customer_view(desk, call, &id).await?;
    let tab = TABS.into_iter().find(|tab| *tab == asked.get("tab")).unwrap_or("timeline");
    let kind = TimelineKind::from_code(asked.get("kind"));
    let events = match tab {
        "timeline" => app::customer::customer_timeline(desk, call, &view, kind).await?,
        _ => Vec::new(),
    };
    let persons = persons(desk, call, &view).await?;
    let opened = Opened::of(desk, call, named(&view)).await?;
    let open_case = view.cases.iter().find(|case| case.work().is_some()).map(|case| case.case_id.clone());
    let open_case = open_case.filter(|case_id| opened.case(case_id));
    let (mut gate, mut plan, mut hardships) = (Vec::new(), None, Vec::new());
    if let Some(case_id) = &open_case {
        if visitor.may(UseCase::ContactAsk)
            && let Ok(options) = app::contact::contact_options(desk, call, case_id, None).await
        {
            gate = gate_persons(&server, &frame, &options, &persons);
        }
        if tab == "plans" {
            plan = Some(app::household_plan::household_plan_view(desk, call, case_id).await?);
            hardships = app::hardship::hardship_list(desk, call, case_id).await?;
        }
    }
    let contacts = match &open_case {
        Some(case_id) if tab == "people" && visitor.may(UseCase::CaseView) => app::case::case_view(desk, call, case_id).await.map_or_else(|_| Vec::new(), |file| file.contacts),
        _ => Vec::new(),
    };
    let because = match asked.some("because") {
        Some(loan) => app::customer::customer_loan_explain(desk, call, &id, &loan).await?.map(|explained| because(&frame, explained)),
        None => None,
    };
    let (today, rights) = (call.at.day(), app::person::person_rights(desk, call, &id).await?);
    let tabs = tabs(&frame, &view, persons.is_empty(), open_case.is_some(), tab);
    let page = CustomerPage {
        name: view.name.clone().unwrap_or_else(|| id.clone()),
        tab: tab.to_owned(),
        tabs,
        gate,
        cases: view.cases.iter().rev().map(|case| case_row(&frame, &visitor, case)).collect(),
        clocks: view.clocks.iter().map(|file| clock_row(&frame, file, today)).collect(),
        events: events.iter().map(|event| event_row(&frame, event)).collect(),
        worked_by: worked_by(&visitor, &view),
        opened,
        kinds: choices(&frame, "timeline_kind", kind),
        kind: kind.map_or("", TimelineKind::code).to_owned(),
        files: ContactFiles::of(&server, &visitor, &frame, &id, "", &persons, &contacts),
        persons: persons.iter().map(|person| person_row(&frame, person)).collect(),
        because,
        plan,
        hardships,
        may_correct: rights.correct,
        purposes: choices_of(&frame, "unmask_purpose", &rights.unmask, None),
        sources: choices::<PointSource>(&frame, "point_source", None),
        point_kinds: choices::<PointKind>(&frame, "point_kind", None),
        open_case,
        view,
        frame,
    };
    show(&page)
}

/// A customer without a case has nobody on file; people are seen by who works the case.
async fn persons(desk: &Desk, call: &Call, view: &CustomerView) -> Outcome<Vec<PersonView>> {
    if view.cases.is_empty() {
        return Ok(Vec::new());
    }
    match app::person::person_view(desk, call, &view.customer_id).await {
        Err(Failure::Refused(_)) => Ok(Vec::new()),
        persons => persons,
    }
}

/// Everything the page could lead to.
fn named(view: &CustomerView) -> Vec<Thing> {
    let cases = view.cases.iter().map(|case| Thing::Case(case.case_id.clone()));
    let loans = view.book.loans.iter().map(|loan| Thing::Loan(loan.loan_id.clone()));
    let claims = view.clocks.iter().map(|file| Thing::Claim(file.state.claim_id.clone()));
    cases.chain(loans).chain(claims).collect()
}

/// The tabs that have something behind them.
fn tabs(frame: &Frame, view: &CustomerView, nobody: bool, is_worked: bool, chosen: &str) -> Vec<Choice> {
    let held = |tab: &&str| match *tab {
        "loans" => !view.book.loans.is_empty(),
        "protection" => view.book.loans.iter().any(|loan| loan.collateral_value.is_positive() || loan.protection.code() != "credit"),
        "people" => !nobody,
        "cases" => !view.cases.is_empty(),
        "clocks" => !view.clocks.is_empty(),
        "plans" => is_worked,
        _ => true,
    };
    let tab = |code: &str| Choice { code: code.to_owned(), label: frame.named("customer_tab", code), chosen: code == chosen };
    TABS.into_iter().filter(held).map(tab).collect()
}

fn event_row(frame: &Frame, event: &TimelineEvent) -> EventRow {
    let href = match event.thing() {
        _ if !event.is_open => String::new(),
        Thing::Loan(id) => format!("/loans/{id}"),
        Thing::Claim(id) => format!("/clocks/{id}"),
        Thing::Approval(id) => format!("/approvals/{id}"),
        Thing::Customer(id) => format!("/customers/{id}"),
        Thing::Case(id) => format!("/cases/{id}"),
    };
    let at = event.at.to_string();
    EventRow {
        // A day without an hour is not midnight.
        at: if event.at.second_of_day() == 0 { event.at.day().to_string() } else { minute(&at) },
        kind: frame.coded("timeline_kind", &event.kind),
        what: event.what.iter().map(|word| if word.contains('.') { frame.word(word).to_owned() } else { frame.named("product", word) }).collect(),
        amount: event.amount.map_or_else(String::new, |amount| amount.to_string()),
        href,
        about: event.about.clone(),
        by: event.by.clone().unwrap_or_default(),
    }
}

fn person_row(frame: &Frame, person: &PersonView) -> PersonRow {
    let field = |shown: &app::person::ShownField| (frame.coded("personal_field", &shown.field), shown.text.clone(), shown.view == authority::View::Full);
    let is_masked = |field: &PersonalField| person.fields.iter().any(|shown| shown.field == *field && shown.view != authority::View::Full);
    let masked: Vec<PersonalField> = PersonalField::ALL.iter().copied().filter(is_masked).collect();
    let point = |point: &app::person::Point| {
        let kind = match point.kind {
            PointKind::Phone => PersonalField::Phone,
            PointKind::Address => PersonalField::Address,
        };
        PointRow {
            key: point.key.clone(),
            kind: frame.coded("point_kind", &point.kind),
            kind_code: point.kind.code(),
            text: crate::page::gate::field(person, kind, point.position),
            source: frame.coded("point_source", &point.source),
            at_work: point.at_work,
        }
    };
    PersonRow {
        person_id: person.person_id.clone(),
        relation: frame.coded("relation", &person.relation),
        fields: person.fields.iter().map(field).collect(),
        masked: choices_of(frame, "personal_field", &masked, None),
        points: person.points.iter().map(point).collect(),
    }
}

fn owner(visitor: &Visitor, case: &Case) -> String {
    match case.owner() {
        Some(Owner::Staff(id)) => visitor.people.called(id),
        Some(Owner::Agency(id)) => id.clone(),
        None => String::new(),
    }
}

fn worked_by(visitor: &Visitor, view: &CustomerView) -> String {
    view.cases.iter().find(|case| case.work().is_some()).map_or_else(String::new, |case| owner(visitor, case))
}

fn case_row(frame: &Frame, visitor: &Visitor, case: &Case) -> CaseRow {
    let state = match &case.standing {
        Standing::Open(work) => format!("{} {}", frame.coded("case_action", &work.next_action.action), work.next_action.due_on),
        Standing::Closed(closing) => format!("{} {}", frame.coded("closed_because", &closing.because), closing.on),
    };
    CaseRow {
        case_id: case.case_id.clone(),
        opened_on: case.opened_on.to_string(),
        why: frame.coded("opened_because", &case.opened_because),
        owner: owner(visitor, case),
        state,
        open: case.work().is_some(),
    }
}

fn clock_row(frame: &Frame, file: &app::clock::ClockFile, today: units::Date) -> ClockRow {
    let state = &file.state;
    ClockRow {
        claim_id: state.claim_id.clone(),
        kind: frame.coded("clock_kind", &state.kind),
        status: frame.coded("clock_status", &state.status),
        class: match state.status.code() {
            "lapsed" => "bad",
            "expiring" => "warn",
            _ => "good",
        },
        last_day: state.last_day.map(|day| Deadline::of(day, today)),
        article: state.because.last().map_or_else(String::new, |because| because.article.clone()),
    }
}

/// The tab the form stood on.
fn back(id: &str) -> String {
    format!("/customers/{id}?tab=people")
}

async fn unmask(State(server): State<Server>, Named(id): Named<String>, posted: Posted) -> Shown {
    let Posted { visitor, fields } = posted;
    let wanted: Option<Vec<PersonalField>> = fields.all("field").map(PersonalField::from_code).collect();
    let request = UnmaskRequest {
        person_id: fields.required("person")?.to_owned(),
        fields: wanted.ok_or_else(|| bad_request("field"))?,
        purpose: fields.required_as("purpose", UnmaskPurpose::from_code)?,
        reason: fields.get("reason").to_owned(),
    };
    app::person::person_unmask(&server.desk, &visitor.call, &request).await?;
    done(&back(&id), "unmasked")
}
