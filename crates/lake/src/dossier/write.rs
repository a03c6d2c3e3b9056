//! An import's loans, schedules and repayments become the batch's dossiers.

use super::{
    DOSSIERS, GROUP_LOANS, INSTALMENTS, REPAYMENTS, instalment_fields, item_properties, properties, repayment_fields,
    stored_schema,
};
use crate::fault::{Context, Fault};
use crate::identity::high;
use crate::import::{Directory, Instalments, Knowledge, Longs, NO_FEE, Repayments, StagedTable};
use crate::kept::{FileDigest, Writing};
use crate::row_groups;
use arrow::array::{
    Array, ArrayRef, Date32Array, Int32Array, Int64Array, StringArray, TimestampSecondArray, new_null_array,
};
use arrow::buffer::{Buffer, OffsetBuffer};
use arrow::compute::interleave;
use arrow::datatypes::{DataType, Fields, Schema, SchemaRef};
use parquet::arrow::ArrowWriter;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, compute_leaves};
use parquet::file::properties::WriterProperties;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
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

/// Writes the dossiers of every loan the import touches, when there is one.
pub fn write(
    folder: &Path,
    directory: &Directory,
    loans: Option<&StagedTable>,
    instalments: &Instalments,
    repayments: &Repayments,
    knowledge: Knowledge,
) -> Result<Vec<FileDigest>, Fault> {
    let contents = Contents::new(directory, loans, instalments, repayments, knowledge);
    let touched = contents.touched();
    if touched.is_empty() {
        return Ok(Vec::new());
    }
    let items = |fields: &Fields| Arc::new(Schema::new(fields.clone()));
    let dossiers = Part { file: DOSSIERS, schema: stored_schema(), properties: properties() };
    let dues = Part { file: INSTALMENTS, schema: items(instalment_fields()), properties: item_properties() };
    let receipts = Part { file: REPAYMENTS, schema: items(repayment_fields()), properties: item_properties() };
    Ok(vec![
        dossiers.write(folder, &touched, &|stretch| contents.dossiers(stretch))?,
        dues.write(folder, &touched, &|stretch| Ok(contents.instalments(stretch)))?,
        receipts.write(folder, &touched, &|stretch| Ok(contents.repayments(stretch)))?,
    ])
}

/// One of the files that make up the dossiers.
struct Part {
    file: &'static str,
    schema: SchemaRef,
    properties: WriterProperties,
}

impl Part {
    /// Writes what `columns` makes of the loans, a row group for every [`GROUP_LOANS`] of them.
    fn write(
        self,
        folder: &Path,
        loans: &[u32],
        columns: &(impl Fn(&[u32]) -> Result<Vec<ArrayRef>, Fault> + Sync),
    ) -> Result<FileDigest, Fault> {
        let path = folder.join(self.file);
        let mut writing = Writing::create(&path)?;
        let writer = ArrowWriter::try_new(&mut writing, self.schema.clone(), Some(self.properties))?;
        let groups: Vec<&[u32]> = loans.chunks(GROUP_LOANS).collect();
        let rows = AtomicUsize::new(0);
        let encode = |group: usize, mut writers: Vec<ArrowColumnWriter>| {
            // A stretch fits the processor's cache.
            for stretch in groups[group].chunks(STRETCH_LOANS) {
                let columns = columns(stretch)?;
                rows.fetch_add(columns[0].len(), Ordering::Relaxed);
                for ((field, column), writer) in self.schema.fields().iter().zip(&columns).zip(&mut writers) {
                    for leaf in compute_leaves(field, column)? {
                        writer.write(&leaf)?;
                    }
                }
            }
            writers.into_iter().map(|column| Ok(column.close()?)).collect()
        };
        row_groups::write(writer, groups.len(), encode).with_context(|| format!("writing {}", path.display()))?;
        writing.finish(folder, rows.into_inner() as u64)
    }
}

/// Rows to gather (取行), for a stretch of loans one after another.
struct Picks {
    rows: Vec<u32>,
    /// The rows when they follow each other, as they do in a file sorted by loan: they are copied, not gathered.
    run: Option<Range<usize>>,
}

impl Picks {
    fn new(loans: &[u32], accepted: impl Fn(u32, &mut Vec<u32>)) -> Picks {
        let (mut rows, mut of_loan) = (Vec::new(), Vec::new());
        for &loan in loans {
            accepted(loan, &mut of_loan);
            rows.extend_from_slice(&of_loan);
        }
        let first = rows.first().map_or(0, |&row| row as usize);
        let follow = rows.iter().enumerate().all(|(at, &row)| row as usize == first + at);
        Picks { run: follow.then(|| first..first + rows.len()), rows }
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

    /// The columns of `dossier.parquet` for some loans.
    fn dossiers(&self, loans: &[u32]) -> Result<Vec<ArrayRef>, Fault> {
        let ids = loans.iter().map(|&loan| self.directory.ids.get(loan as usize));
        let known_from = loans.iter().map(|&loan| {
            (self.rows[loan as usize] != NO_ROW).then(|| self.loan_known_from[loan as usize])
        });
        let mut columns: Vec<ArrayRef> =
            vec![Arc::new(StringArray::from_iter_values(ids)), Arc::new(Date32Array::from_iter(known_from))];
        for index in 1..super::loans().columns.len() {
            columns.push(self.loan_column(loans, index)?);
        }
        let mut rows = Vec::new();
        let (mut dues, mut dues_known_from) = (Vec::new(), Vec::new());
        for &loan in loans {
            let correction = self.instalments.accepted(loan, &mut rows);
            dues.push(rows.len() as i32);
            dues_known_from.push((!rows.is_empty()).then(|| self.knowledge.day(correction, None, None)));
        }
        let receipts = loans.iter().map(|&loan| {
            self.repayments.accepted(loan, &mut rows);
            rows.len() as i32
        });
        let receipts: Vec<i32> = receipts.collect();
        columns.push(Arc::new(Int32Array::from(dues)));
        columns.push(Arc::new(Date32Array::from(dues_known_from)));
        columns.push(Arc::new(Int32Array::from(receipts)));
        Ok(columns)
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

    fn instalments(&self, loans: &[u32]) -> Vec<ArrayRef> {
        let from = self.instalments;
        let picks = Picks::new(loans, |loan, rows| {
            from.accepted(loan, rows);
        });
        vec![
            Arc::new(Int32Array::from(picks.gather::<i32, i32>(&from.seq))),
            Arc::new(Date32Array::from(picks.gather::<i32, i32>(&from.due_on))),
            Arc::new(picks.longs(&from.principal)),
            Arc::new(picks.longs(&from.interest)),
            Arc::new(Int64Array::from_iter(picks.rows().map(|row| Some(from.fee(row)).filter(|&fee| fee != NO_FEE)))),
        ]
    }

    fn repayments(&self, loans: &[u32]) -> Vec<ArrayRef> {
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
        vec![
            Arc::new(picks.texts(&from.ids)),
            Arc::new(Date32Array::from(picks.gather::<i32, i32>(&from.paid_on))),
            Arc::new(picks.longs(&from.amount)),
            Arc::new(Date32Array::from_iter_values(known_from)),
            Arc::new(TimestampSecondArray::from_iter(picks.rows().map(|row| from.entered_at(row)))),
            reverses,
            Arc::new(StringArray::from_iter(picks.rows().map(|row| from.payer(row)))),
        ]
    }
}
