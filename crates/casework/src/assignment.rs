//! Who gets a case: whoever has the skill, then by place, language, acquaintance and load.

use crate::case::{DebtorPlace, Owner};
use crate::strategy::Skill;
use policy::{PackOnDate, PackProblem, RuleKind};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::coded;

coded! {
    /// Whether a member of staff works (在岗状态).
    Presence {
        Working = "working",
        /// Keeps the cases, gets no new ones (请假).
        Away = "away",
        /// Left the post: every case goes to somebody else (离岗).
        Left = "left",
    }
}

units::serde_by_code!(Presence);

/// A member of staff as cases are assigned (作业人员).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StaffMember {
    pub staff_id: String,
    pub team_id: String,
    pub branch_id: String,
    pub regions: Vec<String>,
    pub languages: Vec<String>,
    pub skills: Vec<Skill>,
    /// How many open cases one person can work.
    pub capacity: u32,
    pub presence: Presence,
}

impl StaffMember {
    pub fn has(&self, skill: Skill) -> bool {
        self.skills.contains(&skill)
    }
}

/// How the candidates for a case are compared (分案规则); points are added up.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AssignmentRules {
    region_points: i64,
    language_points: i64,
    branch_points: i64,
    /// For who had a case of the customer before.
    former_owner_points: i64,
    /// For who has no case at all; less with every case, none at capacity.
    idle_points: i64,
    /// Skills that are of use only on the spot: without the region nobody is a candidate.
    region_required: Vec<Skill>,
    /// Who reached the debtor keeps the case for so many days.
    pub keep_after_contact_days: i32,
}

/// What a case asks of who gets it.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    pub skill: Skill,
    pub place: &'a DebtorPlace,
    pub former_owner: Option<&'a str>,
}

/// Who was found for a case (分案结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Found<'a> {
    Fits(&'a str),
    /// Everybody with the skill has as many cases as one can work.
    OverCapacity(&'a str),
    NobodyWithSkill,
}

/// The staff with what each works now (人员负荷), sorted by identity.
#[derive(Clone, Debug)]
pub struct Roster<'a> {
    staff: Vec<(&'a StaffMember, u32)>,
    places: BTreeMap<&'a str, usize>,
}

impl<'a> Roster<'a> {
    /// Nobody has a case yet. A person listed twice counts as listed first.
    pub fn new(staff: &'a [StaffMember]) -> Roster<'a> {
        let by_id: BTreeMap<&str, &StaffMember> =
            staff.iter().rev().map(|member| (member.staff_id.as_str(), member)).collect();
        Roster {
            places: by_id.keys().enumerate().map(|(place, &id)| (id, place)).collect(),
            staff: by_id.into_values().map(|member| (member, 0)).collect(),
        }
    }

    pub fn member(&self, staff_id: &str) -> Option<&'a StaffMember> {
        self.places.get(staff_id).map(|&place| self.staff[place].0)
    }

    /// Open cases of a person; 0 for who is not on the roster.
    pub fn load(&self, staff_id: &str) -> u32 {
        self.places.get(staff_id).map_or(0, |&place| self.staff[place].1)
    }

    /// One more case for an owner; agencies have their own people.
    pub fn take(&mut self, owner: &Owner) {
        if let Owner::Staff(id) = owner
            && let Some(&place) = self.places.get(id.as_str())
        {
            self.staff[place].1 += 1;
        }
    }

    /// One case less.
    pub fn give(&mut self, staff_id: &str) {
        if let Some(&place) = self.places.get(staff_id) {
            self.staff[place].1 = self.staff[place].1.saturating_sub(1);
        }
    }

    /// Everybody with the present load, by identity.
    pub fn loads(&self) -> impl Iterator<Item = (&'a StaffMember, u32)> + '_ {
        self.staff.iter().copied()
    }

    /// The best candidate: with capacity left, most points, the least load, the first identity.
    pub fn find(&self, rules: &AssignmentRules, wanted: &Wanted) -> Found<'a> {
        let candidates = self.staff.iter().filter(|(member, _)| rules.is_candidate(member, wanted));
        let best = candidates
            .map(|&(member, load)| (load >= member.capacity, -rules.points(member, load, wanted), load, member))
            .min_by_key(|&(is_full, points, load, _)| (is_full, points, load));
        match best {
            Some((false, .., member)) => Found::Fits(&member.staff_id),
            Some((true, .., member)) => Found::OverCapacity(&member.staff_id),
            None => Found::NobodyWithSkill,
        }
    }
}

impl AssignmentRules {
    pub fn compile(pack: &PackOnDate) -> Result<AssignmentRules, PackProblem> {
        pack.only(RuleKind::Assignment)?.1.params()
    }

    /// Works, has the skill, and is on the spot where that matters.
    pub fn is_candidate(&self, member: &StaffMember, wanted: &Wanted) -> bool {
        let on_the_spot =
            !self.region_required.contains(&wanted.skill) || member.regions.contains(&wanted.place.region);
        member.presence == Presence::Working && member.has(wanted.skill) && on_the_spot
    }

    fn points(&self, member: &StaffMember, load: u32, wanted: &Wanted) -> i64 {
        let place = wanted.place;
        let when = |holds: bool, points: i64| if holds { points } else { 0 };
        let capacity = i64::from(member.capacity.max(1));
        when(member.regions.contains(&place.region), self.region_points)
            + when(member.languages.contains(&place.language), self.language_points)
            + when(member.branch_id == place.branch_id, self.branch_points)
            + when(wanted.former_owner == Some(member.staff_id.as_str()), self.former_owner_points)
            + self.idle_points * (capacity - i64::from(load)).max(0) / capacity
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{rules, staff};

    /// Loads are given as `S1=3 S2=1`.
    fn check(people: &str, loads: &str, skill: Skill, former_owner: Option<&str>, expect: Found) {
        let people = staff(people);
        let mut roster = Roster::new(&people);
        for (id, load) in loads.split_whitespace().map(|word| word.split_once('=').unwrap()) {
            (0..load.parse::<u32>().unwrap()).for_each(|_| roster.take(&Owner::Staff(id.to_owned())));
        }
        let place = DebtorPlace { branch_id: "B1".to_owned(), region: "east".to_owned(), language: "zh".to_owned() };
        let found = roster.find(&rules().assignment, &Wanted { skill, place: &place, former_owner });
        assert_eq!(found, expect, "{loads}");
    }

    #[test]
    fn skill_comes_first_then_place_acquaintance_and_load() {
        let people = "S1 negotiation east 10\nS2 negotiation east 10\nS3 negotiation west 10\nS4 legal east 10\nS5 negotiation,visit west 10\nS6 legal east 10 away";
        let negotiation = Skill::Negotiation;
        check(people, "", negotiation, None, Found::Fits("S1"));
        check(people, "S1=1", negotiation, None, Found::Fits("S2"));
        check(people, "S1=9 S2=9", negotiation, None, Found::Fits("S3"));
        check(people, "S1=5 S2=2", negotiation, Some("S1"), Found::Fits("S1"));
        check(people, "S1=10 S2=10 S3=10 S5=10", negotiation, None, Found::OverCapacity("S1"));
        check(people, "S4=99", Skill::Legal, None, Found::OverCapacity("S4"));
        check(people, "", Skill::Visit, None, Found::NobodyWithSkill);
        check(people, "", Skill::Corporate, None, Found::NobodyWithSkill);
    }

    #[test]
    fn among_equals_the_language_and_the_branch_decide() {
        let mut people = staff("S1 negotiation east 10\nS2 negotiation east 10\nS3 negotiation east 10");
        let (rules, place) = (
            rules().assignment,
            DebtorPlace { branch_id: "B2".to_owned(), region: "east".to_owned(), language: "yue".to_owned() },
        );
        let wanted = Wanted { skill: Skill::Negotiation, place: &place, former_owner: None };
        people[1].branch_id = "B2".to_owned();
        assert_eq!(Roster::new(&people).find(&rules, &wanted), Found::Fits("S2"));
        people[2].languages.push("yue".to_owned());
        assert_eq!(Roster::new(&people).find(&rules, &wanted), Found::Fits("S3"));
    }
}
