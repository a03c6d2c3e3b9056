//! What the store promises, behaviour by behaviour, on SQLite and on PostgreSQL alike.

mod audit;
mod facts;
mod outbox;
mod people;
mod postgres;
mod released;
mod work;

use sea_orm::{Database, DatabaseConnection};
use std::pin::Pin;
use store::{CaseRow, Keys, Saved, Stamp, Store};
use units::{Date, Moment};

/// A database of the test's own: the store, and a way around it.
pub struct Bench {
    pub store: Store,
    pub raw: DatabaseConnection,
    pub url: String,
}

pub type Behaviour = (&'static str, fn(Bench) -> Pin<Box<dyn Future<Output = ()> + Send>>);

/// `behaviours! { name, … }`: the list of this file's behaviours.
#[macro_export]
macro_rules! behaviours {
    ($($name:ident),+ $(,)?) => {
        pub const ALL: &[$crate::Behaviour] = &[$((stringify!($name), |bench| Box::pin($name(bench)))),+];
    };
}

const ALL: &[&[Behaviour]] = &[work::ALL, facts::ALL, audit::ALL, people::ALL, outbox::ALL];

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap()
}

fn walk(url: impl Fn(&str) -> String) {
    let runtime = runtime();
    for (name, behaviour) in ALL.iter().copied().flatten() {
        println!("{name}");
        let url = url(name);
        runtime.block_on(async {
            let store = Store::open(&url, keys(&["k1"])).await.unwrap();
            let raw = Database::connect(&url).await.unwrap();
            behaviour(Bench { store, raw, url }).await;
        });
    }
}

#[test]
fn sqlite_keeps_every_promise() {
    let folder = tempfile::tempdir().unwrap();
    walk(|name| format!("sqlite:{}?mode=rwc", folder.path().join(name).display()));
}

#[test]
fn postgresql_keeps_every_promise() {
    let server = postgres::Server::start();
    walk(|name| {
        server.create(name);
        server.url(name)
    });
}

/// Keys of these identities, each of one digit over and over.
pub fn keys(ids: &[&str]) -> Keys {
    let lines: Vec<String> = ids.iter().map(|id| format!("{id}:{}", id[id.len() - 1..].repeat(64))).collect();
    Keys::parse(&lines.join("\n")).unwrap()
}

pub fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub fn at(text: &str) -> Moment {
    Moment::parse(text).unwrap()
}

pub fn by(staff: &str) -> Stamp<'_> {
    Stamp { by: staff, at: at("2026-11-20 09:00") }
}

pub fn stored(saved: Saved) -> i64 {
    match saved {
        Saved::Stored { version } => version,
        Saved::Conflict(conflict) => panic!("{conflict:?}"),
    }
}

/// An open case of a customer of the same number, owned by S1 in the branch HQ/.
pub fn case(number: u32) -> CaseRow {
    CaseRow {
        case_id: format!("C{number}"),
        customer_id: format!("U{number}"),
        branch_id: "HQ".to_owned(),
        branch_path: "HQ/".to_owned(),
        owner_id: "S1".to_owned(),
        team_id: None,
        agency_id: None,
        state: "open".to_owned(),
        rank: i64::from(number),
        next_on: Some(day("2026-11-21")),
        closed_on: None,
    }
}
