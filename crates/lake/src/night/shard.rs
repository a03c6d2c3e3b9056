//! What a shard yields, and how shards become one input.

use crate::fault::{Context, Fault};
use crate::night::Trace;
use dayend::input::ExceptionCode;
use dayend::{Bindings, ClaimKind, Folded, Judgement, Loan, NightInput, ReadTotals, Rules};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use units::{Labels, Money, Texts};

/// A shard's loans, folded (分片结果). A plain value: it can be written down and sent.
///
/// Loans ascend by identity. Branches, officers, products and bindings are numbered within the
/// shard; [`Gathering`] numbers them for the night.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FoldedShard {
    pub(super) loan_ids: Texts,
    pub(super) loans: Vec<Loan>,
    pub(super) folded: Vec<Folded>,
    pub(super) branches: Texts,
    pub(super) officers: Texts,
    pub(super) products: Texts,
    pub(super) kinds: Vec<ClaimKind>,
    pub(super) found: Vec<(u32, ExceptionCode, Money)>,
    pub(super) judgements: Vec<Judgement>,
    /// Loans under contracts that have collateral of their own.
    pub(super) contracts: Vec<(String, u32)>,
    pub(super) totals: ReadTotals,
    /// Only of a question asked here; it does not travel.
    #[serde(skip)]
    pub(super) trace: Trace,
}

impl FoldedShard {
    pub fn loans(&self) -> u64 {
        self.loans.len() as u64
    }

    /// Principal lent, money received and left aside: what a control total compares.
    pub fn money(&self) -> Money {
        self.totals.principal_lent + self.totals.money_received + self.totals.money_left_aside
    }

    pub fn to_bytes(&self) -> Result<Vec<u8>, Fault> {
        rmp_serde::to_vec(self).context("writing a folded shard down")
    }

    /// The shard that was written down. The bytes come from our own program; their digest is the
    /// caller's to check.
    pub fn from_bytes(bytes: &[u8]) -> Result<FoldedShard, Fault> {
        rmp_serde::from_slice(bytes).context("reading a folded shard")
    }
}

/// The loans of a night while shards come in (归集).
pub struct Gathering<'r> {
    input: NightInput,
    bindings: Bindings<'r>,
    contracts: HashMap<String, Vec<u32>>,
    trace: Trace,
}

impl<'r> Gathering<'r> {
    pub fn new(rules: &'r Rules<'r>) -> Gathering<'r> {
        Gathering { input: NightInput::default(), bindings: Bindings::new(rules), contracts: HashMap::new(), trace: Trace::default() }
    }

    /// Shards come in their order, whoever folded them.
    pub fn take(&mut self, shard: FoldedShard) -> Result<(), Fault> {
        let input = &mut self.input;
        let first = input.loans.len() as u32;
        let branches = numbers(&mut input.names.branches, &shard.branches);
        let officers = numbers(&mut input.names.officers, &shard.officers);
        let products = numbers(&mut input.names.products, &shard.products);
        let bound: Result<Vec<u16>, _> = shard.kinds.iter().map(|kind| self.bindings.bind(kind)).collect();
        let bound = bound?;
        shard.loan_ids.iter().for_each(|id| input.loan_ids.push(id));
        input.loans.extend(shard.loans.into_iter().map(|loan| Loan {
            branch: branches[loan.branch as usize],
            officer: loan.officer.map(|officer| officers[officer as usize]),
            product: products[loan.product as usize],
            binding: bound[usize::from(loan.binding)],
            ..loan
        }));
        input.folded.extend(shard.folded);
        input.found.extend(shard.found.into_iter().map(|(loan, code, amount)| (first + loan, code, amount)));
        let judgements = shard.judgements.into_iter();
        input.judgements.extend(judgements.map(|judgement| Judgement { loan: first + judgement.loan, ..judgement }));
        for (contract, loan) in shard.contracts {
            self.contracts.entry(contract).or_default().push(first + loan);
        }
        input.totals += shard.totals;
        if shard.trace.dossier.is_some() {
            self.trace = shard.trace;
        }
        Ok(())
    }

    /// Shares contract-wide collateral out by principal and hands over the bindings and the trace.
    pub(super) fn finish(self, collateral: &HashMap<String, Money>) -> (NightInput, Trace) {
        let mut input = self.input;
        for (contract, loans) in &self.contracts {
            let lent: Money = loans.iter().map(|&loan| input.loans[loan as usize].principal).sum();
            for &loan in loans {
                let loan = &mut input.loans[loan as usize];
                let principal = i128::from(loan.principal.fen());
                loan.collateral_value += collateral[contract].mul_div(principal, lent.fen().into(), units::Rounding::Down);
            }
        }
        input.bindings = self.bindings.into_list();
        (input, self.trace)
    }
}

/// The night's numbers for a shard's labels.
fn numbers(labels: &mut Labels, of_shard: &Texts) -> Vec<u32> {
    of_shard.iter().map(|text| labels.code(text)).collect()
}
