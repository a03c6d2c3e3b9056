//! An import's loans, schedules and repayments become the batch's dossiers.

use super::{DOSSIERS, GROUP_LOANS, instalment_fields, item, properties, repayment_fields, schema};
use crate::fault::{Context, Fault};
use crate::identity::high;
use crate::import::{Directory, Instalments, Knowledge, NO_FEE, Repayments, StagedTable};
use crate::kept::{FileDigest, Writing};
use arrow::array::{
    ArrayRef, Date32Array, Int32Array, Int64Array, ListArray, RecordBatch, StringArray, StringBuilder, StructArray,
    TimestampSecondArray, new_null_array,
};
use arrow::buffer::{NullBuffer, OffsetBuffer};
use arrow::compute::interleave;
use parquet::arrow::ArrowWriter;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::sync_channel;

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
    let mut writer = ArrowWriter::try_new(&mut writing, schema(), Some(properties()))?;
    let written: Result<(), Fault> = std::thread::scope(|scope| {
        let (send, receive) = sync_channel::<RecordBatch>(1);
        let writer = &mut writer;
        let encoder = scope.spawn(move || -> Result<(), Fault> {
            for batch in receive {
                writer.write(&batch)?;
                writer.flush()?;
            }
            Ok(())
        });
        for loans in touched.chunks(GROUP_LOANS) {
            // A closed channel means the encoder failed; its error is the one to tell.
            if send.send(contents.batch(loans)?).is_err() {
                break;
            }
        }
        drop(send);
        encoder.join().expect("the encoder does not panic")
    });
    written.with_context(|| format!("writing {}", path.display()))?;
    writer.close().with_context(|| format!("writing {}", path.display()))?;
    writing.finish(folder, touched.len() as u64).map(Some)
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

    fn batch(&self, loans: &[u32]) -> Result<RecordBatch, Fault> {
        let ids = StringArray::from_iter_values(loans.iter().map(|&loan| self.directory.ids.get(loan as usize)));
        let known_from = Date32Array::from_iter(loans.iter().map(|&loan| {
            (self.rows[loan as usize] != NO_ROW).then(|| self.loan_known_from[loan as usize])
        }));
        let mut columns: Vec<ArrayRef> = vec![Arc::new(ids), Arc::new(known_from)];
        columns.extend(self.loan_columns(loans)?);
        let (instalments, instalments_known_from) = self.instalments(loans)?;
        columns.push(instalments);
        columns.push(instalments_known_from);
        columns.push(self.repayments(loans)?);
        Ok(RecordBatch::try_new(schema(), columns)?)
    }

    fn loan_columns(&self, loans: &[u32]) -> Result<Vec<ArrayRef>, Fault> {
        let batches = self.loans.map_or(&[][..], |loans| &loans.batches);
        let places: Vec<(usize, usize)> = loans
            .iter()
            .map(|&loan| match self.rows[loan as usize] {
                NO_ROW => (batches.len(), 0),
                place => ((place >> 32) as usize, (place & u64::from(u32::MAX)) as usize),
            })
            .collect();
        let column = |index: usize| {
            let mut arrays: Vec<&dyn arrow::array::Array> = batches.iter().map(|batch| &**batch.column(index)).collect();
            arrays.push(&*self.no_loan[index]);
            Ok(interleave(&arrays, &places)?)
        };
        (1..self.no_loan.len()).map(column).collect()
    }

    fn instalments(&self, loans: &[u32]) -> Result<(ArrayRef, ArrayRef), Fault> {
        let from = self.instalments;
        let (mut order, mut lengths, mut known_from) = (Vec::new(), Vec::new(), Vec::new());
        let mut rows = Vec::new();
        for &loan in loans {
            let correction = from.accepted(loan, &mut rows);
            let day = self.knowledge.day(correction, None, None);
            known_from.push((!rows.is_empty()).then_some(day));
            lengths.push(rows.len());
            order.extend_from_slice(&rows);
        }
        let long = |values: &[i64]| -> ArrayRef {
            Arc::new(Int64Array::from_iter_values(order.iter().map(|&row| values[row as usize])))
        };
        let fees = order.iter().map(|&row| Some(from.fee(row as usize)).filter(|&fee| fee != NO_FEE));
        let columns: Vec<ArrayRef> = vec![
            Arc::new(Int32Array::from_iter_values(order.iter().map(|&row| from.seq[row as usize]))),
            Arc::new(Date32Array::from_iter_values(order.iter().map(|&row| from.due_on[row as usize]))),
            long(&from.principal),
            long(&from.interest),
            Arc::new(Int64Array::from_iter(fees)),
        ];
        let nulls = NullBuffer::from_iter(lengths.iter().map(|&length| length > 0));
        let items = StructArray::try_new(instalment_fields().clone(), columns, None)?;
        let offsets = OffsetBuffer::from_lengths(lengths);
        let list = ListArray::try_new(item(instalment_fields()), offsets, Arc::new(items), Some(nulls))?;
        Ok((Arc::new(list), Arc::new(Date32Array::from(known_from))))
    }

    fn repayments(&self, loans: &[u32]) -> Result<ArrayRef, Fault> {
        let from = self.repayments;
        let (mut order, mut lengths, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for &loan in loans {
            from.accepted(loan, &mut rows);
            lengths.push(rows.len());
            order.extend(rows.iter().map(|&row| row as usize));
        }
        let known_from = order.iter().map(|&row| {
            let entered_on = from.entered_at(row).map(|time| time.div_euclid(86_400) as i32);
            self.knowledge.day(from.is_correction(row), entered_on, Some(from.paid_on[row]))
        });
        let mut ids = StringBuilder::with_capacity(order.len(), order.len() * 16);
        order.iter().for_each(|&row| ids.append_value(from.ids.get(row)));
        let reverses: ArrayRef = if from.has_reversals() {
            Arc::new(StringArray::from_iter(order.iter().map(|&row| from.reverses(row))))
        } else {
            new_null_array(repayment_fields()[5].data_type(), order.len())
        };
        let columns: Vec<ArrayRef> = vec![
            Arc::new(ids.finish()),
            Arc::new(Date32Array::from_iter_values(order.iter().map(|&row| from.paid_on[row]))),
            Arc::new(Int64Array::from_iter_values(order.iter().map(|&row| from.amount[row]))),
            Arc::new(Date32Array::from_iter_values(known_from)),
            Arc::new(TimestampSecondArray::from_iter(order.iter().map(|&row| from.entered_at(row)))),
            reverses,
            Arc::new(StringArray::from_iter(order.iter().map(|&row| from.payer(row)))),
        ];
        let nulls = NullBuffer::from_iter(lengths.iter().map(|&length| length > 0));
        let items = StructArray::try_new(repayment_fields().clone(), columns, None)?;
        let list =
            ListArray::try_new(item(repayment_fields()), OffsetBuffer::from_lengths(lengths), Arc::new(items), Some(nulls))?;
        Ok(Arc::new(list))
    }
}
