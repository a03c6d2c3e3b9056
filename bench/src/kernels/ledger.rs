//! The kernel of the lake's reading: dossiers of several batches merged loan by loan.

use super::Kernel;
use crate::Wanted;
use crate::bank::Scratch;
use crate::files;
use crate::sheet::Format;
use anyhow::{Context, Result};
use lake::import::{self, ImportRequest};
use lake::{Workspace, dossier};

/// Loans of the book that is merged; a pass of more takes longer and tells nothing else.
const LOANS: u32 = 20_000;

/// Reading the dossiers of one batch, and of that batch and a day's repayments after it.
pub fn merges(runs: usize, loans: u32) -> Result<Vec<Kernel>> {
    let scratch = Scratch::new("merge")?;
    let wanted = Wanted { loans: loans.min(LOANS), ..Wanted::default() };
    let workspace = Workspace::init(scratch.at("bank"), "")?;
    let mut kernels = Vec::new();
    for (name, days) in [("reading one batch", 0), ("merging two batches", 1)] {
        let from = scratch.at(name);
        match days {
            0 => drop(files::write(&from, &wanted, Format::Parquet)?),
            _ => drop(files::write_next_day(&from, &wanted)?),
        }
        let as_of = Some(wanted.business_date + days);
        import::run(&workspace, &ImportRequest { from, as_of, ..ImportRequest::default() }, &mut |_| {})
            .context(name)?;
        let read = || -> Result<usize> {
            let chunks = dossier::merge(&workspace, as_of, None)?;
            chunks.map(|chunk| Ok(chunk?.loans.num_rows())).sum()
        };
        let count = read().context(name)?;
        kernels.push(Kernel::time(format!("{name} of dossiers"), "loan", count, runs, read));
    }
    Ok(kernels)
}
