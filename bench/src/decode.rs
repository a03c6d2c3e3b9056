//! Decoding Parquet and doing nothing: the floor under everything that reads files.
//!
//! Threads take row groups from a queue, so that two cores decode as fast as two cores can.

use anyhow::{Context, Result};
use lake::dossier::{Columns, Reading, Shelf};
use lake::night::SHARD_LOANS;
use lake::{Fault, Workspace, hands};
use parquet::arrow::arrow_reader::{ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReaderBuilder};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;

/// Rows per batch on the way out.
const ROWS: usize = 16_384;

/// Decodes what a night reads of the dossiers of a workspace, shard by shard as a night does; the
/// loans there were.
pub fn dossiers(dir: &Path) -> Result<usize> {
    let shelf = Shelf::open(&Workspace::open(dir)?)?;
    let shards = shelf.shards(SHARD_LOANS);
    let decode = |number: usize| {
        let reading = Reading { shard: shards[number].clone(), columns: Columns::Night, ..Reading::default() };
        shelf.merge(&reading)?.map(|chunk| Ok(chunk?.loans.num_rows())).sum::<Result<usize, Fault>>()
    };
    let mut loans = 0;
    hands::in_order(shards.len(), decode, |count| {
        loans += count;
        Ok(())
    })?;
    Ok(loans)
}

/// Decodes every column of the files; the rows there were.
pub fn files(paths: &[PathBuf]) -> Result<usize> {
    let mut groups = Vec::new();
    for path in paths {
        let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
        let metadata = ArrowReaderMetadata::load(&file, ArrowReaderOptions::default())
            .with_context(|| format!("reading {}", path.display()))?;
        groups.extend((0..metadata.metadata().num_row_groups()).map(|group| (path, metadata.clone(), group)));
    }
    let queue = Mutex::new(groups.into_iter());
    let work = || -> Result<usize> {
        let mut rows = 0;
        loop {
            // Bound first: the lock is not held while a group is decoded.
            let next = queue.lock().expect("no thread panics with the queue").next();
            let Some((path, metadata, group)) = next else { return Ok(rows) };
            let reader = ParquetRecordBatchReaderBuilder::new_with_metadata(File::open(path)?, metadata)
                .with_row_groups(vec![group])
                .with_batch_size(ROWS)
                .build()?;
            for batch in reader {
                rows += std::hint::black_box(batch?).num_rows();
            }
        }
    };
    let threads = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        let hands: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        hands.into_iter().map(|hand| hand.join().expect("decoding does not panic")).sum()
    })
}
