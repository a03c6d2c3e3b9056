//! Daily files of repayments taken in, as the lake takes them: row by row, nothing lost, nothing twice.

use super::{Receipt, World};
use std::collections::BTreeMap;
use units::{Date, Money};

/// One line of a file of repayments (还款文件行).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub id: String,
    pub receipt: Receipt,
}

/// What became of a delivery (入库结果). It always balances: read = accepted + already known + rejected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Intake {
    pub read: Count,
    pub accepted: Count,
    pub already_known: Count,
    pub rejected: Count,
    /// What was rejected, for another try.
    pub kept_aside: Vec<Row>,
}

/// Rows and money (控制数).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    pub rows: u64,
    pub money: Money,
}

impl Count {
    pub fn add(&mut self, amount: Money) {
        self.rows += 1;
        self.money += amount;
    }
}

impl Intake {
    pub fn balances(&self) -> bool {
        let rows = self.accepted.rows + self.already_known.rows + self.rejected.rows;
        let money = self.accepted.money + self.already_known.money + self.rejected.money;
        rows == self.read.rows && money == self.read.money
    }
}

/// Deliveries as they come in (收件): which files were here before, and which rows still wait.
#[derive(Clone, Debug, Default)]
pub struct Inbox {
    seen: BTreeMap<Date, Vec<Row>>,
    pub waiting: Vec<Row>,
}

impl Inbox {
    /// Takes the file of `day` in on `on`. The same file again changes nothing, even if some of its
    /// rows were corrected meanwhile.
    pub fn open(&mut self, world: &mut World, day: Date, rows: &[Row], on: Date) -> Intake {
        if self.seen.get(&day).is_some_and(|seen| seen == rows) {
            let mut read = Count::default();
            rows.iter().for_each(|row| read.add(row.receipt.amount));
            return Intake { read, already_known: read, ..Intake::default() };
        }
        self.seen.insert(day, rows.to_vec());
        let intake = world.take_in(rows, on);
        self.waiting.extend(intake.kept_aside.iter().cloned());
        intake
    }

    /// Submits again what was rejected before.
    pub fn retry(&mut self, world: &mut World, on: Date) -> Intake {
        let intake = world.take_in(&std::mem::take(&mut self.waiting), on);
        self.waiting = intake.kept_aside.clone();
        intake
    }
}

impl World {
    /// Takes a delivery in; what is new or corrected is known from `on`. A row of an unknown loan, or
    /// taking back what is not there, waits.
    pub fn take_in(&mut self, rows: &[Row], on: Date) -> Intake {
        let mut intake = Intake::default();
        for row in rows {
            let amount = row.receipt.amount;
            intake.read.add(amount);
            let target = row.receipt.reverses.as_deref();
            if self.receipts.get(&row.id, on) == Some(&row.receipt) {
                intake.already_known.add(amount);
            } else if !self.loans.holds(&row.receipt.loan) || target.is_some_and(|id| !self.receipts.holds(id)) {
                intake.rejected.add(amount);
                intake.kept_aside.push(row.clone());
            } else {
                intake.accepted.add(amount);
                self.receipts.put(&row.id, on, row.receipt.clone());
            }
        }
        intake
    }
}
