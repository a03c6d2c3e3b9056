//! Done once: a command by its idempotency key, a night's chunk by its date, step and shard.

use crate::fault::Fault;
use crate::row::Stamp;
use crate::row::columns::{Bind, Fetch};
use crate::link::{Reads, Store, Tx};
use crate::sealed::place;
use serde::Serialize;
use serde::de::DeserializeOwned;
use units::{Date, Moment};

/// Whether a command is heard for the first time (幂等).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Once<T> {
    /// Go on, and say the result with [`Tx::once_result`].
    First,
    /// The same key with the same input: the result of the first time.
    Again(T),
    /// The key was used for another input.
    OtherInput,
}

/// A piece of a night's writing (日终落库分块).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChunkKey {
    pub business_date: Date,
    pub step: String,
    pub shard: i64,
}

/// Whether a chunk is still to be written.
#[must_use]
pub enum Chunk {
    /// Write it and commit: both stand or neither.
    Open(Tx),
    /// An earlier run, or the same night on another machine, has written it.
    AlreadyApplied,
}

impl Tx {
    /// Asks whether `key` of `stamp.by` was heard before; `input_digest` tells one input from another.
    ///
    /// A command that is refused leaves no trace of its key: asked again, it is decided again.
    pub async fn once<T: DeserializeOwned>(&self, key: &str, input_digest: &str, stamp: Stamp<'_>) -> Result<Once<T>, Fault> {
        const DOING: &str = "look up an idempotency key";
        let sql = "INSERT INTO command (staff_id, idempotency_key, input_digest, result, begun_at) \
                   VALUES ($1, $2, $3, 'null', $4) ON CONFLICT (staff_id, idempotency_key) DO NOTHING";
        let values = vec![stamp.by.bind(), key.bind(), input_digest.bind(), stamp.at.bind()];
        if self.write(DOING, sql, values).await? == 1 {
            return Ok(Once::First);
        }
        let sql = "SELECT input_digest, result FROM command WHERE staff_id = $1 AND idempotency_key = $2";
        let row = self.row(DOING, sql, vec![stamp.by.bind(), key.bind()]).await?;
        let row = row.ok_or_else(|| Fault::doing(DOING)("it was there a moment ago"))?;
        if String::fetch(&row, "input_digest").map_err(Fault::doing(DOING))? != input_digest {
            return Ok(Once::OtherInput);
        }
        let result = String::fetch(&row, "result").map_err(Fault::doing(DOING))?;
        let result = self.text_opened(&place("command", &[stamp.by, key]), result).map_err(Fault::doing(DOING))?;
        serde_json::from_str(&result).map(Once::Again).map_err(Fault::doing("read the result of a command"))
    }

    /// Keeps what is to be answered when the command comes again.
    pub async fn once_result<T: Serialize>(&self, key: &str, result: &T, stamp: Stamp<'_>) -> Result<(), Fault> {
        let result = serde_json::to_string(result).map_err(Fault::doing("write the result of a command"))?;
        let result = self.text_sealed(&place("command", &[stamp.by, key]), &result);
        let sql = "UPDATE command SET result = $3 WHERE staff_id = $1 AND idempotency_key = $2";
        self.write("keep the result of a command", sql, vec![stamp.by.bind(), key.bind(), result.bind()]).await.map(drop)
    }
}

impl Store {
    /// Begins a chunk of a night, unless it was written before.
    pub async fn chunk_begin(&self, key: &ChunkKey, at: Moment) -> Result<Chunk, Fault> {
        let tx = self.begin().await?;
        let sql = "INSERT INTO night_apply (business_date, step, shard, applied_at) VALUES ($1, $2, $3, $4) \
                   ON CONFLICT (business_date, step, shard) DO NOTHING";
        let values = vec![key.business_date.bind(), key.step.bind(), key.shard.bind(), at.bind()];
        match tx.write("begin a chunk of a night", sql, values).await? {
            1 => Ok(Chunk::Open(tx)),
            _ => Ok(Chunk::AlreadyApplied),
        }
    }
}

impl Reads {
    /// The business date of the latest night of which anything was written.
    pub async fn night_last(&self) -> Result<Option<Date>, Fault> {
        const DOING: &str = "find the last night";
        let sql = "SELECT business_date FROM night_apply ORDER BY business_date DESC LIMIT 1";
        let row = self.row(DOING, sql, Vec::new()).await?;
        row.map(|row| Fetch::fetch(&row, "business_date")).transpose().map_err(|error: sea_orm::DbErr| Fault::doing(DOING)(error))
    }

    /// The chunks of a night that were written, by step and shard.
    pub async fn chunks_applied(&self, business_date: Date) -> Result<Vec<ChunkKey>, Fault> {
        const DOING: &str = "list the chunks of a night";
        let sql = "SELECT step, shard FROM night_apply WHERE business_date = $1 ORDER BY step, shard";
        let rows = self.rows(DOING, sql, vec![business_date.bind()]).await?;
        let chunk = |row| Ok(ChunkKey { business_date, step: Fetch::fetch(row, "step")?, shard: Fetch::fetch(row, "shard")? });
        rows.iter().map(chunk).collect::<Result<_, sea_orm::DbErr>>().map_err(Fault::doing(DOING))
    }
}
