//! Two agencies: admitted, given cases by those who may, asked for them back; their people have habits too, and go on
//! trying when a case is no longer theirs.

use crate::bank::PASSWORD;
use crate::faults::workers;
use crate::people::{Day, Habits, Watch, call, code, contact};
use app::agency::{AgencyWanted, agency_list, agency_place, agency_placements, agency_recall, agency_save};
use app::approval::{ApprovalView, Say, approval_decide};
use app::case::{CaseFilter, case_list, case_view};
use app::contact::{ContactOutcome, ContactWanted, contact_ask, contact_begin, contact_record};
use app::desk::Desk;
use app::person::person_view;
use app::staff::{Employee, staff_add};
use authority::{ApprovalStatus, BranchPath, Employment, Post, Role, Staff};
use casework::agency::{Agency, Agreement, AgreementClause, ViolationRecord};
use casework::case::{Case, Owner};
use casework::{Channel, ContactResult, Purpose};
use grading::Bucket;
use sim::random::Random;
use std::collections::{BTreeMap, BTreeSet};
use store::{CaseRow, Kept};
use units::{Date, Moment};

/// Who admits agencies and signs every placement, and who takes people on.
const COMPLIANCE: &str = "A0002";
const ADMINISTRATOR: &str = "A0001";

const NAMES: [&str; 2] = ["W1", "W2"];
const PEOPLE: usize = 3;

/// What people of the agencies remember: they do not forget a case because it was recalled.
pub struct Agencies {
    remembered: BTreeMap<String, BTreeSet<(String, String)>>,
    /// Proposals somebody has still to sign.
    waiting: Vec<ApprovalView>,
    through: Date,
}

fn agency(agency_id: &str, from: Date, until: Date) -> Agency {
    Agency {
        agency_id: agency_id.to_owned(),
        whitelisted_on: Some(from),
        agreement: Some(Agreement { from, until, clauses: AgreementClause::ALL.to_vec() }),
        impact_assessed_on: Some(from),
        last_reviewed_on: None,
        record: ViolationRecord::Clean,
    }
}

/// `W1/2`: the second of the agency's people.
fn agent(agency_id: &str, number: usize) -> String {
    format!("{agency_id}-{number}")
}

fn agency_of(agent: &str) -> &str {
    agent.split('-').next().expect("a name")
}

impl Agencies {
    /// The agreement of the second ends half way: whatever it holds comes back that night.
    pub async fn admitted(desk: &Desk, first: Date, through: Date) -> Agencies {
        let at = Moment::new(first, 3_600);
        let half_way = first + (through - first) / 2;
        let mut remembered = BTreeMap::new();
        for (agency_id, until) in NAMES.into_iter().zip([through + 200, half_way]) {
            code(agency_save(desk, &call(COMPLIANCE, at, None), 0, &agency(agency_id, first - 60, until)).await).expect("admitted");
            for number in 0..PEOPLE {
                let staff_id = agent(agency_id, number);
                let post = Post {
                    role: Role::AgencyCollector,
                    branch: BranchPath::default(),
                    level: authority::BranchLevel::SubBranch,
                    team_id: None,
                    from: first,
                    until: None,
                };
                let staff = Staff {
                    staff_id: staff_id.clone(),
                    name: staff_id.clone(),
                    agency_id: Some(agency_id.to_owned()),
                    employment: Employment::Active,
                    posts: vec![post],
                };
                code(staff_add(desk, &call(ADMINISTRATOR, at, None), &Employee { staff, work: None }, PASSWORD).await).expect("taken on");
                remembered.insert(staff_id, BTreeSet::new());
            }
        }
        Agencies { remembered, waiting: Vec::new(), through }
    }

    pub async fn work(&mut self, desk: &Desk, date: Date, random: &mut Random) -> Day {
        let mut day = self.place(desk, date, random).await;
        let agents: Vec<String> = self.remembered.keys().cloned().collect();
        for me in agents {
            let habits = Habits::of(1, &me);
            let mut watch = Watch::of(date, &habits, random);
            let filter = CaseFilter { agency: Some(agency_of(&me).to_owned()), ..CaseFilter::default() };
            let cases = code(case_list(desk, &call(&me, watch.now(), None), &filter, None, 50).await).expect("one's own agency's list");
            let mut cases = cases.0;
            self.remembered.get_mut(&me).expect("known").extend(cases.iter().map(|case| (case.case.case_id.clone(), case.case.customer_id.clone())));
            for _ in 0..random.between(1, 3).min(cases.len() as i64) {
                let case = cases.swap_remove(random.below(cases.len() as u64) as usize);
                day += contact(desk, &me, &case, watch.now(), &habits, random).await;
                watch.goes_on(random);
                if random.chance(60) {
                    day += self.recall(desk, &me, &case.case.case_id, watch.now(), random).await;
                }
            }
        }
        if random.chance(10) {
            self.renew(desk, date).await;
        }
        day
    }

    /// Long-standing cases are proposed for an agency; some wait for days until everybody has signed.
    async fn place(&mut self, desk: &Desk, date: Date, random: &mut Random) -> Day {
        let at = Moment::new(date, 10 * 3600);
        let people = desk.people(at).await.expect("people");
        let at_work = workers(&people);
        let of = |role: Role| -> Vec<&&Employee> { at_work.iter().filter(|one| one.staff.posts[0].role == role).collect() };
        let heads = of(Role::BranchHead);
        if random.chance(600) && !heads.is_empty() {
            let branch = random.pick(&heads).staff.posts[0].branch.branch_id().to_owned();
            let makers = of(Role::AssetPreservationOfficer);
            let maker = makers.iter().find(|one| one.staff.posts[0].branch.branch_id() == branch);
            let filter = CaseFilter { branch: Some(branch), ..CaseFilter::default() };
            if let Some(maker) = maker {
                let by = call(&maker.staff.staff_id, at, None);
                let cases = code(case_list(desk, &by, &filter, None, 200).await).expect("the cases of one's branch").0;
                let long = cases.iter().filter(|case| case.case.facts.bucket >= Bucket::M4 && matches!(case.case.owner(), Some(Owner::Staff(_))));
                for case in long.take(4) {
                    let agency_id = (*random.pick(&NAMES)).to_owned();
                    let until = (date + random.between(3, 40) as i32).min(self.through + 60);
                    let wanted = AgencyWanted { agency_id, until, told_on: Some(date - random.between(1, 9) as i32) };
                    self.waiting.extend(code(agency_place(desk, &by, &case.case.case_id, &wanted).await).ok());
                }
            }
        }
        let mut day = Day::default();
        for asked in std::mem::take(&mut self.waiting) {
            // Somebody who is busy signs tomorrow.
            let signers: Vec<&str> = heads.iter().map(|one| one.staff.staff_id.as_str()).chain([COMPLIANCE]).filter(|_| random.chance(700)).collect();
            let mut asked = asked;
            for signer in signers {
                let by = call(signer, at.plus_seconds(60), None);
                let approval_id = asked.file.approval.proposal.approval_id.clone();
                if let Ok(signed) = code(approval_decide(desk, &by, &approval_id, asked.version, &Say::Sign { opinion: String::new() }).await) {
                    asked = signed;
                }
            }
            match asked.status {
                ApprovalStatus::Executed => day.placed += 1,
                ApprovalStatus::Waiting if asked.file.approval.status_at(at) == ApprovalStatus::Waiting => self.waiting.push(asked),
                _ => {}
            }
        }
        day
    }

    /// A case comes back from one moment to the next, just after the agency has called; the colleague who gets it calls as well.
    async fn recall(&mut self, desk: &Desk, agent: &str, case_id: &str, at: Moment, random: &mut Random) -> Day {
        let people = desk.people(at).await.expect("people");
        let to = random.pick(&workers(&people)).staff.staff_id.clone();
        let kept = case_now(desk, case_id).await;
        let customer_id = kept.body.customer_id.as_str();
        let begun = code(contact_begin(desk, &call(agent, at, None), case_id, &telephone(customer_id)).await);
        let recalled = agency_recall_by_compliance(desk, &kept, &to, at.plus_seconds(20)).await.is_ok();
        let mut day = Day { asked: 1, made: u64::from(begun.is_ok()), refused: u64::from(begun.is_err()), ..Day::default() };
        if let Ok(begun) = begun {
            // The call was allowed and goes on: what comes of it is written down, whoever has the case by now.
            let ended = ContactOutcome { result: ContactResult::NoAnswer, seconds: 20, note: String::new() };
            let contact_id = &begun.contact.contact_id;
            code(contact_record(desk, &call(agent, at.plus_seconds(25), None), case_id, contact_id, &ended).await).expect("what was begun is recorded");
        }
        if !recalled {
            return day;
        }
        self.tries_in_vain(desk, agent, case_id, customer_id, at.plus_seconds(30)).await;
        let habits = Habits::of(1, &to);
        let view = code(case_view(desk, &call(&to, at.plus_seconds(60), None), case_id).await).expect("one's own case");
        day += contact(desk, &to, &view.case, at.plus_seconds(120), &habits, random).await;
        Day { recalled: 1, ..day }
    }

    /// In the morning: what the night took back is neither seen nor called about.
    pub async fn see_nothing_that_was_recalled(&mut self, desk: &Desk, date: Date) {
        let at = Moment::new(date, 9 * 3600);
        for (agent, remembered) in self.remembered.clone() {
            for (case_id, customer_id) in remembered {
                if case_now(desk, &case_id).await.row.agency_id.as_deref() != Some(agency_of(&agent)) {
                    self.tries_in_vain(desk, &agent, &case_id, &customer_id, at).await;
                }
            }
        }
    }

    async fn tries_in_vain(&mut self, desk: &Desk, agent: &str, case_id: &str, customer_id: &str, at: Moment) {
        let (by, wanted) = (call(agent, at, None), telephone(customer_id));
        let answers = [
            ("sees", code(case_view(desk, &by, case_id).await).err()),
            ("sees the people of", code(person_view(desk, &by, customer_id).await).err()),
            ("asks about", code(contact_ask(desk, &by, case_id, &wanted).await).err()),
            ("calls about", code(contact_begin(desk, &by, case_id, &wanted).await).err()),
        ];
        for (does, refused) in answers {
            assert!(refused.is_some_and(|code| code.starts_with("E-AU")), "{at}: {agent} still {does} {case_id}: {refused:?}");
        }
        self.remembered.get_mut(agent).expect("known").remove(&(case_id.to_owned(), customer_id.to_owned()));
    }

    /// An agreement that has ended is made anew.
    async fn renew(&mut self, desk: &Desk, date: Date) {
        let by = call(COMPLIANCE, Moment::new(date, 11 * 3600), None);
        for view in code(agency_list(desk, &by, None).await).expect("compliance sees agencies") {
            if view.agency.agreement.as_ref().is_some_and(|agreement| agreement.until < date) {
                let renewed = agency(&view.agency.agency_id, date, self.through + 100);
                code(agency_save(desk, &by, view.version, &renewed).await).expect("renewed");
                assert_eq!(code(agency_placements(desk, &by, &view.agency.agency_id, None, 10).await).expect("a list").0, [], "everything had come back");
            }
        }
    }
}

/// A call to the debtor's first number.
fn telephone(customer_id: &str) -> ContactWanted {
    ContactWanted {
        person_id: customer_id.to_owned(),
        channel: Channel::Call,
        purpose: Purpose::Collect,
        point: format!("{customer_id}/phone/0"),
        at: None,
        people: 1,
        manners: Vec::new(),
    }
}

async fn case_now(desk: &Desk, case_id: &str) -> Kept<CaseRow, Case> {
    desk.store.load(case_id).await.expect("a case").expect("a case is never deleted")
}

async fn agency_recall_by_compliance(desk: &Desk, kept: &Kept<CaseRow, Case>, to: &str, at: Moment) -> Result<u64, &'static str> {
    code(agency_recall(desk, &call(COMPLIANCE, at, None), &kept.row.case_id, kept.body.version, to).await)
}
