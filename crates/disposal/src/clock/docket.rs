//! A claim's acts up to one day, in order, each judged by its evidence.

use crate::clock::fact::{Act, ClaimFacts, Obstacle};
use crate::clock::rule::ClockRules;
use crate::clock::word::{ActEffect, ActKind, ClockGround, ClockKind, EvidenceStrength};
use policy::RuleRef;
use units::{Calendar, Date};

/// Everything a clock is reckoned from (卷宗).
pub(super) struct Docket<'a> {
    pub facts: &'a ClaimFacts,
    pub rules: &'a ClockRules,
    pub calendar: &'a Calendar,
    pub business_date: Date,
    acts: Vec<Judged<'a>>,
}

/// One act with the strength of its proof.
#[derive(Clone, Copy)]
pub(super) struct Judged<'a> {
    pub act: &'a Act,
    pub rule: RuleRef,
    pub strength: EvidenceStrength,
    pub is_revival: bool,
}

/// Why a clock stands where it stands: a fact and the rule that reads it.
#[derive(Clone, Copy)]
pub(super) struct Noted<'a> {
    pub rule: RuleRef,
    pub ground: ClockGround,
    pub on: Date,
    pub act: Option<(Judged<'a>, ActEffect)>,
}

/// What is left of a suit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SuitLeft {
    Stands,
    /// Withdrawn after the complaint had reached the other side: it counts as a demand.
    Served,
    Nothing,
}

impl Judged<'_> {
    pub fn is_proved(&self) -> bool {
        self.strength > EvidenceStrength::Weak
    }

    /// A weak proof moves nothing in the lender's favour.
    pub fn counts(&self) -> bool {
        self.is_proved() || self.act.kind.is_adverse()
    }
}

impl<'a> Noted<'a> {
    pub fn fact(rule: RuleRef, ground: ClockGround, on: Date) -> Noted<'a> {
        Noted { rule, ground, on, act: None }
    }

    pub fn act(judged: Judged<'a>, effect: ActEffect) -> Noted<'a> {
        Noted { rule: judged.rule, ground: ClockGround::Act, on: judged.act.on, act: Some((judged, effect)) }
    }
}

impl<'a> Docket<'a> {
    /// Acts after the business date are not known yet.
    pub fn new(facts: &'a ClaimFacts, rules: &'a ClockRules, calendar: &'a Calendar, business_date: Date) -> Docket<'a> {
        let known = facts.acts.iter().filter(|act| act.on <= business_date);
        let mut acts: Vec<Judged> = known
            .map(|act| {
                let (reference, rule) = rules.act(act.kind);
                let strength = rule.strength(&act.evidence);
                Judged { act, rule: reference, strength, is_revival: rule.is_revival(&act.evidence) }
            })
            .collect();
        acts.sort_by_key(|judged| judged.act.on);
        Docket { facts, rules, calendar, business_date, acts }
    }

    /// Acts that work on a kind of clock and are against anybody of these, in order.
    pub fn acts_on(&self, kind: ClockKind, parties: &[&str]) -> impl Iterator<Item = Judged<'a>> {
        self.acts.iter().copied().filter(move |judged| {
            self.rules.act(judged.act.kind).1.works_on.contains(&kind) && judged.act.is_against(parties)
        })
    }

    pub fn debtors(&self) -> Vec<&'a str> {
        self.facts.debtors.iter().map(String::as_str).collect()
    }

    /// Obstacles that keep the lender from everybody of these: while one can be claimed from, time runs.
    pub fn obstacles(&self, parties: &[&str]) -> Vec<&'a Obstacle> {
        let bars_all = |obstacle: &&Obstacle| {
            let bars = |party: &&str| obstacle.against.iter().any(|other| other == party);
            obstacle.from <= self.business_date && (obstacle.against.is_empty() || parties.iter().all(|party| bars(party)))
        };
        let mut obstacles: Vec<&Obstacle> = self.facts.obstacles.iter().filter(bars_all).collect();
        obstacles.sort_by_key(|obstacle| obstacle.from);
        obstacles
    }

    /// What is left of proceedings for these parties: the best that is left for one of them. Only suits
    /// are withdrawn; other proceedings end.
    pub fn left_of(&self, opened: &Act, parties: &[&str]) -> SuitLeft {
        if opened.kind != ActKind::Suit {
            return SuitLeft::Stands;
        }
        let sued = parties.iter().filter(|party| opened.is_against(&[party]));
        let left = sued.map(|party| match self.withdrawn_on(opened, party) {
            None => SuitLeft::Stands,
            Some(withdrawn_on) if self.was_served(party, opened.on, withdrawn_on) => SuitLeft::Served,
            Some(_) => SuitLeft::Nothing,
        });
        left.min_by_key(|left| *left as u8).unwrap_or(SuitLeft::Nothing)
    }

    /// When a suit was taken back for a party: by the first withdrawal after it. Filed again before that, nobody
    /// knows which of the two is meant, so both are gone.
    fn withdrawn_on(&self, suit: &Act, party: &str) -> Option<Date> {
        let mut after = self.acts.iter().skip_while(|judged| !std::ptr::eq(judged.act, suit)).skip(1);
        let withdrawn = |judged: &&Judged| judged.act.kind == ActKind::SuitWithdrawn && judged.act.is_against(&[party]);
        after.find(withdrawn).map(|judged| judged.act.on)
    }

    fn was_served(&self, party: &str, from: Date, to: Date) -> bool {
        let served = self.acts.iter().filter(|judged| judged.act.kind == ActKind::ComplaintServed && judged.counts());
        served.filter(|judged| judged.act.is_against(&[party])).any(|judged| (from..=to).contains(&judged.act.on))
    }
}
