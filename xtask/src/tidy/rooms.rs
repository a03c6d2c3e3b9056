//! Who may lean on whom, and which room names which library.

use super::{Finding, Repository};

/// The floors of the house, lowest first. A room leans on lower floors only, or along [`ARROWS`].
const FLOORS: &[&[&str]] = &[
    /* 0 words      */ &["units", "glossary", "vault"],
    /* 1 rules      */ &["warning", "inspection", "casework", "disposal", "riskmodel", "grading", "loan", "authority", "policy"],
    /* 2 assembly   */ &["academy", "sim", "dayend", "report"],
    /* 3 outside    */ &["store", "cluster", "query", "lake"],
    /* 4 use cases  */ &["app"],
    /* 5 front      */ &["postloan", "web"],
    /* 6 automation */ &["bench", "fuzz", "xtask"],
];

/// The last floor that is pure.
const PURE: usize = 2;

/// Arrows on one floor; a chain of arrows counts as one.
const ARROWS: &[(&str, &str)] = &[
    ("loan", "policy"),
    ("grading", "loan"),
    ("casework", "grading"),
    ("disposal", "policy"),
    ("authority", "policy"),
    ("riskmodel", "grading"),
    ("dayend", "report"),
    ("sim", "dayend"),
    ("academy", "sim"),
    ("query", "lake"),
    ("cluster", "query"),
    ("postloan", "web"),
];

/// Libraries and rooms (by how their names begin) that only some rooms may name.
const ONLY: &[(&str, &[&str])] = &[
    // What seals personal data and passwords stays in few hands: no rule, no page, no report opens any.
    ("aes-gcm", &["vault"]),
    ("argon2", &["store"]),
    ("arrow", &["lake", "query", "cluster", "bench"]),
    ("axum", &["web"]),
    ("ballista", &["cluster"]),
    ("clap", &["postloan"]),
    ("datafusion", &["query", "cluster"]),
    ("parquet", &["lake", "query", "cluster", "bench"]),
    ("sea-orm", &["store"]),
    ("sqlx", &["store"]),
    ("ureq", &["web", "xtask", "bench"]),
    ("utoipa", &["web"]),
    ("vault", &["app", "lake", "store"]),
];

/// Libraries that bring a clock, chance, threads or IO: never on floors 0–2.
const IMPURE: &[&str] = &["chrono", "getrandom", "rand", "rayon", "reqwest", "time", "tokio", "uuid", "walkdir"];

/// The room a path belongs to: `crates/loan/src/x.rs` → `loan`.
pub fn room_of(path: &str) -> Option<&str> {
    match path.split('/').collect::<Vec<_>>().as_slice() {
        ["crates", room, _, ..] => Some(room),
        ["bench", _, ..] => Some("bench"),
        ["fuzz", _, ..] => Some("fuzz"),
        ["xtask", _, ..] => Some("xtask"),
        _ => None,
    }
}

pub fn is_pure(room: &str) -> bool {
    floor(room).is_some_and(|floor| floor <= PURE)
}

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn may_lean(from: &str, on: &str) -> bool {
    // Automation is built first and often: it leans on rooms that compile in seconds.
    if from == "xtask" {
        return is_pure(on);
    }
    floor(on) < floor(from) || arrows_lead(from, on)
}

fn arrows_lead(from: &str, to: &str) -> bool {
    ARROWS.iter().any(|(start, end)| *start == from && (*end == to || arrows_lead(end, to)))
}

pub fn check(repository: &Repository, findings: &mut Vec<Finding>) {
    for (path, text) in repository.files.iter().filter(|(path, _)| path.ends_with("/Cargo.toml")) {
        let Some(room) = room_of(path) else { continue };
        let mut find = |rule, subject: &str, fix: String| {
            let line = text.lines().position(|line| line.starts_with(subject)).unwrap_or(0) + 1;
            findings.push(Finding::new(rule, path, line, subject, fix));
        };
        if floor(room).is_none() {
            find("edge", room, format!("draw the room {room} into FLOORS of xtask/src/tidy/rooms.rs"));
            continue;
        }
        let manifest = match text.parse::<toml::Table>() {
            Ok(manifest) => manifest,
            Err(error) => {
                find("edge", room, format!("not a manifest: {}", error.message()));
                continue;
            }
        };
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (name, asked) in manifest.get(section).and_then(toml::Value::as_table).into_iter().flatten() {
                if let Some((rule, fix)) = complaint(room, name, asked) {
                    find(rule, name, fix);
                }
            }
        }
    }
}

/// What is wrong with `room` asking for `name`, if anything.
fn complaint(room: &str, name: &str, asked: &toml::Value) -> Option<(&'static str, String)> {
    let is_room = floor(name).is_some();
    if is_room && !may_lean(room, name) {
        return Some(("edge", format!("{room} must not lean on {name}: move what it needs down, or pass it in")));
    }
    if let Some((_, rooms)) = ONLY.iter().find(|(library, rooms)| name.starts_with(library) && !rooms.contains(&room)) {
        return Some(("library", format!("only {} may name {name}", rooms.join(", "))));
    }
    if is_pure(room) && IMPURE.contains(&name) {
        return Some(("library", format!("{room} is pure; {name} belongs on floor 3 or above")));
    }
    if asked.get("workspace").is_none() {
        return Some(("library", format!("name {name} once in the root Cargo.toml and ask with `{name}.workspace = true`")));
    }
    None
}

#[cfg(test)]
mod tests {
    use crate::tidy::tests::check_repository;

    #[test]
    fn a_room_leans_on_lower_floors_or_along_an_arrow() {
        let check = |path: &str, line: &str, expect: &[&str]| {
            let manifest = format!("[dependencies]\n{line}\n");
            check_repository(super::check, &[(path, &manifest)], expect);
        };
        let (loan, sim, lake) = ("crates/loan/Cargo.toml", "crates/sim/Cargo.toml", "crates/lake/Cargo.toml");
        check(loan, "units.workspace = true", &[]);
        check(loan, "policy.workspace = true", &[]);
        check(loan, "grading.workspace = true", &["crates/loan/Cargo.toml:2: grading"]);
        check(loan, "lake.workspace = true", &["crates/loan/Cargo.toml:2: lake"]);
        check(loan, "tokio = { workspace = true }", &["crates/loan/Cargo.toml:2: tokio"]);
        check(loan, "serde = \"1\"", &["crates/loan/Cargo.toml:2: serde"]);
        check(sim, "report.workspace = true", &[]);
        check(lake, "query.workspace = true", &["crates/lake/Cargo.toml:2: query"]);
        check(lake, "arrow-select.workspace = true", &[]);
        check(lake, "datafusion.workspace = true", &["crates/lake/Cargo.toml:2: datafusion"]);
        check("crates/app/Cargo.toml", "parquet.workspace = true", &["crates/app/Cargo.toml:2: parquet"]);
        let (casework, store, web) = ("crates/casework/Cargo.toml", "crates/store/Cargo.toml", "crates/web/Cargo.toml");
        check(casework, "policy.workspace = true", &[]);
        check(casework, "disposal.workspace = true", &["crates/casework/Cargo.toml:2: disposal"]);
        check(casework, "sea-orm.workspace = true", &["crates/casework/Cargo.toml:2: sea-orm"]);
        check("crates/app/Cargo.toml", "store.workspace = true\nvault.workspace = true", &[]);
        check("crates/app/Cargo.toml", "axum.workspace = true", &["crates/app/Cargo.toml:2: axum"]);
        check(store, "sea-orm.workspace = true\nvault.workspace = true", &[]);
        check(store, "aes-gcm-siv.workspace = true", &["crates/store/Cargo.toml:2: aes-gcm-siv"]);
        check(store, "lake.workspace = true", &["crates/store/Cargo.toml:2: lake"]);
        check(store, "axum.workspace = true", &["crates/store/Cargo.toml:2: axum"]);
        check(web, "app.workspace = true\naxum.workspace = true", &[]);
        check(web, "sea-orm.workspace = true", &["crates/web/Cargo.toml:2: sea-orm"]);
        check(web, "vault.workspace = true", &["crates/web/Cargo.toml:2: vault"]);
        check("crates/report/Cargo.toml", "vault.workspace = true", &["crates/report/Cargo.toml:2: vault"]);
        check("crates/vault/Cargo.toml", "aes-gcm-siv.workspace = true", &[]);
        check("crates/vault/Cargo.toml", "rand.workspace = true", &["crates/vault/Cargo.toml:2: rand"]);
        check("xtask/Cargo.toml", "sim.workspace = true", &[]);
        check("xtask/Cargo.toml", "lake.workspace = true", &["xtask/Cargo.toml:2: lake"]);
        check("crates/cellar/Cargo.toml", "", &["crates/cellar/Cargo.toml:1: cellar"]);
    }
}
