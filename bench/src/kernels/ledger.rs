//! The kernel of the lake's reading: dossiers of several batches merged loan by loan.

use super::Kernel;
use crate::Wanted;
use crate::bank::Scratch;
use crate::files;
use crate::sheet::Format;
use anyhow::{Context, Result};
use lake::Workspace;
use lake::dossier::{Columns, Reading, Shelf};
use lake::import::{self, ImportRequest};

/// Loans of the book that is merged; a pass of more takes longer and tells nothing else.
const LOANS: u32 = 20_000;

/// How many batches lie in the lake when it is measured: the history, then a day's repayments each.
const BATCHES: [i32; 3] = [1, 2, 8];

/// Dossiers read from one batch and merged from several.
pub fn merges(runs: usize, loans: u32) -> Result<Vec<Kernel>> {
    let scratch = Scratch::new("merge")?;
    let wanted = Wanted { loans: loans.min(LOANS), ..Wanted::default() };
    let workspace = Workspace::init(scratch.at("bank"), "")?;
    let mut kernels = Vec::new();
    for batch in 1..=BATCHES[BATCHES.len() - 1] {
        let (from, as_of) = (scratch.at(&format!("day-{batch}")), wanted.business_date + (batch - 1));
        match batch {
            1 => drop(files::write(&from, &wanted, Format::Parquet)?),
            _ => drop(files::write_day(&from, &wanted, as_of)?),
        }
        let request = ImportRequest { from, as_of: Some(as_of), ..ImportRequest::default() };
        import::run(&workspace, &request, &mut |_| {}).with_context(|| format!("batch {batch}"))?;
        if BATCHES.contains(&batch) {
            let read = || -> Result<usize> {
                let reading = Reading { known_on: Some(as_of), columns: Columns::Night, ..Reading::default() };
                let chunks = Shelf::open(&workspace)?.merge(&reading)?;
                chunks.map(|chunk| Ok(chunk?.loans.num_rows())).sum()
            };
            let count = read().with_context(|| format!("reading {batch} batches"))?;
            kernels.push(Kernel::time(format!("dossiers of {batch} batch(es)"), "loan", count, runs, read));
        }
    }
    Ok(kernels)
}
