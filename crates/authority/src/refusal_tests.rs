//! Every refusal of the room, happening, and what a person then reads: `cases/errors/authority.txt`.
//!
//! `UPDATE_CASES=1` writes down what is said now; a reviewer reads the difference.

use crate::approval::{Approval, Proposal};
use crate::branch::{Branch, branch_paths};
use crate::example::{delegation, institution, moment, people, post, rules, staff, target};
use crate::limit::DecisionKind;
use crate::mask::PersonalField;
use crate::role::BranchLevel;
use crate::sign_in::{Credential, PasswordOrigin, Proof, Session, SessionUse};
use crate::staff::post_give;
use crate::unmask::{UnmaskPurpose, UnmaskRequest};
use crate::use_case::UseCase;
use glossary::{refusal, refusal_entry};
use std::collections::BTreeMap;
use units::{Moment, Money};

const TOLD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../cases/errors/authority.txt");

type Facts = Vec<(&'static str, String)>;

/// What was refused, by code.
#[derive(Default)]
struct Heard(BTreeMap<&'static str, Facts>);

macro_rules! hear {
    ($heard:expr, $($result:expr),+ $(,)?) => {$(
        let refused = $result.err().expect(stringify!($result));
        assert!($heard.0.insert(refused.code(), refused.facts()).is_none(), "{} was heard before", refused.code());
    )+};
}

const STAFF: &[&str] = &[
    "A collector H/B1/S1 team=T1",
    "L team_lead H/B1/S1 team=T1",
    "K team_lead H/B2 team=T2",
    "M branch_head H/B1",
    "E asset_preservation_officer H/B1",
    "V trainer H",
    "O compliance_officer H",
    "G agency_collector H/B1 agency=G1",
    "Q collector H/B1 suspended",
    "R collector H/B1 until=2026-05-31",
];
const CASE: &str = "owner=A team=T1 branch=H/B1/S1";

fn hear_branches_and_posts(heard: &mut Heard) {
    let branches = |text: &str| {
        let branch = |word: &str| {
            let (id, parent) = word.split_once('<').map_or((word, None), |(id, parent)| (id, Some(parent)));
            let (branch_id, parent) = (id.to_owned(), parent.map(str::to_owned));
            Branch { branch_id, name: String::new(), level: BranchLevel::Branch, parent }
        };
        branch_paths(&text.split(' ').map(branch).collect::<Vec<_>>())
    };
    hear!(
        heard,
        branches("B/1"),
        branches("H B1<H B1<H"),
        branches("H B1<G"),
        branches("H G"),
        branches("H B1<B2 B2<B1")
    );
    let rules = rules();
    let give = |giver, person, given| post_give(&rules, giver, &staff(person), post(given));
    let collector = "A collector H/B1";
    hear!(
        heard,
        give("A", collector, "team_lead H/B1"),
        give("X", collector, "team_lead H/B1 from=2026-02-01 until=2026-01-31"),
        give("X", collector, "agency_collector H/B1"),
        give("X", collector, "auditor H"),
    );
}

fn hear_rights_and_delegations(heard: &mut Heard) {
    let (rules, staff) = (rules(), people(STAFF));
    let institution = institution(&rules, &staff, &[], "2026-06-10");
    let may = |staff_id, use_case| {
        let actor = institution.actor(staff_id)?;
        institution.may(&actor, use_case, &target(CASE))
    };
    let view = UseCase::CaseView;
    hear!(heard, may("X", view), may("Q", view), may("R", view), may("G", view));
    hear!(heard, may("A", UseCase::CaseAssign), may("K", UseCase::CaseAssign));
    let token = institution.actor("A").unwrap().with_token(&[UseCase::CaseList]);
    hear!(heard, institution.may(&token, view, &target(CASE)));
    let lend = |text| institution.check_delegation(&delegation(text));
    hear!(
        heard,
        lend("L>L case_assign"),
        lend("L>Q case_assign"),
        lend("L>G case_assign"),
        lend("L>A nothing"),
        lend("L>A case_assign from=2026-06-02 until=2026-06-01"),
        lend("L>A case_assign from=2026-06-01 until=2026-12-31"),
        lend("O>L pack_sign"),
        lend("A>L case_assign"),
    );
}

fn hear_approvals(heard: &mut Heard) {
    let (rules, staff) = (rules(), people(STAFF));
    let given = [delegation("M>V approval_decide")];
    let institution = institution(&rules, &staff, &given, "2026-06-10");
    let (now, late) = (moment("2026-06-10 09:00"), moment("2026-07-10 09:00"));
    let actor = |staff_id: &str| institution.actor(staff_id).unwrap();
    let propose = |staff_id, decision, yuan| {
        let proposal = Proposal {
            approval_id: "P1".to_owned(),
            decision,
            subject: "C1".to_owned(),
            target: target(CASE),
            amount: Money::from_yuan(yuan),
            digest: "d".to_owned(),
        };
        institution.approval_propose(&actor(staff_id), proposal, now)
    };
    let sign = |approval: &Approval, staff_id, at| institution.approval_sign(approval, &actor(staff_id), "", at);
    let waiver = DecisionKind::Waiver;
    hear!(heard, propose("A", waiver, -1), propose("M", waiver, 30_000));
    let (small, large) = (propose("A", waiver, 500).unwrap(), propose("A", waiver, 5_000).unwrap());
    let by_head = propose("M", waiver, 500).unwrap();
    let closure = propose("M", DecisionKind::CaseClosure, 1).unwrap();
    let signed = sign(&small, "L", now).unwrap();
    hear!(
        heard,
        sign(&signed, "M", now),
        small.execute("d", now),
        sign(&small, "L", late),
        small.withdraw("L", "why", now),
        sign(&by_head, "M", now),
        sign(&by_head, "V", now),
        sign(&large, "L", now),
        institution.approval_reject(&closure, &actor("L"), " ", now),
        signed.execute("other", now),
    );
    // Two signatures are asked for, and one authority would give both.
    let write_off = propose("E", DecisionKind::WriteOffProposal, 500).unwrap();
    let once = sign(&write_off, "V", now).unwrap();
    hear!(heard, sign(&once, "M", now));
}

fn hear_signing_in(heard: &mut Heard) {
    let rules = rules().sign_in;
    let password = |new: &str| rules.check_password("zhang3", new, Some("Before-2026x"));
    hear!(
        heard,
        password("short"),
        password(&"aB3-".repeat(40)),
        password("my-Zhang3-lamp"),
        password("my-PassWord-42"),
        password("riverlamplight"),
        password("Before-2026x"),
    );
    let now = moment("2026-06-10 09:00");
    let mut credential = Credential::new(PasswordOrigin::Chosen, now);
    let mut wrong = || {
        let (after, told) = rules.sign_in(&credential, "A", Proof::Wrong, now);
        credential = after;
        told
    };
    hear!(heard, wrong());
    hear!(heard, (0..4).map(|_| wrong()).last().unwrap());
    let session =
        Session { staff_id: "A".to_owned(), good_for: SessionUse::PasswordChange, began_at: now, used_at: now };
    let later = |hours: i64| rules.session_use(&session, SessionUse::Work, now.plus_seconds(hours * 3600));
    hear!(heard, later(24), later(1), later(0));
}

fn hear_unmasking(heard: &mut Heard) {
    let (rules, staff) = (rules(), people(STAFF));
    let institution = institution(&rules, &staff, &[], "2026-06-10");
    let actor = institution.actor("A").unwrap();
    let now = moment("2026-06-10 10:00");
    let ask = |fields: &[PersonalField], purpose, reason: &str, earlier: usize, at: &str| {
        let request =
            UnmaskRequest { person_id: "P1".to_owned(), fields: fields.to_vec(), purpose, reason: reason.to_owned() };
        let earlier: Vec<Moment> = vec![moment(at); earlier];
        institution.unmask(&actor, &target(CASE), &request, &earlier, None, now)
    };
    let (phone, contact) = (&[PersonalField::Phone][..], UnmaskPurpose::Contact);
    hear!(
        heard,
        ask(&[], contact, "number rings out", 0, "2026-06-10 09:30"),
        ask(phone, UnmaskPurpose::Inspection, "number rings out", 0, "2026-06-10 09:30"),
        ask(phone, contact, "why", 0, "2026-06-10 09:30"),
        ask(phone, contact, "number rings out", 60, "2026-06-10 08:30"),
        ask(phone, contact, "number rings out", 20, "2026-06-10 09:30"),
    );
}

#[test]
fn every_refusal_happens_and_says_what_to_do() {
    let mut heard = Heard::default();
    hear_branches_and_posts(&mut heard);
    hear_rights_and_delegations(&mut heard);
    hear_approvals(&mut heard);
    hear_signing_in(&mut heard);
    hear_unmasking(&mut heard);
    let known = (1..100).map(|number| format!("E-AU-{number:02}")).filter(|code| refusal(code).is_some());
    assert_eq!(heard.0.keys().copied().collect::<Vec<_>>(), known.collect::<Vec<_>>());
    let mut text =
        "# \u{6743}\u{9650}\u{7684}\u{62d2}\u{7edd} / refusals of authority: what a person reads\n".to_owned();
    for (code, facts) in &heard.0 {
        text += &format!("\n{}", refusal_entry(code, "", facts));
    }
    if std::env::var_os("UPDATE_CASES").is_some() {
        std::fs::write(TOLD, &text).expect("cases/ can be written");
    }
    let written = std::fs::read_to_string(TOLD).expect("cases/errors/authority.txt");
    for (now, before) in text.lines().zip(written.lines()) {
        assert_eq!(now, before, "UPDATE_CASES=1 writes it anew");
    }
    assert_eq!(text.lines().count(), written.lines().count());
}
