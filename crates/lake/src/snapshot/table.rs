//! The tables of a snapshot and their columns.

use crate::snapshot::frame::Frame;
use crate::workspace::Workspace;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use dayend::input::{Exception, NightInput};
use dayend::plan::{LoanState, Move, NightPlan};
use grading::{Because, Grade, Upgrade};
use std::ops::Range;
use std::path::PathBuf;
use units::{Coded, coded};

coded! {
    /// A table of a snapshot (日终快照表).
    SnapshotTable {
        LoanStates = "loan_states",
        CustomerStates = "customer_states",
        BucketMoves = "bucket_moves",
        GradeMoves = "grade_moves",
        Metrics = "metrics",
        Exceptions = "exceptions",
        Run = "run",
    }
}

/// The columns of a snapshot table.
pub fn schema(table: SnapshotTable) -> SchemaRef {
    let (input, plan) = (NightInput::default(), NightPlan::default());
    frame(table, &input, &plan, 0..0).schema()
}

/// The files of one table over all nights, in order of business date.
pub fn files(workspace: &Workspace, table: SnapshotTable) -> Result<Vec<PathBuf>, crate::fault::Fault> {
    let nights = crate::snapshot::read::nights(workspace)?;
    Ok(nights.iter().map(|night| night.folder.join(format!("{}.parquet", table.code()))).collect())
}

/// How many rows a table has in a plan.
pub(super) fn rows(table: SnapshotTable, plan: &NightPlan) -> usize {
    match table {
        SnapshotTable::LoanStates => plan.loan_states.len(),
        SnapshotTable::CustomerStates => plan.customer_states.len(),
        SnapshotTable::BucketMoves => plan.bucket_moves.len(),
        SnapshotTable::GradeMoves => plan.grade_moves.len(),
        SnapshotTable::Metrics => plan.metrics.iter().map(|table| table.rows().count()).sum(),
        SnapshotTable::Exceptions => plan.exceptions.len(),
        SnapshotTable::Run => plan.steps.len(),
    }
}

/// Some rows of a table as Arrow.
pub(super) fn frame(table: SnapshotTable, input: &NightInput, plan: &NightPlan, rows: Range<usize>) -> RecordBatch {
    let mut frame = Frame::default();
    frame.day("as_of", rows.clone().map(|_| plan.business_date));
    match table {
        SnapshotTable::LoanStates => loan_states(&mut frame, input, plan, rows),
        SnapshotTable::CustomerStates => customer_states(&mut frame, input, plan, rows),
        SnapshotTable::BucketMoves => moves(&mut frame, input, &plan.bucket_moves[rows], |bucket| bucket as u32),
        SnapshotTable::GradeMoves => moves(&mut frame, input, &plan.grade_moves[rows], |grade| grade as u32),
        SnapshotTable::Metrics => metrics(&mut frame, plan, rows),
        SnapshotTable::Exceptions => exceptions(&mut frame, &plan.exceptions[rows]),
        SnapshotTable::Run => steps(&mut frame, plan, rows),
    }
    frame.batch()
}

fn loan_states(frame: &mut Frame, input: &NightInput, plan: &NightPlan, rows: Range<usize>) {
    let loans = || input.loans[rows.clone()].iter();
    let customers = || loans().map(|loan| &input.customers[loan.customer as usize]);
    frame.text("loan_id", rows.clone().map(|row| input.loan_ids.get(row)));
    frame.text("customer_id", loans().map(|loan| input.customer_ids.get(loan.customer as usize)));
    frame.label("branch_id", loans().map(|loan| Some(loan.branch)), &input.names.branches);
    frame.label("officer_id", loans().map(|loan| loan.officer), &input.names.officers);
    frame.label("product", loans().map(|loan| Some(loan.product)), &input.names.products);
    frame.label("region", customers().map(|customer| customer.region), &input.names.regions);
    frame.label("industry", customers().map(|customer| customer.industry), &input.names.industries);
    frame.coded("customer_kind", customers().map(|customer| Some(customer.kind)), |kind| kind as u32);
    frame.coded("scale", customers().map(|customer| customer.scale), |scale| scale as u32);
    frame.coded("protection", loans().map(|loan| Some(loan.protection)), |protection| protection as u32);
    frame.coded("method", loans().map(|loan| Some(loan.method)), |method| method as u32);
    frame.coded("status", loans().map(|loan| Some(loan.status)), |status| status as u32);
    frame.money("principal", loans().map(|loan| loan.principal));
    frame.day("disbursed_on", loans().map(|loan| loan.disbursed_on));
    frame.day("matures_on", loans().map(|loan| loan.matures_on));
    frame.number("extension_count", loans().map(|loan| loan.extension_count as i32));
    frame.maybe_day("restructured_on", loans().map(|loan| loan.restructured_on));
    frame.money("collateral_value", loans().map(|loan| loan.collateral_value));
    positions(frame, input, rows.clone());
    decisions(frame, plan, &plan.loan_states[rows.clone()]);
    let class = |loan: &dayend::Loan| plan.customer_states[loan.customer as usize].class;
    frame.coded("class", loans().map(class), |class| class as u32);
}

fn positions(frame: &mut Frame, input: &NightInput, rows: Range<usize>) {
    let folded = || input.folded[rows.clone()].iter();
    let at = || folded().map(|folded| &folded.position);
    frame.money("principal_outstanding", at().map(|at| at.principal_outstanding));
    frame.money("principal_past_due", at().map(|at| at.principal_past_due));
    frame.money("interest_past_due", at().map(|at| at.interest_past_due));
    frame.money("fee_past_due", at().map(|at| at.fee_past_due));
    frame.money("penalty_accrued", at().map(|at| at.penalty_accrued));
    frame.money("amount_past_due", at().map(|at| at.amount_past_due()));
    frame.maybe_day("oldest_unpaid_due_on", at().map(|at| at.oldest_unpaid_due_on));
    frame.number("days_past_due", at().map(|at| at.days_past_due));
    frame.number("unpaid_instalments", at().map(|at| at.unpaid_instalments as i32));
    frame.maybe_day("next_due_on", at().map(|at| at.next_due_on));
    frame.money("next_due_amount", at().map(|at| at.next_due_amount));
    frame.maybe_day("last_paid_on", at().map(|at| at.last_paid_on));
    frame.money("paid_total", at().map(|at| at.paid_total()));
    frame.money("surplus", at().map(|at| at.surplus));
    frame.money("opening_outstanding", folded().map(|folded| folded.opening_outstanding));
    let years: Vec<report::YearToDate> = rows.clone().map(|row| dayend::year_to_date(input, row)).collect();
    frame.money("opening_non_performing", years.iter().map(|year| year.opening_non_performing));
    frame.money("written_off_this_year", years.iter().map(|year| year.written_off));
    frame.money("recovered_this_year", years.iter().map(|year| year.recovered));
    frame.flag("first_payment_default", folded().map(|folded| folded.history.first_instalment_past_due));
    let first_worst = |folded: &dayend::Folded| {
        let fallen_due = folded.first_due_on.is_some_and(|due_on| due_on < input.business_date);
        fallen_due.then_some(i64::from(folded.history.first_instalment_worst_days))
    };
    frame.maybe_number("first_instalment_worst_days", folded().map(first_worst));
    frame.written("month_end_days_past_due", folded(), month_end_history);
}

/// Days past due on the twelve month-ends before, oldest first: `0 0 12 43 …`; `-` before disbursement.
fn month_end_history(folded: &dayend::Folded, text: &mut String) {
    for (place, &days) in folded.month_end_days.iter().enumerate() {
        text.push_str(if place > 0 { " " } else { "" });
        match days {
            0 => text.push('0'),
            days if days < 0 => text.push('-'),
            days => text.push_str(&days.to_string()),
        }
    }
}

fn decisions(frame: &mut Frame, plan: &NightPlan, states: &[LoanState]) {
    let decisions = || states.iter().map(|state| &state.decision);
    let rules = plan.pack.rule_ids.len() as u32;
    let reasons = || plan.pack.rule_ids.iter().map(String::as_str).chain(["no_finding", "carried", "judgement"]);
    let reason = |because: Because| match because {
        Because::Rule(rule) => u32::from(rule.0),
        Because::NoFinding => rules,
        Because::Carried => rules + 1,
        Because::Judgement => rules + 2,
    };
    frame.coded("bucket", states.iter().map(|state| Some(state.bucket)), |bucket| bucket as u32);
    frame.coded("grade", decisions().map(|decision| Some(decision.in_force)), |grade| grade as u32);
    frame.dictionary("grade_reason", decisions().map(|decision| Some(reason(decision.because))), reasons());
    frame.coded("grade_floor", decisions().map(|decision| Some(decision.floor)), |grade| grade as u32);
    let proposed = |upgrade: Upgrade| if let Upgrade::Proposed(grade) = upgrade { Some(grade) } else { None };
    frame.coded("proposed_grade", decisions().map(|decision| proposed(decision.upgrade)), |grade: Grade| grade as u32);
    let blocked = |upgrade: Upgrade| if let Upgrade::Blocked(block) = upgrade { Some(block) } else { None };
    frame.coded("upgrade_blocked_by", decisions().map(|decision| blocked(decision.upgrade)), |block| block as u32);
    frame.number("stage", states.iter().map(|state| state.stage as i32 + 1));
    // The model that fills these comes later; the columns are part of the book from the first day.
    frame.share("pd", states.iter().map(|_| None));
    frame.share("lgd", states.iter().map(|_| None));
    frame.money("allowance", states.iter().map(|state| state.allowance));
    frame.coded("recoverability", states.iter().map(|state| state.recoverability), |value| value as u32);
}

fn customer_states(frame: &mut Frame, input: &NightInput, plan: &NightPlan, rows: Range<usize>) {
    let states = || plan.customer_states[rows.clone()].iter();
    let customers = || input.customers[rows.clone()].iter();
    frame.text("customer_id", rows.clone().map(|row| input.customer_ids.get(row)));
    frame.coded("customer_kind", customers().map(|customer| Some(customer.kind)), |kind| kind as u32);
    frame.coded("scale", customers().map(|customer| customer.scale), |scale| scale as u32);
    frame.label("region", customers().map(|customer| customer.region), &input.names.regions);
    frame.label("industry", customers().map(|customer| customer.industry), &input.names.industries);
    frame.number("loans", states().map(|state| state.loans as i32));
    frame.money("exposure", states().map(|state| state.exposure));
    frame.number("worst_days_past_due", states().map(|state| state.worst_days_past_due));
    frame.coded("class", states().map(|state| state.class), |class| class as u32);
    frame.coded("grade", states().map(|state| Some(state.grade)), |grade| grade as u32);
    frame.coded("exposure_tier", states().map(|state| state.tier), |tier| tier as u32);
    frame.flag("group_member_defaulted", states().map(|state| state.group_member_defaulted));
    frame.money("total_assets", customers().map(|customer| customer.balance_sheet.total_assets));
    frame.money("total_liabilities", customers().map(|customer| customer.balance_sheet.total_liabilities));
}

fn moves<T: Coded>(frame: &mut Frame, input: &NightInput, moves: &[Move<T>], number: impl Fn(T) -> u32) {
    frame.text("loan_id", moves.iter().map(|moved| input.loan_ids.get(moved.loan as usize)));
    frame.coded("from", moves.iter().map(|moved| moved.from), &number);
    frame.coded("to", moves.iter().map(|moved| Some(moved.to)), &number);
    frame.maybe_day("since", moves.iter().map(|_| input.carried_from));
    frame.money("principal_outstanding", moves.iter().map(|moved| moved.principal_outstanding));
    frame.text("why", moves.iter().map(|moved| moved.why.code()));
}

fn metrics(frame: &mut Frame, plan: &NightPlan, rows: Range<usize>) {
    let all = || plan.metrics.iter().flat_map(|table| table.rows().map(move |row| (table, row)));
    let picked: Vec<_> = all().skip(rows.start).take(rows.len()).collect();
    let dimensions: Vec<String> = picked.iter().map(|(table, _)| joined(table.by.iter().map(|by| by.code()))).collect();
    let labels: Vec<String> = picked.iter().map(|(_, row)| joined(row.labels.iter().map(String::as_str))).collect();
    frame.text("dimension", dimensions.iter().map(String::as_str));
    frame.text("label", labels.iter().map(String::as_str));
    frame.text("metric", picked.iter().map(|(_, row)| row.metric.code));
    frame.text("unit", picked.iter().map(|(_, row)| row.metric.numerator.unit().code()));
    frame.maybe_number("numerator", picked.iter().map(|(_, row)| Some(row.ratio.numerator)));
    frame.maybe_number("denominator", picked.iter().map(|(_, row)| Some(row.ratio.denominator)));
    frame.share("ratio", picked.iter().map(|(_, row)| row.ratio.ppm()));
}

fn joined<'a>(parts: impl Iterator<Item = &'a str>) -> String {
    parts.collect::<Vec<_>>().join("/")
}

fn exceptions(frame: &mut Frame, exceptions: &[Exception]) {
    frame.text("code", exceptions.iter().map(|exception| exception.code.code()));
    frame.text("loan_id", exceptions.iter().map(|exception| exception.loan_id.as_str()));
    frame.text("owner", exceptions.iter().map(|exception| exception.owner.as_str()));
    frame.money("amount", exceptions.iter().map(|exception| exception.amount));
    frame.text("detail", exceptions.iter().map(|exception| exception.detail.as_str()));
}

fn steps(frame: &mut Frame, plan: &NightPlan, rows: Range<usize>) {
    let steps = || plan.steps[rows.clone()].iter();
    frame.day("known_on", steps().map(|_| plan.known_on));
    frame.text("pack", steps().map(|_| plan.pack.id.as_str()));
    frame.text("pack_version", steps().map(|_| plan.pack.version.as_str()));
    frame.text("step", steps().map(|step| step.step));
    frame.maybe_number("rows_in", steps().map(|step| Some(step.rows_in as i64)));
    frame.maybe_number("rows_out", steps().map(|step| Some(step.rows_out as i64)));
    frame.money("amount", steps().map(|step| step.amount));
}
