//! The whole bench over a small book, without the baselines, which need Python: `cargo xtask bench`
//! runs those too.

use std::process::Command;

/// Steps and targets that must be told of, whatever they measured.
const TOLD: [&str; 12] = [
    "| decode the three flat files | 1 |",
    "| import | 1 |",
    "| import from CSV | 1 |",
    "| decode what a night reads of the lake | 1 |",
    "| day-end, the whole book | 1 |",
    "| day-end, the next day | 1 |",
    "| explain, one loan | 1 |",
    "| metrics --by branch,product | 1 |",
    "| migration between the two nights | 1 |",
    "| positions, long unpaid, 13 day(s) |",
    "| night ÷ decoding what it reads | ≤ 1.5 × |",
    "| read for a question of two columns |",
];

#[test]
fn every_step_runs_and_every_figure_is_told() {
    let scratch = tempfile::tempdir().unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["--loans", "2000", "--runs", "1", "--baselines", "no"])
        .env("TMPDIR", scratch.path())
        .output()
        .unwrap();
    let (said, complaint) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{complaint}\n{said}");
    for line in TOLD {
        assert!(said.contains(line), "{line} is missing:\n{said}");
    }
    assert!(!said.contains("NaN") && !said.contains("inf"), "{said}");
    assert_eq!(std::fs::read_dir(scratch.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn the_rules_of_the_comparison_are_a_pack() {
    let text = include_str!("../running-totals.toml");
    policy::Pack::parse(&[("running-totals.toml", text)]).expect("the baselines are compared under it");
}
