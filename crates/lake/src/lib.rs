//! The lake (数据湖): what is kept on disk, in Arrow and Parquet.
//!
//! Files come in as immutable batches; every row carries the day it was known from; a loan's
//! terms, schedule and repayments lie together in one dossier. Invariants: a batch is renamed
//! into place whole or leaves no trace; nothing stored is ever changed; the same files give the
//! same bytes; no clock, no DataFusion, no async.
//!
//! Reading order: [`schema`], [`source`], [`mapping`], [`refused`], [`import`], [`kept`],
//! [`batch`], [`dossier`], [`scan`], [`people`], [`branches`], [`securities`], [`receipts`], [`workspace`], [`doctor`],
//! [`backup`].

pub mod backup;
pub mod batch;
pub mod branches;
pub mod chunk;
pub mod doctor;
pub mod dossier;
pub mod fault;
pub mod hands;
pub mod identity;
pub mod import;
pub mod kept;
pub mod mapping;
pub mod night;
pub mod people;
mod personal;
mod pick;
pub mod receipts;
pub mod refused;
pub mod rejects;
mod row_groups;
pub mod scan;
pub mod schema;
pub mod securities;
pub mod snapshot;
pub mod source;
pub mod workspace;

pub use fault::Fault;
pub use workspace::{Workspace, WriteLock};
