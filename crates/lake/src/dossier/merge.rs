//! Dossiers of all batches, merged loan by loan as they were known on a day.

use super::shelf::{Batches, Reading, Shard, Shelf, complete};
use super::{LOAN_COLUMNS, LOAN_KNOWN_FROM, instalments_at, loans, repayments_at};
use crate::fault::Fault;
use arrow::array::{
    Array, ArrayData, ArrayRef, AsArray, Date32Array, Int32Array, Int64Array, MutableArrayData, RecordBatch, StringArray,
    StructArray, TimestampSecondArray, make_array, new_null_array,
};
use arrow::buffer::OffsetBuffer;
use arrow::compute::interleave;
use arrow::datatypes::{Date32Type, Field, Int32Type, Int64Type, Schema, TimestampSecondType};
use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;
use units::Date;

/// A stretch of loans with their schedules and repayments (档案块), in the order of their identities.
///
/// The instalments of loan `i` are `offsets[i]..offsets[i + 1]` of the flat arrays; the first
/// offset need not be 0. Where no later batch speaks of the loans, nothing has been copied.
pub struct DossierChunk {
    /// The columns of the `loans` table, then `known_from`.
    pub loans: RecordBatch,
    pub instalments: InstalmentSlices,
    pub repayments: RepaymentSlices,
}

/// Instalments of many loans, by due date within a loan (期供列).
pub struct InstalmentSlices {
    pub offsets: OffsetBuffer<i32>,
    /// Per loan: from when its schedule is known; null where it has none.
    pub known_from: Date32Array,
    pub seq: Int32Array,
    pub due_on: Date32Array,
    pub principal_due: Int64Array,
    pub interest_due: Int64Array,
    pub fee_due: Int64Array,
}

/// Repayments of many loans, by day of payment, time of entry and identity within a loan (还款列);
/// identity, time, reversal and payer are null where they were not read.
pub struct RepaymentSlices {
    pub offsets: OffsetBuffer<i32>,
    pub repayment_id: StringArray,
    pub paid_on: Date32Array,
    pub amount: Int64Array,
    pub known_from: Date32Array,
    pub entered_at: TimestampSecondArray,
    pub reverses: StringArray,
    pub payer: StringArray,
}

/// Streams merged dossiers (档案合并).
pub struct Merge {
    /// Oldest batch first.
    sources: Vec<Source>,
    known_on: i32,
}

struct Source {
    batches: Batches,
    shard: Shard,
    /// The unread rest of the current batch; empty only when the file is finished.
    rest: Option<RecordBatch>,
}

impl Shelf {
    /// Every loan of the shard that was known on the day, as it was known then.
    pub fn merge(&self, reading: &Reading) -> Result<Merge, Fault> {
        let mut sources = Vec::new();
        for batches in self.sources(reading)? {
            let mut source = Source { batches, shard: reading.shard.clone(), rest: None };
            source.advance()?;
            sources.push(source);
        }
        Ok(Merge { sources, known_on: reading.known_on.map_or(i32::MAX, Date::day_number) })
    }
}

impl Source {
    fn advance(&mut self) -> Result<(), Fault> {
        while self.rest.as_ref().is_none_or(|rest| rest.num_rows() == 0) {
            let Some(batch) = self.batches.next().transpose()? else {
                self.rest = None;
                break;
            };
            self.rest = Some(complete(&within(&batch, &self.shard))?);
        }
        Ok(())
    }

    /// Cuts off the rows up to and including `last`.
    fn take_to(&mut self, last: &str) -> Result<Option<RecordBatch>, Fault> {
        let Some(rest) = &self.rest else { return Ok(None) };
        let count = first_row(rest, |loan| loan > last);
        if count == 0 {
            return Ok(None);
        }
        let taken = rest.slice(0, count);
        self.rest = Some(rest.slice(count, rest.num_rows() - count));
        self.advance()?;
        Ok(Some(taken))
    }
}

/// The rows of the batch that lie in the shard.
fn within(batch: &RecordBatch, shard: &Shard) -> RecordBatch {
    let from = shard.from.as_deref().map_or(0, |from| first_row(batch, |loan| loan >= from));
    let until = shard.until.as_deref().map_or(batch.num_rows(), |until| first_row(batch, |loan| loan >= until));
    batch.slice(from, until - from)
}

/// The first row for whose loan `passed` holds; loans ascend and so does `passed`.
fn first_row(batch: &RecordBatch, passed: impl Fn(&str) -> bool) -> usize {
    let ids = batch.column(0).as_string::<i32>();
    let (mut low, mut high) = (0, ids.len());
    while low < high {
        let middle = low + (high - low) / 2;
        if passed(ids.value(middle)) { high = middle } else { low = middle + 1 }
    }
    low
}

impl Iterator for Merge {
    type Item = Result<DossierChunk, Fault>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let chunk = match self.next_stretch() {
                Ok(slices) if slices.is_empty() => return None,
                Ok(slices) => combine(&slices, self.known_on),
                Err(fault) => Err(fault),
            };
            match chunk {
                Ok(chunk) if chunk.loans.num_rows() == 0 => {}
                other => return Some(other),
            }
        }
    }
}

impl Merge {
    /// The rows of every source up to the nearest end of a current batch: nobody can add to them later.
    fn next_stretch(&mut self) -> Result<Vec<RecordBatch>, Fault> {
        let last_of = |rest: &RecordBatch| {
            let ids = rest.column(0).as_string::<i32>();
            ids.value(ids.len() - 1).to_owned()
        };
        let Some(last) = self.sources.iter().filter_map(|source| source.rest.as_ref()).map(last_of).min() else {
            return Ok(Vec::new());
        };
        self.sources.iter_mut().filter_map(|source| source.take_to(&last).transpose()).collect()
    }
}

fn days(batch: &RecordBatch, column: usize) -> &Date32Array {
    batch.column(column).as_primitive::<Date32Type>()
}

fn combine(slices: &[RecordBatch], known_on: i32) -> Result<DossierChunk, Fault> {
    if let [only] = slices
        && wholly_known(only, known_on)
    {
        let (instalments, repayments) = (only.column(instalments_at()).as_list(), only.column(repayments_at()).as_list());
        return DossierChunk::new(
            loan_columns(only).cloned().collect(),
            days(only, instalments_at() + 1).clone(),
            (instalments.offsets().clone(), instalments.values().as_struct()),
            (repayments.offsets().clone(), repayments.values().as_struct()),
        );
    }
    let picks = Picks::new(slices, known_on);
    let one_after_another = one_after_another(&picks.loans);
    let columns = (0..loans().columns.len() + 1).map(|index| {
        let column = |slice: &'_ RecordBatch| loan_columns(slice).nth(index).expect("a loan column").clone();
        // A day that brings repayments alone leaves the loans as they were.
        if let Some((slice, rows)) = &one_after_another {
            return Ok(column(&slices[*slice]).slice(rows.start, rows.len()));
        }
        let arrays: Vec<ArrayRef> = slices.iter().map(column).collect();
        Ok(interleave(&arrays.iter().map(|array| &**array).collect::<Vec<_>>(), &picks.loans)?)
    });
    let instalments = picks.instalments.gather(slices, instalments_at())?;
    let repayments = picks.repayments.gather(slices, repayments_at())?;
    DossierChunk::new(
        columns.collect::<Result<_, Fault>>()?,
        Date32Array::from(picks.schedule_known_from),
        (picks.instalments.offsets(), instalments.as_struct()),
        (picks.repayments.offsets(), repayments.as_struct()),
    )
}

/// The stretch that the picked rows are, if they are one.
fn one_after_another(picks: &[(usize, usize)]) -> Option<(usize, Range<usize>)> {
    let &(slice, first) = picks.first()?;
    let follow = picks.iter().enumerate().all(|(at, &pick)| pick == (slice, first + at));
    follow.then(|| (slice, first..first + picks.len()))
}

/// The columns of the `loans` table in their order, then `known_from`.
fn loan_columns(batch: &RecordBatch) -> impl Iterator<Item = &ArrayRef> {
    let columns = batch.columns();
    std::iter::once(&columns[0]).chain(&columns[LOAN_COLUMNS..instalments_at()]).chain([&columns[LOAN_KNOWN_FROM]])
}

/// Whether the slice can be handed on as it is.
fn wholly_known(batch: &RecordBatch, known_on: i32) -> bool {
    let known = |days: &Date32Array| days.iter().flatten().all(|day| day <= known_on);
    let repayments = batch.column(repayments_at()).as_list::<i32>();
    let offsets = repayments.value_offsets();
    let (from, to) = (offsets[0] as usize, offsets[batch.num_rows()] as usize);
    let repaid = repayments.values().as_struct().column(3).as_primitive::<Date32Type>();
    days(batch, LOAN_KNOWN_FROM).null_count() == 0
        && known(days(batch, LOAN_KNOWN_FROM))
        && known(days(batch, instalments_at() + 1))
        && repaid.values()[from..to].iter().all(|&day| day <= known_on)
}

/// What picking asks of a slice, each column found once (切片视图).
struct View<'s> {
    ids: &'s StringArray,
    loan_known_from: &'s Date32Array,
    schedule_known_from: &'s Date32Array,
    instalments: &'s [i32],
    repayments: &'s [i32],
    repaid: &'s StructArray,
    repaid_known_from: &'s [i32],
}

impl<'s> View<'s> {
    fn of(slice: &'s RecordBatch) -> View<'s> {
        let repaid = super::items(slice, repayments_at());
        View {
            ids: slice.column(0).as_string(),
            loan_known_from: days(slice, LOAN_KNOWN_FROM),
            schedule_known_from: days(slice, instalments_at() + 1),
            instalments: slice.column(instalments_at()).as_list::<i32>().value_offsets(),
            repayments: slice.column(repayments_at()).as_list::<i32>().value_offsets(),
            repaid,
            repaid_known_from: repaid.column(3).as_primitive::<Date32Type>().values(),
        }
    }
}

/// Which rows and items make up the merged loans.
struct Picks {
    loans: Vec<(usize, usize)>,
    schedule_known_from: Vec<Option<i32>>,
    instalments: Ranges,
    repayments: Ranges,
    /// The identities of repayments were read: some may take back or correct another.
    identified: bool,
}

/// Stretches of the slices' list items, and where each loan's begin.
#[derive(Default)]
struct Ranges {
    ranges: Vec<(usize, usize, usize)>,
    ends: Vec<i32>,
    items: usize,
}

impl Ranges {
    fn push(&mut self, slice: usize, from: usize, to: usize) {
        self.items += to - from;
        match self.ranges.last_mut() {
            Some(last) if last.0 == slice && last.2 == from => last.2 = to,
            _ if from < to => self.ranges.push((slice, from, to)),
            _ => {}
        }
    }

    fn end_loan(&mut self) {
        self.ends.push(i32::try_from(self.items).expect("a chunk holds fewer than 2^31 items"));
    }

    fn offsets(&self) -> OffsetBuffer<i32> {
        OffsetBuffer::new(std::iter::once(0).chain(self.ends.iter().copied()).collect::<Vec<i32>>().into())
    }

    fn gather(&self, slices: &[RecordBatch], column: usize) -> Result<ArrayRef, Fault> {
        if let [(slice, from, to)] = self.ranges[..] {
            return Ok(slices[slice].column(column).as_list::<i32>().values().slice(from, to - from));
        }
        let items: Vec<&StructArray> = slices.iter().map(|slice| super::items(slice, column)).collect();
        let columns = (0..items[0].num_columns()).map(|at| self.gather_column(&items, at));
        Ok(Arc::new(StructArray::try_new(items[0].fields().clone(), columns.collect::<Result<_, Fault>>()?, None)?))
    }

    fn gather_column(&self, items: &[&StructArray], at: usize) -> Result<ArrayRef, Fault> {
        let columns = items.iter().map(|items| items.column(at));
        // What was not read is null throughout.
        if columns.clone().all(|column| column.null_count() == column.len()) {
            return Ok(new_null_array(items[0].column(at).data_type(), self.items));
        }
        let values: Vec<ArrayData> = columns.map(|column| column.to_data()).collect();
        let mut gathered = MutableArrayData::new(values.iter().collect(), false, self.items);
        for &(slice, from, to) in &self.ranges {
            gathered.try_extend(slice, from, to)?;
        }
        Ok(make_array(gathered.freeze()))
    }
}

impl Picks {
    fn new(slices: &[RecordBatch], known_on: i32) -> Picks {
        let views: Vec<View> = slices.iter().map(View::of).collect();
        let id = |&(slice, row): &(usize, usize)| views[slice].ids.value(row);
        let mut rows: Vec<(usize, usize)> =
            slices.iter().enumerate().flat_map(|(at, slice)| (0..slice.num_rows()).map(move |row| (at, row))).collect();
        // The slices are sorted runs: a stable sort merges them and keeps older batches first.
        rows.sort_by(|a, b| id(a).cmp(id(b)));
        let mut picks = Picks {
            loans: Vec::new(),
            schedule_known_from: Vec::new(),
            instalments: Ranges::default(),
            repayments: Ranges::default(),
            identified: views.iter().all(|view| view.repaid.column(0).null_count() == 0),
        };
        for versions in rows.chunk_by(|a, b| id(a) == id(b)) {
            picks.take_loan(&views, versions, known_on);
        }
        picks
    }

    fn take_loan(&mut self, views: &[View], versions: &[(usize, usize)], known_on: i32) {
        let newest = |days: for<'v> fn(&'v View) -> &'v Date32Array| {
            versions.iter().rev().find(|&&(slice, row)| {
                let days = days(&views[slice]);
                days.is_valid(row) && days.value(row) <= known_on
            })
        };
        let Some(&loan) = newest(|view| view.loan_known_from) else { return };
        self.loans.push(loan);
        let schedule = newest(|view| view.schedule_known_from);
        self.schedule_known_from.push(schedule.map(|&(slice, row)| views[slice].schedule_known_from.value(row)));
        if let Some(&(slice, row)) = schedule {
            let offsets = views[slice].instalments;
            self.instalments.push(slice, offsets[row] as usize, offsets[row + 1] as usize);
        }
        self.instalments.end_loan();
        self.take_repayments(views, versions, known_on);
        self.repayments.end_loan();
    }

    fn take_repayments(&mut self, views: &[View], versions: &[(usize, usize)], known_on: i32) {
        let range = |&(slice, row): &(usize, usize)| {
            let offsets = views[slice].repayments;
            (slice, offsets[row] as usize, offsets[row + 1] as usize)
        };
        let items = |slice: usize| views[slice].repaid;
        let known = |slice: usize, item: usize| views[slice].repaid_known_from[item] <= known_on;
        let mut filled = versions.iter().map(range).filter(|&(_, from, to)| from < to);
        let (first, second) = (filled.next(), filled.next());
        match (first, second) {
            (None, _) => {}
            (Some((slice, from, to)), None) if (from..to).all(|item| known(slice, item)) => {
                self.repayments.push(slice, from, to);
            }
            _ => {
                let all = versions.iter().map(range).flat_map(|(slice, from, to)| (from..to).map(move |item| (slice, item)));
                let mut visible: Vec<(usize, usize)> = all.filter(|&(slice, item)| known(slice, item)).collect();
                let id = |&(slice, item): &(usize, usize)| items(slice).column(0).as_string::<i32>().value(item);
                if self.identified {
                    visible.sort_by(|a, b| (id(a), Reverse(a.0)).cmp(&(id(b), Reverse(b.0))));
                    visible.dedup_by(|a, b| id(a) == id(b));
                }
                visible.sort_by_key(|pick| (order_of(items(pick.0), pick.1), id(pick)));
                visible.into_iter().for_each(|(slice, item)| self.repayments.push(slice, item, item + 1));
            }
        }
    }
}

/// Day of payment, then time of entry.
fn order_of(items: &StructArray, item: usize) -> (i32, Option<i64>) {
    let entered_at = items.column(4).as_primitive::<TimestampSecondType>();
    let time = entered_at.is_valid(item).then(|| entered_at.value(item));
    (items.column(1).as_primitive::<Date32Type>().value(item), time)
}

/// The table's fields, with texts of few values as they were read.
fn loan_schema(columns: &[ArrayRef]) -> Schema {
    let table = loans().arrow_schema();
    let fields = table.fields().iter().zip(columns);
    Schema::new(fields.map(|(field, column)| field.as_ref().clone().with_data_type(column.data_type().clone())).collect::<Vec<Field>>())
}

impl DossierChunk {
    fn new(
        columns: Vec<ArrayRef>,
        schedule_known_from: Date32Array,
        (instalment_offsets, instalments): (OffsetBuffer<i32>, &StructArray),
        (repayment_offsets, repayments): (OffsetBuffer<i32>, &StructArray),
    ) -> Result<DossierChunk, Fault> {
        let day = |items: &StructArray, at: usize| items.column(at).as_primitive::<Date32Type>().clone();
        let long = |items: &StructArray, at: usize| items.column(at).as_primitive::<Int64Type>().clone();
        let text = |at: usize| repayments.column(at).as_string::<i32>().clone();
        Ok(DossierChunk {
            loans: RecordBatch::try_new(Arc::new(loan_schema(&columns)), columns)?,
            instalments: InstalmentSlices {
                offsets: instalment_offsets,
                known_from: schedule_known_from,
                seq: instalments.column(0).as_primitive::<Int32Type>().clone(),
                due_on: day(instalments, 1),
                principal_due: long(instalments, 2),
                interest_due: long(instalments, 3),
                fee_due: long(instalments, 4),
            },
            repayments: RepaymentSlices {
                offsets: repayment_offsets,
                repayment_id: text(0),
                paid_on: day(repayments, 1),
                amount: long(repayments, 2),
                known_from: day(repayments, 3),
                entered_at: repayments.column(4).as_primitive::<TimestampSecondType>().clone(),
                reverses: text(5),
                payer: text(6),
            },
        })
    }
}
