//! Others who are told of events: registered with their topics, listed, stopped, told again.

use crate::desk::{Begun, Call, Desk, PAGE, stored};
use crate::failure::{Outcome, refused};
use authority::{Target, UseCase};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use store::access::Secret;
use store::{Cursor, Delivery, FieldKind, Kept, WebhookRow};
use units::{Moment, coded};
use url::{Host, Url};

coded! {
    /// Whether somebody is told (回调状态).
    WebhookState {
        Active = "active",
        Stopped = "stopped",
    }
}

units::serde_by_code!(WebhookState);

/// What others may be told of.
pub const TOPICS: [&str; 16] = [
    "approval.asked", "approval.decided", "approval.escalated", "approval.expired", "approval.reminded", "case.changed", "case.closed", "case.escalated", "case.handed_over", "case.opened",
    "clock.signal", "contact.file_changed", "promise.broken", "promise.kept", "promise.made", "promise.partly_kept",
];

/// Where to tell, and of what (回调登记).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookWanted {
    pub url: String,
    pub topics: Vec<String>,
}

/// A webhook just registered. What its messages are signed with is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookMade {
    pub webhook_id: String,
    /// `None` when the same command is heard again.
    pub secret: Option<String>,
}

/// A webhook in a list (回调).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebhookView {
    pub webhook_id: String,
    pub version: i64,
    pub url: String,
    pub state: WebhookState,
    pub topics: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Webhook {
    topics: Vec<String>,
}

/// One event on its way to one webhook (投递记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeliveryView {
    pub sequence: i64,
    pub state: &'static str,
    /// How often it was tried and failed.
    pub attempts: i64,
    pub next_at: Moment,
    pub said: String,
    pub happened_at: Moment,
    pub topic: String,
    pub subject: String,
    pub payload: Value,
}

/// Registers where to tell what; what happens from now on is told.
pub async fn webhook_add(desk: &Desk, call: &Call, wanted: &WebhookWanted) -> Outcome<WebhookMade> {
    check(wanted)?;
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::WebhookManage, &Target::default())?;
    let mut tx = match desk.begin(call, "webhook_add", wanted).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let webhook_id = format!("WH-{}", &Secret::fresh().hash[..12]);
    let secret = Secret::fresh().token;
    let row = WebhookRow { webhook_id: webhook_id.clone(), url: wanted.url.clone(), state: WebhookState::Active.code().to_owned() };
    stored(tx.save(&row, &Webhook { topics: wanted.topics.clone() }, 0, call.stamp()).await?)?;
    let topics: Vec<&str> = wanted.topics.iter().map(String::as_str).collect();
    tx.webhook_topics_set(&webhook_id, &topics).await?;
    tx.personal_set(&webhook_id, FieldKind::WebhookSecret, &[&secret]).await?;
    tx.audit(call.audit("webhook_add", format!("webhook/{webhook_id}"), topics.join(" ")));
    // The secret lies nowhere in the clear, not with the answer that is kept either.
    let done = desk.commit(tx, call, WebhookMade { webhook_id, secret: None }).await?;
    Ok(WebhookMade { secret: Some(secret), ..done })
}

/// To other machines encrypted, to this one as it likes; known topics, at least one.
fn check(wanted: &WebhookWanted) -> Outcome<()> {
    if !is_sound(&wanted.url) {
        return refused("E-CW-06", &[("url", &wanted.url)]);
    }
    if wanted.topics.is_empty() {
        return refused("E-AP-04", &[("field", &"topics")]);
    }
    match wanted.topics.iter().find(|topic| !TOPICS.contains(&topic.as_str())) {
        Some(topic) => refused("E-CW-07", &[("topic", topic), ("known", &TOPICS.join(", "))]),
        None => Ok(()),
    }
}

/// Whether an address may be told things: https, or http on this machine; no password in it.
pub fn is_sound(address: &str) -> bool {
    let url = Url::parse(address).ok();
    let is_here = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    url.is_some_and(|url| {
        let is_plain = url.username().is_empty() && url.password().is_none() && url.host().is_some();
        is_plain && (url.scheme() == "https" || (url.scheme() == "http" && is_here(&url)))
    })
}

/// Everybody who is told, and who was.
pub async fn webhook_list(desk: &Desk, call: &Call, only: Option<WebhookState>) -> Outcome<Vec<WebhookView>> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::WebhookManage, &Target::default())?;
    let mut views = Vec::new();
    for &state in WebhookState::ALL.iter().filter(|state| only.is_none_or(|only| only == **state)) {
        for kept in desk.store.webhook_in_state::<Webhook>(state.code(), None, PAGE).await?.rows {
            let WebhookRow { webhook_id, url, .. } = kept.row;
            views.push(WebhookView { webhook_id, version: kept.version, url, state, topics: kept.body.topics });
        }
    }
    Ok(views)
}

/// Tells no more from now on; a second time changes nothing.
pub async fn webhook_stop(desk: &Desk, call: &Call, webhook_id: &str) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::WebhookManage, &Target::default())?;
    let mut tx = match desk.begin(call, "webhook_stop", &webhook_id).await? {
        Begun::Again(()) => return Ok(()),
        Begun::First(tx) => tx,
    };
    let kept: Kept<WebhookRow, Webhook> = desk.load(&tx, "webhook", webhook_id).await?;
    if kept.row.state == WebhookState::Stopped.code() {
        return Ok(());
    }
    let row = WebhookRow { state: WebhookState::Stopped.code().to_owned(), ..kept.row };
    stored(tx.save(&row, &kept.body, kept.version, call.stamp()).await?)?;
    tx.webhook_topics_set(webhook_id, &[]).await?;
    tx.audit(call.audit("webhook_stop", format!("webhook/{webhook_id}"), ""));
    desk.commit(tx, call, ()).await
}

/// Tells everything of its topics again from this event on: how many events.
pub async fn webhook_replay(desk: &Desk, call: &Call, webhook_id: &str, from_sequence: i64) -> Outcome<u64> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::WebhookManage, &Target::default())?;
    let mut tx = match desk.begin(call, "webhook_replay", &(webhook_id, from_sequence)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let kept: Kept<WebhookRow, Webhook> = desk.load(&tx, "webhook", webhook_id).await?;
    let events = tx.delivery_replay(&kept.row.webhook_id, from_sequence, call.at).await?;
    tx.audit(call.audit("webhook_replay", format!("webhook/{webhook_id}"), format!("{from_sequence} {events}")));
    desk.commit(tx, call, events).await
}

/// What a webhook was told and what became of it, the latest first.
pub async fn webhook_deliveries(
    desk: &Desk,
    call: &Call,
    webhook_id: &str,
    after: Option<&Cursor>,
    limit: u32,
) -> Outcome<(Vec<DeliveryView>, Option<Cursor>)> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::WebhookManage, &Target::default())?;
    let page = desk.store.delivery_of_webhook(webhook_id, after, limit.clamp(1, PAGE)).await?;
    Ok((page.rows.into_iter().map(view).collect(), page.next))
}

fn view(delivery: Delivery) -> DeliveryView {
    let Delivery { sequence, state, attempts, next_at, said, event, .. } = delivery;
    let store::OutboxEvent { happened_at, topic, subject, payload } = event;
    DeliveryView { sequence, state: state.code(), attempts, next_at, said, happened_at, topic, subject, payload }
}
