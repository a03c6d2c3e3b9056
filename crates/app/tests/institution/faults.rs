//! What goes wrong on any day and in any night.

use crate::bank::PASSWORD;
use crate::people::{Day, call, code};
use app::case::{CaseAct, case_act, case_list};
use app::contact::{ContactOutcome, ContactWanted, contact_begin, contact_record};
use app::desk::{Desk, People};
use app::person::{PersonFile, PointKind};
use app::staff::{Employee, staff_add, staff_employ};
use authority::{Employment, Role, Staff};
use casework::case::HandOverReason;
use casework::{Channel, ContactResult, Purpose};
use sim::random::Random;
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::task::Poll;
use store::PersonRow;
use units::{Date, Moment};

/// Work that dies after so many steps, between two writes or inside one; whether it was finished before.
pub async fn killed_on_the_way<T>(work: impl Future<Output = T>, steps: u64) {
    let (mut work, mut taken) = (pin!(work), 0);
    poll_fn(|context| {
        taken += 1;
        if taken > steps { Poll::Ready(None) } else { work.as_mut().poll(context).map(Some) }
    })
    .await;
}

/// Everybody of the lender who takes cases.
pub fn workers(people: &People) -> Vec<&Employee> {
    people.employees.iter().filter(|one| one.work.is_some() && one.staff.is_employed() && one.staff.agency_id.is_none()).collect()
}

pub async fn trouble(desk: &Desk, date: Date, random: &mut Random) -> Day {
    let people = desk.people(Moment::new(date, 16 * 3600)).await.expect("people");
    let workers = workers(&people);
    let mut day = Day::default();
    day += two_hand_overs(desk, date, &workers, random).await;
    day += two_calls(desk, date, &workers, random).await;
    if random.chance(80) {
        let leaver = (*random.pick(&workers)).clone();
        leave(desk, date, &leaver).await;
        day.left += 1;
    }
    day
}

/// Two people decide over the same version: one is told who was faster.
async fn two_hand_overs(desk: &Desk, date: Date, workers: &[&Employee], random: &mut Random) -> Day {
    let at = Moment::new(date, 16 * 3600);
    let mut drawn = || random.pick(workers).staff.staff_id.clone();
    let (one, two, owner) = (drawn(), drawn(), drawn());
    let Ok((cases, _)) = code(case_list(desk, &call(&owner, at, None), &Default::default(), None, 5).await) else { return Day::default() };
    let Some(case) = cases.first() else { return Day::default() };
    let hand_over = |to: &str| CaseAct::HandOver { to: to.to_owned(), because: HandOverReason::Requested };
    let (one, two) = (hand_over(&one), hand_over(&two));
    let (mine, yours) = (call(&owner, at, None), call(&owner, at, None));
    let (first, second) = tokio::join!(
        case_act(desk, &mine, &case.case.case_id, case.version, &one),
        case_act(desk, &yours, &case.case.case_id, case.version, &two),
    );
    let done = [code(first), code(second)].into_iter().filter(Result::is_ok).count();
    assert!(done <= 1, "both changed the same version of {}", case.case.case_id);
    Day { conflicts: 1, ..Day::default() }
}

/// A head takes the telephone while the owner of the case does: together they call no more often than one may.
async fn two_calls(desk: &Desk, date: Date, workers: &[&Employee], random: &mut Random) -> Day {
    let mut day = Day::default();
    let heads: Vec<&&Employee> = workers.iter().filter(|one| one.staff.posts.iter().any(|post| post.role == Role::BranchHead)).collect();
    let Some(head) = (!heads.is_empty()).then(|| random.pick(&heads)) else { return day };
    let branch = head.staff.posts[0].branch.branch_id().to_owned();
    let filter = app::case::CaseFilter { branch: Some(branch), ..Default::default() };
    let (head, mut at) = (&head.staff.staff_id, Moment::new(date, 17 * 3600));
    let Ok((cases, _)) = code(case_list(desk, &call(head, at, None), &filter, None, 20).await) else { return day };
    let owned: Vec<_> = cases.iter().filter_map(|case| match case.case.owner()? {
        casework::case::Owner::Staff(owner) => Some((case, owner)),
        casework::case::Owner::Agency(_) => None,
    }).collect();
    if owned.is_empty() {
        return day;
    }
    let (case, owner) = random.pick(&owned);
    let (case_id, customer) = (&case.case.case_id, &case.case.customer_id);
    let Some(debtor) = desk.store.load::<PersonRow, PersonFile>(customer).await.expect("a person") else { return day };
    let Some(point) = debtor.body.points.iter().find(|point| point.kind == PointKind::Phone) else { return day };
    let wanted = ContactWanted {
        person_id: customer.clone(),
        channel: Channel::Call,
        purpose: Purpose::Collect,
        point: point.key.clone(),
        at: None,
        people: 1,
        manners: Vec::new(),
    };
    for _ in 0..4 {
        let (mine, yours) = (call(owner, at, None), call(head, at, None));
        let (first, second) = tokio::join!(contact_begin(desk, &mine, case_id, &wanted), contact_begin(desk, &yours, case_id, &wanted));
        day.asked += 2;
        for (begun, who) in [(code(first), owner.as_str()), (code(second), head.as_str())] {
            let Ok(begun) = begun else {
                day.refused += 1;
                continue;
            };
            let ended = ContactOutcome { result: ContactResult::Reached, seconds: 30, note: String::new() };
            let recorded = contact_record(desk, &call(who, at.plus_seconds(40), None), case_id, &begun.contact.contact_id, &ended).await;
            code(recorded).expect("what was begun is recorded");
            day.made += 1;
        }
        at = at.plus_seconds(600);
    }
    day
}

/// Somebody leaves with whatever is open and unsigned; a colleague with the same post and the same work begins. A desk
/// whose last head left gets no new head by itself: the administrator takes care at once.
async fn leave(desk: &Desk, date: Date, leaver: &Employee) {
    let at = Moment::new(date, 18 * 3600);
    let administrator = call("A0001", at, None);
    code(staff_employ(desk, &administrator, &leaver.staff.staff_id, Employment::Left).await).expect("an administrator lets people go");
    let staff_id = format!("N{}", at.day().day_number());
    let posts = leaver.staff.posts.iter().map(|post| authority::Post { from: date, ..post.clone() }).collect();
    let staff = Staff { staff_id: staff_id.clone(), name: staff_id, employment: Employment::Active, posts, ..leaver.staff.clone() };
    code(staff_add(desk, &administrator, &Employee { staff, work: leaver.work.clone() }, PASSWORD).await).expect("somebody new begins");
}
