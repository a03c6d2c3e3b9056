//! Tables that stand by themselves: everything but instalments and repayments.

use super::known::{CONTRACTS, Known, Parent, Parents};
use super::verdict::{State, Verdicts};
use crate::batch::{Batch, TableSummary};
use crate::chunk::Chunk;
use crate::fault::Fault;
use crate::identity::{Index, Key, KeyMap, RowHasher, View, high, key, owner, with_low};
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
        let rules = Rules::new(self.table, parents);
        for row in 0..rows {
            self.control.push(rules.control.iter().map(|&column| hasher.views[column].amount(row)).sum());
            if self.verdicts.is_rejected(first + row) {
                continue;
            }
            match self.judge(&rules, &mut hasher, row, first + row) {
                Err(rejection) => self.verdicts.reject(rejection),
                Ok((State::Known, ..)) => self.verdicts.states[first + row] = State::Known,
                Ok((state, key, content)) => {
                    self.verdicts.states[first + row] = state;
                    self.entries.push((key, content));
                    self.corrections.push(state == State::Correction);
                    self.seen.insert(high(key), ((first + row) as u32, content));
                }
            }
        }
        for (parent, column) in self.as_parent() {
            let accepted = (0..rows).filter(|row| self.verdicts.is_accepted(first + row));
            let identities = accepted.filter_map(|row| hasher.views[column].text(row));
            parents.accept(parent, identities.map(|text| crate::identity::key(text.as_bytes())));
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

    /// Frees what only judging needed.
    pub fn close(&mut self) {
        self.seen = KeyMap::default();
        self.known = Known::default();
    }

    fn judge(&self, rules: &Rules, hasher: &mut RowHasher, row: usize, at: usize) -> Result<(State, Key, u64), Rejection> {
        rules.judge(&hasher.views, row).map_err(|(column, why)| Rejection::new(at, column, why))?;
        let owned = rules.owner.and_then(|column| hasher.views[column].text(row));
        let key = with_low(hasher.key(row), owned.map_or(0, |loan| owner(key(loan.as_bytes()))));
        let content = hasher.content(row);
        let reject = |why| Rejection::new(at, 0, why);
        let mut state = State::New;
        if let Some(&(other, seen)) = self.seen.get(&high(key)) {
            if seen != content {
                return Err(reject(RowRefused::DuplicateIdentity).beside(other as usize));
            }
            state = State::Known;
        } else if let Some((known_owner, known)) = self.known.find(key) {
            if rules.owner.is_some() && known_owner != crate::identity::low(key) {
                return Err(reject(RowRefused::IdentityOfAnotherLoan));
            }
            state = if known == content { State::Known } else { State::Correction };
        }
        match rules.dates_out_of_order(&hasher.views, row) {
            Some(column) => Err(Rejection::new(at, column, RowRefused::DatesOutOfOrder)),
            None => Ok((state, key, content)),
        }
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
                let view = View::new(batch.column(column));
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

/// What the rows of a table are judged by (行校验规则), its columns looked up once.
struct Rules<'a> {
    one_of: Vec<usize>,
    currency: Option<usize>,
    parents: Vec<(usize, &'a Parent)>,
    /// The column that says which loan a row belongs to for ever.
    owner: Option<usize>,
    /// Days of which the second is not before the first.
    dates: Vec<(usize, usize)>,
    control: Vec<usize>,
}

impl<'a> Rules<'a> {
    fn new(table: &Table, parents: &'a Parents) -> Rules<'a> {
        let places = |names: &[&str]| names.iter().map(|name| table.position(name)).collect();
        let columns = table.columns.iter().enumerate();
        let pairs = [("disbursed_on", "matures_on"), ("starts_on", "ends_on"), ("happened_on", "known_on")];
        Rules {
            one_of: places(table.one_of),
            currency: (table.name == "loans").then(|| table.position("currency")),
            parents: columns.filter_map(|(at, column)| Some((at, parents.of(column.parent?)))).collect(),
            owner: table.owned_by_loan.then(|| table.position("loan_id")),
            dates: pairs.iter().filter_map(|(from, to)| Some((table.find(from)?, table.find(to)?))).collect(),
            control: places(table.control),
        }
    }

    /// What is wrong with a row by itself and with what it points to, and in which column.
    fn judge(&self, views: &[View], row: usize) -> Result<(), (usize, RowRefused)> {
        if let Some(&first) = self.one_of.first()
            && self.one_of.iter().all(|&column| views[column].text(row).is_none())
        {
            return Err((first, RowRefused::FieldMissing));
        }
        if let Some(column) = self.currency
            && views[column].text(row).is_some_and(|text| text != "CNY")
        {
            return Err((column, RowRefused::WrongCurrency));
        }
        let missing = |&&(column, parent): &&(usize, &Parent)| views[column].text(row).is_some_and(|text| parent.is_missing(text));
        match self.parents.iter().find(missing) {
            Some(&(column, _)) => Err((column, RowRefused::UnknownParent)),
            None => Ok(()),
        }
    }

    fn dates_out_of_order(&self, views: &[View], row: usize) -> Option<usize> {
        let out_of_order = |&&(from, to): &&(usize, usize)| {
            matches!((views[from].day(row), views[to].day(row)), (Some(from), Some(to)) if to < from)
        };
        self.dates.iter().find(out_of_order).map(|&(_, to)| to)
    }
}
