//! Hostile input (敌意输入): every parser of what comes from outside, as a function of bytes.
//!
//! A target takes any bytes and may refuse them; it never panics, never takes more than
//! [`MOST_MEMORY`], never runs without end. `corpus/<target>/` holds a few inputs of each, made here,
//! and every one that once broke something. The tests mutate them a fixed number of times;
//! `cargo xtask fuzz` lets an engine look for new ways through the code. Invariant: outside the
//! product, nobody leans on this room.
//!
//! Reading order: [`files`], [`texts`], [`book`].

pub mod book;
pub mod files;
pub mod texts;

/// What any input of a corpus may take, the program and its tables included.
pub const MOST_MEMORY: usize = 512 << 20;

/// Every target by the name of its corpus.
pub const TARGETS: &[(&str, fn(&[u8]))] = &[
    ("book", book::book),
    ("file", files::file),
    ("manifest", texts::manifest),
    ("mapping", texts::mapping),
    ("pack", texts::pack),
    ("schedule", texts::schedule),
    ("story", texts::story),
    ("workbook", files::workbook),
];

/// The target of a name.
pub fn target(name: &str) -> Option<fn(&[u8])> {
    TARGETS.iter().find(|(known, _)| *known == name).map(|(_, run)| *run)
}
