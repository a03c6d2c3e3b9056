//! Replays one case of `restructure.json`.

use super::entries::{Input, compare};
use serde_json::Value;

pub fn replay(case: &Value) -> Result<(), String> {
    let input = Input::read(&case["input"])?;
    let (ledger, outcomes) = input.replay();
    compare(&input, &ledger, &outcomes, &case["expected"])
}
