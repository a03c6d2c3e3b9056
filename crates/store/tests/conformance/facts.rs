//! What was said once stays said: the database itself refuses to change a fact.

use crate::{Bench, at, by, day, stored};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use store::access::AttemptOutcome;
use store::*;

crate::behaviours! { facts_are_neither_updated_nor_deleted, a_plan_keeps_its_versions }

const FACTS: &[&str] = &["audit_event", "clock_fact", "contact", "household_plan", "outbox_event", "sign_in_attempt", "unmask_grant"];

async fn one_of_each(store: &Store) {
    let mut tx = store.begin().await.unwrap();
    let now = at("2026-11-20 10:00");
    let (customer_id, person_id, case_id, staff_id) = ("U1".to_owned(), "U1".to_owned(), "C1".to_owned(), "S1".to_owned());
    let contact = ContactRow {
        contact_id: "K1".into(),
        customer_id,
        case_id: case_id.clone(),
        person_id: person_id.clone(),
        staff_id: staff_id.clone(),
        agency_id: None,
        contact_at: now,
    };
    stored(tx.save(&contact, &json!({}), 0, by("S1")).await.unwrap());
    let fact = ClockFactRow { clock_fact_id: "F1".into(), claim_id: "L1".into(), happened_on: day("2026-11-20") };
    stored(tx.save(&fact, &json!({}), 0, by("S1")).await.unwrap());
    let plan = HouseholdPlanRow {
        household_plan_version_id: HouseholdPlanRow::identity("H1", 1),
        household_plan_id: "H1".into(),
        number: 1,
        case_id,
        review_on: day("2026-12-20"),
    };
    stored(tx.save(&plan, &json!({}), 0, by("S1")).await.unwrap());
    let grant = UnmaskRow { unmask_grant_id: "G1".into(), staff_id, person_id, granted_at: now, expires_at: now.plus_seconds(900) };
    stored(tx.save(&grant, &json!({"purpose": "call"}), 0, by("S9")).await.unwrap());
    tx.sign_in_attempt_add("s1", now, AttemptOutcome::Failed).await.unwrap();
    tx.audit(crate::audit::event(1));
    tx.publish(OutboxEvent { happened_at: now, topic: "case.opened".into(), subject: "case/C1".into(), payload: json!({}) });
    tx.commit().await.unwrap();
}

async fn facts_are_neither_updated_nor_deleted(Bench { store, raw, .. }: Bench) {
    one_of_each(&store).await;
    for table in FACTS {
        let column = match *table {
            "audit_event" => "why",
            "outbox_event" => "payload",
            "sign_in_attempt" => "outcome",
            _ => "changed_by",
        };
        let mut changes = vec![format!("UPDATE {table} SET {column} = 'x'"), format!("DELETE FROM {table}")];
        if raw.get_database_backend() == DbBackend::Postgres {
            changes.push(format!("TRUNCATE {table} CASCADE"));
        }
        for change in changes {
            let refused = raw.execute_unprepared(&change).await;
            assert!(refused.is_err_and(|error| error.to_string().contains("are facts")), "{change}");
        }
    }
    let tx = store.begin().await.unwrap();
    let fact = ClockFactRow { clock_fact_id: "F1".into(), claim_id: "L2".into(), happened_on: day("2026-11-20") };
    assert!(tx.save(&fact, &json!({}), 1, by("S1")).await.is_err(), "a fact is not saved over");
    drop(tx);
    assert_eq!(store.unmask_of_staff::<serde_json::Value>("S1", at("2026-11-20 10:00"), None, 9).await.unwrap().rows.len(), 1);
    assert_eq!(store.unmask_of_staff::<serde_json::Value>("S1", at("2026-11-20 10:01"), None, 9).await.unwrap().rows.len(), 0);
}

async fn a_plan_keeps_its_versions(Bench { store, .. }: Bench) {
    let version = |number| HouseholdPlanRow {
        household_plan_version_id: HouseholdPlanRow::identity("H1", number),
        household_plan_id: "H1".into(),
        number,
        case_id: "C1".into(),
        review_on: day("2026-12-20"),
    };
    let tx = store.begin().await.unwrap();
    for number in [2, 1, 10] {
        stored(tx.save(&version(number), &json!({"goal": number}), 0, by("S1")).await.unwrap());
    }
    let Saved::Conflict(conflict) = tx.save(&version(10), &json!({"goal": 0}), 0, by("S2")).await.unwrap() else { panic!("kept") };
    assert_eq!((conflict.changed_by.as_str(), conflict.fields), ("S1", vec!["goal".to_owned()]));
    tx.commit().await.unwrap();
    let page = store.household_plan_of_case::<serde_json::Value>("C1", None, 9).await.unwrap();
    assert_eq!(page.rows.iter().map(|kept| kept.row.number).collect::<Vec<_>>(), [10, 2, 1]);
}
