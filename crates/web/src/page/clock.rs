//! The clocks (时限): by days left, by month, and one claim with every clock of it and the form that records an act.

use crate::extract::{Asked, Named};
use crate::page::frame::{Frame, Shown, done, show};
use crate::page::view::cursor;
use crate::page::visitor::{Fields, Posted, Visitor};
use crate::problem::Reply;
use crate::server::Server;
use app::clock_fact::{FactSaid, fact_record};
use app::clock_watch::{ActTried, ClaimView, ClockMonth, ClockSeen, ClocksWanted, act_try, claim_view, clock_list, clock_month};
use app::desk::People;
use app::opened::{Opened, Thing};
use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use disposal::clock::{Act, ActKind, ClockKind, ClockState, ClockStatus, EvidenceKind, EvidenceStrength, GuaranteeTerm, SignalLevel};
use serde::Deserialize;
use units::Date;

pub fn router() -> Router<Server> {
    Router::new().route("/clocks", get(list)).route("/clocks/{claim}", get(claim).post(record))
}

/// Rows of one page of the list.
const ROWS: u32 = 50;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Wanted {
    owner: String,
    kind: String,
    state: String,
    /// `month` for the calendar.
    view: String,
    month: String,
    day: String,
    after: String,
}

impl Wanted {
    fn of(&self, visitor: &Visitor) -> ClocksWanted {
        let owner = match self.owner.as_str() {
            "" | "all" => None,
            "me" => Some(visitor.call.staff_id.clone()),
            other => Some(other.to_owned()),
        };
        ClocksWanted { owner, kind: ClockKind::from_code(&self.kind), state: ClockStatus::from_code(&self.state), by: None }
    }
}

/// A day of the calendar; days of the months beside it hold nothing.
struct Cell {
    day: u32,
    date: Date,
    clocks: usize,
    red: usize,
    is_today: bool,
    is_chosen: bool,
}

#[derive(Template)]
#[template(path = "clocks.html")]
struct ClocksPage {
    frame: Frame,
    wanted: Wanted,
    kinds: &'static [ClockKind],
    states: &'static [ClockStatus],
    rows: Vec<ClockSeen>,
    /// Whose customers the reader may open.
    opened: Opened,
    next: Option<String>,
    weeks: Vec<Vec<Option<Cell>>>,
    month: String,
    before: String,
    after: String,
    is_cut: bool,
}

/// How grave it is, as a chip is coloured.
fn tone(level: Option<SignalLevel>) -> &'static str {
    match level {
        Some(SignalLevel::Red) => "bad",
        Some(_) => "warn",
        None => "",
    }
}

async fn list(State(server): State<Server>, visitor: Visitor, Asked(wanted): Asked<Wanted>) -> Shown {
    let filter = wanted.of(&visitor);
    let mut page = ClocksPage {
        frame: visitor.frame("clocks"),
        kinds: ClockKind::ALL,
        states: ClockStatus::ALL,
        rows: Vec::new(),
        next: None,
        weeks: Vec::new(),
        month: String::new(),
        before: String::new(),
        after: String::new(),
        is_cut: false,
        opened: Opened::default(),
        wanted,
    };
    if page.wanted.view == "month" {
        let today = visitor.call.at.day();
        let first = Date::parse(&format!("{}-01", page.wanted.month)).unwrap_or(today).add_months_on(0, 1);
        let chosen = Date::parse(&page.wanted.day).ok();
        let month = clock_month(&server.desk, &visitor.call, &filter, first).await?;
        page.weeks = weeks(first, today, chosen, &month);
        page.month = month_of(first);
        page.before = month_of(first.add_months_on(-1, 1));
        page.after = month_of(first.add_months_on(1, 1));
        page.is_cut = month.is_cut;
        page.rows = chosen.and_then(|day| month.days.get(&day).cloned()).unwrap_or_default();
    } else {
        let after = cursor(&page.wanted.after)?;
        let (rows, next) = clock_list(&server.desk, &visitor.call, &filter, after.as_ref(), ROWS).await?;
        (page.rows, page.next) = (rows, next.map(|next| next.text()));
    }
    let named = page.rows.iter().map(|row| Thing::Customer(row.customer_id.clone()));
    page.opened = Opened::of(&server.desk, &visitor.call, named.collect::<Vec<_>>()).await?;
    show(&page)
}

fn month_of(first: Date) -> String {
    first.to_string()[..7].to_owned()
}

/// The weeks of a month, Monday first.
fn weeks(first: Date, today: Date, chosen: Option<Date>, month: &ClockMonth) -> Vec<Vec<Option<Cell>>> {
    let last = first.add_months_on(1, 1).previous();
    let lead = first.weekday() as i32 - 1;
    let cell = |number: i32| {
        let date = Date::new(number);
        (first..=last).contains(&date).then(|| {
            let clocks = month.days.get(&date).map_or(&[][..], Vec::as_slice);
            Cell {
                day: date.ymd().2,
                date,
                clocks: clocks.len(),
                red: clocks.iter().filter(|clock| clock.state.level == Some(SignalLevel::Red)).count(),
                is_today: date == today,
                is_chosen: Some(date) == chosen,
            }
        })
    };
    let begin = first.day_number() - lead;
    let weeks = (0..6).map(|week| (0..7).map(|day| cell(begin + week * 7 + day)).collect::<Vec<_>>());
    weeks.filter(|week| week.iter().any(Option::is_some)).collect()
}

/// What the form of an act holds.
#[derive(Default)]
struct Draft {
    kind: String,
    on: String,
    until: String,
    against: Vec<String>,
    evidence: Vec<String>,
}

impl Draft {
    fn of(fields: &Fields) -> Draft {
        let all = |name: &str| fields.all(name).map(str::to_owned).collect();
        let get = |name: &str| fields.get(name).to_owned();
        Draft { kind: get("kind"), on: get("on"), until: get("until"), against: all("against"), evidence: all("evidence") }
    }

    fn names(&self, party: &str) -> bool {
        self.against.iter().any(|named| named == party)
    }

    fn proves(&self, kind: &EvidenceKind) -> bool {
        self.evidence.iter().any(|code| code == kind.code())
    }
}

/// The act a form describes.
fn act_of(fields: &Fields, claim_id: &str, key: &str) -> Reply<Act> {
    let date = |text: &str| Date::parse(text).ok();
    let evidence = fields.all("evidence").filter_map(EvidenceKind::from_code).collect();
    Ok(Act {
        act_id: format!("{claim_id}/{key}"),
        kind: fields.required_as("kind", ActKind::from_code)?,
        on: fields.required_as("on", date)?,
        against: fields.all("against").map(str::to_owned).collect(),
        until: fields.read_as("until", date)?,
        evidence,
    })
}

#[derive(Template)]
#[template(path = "claim.html")]
struct ClaimPage {
    frame: Frame,
    claim: ClaimView,
    opened: Opened,
    claim_id: String,
    owner: String,
    /// Who or what an act may be against: identity, and what it is.
    parties: Vec<(String, &'static str)>,
    acts: &'static [ActKind],
    evidence: &'static [EvidenceKind],
    draft: Draft,
    tried: Option<ActTried>,
}

fn page(frame: Frame, people: &People, mut claim: ClaimView, opened: Opened, draft: Draft, tried: Option<ActTried>) -> ClaimPage {
    // What runs out first stands first.
    claim.clocks.sort_by_key(|clock| (clock.days_left.is_none(), clock.days_left));
    let facts = &claim.facts;
    let debtors = facts.debtors.iter().map(|id| (id.clone(), "debtor"));
    let guarantors = facts.guarantees.iter().map(|one| (one.guarantor_id.clone(), "guarantor"));
    let collateral = facts.collateral.iter().map(|one| (one.collateral_id.clone(), "collateral"));
    let measures = facts.preservations.iter().map(|one| (one.preservation_id.clone(), "preservation"));
    let mut parties: Vec<(String, &'static str)> = debtors.chain(guarantors).chain(collateral).chain(measures).collect();
    parties.dedup();
    let owner = people.called(facts.signal_owner());
    ClaimPage { claim_id: facts.claim_id.clone(), owner, parties, acts: ActKind::ALL, evidence: EvidenceKind::ALL, draft, tried, frame, opened, claim }
}

async fn opened(server: &Server, visitor: &Visitor, claim: &ClaimView) -> Reply<Opened> {
    Ok(Opened::of(&server.desk, &visitor.call, [Thing::Customer(claim.customer_id.clone())]).await?)
}

async fn claim(State(server): State<Server>, visitor: Visitor, Named(claim_id): Named<String>) -> Shown {
    let claim = claim_view(&server.desk, &visitor.call, &claim_id).await?;
    let frame = visitor.frame("clocks");
    let typed = frame.refused.as_ref().map(|refused| Fields(refused.typed.clone()));
    let draft = typed.as_ref().map(Draft::of).unwrap_or_else(|| Draft { on: visitor.call.at.day().to_string(), ..Draft::default() });
    let opened = opened(&server, &visitor, &claim).await?;
    show(&page(frame, &visitor.people, claim, opened, draft, None))
}

/// Tries an act, or records it.
async fn record(State(server): State<Server>, Named(claim_id): Named<String>, Posted { visitor, fields }: Posted) -> Shown {
    let key = visitor.call.key.clone().unwrap_or_default();
    let act = act_of(&fields, &claim_id, &key)?;
    let claim = claim_view(&server.desk, &visitor.call, &claim_id).await?;
    if fields.get("say") == "try" {
        let tried = act_try(&server.desk, &visitor.call, &claim, &act)?;
        let opened = opened(&server, &visitor, &claim).await?;
        return show(&page(visitor.frame("clocks"), &visitor.people, claim, opened, Draft::of(&fields), Some(tried)));
    }
    fact_record(&server.desk, &visitor.call, &claim_id, &FactSaid::act(act)).await?;
    done(&format!("/clocks/{claim_id}"), "act_recorded")
}

impl ClaimPage {
    fn tone(&self, clock: &ClockState) -> &'static str {
        tone(clock.level)
    }

    /// Whether an act leaves a clock as it is.
    fn is_same(&self, before: &ClockState, after: &Option<ClockState>) -> bool {
        after.as_ref().is_some_and(|after| after.last_day == before.last_day && after.status == before.status)
    }
}

impl ClocksPage {
    fn tone(&self, clock: &ClockSeen) -> &'static str {
        tone(clock.state.level)
    }

    fn is_month(&self) -> bool {
        self.wanted.view == "month"
    }

    fn state(&self) -> &str {
        if self.wanted.state.is_empty() && !self.is_month() { "expiring" } else { &self.wanted.state }
    }
}
