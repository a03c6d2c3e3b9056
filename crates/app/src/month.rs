//! The month so far against its targets: one's own, and a team's. The night counts, so that a page reads one row a person.

use crate::case::person_target;
use crate::desk::{Call, Desk, People, stored_all};
use crate::failure::Outcome;
use crate::results::{Period, Reckoned};
use authority::UseCase;
use casework::results::{Results, Score, TargetProgress, gone_ppm, target_by};
use std::collections::BTreeMap;
use store::{Change, Chunk, ChunkKey, Kept, Stamp, WorkResultRow};
use units::{Date, Moment, Money};

/// What came of a month's work until the last night, and how far that is (本月业绩).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonthSoFar {
    /// The last day counted.
    pub through: Date,
    /// Of the month, the share that was gone by then.
    pub gone_ppm: i64,
    pub results: Results,
    /// What is to be recovered in the whole month.
    pub target: Money,
    pub progress: Vec<TargetProgress>,
    /// Against what of the target was due by then.
    pub score: Option<Score>,
}

/// One's own month; nothing for who takes no cases, before a night has counted, or where there is neither work nor a
/// target.
pub async fn month_own(desk: &Desk, call: &Call) -> Outcome<Option<MonthSoFar>> {
    let people = desk.people(call.at).await?;
    let month = month(desk, &people, call, |staff_id| staff_id == call.staff_id).await?;
    Ok(month.filter(|month| month.target.is_positive() || month.results != Results::default()))
}

/// The month of a team: of those of its people whose results the caller may see.
pub async fn month_of_team(desk: &Desk, call: &Call, team: &str) -> Outcome<Option<MonthSoFar>> {
    let people = desk.people(call.at).await?;
    month(desk, &people, call, |staff_id| person_target(&people, staff_id).team.as_deref() == Some(team)).await
}

async fn month(desk: &Desk, people: &People, call: &Call, is_asked: impl Fn(&str) -> bool) -> Outcome<Option<MonthSoFar>> {
    let today = call.at.day();
    let Some(through) = desk.store.night_last().await? else { return Ok(None) };
    let (mut results, mut target) = (None, Money::ZERO);
    for employee in people.employees.iter().filter(|employee| employee.member(today).is_some()) {
        let staff_id = &employee.staff.staff_id;
        if !is_asked(staff_id) || !desk.allows(people, call, UseCase::ResultsView, &person_target(people, staff_id)) {
            continue;
        }
        let kept: Option<Kept<WorkResultRow, Results>> = desk.store.load(&WorkResultRow::identity(staff_id, through)).await?;
        let Some(kept) = kept else { continue };
        *results.get_or_insert_with(Results::default) += kept.body;
        let targets = employee.staff.posts_on(today).filter_map(|post| desk.rules.cases.targets.recovered(post.role.code()));
        target += targets.max().unwrap_or(Money::ZERO);
    }
    Ok(results.map(|results| MonthSoFar {
        through,
        gone_ppm: gone_ppm(through),
        results,
        target,
        progress: desk.rules.cases.targets.progress(&results, target, through),
        score: desk.rules.cases.score.score(&results, target_by(target, through)),
    }))
}

/// Counts the month to the night for everybody who takes cases; a night that has counted counts no more.
pub(crate) async fn month_night(desk: &Desk, people: &People, at: Moment) -> Outcome<()> {
    let date = at.day();
    let key = ChunkKey { business_date: date, step: "results".to_owned(), shard: 0 };
    if desk.store.chunks_applied(date).await?.contains(&key) {
        return Ok(());
    }
    let from = Date::from_ymd(date.year(), date.month(), 1).expect("a month has a first day");
    let members: Vec<&str> = people.employees.iter().filter(|employee| employee.member(date).is_some()).map(|employee| employee.staff.staff_id.as_str()).collect();
    let counted = Reckoned::read(desk, Period { from, until: date }, date).await?.by_person(desk, &members).await?;
    count_keep(desk, &key, &members, &counted, at).await
}

async fn count_keep(desk: &Desk, key: &ChunkKey, members: &[&str], counted: &BTreeMap<String, Results>, at: Moment) -> Outcome<()> {
    let Chunk::Open(tx) = desk.store.chunk_begin(key, at).await? else { return Ok(()) };
    let row = |staff_id: &str| WorkResultRow {
        work_result_id: WorkResultRow::identity(staff_id, key.business_date),
        staff_id: staff_id.to_owned(),
        through: key.business_date,
    };
    let nothing = Results::default();
    let change = |&staff_id: &&str| Change { row: row(staff_id), body: counted.get(staff_id).unwrap_or(&nothing), over: 0 };
    let changes: Vec<Change<WorkResultRow, Results>> = members.iter().map(change).collect();
    stored_all(tx.save_all(&changes, Stamp { by: crate::case_night::NIGHT, at }).await?)?;
    Ok(tx.commit().await?)
}
