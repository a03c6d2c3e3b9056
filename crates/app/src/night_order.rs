//! The order of a night: what another machine must know to fold a shard of it, and what it does then.
//!
//! The order travels as text to machines that see the same workspace under the same path. Each opens the
//! workspace itself, and refuses when the order comes from another program or is about other batches: a
//! night put together from different truths would be nobody's. The pack travels with the order.

use crate::dayend_run::{night_before, rules_of};
use crate::failure::{Failure, Outcome, refused};
use crate::workspace::{Open, PackText, workspace_open};
use anyhow::{Context, anyhow};
use lake::batch;
use lake::night::{FoldedShard, Ground, NightRequest, Shard};
use lake::snapshot::read::Night;
use policy::Pack;
use serde::{Deserialize, Serialize};
use std::path::{PathBuf, absolute};
use std::sync::{Arc, Mutex, PoisonError};
use units::Date;

/// Shards of a cluster are smaller than those of threads: a lost executor costs less, and all slots end together.
pub const SHARD_LOANS: usize = 16_384;

/// What another machine must know to fold a shard (日终任务).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NightOrder {
    workspace: PathBuf,
    /// Name and version.
    program: String,
    /// How many batches, and the digest of the newest.
    book: String,
    pack: PackText,
    pack_digest: String,
    business_date: Date,
    known_on: Date,
}

/// Why a shard was not folded (未计算原因). It travels back as text.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum NotFolded {
    /// The executor holds another truth than the order.
    Differs { there: String, here: String },
    Fault(String),
}

impl NightOrder {
    /// The order for a night of this workspace, given by this program.
    pub fn new(open: &Open, program: &str, pack: &PackText, request: &NightRequest) -> Outcome<NightOrder> {
        Ok(NightOrder {
            workspace: absolute(open.lake.root()).context("the workspace's path")?,
            program: program.to_owned(),
            book: book(open)?,
            pack: pack.clone(),
            pack_digest: pack.parse()?.to_string(),
            business_date: request.business_date,
            known_on: request.known_on,
        })
    }

    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("an order is plain text")
    }
}

/// What stands for the whole book: batches are only ever added.
fn book(open: &Open) -> Outcome<String> {
    let batches = batch::list(&open.lake)?;
    let newest = batches.last().map_or("", |batch| batch.manifest.digest.as_str());
    Ok(format!("{} batches {newest:.12}", batches.len()))
}

/// Who folds shards for others (日终执行者). What the shards of one order share is read once and kept until the
/// next order.
pub struct Worker {
    program: String,
    laid_out: Mutex<Option<Arc<LaidOut>>>,
}

/// What the shards of one order share.
struct LaidOut {
    text: String,
    order: NightOrder,
    pack: Pack,
    before: Option<Night>,
    ground: Ground,
    shards: Vec<Shard>,
}

impl Worker {
    pub fn new(program: &str) -> Worker {
        Worker { program: program.to_owned(), laid_out: Mutex::new(None) }
    }

    /// Folds one shard of an order.
    pub fn fold(&self, order: &str, shard: u32) -> Result<FoldedShard, NotFolded> {
        self.lay_out(order)?.fold(shard as usize)
    }

    fn lay_out(&self, text: &str) -> Result<Arc<LaidOut>, NotFolded> {
        // One slot reads, the others wait for it. A slot that broke off left nothing half done here.
        let mut kept = self.laid_out.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(laid_out) = kept.as_ref().filter(|laid_out| laid_out.text == text) {
            return Ok(laid_out.clone());
        }
        *kept = None;
        let laid_out = Arc::new(LaidOut::new(&self.program, text)?);
        *kept = Some(laid_out.clone());
        Ok(laid_out)
    }
}

impl LaidOut {
    fn new(program: &str, text: &str) -> Result<LaidOut, NotFolded> {
        let order: NightOrder = serde_json::from_str(text).context("reading the order")?;
        same(program, &order.program)?;
        let open = workspace_open(&order.workspace)?;
        same(&book(&open)?, &order.book)?;
        let pack = order.pack.parse()?;
        same(&pack.to_string(), &order.pack_digest)?;
        let before = night_before(&open, order.business_date)?;
        let ground = Ground::read(&open.lake, &request(&order, before.as_ref()))?;
        let shards = ground.shards(SHARD_LOANS);
        Ok(LaidOut { text: text.to_owned(), order, pack, before, ground, shards })
    }

    fn fold(&self, shard: usize) -> Result<FoldedShard, NotFolded> {
        let shard = self.shards.get(shard).with_context(|| format!("the book has {} shards here", self.shards.len()))?;
        let rules = rules_of(&self.pack, self.order.business_date)?;
        Ok(self.ground.fold(&rules, &request(&self.order, self.before.as_ref()), shard)?)
    }
}

fn request<'a>(order: &NightOrder, before: Option<&'a Night>) -> NightRequest<'a> {
    let NightOrder { business_date, known_on, .. } = *order;
    NightRequest { business_date, known_on, carried_from: before, only: None, traced: None }
}

/// An executor's own truth must be the order's.
fn same(there: &str, here: &str) -> Result<(), NotFolded> {
    if there == here { Ok(()) } else { Err(NotFolded::Differs { there: there.to_owned(), here: here.to_owned() }) }
}

impl NotFolded {
    pub fn text(&self) -> String {
        serde_json::to_string(self).expect("plain text")
    }

    /// What the one who ordered makes of it.
    pub fn failure(text: &str, shard: u32, executor: &str) -> Failure {
        match serde_json::from_str(text) {
            Ok(NotFolded::Differs { there, here }) => {
                let facts: [(&str, &dyn std::fmt::Display); 3] = [("executor", &executor), ("there", &there), ("here", &here)];
                refused::<()>("E-CL-05", &facts).unwrap_err()
            }
            Ok(NotFolded::Fault(fault)) => anyhow!("shard {shard} on executor {executor}: {fault}").into(),
            Err(_) => anyhow!("shard {shard} on executor {executor}: {text}").into(),
        }
    }
}

impl From<Failure> for NotFolded {
    fn from(failure: Failure) -> NotFolded {
        match failure {
            Failure::Refused(refusal) => NotFolded::Fault(format!("{} {:?}", refusal.code, refusal.facts)),
            Failure::Fault(fault) => fault.into(),
        }
    }
}

impl From<anyhow::Error> for NotFolded {
    fn from(fault: anyhow::Error) -> NotFolded {
        NotFolded::Fault(format!("{fault:#}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::book_import::{BookImport, book_import};
    use crate::workspace::workspace_init;
    use std::fs;

    fn bank(folder: &std::path::Path) -> Open {
        let inbox = folder.join("inbox");
        fs::create_dir_all(&inbox).unwrap();
        fs::write(inbox.join("branches.csv"), "branch_id,name\nB1,One\n").unwrap();
        fs::write(inbox.join("customers.csv"), "customer_id,name,kind\nC1,One,individual\n").unwrap();
        let loans = "loan_id,customer_id,branch_id,product,principal,disbursed_on,matures_on,annual_rate,method,instalment_count,frequency,day_count,protection\n\
            L1,C1,B1,personal,12000.00,2026-01-12,2027-01-12,0.06,equal_instalment,12,monthly,30_360,credit\n";
        fs::write(inbox.join("loans.csv"), loans).unwrap();
        let open = workspace_init(&folder.join("bank"), "cn-bank", "Bank").unwrap();
        let wanted = BookImport { from: inbox, mapping: None, as_of: None, fixes: None, dry_run: false };
        book_import(&open, &wanted, &mut |_| {}).unwrap();
        open
    }

    #[test]
    fn a_worker_folds_only_where_it_holds_the_same_truth() {
        let folder = tempfile::tempdir().unwrap();
        let open = bank(folder.path());
        let date = Date::parse("2026-04-30").unwrap();
        let request = NightRequest { business_date: date, known_on: date, carried_from: None, only: None, traced: None };
        let order = NightOrder::new(&open, "postloan 2", &open.pack_text(None).unwrap(), &request).unwrap();
        let worker = Worker::new("postloan 2");
        let check = |change: fn(&mut NightOrder), shard: u32, expect: &str| {
            let mut order = order.clone();
            change(&mut order);
            let said = match worker.fold(&order.text(), shard) {
                Ok(folded) => format!("{} loans", folded.loans()),
                Err(NotFolded::Differs { there, here }) => format!("{there}, not {here}"),
                Err(NotFolded::Fault(fault)) => fault,
            };
            assert!(said.starts_with(expect), "{said}");
        };
        check(|_| {}, 0, "1 loans");
        check(|_| {}, 1, "the book has 1 shards here");
        check(|order| order.program = "postloan 1".to_owned(), 0, "postloan 2, not postloan 1");
        check(|order| order.book = "2 batches 0".to_owned(), 0, "1 batches ");
        check(|order| order.pack_digest = "another".to_owned(), 0, "cn-bank@2026.1 (");
        check(|order| order.workspace = "nowhere".into(), 0, "E-WS-01");
        check(|_| {}, 0, "1 loans");
        assert_eq!(worker.fold("order", 0).map_err(|_| ()), Err(()));
    }
}
