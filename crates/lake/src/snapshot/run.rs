//! The record of one run: what it read, what it used, what it left.

use crate::kept::{self, Damaged, FileDigest};
use dayend::{NightInput, NightPlan};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// The file in every snapshot that makes it one.
pub const RUN_FILE: &str = "run.json";

/// One run of the day-end (日终运行记录). Deterministic: the same input gives the same text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Run {
    pub business_date: String,
    pub known_on: String,
    /// The earlier night whose grades were carried.
    pub carried_from: Option<String>,
    pub pack: String,
    pub pack_version: String,
    pub pack_digest: String,
    /// The newest batch that was there; 0 in a record of before it was kept.
    #[serde(default)]
    pub newest_batch: u32,
    pub loans: u64,
    pub customers: u64,
    pub bucket_moves: u64,
    pub grade_moves: u64,
    pub exceptions: u64,
    pub controls: ControlTotals,
    pub files: Vec<FileDigest>,
}

/// Rows and money in and out, in fen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ControlTotals {
    pub instalments: u64,
    pub repayments: u64,
    pub repayments_left_aside: u64,
    pub principal_lent_fen: i64,
    pub money_received_fen: i64,
    pub settled_principal_fen: i64,
    pub settled_interest_fen: i64,
    pub settled_fee_fen: i64,
    pub settled_penalty_fen: i64,
    pub surplus_fen: i64,
    pub principal_outstanding_fen: i64,
}

impl Run {
    pub fn of(input: &NightInput, plan: &NightPlan, newest_batch: u32, files: Vec<FileDigest>) -> Run {
        let controls = &plan.controls;
        Run {
            business_date: plan.business_date.to_string(),
            known_on: plan.known_on.to_string(),
            carried_from: input.carried_from.map(|date| date.to_string()),
            pack: plan.pack.id.clone(),
            pack_version: plan.pack.version.clone(),
            pack_digest: plan.pack.digest.clone(),
            newest_batch,
            loans: plan.loan_states.len() as u64,
            customers: plan.customer_states.len() as u64,
            bucket_moves: plan.bucket_moves.len() as u64,
            grade_moves: plan.grade_moves.len() as u64,
            exceptions: plan.exceptions.len() as u64,
            controls: ControlTotals {
                instalments: controls.instalments,
                repayments: controls.repayments,
                repayments_left_aside: controls.repayments_left_aside,
                principal_lent_fen: controls.principal_lent.fen(),
                money_received_fen: controls.money_received.fen(),
                settled_principal_fen: controls.settled_principal.fen(),
                settled_interest_fen: controls.settled_interest.fen(),
                settled_fee_fen: controls.settled_fee.fen(),
                settled_penalty_fen: controls.settled_penalty.fen(),
                surplus_fen: controls.surplus.fen(),
                principal_outstanding_fen: controls.principal_outstanding.fen(),
            },
            files,
        }
    }

    /// Whether two runs say the same; that more batches have come in since does not matter.
    pub fn says_the_same(&self, other: &Run) -> bool {
        *self == Run { newest_batch: self.newest_batch, ..other.clone() }
    }

    pub fn read(folder: &Path) -> Result<Run, Damaged> {
        kept::read_record(&folder.join(RUN_FILE))
    }
}
