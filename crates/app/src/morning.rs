//! What the head of branch asks for at nine.

use crate::dayend_run::NightRun;
use crate::figures::metric_table;
use crate::table::{Cell, Table};
use dayend::Move;
use grading::{Bucket, CustomerClass, Grade};
use std::collections::BTreeMap;
use units::{Coded, Date, Money};

/// The morning's summary of one night (晨报), as tables.
#[derive(Clone, Debug)]
pub struct Morning {
    pub business_date: Date,
    pub since: Option<Date>,
    pub pack: String,
    pub loans: u64,
    pub moved: u64,
    pub buckets: Table,
    pub grades: Table,
    pub classes: Table,
    pub moves: Table,
    pub ratios: Table,
    pub exceptions: Table,
    pub exception_count: u64,
}

/// Formats a night's plan; computes nothing that the plan does not hold.
pub fn morning(run: &NightRun) -> Morning {
    let plan = &run.plan;
    Morning {
        business_date: plan.business_date,
        since: run.input.carried_from,
        pack: format!("{}@{}", plan.pack.id, plan.pack.version),
        loans: plan.loan_states.len() as u64,
        moved: (plan.bucket_moves.len() + plan.grade_moves.len()) as u64,
        buckets: distribution(run, "bucket", Bucket::ALL, |state| state.bucket as usize),
        grades: distribution(run, "grade", Grade::ALL, |state| state.decision.in_force as usize),
        classes: classes(run),
        moves: moves(run),
        ratios: plan.metrics.first().map(metric_table).unwrap_or_default(),
        exceptions: exceptions(run),
        exception_count: plan.exceptions.len() as u64,
    }
}

/// Loans and balance on the books by one coded value.
fn distribution<T: Coded>(run: &NightRun, name: &str, all: &[T], of: impl Fn(&dayend::LoanState) -> usize) -> Table {
    let mut held = vec![(0, Money::ZERO, Money::ZERO); all.len()];
    for ((state, loan), folded) in run.plan.loan_states.iter().zip(&run.input.loans).zip(&run.input.folded) {
        if loan.status == loan::LoanStatus::Active {
            let (loans, outstanding, allowance) = &mut held[of(state)];
            *loans += 1;
            *outstanding += folded.position.principal_outstanding;
            *allowance += state.allowance;
        }
    }
    let mut table = Table::new(&[name, ">loans", ">principal_outstanding", ">allowance"]);
    for (value, (loans, outstanding, allowance)) in all.iter().zip(held) {
        table.push(vec![Cell::text(value.code()), Cell::Number(loans), Cell::Amount(outstanding), Cell::Amount(allowance)]);
    }
    table
}

fn classes(run: &NightRun) -> Table {
    let mut table = Table::new(&["class", ">customers", ">exposure"]);
    for &class in CustomerClass::ALL {
        let held = || run.plan.customer_states.iter().filter(|state| state.class == Some(class));
        let exposure: Money = held().map(|state| state.exposure).sum();
        table.push(vec![Cell::text(class.code()), Cell::Number(held().count() as i64), Cell::Amount(exposure)]);
    }
    table
}

/// Moves of buckets and grades since the last night, gathered by from, to and reason.
fn moves(run: &NightRun) -> Table {
    let mut table = Table::new(&["what", "from", "to", "why", ">loans", ">principal_outstanding"]);
    gather("bucket", &run.plan.bucket_moves, &mut table);
    gather("grade", &run.plan.grade_moves, &mut table);
    table
}

fn gather<T: Coded + Ord>(what: &str, moves: &[Move<T>], table: &mut Table) {
    let mut groups: BTreeMap<(Option<T>, T, &str), (i64, Money)> = BTreeMap::new();
    for moved in moves {
        let group = groups.entry((moved.from, moved.to, moved.why.code())).or_default();
        group.0 += 1;
        group.1 += moved.principal_outstanding;
    }
    for ((from, to, why), (count, amount)) in groups {
        let from = from.map_or(Cell::Empty, |from| Cell::text(from.code()));
        let cells = [Cell::text(what), from, Cell::text(to.code()), Cell::text(why), Cell::Number(count), Cell::Amount(amount)];
        table.push(cells.to_vec());
    }
}

/// Exceptions by code and owner.
fn exceptions(run: &NightRun) -> Table {
    let mut groups: BTreeMap<(&str, &str), (i64, Money)> = BTreeMap::new();
    for exception in &run.plan.exceptions {
        let group = groups.entry((exception.code.code(), &exception.owner)).or_default();
        group.0 += 1;
        group.1 += exception.amount;
    }
    let mut table = Table::new(&["code", "in_charge", ">loans", ">amount"]);
    for ((code, owner), (count, amount)) in groups {
        table.push(vec![Cell::text(code), Cell::text(owner), Cell::Number(count), Cell::Amount(amount)]);
    }
    table
}
