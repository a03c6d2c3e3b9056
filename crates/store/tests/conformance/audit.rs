//! The chain of audit events: whole, whoever appends; broken where somebody meddled.

use crate::{Bench, at, by, case, stored};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use store::audit::{Breach, Chain, state_digest, verify};
use store::{AuditEvent, Store};

crate::behaviours! {
    a_chain_is_whole_whoever_appends, a_refused_command_is_not_in_the_chain, a_meddled_chain_names_the_event,
    what_was_done_is_found_by_subject_actor_and_time,
}

pub fn event(number: i64) -> AuditEvent {
    AuditEvent {
        happened_at: at("2026-11-20 10:00").plus_seconds(number),
        actor: format!("S{}", number % 2),
        action: "case_note".to_owned(),
        subject: format!("case/C{}", number % 3),
        why: "asked \"why\"\n".to_owned(),
        before_digest: None,
        after_digest: Some(state_digest(&number).unwrap()),
    }
}

async fn append(store: &Store, numbers: std::ops::Range<i64>) {
    let mut tx = store.begin().await.unwrap();
    numbers.for_each(|number| tx.audit(event(number)));
    tx.commit().await.unwrap();
}

async fn a_chain_is_whole_whoever_appends(Bench { store, .. }: Bench) {
    assert_eq!(verify(&store).await.unwrap(), Chain::Whole { events: 0, hash: String::new() });
    let tasks: Vec<_> = (0..12)
        .map(|task| {
            let store = store.clone();
            tokio::spawn(async move {
                for number in 0..5 {
                    append(&store, task * 10 + number..task * 10 + number + 2).await;
                    assert!(matches!(verify(&store).await.unwrap(), Chain::Whole { .. }), "while others append");
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let Chain::Whole { events, hash } = verify(&store).await.unwrap() else { panic!("broken") };
    assert_eq!(events, 120);
    assert_eq!(store.audit_hash_at(120).await.unwrap(), Some(hash));
    assert_eq!(store.audit_hash_at(121).await.unwrap(), None);
}

async fn a_refused_command_is_not_in_the_chain(Bench { store, .. }: Bench) {
    let mut tx = store.begin().await.unwrap();
    stored(tx.save(&case(1), &json!({}), 0, by("S1")).await.unwrap());
    tx.audit(event(1));
    drop(tx);
    append(&store, 2..3).await;
    assert!(matches!(verify(&store).await.unwrap(), Chain::Whole { events: 1, .. }));
}

async fn a_meddled_chain_names_the_event(Bench { store, raw, .. }: Bench) {
    append(&store, 1..8).await;
    let free = match raw.get_database_backend() {
        DbBackend::Postgres => vec!["DROP TRIGGER audit_event_stays ON audit_event"],
        _ => vec!["DROP TRIGGER audit_event_stays_update", "DROP TRIGGER audit_event_stays_delete"],
    };
    for statement in free {
        raw.execute_unprepared(statement).await.unwrap();
    }
    let check = async |meddle: &str, undo: &str, expect: Chain| {
        raw.execute_unprepared(meddle).await.unwrap();
        assert_eq!(verify(&store).await.unwrap(), expect, "{meddle}");
        raw.execute_unprepared(undo).await.unwrap();
        assert!(matches!(verify(&store).await.unwrap(), Chain::Whole { events: 7, .. }), "{undo}");
    };
    let broken = |sequence, breach| Chain::Broken { sequence, breach };
    for (column, other) in [("actor", "S9"), ("why", "because"), ("subject", "case/C9"), ("action", "x"), ("happened_at", "2026-11-21 10:00:00")] {
        let keep = format!("CREATE TABLE kept AS SELECT sequence, {column} AS was FROM audit_event");
        raw.execute_unprepared(&keep).await.unwrap();
        let meddle = format!("UPDATE audit_event SET {column} = '{other}' WHERE sequence = 4");
        let undo = format!("UPDATE audit_event SET {column} = (SELECT was FROM kept WHERE sequence = 4) WHERE sequence = 4");
        check(&meddle, &undo, broken(4, Breach::Altered)).await;
        raw.execute_unprepared("DROP TABLE kept").await.unwrap();
    }
    let digest = "UPDATE audit_event SET before_digest = 'x' WHERE sequence = 1";
    check(digest, "UPDATE audit_event SET before_digest = NULL WHERE sequence = 1", broken(1, Breach::Altered)).await;
    let moved = "UPDATE audit_event SET sequence = 99 WHERE sequence = 5";
    check(moved, "UPDATE audit_event SET sequence = 5 WHERE sequence = 99", broken(5, Breach::Missing)).await;
    let last = "UPDATE audit_event SET sequence = 99 WHERE sequence = 7";
    check(last, "UPDATE audit_event SET sequence = 7 WHERE sequence = 99", broken(7, Breach::Missing)).await;
    let cut = "UPDATE chain_head SET sequence = 6 WHERE chain = 'audit'";
    check(cut, "UPDATE chain_head SET sequence = 7 WHERE chain = 'audit'", broken(7, Breach::EndDiffers)).await;
    let back = "UPDATE chain_head SET sequence = 6, hash = (SELECT hash FROM audit_event WHERE sequence = 6) WHERE chain = 'audit'";
    let on = "UPDATE chain_head SET sequence = 7, hash = (SELECT hash FROM audit_event WHERE sequence = 7) WHERE chain = 'audit'";
    check(back, on, broken(7, Breach::EndDiffers)).await;
    check("UPDATE chain_head SET hash = 'x' WHERE chain = 'audit'", on, broken(7, Breach::EndDiffers)).await;

    raw.execute_unprepared("DELETE FROM audit_event WHERE sequence >= 6").await.unwrap();
    assert_eq!(verify(&store).await.unwrap(), broken(6, Breach::Missing));
}

async fn what_was_done_is_found_by_subject_actor_and_time(Bench { store, .. }: Bench) {
    append(&store, 1..8).await;
    let found = |page: &store::Page<store::audit::AuditRecord>| page.rows.iter().map(|record| record.sequence).collect::<Vec<_>>();
    let page = store.audit_of_subject("case/C1", None, 2).await.unwrap();
    assert_eq!(found(&page), [7, 4]);
    assert_eq!(page.rows[0].event, event(7));
    assert_eq!(found(&store.audit_of_subject("case/C1", page.next.as_ref(), 2).await.unwrap()), [1]);
    assert_eq!(found(&store.audit_of_actor("S1", None, 9).await.unwrap()), [7, 5, 3, 1]);
    let (from, until) = (at("2026-11-20 10:00:02"), at("2026-11-20 10:00:06"));
    let page = store.audit_between(from, until, None, 3).await.unwrap();
    assert_eq!(found(&page), [5, 4, 3]);
    assert_eq!(found(&store.audit_between(from, until, page.next.as_ref(), 3).await.unwrap()), [2]);
}
