//! Cases, contacts, promises, clocks, approvals; editors who meet; commands and chunks done once.

use crate::{Bench, at, by, case, day, stored};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use store::*;

crate::behaviours! {
    a_row_comes_back_as_it_was_kept, the_second_editor_is_told_what_changed, a_night_keeps_many_at_once, a_dropped_command_leaves_nothing,
    a_queue_comes_in_order_page_by_page, a_list_is_ordered_by_bytes, a_strange_cursor_finds_nothing,
    a_subtree_holds_what_is_below_it_and_moves, a_customer_has_one_open_case, a_command_is_done_once,
    two_of_one_command_at_a_moment_are_done_once, a_chunk_is_applied_once, the_history_of_a_debtor_is_everybodys,
    who_holds_a_debtor_is_alone, dues_come_by_day, approvals_wait_for_who_decides,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Body {
    goal: String,
    amount_fen: i64,
}

fn body(goal: &str, amount_fen: i64) -> Body {
    Body { goal: goal.to_owned(), amount_fen }
}

fn ids<T>(page: &Page<Kept<CaseRow, T>>) -> Vec<&str> {
    page.rows.iter().map(|kept| kept.row.case_id.as_str()).collect()
}

async fn keep(store: &Store, cases: &[CaseRow]) {
    let tx = store.begin().await.unwrap();
    for case in cases {
        stored(tx.save(case, &json!({}), 0, by("S1")).await.unwrap());
    }
    tx.commit().await.unwrap();
}

async fn a_row_comes_back_as_it_was_kept(Bench { store, .. }: Bench) {
    let full = CaseRow { team_id: Some("T1".into()), agency_id: Some("A1".into()), closed_on: Some(day("2026-12-31")), rank: -7, ..case(1) };
    let tx = store.begin().await.unwrap();
    for (row, body) in [(&full, body("settle \u{8fd8}", i64::MAX)), (&case(2), body("", 0))] {
        assert_eq!(stored(tx.save(row, &body, 0, by("S1")).await.unwrap()), 1);
        let kept: Kept<CaseRow, Body> = tx.load(&row.case_id).await.unwrap().unwrap();
        assert_eq!(kept, Kept { row: row.clone(), body, version: 1, changed_by: "S1".into(), changed_at: at("2026-11-20 09:00") });
    }
    tx.commit().await.unwrap();
    assert_eq!(store.load::<CaseRow, Body>("C1").await.unwrap().unwrap().row, full);
    assert_eq!(store.load::<CaseRow, Body>("C3").await.unwrap(), None);
}

async fn the_second_editor_is_told_what_changed(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    stored(tx.save(&case(1), &body("settle", 100), 0, by("S1")).await.unwrap());
    tx.commit().await.unwrap();

    let first = store.begin().await.unwrap();
    let later = Stamp { by: "S2", at: at("2026-11-20 10:30") };
    assert_eq!(stored(first.save(&case(1), &body("settle", 200), 1, later).await.unwrap()), 2);
    first.commit().await.unwrap();

    let second = store.begin().await.unwrap();
    let moved = CaseRow { rank: 9, ..case(1) };
    let conflict = |fields: &[&str]| {
        let fields = fields.iter().map(|field| (*field).to_owned()).collect();
        Saved::Conflict(Conflict { version: 2, changed_by: "S2".into(), changed_at: at("2026-11-20 10:30"), fields })
    };
    assert_eq!(second.save(&moved, &body("settle", 100), 1, by("S3")).await.unwrap(), conflict(&["amount_fen", "rank"]));
    assert_eq!(second.save(&case(1), &body("settle", 200), 1, by("S3")).await.unwrap(), conflict(&[]));
    assert_eq!(second.save(&case(1), &json!({"goal": "settle"}), 0, by("S3")).await.unwrap(), conflict(&["amount_fen"]));
    let nobody = second.save(&case(8), &body("settle", 1), 1, by("S3")).await;
    assert!(nobody.is_err(), "nothing stands there to be changed");
    drop(second);
    let kept: Kept<CaseRow, Body> = store.load("C1").await.unwrap().unwrap();
    assert_eq!((kept.row, kept.body, kept.version), (case(1), body("settle", 200), 2));
}

async fn a_dropped_command_leaves_nothing(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    stored(tx.save(&case(1), &json!({}), 0, by("S1")).await.unwrap());
    drop(tx);
    assert_eq!(store.load::<CaseRow, Value>("C1").await.unwrap(), None);
    keep(&store, &[case(1)]).await;
}

async fn a_queue_comes_in_order_page_by_page(Bench { store, .. }: Bench) {
    let closed = CaseRow { closed_on: Some(day("2026-11-19")), ..case(3) };
    let other = CaseRow { owner_id: "S2".into(), ..case(4) };
    let tied = CaseRow { rank: 6, ..case(5) };
    keep(&store, &[case(7), tied, case(2), closed, other, case(6), case(1)]).await;
    let first = store.case_queue::<Value>("S1", None, 2).await.unwrap();
    assert_eq!(ids(&first), ["C1", "C2"]);
    // What comes and goes between two pages neither repeats nor hides a row.
    keep(&store, &[CaseRow { rank: 0, ..case(9) }]).await;
    let next = Cursor::parse(&first.next.unwrap().text()).unwrap();
    let second = store.case_queue::<Value>("S1", Some(&next), 2).await.unwrap();
    assert_eq!(ids(&second), ["C5", "C6"]);
    let third = store.case_queue::<Value>("S1", second.next.as_ref(), 2).await.unwrap();
    assert_eq!((ids(&third), &third.next), (vec!["C7"], &None));
    // A page may go on behind any row of another.
    let behind = store.case_queue::<Value>("S1", second.after(0).as_ref(), 1).await.unwrap();
    assert_eq!((ids(&behind), third.after(0)), (vec!["C6"], None));
    let nobodys = store.case_queue::<Value>("S3", None, 2).await.unwrap();
    assert_eq!((nobodys.rows.len(), nobodys.next), (0, None));
}

async fn a_list_is_ordered_by_bytes(Bench { store, .. }: Bench) {
    let named = |number, name: &str| CaseRow { case_id: name.to_owned(), rank: 1, ..case(number) };
    keep(&store, &[named(1, "b"), named(2, "B"), named(3, "\u{e9}"), named(4, "a-1"), named(5, "a1"), named(6, "_")]).await;
    let page = store.case_queue::<Value>("S1", None, 10).await.unwrap();
    assert_eq!(ids(&page), ["B", "_", "a-1", "a1", "b", "\u{e9}"]);
}

async fn a_strange_cursor_finds_nothing(Bench { store, .. }: Bench) {
    keep(&store, &[case(1), case(2)]).await;
    let ours = store.case_queue::<Value>("S1", None, 1).await.unwrap().next.unwrap();
    let page = store.contact_of_case::<Value>("C1", Some(&ours), 1).await.unwrap();
    assert_eq!((page.rows.len(), page.next), (0, None));
    for text in ["", "zz", "5b5d5", "7b7d"] {
        assert_eq!(Cursor::parse(text), None, "{text}");
    }
}

async fn a_subtree_holds_what_is_below_it_and_moves(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    for path in ["HQ/", "HQ/E/", "HQ/E/\u{4e1c}/", "HQ/EAST/", "HQ/W/"] {
        let branch_id = path.trim_end_matches('/').rsplit('/').next().unwrap().to_owned();
        stored(tx.save(&BranchRow { branch_id, path: path.to_owned() }, &json!({}), 0, by("S1")).await.unwrap());
    }
    tx.commit().await.unwrap();
    let of = |number, path: &str| CaseRow { branch_path: path.to_owned(), ..case(number) };
    keep(&store, &[of(1, "HQ/W/"), of(4, "HQ/E/"), of(3, "HQ/E/"), of(2, "HQ/E/\u{4e1c}/"), of(5, "HQ/EAST/")]).await;
    let subtree = async |path: &str| {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = store.case_subtree::<Value>(path, after.as_ref(), 2).await.unwrap();
            found.extend(page.rows.into_iter().map(|kept| kept.row.case_id));
            after = page.next;
            if after.is_none() {
                return found.join(" ");
            }
        }
    };
    assert_eq!(subtree("HQ/E/").await, "C3 C4 C2");
    assert_eq!(subtree("HQ/").await, "C3 C4 C2 C5 C1");
    let wide = store.case_subtree::<Value>("HQ/", None, 1).await.unwrap().next;
    let narrow = store.case_subtree::<Value>("HQ/W/", wide.as_ref(), 9).await.unwrap();
    assert_eq!(ids(&narrow), ["C1"], "a cursor does not widen what may be seen");
    let tx = store.begin().await.unwrap();
    tx.branch_move("HQ/E/", "HQ/W/E/").await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(subtree("HQ/W/").await, "C1 C3 C4 C2");
    assert_eq!(subtree("HQ/E/").await, "");
    let branches = store.branch_subtree::<Value>("HQ/W/", None, 9).await.unwrap();
    let paths: Vec<&str> = branches.rows.iter().map(|kept| kept.row.path.as_str()).collect();
    assert_eq!(paths, ["HQ/W/", "HQ/W/E/", "HQ/W/E/\u{4e1c}/"]);
}

async fn a_night_keeps_many_at_once(Bench { store, .. }: Bench) {
    // More than go into one statement: odd ones stand already, and somebody has changed case 7 since it was read.
    let bodies: Vec<Body> = (0..450).map(|number| body("settle", number)).collect();
    let tx = store.begin().await.unwrap();
    for number in (1..450).step_by(2) {
        stored(tx.save(&case(number), &body("new", 0), 0, by("S1")).await.unwrap());
    }
    stored(tx.save(&case(7), &body("other", 7), 1, by("S2")).await.unwrap());
    let over = |number: u32| i64::from(number % 2);
    let change = |(number, body)| Change { row: CaseRow { rank: i64::from(number) * 10, ..case(number) }, body, over: over(number) };
    let saved = tx.save_all(&(0..).zip(&bodies).map(change).collect::<Vec<_>>(), by("S3")).await.unwrap();
    for (number, saved) in (0..).zip(saved) {
        match (number, saved) {
            (7, Saved::Conflict(conflict)) => {
                assert_eq!((conflict.version, conflict.changed_by.as_str()), (2, "S2"));
                assert_eq!(conflict.fields, ["goal", "rank"]);
            }
            (number, saved) => assert_eq!(saved, Saved::Stored { version: over(number) + 1 }),
        }
    }
    for (number, body) in (0..).zip(&bodies) {
        let kept: Kept<CaseRow, Body> = tx.load(&format!("C{number}")).await.unwrap().unwrap();
        let expected = if number == 7 { (2, 7, self::body("other", 7)) } else { (over(number) + 1, i64::from(number) * 10, body.clone()) };
        assert_eq!((kept.version, kept.row.rank, kept.body), expected);
    }
    let fact = |number: i64| ContactRow {
        contact_id: format!("K{number}"), customer_id: "U1".into(), case_id: "C1".into(), person_id: "U1".into(), staff_id: "S1".into(),
        agency_id: None, contact_at: at("2026-11-20 09:00"),
    };
    let twice = [1, 2].map(|number| Change { row: fact(number), body: &bodies[0], over: 0 });
    tx.save_all(&twice, by("S1")).await.unwrap();
    let again = tx.save_all(&twice[1..], by("S1")).await.unwrap();
    assert!(matches!(again[..], [Saved::Conflict(_)]), "a fact stands as it was kept first");
    let over_a_fact = [Change { over: 1, ..twice[0].clone() }];
    assert!(tx.save_all(&over_a_fact, by("S1")).await.is_err(), "a fact is not saved over");
}

async fn a_customer_has_one_open_case(Bench { store, .. }: Bench) {
    keep(&store, &[CaseRow { closed_on: Some(day("2026-01-01")), ..case(1) }]).await;
    assert_eq!(store.case_open::<Value>("U1").await.unwrap(), None);
    let again = CaseRow { case_id: "C1b".into(), ..case(1) };
    keep(&store, std::slice::from_ref(&again)).await;
    assert_eq!(store.case_open::<Value>("U1").await.unwrap().unwrap().row, again);
    let tx = store.begin().await.unwrap();
    let third = tx.save(&CaseRow { case_id: "C1c".into(), ..case(1) }, &json!({}), 0, by("S1")).await;
    assert!(third.is_err(), "two open cases of one customer");
    drop(tx);
    assert_eq!(ids(&store.case_of_customer::<Value>("U1", None, 9).await.unwrap()), ["C1", "C1b"]);

    let tx = store.begin().await.unwrap();
    tx.case_loans_set(&[("C1b", &["L2", "L1"])]).await.unwrap();
    tx.case_loans_set(&[("C1", &["L1"])]).await.unwrap();
    tx.case_loans_set(&[("C1b", &["L3", "L1"])]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(store.case_loans("C1b").await.unwrap(), ["L1", "L3"]);
    assert_eq!(store.case_of_loan("L1").await.unwrap(), ["C1", "C1b"]);
    assert_eq!(store.case_of_loan("L2").await.unwrap(), Vec::<String>::new());
}

async fn a_command_is_done_once(Bench { store, .. }: Bench) {
    let refused = store.begin().await.unwrap();
    assert_eq!(refused.once::<i64>("K1", "input", by("S1")).await.unwrap(), Once::First);
    drop(refused);
    let first = store.begin().await.unwrap();
    assert_eq!(first.once::<i64>("K1", "input", by("S1")).await.unwrap(), Once::First);
    first.once_result("K1", &42, by("S1")).await.unwrap();
    first.commit().await.unwrap();
    let again = store.begin().await.unwrap();
    assert_eq!(again.once::<i64>("K1", "input", by("S1")).await.unwrap(), Once::Again(42));
    assert_eq!(again.once::<i64>("K1", "another", by("S1")).await.unwrap(), Once::OtherInput);
    assert_eq!(again.once::<i64>("K1", "another", by("S2")).await.unwrap(), Once::First);
    assert_eq!(again.once::<i64>("K2", "another", by("S1")).await.unwrap(), Once::First);
}

async fn two_of_one_command_at_a_moment_are_done_once(Bench { store, .. }: Bench) {
    let tasks: Vec<_> = (0..8)
        .map(|number: i64| {
            let store = store.clone();
            tokio::spawn(async move {
                let tx = store.begin().await.unwrap();
                match tx.once("K1", "input", by("S1")).await.unwrap() {
                    Once::First => {
                        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
                        tx.once_result("K1", &number, by("S1")).await.unwrap();
                        tx.commit().await.unwrap();
                        (1, number)
                    }
                    Once::Again(result) => (0, result),
                    Once::OtherInput => panic!("the input is the same"),
                }
            })
        })
        .collect();
    let mut results = Vec::new();
    for task in tasks {
        results.push(task.await.unwrap());
    }
    assert_eq!(results.iter().map(|(first, _)| first).sum::<i64>(), 1);
    assert!(results.iter().all(|(_, result)| *result == results[0].1), "{results:?}");
}

async fn a_chunk_is_applied_once(Bench { store, .. }: Bench) {
    let key = |step: &str, shard| ChunkKey { business_date: day("2026-11-20"), step: step.to_owned(), shard };
    let now = at("2026-11-21 02:00");
    let killed = store.chunk_begin(&key("cases", 0), now).await.unwrap();
    let Chunk::Open(tx) = killed else { panic!("new") };
    stored(tx.save(&case(1), &json!({}), 0, by("night")).await.unwrap());
    drop(tx);
    for expect in ["applied", "already"] {
        match store.chunk_begin(&key("cases", 0), now).await.unwrap() {
            Chunk::Open(tx) => {
                assert_eq!(expect, "applied");
                stored(tx.save(&case(1), &json!({}), 0, by("night")).await.unwrap());
                tx.commit().await.unwrap();
            }
            Chunk::AlreadyApplied => assert_eq!(expect, "already"),
        }
    }
    let Chunk::Open(other) = store.chunk_begin(&key("cases", 1), now).await.unwrap() else { panic!("another shard") };
    other.commit().await.unwrap();
    assert_eq!(store.chunks_applied(day("2026-11-20")).await.unwrap(), [key("cases", 0), key("cases", 1)]);
    assert_eq!(store.chunks_applied(day("2026-11-21")).await.unwrap(), []);
}

fn contact(number: u32, staff: &str, agency: Option<&str>, moment: &str) -> ContactRow {
    ContactRow {
        contact_id: format!("K{number}"),
        customer_id: "U1".into(),
        case_id: "C1".into(),
        person_id: "U1".into(),
        staff_id: staff.into(),
        agency_id: agency.map(str::to_owned),
        contact_at: at(moment),
    }
}

async fn the_history_of_a_debtor_is_everybodys(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    let contacts = [
        contact(1, "S1", None, "2026-11-19 10:00"),
        contact(2, "S2", Some("A1"), "2026-11-20 08:00"),
        contact(3, "S1", None, "2026-11-20 07:59:59"),
        contact(4, "S3", Some("A2"), "2026-11-20 23:59:59"),
        contact(5, "S1", None, "2026-11-21 00:00"),
        ContactRow { customer_id: "U2".into(), case_id: "C2".into(), ..contact(6, "S1", None, "2026-11-20 12:00") },
    ];
    for row in &contacts {
        stored(tx.save(row, &json!({"contact": {}, "gate": "allowed"}), 0, by(&row.staff_id)).await.unwrap());
    }
    tx.commit().await.unwrap();
    let names = |rows: &[Kept<ContactRow, Value>]| rows.iter().map(|kept| kept.row.contact_id.clone()).collect::<Vec<_>>().join(" ");
    let day = store.contact_history("U1", at("2026-11-20 00:00"), at("2026-11-21 00:00")).await.unwrap();
    assert_eq!(names(&day), "K3 K2 K4");
    let day = store.contact_histories(&["U2", "U9", "U1"], at("2026-11-20 00:00"), at("2026-11-21 00:00")).await.unwrap();
    assert_eq!(names(&day), "K3 K2 K4 K6");
    let page = store.contact_of_case("C1", None, 2).await.unwrap();
    assert_eq!(names(&page.rows), "K5 K4");
    let page = store.contact_of_case("C1", page.next.as_ref(), 9).await.unwrap();
    assert_eq!(names(&page.rows), "K2 K3 K1");
    assert_eq!(names(&store.contact_of_staff("S1", None, 9).await.unwrap().rows), "K5 K6 K3 K1");
}

/// Twenty people ask at one moment whether a third contact of the day is allowed.
async fn who_holds_a_debtor_is_alone(Bench { store, .. }: Bench) {
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move {
                let tx = store.begin().await.unwrap();
                tx.debtor_hold("U1").await.unwrap();
                let (from, until) = (at("2026-11-20 00:00"), at("2026-11-21 00:00"));
                if tx.contact_history::<Value>("U1", from, until).await.unwrap().len() < 3 {
                    let row = contact(number, "S1", None, "2026-11-20 10:00");
                    stored(tx.save(&row, &json!({}), 0, by("S1")).await.unwrap());
                    tx.commit().await.unwrap();
                }
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(store.contact_of_customer::<Value>("U1", None, 99).await.unwrap().rows.len(), 3);
}

async fn dues_come_by_day(Bench { store, .. }: Bench) {
    let tx = store.begin().await.unwrap();
    let promise = |number: u32, due_on: &str, settled: Option<&str>| PromiseRow {
        promise_id: format!("P{number}"),
        case_id: "C1".into(),
        customer_id: "U1".into(),
        due_on: day(due_on),
        state: "made".into(),
        settled_on: settled.map(day),
    };
    for row in [
        promise(1, "2026-11-21", None),
        promise(2, "2026-11-19", None),
        promise(3, "2026-11-20", Some("2026-11-20")),
        promise(4, "2026-11-20", None),
    ] {
        stored(tx.save(&row, &json!({}), 0, by("S1")).await.unwrap());
    }
    let clock = |number: u32, owner: &str, state: &str, last_day: &str| ClockRow {
        clock_id: format!("K{number}"),
        claim_id: "L1".into(),
        customer_id: "U1".into(),
        case_id: None,
        owner_id: owner.into(),
        kind: "limitation".into(),
        state: state.into(),
        last_day: day(last_day),
    };
    for row in [
        clock(1, "S1", "running", "2027-01-02"),
        clock(2, "S2", "running", "2026-12-01"),
        clock(3, "S1", "lapsed", "2026-01-01"),
        clock(4, "S1", "running", "2026-11-30"),
    ] {
        stored(tx.save(&row, &json!({}), 0, by("night")).await.unwrap());
    }
    tx.commit().await.unwrap();
    let due = store.promise_due::<Value>(day("2026-11-20"), None, 9).await.unwrap();
    assert_eq!(due.rows.iter().map(|kept| kept.row.promise_id.as_str()).collect::<Vec<_>>(), ["P2", "P4"]);
    let on = store.promise_on::<Value>(day("2026-11-20"), None, 9).await.unwrap();
    assert_eq!(on.rows.iter().map(|kept| kept.row.promise_id.as_str()).collect::<Vec<_>>(), ["P3", "P4"]);
    let names = |page: Page<Kept<ClockRow, Value>>| page.rows.into_iter().map(|kept| kept.row.clock_id).collect::<Vec<_>>().join(" ");
    assert_eq!(names(store.clock_by_last_day("running", None, 9).await.unwrap()), "K4 K2 K1");
    assert_eq!(names(store.clock_of_owner("S1", "running", None, 9).await.unwrap()), "K4 K1");
    assert_eq!(names(store.clock_of_claim("L1", None, 9).await.unwrap()), "K3 K4 K2 K1");
}

async fn approvals_wait_for_who_decides(Bench { store, .. }: Bench) {
    let approval = |number: u32, asked_at: &str| ApprovalRow {
        approval_id: format!("A{number}"),
        kind: "waiver".into(),
        maker_id: "S1".into(),
        subject: "case/C1".into(),
        state: "waiting".into(),
        asked_at: at(asked_at),
    };
    let waiting = async |staff: &str| {
        let page = store.approval_waiting::<Value>(staff, None, 9).await.unwrap();
        page.rows.into_iter().map(|kept| kept.row.approval_id).collect::<Vec<_>>().join(" ")
    };
    let tx = store.begin().await.unwrap();
    for (row, deciders) in [
        (approval(1, "2026-11-20 10:00"), &["S2", "S3"][..]),
        (approval(2, "2026-11-20 09:00"), &["S2"]),
        (approval(3, "2026-11-20 08:00"), &["S3"]),
    ] {
        stored(tx.save(&row, &json!({}), 0, by("S1")).await.unwrap());
        tx.approval_deciders_set(&row.approval_id, deciders).await.unwrap();
    }
    tx.commit().await.unwrap();
    assert_eq!((waiting("S2").await.as_str(), waiting("S3").await.as_str(), waiting("S1").await.as_str()), ("A2 A1", "A3 A1", ""));
    let tx = store.begin().await.unwrap();
    tx.approval_deciders_set("A1", &[]).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!((waiting("S2").await.as_str(), waiting("S3").await.as_str()), ("A2", "A3"));
}
