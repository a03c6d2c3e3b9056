//! Two teams, two cases and a compliance officer.

use crate::browser::{House, PASSWORD};
use app::case_night::save_case;
use app::desk::{Call, Desk, stored};
use app::office::first_administrator;
use app::person::{PersonFile, Point, PointKind};
use app::staff::{Employee, Work, staff_add};
use app::workspace::workspace_init_demo;
use authority::{BranchLevel, BranchPath, Employment, Post, Role, Staff};
use casework::Relation;
use casework::case::Case;
use casework::contact_gate::PointSource;
use casework::strategy::{DebtorType, Skill};
use serde_json::json;
use store::{FieldKind, PersonRow, Stamp};
use units::Moment;

/// The desk at ten in the morning, in a demo where everybody enters with one click.
pub fn desk() -> House {
    let folder = tempfile::tempdir().unwrap();
    let at = Moment::parse("2026-11-20 10:00:00").unwrap();
    let open = workspace_init_demo(&folder.path().join("bank"), "cn-bank", "Bench").map_err(|no| format!("{no:?}")).unwrap();
    House::serve(folder, &open, at, async |desk: &Desk| people(desk, at).await).0
}

async fn people(desk: &Desk, at: Moment) {
    first_administrator(desk, "A0001", "A", PASSWORD, at).await.map_err(|no| format!("{no:?}")).unwrap();
    let call = Call { staff_id: "A0001".to_owned(), only: None, at, key: None };
    let posts = [
        ("C0001", Role::Collector, Some("T1")),
        ("C0002", Role::Collector, Some("T2")),
        ("C0003", Role::Collector, Some("T1")),
        ("L0001", Role::TeamLead, Some("T1")),
        ("O0001", Role::ComplianceOfficer, None),
    ];
    for (staff_id, role, team) in posts {
        let (branch, level, team_id) = (BranchPath::from_stored("H"), BranchLevel::HeadOffice, team.map(str::to_owned));
        let post = Post { role, branch, level, team_id, from: at.day(), until: None };
        let employment = Employment::Active;
        let staff = Staff { staff_id: staff_id.to_owned(), name: format!("N{staff_id}"), agency_id: None, employment, posts: vec![post] };
        let skills = vec![Skill::Negotiation, Skill::Reminder];
        let work = (role == Role::Collector).then(|| Work { capacity: 10, skills, ..Work::default() });
        staff_add(desk, &call, &Employee { staff, work }, PASSWORD).await.map_err(|no| format!("{no:?}")).unwrap();
    }
    let people = desk.people(at).await.unwrap();
    let stamp = Stamp { by: "bench", at };
    for number in 1..=2 {
        let tx = desk.store.begin().await.unwrap();
        save_case(&tx, &case(number), 0, &people, stamp).await.unwrap();
        let customer = format!("U{number}");
        let row = PersonRow { person_id: customer.clone(), customer_id: customer.clone(), relation: "debtor".to_owned() };
        let point = Point { key: format!("{customer}/phone/0"), kind: PointKind::Phone, position: 0, source: PointSource::Reserved, at_work: false, replaced_by: None };
        let file = PersonFile {
            relation: Relation::Debtor,
            points: vec![point],
            documents: Vec::new(),
            circumstances: Vec::new(),
            under_way: Vec::new(),
            debtor_type: DebtorType::Unknown,
            language: "zh".to_owned(),
        };
        stored(tx.save(&row, &file, 0, stamp).await.unwrap()).unwrap();
        tx.personal_set(&customer, FieldKind::Name, &[&format!("Debtor {number}")]).await.unwrap();
        tx.personal_set(&customer, FieldKind::Phone, &[&format!("1380000{}", 5677 + number)]).await.unwrap();
        tx.commit().await.unwrap();
    }
}

/// An open case of 2026-11-02 in the hands of C0001, 5,000.00 past due, with a call due today.
fn case(number: i64) -> Case {
    let next = json!({
        "action": "contact", "channel": "call", "script": "past_due", "approach": "empathy",
        "due_on": "2026-11-20", "set_on": "2026-11-19", "set_by": null,
    });
    let value = json!({
        "case_id": format!("C-{number}"),
        "customer_id": format!("U{number}"),
        "place": { "branch_id": "H", "region": "east", "language": "zh" },
        "loans": [format!("L{number}")],
        "opened_on": "2026-11-02",
        "opened_because": "past_due",
        "standing": { "open": { "owner": { "staff": "C0001" }, "borrowed": null, "next_action": next } },
        "hand": 2,
        "course": { "rule_id": "strategy.m2", "arm": "champion", "skill": "negotiation", "rung": 0 },
        "facts": {
            "bucket": "M2", "class": "D", "debtor_type": "unknown", "recoverability": "likely", "days_past_due": 40,
            "amount_past_due": "5,000.00", "outstanding": "20,000.00", "worsened_on": null,
        },
        "priority": { "points": 10 - number, "reasons": [["action_due", 10 - number]] },
        "kept_until": null, "hardship_plan": null, "objection": null, "complaints": [], "hand_overs": [], "version": 7,
    });
    serde_json::from_value(value).unwrap()
}
