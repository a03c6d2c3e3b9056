//! Field visits by region: where to go today, whether one may, what may not be done there. Made for a phone, without a map.

use crate::page::frame::{Frame, Shown, show};
use crate::page::gate::{GatePoint, gate_persons};
use crate::page::view::{Choice, Deadline};
use crate::page::visitor::{Fields, Visitor};
use crate::server::Server;
use app::visit::VisitStop;
use askama::Template;
use axum::Router;
use axum::extract::{RawQuery, State};
use axum::routing::get;
use std::collections::BTreeMap;

pub fn router() -> Router<Server> {
    Router::new().route("/visits", get(visits))
}

/// A door to knock at, or not.
struct Stop {
    case_id: String,
    customer_id: String,
    name: String,
    due: Option<Deadline>,
    action: &'static str,
    /// The next action is a visit.
    planned: bool,
    past_due: String,
    points: Vec<(String, GatePoint)>,
}

struct Region {
    region: String,
    stops: Vec<Stop>,
    /// Where somebody may be visited now.
    open: usize,
}

#[derive(Template)]
#[template(path = "visits.html")]
struct VisitsPage {
    frame: Frame,
    regions: Vec<Region>,
    all_regions: Vec<Choice>,
}

async fn visits(State(server): State<Server>, visitor: Visitor, RawQuery(query): RawQuery) -> Shown {
    let asked = Fields::asked(query.as_deref());
    let frame = visitor.frame("visits");
    let found = app::visit::visit_list(&server.desk, &visitor.call, asked.some("region").as_deref()).await?;
    let mut regions: BTreeMap<String, Vec<Stop>> = BTreeMap::new();
    for stop in &found.stops {
        regions.entry(stop.case.place.region.clone()).or_default().push(row(&server, &frame, &visitor, stop));
    }
    let is_open = |stop: &&Stop| stop.points.iter().any(|(_, point)| point.ways.iter().any(|way| way.allowed));
    let region = |(region, stops): (String, Vec<Stop>)| Region { region: frame.named("region", &region), open: stops.iter().filter(is_open).count(), stops };
    let asked_for = asked.get("region");
    let choice = |code: String| Choice { label: frame.named("region", &code), chosen: code == asked_for, code };
    show(&VisitsPage { regions: regions.into_iter().map(region).collect(), all_regions: found.regions.into_iter().map(choice).collect(), frame })
}

fn row(server: &Server, frame: &Frame, visitor: &Visitor, stop: &VisitStop) -> Stop {
    let case = &stop.case;
    let persons = gate_persons(server, frame, &stop.options, &stop.persons);
    let points = persons.into_iter().flat_map(|person| {
        let who = format!("{} {}", person.relation, person.name);
        person.points.into_iter().map(move |point| (who.clone(), point))
    });
    let debtor = stop.persons.iter().find(|person| person.person_id == case.customer_id);
    let work = case.work();
    Stop {
        case_id: case.case_id.clone(),
        customer_id: case.customer_id.clone(),
        name: debtor.map_or_else(String::new, |debtor| crate::page::gate::field(debtor, authority::PersonalField::Name, 0)),
        due: work.map(|work| Deadline::of(work.next_action.due_on, visitor.call.at.day())),
        action: work.map_or("", |work| frame.coded("case_action", &work.next_action.action)),
        planned: stop.planned,
        past_due: case.facts.amount_past_due.to_string(),
        points: points.collect(),
    }
}
