//! Telling others: events from the outbox, signed, to the webhooks that asked for them.
//!
//! At least once each: what is taken and not answered in time is due again. The signature is
//! `X-Postloan-Signature: sha256=…`, the HMAC-SHA256 of the body under the webhook's secret.

use crate::server::Server;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write;
use std::time::Duration;
use store::{Delivery, FieldKind, Kept, WebhookRow};

/// Between two looks at the outbox.
const PAUSE: Duration = Duration::from_secs(2);

/// The other side answers within this, or the delivery has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is taken is kept from other programs for so long: longer than a batch of patience.
const LEASE_SECONDS: i64 = 600;

const BATCH: u32 = 32;

/// The header of the signature.
pub const SIGNATURE: &str = "X-Postloan-Signature";

/// Delivers what is due, for as long as the server runs.
pub async fn forever(server: Server) {
    loop {
        match once(&server).await {
            Ok(0) => tokio::time::sleep(PAUSE).await,
            Ok(_) => {}
            Err(fault) => {
                eprintln!("fault step=delivery error=\"{fault}\"");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
}

/// Delivers what is due now: how many were taken.
pub async fn once(server: &Server) -> Result<usize, store::Fault> {
    let (store, now) = (&server.desk.store, server.now());
    let tx = store.begin().await?;
    let due = tx.delivery_take(now, now.plus_seconds(LEASE_SECONDS), BATCH).await?;
    tx.commit().await?;
    for delivery in &due {
        let told = tell(store, delivery).await?;
        let tx = store.begin().await?;
        match told {
            Ok(()) => tx.delivery_done(&delivery.webhook_id, delivery.sequence).await?,
            Err(said) => tx.delivery_failed(delivery, server.now(), &said).await?,
        }
        tx.commit().await?;
    }
    Ok(due.len())
}

async fn tell(store: &store::Store, delivery: &Delivery) -> Result<Result<(), String>, store::Fault> {
    let webhook: Option<Kept<WebhookRow, Value>> = store.load(&delivery.webhook_id).await?;
    let fields = store.personal(&delivery.webhook_id).await?;
    let secret = fields.into_iter().find(|field| field.kind == FieldKind::WebhookSecret);
    let (Some(webhook), Some(secret)) = (webhook, secret) else { return Ok(Err("the webhook is gone".to_owned())) };
    let body = body(delivery);
    let signature = signature(&secret.value, &body);
    let sent = tokio::task::spawn_blocking(move || send(&webhook.row.url, &signature, &body)).await;
    Ok(sent.unwrap_or_else(|_| Err("sending stopped".to_owned())))
}

fn body(delivery: &Delivery) -> String {
    let event = &delivery.event;
    json!({
        "sequence": delivery.sequence,
        "topic": event.topic,
        "subject": event.subject,
        "happened_at": event.happened_at,
        "payload": event.payload,
    })
    .to_string()
}

/// `sha256=` and the HMAC of a body, in hexadecimal digits.
pub fn signature(secret: &str, body: &str) -> String {
    format!("sha256={}", signed(secret, body))
}

/// The HMAC-SHA256 of a text, in hexadecimal digits.
pub(crate) fn signed(secret: &str, text: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("a key of any length");
    mac.update(text.as_bytes());
    let digits = mac.finalize().into_bytes();
    digits.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes it");
        text
    })
}

fn send(url: &str, signature: &str, body: &str) -> Result<(), String> {
    let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).build().into();
    let request = agent.post(url).header("Content-Type", "application/json").header(SIGNATURE, signature);
    match request.send(body) {
        Ok(response) if response.status().is_success() => Ok(()),
        Ok(response) => Err(format!("answered {}", response.status())),
        Err(error) => Err(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_the_published_one() {
        // RFC 4231, test case 2.
        let expected = "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843";
        assert_eq!(signature("Jefe", "what do ya want for nothing?"), expected);
    }
}
