//! Replays one case of `allocation.json`.

use serde_json::Value;

pub fn replay(_case: &Value) -> Result<(), String> {
    Err("not replayed yet".to_owned())
}

/// Only payments of kind repayment or down payment, charges and reversals.
pub fn is_core(case: &Value) -> bool {
    let events = case["input"]["events"].as_array().into_iter().flatten();
    events.clone().count() > 0
        && events.clone().all(|event| match event["type"].as_str() {
            Some("payment") => matches!(event["kind"].as_str(), Some("repayment" | "down_payment")),
            Some("charge" | "reverse") => true,
            _ => false,
        })
}
