//! The queue: in what order cases are worked, why, and how work is spread over a team.

use crate::assignment::{Presence, Roster, StaffMember, Wanted};
use crate::case::{Case, Owner};
use crate::rules::CaseRules;
use policy::{PackOnDate, PackProblem, RuleKind, read};
use serde::{Deserialize, Serialize};
use std::cmp::Reverse;
use std::collections::BTreeMap;
use units::{Date, Money, coded};

coded! {
    /// Why a case is worked earlier than others (排序原因).
    PriorityReason {
        NewCase = "new_case",
        PromiseBroken = "promise_broken",
        PromiseDue = "promise_due",
        ActionDue = "action_due",
        ActionPastDue = "action_past_due",
        /// Fell into a worse bucket tonight (滚入下一档).
        WorseBucket = "worse_bucket",
        /// A period of law runs out soon (时限临近).
        DeadlineNear = "deadline_near",
        Likely = "likely",
        Habitual = "habitual",
        LargeAmount = "large_amount",
        Complaint = "complaint",
        Objection = "objection",
        /// Came back from an agency (委外收回).
        Recalled = "recalled",
        /// A write-off is approved and not booked (核销待入账).
        WriteOffApproved = "write_off_approved",
    }
}

units::serde_by_code!(PriorityReason);

/// How early a case is worked, and why (优先级): the points of its reasons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Priority {
    pub points: i64,
    /// The weightiest first.
    pub reasons: Vec<(PriorityReason, i64)>,
}

/// What every reason counts (队列排序).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueRules {
    points: BTreeMap<PriorityReason, i64>,
    amounts: Vec<AmountText>,
    /// A period of law is near when it ends within so many days.
    pub deadline_within_days: i32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct QueueText {
    points: BTreeMap<PriorityReason, i64>,
    amounts: Vec<AmountText>,
    deadline_within_days: i32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct AmountText {
    #[serde(deserialize_with = "read::money")]
    at_least: Money,
    points: i64,
}

impl QueueRules {
    pub fn compile(pack: &PackOnDate) -> Result<QueueRules, PackProblem> {
        let (_, rule) = pack.only(RuleKind::QueueOrder)?;
        let text: QueueText = rule.params()?;
        let problem = |what: String| Err(rule.problem(what, "correct the params of this rule"));
        if let Some(missing) = PriorityReason::ALL
            .iter()
            .find(|&&reason| reason != PriorityReason::LargeAmount && !text.points.contains_key(&reason))
        {
            return problem(format!("points say nothing of {}", missing.code()));
        }
        if !text.amounts.is_sorted_by(|a, b| a.at_least > b.at_least) {
            return problem("amounts do not descend".to_owned());
        }
        Ok(QueueRules { points: text.points, amounts: text.amounts, deadline_within_days: text.deadline_within_days })
    }

    /// Adds up what holds for a case; reasons that count nothing are left out.
    pub fn priority(&self, reasons: impl IntoIterator<Item = PriorityReason>, amount_past_due: Money) -> Priority {
        let large = self.amounts.iter().find(|tier| amount_past_due >= tier.at_least).map_or(0, |tier| tier.points);
        let mut reasons: Vec<(PriorityReason, i64)> = reasons
            .into_iter()
            .filter_map(|reason| Some((reason, *self.points.get(&reason)?)))
            .chain([(PriorityReason::LargeAmount, large)])
            .filter(|&(_, points)| points != 0)
            .collect();
        reasons.sort_unstable_by_key(|&(reason, points)| (Reverse(points), reason));
        reasons.dedup();
        Priority { points: reasons.iter().map(|(_, points)| points).sum(), reasons }
    }
}

/// The open cases one person works, the first to be worked first (作业队列): by points, by the day the
/// next action is due, by amount, by identity — a total order, whatever order the cases come in.
pub fn of<'a>(cases: impl IntoIterator<Item = &'a Case>, owner: &Owner) -> Vec<&'a Case> {
    let mut queue: Vec<&Case> = cases.into_iter().filter(|case| case.owner() == Some(owner)).collect();
    queue.sort_unstable_by_key(|case| {
        let due_on = case.work().map(|work| work.next_action.due_on);
        (Reverse(case.priority.points), due_on, Reverse(case.facts.amount_past_due), &case.case_id)
    });
    queue
}

/// The case to work now: the first of the queue that is due and not in `done`.
pub fn next_case<'a>(queue: &[&'a Case], business_date: Date, done: &[&str]) -> Option<&'a Case> {
    let is_due = |case: &&Case| case.work().is_some_and(|work| work.next_action.due_on <= business_date);
    queue.iter().copied().filter(is_due).find(|case| !done.contains(&case.case_id.as_str()))
}

/// A case that would better be worked by somebody else (调案建议).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Move {
    pub case_id: String,
    pub from: String,
    pub to: String,
}

/// Proposes moves from the busiest, in shares of capacity, as long as who takes a case is then still less
/// busy than who gave it was; the least urgent case moves first (团队均衡).
///
/// Never to somebody without the skill or absent, never a case that is kept with its owner, borrowed
/// or at an agency. Nothing is changed: a team lead hands over what she agrees with.
pub fn rebalance(cases: &[Case], team: &[StaffMember], rules: &CaseRules, business_date: Date) -> Vec<Move> {
    let mut roster = Roster::new(team, &rules.assignment);
    let mut movable: Vec<(&Case, &str)> = Vec::new();
    for case in cases {
        let Some(work) = case.work() else { continue };
        roster.take(&work.owner);
        if let Owner::Staff(id) = &work.owner
            && roster.member(id).is_some()
            && work.borrowed.is_none()
            && !case.is_kept(business_date)
        {
            movable.push((case, id));
        }
    }
    movable.sort_unstable_by_key(|(case, _)| (case.priority.points, &case.case_id));
    let mut moves = Vec::new();
    while let Some((place, to)) = next_move(&movable, &roster, rules) {
        let (case, from) = movable.remove(place);
        roster.give(from);
        roster.take(&Owner::Staff(to.to_owned()));
        moves.push(Move { case_id: case.case_id.clone(), from: from.to_owned(), to: to.to_owned() });
    }
    moves
}

/// The first movable case of the busiest person that somebody less busy may have, and who.
fn next_move<'a>(movable: &[(&Case, &'a str)], roster: &Roster<'a>, rules: &CaseRules) -> Option<(usize, &'a str)> {
    let mut busiest: Vec<(&StaffMember, u32)> = roster.loads().collect();
    busiest.sort_by_key(|(member, load)| (Reverse(share_ppm(member, *load)), &member.staff_id));
    for (giver, load) in &busiest {
        for (place, (case, _)) in movable.iter().enumerate().filter(|(_, (_, owner))| *owner == giver.staff_id) {
            let wanted = Wanted { skill: case.course.skill, place: &case.place, former_owner: None };
            let taker = busiest.iter().rev().find(|(taker, taken)| {
                // After the move the taker is still less busy than the giver was: every move helps.
                taker.staff_id != giver.staff_id
                    && rules.assignment.is_candidate(taker, &wanted)
                    && *taken < taker.capacity
                    && share_ppm(taker, taken + 1) < share_ppm(giver, *load)
            });
            if let Some((taker, _)) = taker {
                return Some((place, &taker.staff_id));
            }
        }
    }
    None
}

/// How much of what one can work is worked; who is away or without capacity counts as full.
fn share_ppm(member: &StaffMember, load: u32) -> u64 {
    match member.capacity {
        _ if member.presence != Presence::Working && load > 0 => u64::MAX,
        0 => u64::MAX,
        capacity => u64::from(load) * 1_000_000 / u64::from(capacity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{case, date, money, problems_of, rules, staff, today};
    use PriorityReason::*;
    use proptest::prelude::*;

    #[test]
    fn points_come_with_their_reasons_the_weightiest_first() {
        let check = |reasons: &[PriorityReason], amount: &str, expect: &str| {
            let priority = rules().queue.priority(reasons.iter().copied(), money(amount));
            let shown: Vec<String> =
                priority.reasons.iter().map(|(reason, points)| format!("{} {points}", reason.code())).collect();
            assert_eq!(format!("{}: {}", priority.points, shown.join(", ")), expect);
        };
        check(&[], "9,999.99", "0: ");
        check(&[NewCase, PromiseBroken], "10,000", "480: promise_broken 320, new_case 100, large_amount 60");
        check(&[Likely, DeadlineNear, Likely], "2,000,000", "740: deadline_near 500, large_amount 200, likely 40");
    }

    #[test]
    fn a_queue_is_in_order_and_gives_what_is_due() {
        let ranked = |case_id: &str, owner: &str, points, due_in: i32, amount: &str| {
            let mut case = case(case_id, owner);
            (case.priority.points, case.facts.amount_past_due) = (points, money(amount));
            if let crate::case::Standing::Open(work) = &mut case.standing {
                work.next_action.due_on = today() + due_in;
            }
            case
        };
        let cases = [
            ranked("C1", "S1", 10, 0, "5"),
            ranked("C2", "S1", 10, 0, "9"),
            ranked("C3", "S1", 99, 1, "1"),
            ranked("C4", "S2", 99, 0, "1"),
            ranked("C5", "S1", 10, -2, "1"),
        ];
        let ids = |queue: &[&Case]| queue.iter().map(|case| case.case_id.clone()).collect::<Vec<_>>().join(" ");
        let owner = Owner::Staff("S1".to_owned());
        let queue = of(&cases, &owner);
        assert_eq!(ids(&queue), "C3 C5 C2 C1");
        assert_eq!(ids(&of(cases.iter().rev(), &owner)), "C3 C5 C2 C1");
        let next = |done: &[&str]| next_case(&queue, today(), done).map(|case| case.case_id.as_str());
        assert_eq!((next(&[]), next(&["C5"]), next(&["C5", "C2", "C1"])), (Some("C5"), Some("C2"), None));
    }

    fn moves(cases: &[Case], people: &str) -> String {
        let moves = rebalance(cases, &staff(people), &rules(), today());
        moves.iter().map(|one| format!("{} {}>{}", one.case_id, one.from, one.to)).collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn work_is_spread_but_never_to_who_lacks_the_skill_nor_from_a_kept_owner() {
        let mut cases: Vec<Case> = (1..=4).map(|n| case(&format!("C{n}"), "S1")).collect();
        for (case, points) in cases.iter_mut().zip([50, 40, 30, 20]) {
            case.priority.points = points;
        }
        let able = "S1 negotiation east 10\nS2 negotiation east 10";
        assert_eq!(moves(&cases, able), "C4 S1>S2, C3 S1>S2");
        assert_eq!(moves(&cases, "S1 negotiation east 10\nS2 legal east 10"), "");
        assert_eq!(moves(&cases, "S1 negotiation east 10\nS2 negotiation east 10 away"), "");
        assert_eq!(moves(&cases, "S1 negotiation east 4\nS2 negotiation east 2"), "C4 S1>S2");
        assert_eq!(moves(&cases, "S1 negotiation east 4\nS2 negotiation east 1"), "");
        cases[3].kept_until = Some(today());
        assert_eq!(moves(&cases, able), "C3 S1>S2, C2 S1>S2");
        cases[3].kept_until = Some(date("2026-11-19"));
        cases[2].hardship_plan = Some("H1".to_owned());
        assert_eq!(moves(&cases, able), "C4 S1>S2, C2 S1>S2");
    }

    proptest! {
        /// Nobody ends busier than the busiest was, and every case stays with one person.
        #[test]
        fn every_move_helps(owners in prop::collection::vec(0usize..3, 0..30)) {
            let cases: Vec<Case> = owners.iter().enumerate().map(|(n, owner)| case(&format!("C{n}"), ["S1", "S2", "S3"][*owner])).collect();
            let people = staff("S1 negotiation east 20\nS2 negotiation,legal east 20\nS3 negotiation west 20");
            let moves = rebalance(&cases, &people, &rules(), today());
            let load = |id: &str| {
                let before = cases.iter().filter(|case| case.owner() == Some(&Owner::Staff(id.to_owned()))).count();
                before + moves.iter().filter(|one| one.to == id).count() - moves.iter().filter(|one| one.from == id).count()
            };
            let loads = ["S1", "S2", "S3"].map(load);
            prop_assert!(loads.iter().max().unwrap() - loads.iter().min().unwrap() <= 1, "{loads:?}");
        }
    }

    #[test]
    fn an_order_that_forgets_a_reason_is_a_problem() {
        let draft = "id=\"queue.order\"\nkind=\"queue_order\"\nparams={ deadline_within_days=1, amounts=[], points={ new_case=1 } }";
        let problems = problems_of(draft, |pack| QueueRules::compile(pack).err().map(|problem| vec![problem]));
        assert!(problems.contains("say nothing of promise_broken"), "{problems}");
    }
}
