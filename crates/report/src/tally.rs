//! Sums over groups of loans: one pass over the loans, however many cuts are asked for.
//!
//! 1. [`Rows`] are some loans of a night, held by whoever has them: the night while it decides, a page, a
//!    stretch of a snapshot. A loan's [`Figures`] are made when they are asked for and forgotten.
//! 2. [`parts`] goes over them once: what a loan adds is reckoned once and added to its group in every cut.
//!    A group is a number made of label numbers; [`Places`] finds its sums.
//! 3. [`Tally`] takes the parts of a book in their order, group by group under its labels, and counts each
//!    customer's statement once per group.

use crate::catalogue::{Measure, contributions};
use crate::metric::{GroupTotals, MetricTable};
use crate::state::{BalanceSheet, Dimension, Figures, month_label, month_number};
use grading::{Bucket, CustomerKind, Grade};
use loan::{Protection, RepaymentMethod};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use units::{Coded, Date, Labels, Texts};

/// Some loans of one night (借据段), numbered from 0 in the order of the book.
pub trait Rows {
    fn count(&self) -> usize;
    fn figures(&self, row: usize) -> Figures;
    /// The number of the loan's customer.
    fn customer(&self, row: usize) -> u32;
    /// The customer's newest statement; zero where there is none.
    fn sheet(&self, customer: u32) -> BalanceSheet;
    /// A dimension that is no part of [`Figures`]. Panics when the loans are not known by it.
    fn given(&self, dimension: Dimension) -> Column<'_>;
}

/// The loans along one dimension: a label number for each, and the labels.
pub struct Column<'a> {
    code: Code<'a>,
    labels: Cow<'a, Texts>,
}

enum Code<'a> {
    OfRow(Box<dyn Fn(usize) -> Option<u32> + 'a>),
    OfFigures(Box<dyn Fn(&Figures) -> u32 + 'a>),
}

impl<'a> Column<'a> {
    /// A loan without a value falls under the empty label.
    pub fn given(code: impl Fn(usize) -> Option<u32> + 'a, labels: Cow<'a, Texts>) -> Column<'a> {
        Column { code: Code::OfRow(Box::new(code)), labels }
    }

    pub fn of(rows: &'a impl Rows, dimension: Dimension) -> Column<'a> {
        match dimension {
            Dimension::All => Column::derived(|_| 0, [Dimension::All.code()]),
            Dimension::CustomerKind => Column::coded::<CustomerKind>(|figures| figures.kind as u32),
            Dimension::Protection => Column::coded::<Protection>(|figures| figures.protection as u32),
            Dimension::Method => Column::coded::<RepaymentMethod>(|figures| figures.method as u32),
            Dimension::Grade => Column::coded::<Grade>(|figures| figures.grade as u32),
            Dimension::Bucket => Column::coded::<Bucket>(|figures| figures.bucket as u32),
            Dimension::Vintage => Column::vintages(rows),
            other => rows.given(other),
        }
    }

    fn derived<'l>(
        code: impl Fn(&Figures) -> u32 + 'a,
        labels: impl IntoIterator<Item = &'l str>,
    ) -> Column<'a> {
        Column { code: Code::OfFigures(Box::new(code)), labels: Cow::Owned(labels.into_iter().collect()) }
    }

    fn coded<T: Coded>(code: impl Fn(&Figures) -> u32 + 'a) -> Column<'a> {
        Column::derived(code, T::ALL.iter().map(|value| value.code()))
    }

    /// Months of disbursement as `2025-03`, numbered from the earliest on.
    fn vintages(rows: &impl Rows) -> Column<'a> {
        let months = || (0..rows.count()).map(|row| month_number(rows.figures(row).disbursed_on));
        let (first, last) = (months().min().unwrap_or(0), months().max().unwrap_or(-1));
        let labels: Vec<String> = (first..=last).map(month_label).collect();
        let code = move |figures: &Figures| (month_number(figures.disbursed_on) - first) as u32;
        Column::derived(code, labels.iter().map(String::as_str))
    }

    pub fn labels(&self) -> &Texts {
        &self.labels
    }

    /// The number of the row's label; that of the empty label comes after the last.
    pub fn code(&self, row: usize, figures: &Figures) -> u32 {
        match &self.code {
            Code::OfRow(code) => code(row).unwrap_or(self.labels.len() as u32),
            Code::OfFigures(code) => code(figures),
        }
    }
}

/// One cut of the book: which group a loan belongs to.
pub struct Cut<'a> {
    columns: Vec<Column<'a>>,
}

impl<'a> Cut<'a> {
    pub fn of(rows: &'a impl Rows, by: &[Dimension]) -> Cut<'a> {
        Cut { columns: by.iter().map(|&dimension| Column::of(rows, dimension)).collect() }
    }

    /// The loan's group, the first dimension slowest.
    pub fn key(&self, row: usize, figures: &Figures) -> u64 {
        let add = |key: u64, column: &Column| key * width(column) + u64::from(column.code(row, figures));
        self.columns.iter().fold(0, add)
    }

    /// How many groups there may be.
    fn combinations(&self) -> u64 {
        let product = |all: u64, column: &Column| all.checked_mul(width(column));
        self.columns.iter().try_fold(1, product).expect("more label combinations than u64 can number")
    }

    /// The group under these labels, if its labels are known.
    pub fn find(&self, labels: &[&str]) -> Option<u64> {
        self.columns.iter().zip(labels).try_fold(0, |key, (column, wanted)| {
            let known = column.labels.iter().position(|label| label == *wanted);
            let code = known.or_else(|| wanted.is_empty().then_some(column.labels.len()))?;
            Some(key * width(column) + code as u64)
        })
    }
}

/// Label numbers of a column, that of the empty label included.
fn width(column: &Column) -> u64 {
    column.labels.len() as u64 + 1
}

/// What some loans add up to under one cut (分段合计).
pub struct Part {
    labels: Vec<Texts>,
    places: Places,
    sums: Vec<(u64, [i64; Measure::COUNT])>,
    /// Customers with a statement, and the places of the groups they owe in.
    stand: Vec<(u32, u32)>,
}

/// Where a group's sums are, by its number.
enum Places {
    Table(Vec<u32>),
    Map(HashMap<u64, u32>),
}

/// Up to this many label combinations a plain table finds the group; beyond, a hash map does.
const TABLE_LIMIT: u64 = 1 << 22;

const NOWHERE: u32 = u32::MAX;

impl Part {
    fn new(cut: &Cut) -> Part {
        let places = match cut.combinations() {
            few @ ..=TABLE_LIMIT => Places::Table(vec![NOWHERE; few as usize]),
            _ => Places::Map(HashMap::new()),
        };
        let labels = cut.columns.iter().map(|column| column.labels.as_ref().clone()).collect();
        Part { labels, places, sums: Vec::new(), stand: Vec::new() }
    }

    /// Adds to a group; its place.
    fn add(&mut self, key: u64, adds: &[(usize, i64)]) -> u32 {
        let place = match &mut self.places {
            Places::Table(places) => &mut places[key as usize],
            Places::Map(places) => places.entry(key).or_insert(NOWHERE),
        };
        if *place == NOWHERE {
            *place = self.sums.len() as u32;
            self.sums.push((key, [0; Measure::COUNT]));
        }
        let sums = &mut self.sums[*place as usize].1;
        adds.iter().for_each(|&(measure, add)| sums[measure] = sums[measure].checked_add(add).expect(OVERFLOW));
        *place
    }

    /// The label numbers of a group; `None` for the empty label.
    fn codes(&self, mut key: u64) -> Vec<Option<u32>> {
        let mut codes = vec![None; self.labels.len()];
        for (code, labels) in codes.iter_mut().zip(&self.labels).rev() {
            let width = labels.len() as u64 + 1;
            *code = Some((key % width) as u32).filter(|&code| (code as usize) < labels.len());
            key /= width;
        }
        codes
    }
}

fn sum_up(sums: &mut [i64; Measure::COUNT], adds: &[i64; Measure::COUNT]) {
    for (sum, add) in sums.iter_mut().zip(adds) {
        *sum = sum.checked_add(*add).expect(OVERFLOW);
    }
}

const OVERFLOW: &str = "a total overflows i64 fen";

/// What the loans of a range add up to, a part for each cut.
pub fn parts<R: Rows>(rows: &R, range: Range<usize>, cuts: &[&[Dimension]]) -> Vec<Part> {
    let cuts: Vec<Cut> = cuts.iter().map(|by| Cut::of(rows, by)).collect();
    let mut parts: Vec<Part> = cuts.iter().map(Part::new).collect();
    let mut adds = Vec::with_capacity(Measure::COUNT);
    for row in range {
        let figures = rows.figures(row);
        // Most of what a loan adds is nothing.
        adds.clear();
        adds.extend(contributions(&figures, None).into_iter().enumerate().filter(|(_, add)| *add != 0));
        let customer = rows.customer(row);
        let stands = figures.on_book() && !rows.sheet(customer).total_assets.is_zero();
        for (part, cut) in parts.iter_mut().zip(&cuts) {
            let key = cut.key(row, &figures);
            let place = part.add(key, &adds);
            if stands {
                part.stand.push((customer, place));
            }
        }
    }
    parts
}

/// One cut while the parts of a book come in, in their order (汇总).
///
/// A group is told by its labels' numbers, which follow the order in which labels were first heard of;
/// the empty label comes last.
pub struct Tally {
    as_of: Date,
    by: Vec<Dimension>,
    labels: Vec<Labels>,
    groups: BTreeMap<Vec<u32>, usize>,
    sums: Vec<[i64; Measure::COUNT]>,
    /// A customer's number above a group's. A customer comes as often as it has loans in the group.
    stand: Vec<u64>,
}

impl Tally {
    pub fn new(as_of: Date, by: &[Dimension]) -> Tally {
        let labels = by.iter().map(|_| Labels::new()).collect();
        Tally { as_of, by: by.to_vec(), labels, groups: BTreeMap::new(), sums: Vec::new(), stand: Vec::new() }
    }

    /// Adds a part; all parts number customers alike.
    pub fn take(&mut self, part: Part) {
        let number = |(labels, texts): (&mut Labels, &Texts)| texts.iter().map(|text| labels.code(text)).collect();
        let numbers: Vec<Vec<u32>> = self.labels.iter_mut().zip(&part.labels).map(number).collect();
        let group = |key: u64| -> Vec<u32> {
            let codes = part.codes(key).into_iter().zip(&numbers);
            codes.map(|(code, numbers)| code.map_or(NOWHERE, |code| numbers[code as usize])).collect()
        };
        let mut numbered = Vec::with_capacity(part.sums.len());
        for (key, adds) in &part.sums {
            let number = *self.groups.entry(group(*key)).or_insert(self.sums.len());
            if number == self.sums.len() {
                self.sums.push([0; Measure::COUNT]);
            }
            sum_up(&mut self.sums[number], adds);
            numbered.push(number as u64);
        }
        self.stand.extend(part.stand.iter().map(|&(customer, place)| u64::from(customer) << 32 | numbered[place as usize]));
    }

    /// The ratios; `sheet` is the statement of a customer.
    pub fn finish(mut self, sheet: impl Fn(u32) -> BalanceSheet) -> MetricTable {
        self.stand.sort_unstable();
        self.stand.dedup();
        for &stands in &self.stand {
            let (sheet, sums) = (sheet((stands >> 32) as u32), &mut self.sums[stands as u32 as usize]);
            let mut adds = [0; Measure::COUNT];
            adds[Measure::TotalAssets as usize] = sheet.total_assets.fen();
            adds[Measure::TotalLiabilities as usize] = sheet.total_liabilities.fen();
            sum_up(sums, &adds);
        }
        let Tally { as_of, by, labels, groups, sums, .. } = self;
        let label = |(labels, &code): (&Labels, &u32)| match code {
            NOWHERE => String::new(),
            code => labels.get(code).to_owned(),
        };
        let texts = |group: &[u32]| labels.iter().zip(group).map(label).collect();
        let groups = groups.into_iter().map(|(group, number)| GroupTotals { labels: texts(&group), sums: sums[number] });
        let mut groups: Vec<GroupTotals> = groups.collect();
        // Parts may hear of months in any order; they are read in that of time.
        if by.contains(&Dimension::Vintage) {
            let rank = |at: usize, label: &str| match by[at] {
                Dimension::Vintage => (label.to_owned(), 0),
                _ => (String::new(), labels[at].find(label).unwrap_or(NOWHERE)),
            };
            groups.sort_by_cached_key(|group| {
                group.labels.iter().enumerate().map(|(at, label)| rank(at, label)).collect::<Vec<_>>()
            });
        }
        MetricTable { as_of, by, groups }
    }
}
