//! The audit trail (审计留痕): who did what, on whose data, why; each event bound to the one before.

use crate::fault::Fault;
use crate::chance::digest;
use crate::page::{Cursor, List, Order, Page};
use crate::row::columns::{Bind, Fetch};
use crate::link::{Reads, Tx};
use crate::sealed::place;
use sea_orm::{DbErr, QueryResult};
use serde::Serialize;
use units::{Moment, coded};
use vault::Unopened;

/// One thing done (审计事件). Holds nothing that names a customer: identities and digests only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditEvent {
    pub happened_at: Moment,
    pub actor: String,
    /// The use case's code.
    pub action: String,
    /// What it was done to, as `kind/identity`.
    pub subject: String,
    /// People write here what they will: it lies sealed, and the chain binds what it says.
    pub why: String,
    /// [`state_digest`] of what stood before; `None` where nothing did, or nothing changed.
    pub before_digest: Option<String>,
    pub after_digest: Option<String>,
}

/// An event in its place in the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRecord {
    /// From 1, without gaps.
    pub sequence: i64,
    pub event: AuditEvent,
    /// SHA-256 over the hash before it and its own canonical JSON, hexadecimal.
    pub hash: String,
}

/// What [`verify`] found.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub enum Chain {
    /// Every event follows from the one before; `hash` stands for them all. Noted elsewhere, it shows later
    /// that the whole chain was not written anew: see [`Reads::audit_hash_at`].
    Whole { events: i64, hash: String },
    /// The first event that does not.
    Broken { sequence: i64, breach: Breach },
}

coded! {
    /// How a chain of audit events is broken (审计链破坏方式).
    Breach {
        /// There is no event of this number.
        Missing = "missing",
        /// The event is not the one that was written, or follows another.
        Altered = "altered",
        /// The chain goes on beyond its recorded end, or ends otherwise.
        EndDiffers = "end_differs",
    }
}

/// Events checked at a time: a few megabytes.
const STRIDE: i64 = 10_000;

/// The canonical form: these fields, in this order, without blanks.
#[derive(Serialize)]
struct Canonical<'a> {
    sequence: i64,
    at: String,
    actor: &'a str,
    action: &'a str,
    subject: &'a str,
    why: &'a str,
    before: Option<&'a str>,
    after: Option<&'a str>,
}

fn hash(previous: &str, sequence: i64, event: &AuditEvent) -> String {
    let canonical = Canonical {
        sequence,
        at: event.happened_at.to_string(),
        actor: &event.actor,
        action: &event.action,
        subject: &event.subject,
        why: &event.why,
        before: event.before_digest.as_deref(),
        after: event.after_digest.as_deref(),
    };
    let canonical = serde_json::to_string(&canonical).expect("texts and numbers are JSON");
    digest(&[previous.as_bytes(), canonical.as_bytes()])
}

/// A digest of a state (状态摘要), for before and after: SHA-256 of its JSON.
pub fn state_digest<T: Serialize>(state: &T) -> Result<String, Fault> {
    let text = serde_json::to_string(state).map_err(Fault::doing("digest a state"))?;
    Ok(digest(&[text.as_bytes()]))
}

const OF_SUBJECT: List = List {
    name: "list audit_of_subject",
    table: "audit_event",
    from: None,
    filter: "subject = $1",
    arguments: 1,
    order: &[Order::Number("sequence")],
    descending: true,
};

const OF_ACTOR: List = List { name: "list audit_of_actor", filter: "actor = $1", ..OF_SUBJECT };

const BETWEEN: List = List {
    name: "list audit_between",
    from: Some("happened_at"),
    filter: "happened_at >= $2",
    arguments: 2,
    order: &[Order::Text("happened_at"), Order::Number("sequence")],
    ..OF_SUBJECT
};

#[cfg(test)]
pub(crate) const LISTS: &[List] = &[OF_SUBJECT, OF_ACTOR, BETWEEN];

pub(crate) const COLUMNS: &str = "sequence, happened_at, actor, action, subject, why, before_digest, after_digest, hash";

fn record(reads: &Reads, row: &QueryResult) -> Result<AuditRecord, DbErr> {
    let sequence: i64 = Fetch::fetch(row, "sequence")?;
    let kept: String = Fetch::fetch(row, "why")?;
    let why = match reads.text_opened(&why_place(sequence), kept.clone()) {
        // A text that was tampered with is shown as it stands: it is not the one the chain binds.
        Err(Unopened::Damaged) => kept,
        why => why.map_err(|shut| DbErr::Type(shut.to_string()))?,
    };
    Ok(AuditRecord {
        sequence,
        event: AuditEvent {
            happened_at: Fetch::fetch(row, "happened_at")?,
            actor: Fetch::fetch(row, "actor")?,
            action: Fetch::fetch(row, "action")?,
            subject: Fetch::fetch(row, "subject")?,
            why,
            before_digest: Fetch::fetch(row, "before_digest")?,
            after_digest: Fetch::fetch(row, "after_digest")?,
        },
        hash: Fetch::fetch(row, "hash")?,
    })
}

fn why_place(sequence: i64) -> String {
    place("audit_event", &[sequence.to_string()])
}

fn records(reads: &Reads, rows: &[QueryResult]) -> Result<Vec<AuditRecord>, Fault> {
    rows.iter().map(|row| record(reads, row)).collect::<Result<_, _>>().map_err(Fault::doing("read audit events"))
}

impl Tx {
    /// Says that something was done; written when the command commits.
    pub fn audit(&mut self, event: AuditEvent) {
        self.audited.push(event);
    }

    pub(crate) async fn audit_write(&mut self) -> Result<(), Fault> {
        const DOING: &str = "append to the audit trail";
        let events = std::mem::take(&mut self.audited);
        if events.is_empty() {
            return Ok(());
        }
        // Who moves the head holds it until the commit: appenders queue here.
        let (last, mut previous) = self.chain_advance("audit", events.len()).await?;
        let mut rows = Vec::with_capacity(events.len());
        for (sequence, event) in (last - events.len() as i64 + 1..).zip(&events) {
            previous = hash(&previous, sequence, event);
            rows.push(vec![
                sequence.bind(),
                event.happened_at.bind(),
                event.actor.bind(),
                event.action.bind(),
                event.subject.bind(),
                self.text_sealed(&why_place(sequence), &event.why).bind(),
                event.before_digest.bind(),
                event.after_digest.bind(),
                previous.bind(),
            ]);
        }
        self.insert(DOING, &format!("audit_event ({COLUMNS})"), rows, "").await?;
        self.write(DOING, "UPDATE chain_head SET hash = $1 WHERE chain = 'audit'", vec![previous.bind()]).await.map(drop)
    }

    /// Takes the next `count` numbers of a chain: the last of them, and the hash the chain had.
    pub(crate) async fn chain_advance(&self, chain: &str, count: usize) -> Result<(i64, String), Fault> {
        const DOING: &str = "number events";
        let sql = "UPDATE chain_head SET sequence = sequence + $2 WHERE chain = $1 RETURNING sequence, hash";
        let row = self.row(DOING, sql, vec![chain.bind(), (count as i64).bind()]).await?;
        let row = row.ok_or_else(|| Fault::doing(DOING)("the chain has no head"))?;
        let read = || Ok((Fetch::fetch(&row, "sequence")?, Fetch::fetch(&row, "hash")?));
        read().map_err(|error: DbErr| Fault::doing(DOING)(error))
    }
}

impl Reads {
    /// What was done to something, the latest first.
    pub async fn audit_of_subject(&self, subject: &str, after: Option<&Cursor>, limit: u32) -> Result<Page<AuditRecord>, Fault> {
        self.audit_page(&OF_SUBJECT, vec![subject.bind()], after, limit).await
    }

    /// What somebody did, the latest first.
    pub async fn audit_of_actor(&self, actor: &str, after: Option<&Cursor>, limit: u32) -> Result<Page<AuditRecord>, Fault> {
        self.audit_page(&OF_ACTOR, vec![actor.bind()], after, limit).await
    }

    /// What was done from `from` until before `until`, in order.
    pub async fn audit_between(
        &self,
        from: Moment,
        until: Moment,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<AuditRecord>, Fault> {
        self.audit_page(&BETWEEN, vec![until.bind(), from.bind()], after, limit).await
    }

    async fn audit_page(
        &self,
        list: &List,
        values: Vec<sea_orm::Value>,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<AuditRecord>, Fault> {
        let page = self.page(list, COLUMNS, values, after, limit).await?;
        page.try_map(|rows| records(self, rows))
    }

    /// The hash of an event, to compare with one noted elsewhere; `None` where there is no such event.
    pub async fn audit_hash_at(&self, sequence: i64) -> Result<Option<String>, Fault> {
        const DOING: &str = "read the hash of an audit event";
        let row = self.row(DOING, "SELECT hash FROM audit_event WHERE sequence = $1", vec![sequence.bind()]).await?;
        row.map(|row| String::fetch(&row, "hash")).transpose().map_err(Fault::doing(DOING))
    }
}

/// Follows the chain from its first event to its recorded end. Others may append meanwhile.
pub async fn verify(reads: &Reads) -> Result<Chain, Fault> {
    const DOING: &str = "read the end of the audit trail";
    // In this order: what is appended in between moves the recorded end, never the newest event seen.
    let newest = reads.row(DOING, "SELECT COALESCE(MAX(sequence), 0) AS newest FROM audit_event", Vec::new()).await?;
    let head = reads.row(DOING, "SELECT sequence, hash FROM chain_head WHERE chain = 'audit'", Vec::new()).await?;
    let (Some(newest), Some(head)) = (newest, head) else { return Err(Fault::doing(DOING)("the chain has no head")) };
    let read = || Ok((i64::fetch(&newest, "newest")?, i64::fetch(&head, "sequence")?, String::fetch(&head, "hash")?));
    let (newest, end, end_hash) = read().map_err(|error: DbErr| Fault::doing(DOING)(error))?;

    let broken = |sequence, breach| Ok(Chain::Broken { sequence, breach });
    let (mut previous, mut sequence) = (String::new(), 0);
    while sequence < end {
        let sql = format!("SELECT {COLUMNS} FROM audit_event WHERE sequence > $1 AND sequence <= $2 ORDER BY sequence");
        let until = end.min(sequence + STRIDE);
        let rows = reads.rows(DOING, &sql, vec![sequence.bind(), until.bind()]).await?;
        for record in records(reads, &rows)? {
            sequence += 1;
            if record.sequence != sequence {
                return broken(sequence, Breach::Missing);
            }
            if record.hash != hash(&previous, sequence, &record.event) {
                return broken(sequence, Breach::Altered);
            }
            previous = record.hash;
        }
        if sequence < until {
            return broken(sequence + 1, Breach::Missing);
        }
    }
    if previous != end_hash || newest > end {
        return broken(end.min(newest) + i64::from(newest > end), Breach::EndDiffers);
    }
    Ok(Chain::Whole { events: end, hash: end_hash })
}
