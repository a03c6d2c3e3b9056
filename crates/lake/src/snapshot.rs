//! What a night leaves behind, on disk: written whole or not at all.
//!
//! One folder per business date, `snapshots/as_of=2026-03-31/`, with one Parquet file per table and
//! `run.json`, which names every file's digest. A snapshot is built in `.staging` and renamed into
//! place; what has a name is complete. Bytes depend on the plan alone.

pub mod account;
mod beside;
mod figures;
mod frame;
pub mod read;
pub mod run;
pub mod table;
pub mod write;

pub use beside::{KeptMove, LoanDays, loan_days, moves};
pub use figures::{metrics, state_table};
pub use frame::{FEN, PPM, UNIT};
pub(crate) use read::below;
pub use read::{bucket_moves, carried, customer_line, folders, loan_lines, loans_of, nights};
pub use run::{RUN_FILE, Run};
pub use table::{SnapshotTable, files, schema};
pub use write::{Place, Staged};
