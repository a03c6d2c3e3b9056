//! An import's loans, schedules and repayments become the batch's dossiers.

use super::{
    DOSSIERS, GROUP_LOANS, LOAN_COLUMNS, LOAN_KNOWN_FROM, instalment_fields, instalments_at, item, properties,
    repayment_fields, repayments_at, schema,
};
use crate::fault::{Context, Fault};
use crate::identity::high;
use crate::import::{Directory, Instalments, Knowledge, Longs, NO_FEE, Repayments, StagedTable};
use crate::kept::{FileDigest, Writing};
use crate::row_groups;
use arrow::array::{
    Array, ArrayRef, Date32Array, Int32Array, Int64Array, ListArray, StringArray, StructArray, TimestampSecondArray,
    new_null_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Fields};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnChunk, ArrowColumnWriter, compute_leaves};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use units::Texts;

/// Loans encoded at a time.
const STRETCH_LOANS: usize = 2_048;

const NO_ROW: u64 = u64::MAX;

/// What goes into the dossiers (档案内容).
struct Contents<'a> {
    directory: &'a Directory,
    loans: Option<&'a StagedTable>,
    instalments: &'a Instalments,
    repayments: &'a Repayments,
    knowledge: Knowledge,
    /// For each loan of the directory: batch and row of its own row, or [`NO_ROW`].
    rows: Vec<u64>,
    /// For each loan with a row of its own: from when it is known.
    loan_known_from: Vec<i32>,
    no_loan: Vec<ArrayRef>,
}

/// Writes `dossier.parquet` with every loan the import touches, when there is one.
pub fn write(
    folder: &Path,
    directory: &Directory,
    loans: Option<&StagedTable>,
    instalments: &Instalments,
    repayments: &Repayments,
    knowledge: Knowledge,
) -> Result<Option<FileDigest>, Fault> {
    let contents = Contents::new(directory, loans, instalments, repayments, knowledge);
    let touched = contents.touched();
    if touched.is_empty() {
        return Ok(None);
    }
    let path = folder.join(DOSSIERS);
    let mut writing = Writing::create(&path)?;
    let writer = ArrowWriter::try_new(&mut writing, schema(), Some(properties()))?;
    let groups: Vec<&[u32]> = touched.chunks(GROUP_LOANS).collect();
    let written = row_groups::write(writer, groups.len(), |group, columns| contents.encode(groups[group], columns));
    written.with_context(|| format!("writing {}", path.display()))?;
    writing.finish(folder, touched.len() as u64).map(Some)
}

/// Rows to gather (取行), for a stretch of loans one after another.
struct Picks {
    rows: Vec<u32>,
    /// How many rows each loan has.
    lengths: Vec<usize>,
    /// The rows when they follow each other, as they do in a file sorted by loan: they are copied, not gathered.
    run: Option<Range<usize>>,
}

impl Picks {
    fn new(loans: &[u32], accepted: impl Fn(u32, &mut Vec<u32>)) -> Picks {
        let (mut rows, mut lengths, mut of_loan) = (Vec::new(), Vec::with_capacity(loans.len()), Vec::new());
        for &loan in loans {
            accepted(loan, &mut of_loan);
            lengths.push(of_loan.len());
            rows.extend_from_slice(&of_loan);
        }
        let first = rows.first().map_or(0, |&row| row as usize);
        let follow = rows.iter().enumerate().all(|(at, &row)| row as usize == first + at);
        Picks { run: follow.then(|| first..first + rows.len()), rows, lengths }
    }

    fn gather<T: Copy, U: From<T>>(&self, values: &[T]) -> Vec<U> {
        match &self.run {
            Some(run) => values[run.clone()].iter().map(|&value| value.into()).collect(),
            None => self.rows.iter().map(|&row| values[row as usize].into()).collect(),
        }
    }

    fn longs(&self, values: &Longs) -> Int64Array {
        Int64Array::from(match values {
            Longs::Narrow(narrow) => self.gather::<i32, i64>(narrow),
            Longs::Wide(wide) => self.gather(wide),
        })
    }

    fn texts(&self, texts: &Texts) -> StringArray {
        match &self.run {
            Some(run) => {
                let (joined, ends) = texts.joined(run.clone());
                let ends: Vec<i32> = std::iter::once(0).chain(ends.map(|end| end as i32)).collect();
                StringArray::new(OffsetBuffer::new(ends.into()), Buffer::from(joined.as_bytes()), None)
            }
            None => StringArray::from_iter_values(self.rows.iter().map(|&row| texts.get(row as usize))),
        }
    }

    fn rows(&self) -> impl Iterator<Item = usize> + '_ {
        self.rows.iter().map(|&row| row as usize)
    }

    /// The items as lists, a loan without any having none.
    fn lists(self, fields: &Fields, columns: Vec<ArrayRef>) -> Result<ArrayRef, Fault> {
        let nulls = NullBuffer::from_iter(self.lengths.iter().map(|&length| length > 0));
        let items = StructArray::try_new(fields.clone(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths(self.lengths);
        Ok(Arc::new(ListArray::try_new(item(fields), offsets, Arc::new(items), Some(nulls))?))
    }
}

impl<'a> Contents<'a> {
    fn new(
        directory: &'a Directory,
        loans: Option<&'a StagedTable>,
        instalments: &'a Instalments,
        repayments: &'a Repayments,
        knowledge: Knowledge,
    ) -> Contents<'a> {
        let mut rows = vec![NO_ROW; directory.len()];
        let mut loan_known_from = vec![0; directory.len()];
        let mut at = 0;
        for (number, batch) in loans.iter().flat_map(|loans| loans.batches.iter().enumerate()) {
            let loans = loans.expect("a batch is a batch of loans");
            let days = knowledge.days(loans.table, batch, |row| loans.corrections[at + row]);
            for (row, day) in days.into_iter().enumerate() {
                let loan = directory.find(high(loans.entries[at + row].0)).expect("an accepted loan is listed") as usize;
                rows[loan] = (number as u64) << 32 | row as u64;
                loan_known_from[loan] = day;
            }
            at += batch.num_rows();
        }
        let no_loan = super::loans().columns.iter().map(|column| new_null_array(&column.data_type(), 1)).collect();
        Contents { directory, loans, instalments, repayments, knowledge, rows, loan_known_from, no_loan }
    }

    /// Loans with anything to say, by the bytes of their identity.
    fn touched(&self) -> Vec<u32> {
        let mut group = Vec::new();
        let mut touched: Vec<u32> = (0..self.directory.len() as u32)
            .filter(|&loan| {
                self.rows[loan as usize] != NO_ROW
                    || {
                        self.instalments.accepted(loan, &mut group);
                        !group.is_empty()
                    }
                    || {
                        self.repayments.accepted(loan, &mut group);
                        !group.is_empty()
                    }
            })
            .collect();
        let id = |loan: u32| self.directory.ids.get(loan as usize);
        if !touched.is_sorted_by(|&a, &b| id(a) < id(b)) {
            touched.sort_unstable_by(|&a, &b| id(a).cmp(id(b)));
        }
        touched
    }

    /// Encodes one row group, a stretch of loans after the other: a stretch fits the processor's cache.
    fn encode(&self, loans: &[u32], mut columns: Vec<ArrowColumnWriter>) -> Result<Vec<ArrowColumnChunk>, Fault> {
        for stretch in loans.chunks(STRETCH_LOANS) {
            let mut columns = columns.iter_mut();
            for (at, field) in schema().fields().iter().enumerate() {
                for leaf in compute_leaves(field, &self.column(stretch, at)?)? {
                    columns.next().expect("a writer for every leaf").write(&leaf)?;
                }
            }
        }
        columns.into_iter().map(|column| Ok(column.close()?)).collect()
    }

    /// A column of the dossiers of some loans.
    fn column(&self, loans: &[u32], at: usize) -> Result<ArrayRef, Fault> {
        Ok(match at {
            0 => Arc::new(StringArray::from_iter_values(loans.iter().map(|&loan| self.directory.ids.get(loan as usize)))),
            LOAN_KNOWN_FROM => Arc::new(Date32Array::from_iter(loans.iter().map(|&loan| {
                (self.rows[loan as usize] != NO_ROW).then(|| self.loan_known_from[loan as usize])
            }))),
            at if at < instalments_at() => self.loan_column(loans, at - LOAN_COLUMNS + 1)?,
            at if at == instalments_at() => self.instalments(loans)?,
            at if at < repayments_at() => Arc::new(self.instalments_known_from(loans)),
            _ => self.repayments(loans)?,
        })
    }

    fn loan_column(&self, loans: &[u32], index: usize) -> Result<ArrayRef, Fault> {
        let batches = self.loans.map_or(&[][..], |loans| &loans.batches);
        let mut arrays: Vec<&dyn Array> = batches.iter().map(|batch| &**batch.column(index)).collect();
        arrays.push(&*self.no_loan[index]);
        let places: Vec<(usize, usize)> = loans
            .iter()
            .map(|&loan| match self.rows[loan as usize] {
                NO_ROW => (batches.len(), 0),
                place => ((place >> 32) as usize, (place & u64::from(u32::MAX)) as usize),
            })
            .collect();
        Ok(interleave(&arrays, &places)?)
    }

    fn instalments_known_from(&self, loans: &[u32]) -> Date32Array {
        let mut rows = Vec::new();
        let day = |&loan: &u32| {
            let correction = self.instalments.accepted(loan, &mut rows);
            (!rows.is_empty()).then(|| self.knowledge.day(correction, None, None))
        };
        Date32Array::from_iter(loans.iter().map(day))
    }

    fn instalments(&self, loans: &[u32]) -> Result<ArrayRef, Fault> {
        let from = self.instalments;
        let picks = Picks::new(loans, |loan, rows| {
            from.accepted(loan, rows);
        });
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int32Array::from(picks.gather::<i32, i32>(&from.seq))),
            Arc::new(Date32Array::from(picks.gather::<i32, i32>(&from.due_on))),
            Arc::new(picks.longs(&from.principal)),
            Arc::new(picks.longs(&from.interest)),
            Arc::new(Int64Array::from_iter(picks.rows().map(|row| Some(from.fee(row)).filter(|&fee| fee != NO_FEE)))),
        ];
        picks.lists(instalment_fields(), columns)
    }

    fn repayments(&self, loans: &[u32]) -> Result<ArrayRef, Fault> {
        let from = self.repayments;
        let picks = Picks::new(loans, |loan, rows| from.accepted(loan, rows));
        let known_from = picks.rows().map(|row| {
            let entered_on = from.entered_at(row).map(|time| time.div_euclid(86_400) as i32);
            self.knowledge.day(from.is_correction(row), entered_on, Some(from.paid_on[row]))
        });
        let reverses: ArrayRef = if from.has_reversals() {
            Arc::new(StringArray::from_iter(picks.rows().map(|row| from.reverses(row))))
        } else {
            new_null_array(&DataType::Utf8, picks.rows.len())
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(picks.texts(&from.ids)),
            Arc::new(Date32Array::from(picks.gather::<i32, i32>(&from.paid_on))),
            Arc::new(picks.longs(&from.amount)),
            Arc::new(Date32Array::from_iter_values(known_from)),
            Arc::new(TimestampSecondArray::from_iter(picks.rows().map(|row| from.entered_at(row)))),
            reverses,
            Arc::new(StringArray::from_iter(picks.rows().map(|row| from.payer(row)))),
        ];
        picks.lists(repayment_fields(), columns)
    }
}
