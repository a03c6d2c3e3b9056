//! Maker and checker by small scenes: who proposes, who signs, what is refused.

use crate::approval::{Approval, ApprovalRefused, Proposal};
use crate::delegation::Delegation;
use crate::escalation::ApprovalTurn;
use crate::example::{delegation, institution, moment, people, rules, rules_with_waiver_tiers, target};
use crate::limit::DecisionKind;
use crate::permission::Institution;
use crate::rules::AuthorityRules;
use crate::staff::Staff;
use units::Money;

const STAFF: &[&str] = &[
    "A collector H/B1/S1 team=T1",
    "E asset_preservation_officer H/B1",
    "L team_lead H/B1/S1 team=T1",
    "S branch_head H/B1/S1",
    "M branch_head H/B1",
    "N branch_head H/B2",
    "P branch_head H",
    "O compliance_officer H",
    "C compliance_officer H/B1",
    "V trainer H",
];

/// Runs a scene, one act after the other, and says what each came to.
///
/// `propose A waiver 500.00` · `sign L` · `reject L reason` · `withdraw A reason` · `execute digest` ·
/// `day 3` passes days · `leave M` for good · `away M` · `signers` · `night`
struct Scene {
    rules: AuthorityRules,
    staff: Vec<Staff>,
    delegations: Vec<Delegation>,
    away: Vec<String>,
    day: i64,
    approval: Option<Approval>,
}

impl Scene {
    fn act(&mut self, line: &str) -> String {
        let at = moment("2026-06-10 09:00").plus_seconds(self.day * 86_400);
        let today = at.day().to_string();
        let words: Vec<&str> = line.split(' ').collect();
        if let ["day", days] = words[..] {
            self.day += days.parse::<i64>().unwrap();
            return String::new();
        }
        if let ["leave", staff_id] = words[..] {
            self.staff.retain(|staff| staff.staff_id != staff_id);
            return String::new();
        }
        if let ["away", staff_id] = words[..] {
            self.away.push(staff_id.to_owned());
            return String::new();
        }
        let institution: Institution = institution(&self.rules, &self.staff, &self.delegations, &today);
        let institution = Institution { away: &self.away, ..institution };
        let actor = |staff_id: &str| institution.actor(staff_id).unwrap();
        let after = match words[..] {
            ["propose", staff_id, decision, amount] => {
                let proposal = Proposal {
                    approval_id: "P1".to_owned(),
                    decision: DecisionKind::from_code(decision).unwrap(),
                    subject: "C1".to_owned(),
                    target: target("owner=A team=T1 branch=H/B1/S1"),
                    amount: Money::parse(amount).unwrap(),
                    digest: "digest".to_owned(),
                };
                let proposed = institution.approval_propose(&actor(staff_id), proposal, at);
                proposed.map_err(|refused| refused.code())
            }
            ["sign", staff_id] => told(institution.approval_sign(self.approval(), &actor(staff_id), "", at)),
            ["reject", staff_id, reason] => {
                let reason = reason.trim_matches('-');
                told(institution.approval_reject(self.approval(), &actor(staff_id), reason, at))
            }
            ["return", staff_id, reason] => {
                told(institution.approval_return(self.approval(), &actor(staff_id), reason.trim_matches('-'), at))
            }
            ["withdraw", staff_id, reason] => told(self.approval().withdraw(staff_id, reason, at)),
            ["execute", digest] => told(self.approval().execute(digest, at)),
            ["night"] => match institution.approval_night(self.approval(), at) {
                None => Err("stays"),
                Some(ApprovalTurn::Reminded(_)) => Err("reminded"),
                Some(ApprovalTurn::Escalated(approval) | ApprovalTurn::Expired(approval)) => Ok(approval),
            },
            ["signers"] => {
                let signers = institution.approval_signers(self.approval(), at);
                return signers.iter().map(|holder| holder.staff_id.as_str()).collect::<Vec<_>>().join(",");
            }
            _ => panic!("{line}"),
        };
        match after {
            Ok(approval) => {
                let said = format!("{} {}", approval.status_at(at).code(), approval.tier);
                self.approval = Some(approval);
                said
            }
            Err(code) => code.to_owned(),
        }
    }

    fn approval(&self) -> &Approval {
        self.approval.as_ref().expect("a proposal first")
    }
}

fn told(result: Result<Approval, ApprovalRefused>) -> Result<Approval, &'static str> {
    result.map_err(|refused| refused.code())
}

/// Plays `act => expect` lines among [`STAFF`], with delegations and without some people.
fn play(delegations: &[&str], without: &str, lines: &[&str]) {
    play_by(rules(), delegations, without, lines);
}

fn play_by(rules: AuthorityRules, delegations: &[&str], without: &str, lines: &[&str]) {
    let delegations = delegations.iter().map(|text| delegation(text)).collect();
    let mut scene = Scene { rules, staff: people(STAFF), delegations, away: Vec::new(), day: 0, approval: None };
    scene.staff.retain(|staff| !without.split(' ').any(|left| left == staff.staff_id));
    for line in lines {
        let (act, expect) = line.split_once(" => ").unwrap_or((line, ""));
        assert_eq!(scene.act(act), expect, "{act} in {lines:#?}");
    }
}

#[test]
fn the_amount_decides_who_signs() {
    play(&[], "", &["propose A waiver 1000.00 => waiting 0", "sign L => approved 0", "execute digest => executed 0"]);
    play(&[], "", &["propose A waiver 1000.01 => waiting 1", "sign L => E-AU-58", "sign S => approved 1"]);
    play(&[], "", &["propose A waiver 100.00 => waiting 0", "return L - => E-AU-59", "return L terms-unclear => returned 0", "sign L => E-AU-51"]);
    play(&[], "", &["propose A waiver 20000.01 => waiting 2", "sign S => E-AU-58", "sign M => approved 2"]);
    play(
        &[],
        "",
        &[
            "propose A waiver 200000.01 => waiting 3",
            "signers => M,P",
            "sign P => waiting 3",
            "signers => M",
            "sign M => approved 3",
        ],
    );
    // Another branch's head has no reach, whatever the rank.
    play(
        &[],
        "",
        &["propose A waiver 500.00 => waiting 0", "sign N => E-AU-27", "sign V => E-AU-26", "signers => L,S,M,P"],
    );
}

#[test]
fn nobody_decides_on_their_own_nor_twice_nor_with_the_makers_right() {
    play(
        &[],
        "",
        &[
            "propose S waiver 500.00 => waiting 0",
            "sign S => E-AU-55",
            "reject S no => E-AU-55",
            "sign L => approved 0",
        ],
    );
    // What the maker lent does not serve; what the person has does.
    play(&["S>V approval_decide"], "", &["propose S waiver 500.00 => waiting 0", "sign V => E-AU-56"]);
    play(&["S>L approval_decide"], "", &["propose S waiver 500.00 => waiting 0", "sign L => approved 0"]);
    // Proposed in somebody's place: neither of the two decides.
    let lent = ["M>V write_off_propose", "M>L approval_decide"];
    play(
        &lent,
        "",
        &[
            "propose V write_off_proposal 500.00 => waiting 0",
            "signers => C,O,P",
            "sign M => E-AU-55",
            "sign L => E-AU-58",
        ],
    );
    play(
        &["E>V write_off_propose"],
        "",
        &[
            "propose V write_off_proposal 500.00 => waiting 0",
            "sign V => E-AU-55",
            "sign M => waiting 0",
            "sign C => approved 0",
        ],
    );
    // One authority signs once, by whichever hand.
    let lent = ["M>L approval_decide"];
    let scene =
        ["propose A waiver 300000.00 => waiting 3", "sign L => waiting 3", "sign M => E-AU-57", "sign L => E-AU-57"];
    play(&lent, "", &[&scene[..], &["sign P => approved 3"]].concat());
    let scene =
        ["propose A waiver 300000.00 => waiting 3", "sign M => waiting 3", "sign V => E-AU-57", "sign P => approved 3"];
    play(&["M>V approval_decide"], "", &scene);
}

#[test]
fn a_proposal_goes_to_who_is_at_work_or_is_refused() {
    play(&[], "L", &["propose A waiver 500.00 => waiting 0", "signers => S,M,P"]);
    play(&[], "S M", &["propose A waiver 5000.00 => waiting 1", "signers => P"]);
    // The only head of branch is the maker: the next tier's people are asked.
    play(&[], "S P L", &["propose M waiver 500.00 => E-AU-42"]);
    play(&[], "M P S L", &["propose A waiver 500.00 => E-AU-42"]);
    play(&[], "O C", &["propose E settlement 5000.00 => waiting 0", "propose A settlement 300000.00 => E-AU-42"]);
    play(&[], "", &["propose A waiver -0.01 => E-AU-41", "propose V waiver 1.00 => E-AU-26"]);
    // Somebody leaves while it waits: nobody of its tier is left, those of the next are asked. A signature
    // given stays, and the same person is not asked twice.
    let beyond = "propose A settlement 150000.00 => waiting 1";
    play(&[], "", &[beyond, "leave M", "night => stays", "signers => P"]);
    let lower = "propose A household_plan 3000.00 => waiting 0";
    play(&[], "", &[lower, "leave L", "leave S", "leave M", "night => stays", "signers => P"]);
    let write_off = "propose E write_off_proposal 500.00 => waiting 0";
    play(&[], "", &[write_off, "sign M => waiting 0", "leave C", "leave O", "night => stays", "day 6", "night => reminded"]);
    // What is decided is not raised any more.
    let decided = ["propose A waiver 500.00 => waiting 0", "sign L => approved 0", "leave M", "leave P", "leave S"];
    play(&[], "", &[&decided[..], &["night => stays"]].concat());
}

#[test]
fn a_proposal_is_raised_to_the_next_who_can() {
    let tiers = r#"{ up_to = "100.00", signatures = [["team_lead"]] },
        { up_to = "200.00", signatures = [["branch_head"], ["compliance_officer"]] },
        { signatures = [["compliance_officer"]] }"#
        .replace('\n', "");
    let play = |without: &str, lines: &[&str]| play_by(rules_with_waiver_tiers(&tiers), &[], without, lines);
    play("", &["propose A waiver 100.00 => waiting 0", "sign S => E-AU-58", "sign L => approved 0"]);
    play("L", &["propose A waiver 100.00 => waiting 1", "sign S => waiting 1", "sign C => approved 1"]);
    play("", &["propose L waiver 100.00 => waiting 1"]);
    play("L S M P", &["propose A waiver 100.00 => waiting 2", "sign O => approved 2"]);
    play("L S M P O C", &["propose A waiver 100.00 => E-AU-42"]);
    // One signature is given, nobody is left for the other: the next tier asks for no more than was given.
    let raised = ["propose A waiver 150.00 => waiting 1", "sign C => waiting 1", "leave S", "leave M", "leave P"];
    play("", &[&raised[..], &["night => approved 2"]].concat());
}

#[test]
fn who_does_not_sign_in_time_or_is_on_leave_is_passed_over() {
    let tiers = r#"{ up_to = "100.00", signatures = [["team_lead"]] },
        { signatures = [["branch_head"]] }"#
        .replace('\n', "");
    let play = |given: &[&str], lines: &[&str]| play_by(rules_with_waiver_tiers(&tiers), given, "S P", lines);
    let asked = "propose A waiver 100.00 => waiting 0";
    // Three days to sign; then the next tier is asked, once more after three days, and in the end it is over.
    let late = ["day 3", "night => stays", "day 1", "night => waiting 1", "signers => M", "sign L => E-AU-58", "night => stays"];
    play(&[], &[&[asked][..], &late, &["sign M => approved 1", "night => stays"]].concat());
    play(&[], &[&[asked][..], &late, &["day 4", "night => reminded", "day 3", "night => expired 1"]].concat());
    // Leave is no different from being gone, but for who was lent the right and is at work.
    play(&[], &[asked, "away L", "night => waiting 1", "signers => M"]);
    let lent = "L>E approval_decide";
    play(&[lent], &[asked, "away L", "night => stays", "sign E => approved 0"]);
    play(&[lent], &[asked, "away L", "away E", "night => waiting 1"]);
    // Who proposed it stands in for nobody, and is asked by no escalation, not even with a right that was lent.
    play(&["L>A approval_decide"], &[asked, "away L", "night => waiting 1", "sign A => E-AU-55"]);
    play(&["M>L approval_decide"], &["propose M waiver 50.00 => waiting 0", "away L", "night => stays", "day 4", "night => reminded", "sign M => E-AU-55"]);
}

#[test]
fn what_is_over_is_over() {
    play(
        &[],
        "",
        &[
            "propose A waiver 500.00 => waiting 0",
            "day 10",
            "sign L => approved 0",
            "day 1",
            "execute digest => E-AU-53",
        ],
    );
    play(
        &[],
        "",
        &["propose A waiver 500.00 => waiting 0", "day 11", "sign L => E-AU-53", "withdraw A late => E-AU-51"],
    );
    play(
        &[],
        "",
        &[
            "propose A waiver 500.00 => waiting 0",
            "sign L => approved 0",
            "sign S => E-AU-51",
            "execute other => E-AU-60",
        ],
    );
    play(&[], "", &["propose A waiver 500.00 => waiting 0", "execute digest => E-AU-52", "reject L - => E-AU-59"]);
    play(&[], "", &["propose A waiver 500.00 => waiting 0", "reject L no => rejected 0", "sign S => E-AU-51"]);
    play(
        &[],
        "",
        &[
            "propose A waiver 500.00 => waiting 0",
            "withdraw L no => E-AU-54",
            "withdraw A no => withdrawn 0",
            "sign L => E-AU-51",
        ],
    );
    play(&[], "", &["propose A waiver 500.00 => waiting 0", "sign L => approved 0", "withdraw A no => withdrawn 0"]);
    let twice = ["sign L => approved 0", "execute digest => executed 0", "execute digest => E-AU-52"];
    play(&[], "", &[&["propose A waiver 500.00 => waiting 0"], &twice[..]].concat());
}

#[test]
fn a_proposal_survives_being_stored() {
    let mut scene = Scene { rules: rules(), staff: people(STAFF), delegations: vec![], away: vec![], day: 0, approval: None };
    scene.act("propose A waiver 300000.00");
    scene.act("sign P");
    let text = serde_json::to_string(scene.approval()).unwrap();
    assert_eq!(&serde_json::from_str::<Approval>(&text).unwrap(), scene.approval());
    assert!(text.contains(r#""slots":[["branch_head@branch"],["branch_head@head_office"]]"#), "{text}");
}
