//! A customer's page: who owes, the loans as last night left them, and everything that happened on one line of time.

use crate::clock::ClockFile;
use crate::contact::ContactRecord;
use crate::desk::{Call, Desk, PAGE, People};
use crate::failure::{Outcome, refused};
use crate::figures::last_night;
use crate::loan_explain::{LoanExplained, loan_explain};
use crate::opened::{Opened, Thing, customer_target};
use crate::queue::name_of;
use authority::UseCase;
use casework::case::{Case, Owner, Standing};
use casework::promise::Promise;
use lake::snapshot::read::{BucketMove, CustomerLine, LoanLine, Night};
use lake::snapshot::{bucket_moves, customer_line, loan_lines, loans_of, nights};
use std::collections::HashSet;
use std::sync::Arc;
use store::{CaseRow, ComplaintRow, Kept};
use units::{Date, Moment, Money, coded};

/// How many of the latest nights are asked for moves between buckets; before them the month-ends tell.
const NIGHTS: usize = 40;

/// The most events of a timeline.
const EVENTS: usize = 300;

/// What last night knew of a customer's debt (客户台账).
#[derive(Clone, Debug, Default)]
pub struct CustomerBook {
    /// `None` before the first night.
    pub night: Option<Date>,
    pub line: Option<CustomerLine>,
    pub loans: Vec<LoanLine>,
    pub moves: Vec<BucketMove>,
}

/// A customer with everything that is kept (客户视图).
#[derive(Clone, Debug)]
pub struct CustomerView {
    pub customer_id: String,
    pub name: Option<String>,
    pub book: CustomerBook,
    /// Every case, open ones too.
    pub cases: Vec<Case>,
    pub promises: Vec<Promise>,
    pub clocks: Vec<ClockFile>,
}

async fn on_file<T: Send + 'static>(work: impl FnOnce() -> Outcome<T> + Send + 'static) -> Outcome<T> {
    tokio::task::spawn_blocking(work).await.map_err(anyhow::Error::from)?
}

fn last(desk: &Desk) -> Outcome<Option<Night>> {
    Ok(nights(&desk.open.lake)?.pop())
}

/// What last night left of the loans of a case.
pub async fn case_book(desk: &Desk, call: &Call, case_id: &str) -> Outcome<CustomerBook> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    let target = crate::case::target(&kept.row);
    desk.may(&people, call, UseCase::CaseView, &target)?;
    // An agency sees of a case what the pack lets it see, and nothing of the book.
    if !desk.allows(&people, call, UseCase::LoanView, &target) {
        return Ok(CustomerBook::default());
    }
    let Some(night) = last(desk)? else { return Ok(CustomerBook::default()) };
    on_file(move || {
        let case = kept.body;
        let loans = loan_lines(&night, &case.loans.iter().cloned().collect())?;
        let line = customer_line(&night, &case.customer_id)?;
        Ok(CustomerBook { night: Some(night.business_date), line, loans, moves: Vec::new() })
    })
    .await
}

/// Why a loan of a case stands where it stands.
pub async fn case_loan_explain(desk: &Desk, call: &Call, case_id: &str, loan_id: &str) -> Outcome<Option<LoanExplained>> {
    let people = desk.people(call.at).await?;
    let kept: Kept<CaseRow, Case> = desk.load(&desk.store, "case", case_id).await?;
    desk.may(&people, call, UseCase::LoanView, &crate::case::target(&kept.row))?;
    if !kept.body.loans.iter().any(|loan| loan == loan_id) {
        return refused("E-AP-01", &[("what", &"loan"), ("id", &loan_id)]);
    }
    explained(desk, loan_id).await
}

/// The same for a loan of a customer.
pub async fn customer_loan_explain(desk: &Arc<Desk>, call: &Call, customer_id: &str, loan_id: &str) -> Outcome<Option<LoanExplained>> {
    customer_target(desk, call, UseCase::LoanView, customer_id).await?;
    let explained = explained(desk, loan_id).await?;
    Ok(explained.filter(|explained| explained.customer_id == customer_id))
}

async fn explained(desk: &Desk, loan_id: &str) -> Outcome<Option<LoanExplained>> {
    let (open, loan_id) = (desk.open.clone(), loan_id.to_owned());
    on_file(move || match last_night(&open)? {
        Some(date) => Ok(loan_explain(&open, date, Some(&loan_id), None)?.pop()),
        None => Ok(None),
    })
    .await
}

pub async fn customer_view(desk: &Arc<Desk>, call: &Call, customer_id: &str) -> Outcome<CustomerView> {
    let people = desk.people(call.at).await?;
    let target = customer_target(desk, call, UseCase::CustomerView, customer_id).await?;
    let book = book_of(desk, customer_id).await?;
    let cases: Vec<Kept<CaseRow, Case>> = desk.store.case_of_customer(customer_id, None, PAGE).await?.rows;
    if book.loans.is_empty() && cases.is_empty() {
        return refused("E-AP-01", &[("what", &"customer"), ("id", &customer_id)]);
    }
    let mut promises = Vec::new();
    for kept in &cases {
        let page = desk.store.promise_of_case::<Promise>(&kept.row.case_id, None, PAGE).await?;
        promises.extend(page.rows.into_iter().map(|kept| kept.body));
    }
    let mut clocks = Vec::new();
    for loan in &book.loans {
        let page = desk.store.clock_of_claim::<ClockFile>(&loan.loan_id, None, PAGE).await?;
        clocks.extend(page.rows.into_iter().map(|kept| kept.body));
    }
    let name = name_of(desk, &people, call, &target, customer_id).await?;
    let cases = cases.into_iter().map(|kept| kept.body).collect();
    Ok(CustomerView { customer_id: customer_id.to_owned(), name, book, cases, promises, clocks })
}

async fn book_of(desk: &Desk, customer_id: &str) -> Outcome<CustomerBook> {
    let (lake, customer_id) = (desk.open.lake.clone(), customer_id.to_owned());
    on_file(move || {
        let nights = nights(&lake)?;
        let Some(night) = nights.last() else { return Ok(CustomerBook::default()) };
        let theirs = loans_of(night, None, Some(&customer_id))?.map(|theirs| theirs.loans).unwrap_or_default();
        let mut moves = Vec::new();
        for night in nights.iter().rev().take(NIGHTS).filter(|_| !theirs.is_empty()) {
            moves.extend(bucket_moves(night, &theirs)?);
        }
        Ok(CustomerBook {
            night: Some(night.business_date),
            line: customer_line(night, &customer_id)?,
            loans: loan_lines(night, &theirs)?,
            moves,
        })
    })
    .await
}

coded! {
    /// Of what kind an event of the timeline is (时间线事件种类).
    TimelineKind {
        Loan = "loan",
        Bucket = "bucket",
        Case = "case",
        Contact = "contact",
        Promise = "promise",
        Complaint = "complaint",
        Approval = "approval",
        Clock = "clock",
    }
}

/// Something that happened (时间线事件).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimelineEvent {
    pub at: Moment,
    pub kind: TimelineKind,
    /// Words of the glossary, or what has none, in the order they are read.
    pub what: Vec<String>,
    pub amount: Option<Money>,
    /// The loan or case it is about.
    pub about: String,
    pub by: Option<String>,
    /// Whether the caller may open what it is about.
    pub is_open: bool,
}

impl TimelineKind {
    /// Whether whoever sees the customer sees it.
    const fn is_told_to_all(self) -> bool {
        matches!(self, TimelineKind::Loan | TimelineKind::Bucket | TimelineKind::Clock | TimelineKind::Case)
    }
}

impl TimelineEvent {
    /// What it is about.
    pub fn thing(&self) -> Thing {
        let about = self.about.clone();
        match self.kind {
            TimelineKind::Loan | TimelineKind::Bucket => Thing::Loan(about),
            TimelineKind::Clock => Thing::Claim(about),
            TimelineKind::Approval => Thing::Approval(about),
            TimelineKind::Case | TimelineKind::Contact | TimelineKind::Promise | TimelineKind::Complaint => Thing::Case(about),
        }
    }
}

/// Everything that happened about a customer, the latest first; of one kind, if one is named. What was said and
/// decided in a case is for who may open it.
pub async fn customer_timeline(desk: &Arc<Desk>, call: &Call, view: &CustomerView, only: Option<TimelineKind>) -> Outcome<Vec<TimelineEvent>> {
    let people = desk.people(call.at).await?;
    customer_target(desk, call, UseCase::CustomerView, &view.customer_id).await?;
    let mut events = of_book(view);
    view.cases.iter().for_each(|case| of_case(case, &mut events));
    view.promises.iter().for_each(|promise| of_promise(promise, &mut events));
    for kept in desk.store.contact_of_customer::<ContactRecord>(&view.customer_id, None, PAGE).await?.rows {
        let contact = kept.body.contact;
        events.push(TimelineEvent {
            at: contact.at,
            kind: TimelineKind::Contact,
            what: vec![
                format!("direction.{}", contact.direction.code()),
                format!("channel.{}", contact.channel.code()),
                format!("relation.{}", contact.relation.code()),
                format!("contact_result.{}", contact.result.code()),
            ],
            amount: None,
            about: contact.case_id,
            by: Some(contact.staff_id),
            is_open: false,
        });
    }
    for kept in desk.store.complaint_of_customer::<serde_json::Value>(&view.customer_id, None, PAGE).await?.rows {
        events.extend(of_complaint(kept.row, kept.changed_by));
    }
    for case in &view.cases {
        events.extend(approvals(desk, case).await?);
    }
    events.retain(|event| only.is_none_or(|only| event.kind == only));
    events.sort_by_key(|event| std::cmp::Reverse(event.at));
    events.truncate(EVENTS);
    let opened = Opened::of(desk, call, events.iter().map(TimelineEvent::thing)).await?;
    events.iter_mut().for_each(|event| event.is_open = opened.has(&event.thing()));
    events.retain(|event| event.is_open || event.kind.is_told_to_all());
    named(&people, &mut events);
    Ok(events)
}

/// People by name beside their number.
fn named(people: &People, events: &mut [TimelineEvent]) {
    for by in events.iter_mut().filter_map(|event| event.by.as_mut()) {
        if let Some(staff) = people.person(by) {
            *by = format!("{} {by}", staff.name);
        }
    }
}

fn event(on: Date, kind: TimelineKind, what: Vec<String>, about: &str) -> TimelineEvent {
    TimelineEvent { at: Moment::new(on, 0), kind, what, amount: None, about: about.to_owned(), by: None, is_open: false }
}

fn of_book(view: &CustomerView) -> Vec<TimelineEvent> {
    let mut events = Vec::new();
    for loan in &view.book.loans {
        if let Some(on) = loan.disbursed_on {
            let what = vec!["term.disbursed_on".to_owned(), loan.product.clone()];
            events.push(TimelineEvent { amount: Some(loan.principal), ..event(on, TimelineKind::Loan, what, &loan.loan_id) });
        }
        if let Some(on) = loan.last_paid_on {
            events.push(event(on, TimelineKind::Loan, vec!["column.last_paid_on".to_owned()], &loan.loan_id));
        }
    }
    for moved in &view.book.moves {
        let from = moved.from.map_or_else(|| "-".to_owned(), |bucket| bucket.code().to_owned());
        let what = vec![from, "\u{2192}".to_owned(), moved.to.code().to_owned()];
        events.push(event(moved.on, TimelineKind::Bucket, what, &moved.loan_id));
    }
    for told in &view.clocks {
        if let Some(on) = told.state.last_day {
            let what = vec![format!("clock_kind.{}", told.state.kind.code()), format!("clock_status.{}", told.state.status.code())];
            events.push(event(on, TimelineKind::Clock, what, &told.state.claim_id));
        }
    }
    events
}

fn of_case(case: &Case, events: &mut Vec<TimelineEvent>) {
    let opened = vec!["term.case".to_owned(), format!("opened_because.{}", case.opened_because.code())];
    events.push(event(case.opened_on, TimelineKind::Case, opened, &case.case_id));
    for hand_over in case.hand_overs.iter().filter(|hand_over| hand_over.from.is_some()) {
        let to = match &hand_over.to {
            Owner::Staff(id) | Owner::Agency(id) => id.clone(),
        };
        let what = vec![format!("hand_over_reason.{}", hand_over.because.code()), "\u{2192}".to_owned(), to];
        events.push(TimelineEvent { by: hand_over.by.clone(), ..event(hand_over.on, TimelineKind::Case, what, &case.case_id) });
    }
    if let Standing::Closed(closing) = &case.standing {
        let what = vec!["term.case".to_owned(), format!("closed_because.{}", closing.because.code())];
        events.push(event(closing.on, TimelineKind::Case, what, &case.case_id));
    }
}

fn of_promise(promise: &Promise, events: &mut Vec<TimelineEvent>) {
    let made = vec!["term.promise_to_pay".to_owned(), promise.pay_on.to_string(), format!("payment_way.{}", promise.way.code())];
    let made = event(promise.made_on, TimelineKind::Promise, made, &promise.case_id);
    events.push(TimelineEvent { amount: Some(promise.amount), by: Some(promise.staff_id.clone()), ..made });
    if let Some(on) = promise.decided_on {
        let what = vec![format!("promise_status.{}", promise.status.code())];
        events.push(TimelineEvent { amount: Some(promise.received), ..event(on, TimelineKind::Promise, what, &promise.case_id) });
    }
}

fn of_complaint(row: ComplaintRow, by: String) -> Option<TimelineEvent> {
    let what = match row.kind.as_str() {
        "objection" => "contact_result.objected",
        _ => "contact_result.complained",
    };
    Some(TimelineEvent {
        at: row.made_at,
        kind: TimelineKind::Complaint,
        what: vec![what.to_owned()],
        amount: None,
        about: row.case_id?,
        by: Some(by),
        is_open: false,
    })
}

/// What was proposed and decided about a case, as the audit trail has it.
async fn approvals(desk: &Desk, case: &Case) -> Outcome<Vec<TimelineEvent>> {
    let page = desk.store.audit_of_subject(&format!("case/{}", case.case_id), None, PAGE).await?;
    let decided = page.rows.into_iter().map(|record| record.event).filter(|event| event.action.starts_with("approval_"));
    let told = decided.map(|decided| {
        let about = decided.why.split(' ').next().unwrap_or_default().to_owned();
        let kind = decided.why.split(' ').nth(1).filter(|_| decided.action == "approval_propose");
        let what = std::iter::once(format!("said.{}", decided.action)).chain(kind.map(|kind| format!("decision_kind.{kind}"))).collect();
        TimelineEvent { at: decided.happened_at, kind: TimelineKind::Approval, what, amount: None, about, by: Some(decided.actor), is_open: false }
    });
    Ok(told.collect())
}

/// Where a loan of last night's book belongs, for who may see the customer.
pub(crate) async fn owner_of_loan(desk: &Desk, loan_id: &str) -> Outcome<Option<String>> {
    let (lake, loan_id) = (desk.open.lake.clone(), loan_id.to_owned());
    on_file(move || {
        let Some(night) = nights(&lake)?.pop() else { return Ok(None) };
        // A loan's own row says whose it is; its customer's other loans are not asked for.
        let known = !loan_lines(&night, &HashSet::from([loan_id.clone()]))?.is_empty();
        Ok(if known { loans_of(&night, Some(&loan_id), None)?.map(|theirs| theirs.customer_id) } else { None })
    })
    .await
}
