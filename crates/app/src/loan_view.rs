//! One loan as its page shows it: where it stands and because of what, its schedule, its money, its month-ends, and what a
//! repayment would change.

use crate::book::Book;
use crate::desk::{Call, Desk, refusal};
use crate::failure::{Outcome, refused};
use crate::loan_explain::{LoanExplained, Traced, loan_explain_traced};
use crate::loan_list::{apart, book_of};
use crate::opened::loan_allowed;
use grading::{Bucket, Grade};
use loan::{Component, Receipt, Source, Split, Step};
use report::{Dimension, Figures};
use std::sync::Arc;
use units::{Date, Money};

/// A loan with everything known of it (借据视图).
pub struct LoanView {
    pub explained: LoanExplained,
    pub figures: Figures,
    pub class: String,
    pub schedule: Vec<DueLine>,
    pub receipts: Vec<ReceiptLine>,
    /// Bucket and grade of each month-end night the loan was on the books, the newest first.
    pub history: Vec<HistoryLine>,
    pub case_id: Option<String>,
    pub if_repaid: Option<IfRepaid>,
    pub book: Arc<Book>,
    pub branch: String,
    pub officer: String,
}

/// An instalment and what of it was met (期供行).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DueLine {
    pub seq: usize,
    pub due_on: Date,
    pub principal: Money,
    pub interest: Money,
    pub fee: Money,
    pub total: Money,
    pub settled: Money,
    /// The day it was met in full.
    pub met_on: Option<Date>,
    pub standing: DueStanding,
}

units::coded! {
    /// What has become of an instalment (期供状态).
    DueStanding {
        Met = "met",
        PastDue = "past_due",
        ToCome = "to_come",
    }
}

impl Default for DueStanding {
    fn default() -> DueStanding {
        DueStanding::ToCome
    }
}

/// Money that came in, and what it settled (还款行).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReceiptLine {
    pub on: Date,
    pub amount: Money,
    pub split: Split,
    pub surplus: Money,
    /// Instalments it went to.
    pub seqs: Vec<usize>,
}

pub struct HistoryLine {
    pub as_of: Date,
    pub bucket: Bucket,
    pub grade: Grade,
    pub days_past_due: i32,
    pub outstanding: Money,
}

/// What a repayment would change (还款试算).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IfRepaid {
    pub amount: Money,
    pub on: Date,
    pub receipt: ReceiptLine,
    pub before: Standing,
    pub after: Standing,
}

/// Where the loan stands at the end of that day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    pub outstanding: Money,
    pub amount_past_due: Money,
    pub days_past_due: i32,
    pub bucket: Bucket,
}

/// A repayment to be tried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repayment {
    pub amount: Money,
    pub on: Date,
}

/// Month-ends shown of a loan's past.
const MONTH_ENDS: usize = 12;

/// The loan, if the caller may see it: by its officer, team or branch, or by the case of its customer.
pub async fn loan_view(desk: &Arc<Desk>, call: &Call, loan_id: &str, repayment: Option<Repayment>) -> Outcome<LoanView> {
    let Some(book) = book_of(desk).await? else { return refused("E-QY-18", &[]) };
    let Some(row) = book.state.loan_ids.find_sorted(loan_id) else {
        return refused("E-QY-02", &[("date", &book.date), ("loan", &loan_id)]);
    };
    let customer = book.state.customer_ids.get(book.state.customers[row] as usize).to_owned();
    let people = desk.people(call.at).await?;
    loan_allowed(desk, &people, call, &book, row).await?;
    let case = desk.store.case_open::<serde_json::Value>(&customer).await?;
    if let Some(repayment) = repayment
        && (!repayment.amount.is_positive() || repayment.on < book.date)
    {
        return Err(refusal("E-RP-01", Vec::new()));
    }
    let (desk, loan_id, case_id) = (desk.clone(), loan_id.to_owned(), case.map(|kept| kept.row.case_id));
    apart(move || view(&desk, book, row, &loan_id, case_id, repayment)).await
}

fn view(desk: &Desk, book: Arc<Book>, row: usize, loan_id: &str, case_id: Option<String>, repayment: Option<Repayment>) -> Outcome<LoanView> {
    let told = loan_explain_traced(&desk.open, book.date, loan_id, |explained, traced| {
        let schedule = schedule(traced, &explained.steps, book.date);
        (explained, schedule, repayment.map(|repayment| if_repaid(traced, repayment)))
    });
    let (explained, schedule, if_repaid) = told?;
    Ok(LoanView {
        receipts: receipts(&explained.steps),
        schedule,
        if_repaid,
        figures: book.state.figures[row],
        class: book.label(Dimension::Class, row).to_owned(),
        branch: book.label(Dimension::Branch, row).to_owned(),
        officer: book.label(Dimension::Officer, row).to_owned(),
        history: history(desk, &book, loan_id)?,
        case_id,
        explained,
        book,
    })
}

fn schedule(traced: &Traced, steps: &[Step], date: Date) -> Vec<DueLine> {
    let dossier = &traced.dossier;
    let mut lines: Vec<DueLine> = (0..dossier.due_on.len())
        .map(|at| {
            let (principal, interest, fee) = (dossier.principal_due[at], dossier.interest_due[at], dossier.fee_due[at]);
            let total = principal + interest + fee;
            DueLine { seq: at + 1, due_on: dossier.due_on[at], principal, interest, fee, total, ..DueLine::default() }
        })
        .collect();
    for receipt in received(steps) {
        for part in receipt.parts.iter().filter(|part| part.component != Component::Penalty) {
            if let Some(line) = lines.get_mut(part.seq - 1) {
                line.settled += part.amount;
                if line.settled >= line.total {
                    line.met_on = Some(receipt.on);
                }
            }
        }
    }
    for line in &mut lines {
        line.standing = match line.settled >= line.total {
            true => DueStanding::Met,
            false if line.due_on < date => DueStanding::PastDue,
            false => DueStanding::ToCome,
        };
    }
    lines
}

fn received(steps: &[Step]) -> impl Iterator<Item = &Receipt> {
    steps.iter().filter_map(|step| match step {
        Step::Received(receipt) => Some(receipt),
        _ => None,
    })
}

fn line(receipt: &Receipt) -> ReceiptLine {
    let mut seqs: Vec<usize> = receipt.parts.iter().map(|part| part.seq).collect();
    seqs.sort_unstable();
    seqs.dedup();
    ReceiptLine { on: receipt.on, amount: receipt.amount, split: receipt.split(), surplus: receipt.surplus, seqs }
}

/// What came in from outside, the newest first.
fn receipts(steps: &[Step]) -> Vec<ReceiptLine> {
    let mut lines: Vec<ReceiptLine> = received(steps).filter(|receipt| receipt.source == Source::Receipt).map(line).collect();
    lines.reverse();
    lines
}

fn if_repaid(traced: &Traced, repayment: Repayment) -> IfRepaid {
    let mut dossier = traced.dossier.clone();
    let before = standing(traced, &dossier, repayment.on);
    let place = dossier.paid_on.partition_point(|&day| day <= repayment.on);
    dossier.paid_on.insert(place, repayment.on);
    dossier.paid.insert(place, repayment.amount);
    let after = standing(traced, &dossier, repayment.on);
    let steps = loan::trace(&dossier.view(), traced.loan, repayment.on);
    let receipt = received(&steps).filter(|receipt| receipt.source == Source::Receipt).last().map(line);
    IfRepaid { amount: repayment.amount, on: repayment.on, receipt: receipt.expect("the repayment was received"), before, after }
}

fn standing(traced: &Traced, dossier: &lake::night::Dossier, on: Date) -> Standing {
    let mut at = [loan::Position::default()];
    loan::positions(&dossier.view(), traced.loan, &[on], &mut at);
    let [position] = at;
    Standing {
        outstanding: position.principal_outstanding,
        amount_past_due: position.amount_past_due(),
        days_past_due: position.days_past_due,
        bucket: traced.grading.bucket(position.days_past_due, position.unpaid_instalments),
    }
}

/// The loan on the month-end nights before, the newest first.
fn history(desk: &Desk, book: &Book, loan_id: &str) -> Outcome<Vec<HistoryLine>> {
    let only = std::collections::HashSet::from([loan_id.to_owned()]);
    let nights = lake::snapshot::nights(&desk.open.lake)?;
    let mut lines = Vec::new();
    let counts = |night: &&lake::snapshot::read::Night| night.business_date < book.date && night.business_date.is_month_end();
    for night in nights.iter().rev().filter(counts).take(MONTH_ENDS) {
        let mut carried = None;
        lake::snapshot::carried(night, Some(&only), |_, then| carried = Some(then))?;
        let Some(then) = carried else { break };
        lines.push(HistoryLine {
            as_of: night.business_date,
            bucket: then.bucket,
            grade: then.grade,
            days_past_due: then.days_past_due,
            outstanding: then.principal_outstanding,
        });
    }
    Ok(lines)
}
