//! Outside agencies: who may be placed with, which cases, what an agency sees, when a case comes back.
//!
//! OUT-1 to OUT-6 and article 21 of the personal information law: told before, a published whitelist, an
//! agreement with its clauses, an impact assessment, a review every year.

use crate::case::{Case, Owner};
use grading::Bucket;
use policy::{PackOnDate, PackProblem, RuleKind, read};
use serde::{Deserialize, Serialize};
use units::{Date, coded};

coded! {
    /// What the agreement with an agency must say (委托协议条款), PIPL 21.
    AgreementClause {
        Purpose = "purpose",
        Term = "term",
        Method = "method",
        DataTypes = "data_types",
        Protection = "protection",
        Duties = "duties",
        NoSubDelegation = "no_sub_delegation",
        /// Data come back or are deleted at the end (到期返还或删除).
        ReturnData = "return_data",
        /// Complete records go to the lender (移交全部催收记录).
        RecordsHandedOver = "records_handed_over",
        /// Ends at once on unlawful collection (违规即终止).
        TerminationOnViolation = "termination_on_violation",
    }
}

coded! {
    /// What an agency may see of a case (可见信息).
    CaseField {
        Name = "name",
        ContactPoints = "contact_points",
        AmountPastDue = "amount_past_due",
        Outstanding = "outstanding",
        DaysPastDue = "days_past_due",
        Loans = "loans",
        PromisesToPay = "promises_to_pay",
        ContactCounters = "contact_counters",
        IdentityNumber = "identity_number",
        Income = "income",
        Collateral = "collateral",
        Guarantors = "guarantors",
    }
}

coded! {
    /// Why a case comes back from an agency (收回原因), the gravest first.
    RecallReason {
        /// Violence, an unrelated third person, another breach (违规).
        Violation = "violation",
        /// Off the whitelist, or without an agreement in force (失去资格).
        NotEligible = "not_eligible",
        ReviewPastDue = "review_past_due",
        Complaint = "complaint",
        /// A hardship plan or an objection stops collection (停催).
        CollectionStopped = "collection_stopped",
        NothingPastDue = "nothing_past_due",
        TermEnded = "term_ended",
        /// No contact for too long (久无作业).
        NoWork = "no_work",
    }
}

coded! {
    /// Whether unlawful collection is known of an agency (违规记录).
    ViolationRecord {
        Clean = "clean",
        /// OUT-4: never again (有暴力催收等违规记录).
        Recorded = "recorded",
    }
}

units::serde_by_code!(AgreementClause, CaseField, RecallReason, ViolationRecord);

/// An outside agency (委外催收机构).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agency {
    pub agency_id: String,
    /// Since when it is on the published whitelist (白名单).
    pub whitelisted_on: Option<Date>,
    pub agreement: Option<Agreement>,
    /// The impact assessment made before personal data are handed over, OUT-6.
    pub impact_assessed_on: Option<Date>,
    pub last_reviewed_on: Option<Date>,
    pub record: ViolationRecord,
}

/// The agreement in force (委托协议).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Agreement {
    pub from: Date,
    /// The last day.
    pub until: Date,
    pub clauses: Vec<AgreementClause>,
}

/// A case in an agency's hands (委外记录).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Placement {
    pub placement_id: String,
    pub case_id: String,
    pub agency_id: String,
    pub placed_on: Date,
    /// The last day; the case comes back on the next.
    pub until: Date,
    /// When the debtor was told, OUT-1.
    pub told_on: Date,
}

/// What the pack asks of agencies and placements (委外规则).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgencyRules {
    required_clauses: Vec<AgreementClause>,
    /// What an agency sees, no more.
    visible: Vec<CaseField>,
    /// OUT-3: reviewed at least so often, and before the agreement is renewed.
    review_every_months: i32,
    /// The debtor is told at least so many days before.
    told_days_before: i32,
    #[serde(deserialize_with = "read::code")]
    from_bucket: Bucket,
    most_days: i32,
    /// Recalled after so many days without a contact.
    no_work_days: i32,
}

/// A placement as it is proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlacementRequest {
    pub placement_id: String,
    pub until: Date,
    /// The day the debtor was told, if the debtor was.
    pub told_on: Option<Date>,
}

/// Why a placement is refused, in order of precedence (拒绝委外原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlacementRefused {
    ViolationRecorded,
    NotWhitelisted,
    AgreementNotInForce,
    ClauseMissing { clause: AgreementClause },
    ImpactNotAssessed,
    ReviewPastDue { due_on: Date },
    NotWorked,
    CollectionStopped,
    TooEarly { bucket: Bucket },
    DebtorNotTold { latest: Date },
    TermTooLong { latest: Date },
    WriteOffUnderWay,
}

impl PlacementRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            PlacementRefused::ViolationRecorded => "E-AG-01",
            PlacementRefused::NotWhitelisted => "E-AG-02",
            PlacementRefused::AgreementNotInForce => "E-AG-03",
            PlacementRefused::ClauseMissing { .. } => "E-AG-04",
            PlacementRefused::ImpactNotAssessed => "E-AG-05",
            PlacementRefused::ReviewPastDue { .. } => "E-AG-06",
            PlacementRefused::NotWorked => "E-AG-07",
            PlacementRefused::CollectionStopped => "E-AG-08",
            PlacementRefused::TooEarly { .. } => "E-AG-09",
            PlacementRefused::DebtorNotTold { .. } => "E-AG-10",
            PlacementRefused::TermTooLong { .. } => "E-AG-11",
            PlacementRefused::WriteOffUnderWay => "E-AG-12",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            PlacementRefused::ClauseMissing { clause } => {
                vec![("clause", format!("agreement_clause.{}", clause.code()))]
            }
            PlacementRefused::ReviewPastDue { due_on } => vec![("due_on", due_on.to_string())],
            PlacementRefused::TooEarly { bucket } => vec![("bucket", format!("bucket.{}", bucket.code()))],
            PlacementRefused::DebtorNotTold { latest } | PlacementRefused::TermTooLong { latest } => {
                vec![("latest", latest.to_string())]
            }
            PlacementRefused::ViolationRecorded
            | PlacementRefused::NotWhitelisted
            | PlacementRefused::AgreementNotInForce
            | PlacementRefused::ImpactNotAssessed
            | PlacementRefused::NotWorked
            | PlacementRefused::CollectionStopped
            | PlacementRefused::WriteOffUnderWay => vec![],
        }
    }
}

impl Agency {
    /// On the whitelist, with an agreement in force.
    fn agreement_on(&self, day: Date) -> Option<&Agreement> {
        self.agreement.as_ref().filter(|agreement| agreement.from <= day && day <= agreement.until)
    }

    fn is_whitelisted(&self, day: Date) -> bool {
        self.whitelisted_on.is_some_and(|since| since <= day)
    }
}

impl AgencyRules {
    pub fn compile(pack: &PackOnDate) -> Result<AgencyRules, PackProblem> {
        let (_, text) = pack.only(RuleKind::Agency)?;
        let rules: AgencyRules = text.params()?;
        let sound = rules.review_every_months > 0 && rules.most_days > 0 && rules.no_work_days > 0;
        if sound { Ok(rules) } else { Err(text.problem("months or days are zero", "correct the params of this rule")) }
    }

    /// What an agency may see of a case (最小必要).
    pub fn visible(&self) -> &[CaseField] {
        &self.visible
    }

    /// The last day for the next review: a year after the last (or the start), and before renewal.
    /// `None` for an agency without an agreement.
    pub fn review_due_on(&self, agency: &Agency) -> Option<Date> {
        let agreement = agency.agreement.as_ref()?;
        let reviewed_on = agency.last_reviewed_on.unwrap_or(agreement.from);
        Some(reviewed_on.add_months(self.review_every_months).min(agreement.until))
    }

    /// The placement of a case with an agency, or why it may not be. [`crate::case::Command::Place`] follows.
    pub fn place(
        &self,
        request: &PlacementRequest,
        agency: &Agency,
        case: &Case,
        business_date: Date,
    ) -> Result<Placement, PlacementRefused> {
        use PlacementRefused::*;
        self.check_agency(agency, business_date)?;
        if !matches!(case.owner(), Some(Owner::Staff(_))) {
            return Err(NotWorked);
        }
        if case.is_stopped() {
            return Err(CollectionStopped);
        }
        if case.facts.bucket < self.from_bucket {
            return Err(TooEarly { bucket: self.from_bucket });
        }
        let told_by = business_date - self.told_days_before;
        let told_on = request.told_on.filter(|&told_on| told_on <= told_by).ok_or(DebtorNotTold { latest: told_by })?;
        let latest =
            agency.agreement.iter().map(|agreement| agreement.until).fold(business_date + self.most_days, Date::min);
        if request.until > latest || request.until < business_date {
            return Err(TermTooLong { latest });
        }
        if case.write_off.is_some() {
            return Err(WriteOffUnderWay);
        }
        Ok(Placement {
            placement_id: request.placement_id.clone(),
            case_id: case.case_id.clone(),
            agency_id: agency.agency_id.clone(),
            placed_on: business_date,
            until: request.until,
            told_on,
        })
    }

    fn check_agency(&self, agency: &Agency, business_date: Date) -> Result<(), PlacementRefused> {
        use PlacementRefused::*;
        if agency.record == ViolationRecord::Recorded {
            return Err(ViolationRecorded);
        }
        if !agency.is_whitelisted(business_date) {
            return Err(NotWhitelisted);
        }
        let agreement = agency.agreement_on(business_date).ok_or(AgreementNotInForce)?;
        if let Some(&clause) = self.required_clauses.iter().find(|clause| !agreement.clauses.contains(clause)) {
            return Err(ClauseMissing { clause });
        }
        if agency.impact_assessed_on.is_none_or(|assessed_on| assessed_on > business_date) {
            return Err(ImpactNotAssessed);
        }
        match self.review_due_on(agency) {
            Some(due_on) if due_on < business_date => Err(ReviewPastDue { due_on }),
            _ => Ok(()),
        }
    }

    /// Why a placed case must come back tonight: the gravest reason, or none.
    pub fn recall(
        &self,
        placement: &Placement,
        agency: &Agency,
        case: &Case,
        last_contact_on: Option<Date>,
        business_date: Date,
    ) -> Option<RecallReason> {
        use RecallReason::*;
        let last_work_on = last_contact_on.map_or(placement.placed_on, |day| day.max(placement.placed_on));
        let is_ineligible = !agency.is_whitelisted(business_date) || agency.agreement_on(business_date).is_none();
        let review_is_past_due = self.review_due_on(agency).is_some_and(|due_on| due_on < business_date);
        let reasons = [
            (Violation, agency.record == ViolationRecord::Recorded),
            (NotEligible, is_ineligible),
            (ReviewPastDue, review_is_past_due),
            (Complaint, case.complaints.iter().any(|complaint| complaint.raised_on >= placement.placed_on)),
            (CollectionStopped, case.is_stopped()),
            (NothingPastDue, !case.facts.amount_past_due.is_positive()),
            (TermEnded, placement.until < business_date),
            (NoWork, business_date - last_work_on > self.no_work_days),
        ];
        reasons.into_iter().find(|(_, holds)| *holds).map(|(reason, _)| reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case::Objection;
    use crate::desk::{case, date, problems_of, rules, today};
    use units::Money;

    fn agency() -> Agency {
        Agency {
            agency_id: "A1".to_owned(),
            whitelisted_on: Some(date("2026-01-01")),
            agreement: Some(Agreement {
                from: date("2026-01-01"),
                until: date("2026-12-31"),
                clauses: AgreementClause::ALL.to_vec(),
            }),
            impact_assessed_on: Some(date("2025-12-15")),
            last_reviewed_on: None,
            record: ViolationRecord::Clean,
        }
    }

    fn late_case() -> Case {
        let mut case = case("C1", "S1");
        case.facts.bucket = Bucket::M4;
        case
    }

    type Parts = (Agency, Case, PlacementRequest);

    fn check(change: impl Fn(&mut Parts), expect: Result<(), &str>) {
        let request = PlacementRequest {
            placement_id: "W1".to_owned(),
            until: date("2026-12-31"),
            told_on: Some(date("2026-11-17")),
        };
        let mut parts = (agency(), late_case(), request);
        change(&mut parts);
        let (agency, case, request) = &parts;
        let placed = rules().agency.place(request, agency, case, today());
        assert_eq!(placed.map(|_| ()).map_err(|refused| refused.code()), expect);
    }

    fn clauses(agency: &mut Agency) -> &mut Vec<AgreementClause> {
        &mut agency.agreement.as_mut().unwrap().clauses
    }

    #[test]
    fn a_case_is_placed_lawfully_or_not_at_all() {
        check(|_| {}, Ok(()));
        check(
            |(agency, ..)| (agency.record, agency.whitelisted_on) = (ViolationRecord::Recorded, None),
            Err("E-AG-01"),
        );
        check(
            |(agency, ..)| (agency.whitelisted_on, agency.agreement) = (Some(date("2026-11-21")), None),
            Err("E-AG-02"),
        );
        check(|(agency, ..)| (agency.agreement, agency.impact_assessed_on) = (None, None), Err("E-AG-03"));
        check(|(agency, ..)| agency.agreement.as_mut().unwrap().until = date("2026-11-19"), Err("E-AG-03"));
        check(
            |(agency, ..)| clauses(agency).retain(|&clause| clause != AgreementClause::NoSubDelegation),
            Err("E-AG-04"),
        );
        check(
            |(agency, ..)| (agency.impact_assessed_on, agency.last_reviewed_on) = (None, Some(date("2025-01-01"))),
            Err("E-AG-05"),
        );
        check(
            |(agency, case, _)| (agency.last_reviewed_on, case.facts.bucket) = (Some(date("2025-11-19")), Bucket::M1),
            Err("E-AG-06"),
        );
        check(|(agency, ..)| agency.last_reviewed_on = Some(date("2025-11-20")), Ok(()));
        check(
            |(_, case, _)| {
                let Some(crate::case::Work { owner, .. }) = case.work().cloned() else { return };
                assert_eq!(owner, Owner::Staff("S1".to_owned()));
                *case = placed(case.clone());
            },
            Err("E-AG-07"),
        );
        check(
            |(_, case, _)| (case.hardship_plan, case.facts.bucket) = (Some("H1".to_owned()), Bucket::M1),
            Err("E-AG-08"),
        );
        check(|(_, case, request)| (case.facts.bucket, request.told_on) = (Bucket::M3, None), Err("E-AG-09"));
        check(|(.., request)| (request.told_on, request.until) = (None, Date::MAX), Err("E-AG-10"));
        check(|(.., request)| request.told_on = Some(date("2026-11-18")), Err("E-AG-10"));
        check(|(.., request)| request.until = date("2027-01-01"), Err("E-AG-11"));
    }

    fn complaints(raised_on: &str) -> Vec<crate::case::Complaint> {
        vec![crate::case::Complaint { complaint_id: "K1".to_owned(), raised_on: date(raised_on), answered_on: None }]
    }

    fn placed(mut case: Case) -> Case {
        if let crate::case::Standing::Open(work) = &mut case.standing {
            work.owner = Owner::Agency("A1".to_owned());
        }
        case
    }

    #[test]
    fn a_placed_case_comes_back_for_the_gravest_reason() {
        type Held = (Agency, Case, Placement);
        let check = |change: &dyn Fn(&mut Held), last_contact_on: Option<&str>, expect: Option<RecallReason>| {
            let (until, told_on) = (date("2026-11-20"), date("2026-09-01"));
            let placement = Placement {
                placement_id: "W1".to_owned(),
                case_id: "C1".to_owned(),
                agency_id: "A1".to_owned(),
                placed_on: date("2026-09-10"),
                until,
                told_on,
            };
            let mut held = (agency(), placed(late_case()), placement);
            change(&mut held);
            let (agency, case, placement) = &held;
            assert_eq!(rules().agency.recall(placement, agency, case, last_contact_on.map(date), today()), expect);
        };
        use RecallReason::*;
        let recent = Some("2026-11-10");
        check(&|_| {}, recent, None);
        check(
            &|(agency, case, _)| {
                (agency.record, case.complaints) = (ViolationRecord::Recorded, complaints("2026-10-01"))
            },
            recent,
            Some(Violation),
        );
        check(
            &|(agency, case, _)| (agency.whitelisted_on, case.complaints) = (None, complaints("2026-10-01")),
            recent,
            Some(NotEligible),
        );
        check(
            &|(agency, case, _)| {
                (agency.last_reviewed_on, case.complaints) = (Some(date("2025-11-01")), complaints("2026-10-01"))
            },
            recent,
            Some(ReviewPastDue),
        );
        check(
            &|(_, case, placement)| (case.complaints, placement.until) = (complaints("2026-10-01"), date("2026-11-19")),
            recent,
            Some(Complaint),
        );
        check(
            &|(_, case, _)| case.objection = Some(Objection { objection_id: "O1".to_owned(), raised_on: today() }),
            recent,
            Some(CollectionStopped),
        );
        check(&|(_, case, _)| case.facts.amount_past_due = Money::ZERO, recent, Some(NothingPastDue));
        check(&|(_, case, _)| case.complaints = complaints("2026-09-09"), recent, None);
        check(&|(.., placement)| placement.until = date("2026-11-19"), recent, Some(TermEnded));
        check(&|_| {}, Some("2026-10-21"), None);
        check(&|_| {}, Some("2026-10-20"), Some(NoWork));
        check(&|_| {}, None, Some(NoWork));
    }

    #[test]
    fn a_term_of_no_days_is_a_problem() {
        let params = "required_clauses=[], visible=[], review_every_months=12, told_days_before=1, from_bucket=\"M4\", most_days=0, no_work_days=1";
        let draft = format!("id=\"agency.placement\"\nkind=\"agency\"\nparams={{ {params} }}");
        let problems = problems_of(&draft, |pack| AgencyRules::compile(pack).err().map(|problem| vec![problem]));
        assert!(problems.contains("days are zero"), "{problems}");
    }

    #[test]
    fn an_agency_is_reviewed_every_year_and_before_renewal_and_sees_little() {
        let rules = rules().agency;
        let check = |last: Option<&str>, expect: &str| {
            let agency = Agency { last_reviewed_on: last.map(date), ..agency() };
            assert_eq!(rules.review_due_on(&agency), Some(date(expect)), "{last:?}");
        };
        check(None, "2026-12-31");
        check(Some("2025-12-01"), "2026-12-01");
        check(Some("2026-06-01"), "2026-12-31");
        assert_eq!(rules.review_due_on(&Agency { agreement: None, ..agency() }), None);
        let hidden = [CaseField::IdentityNumber, CaseField::Income, CaseField::Collateral, CaseField::Guarantors];
        assert!(hidden.iter().all(|field| !rules.visible().contains(field)));
    }
}
