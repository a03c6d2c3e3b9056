//! Makes every refusal of the clocks happen and writes what a person then reads: `cases/errors/clocks.txt`.
//!
//! `UPDATE_CASES=1` writes down what is said now; a reviewer reads the difference.

use crate::clock::act::{ActRefused, act_check, obstacle_check, obstacle_end_check};
use crate::clock::fact::Act;
use crate::clock::table::{claim, date, rules};
use glossary::{refusal_entry, refusals};
use std::collections::BTreeMap;

const TOLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/errors/clocks.txt");

type Facts = Vec<(&'static str, String)>;

/// What was refused, by code.
fn heard() -> BTreeMap<&'static str, Facts> {
    let facts = claim("due 2023-11-20\nguarantee G joint\n2026-02-02 suit D");
    let record = |text: &str, change: &dyn Fn(&mut Act)| -> ActRefused {
        let mut act = claim(text).acts.remove(0);
        act.act_id = "A9".to_owned();
        change(&mut act);
        act_check(&facts, &act, &rules(), date("2026-03-02")).expect_err(text)
    };
    let obstacle = claim("due 2023-11-20\nobstacle force_majeure 2026-02-01").obstacles.remove(0);
    let letter = "2026-03-02 letter_delivered D";
    let refused = [
        record(letter, &|act| act.act_id = "A0".to_owned()),
        record("2026-03-03 letter_delivered D", &|_| {}),
        record(letter, &|act| act.against.clear()),
        record("2026-03-02 letter_delivered D,X", &|_| {}),
        record(letter, &|act| act.evidence.clear()),
        record("2026-03-02 extension D", &|_| {}),
        record("2026-03-02 extension D until=2026-03-02", &|_| {}),
        record("2026-03-02 suit_withdrawn G", &|_| {}),
        obstacle_check(&facts, &obstacle, &[], date("2026-03-02")).expect_err("no evidence"),
        obstacle_end_check(None, "O1", date("2026-03-02"), &[], date("2026-03-02")).expect_err("no obstacle"),
    ];
    refused.iter().map(|refused| (refused.code(), refused.facts())).collect()
}

#[test]
fn every_refusal_happens_and_says_what_to_do() {
    let heard = heard();
    let known: Vec<&str> = refusals().map(|refusal| refusal.code.as_str()).filter(|code| code.starts_with("E-CK-")).collect();
    assert_eq!(heard.keys().copied().collect::<Vec<_>>(), known);
    let mut text = "# \u{65f6}\u{9650}\u{7684}\u{62d2}\u{7edd} / refusals of the clocks: what a person reads\n".to_owned();
    for (code, facts) in &heard {
        text += &format!("\n{}", refusal_entry(code, "", facts));
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(TOLD, &text).expect("cases/ can be written");
    }
    let written = std::fs::read_to_string(TOLD).expect("cases/errors/clocks.txt");
    for (now, before) in text.lines().zip(written.lines()) {
        assert_eq!(now, before, "UPDATE_CASES=1 writes it anew");
    }
    assert_eq!(text.lines().count(), written.lines().count());
}
