//! Who gets a case: whoever has the skill, then by place, language, acquaintance and load.

use crate::case::{DebtorPlace, Owner};
use crate::strategy::Skill;
use policy::{PackOnDate, PackProblem, RuleKind};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    rules: &'a AssignmentRules,
    staff: Vec<(&'a StaffMember, u32)>,
    places: BTreeMap<&'a str, usize>,
    /// Made when somebody is first looked for, and kept true from then on: a night counts what there is before
    /// it asks.
    lines: Option<HashMap<Line<'a>, BTreeSet<Rank>>>,
}

/// Everybody at work with a skill and, where one is named, with this region, language and branch.
type Line<'a> = (Skill, Option<&'a str>, Option<&'a str>, Option<&'a str>);

/// How somebody stands in a line, the best first: full or not, points turned around, load, place on the roster.
type Rank = (bool, i64, u32, usize);

impl<'a> Roster<'a> {
    /// Nobody has a case yet. A person listed twice counts as listed first.
    pub fn new(staff: &'a [StaffMember], rules: &'a AssignmentRules) -> Roster<'a> {
        let by_id: BTreeMap<&str, &StaffMember> =
            staff.iter().rev().map(|member| (member.staff_id.as_str(), member)).collect();
        Roster {
            rules,
            places: by_id.keys().enumerate().map(|(place, &id)| (id, place)).collect(),
            staff: by_id.into_values().map(|member| (member, 0)).collect(),
            lines: None,
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
        if let Owner::Staff(id) = owner {
            self.change(id, |load| load + 1);
        }
    }

    /// One case less.
    pub fn give(&mut self, staff_id: &str) {
        self.change(staff_id, |load| load.saturating_sub(1));
    }

    fn change(&mut self, staff_id: &str, load_after: impl Fn(u32) -> u32) {
        let Some(&place) = self.places.get(staff_id) else { return };
        let (member, load) = self.staff[place];
        let before = self.rules.rank(member, load, place);
        let after = self.rules.rank(member, load_after(load), place);
        self.staff[place].1 = load_after(load);
        let Some(lines) = &mut self.lines else { return };
        for line in lines_of(member) {
            let ranks = lines.entry(line).or_default();
            ranks.remove(&before);
            ranks.insert(after);
        }
    }

    /// Everybody with the present load, by identity.
    pub fn loads(&self) -> impl Iterator<Item = (&'a StaffMember, u32)> + '_ {
        self.staff.iter().copied()
    }

    /// The best candidate: with capacity left, most points, the least load, the first identity.
    ///
    /// Points are added up and a pack has none below zero, so the best of all is the best of some line, counted with the
    /// points of that line alone: eight lines are asked, however many people there are.
    pub fn find(&mut self, wanted: &Wanted) -> Found<'a> {
        let (rules, staff, place) = (self.rules, &self.staff, wanted.place);
        let lines: &HashMap<Line, BTreeSet<Rank>> = self.lines.get_or_insert_with(|| line_up(staff, rules));
        let asked = lines_through(&[wanted.skill], [&place.region], [&place.language], &place.branch_id);
        let is_bound = rules.region_required.contains(&wanted.skill);
        let ranks = asked.iter().filter(|(_, region, ..)| region.is_some() || !is_bound).filter_map(|line| {
            let &(is_full, turned, load, place) = lines.get(line)?.first()?;
            Some((is_full, turned - rules.line_points(line), load, place))
        });
        let former = wanted.former_owner.and_then(|id| self.places.get(id)).map(|&place| (self.staff[place], place));
        let former = former.filter(|((member, _), _)| rules.is_candidate(member, wanted));
        let former = former.map(|((member, load), place)| {
            let rank = rules.rank(member, load, place);
            (rank.0, rank.1 - rules.match_points(member, wanted), rank.2, rank.3)
        });
        match ranks.chain(former).min() {
            Some((false, .., place)) => Found::Fits(&self.staff[place].0.staff_id),
            Some((true, .., place)) => Found::OverCapacity(&self.staff[place].0.staff_id),
            None => Found::NobodyWithSkill,
        }
    }
}

/// The lines of some skills, with and without a region, a language, the branch.
fn lines_through<'a>(
    skills: &[Skill],
    regions: impl IntoIterator<Item = &'a String>,
    languages: impl IntoIterator<Item = &'a String>,
    branch: &'a str,
) -> Vec<Line<'a>> {
    let regions: Vec<Option<&str>> = regions.into_iter().map(|region| Some(region.as_str())).chain([None]).collect();
    let languages: Vec<Option<&str>> = languages.into_iter().map(|language| Some(language.as_str())).chain([None]).collect();
    let mut lines = Vec::with_capacity(skills.len() * regions.len() * languages.len() * 2);
    for &skill in skills {
        for &region in &regions {
            for &language in &languages {
                lines.extend([Some(branch), None].map(|branch| (skill, region, language, branch)));
            }
        }
    }
    lines
}

/// Where somebody stands; nowhere while away or gone.
fn lines_of(member: &StaffMember) -> Vec<Line<'_>> {
    match member.presence {
        Presence::Working => lines_through(&member.skills, &member.regions, &member.languages, &member.branch_id),
        Presence::Away | Presence::Left => Vec::new(),
    }
}

fn line_up<'a>(staff: &[(&'a StaffMember, u32)], rules: &AssignmentRules) -> HashMap<Line<'a>, BTreeSet<Rank>> {
    let mut lines: HashMap<Line, BTreeSet<Rank>> = HashMap::new();
    for (place, &(member, load)) in staff.iter().enumerate() {
        for line in lines_of(member) {
            lines.entry(line).or_default().insert(rules.rank(member, load, place));
        }
    }
    lines
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

    /// Without what depends on the case.
    fn rank(&self, member: &StaffMember, load: u32, place: usize) -> Rank {
        let capacity = i64::from(member.capacity.max(1));
        let idle = self.idle_points * (capacity - i64::from(load)).max(0) / capacity;
        (load >= member.capacity, -idle, load, place)
    }

    /// For what everybody in a line has.
    fn line_points(&self, (_, region, language, branch): &Line) -> i64 {
        let when = |holds: bool, points: i64| if holds { points } else { 0 };
        when(region.is_some(), self.region_points)
            + when(language.is_some(), self.language_points)
            + when(branch.is_some(), self.branch_points)
    }

    /// For what somebody has of what the case asks.
    fn match_points(&self, member: &StaffMember, wanted: &Wanted) -> i64 {
        let place = wanted.place;
        let has = (
            wanted.skill,
            member.regions.contains(&place.region).then_some(place.region.as_str()),
            member.languages.contains(&place.language).then_some(place.language.as_str()),
            (member.branch_id == place.branch_id).then_some(place.branch_id.as_str()),
        );
        let is_known = wanted.former_owner == Some(member.staff_id.as_str());
        self.line_points(&has) + if is_known { self.former_owner_points } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{rules, staff};
    use proptest::prelude::*;

    /// Loads are given as `S1=3 S2=1`.
    fn check(people: &str, loads: &str, skill: Skill, former_owner: Option<&str>, expect: Found) {
        let people = staff(people);
        let rules = rules().assignment;
        let mut roster = Roster::new(&people, &rules);
        for (id, load) in loads.split_whitespace().map(|word| word.split_once('=').unwrap()) {
            (0..load.parse::<u32>().unwrap()).for_each(|_| roster.take(&Owner::Staff(id.to_owned())));
        }
        let place = DebtorPlace { branch_id: "B1".to_owned(), region: "east".to_owned(), language: "zh".to_owned() };
        let found = roster.find(&Wanted { skill, place: &place, former_owner });
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
        assert_eq!(Roster::new(&people, &rules).find(&wanted), Found::Fits("S2"));
        people[2].languages.push("yue".to_owned());
        assert_eq!(Roster::new(&people, &rules).find(&wanted), Found::Fits("S3"));
    }

    /// Everybody looked at, one after the other.
    fn find_by_looking<'a>(roster: &Roster<'a>, wanted: &Wanted) -> Found<'a> {
        let candidates = roster.loads().enumerate().filter(|(_, (member, _))| roster.rules.is_candidate(member, wanted));
        let best = candidates.map(|(place, (member, load))| {
            let (is_full, turned, load, place) = roster.rules.rank(member, load, place);
            ((is_full, turned - roster.rules.match_points(member, wanted), load, place), member)
        });
        match best.min_by_key(|(rank, _)| *rank) {
            Some(((false, ..), member)) => Found::Fits(&member.staff_id),
            Some(((true, ..), member)) => Found::OverCapacity(&member.staff_id),
            None => Found::NobodyWithSkill,
        }
    }

    fn any_member() -> impl Strategy<Value = StaffMember> {
        let some = |names: &'static [&'static str]| {
            prop::sample::subsequence(names, 0..=names.len()).prop_map(|names| names.into_iter().map(str::to_owned).collect::<Vec<_>>())
        };
        let skills = prop::sample::subsequence(&[Skill::Reminder, Skill::Negotiation, Skill::Visit], 0..=3);
        let presence = prop::sample::select(&[Presence::Working, Presence::Working, Presence::Working, Presence::Away, Presence::Left]);
        (0u32..40, some(&["east", "west"]), some(&["zh", "yue"]), skills, 0u32..5, presence, 0u32..3).prop_map(
            |(number, regions, languages, skills, capacity, presence, branch)| StaffMember {
                staff_id: format!("S{number:02}"),
                team_id: "T1".to_owned(),
                branch_id: format!("B{branch}"),
                regions,
                languages,
                skills,
                capacity,
                presence,
            },
        )
    }

    proptest! {
        /// Whoever is asked through the lines is who would be found by looking at everybody, case after case.
        #[test]
        fn lines_find_whom_looking_at_everybody_finds(
            people in prop::collection::vec(any_member(), 0..30),
            points in prop::array::uniform5(0i64..40),
            cases in prop::collection::vec((0usize..3, 0usize..3, 0usize..3, 0usize..4, 0u32..45, any::<bool>()), 1..60),
        ) {
            let [region_points, language_points, branch_points, former_owner_points, idle_points] = points;
            let points = AssignmentRules { region_points, language_points, branch_points, former_owner_points, idle_points, ..rules().assignment };
            let mut roster = Roster::new(&people, &points);
            for (skill, region, language, branch, former, is_given) in cases {
                let place = DebtorPlace {
                    branch_id: format!("B{branch}"),
                    region: ["east", "west", "north"][region].to_owned(),
                    language: ["zh", "yue", "en"][language].to_owned(),
                };
                let former = format!("S{former:02}");
                let wanted = Wanted { skill: [Skill::Reminder, Skill::Negotiation, Skill::Visit][skill], place: &place, former_owner: Some(&former) };
                let expected = find_by_looking(&roster, &wanted);
                let found = roster.find(&wanted);
                prop_assert_eq!(found, expected);
                match found {
                    Found::Fits(id) | Found::OverCapacity(id) if is_given => roster.take(&Owner::Staff(id.to_owned())),
                    _ => roster.give(&former),
                }
            }
        }
    }
}
