//! Personal data in full: for a purpose, with a reason, for a time, at a human pace.

use crate::approval::{Approval, ApprovalStatus};
use crate::limit::DecisionKind;
use crate::mask::PersonalField;
use crate::permission::{Actor, Institution, NotAllowed};
use crate::role::Role;
use crate::scope::Target;
use crate::use_case::UseCase;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Moment, coded};

coded! {
    /// What personal data is opened for (查看明文目的), personal information protection law, article 6.
    UnmaskPurpose {
        /// To reach the person (联系).
        Contact = "contact",
        /// To make sure who somebody is (核验身份).
        Verification = "verification",
        /// For court, notary, enforcement (诉讼仲裁执行).
        LegalAction = "legal_action",
        /// To answer a complaint or objection (处理投诉异议).
        Complaint = "complaint",
        /// The person asks about or corrects their own data (本人查询更正).
        OwnRequest = "own_request",
        /// Supervision or audit (监管与审计).
        Inspection = "inspection",
    }
}

units::serde_by_code!(UnmaskPurpose);

/// Who may open personal data for what, how long and how often (查看明文规则), a rule of kind `unmask`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UnmaskRules {
    purposes: BTreeMap<UnmaskPurpose, Vec<Role>>,
    /// Characters of the reason, spaces left out.
    shortest_reason: usize,
    open_minutes: u32,
    most_per_hour: usize,
    most_per_day: usize,
}

/// Somebody asks to see fields of one person (查看明文申请).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmaskRequest {
    pub person_id: String,
    pub fields: Vec<PersonalField>,
    pub purpose: UnmaskPurpose,
    pub reason: String,
}

/// Fields of one person, open to one person for a time (查看明文授权).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnmaskGrant {
    pub staff_id: String,
    pub request: UnmaskRequest,
    pub granted_at: Moment,
    /// The first second it is closed again.
    pub until: Moment,
    /// The approval that lifted the limits of pace.
    pub approval_id: Option<String>,
}

impl UnmaskGrant {
    /// Whether a field may be shown now. A grant that is open is not asked for again.
    pub fn opens(&self, staff_id: &str, person_id: &str, field: PersonalField, at: Moment) -> bool {
        let is_open = self.granted_at <= at && at < self.until;
        let is_theirs = self.staff_id == staff_id && self.request.person_id == person_id;
        is_open && is_theirs && self.request.fields.contains(&field)
    }
}

/// Why personal data stays masked, in order of precedence (拒绝查看明文原因).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UnmaskRefused {
    NotAllowed(NotAllowed),
    NothingAsked,
    PurposeNotTheirs {
        purpose: UnmaskPurpose,
        roles: Vec<Role>,
    },
    ReasonTooShort {
        least: usize,
    },
    /// An approval of the same person lifts this and the next.
    TooManyToday {
        most: usize,
    },
    TooManyThisHour {
        most: usize,
        again_at: Moment,
    },
}

impl UnmaskRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            UnmaskRefused::NotAllowed(refused) => refused.code(),
            UnmaskRefused::NothingAsked => "E-AU-91",
            UnmaskRefused::PurposeNotTheirs { .. } => "E-AU-92",
            UnmaskRefused::ReasonTooShort { .. } => "E-AU-93",
            UnmaskRefused::TooManyToday { .. } => "E-AU-94",
            UnmaskRefused::TooManyThisHour { .. } => "E-AU-95",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            UnmaskRefused::NotAllowed(refused) => refused.facts(),
            UnmaskRefused::NothingAsked => vec![],
            UnmaskRefused::PurposeNotTheirs { purpose, roles } => {
                let roles: Vec<String> = roles.iter().map(|role| format!("role.{}", role.code())).collect();
                vec![("purpose", format!("unmask_purpose.{}", purpose.code())), ("roles", roles.join(", "))]
            }
            UnmaskRefused::ReasonTooShort { least } => vec![("least", least.to_string())],
            UnmaskRefused::TooManyThisHour { most, again_at } => {
                vec![("most", most.to_string()), ("again_at", again_at.to_string())]
            }
            UnmaskRefused::TooManyToday { most } => vec![("most", most.to_string())],
        }
    }
}

const HOUR_SECONDS: i64 = 3_600;

impl Institution<'_> {
    /// What the actor may open the target's personal data for; nothing where none may be opened.
    pub fn unmask_purposes(&self, actor: &Actor, target: &Target) -> Vec<UnmaskPurpose> {
        let grounds = self.grounds(actor, UseCase::PersonUnmask, target);
        let is_theirs = |roles: &[Role]| grounds.iter().any(|(stand, _)| roles.contains(&stand.post.role));
        self.rules.unmask.purposes.iter().filter(|(_, roles)| is_theirs(roles)).map(|(purpose, _)| *purpose).collect()
    }

    /// Whether fields of a person are opened to the actor. `earlier` are the moments of the actor's
    /// grants of this day and the hour before `at`, in any order; `approved` lifts the limits of pace for
    /// the person it is about.
    pub fn unmask(
        &self,
        actor: &Actor,
        target: &Target,
        request: &UnmaskRequest,
        earlier: &[Moment],
        approved: Option<&Approval>,
        at: Moment,
    ) -> Result<UnmaskGrant, UnmaskRefused> {
        let rules = &self.rules.unmask;
        self.may(actor, UseCase::PersonUnmask, target).map_err(UnmaskRefused::NotAllowed)?;
        if request.fields.is_empty() {
            return Err(UnmaskRefused::NothingAsked);
        }
        if !self.unmask_purposes(actor, target).contains(&request.purpose) {
            let roles = rules.purposes.get(&request.purpose).cloned().unwrap_or_default();
            return Err(UnmaskRefused::PurposeNotTheirs { purpose: request.purpose, roles });
        }
        if request.reason.chars().filter(|letter| !letter.is_whitespace()).count() < rules.shortest_reason {
            return Err(UnmaskRefused::ReasonTooShort { least: rules.shortest_reason });
        }
        let lifts = |approval: &&Approval| {
            let proposal = &approval.proposal;
            let is_it = proposal.decision == DecisionKind::Unmask && proposal.subject == format!("person/{}", request.person_id);
            let by_actor = approval.maker.staff_id == actor.staff.staff_id;
            is_it && by_actor && approval.status_at(at) == ApprovalStatus::Approved
        };
        let approval = approved.filter(lifts);
        if approval.is_none() {
            rules.check_pace(earlier, at)?;
        }
        Ok(UnmaskGrant {
            staff_id: actor.staff.staff_id.clone(),
            request: request.clone(),
            granted_at: at,
            until: at.plus_seconds(i64::from(rules.open_minutes) * 60),
            approval_id: approval.map(|approval| approval.proposal.approval_id.clone()),
        })
    }
}

impl UnmaskRules {
    fn check_pace(&self, earlier: &[Moment], at: Moment) -> Result<(), UnmaskRefused> {
        if earlier.iter().filter(|granted| granted.day() == at.day()).count() >= self.most_per_day {
            return Err(UnmaskRefused::TooManyToday { most: self.most_per_day });
        }
        let within_hour = |granted: &Moment| at.seconds_since(*granted) < HOUR_SECONDS;
        let mut this_hour: Vec<Moment> = earlier.iter().copied().filter(within_hour).collect();
        this_hour.sort_unstable();
        // Of the newest so many, the oldest leaves the hour first.
        match this_hour.len().checked_sub(self.most_per_hour).and_then(|over| this_hour.get(over)) {
            Some(leaves) => {
                let again_at = leaves.plus_seconds(HOUR_SECONDS);
                Err(UnmaskRefused::TooManyThisHour { most: self.most_per_hour, again_at })
            }
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::approval::Proposal;
    use crate::example::{institution, moment, people, rules, target};
    use units::Money;

    const STAFF: &[&str] = &[
        "A collector H/B1 team=T1",
        "B collector H/B1 team=T1",
        "O compliance_officer H",
        "D auditor H",
        "R risk_analyst H",
    ];

    fn request(text: &str) -> UnmaskRequest {
        let (purpose, reason) = text.split_once(' ').unwrap();
        UnmaskRequest {
            person_id: "P1".to_owned(),
            fields: if reason == "nothing" { vec![] } else { vec![PersonalField::Phone] },
            purpose: UnmaskPurpose::from_code(purpose).unwrap(),
            reason: reason.to_owned(),
        }
    }

    /// `count` earlier grants at one moment.
    fn ask(staff_id: &str, text: &str, earlier: &[(usize, &str)], at: &str) -> Result<UnmaskGrant, UnmaskRefused> {
        let (rules, staff) = (rules(), people(STAFF));
        let institution = institution(&rules, &staff, &[], "2026-06-10");
        let actor = institution.actor(staff_id).unwrap();
        let earlier: Vec<Moment> = earlier.iter().flat_map(|&(count, at)| vec![moment(at); count]).collect();
        institution.unmask(&actor, &target("owner=A team=T1 branch=H/B1"), &request(text), &earlier, None, moment(at))
    }

    #[test]
    fn data_is_opened_for_a_purpose_of_the_role_with_a_reason() {
        let check = |staff_id: &str, text: &str, expect: Result<(), &str>| {
            let told = ask(staff_id, text, &[], "2026-06-10 10:00").map(drop);
            assert_eq!(told.map_err(|refused| refused.code()), expect, "{staff_id} {text}");
        };
        check("A", "contact number on file rings out", Ok(()));
        check("D", "inspection quarterly sample 12", Ok(()));
        check("R", "contact number on file rings out", Err("E-AU-26"));
        check("B", "contact number on file rings out", Err("E-AU-27"));
        check("A", "contact nothing", Err("E-AU-91"));
        check("A", "inspection quarterly sample 12", Err("E-AU-92"));
        check("O", "contact number on file rings out", Err("E-AU-92"));
        check("A", "contact a b c", Err("E-AU-93"));
    }

    #[test]
    fn only_purposes_that_would_be_granted_are_offered() {
        let (rules, staff) = (rules(), people(STAFF));
        let institution = institution(&rules, &staff, &[], "2026-06-10");
        let check = |staff_id: &str, expect: &str| {
            let actor = institution.actor(staff_id).unwrap();
            let purposes = institution.unmask_purposes(&actor, &target("owner=A team=T1 branch=H/B1"));
            assert_eq!(purposes.iter().map(|purpose| purpose.code()).collect::<Vec<_>>().join(" "), expect, "{staff_id}");
        };
        check("A", "contact verification");
        check("B", "");
        check("O", "verification complaint own_request inspection");
        check("D", "inspection");
        check("R", "");
    }

    #[test]
    fn data_is_opened_at_a_human_pace() {
        let check = |earlier: &[(usize, &str)], expect: Result<(), UnmaskRefused>| {
            let told = ask("A", "contact number on file rings out", earlier, "2026-06-10 10:00").map(drop);
            assert_eq!(told, expect, "{earlier:?}");
        };
        let hour = |again_at: &str| Err(UnmaskRefused::TooManyThisHour { most: 20, again_at: moment(again_at) });
        check(&[(19, "2026-06-10 09:30")], Ok(()));
        check(&[(20, "2026-06-10 09:30")], hour("2026-06-10 10:30"));
        check(&[(20, "2026-06-10 09:00")], Ok(()));
        // The fourth of the hour must leave before the twentieth place is free.
        check(&[(3, "2026-06-10 09:10"), (20, "2026-06-10 09:40")], hour("2026-06-10 10:40"));
        check(&[(3, "2026-06-10 09:10"), (17, "2026-06-10 09:40")], hour("2026-06-10 10:10"));
        check(&[(60, "2026-06-10 08:00")], Err(UnmaskRefused::TooManyToday { most: 60 }));
        check(&[(60, "2026-06-09 23:59")], Ok(()));
    }

    #[test]
    fn an_approval_of_the_person_lifts_the_pace() {
        let (rules, staff) = (rules(), people(STAFF));
        let institution = institution(&rules, &staff, &[], "2026-06-10");
        let (maker, at) = (institution.actor("A").unwrap(), moment("2026-06-10 10:00"));
        let target = target("owner=A team=T1 branch=H/B1");
        let proposal = Proposal {
            approval_id: "X1".to_owned(),
            decision: DecisionKind::Unmask,
            subject: "person/P1".to_owned(),
            target: target.clone(),
            amount: Money::ZERO,
            digest: String::new(),
        };
        let waiting = institution.approval_propose(&maker, proposal, at).unwrap();
        let approved = institution.approval_sign(&waiting, &institution.actor("O").unwrap(), "", at).unwrap();
        let earlier = vec![moment("2026-06-10 09:30"); 60];
        let check = |approval: &Approval, person: &str, hours: i64, expect: Result<Option<&str>, &str>| {
            let request = UnmaskRequest { person_id: person.to_owned(), ..request("contact number on file rings out") };
            let at = at.plus_seconds(hours * 3600);
            let told = institution.unmask(&maker, &target, &request, &earlier, Some(approval), at);
            let told = told.as_ref().map(|grant| grant.approval_id.as_deref()).map_err(|refused| refused.code());
            assert_eq!(told, expect, "{person} {hours}");
        };
        check(&approved, "P1", 0, Ok(Some("X1")));
        check(&waiting, "P1", 0, Err("E-AU-94"));
        check(&approved, "P2", 0, Err("E-AU-94"));
        check(&approved, "P1", 25, Ok(None));
    }

    #[test]
    fn a_grant_opens_what_it_says_until_it_closes() {
        let grant = ask("A", "contact number on file rings out", &[], "2026-06-10 10:00").unwrap();
        let check = |staff: &str, person: &str, field, at: &str, expect: bool| {
            assert_eq!(grant.opens(staff, person, field, moment(at)), expect, "{staff} {person} {at}");
        };
        check("A", "P1", PersonalField::Phone, "2026-06-10 10:00", true);
        check("A", "P1", PersonalField::Phone, "2026-06-10 10:09:59", true);
        check("A", "P1", PersonalField::Phone, "2026-06-10 10:10", false);
        check("A", "P1", PersonalField::Phone, "2026-06-10 09:59:59", false);
        check("B", "P1", PersonalField::Phone, "2026-06-10 10:00", false);
        check("A", "P2", PersonalField::Phone, "2026-06-10 10:00", false);
        check("A", "P1", PersonalField::Name, "2026-06-10 10:00", false);
    }
}
