//! Replays one case of `allocation.json`.

use super::entries::{Input, compare};
use serde_json::Value;

pub fn replay(case: &Value) -> Result<(), String> {
    let input = Input::read(&case["input"])?;
    let (ledger, outcomes) = input.replay();
    compare(&input, &ledger, &outcomes, &case["expected"])
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
