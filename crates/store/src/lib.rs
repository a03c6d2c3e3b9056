//! What people do, kept (业务库): cases, contacts, promises, clocks, approvals, the audit trail and the
//! people themselves, in SQLite or PostgreSQL by one code path. The only room with SQL tables.
//!
//! A use case begins a [`Tx`], reads what it needs, decides in a rule room, writes, commits. Reads
//! are on [`Reads`], which [`Store`] and [`Tx`] both are; writes are on [`Tx`] alone.
//!
//! Invariants:
//! - A row is saved over the version it was read at, or the second editor is told what changed.
//! - Contacts, clock facts, plan versions, unmask grants, sign-in attempts, outbox and audit events are
//!   facts: the database itself refuses to update or delete them.
//! - Audit events form a hash chain; they and the outbox are written by the commit they belong to.
//! - Names, identity numbers, phones and addresses are stored encrypted and found by keyed hash; what people
//!   write freely, and what is told of staff, lies in bodies sealed whole.
//! - What the rule rooms decide is a JSON body; only what is asked for is a column beside it.
//!
//! Reading order: `link`, `row`, `rows`, `page`, `lists`, `case`, [`audit`], [`outbox`], [`once`],
//! [`access`], `chance`, [`person`], `sealed`, `migration`.

pub mod access;
pub mod audit;
mod case;
mod chance;
mod fault;
mod link;
mod lists;
mod migration;
pub mod once;
pub mod outbox;
mod page;
pub mod person;
mod row;
mod rows;
mod sealed;

pub use audit::AuditEvent;
pub use fault::Fault;
pub use link::{Reads, Store, Tx};
pub use once::{Chunk, ChunkKey, Once};
pub use outbox::{Delivery, OutboxEvent};
pub use page::{Cursor, Page};
pub use person::{FieldKind, PersonalField};
pub use row::{Change, Conflict, Kept, Row, Saved, Stamp};
pub use rows::*;
pub use vault::Keys;
