//! A book night after night, branch by branch, so that whoever may see some branches sees their sums.

use crate::catalogue::{CATALOGUE, Measure};
use crate::metric::metrics;
use crate::ratio::Ratio;
use crate::roll::{RollRow, roll};
use crate::state::{Dimension, StateTable};
use crate::vintage::Vintages;
use grading::{Bucket, Grade};
use std::collections::BTreeMap;
use units::{Coded, Date, Money};

/// Loans on the books and what they owe (笔数与余额).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub loans: i64,
    pub balance: Money,
}

/// One night of the series (单日历史): sums that add up over branches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryNight {
    pub as_of: Date,
    /// In the order of [`Bucket::ALL`].
    pub buckets: Vec<Held>,
    /// In the order of [`Grade::ALL`].
    pub grades: Vec<Held>,
    /// In the order of the catalogue.
    pub ratios: Vec<Ratio>,
    /// Against the night of the series before; empty on the first.
    pub roll: Vec<RollRow>,
}

/// The series (历史序列), by branch. Nights are added in their order.
#[derive(Clone, Debug, Default)]
pub struct History {
    nights: Vec<BTreeMap<String, HistoryNight>>,
    vintages: BTreeMap<(String, i32), Vintages>,
}

/// The vintage curves a history keeps, by days past due.
pub const VINTAGE_DAYS: [i32; 2] = [30, 90];

impl History {
    /// Adds a night; `before` is the one added last.
    pub fn add(&mut self, before: Option<&StateTable>, night: &StateTable) {
        let earlier: BTreeMap<String, Vec<u32>> = before.map_or_else(BTreeMap::new, |before| before.parts(Dimension::Branch).into_iter().collect());
        let mut branches = BTreeMap::new();
        for (branch, rows) in night.parts(Dimension::Branch).into_iter().filter(|(_, rows)| !rows.is_empty()) {
            let part = night.only(&rows);
            let mut history = of_part(&part);
            if let Some(before) = before {
                let was = before.only(earlier.get(&branch).map_or(&[], Vec::as_slice));
                history.roll = roll(&was, &part);
            }
            for days in VINTAGE_DAYS {
                self.vintages.entry((branch.clone(), days)).or_insert_with(|| Vintages::new(days)).add(&part);
            }
            branches.insert(branch, history);
        }
        self.nights.push(branches);
    }

    /// Night after night, the branches taken together that `counts`.
    pub fn nights(&self, counts: impl Fn(&str) -> bool) -> Vec<HistoryNight> {
        let sum = |branches: &BTreeMap<String, HistoryNight>| {
            let mut counted = branches.iter().filter(|(branch, _)| counts(branch)).map(|(_, night)| night);
            let first = counted.next()?.clone();
            Some(counted.fold(first, HistoryNight::and))
        };
        self.nights.iter().filter_map(sum).collect()
    }

    /// The vintage curves of the branches taken together that `counts`; `days` is one of [`VINTAGE_DAYS`].
    pub fn vintages(&self, days: i32, counts: impl Fn(&str) -> bool) -> Vintages {
        let mut all = Vintages::new(days);
        let counted = self.vintages.iter().filter(|((branch, of), _)| *of == days && counts(branch));
        counted.for_each(|(_, part)| all.merge(part));
        all
    }
}

fn of_part(part: &StateTable) -> HistoryNight {
    let all = metrics(part, &[]);
    HistoryNight {
        as_of: part.as_of,
        buckets: held::<Bucket>(part, Dimension::Bucket),
        grades: held::<Grade>(part, Dimension::Grade),
        ratios: CATALOGUE.iter().map(|metric| all.groups[0].ratio(metric)).collect(),
        roll: Vec::new(),
    }
}

fn held<T: Coded>(part: &StateTable, dimension: Dimension) -> Vec<Held> {
    let cut = metrics(part, &[dimension]);
    let of = |value: &T| match cut.group(&[value.code()]) {
        Some(sums) => Held { loans: sums.sum(Measure::LoanCount), balance: Money::from_fen(sums.sum(Measure::Outstanding)) },
        None => Held::default(),
    };
    T::ALL.iter().map(of).collect()
}

impl HistoryNight {
    fn and(mut self, other: &HistoryNight) -> HistoryNight {
        let add = |into: &mut Vec<Held>, from: &[Held]| {
            for (into, from) in into.iter_mut().zip(from) {
                into.loans += from.loans;
                into.balance += from.balance;
            }
        };
        add(&mut self.buckets, &other.buckets);
        add(&mut self.grades, &other.grades);
        for (into, from) in self.ratios.iter_mut().zip(&other.ratios) {
            *into = into.and(*from);
        }
        for (into, from) in self.roll.iter_mut().zip(&other.roll) {
            let (flow, worsened, cured) = (into.flow.and(from.flow), into.worsened.and(from.worsened), into.cured.and(from.cured));
            *into = RollRow { flow, worsened, cured, ..*into };
        }
        self
    }
}
