//! Events go out with their commit, to who asked for them, again until they arrive.

use crate::{Bench, at, by, stored};
use serde_json::{Value, json};
use store::outbox::DeliveryState;
use store::*;
use units::Moment;

crate::behaviours! {
    an_event_goes_out_with_its_commit, what_fails_waits_and_is_given_up, what_was_sent_can_be_sent_again,
    two_workers_take_an_event_once,
}

fn event(topic: &str, second: i64) -> OutboxEvent {
    OutboxEvent { happened_at: now().plus_seconds(second), topic: topic.into(), subject: "case/C1".into(), payload: json!({"second": second}) }
}

fn now() -> Moment {
    at("2026-11-20 10:00")
}

async fn subscribe(store: &Store, webhook: &str, topics: &[&str]) {
    let tx = store.begin().await.unwrap();
    if tx.load::<WebhookRow, Value>(webhook).await.unwrap().is_none() {
        let row = WebhookRow { webhook_id: webhook.into(), url: "https://example.org/".into(), state: "active".into() };
        stored(tx.save(&row, &json!({}), 0, by("admin")).await.unwrap());
    }
    tx.webhook_topics_set(webhook, topics).await.unwrap();
    tx.commit().await.unwrap();
}

async fn publish(store: &Store, events: &[OutboxEvent]) {
    let mut tx = store.begin().await.unwrap();
    events.iter().for_each(|event| tx.publish(event.clone()));
    tx.commit().await.unwrap();
}

/// Who is told what at this second; a lease of a minute.
async fn take(store: &Store, second: i64, limit: u32) -> Vec<Delivery> {
    let tx = store.begin().await.unwrap();
    let (now, lease) = (now().plus_seconds(second), now().plus_seconds(second + 60));
    let taken = tx.delivery_take(now, lease, limit).await.unwrap();
    tx.commit().await.unwrap();
    taken
}

fn told(taken: &[Delivery]) -> String {
    taken.iter().map(|delivery| format!("{}:{}", delivery.webhook_id, delivery.sequence)).collect::<Vec<_>>().join(" ")
}

async fn an_event_goes_out_with_its_commit(Bench { store, .. }: Bench) {
    subscribe(&store, "W1", &["case.opened", "promise.broken"]).await;
    subscribe(&store, "W2", &["case.opened"]).await;
    let mut refused = store.begin().await.unwrap();
    refused.publish(event("case.opened", 0));
    drop(refused);
    publish(&store, &[event("case.opened", 0), event("case.closed", 1), event("promise.broken", 2)]).await;
    subscribe(&store, "W1", &[]).await;
    publish(&store, &[event("case.opened", 3)]).await;
    assert_eq!(told(&take(&store, 0, 9).await), "W1:1 W2:1", "what happens later is not due");
    let taken = take(&store, 3, 9).await;
    assert_eq!(told(&taken), "W1:3 W2:4");
    assert_eq!((taken[0].event.clone(), taken[0].attempts), (event("promise.broken", 2), 0));
    assert_eq!(told(&take(&store, 4, 9).await), "", "leased");
    let tx = store.begin().await.unwrap();
    tx.delivery_done("W1", 3).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(told(&take(&store, 120, 2).await), "W1:1 W2:1", "the lease ran out");
    assert_eq!(told(&take(&store, 120, 2).await), "W2:4");
}

async fn what_fails_waits_and_is_given_up(Bench { store, .. }: Bench) {
    subscribe(&store, "W1", &["case.opened"]).await;
    publish(&store, &[event("case.opened", 0)]).await;
    let mut second = 0;
    for attempt in 1..=15 {
        let taken = take(&store, second, 9).await;
        assert_eq!((told(&taken).as_str(), taken[0].attempts), ("W1:1", attempt - 1));
        let tx = store.begin().await.unwrap();
        tx.delivery_failed(&taken[0], now().plus_seconds(second), &"no".repeat(300)).await.unwrap();
        tx.commit().await.unwrap();
        let seen = store.delivery_of_webhook("W1", None, 9).await.unwrap().rows.remove(0);
        assert_eq!((seen.attempts, seen.said.len()), (attempt, 500));
        if attempt == 2 {
            assert_eq!(seen.next_at, now().plus_seconds(second + 120));
            assert_eq!(told(&take(&store, second + 119, 9).await), "");
        }
        second = seen.next_at.seconds_since(now());
    }
    let seen = store.delivery_of_webhook("W1", None, 9).await.unwrap().rows.remove(0);
    assert_eq!(seen.state, DeliveryState::GivenUp);
    assert_eq!(told(&take(&store, second + 1_000_000, 9).await), "");
}

async fn what_was_sent_can_be_sent_again(Bench { store, .. }: Bench) {
    publish(&store, &[event("case.opened", 0), event("case.opened", 1)]).await;
    subscribe(&store, "W1", &["case.opened"]).await;
    publish(&store, &[event("case.opened", 2), event("case.closed", 3)]).await;
    for delivery in take(&store, 9, 9).await {
        let tx = store.begin().await.unwrap();
        tx.delivery_done(&delivery.webhook_id, delivery.sequence).await.unwrap();
        tx.commit().await.unwrap();
    }
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.delivery_replay("W1", 2, now().plus_seconds(20)).await.unwrap(), 2);
    tx.commit().await.unwrap();
    assert_eq!(told(&take(&store, 20, 9).await), "W1:2 W1:3");
    let page = store.delivery_of_webhook("W1", None, 1).await.unwrap();
    assert_eq!(told(&page.rows), "W1:3");
    assert_eq!(told(&store.delivery_of_webhook("W1", page.next.as_ref(), 1).await.unwrap().rows), "W1:2");
}

async fn two_workers_take_an_event_once(Bench { store, url, .. }: Bench) {
    subscribe(&store, "W1", &["case.opened"]).await;
    publish(&store, &(0..40).map(|_| event("case.opened", 0)).collect::<Vec<_>>()).await;
    let mut workers = Vec::new();
    for _ in 0..4 {
        let worker = Store::open(&url, crate::keys(&["k1"])).await.unwrap();
        workers.push(tokio::spawn(async move {
            let mut taken = Vec::new();
            for _ in 0..10 {
                taken.extend(take(&worker, 1, 7).await.into_iter().map(|delivery| delivery.sequence));
            }
            taken
        }));
    }
    let mut all = Vec::new();
    for worker in workers {
        all.extend(worker.await.unwrap());
    }
    all.sort_unstable();
    assert_eq!(all, (1..=40).collect::<Vec<i64>>());
}
