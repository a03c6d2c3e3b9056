//! The rules in force on one day.

use crate::pack::{Pack, PackProblem};
use crate::rule::{Bearer, Rule, RuleKind, RuleRef};
use units::Date;

/// A pack as it stood on one day (某日有效规则): of each rule id the latest version begun.
///
/// References stay those of the whole pack, so a column written on any day opens with
/// [`Pack::rule`].
#[derive(Clone, Debug)]
pub struct PackOnDate<'a> {
    pub pack: &'a Pack,
    pub date: Date,
    in_effect: Vec<RuleRef>,
}

impl<'a> PackOnDate<'a> {
    pub(crate) fn new(pack: &'a Pack, date: Date) -> PackOnDate<'a> {
        let superseded = |rule: &Rule| {
            let later = |other: &Rule| other.id == rule.id && other.effective_from > rule.effective_from;
            pack.rules().iter().any(|other| later(other) && other.effective_from <= date)
        };
        let in_effect = pack
            .refs()
            .filter(|(_, rule)| rule.is_in_effect(date) && !superseded(rule))
            .map(|(reference, _)| reference)
            .collect();
        PackOnDate { pack, date, in_effect }
    }

    /// Every rule in force, in the pack's order.
    pub fn rules(&self) -> impl Iterator<Item = (RuleRef, &'a Rule)> + '_ {
        self.in_effect.iter().map(|&reference| (reference, self.pack.rule(reference)))
    }

    /// Every rule of a kind in force, in the pack's order.
    pub fn all(&self, kind: RuleKind) -> impl Iterator<Item = (RuleRef, &'a Rule)> + '_ {
        self.rules().filter(move |(_, rule)| rule.kind == kind)
    }

    /// The rule of a kind, if the pack has one in force; two are a problem.
    pub fn find(&self, kind: RuleKind) -> Result<Option<(RuleRef, &'a Rule)>, PackProblem> {
        let mut rules = self.all(kind);
        match (rules.next(), rules.next()) {
            (first, None) => Ok(first),
            (_, Some((_, second))) => Err(second.problem(
                format!("a second rule of kind {} is in force on {}", kind.code(), self.date),
                "give the two the same id, or end one before the other begins",
            )),
        }
    }

    /// The rule of a kind that must be in force exactly once.
    pub fn only(&self, kind: RuleKind) -> Result<(RuleRef, &'a Rule), PackProblem> {
        self.find(kind)?.ok_or_else(|| {
            self.pack.problem(
                format!("no rule of kind {} is in force on {}", kind.code(), self.date),
                "add one, or correct its effective_from",
            )
        })
    }

    /// The narrowest rule of a kind that binds a claim (特别规则优于一般规则); of equals the first.
    pub fn for_bearer(&self, kind: RuleKind, bearer: &Bearer) -> Option<(RuleRef, &'a Rule)> {
        let binding = self.all(kind).filter(|(_, rule)| rule.applies_to.covers(bearer));
        binding.min_by_key(|(_, rule)| std::cmp::Reverse(rule.applies_to.specificity()))
    }
}
