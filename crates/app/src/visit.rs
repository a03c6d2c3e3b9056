//! Field visits: the cases of a person's own queue where somebody might be visited, with the gate's answer.

use crate::case::{CaseFilter, case_list, person_target};
use crate::contact::{ContactOption, contact_options};
use crate::desk::{Call, Desk, PAGE};
use crate::failure::Outcome;
use crate::person::{PersonView, person_view};
use authority::UseCase;
use casework::Channel;
use casework::case::Case;
use casework::strategy::CaseAction;
use grading::Bucket;
use std::collections::BTreeSet;

/// Where somebody might go (外访点).
#[derive(Clone, Debug)]
pub struct VisitStop {
    pub case: Case,
    /// The next action is a visit or a talk face to face.
    pub planned: bool,
    pub persons: Vec<PersonView>,
    /// Visits alone.
    pub options: Vec<ContactOption>,
}

/// The stops, and every region there are any in.
#[derive(Clone, Debug, Default)]
pub struct VisitList {
    pub stops: Vec<VisitStop>,
    pub regions: Vec<String>,
}

/// As many as fit a day.
const STOPS: usize = 30;

/// Planned visits first, then the rest from the third bucket on, in the order of the queue; of one region, if one is named.
pub async fn visit_list(desk: &Desk, call: &Call, region: Option<&str>) -> Outcome<VisitList> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::ContactRecord, &person_target(&people, &call.staff_id))?;
    let mine = CaseFilter { owner: Some(call.staff_id.clone()), ..CaseFilter::default() };
    let (views, _) = case_list(desk, call, &mine, None, PAGE).await?;
    let planned = |case: &Case| {
        let next = case.work().map(|work| &work.next_action);
        next.is_some_and(|next| next.channel == Some(Channel::Visit) || next.action == CaseAction::Interview)
    };
    let might = |case: &Case| planned(case) || case.facts.bucket >= Bucket::M3;
    let mut cases: Vec<Case> = views.into_iter().map(|view| view.case).filter(|case| might(case) && !case.is_stopped()).collect();
    let regions: BTreeSet<String> = cases.iter().map(|case| case.place.region.clone()).collect();
    cases.retain(|case| region.is_none_or(|region| case.place.region == region));
    cases.sort_by_key(|case| !planned(case));
    let mut stops = Vec::new();
    for case in cases.into_iter().take(STOPS) {
        let options = contact_options(desk, call, &case.case_id, None).await?;
        let options = options.into_iter().filter(|option| option.channel == Channel::Visit).collect();
        let persons = person_view(desk, call, &case.customer_id).await?;
        stops.push(VisitStop { planned: planned(&case), persons, options, case });
    }
    Ok(VisitList { stops, regions: regions.into_iter().collect() })
}
