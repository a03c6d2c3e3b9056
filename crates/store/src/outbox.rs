//! Telling others (事件外发): events are written by the commit they belong to, and delivered afterwards,
//! at least once each, to every webhook that asked for their topic.

use crate::fault::Fault;
use crate::page::{Cursor, List, Order, Page};
use crate::row::columns::{Bind, Fetch};
use crate::link::{Reads, Tx};
use sea_orm::{DbErr, QueryResult, Value};
use serde_json::Value as Json;
use units::{Moment, coded};

/// Something others may want to know (事件). The payload holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxEvent {
    pub happened_at: Moment,
    /// `case.opened`, `promise.broken`, …
    pub topic: String,
    /// What it is about, as `kind/identity`.
    pub subject: String,
    pub payload: Json,
}

coded! {
    /// How far the delivery of an event is (投递状态).
    DeliveryState {
        Waiting = "waiting",
        Delivered = "delivered",
        /// Failed too often; a replay begins anew.
        GivenUp = "given_up",
    }
}

/// One event on its way to one webhook (投递).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    pub webhook_id: String,
    /// The event's number: from 1, without gaps, in the order of the commits.
    pub sequence: i64,
    pub state: DeliveryState,
    /// How often it was tried and failed.
    pub attempts: i64,
    pub next_at: Moment,
    /// What the other side said last.
    pub said: String,
    pub event: OutboxEvent,
}

/// The first wait after a failure; each further one doubles it.
const BACKOFF_SECONDS: i64 = 60;

/// No wait is longer: an other side that is back is told within hours.
const BACKOFF_MOST_SECONDS: i64 = 6 * 3600;

/// With these waits, about two days.
const ATTEMPTS: i64 = 15;

/// What the other side said is cut here: it is for reading, not for keeping.
const SAID: usize = 500;

/// Seconds to wait after the `attempts`-th failure.
fn backoff_seconds(attempts: i64) -> i64 {
    let doublings = (attempts - 1).clamp(0, 20);
    (BACKOFF_SECONDS << doublings).min(BACKOFF_MOST_SECONDS)
}

const COLUMNS: &str = "webhook_id, delivery.sequence AS sequence, state, attempts, next_at, said, happened_at, topic, subject, payload";
const JOINED: &str = "delivery JOIN outbox_event ON outbox_event.sequence = delivery.sequence";

pub(crate) const OF_WEBHOOK: List = List {
    name: "list delivery_of_webhook",
    table: JOINED,
    from: None,
    filter: "webhook_id = $1",
    arguments: 1,
    order: &[Order::Number("delivery.sequence")],
    descending: true,
};

fn delivery(row: &QueryResult) -> Result<Delivery, DbErr> {
    let unreadable = |what: &str| DbErr::Type(format!("a delivery has an unknown {what}"));
    let state = String::fetch(row, "state")?;
    Ok(Delivery {
        webhook_id: Fetch::fetch(row, "webhook_id")?,
        sequence: Fetch::fetch(row, "sequence")?,
        state: DeliveryState::from_code(&state).ok_or_else(|| unreadable("state"))?,
        attempts: Fetch::fetch(row, "attempts")?,
        next_at: Fetch::fetch(row, "next_at")?,
        said: Fetch::fetch(row, "said")?,
        event: event(row)?,
    })
}

fn event(row: &QueryResult) -> Result<OutboxEvent, DbErr> {
    let payload = String::fetch(row, "payload")?;
    Ok(OutboxEvent {
        happened_at: Fetch::fetch(row, "happened_at")?,
        topic: Fetch::fetch(row, "topic")?,
        subject: Fetch::fetch(row, "subject")?,
        payload: serde_json::from_str(&payload).map_err(|error| DbErr::Json(error.to_string()))?,
    })
}

fn deliveries(rows: &[QueryResult]) -> Result<Vec<Delivery>, Fault> {
    rows.iter().map(delivery).collect::<Result<_, _>>().map_err(Fault::doing("read deliveries"))
}

impl Tx {
    /// Says that something happened; written when the command commits.
    pub fn publish(&mut self, event: OutboxEvent) {
        self.published.push(event);
    }

    pub(crate) async fn outbox_write(&mut self) -> Result<(), Fault> {
        const DOING: &str = "write to the outbox";
        let events = std::mem::take(&mut self.published);
        if events.is_empty() {
            return Ok(());
        }
        let (last, _) = self.chain_advance("outbox", events.len()).await?;
        let first = last - events.len() as i64 + 1;
        let row = |(sequence, event): (i64, &OutboxEvent)| {
            let payload = event.payload.to_string();
            vec![sequence.bind(), event.happened_at.bind(), event.topic.bind(), event.subject.bind(), payload.bind()]
        };
        let rows = (first..).zip(&events).map(row).collect();
        self.insert(DOING, "outbox_event (sequence, happened_at, topic, subject, payload)", rows, "").await?;
        let sql = "INSERT INTO delivery (webhook_id, sequence, state, attempts, next_at, said) \
                   SELECT webhook_id, sequence, 'waiting', 0, happened_at, '' \
                   FROM outbox_event JOIN webhook_topic ON webhook_topic.topic = outbox_event.topic \
                   WHERE sequence >= $1 AND sequence <= $2";
        self.write(DOING, sql, vec![first.bind(), last.bind()]).await.map(drop)
    }

    /// Says which topics a webhook is told of from now on; none stops it.
    pub async fn webhook_topics_set(&self, webhook_id: &str, topics: &[&str]) -> Result<(), Fault> {
        const DOING: &str = "set the topics of a webhook";
        self.write(DOING, "DELETE FROM webhook_topic WHERE webhook_id = $1", vec![webhook_id.bind()]).await?;
        let topics = topics.iter().map(|topic| vec![topic.bind(), webhook_id.bind()]).collect();
        self.insert(DOING, "webhook_topic (topic, webhook_id)", topics, "").await.map(drop)
    }

    /// Takes what is due, the longest waiting first, and keeps it from everybody else until `lease_until`:
    /// who takes it says by then what came of it, or it is due again.
    pub async fn delivery_take(&self, now: Moment, lease_until: Moment, limit: u32) -> Result<Vec<Delivery>, Fault> {
        // The condition stands twice: a second worker that waited for the first sees the new `next_at`.
        let sql = "UPDATE delivery SET next_at = $2 WHERE state = 'waiting' AND next_at <= $1 AND (webhook_id, sequence) IN \
                   (SELECT webhook_id, sequence FROM delivery WHERE state = 'waiting' AND next_at <= $1 \
                    ORDER BY next_at, webhook_id, sequence LIMIT $3) RETURNING webhook_id, sequence";
        let taken = self.rows("take deliveries", sql, vec![now.bind(), lease_until.bind(), i64::from(limit).bind()]).await?;
        let mut due = Vec::new();
        for row in &taken {
            let read = || Ok((String::fetch(row, "webhook_id")?, i64::fetch(row, "sequence")?));
            let (webhook_id, sequence) = read().map_err(|error: DbErr| Fault::doing("take deliveries")(error))?;
            let sql = format!("SELECT {COLUMNS} FROM {JOINED} WHERE webhook_id = $1 AND delivery.sequence = $2");
            due.extend(deliveries(&self.rows("take deliveries", &sql, vec![webhook_id.bind(), sequence.bind()]).await?)?);
        }
        due.sort_by(|one, other| (one.sequence, &one.webhook_id).cmp(&(other.sequence, &other.webhook_id)));
        Ok(due)
    }

    /// The other side has it.
    pub async fn delivery_done(&self, webhook_id: &str, sequence: i64) -> Result<(), Fault> {
        let sql = "UPDATE delivery SET state = 'delivered' WHERE webhook_id = $1 AND sequence = $2";
        self.write("note a delivery", sql, vec![webhook_id.bind(), sequence.bind()]).await.map(drop)
    }

    /// The other side could not be told: due again after a while that doubles, given up in the end.
    pub async fn delivery_failed(&self, delivery: &Delivery, now: Moment, said: &str) -> Result<(), Fault> {
        let attempts = delivery.attempts + 1;
        let state = if attempts < ATTEMPTS { DeliveryState::Waiting } else { DeliveryState::GivenUp };
        let next_at = now.plus_seconds(backoff_seconds(attempts));
        let said: String = said.chars().take(SAID).collect();
        let sql = "UPDATE delivery SET state = $3, attempts = $4, next_at = $5, said = $6 WHERE webhook_id = $1 AND sequence = $2";
        let mut values: Vec<Value> = vec![delivery.webhook_id.bind(), delivery.sequence.bind()];
        values.extend([state.code().bind(), attempts.bind(), next_at.bind(), said.bind()]);
        self.write("note a failed delivery", sql, values).await.map(drop)
    }

    /// Delivers again, from this event on, whatever is of the webhook's topics: how many events.
    pub async fn delivery_replay(&self, webhook_id: &str, from_sequence: i64, now: Moment) -> Result<u64, Fault> {
        let sql = "INSERT INTO delivery (webhook_id, sequence, state, attempts, next_at, said) \
                   SELECT webhook_id, sequence, 'waiting', 0, $3, '' FROM webhook_topic \
                   JOIN outbox_event ON outbox_event.topic = webhook_topic.topic WHERE webhook_id = $1 AND sequence >= $2 \
                   ON CONFLICT (webhook_id, sequence) DO UPDATE \
                   SET state = excluded.state, attempts = excluded.attempts, next_at = excluded.next_at, said = excluded.said";
        self.write("replay deliveries", sql, vec![webhook_id.bind(), from_sequence.bind(), now.bind()]).await
    }
}

impl Reads {
    /// What a webhook was told and what became of it, the latest first.
    pub async fn delivery_of_webhook(
        &self,
        webhook_id: &str,
        after: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Delivery>, Fault> {
        let page = self.page(&OF_WEBHOOK, COLUMNS, vec![webhook_id.bind()], after, limit).await?;
        page.try_map(deliveries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_doubles_up_to_six_hours() {
        let waits: Vec<i64> = [1, 2, 3, 9, 10, 14].map(backoff_seconds).to_vec();
        assert_eq!(waits, [60, 120, 240, 15_360, 21_600, 21_600]);
        let days = (1..ATTEMPTS).map(backoff_seconds).sum::<i64>() / 86_400;
        assert_eq!(days, 1, "all waits together");
    }
}
