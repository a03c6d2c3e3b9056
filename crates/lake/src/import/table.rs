//! Tables that stand by themselves: everything but instalments and repayments.

use super::known::{CONTRACTS, Known, Parents};
use super::verdict::{State, Verdicts};
use crate::batch::{Batch, TableSummary};
use crate::chunk::Chunk;
use crate::fault::Fault;
use crate::identity::{Index, Key, KeyMap, RowHasher, high, key, owner, with_low};
use crate::refused::{Rejection, RowRefused};
use crate::schema::Table;
use arrow::array::{BooleanArray, RecordBatch};
use arrow::compute::filter_record_batch;

/// The accepted rows of one table (已接收的行), in file order.
pub struct StagedTable {
    pub table: &'static Table,
    pub batches: Vec<RecordBatch>,
    /// Key and content of each accepted row.
    pub entries: Vec<(Key, u64)>,
    /// Whether each accepted row corrects an earlier batch's.
    pub corrections: Vec<bool>,
    pub verdicts: Verdicts,
    pub control: Vec<i64>,
    known: Known,
    /// Identity to (row of the file, content) for the rows accepted so far.
    seen: KeyMap<(u32, u64)>,
}

impl StagedTable {
    pub fn new(table: &'static Table, earlier: &[Batch]) -> Result<StagedTable, Fault> {
        Ok(StagedTable {
            table,
            batches: Vec::new(),
            entries: Vec::new(),
            corrections: Vec::new(),
            verdicts: Verdicts::default(),
            control: Vec::new(),
            known: Known::load(earlier, table.name)?,
            seen: KeyMap::default(),
        })
    }

    /// Judges a chunk's rows and keeps the good ones; calls `accepted` with the views and row of each.
    pub fn take(&mut self, chunk: Chunk, parents: &mut Parents) -> Result<(), Fault> {
        let rows = chunk.len();
        let first = chunk.first_row;
        self.verdicts.states.resize(first + rows, State::New);
        chunk.rejections.iter().for_each(|&rejection| self.verdicts.reject(rejection));
        let mut hasher = RowHasher::new(self.table, &chunk.columns);
        let control: Vec<usize> = self.table.control.iter().map(|name| self.table.position(name)).collect();
        let as_parent = self.as_parent();
        for row in 0..rows {
            self.control.push(control.iter().map(|&column| hasher.views[column].amount(row)).sum());
            if self.verdicts.is_rejected(first + row) {
                continue;
            }
            match self.judge(&mut hasher, row, first + row, parents) {
                Err(rejection) => self.verdicts.reject(rejection),
                Ok((State::Known, ..)) => self.verdicts.states[first + row] = State::Known,
                Ok((state, key, content)) => {
                    self.verdicts.states[first + row] = state;
                    self.entries.push((key, content));
                    self.corrections.push(state == State::Correction);
                    self.seen.insert(high(key), ((first + row) as u32, content));
                    for &(parent, column) in &as_parent {
                        if let Some(text) = hasher.views[column].text(row) {
                            parents.accept(parent, crate::identity::key(text.as_bytes()));
                        }
                    }
                }
            }
        }
        let states = &self.verdicts.states[first..];
        let batch = RecordBatch::try_new(self.table.staged_schema(), chunk.columns)?;
        let accepted: BooleanArray =
            states.iter().map(|state| Some(matches!(state, State::New | State::Correction))).collect();
        let kept = if accepted.true_count() == rows { batch } else { filter_record_batch(&batch, &accepted)? };
        if kept.num_rows() > 0 {
            self.batches.push(kept);
        }
        Ok(())
    }

    /// The columns other tables point to, as (name, position).
    fn as_parent(&self) -> Vec<((&'static str, &'static str), usize)> {
        match self.table.name {
            "loans" => vec![(("loans", "loan_id"), 0), (CONTRACTS, self.table.position("contract_id"))],
            "branches" | "officers" | "customers" => vec![((self.table.name, self.table.columns[0].name), 0)],
            _ => Vec::new(),
        }
    }

    fn judge(&self, hasher: &mut RowHasher, row: usize, at: usize, parents: &Parents) -> Result<(State, Key, u64), Rejection> {
        let table = self.table;
        let reject = |name: &str, why| Rejection::new(at, table.position(name), why);
        if !table.one_of.is_empty() && table.one_of.iter().all(|name| hasher.views[table.position(name)].text(row).is_none()) {
            return Err(reject(table.one_of[0], RowRefused::FieldMissing));
        }
        if table.name == "loans" && hasher.views[table.position("currency")].text(row).is_some_and(|text| text != "CNY") {
            return Err(reject("currency", RowRefused::WrongCurrency));
        }
        for (index, column) in table.columns.iter().enumerate() {
            if let (Some(parent), Some(text)) = (column.parent, hasher.views[index].text(row))
                && parents.is_missing(parent, text)
            {
                return Err(Rejection::new(at, index, RowRefused::UnknownParent));
            }
        }
        let owned = table.owned_by_loan.then(|| hasher.views[table.position("loan_id")].text(row)).flatten();
        let key = with_low(hasher.key(row), owned.map_or(0, |loan| owner(key(loan.as_bytes()))));
        let content = hasher.content(row);
        let identity = table.columns[0].name;
        let mut state = State::New;
        if let Some(&(other, seen)) = self.seen.get(&high(key)) {
            if seen != content {
                return Err(reject(identity, RowRefused::DuplicateIdentity).beside(other as usize));
            }
            state = State::Known;
        } else if let Some((known_owner, known)) = self.known.find(key) {
            if table.owned_by_loan && known_owner != crate::identity::low(key) {
                return Err(reject(identity, RowRefused::IdentityOfAnotherLoan));
            }
            state = if known == content { State::Known } else { State::Correction };
        }
        for (earlier, later) in [("disbursed_on", "matures_on"), ("starts_on", "ends_on"), ("happened_on", "known_on")] {
            if let (Some(from), Some(to)) = (table.find(earlier), table.find(later))
                && let (Some(from), Some(to)) = (hasher.views[from].day(row), hasher.views[to].day(row))
                && to < from
            {
                return Err(reject(later, RowRefused::DatesOutOfOrder));
            }
        }
        Ok((state, key, content))
    }

    /// The latest date among the accepted facts.
    pub fn latest_day(&self) -> Option<i32> {
        if !self.table.tells_business_date {
            return None;
        }
        let dated = self.table.known_by.iter().chain(self.table.dated_by).map(|name| self.table.position(name));
        let columns: Vec<usize> = dated.collect();
        let days = self.batches.iter().flat_map(|batch| {
            columns.iter().flat_map(move |&column| {
                let view = crate::identity::View::new(batch.column(column));
                (0..batch.num_rows()).filter_map(move |row| view.day(row)).max()
            })
        });
        days.max()
    }

    pub fn summary(&self) -> TableSummary {
        self.verdicts.summary(self.table.name, |row| self.control[row])
    }

    pub fn index(&self) -> Index {
        Index::new(self.entries.clone())
    }
}
