//! Staff who sign in, and personal data: found without being readable, rotated, erased.

use crate::{Bench, at, by, day, keys, stored};
use sea_orm::{ConnectionTrait, Statement};
use serde_json::{Value, json};
use store::access::{AttemptOutcome, Secret};
use store::*;

crate::behaviours! {
    attempts_come_in_order, sessions_open_and_close, what_was_granted_is_found, a_token_is_found_by_its_hash_until_revoked,
    a_person_is_found_by_what_belongs_to_them, keys_change_while_people_are_found, a_lost_key_is_a_fault,
    what_people_write_is_sealed_and_follows_the_keys,
}

async fn attempts_come_in_order(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    for (account, moment, outcome) in [
        ("s1", "2026-11-20 10:00", AttemptOutcome::Succeeded),
        ("s1", "2026-11-20 09:00", AttemptOutcome::Failed),
        ("s1", "2026-11-20 09:00", AttemptOutcome::Failed),
        ("s2", "2026-11-20 09:30", AttemptOutcome::Failed),
        ("s1", "2026-11-20 11:00", AttemptOutcome::Unlocked),
    ] {
        tx.sign_in_attempt_add(account, at(moment), outcome).await.unwrap();
    }
    tx.commit().await.unwrap();
    use AttemptOutcome::*;
    let outcomes = async |since: &str| {
        let attempts = store.sign_in_attempts("s1", at(since)).await.unwrap();
        attempts.into_iter().map(|(_, outcome)| outcome).collect::<Vec<_>>()
    };
    assert_eq!(outcomes("2026-11-20 09:00").await, [Failed, Failed, Succeeded, Unlocked]);
    assert_eq!(outcomes("2026-11-20 09:00:01").await, [Succeeded, Unlocked]);
}

async fn sessions_open_and_close(Bench { store, .. }: Bench) {
    let session = |secret: &Secret, staff: &str| SessionRow {
        session_hash: secret.hash.clone(),
        staff_id: staff.into(),
        opened_at: at("2026-11-20 09:00"),
        seen_at: at("2026-11-20 09:00"),
        expires_at: at("2026-11-20 21:00"),
        closed_at: None,
    };
    let (one, two, other) = (Secret::fresh(), Secret::fresh(), Secret::fresh());
    let tx = store.begin().await.unwrap();
    for row in [session(&one, "S1"), session(&two, "S1"), session(&other, "S2")] {
        stored(tx.save(&row, &json!({}), 0, by("S1")).await.unwrap());
    }
    tx.session_seen(&one.hash, at("2026-11-20 09:05")).await.unwrap();
    tx.commit().await.unwrap();
    let kept: Kept<SessionRow, Value> = store.load(&Secret::hash_of(&one.token)).await.unwrap().unwrap();
    assert_eq!((kept.row.seen_at, kept.version), (at("2026-11-20 09:05"), 1));
    assert_eq!(store.load::<SessionRow, Value>(&one.token).await.unwrap(), None, "the token itself is nowhere");
    assert_eq!(store.session_of_staff::<Value>("S1", None, 9).await.unwrap().rows.len(), 2);
    let tx = store.begin().await.unwrap();
    assert_eq!(tx.session_close_all("S1", at("2026-11-20 12:00")).await.unwrap(), 2);
    assert_eq!(tx.session_close_all("S1", at("2026-11-20 12:01")).await.unwrap(), 0);
    tx.commit().await.unwrap();
    assert_eq!(store.session_of_staff::<Value>("S1", None, 9).await.unwrap().rows.len(), 0);
    assert_eq!(store.session_of_staff::<Value>("S2", None, 9).await.unwrap().rows.len(), 1);
}

async fn what_was_granted_is_found(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    let staff = StaffRow { staff_id: "S1".into(), branch_id: "B1".into(), team_id: None, agency_id: None, state: "active".into() };
    stored(tx.save(&staff, &json!({}), 0, by("admin")).await.unwrap());
    let role = RoleRow {
        role_assignment_id: "R1".into(),
        staff_id: "S1".into(),
        role: "collector".into(),
        branch_id: Some("B1".into()),
        from_on: day("2026-01-01"),
        until_on: None,
    };
    stored(tx.save(&role, &json!({}), 0, by("admin")).await.unwrap());
    let lent = |number: u32, until: &str| DelegationRow {
        delegation_id: format!("D{number}"),
        from_staff_id: "S2".into(),
        to_staff_id: "S1".into(),
        from_on: day("2026-01-01"),
        until_on: day(until),
    };
    for row in [lent(1, "2026-12-31"), lent(2, "2026-06-30")] {
        stored(tx.save(&row, &json!({}), 0, by("S2")).await.unwrap());
    }
    tx.commit().await.unwrap();
    assert_eq!(store.staff_of_branch::<Value>("B1", None, 9).await.unwrap().rows[0].row, staff);
    assert_eq!(store.role_of_staff::<Value>("S1", None, 9).await.unwrap().rows[0].row, role);
    let delegations = store.delegation_to::<Value>("S1", None, 9).await.unwrap().rows;
    assert_eq!(delegations.iter().map(|kept| kept.row.delegation_id.as_str()).collect::<Vec<_>>(), ["D2", "D1"]);
}

async fn a_token_is_found_by_its_hash_until_revoked(Bench { store, .. }: Bench) {
    let secret = Secret::fresh();
    let mut row = ApiTokenRow { token_hash: secret.hash.clone(), staff_id: "S1".into(), expires_at: None, revoked_at: None };
    let tx = store.begin().await.unwrap();
    stored(tx.save(&row, &json!({"scope": ["case_view"]}), 0, by("S1")).await.unwrap());
    row.revoked_at = Some(at("2026-11-20 12:00"));
    stored(tx.save(&row, &json!({"scope": ["case_view"]}), 1, by("S1")).await.unwrap());
    tx.commit().await.unwrap();
    let kept: Kept<ApiTokenRow, Value> = store.load(&Secret::hash_of(&secret.token)).await.unwrap().unwrap();
    assert_eq!((kept.row, kept.body), (row, json!({"scope": ["case_view"]})));
    assert_eq!(store.api_token_of_staff::<Value>("S1", None, 9).await.unwrap().rows.len(), 1);
}

async fn fill(store: &Store) {
    let tx = store.begin().await.unwrap();
    for (person, name, id_number, phones) in [
        ("U1", "Wang Wu", "11010119900307123x", &["138 0000 1234", "010-65001234"][..]),
        ("U2", "Wang  Wu", "110101199003071111", &["+8613900001234"]),
    ] {
        tx.personal_set(person, FieldKind::Name, &[name]).await.unwrap();
        tx.personal_set(person, FieldKind::IdNumber, &[id_number]).await.unwrap();
        tx.personal_set(person, FieldKind::Phone, phones).await.unwrap();
        tx.personal_set(person, FieldKind::Address, &["1 Chang'an Avenue"]).await.unwrap();
    }
    tx.commit().await.unwrap();
}

async fn check_found(store: &Store) {
    let check = async |kind, value: &str, expect: &[&str]| {
        assert_eq!(store.personal_find(kind, value, 9).await.unwrap(), expect, "{value}");
    };
    check(FieldKind::Name, "WangWu", &["U1", "U2"]).await;
    check(FieldKind::Name, "Wang", &[]).await;
    check(FieldKind::IdNumber, "11010119900307123X", &["U1"]).await;
    check(FieldKind::Phone, "13800001234", &["U1"]).await;
    check(FieldKind::Phone, "13900001234", &["U2"]).await;
    check(FieldKind::Phone, "11010119900307123X", &[]).await;
    check(FieldKind::Address, "1 Chang'an Avenue", &[]).await;
    let tail = async |kind, value: &str, limit, expect: &[&str]| {
        assert_eq!(store.personal_find_tail(kind, value, limit).await.unwrap(), expect, "{value}");
    };
    tail(FieldKind::Phone, "1234", 9, &["U1", "U2"]).await;
    tail(FieldKind::Phone, "1234", 1, &["U1"]).await;
    tail(FieldKind::IdNumber, "123x", 9, &["U1"]).await;
    tail(FieldKind::Name, "WangWu", 9, &[]).await;
}

async fn a_person_is_found_by_what_belongs_to_them(Bench { store, .. }: Bench) {
    fill(&store).await;
    check_found(&store).await;
    let known = store.personal("U1").await.unwrap();
    let known: Vec<(&str, i64, &str)> = known.iter().map(|field| (field.kind.code(), field.position, field.value.as_str())).collect();
    let expect = [
        ("address", 0, "1 Chang'an Avenue"),
        ("id_number", 0, "11010119900307123x"),
        ("name", 0, "Wang Wu"),
        ("phone", 0, "138 0000 1234"),
        ("phone", 1, "010-65001234"),
    ];
    assert_eq!(known, expect);
    let tx = store.begin().await.unwrap();
    tx.personal_set("U1", FieldKind::Phone, &["13700000000"]).await.unwrap();
    assert_eq!(tx.personal_erase("U2").await.unwrap(), 4);
    tx.commit().await.unwrap();
    assert_eq!(store.personal_find(FieldKind::Phone, "13800001234", 9).await.unwrap(), Vec::<String>::new());
    assert_eq!(store.personal_find_tail(FieldKind::Phone, "1234", 9).await.unwrap(), Vec::<String>::new());
    assert!(store.personal("U2").await.unwrap().is_empty());
}

async fn keys_change_while_people_are_found(Bench { store, url, .. }: Bench) {
    fill(&store).await;
    let both = Store::open(&url, keys(&["k1", "k2"])).await.unwrap();
    check_found(&both).await;
    let tx = both.begin().await.unwrap();
    tx.personal_set("U1", FieldKind::Name, &["Wang Wu"]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(both.personal_keys().await.unwrap(), [("k1".to_owned(), 8), ("k2".to_owned(), 1)]);
    assert_eq!(both.personal_reencrypt(5).await.unwrap(), 5);
    check_found(&both).await;
    assert_eq!((both.personal_reencrypt(5).await.unwrap(), both.personal_reencrypt(5).await.unwrap()), (3, 0));
    assert_eq!(both.personal_keys().await.unwrap(), [("k2".to_owned(), 9)]);
    let new = Store::open(&url, keys(&["k2"])).await.unwrap();
    check_found(&new).await;
    assert_eq!(new.personal("U1").await.unwrap().len(), 5);
}

async fn a_lost_key_is_a_fault(Bench { store, url, .. }: Bench) {
    fill(&store).await;
    let other = Store::open(&url, keys(&["k2"])).await.unwrap();
    let fault = other.personal("U1").await.err().unwrap();
    let cause = std::error::Error::source(&fault).unwrap().to_string();
    assert!(cause.contains("the key k1"), "{cause}");
    assert!(other.personal_reencrypt(5).await.is_err());
    check_found(&store).await;
}

const SAID: &str = "told Wang Wu's brother of the debt";

fn complaint(number: u32) -> ComplaintRow {
    ComplaintRow {
        complaint_id: format!("T{number}"),
        customer_id: "U1".into(),
        case_id: None,
        kind: "complaint".into(),
        made_at: at("2026-11-20 10:00"),
        answer_due_on: day("2026-12-05"),
        resolved_on: None,
    }
}

async fn what_people_write_is_sealed_and_follows_the_keys(Bench { store, raw, url }: Bench) {
    let event = AuditEvent { why: SAID.into(), ..crate::audit::event(1) };
    let mut tx = store.begin().await.unwrap();
    stored(tx.save(&complaint(1), &json!({ "what": SAID }), 0, by("S1")).await.unwrap());
    stored(tx.save(&complaint(2), &json!({ "what": SAID }), 0, by("S1")).await.unwrap());
    let plan = HouseholdPlanRow {
        household_plan_version_id: HouseholdPlanRow::identity("H1", 1),
        household_plan_id: "H1".into(),
        number: 1,
        case_id: "C1".into(),
        review_on: day("2026-12-20"),
    };
    stored(tx.save(&plan, &json!({ "minutes": SAID }), 0, by("S1")).await.unwrap());
    assert_eq!(tx.once::<Value>("key", "digest", by("S1")).await.unwrap(), Once::First);
    tx.once_result("key", &SAID, by("S1")).await.unwrap();
    tx.audit(event.clone());
    tx.commit().await.unwrap();
    let in_the_clear = async |column: &str, table: &str| {
        let sql = format!("SELECT COUNT(*) AS found FROM {table} WHERE {column} LIKE '%brother%'");
        let row = raw.query_one_raw(Statement::from_string(raw.get_database_backend(), sql)).await.unwrap().unwrap();
        row.try_get::<i64>("", "found").unwrap()
    };
    for (column, table) in [("body", "complaint"), ("body", "household_plan"), ("result", "command"), ("why", "audit_event")] {
        assert_eq!(in_the_clear(column, table).await, 0, "{table}");
    }
    let read = async |store: &Store| {
        let kept: Kept<ComplaintRow, Value> = store.load("T1").await.unwrap().unwrap();
        assert_eq!((kept.body["what"].as_str(), kept.version), (Some(SAID), 1));
        let plans = store.household_plan_of_case::<Value>("C1", None, 9).await.unwrap();
        assert_eq!(plans.rows[0].body["minutes"], SAID);
        let tx = store.begin().await.unwrap();
        assert_eq!(tx.once::<String>("key", "digest", by("S1")).await.unwrap(), Once::Again(SAID.to_owned()));
        assert_eq!(store.audit_of_subject(&event.subject, None, 9).await.unwrap().rows[0].event, event);
        assert!(matches!(audit::verify(store).await.unwrap(), audit::Chain::Whole { events: 1, .. }));
    };
    read(&store).await;
    // Nobody passes one complaint off as another.
    raw.execute_unprepared("UPDATE complaint SET body = (SELECT body FROM complaint WHERE complaint_id = 'T1') WHERE complaint_id = 'T2'").await.unwrap();
    assert!(store.load::<ComplaintRow, Value>("T2").await.is_err());
    raw.execute_unprepared("DELETE FROM complaint WHERE complaint_id = 'T2'").await.unwrap();

    // A new key seals anew what may be rewritten; facts keep theirs, and say so.
    let both = Store::open(&url, keys(&["k1", "k2"])).await.unwrap();
    assert_eq!(both.personal_keys().await.unwrap(), [("k1".to_owned(), 4)]);
    assert_eq!((both.personal_reencrypt(1).await.unwrap(), both.personal_reencrypt(9).await.unwrap()), (1, 1));
    assert_eq!(both.personal_reencrypt(9).await.unwrap(), 0);
    assert_eq!(both.personal_keys().await.unwrap(), [("k1".to_owned(), 2), ("k2".to_owned(), 2)]);
    read(&both).await;
}
