//! Grades and classes by hand, as an examiner reads the measures.
//!
//! The limits are written out from the texts instead of read from the pack: a pack that slips by a
//! day is found here. Only the rules of `cn-bank` are known.

use grading::{CustomerClass, CustomerKind, CustomerScale, EventKind, Grade, Restructured};
use loan::{History, Protection};
use units::{Date, Money};

/// One claim as the examiner looks at it (债权底稿).
#[derive(Clone, Debug)]
pub struct Claim {
    pub kind: CustomerKind,
    pub scale: Option<CustomerScale>,
    pub protection: Protection,
    pub outstanding: Money,
    pub amount_past_due: Money,
    pub days_past_due: i32,
    pub history: History,
    pub restructured: Option<Restructured>,
    /// With the days they happened on.
    pub events: Vec<(EventKind, Date)>,
    /// The grade in force on the night before; `None` on its first, when the history stands in.
    pub grade_before: Option<Grade>,
    /// The latest approved judgement, and whether it was made since the night before.
    pub judged: Option<(Grade, bool)>,
}

/// A debt at another bank (他行债权).
#[derive(Clone, Copy, Debug)]
pub struct Elsewhere {
    pub balance: Money,
    pub days_past_due: i32,
    pub grade: Option<Grade>,
}

impl Claim {
    /// Claims on persons, farmers, family businesses, small and micro companies (第8条).
    pub fn is_retail(&self) -> bool {
        let is_small = matches!(self.scale, Some(CustomerScale::Small | CustomerScale::Micro));
        self.kind != CustomerKind::Corporate || is_small
    }

    fn has(&self, event: EventKind) -> bool {
        self.events.iter().any(|(kind, _)| *kind == event)
    }

    /// At least this, by the claim's own facts (第10至13条、第三章、63号矩阵).
    pub fn floor(&self, today: Date) -> Grade {
        let days = self.days_past_due;
        let is_technical = self.has(EventKind::TechnicalDelay) && days <= 7;
        let is_refinanced = self.has(EventKind::Refinancing) && !self.has(EventKind::QualifyingRenewal);
        let rules = [
            (days > 0 && !is_technical, Grade::SpecialMention),
            (self.has(EventKind::FundMisuse), Grade::SpecialMention),
            (is_refinanced, Grade::SpecialMention),
            (self.is_observed(today), Grade::SpecialMention),
            (days > 90, Grade::Substandard),
            (self.has(EventKind::CreditImpaired), Grade::Substandard),
            (self.has(EventKind::RatingDowngrade), Grade::Substandard),
            (self.has(EventKind::RepeatedRestructuring), Grade::Substandard),
            (days > 270, Grade::Doubtful),
            (self.has(EventKind::Evasion), Grade::Doubtful),
            (days > 360, Grade::Loss),
            (self.has(EventKind::BankruptcyLiquidation), Grade::Loss),
        ];
        let by_rule = rules.into_iter().filter(|(holds, _)| *holds).map(|(_, grade)| grade).max();
        by_rule.unwrap_or(Grade::Pass).max(self.by_matrix())
    }

    /// Small business loans by days and protection; a warning makes the cell one worse.
    fn by_matrix(&self) -> Grade {
        use Grade::{Doubtful as D, Loss as L, Pass as P, SpecialMention as M, Substandard as S};
        let is_company = matches!(self.kind, CustomerKind::Corporate | CustomerKind::Micro);
        if !is_company || matches!(self.scale, Some(CustomerScale::Large | CustomerScale::Medium)) {
            return Grade::Pass;
        }
        let column = match self.days_past_due {
            ..=0 => 0,
            1..=30 => 1,
            31..=90 => 2,
            91..=180 => 3,
            181..=360 => 4,
            361.. => 5,
        };
        let row = match self.protection {
            Protection::Credit => [P, M, S, D, D, L],
            Protection::Guarantee => [P, P, M, S, D, L],
            Protection::Mortgage => [P, P, M, M, S, D],
            Protection::Pledge => [P, P, P, M, S, D],
        };
        match (row[column], self.has(EventKind::WarningSignal)) {
            (cell, false) => cell,
            (P, true) => M,
            (M, true) => S,
            (S, true) => D,
            (D | L, true) => L,
        }
    }

    /// A year and two repayment dates since the first one after the change, or since the last miss.
    fn is_observed(&self, today: Date) -> bool {
        let Some(restructured) = self.restructured else { return false };
        let Some(first) = restructured.first_due_on else { return true };
        let since = restructured.missed_on.map_or(first, |missed| missed.max(first));
        today < since.add_months(12) || restructured.dues_met < 2
    }

    /// What keeps a non-performing claim from coming back (第14条): arrears, two periods and six
    /// months since, another impaired claim, a payer changed within six months.
    fn may_not_come_back(&self, today: Date) -> bool {
        let too_soon = self.history.cured_on.is_some_and(|cured| {
            self.history.dues_met_since_cure < 2 || today < cured.add_months(6)
        });
        let payer_changed = |(kind, on): &(EventKind, Date)| *kind == EventKind::PayerChanged && today < on.add_months(6);
        self.days_past_due > 0
            || self.amount_past_due.is_positive()
            || too_soon
            || self.has(EventKind::OtherClaimImpaired)
            || self.events.iter().any(payer_changed)
    }

    /// The grade in force before the debtor's other claims are asked. Retail follows the days; what is
    /// not retail comes back only by a judgement, and from non-performing only if it may.
    pub fn grade(&self, today: Date) -> Grade {
        let floor = self.floor(today);
        let judged = self.judged.map(|(grade, _)| grade);
        if self.is_retail() {
            return floor.max(judged.unwrap_or(Grade::Pass));
        }
        let was_bad = self.history.worst_days_past_due > 90 && self.may_not_come_back(today);
        let stands = match (self.grade_before, self.judged) {
            (Some(before), Some((judged, true))) => {
                let comes_back = before >= Grade::Substandard && judged < Grade::Substandard;
                if comes_back && self.may_not_come_back(today) { before } else { judged }
            }
            (Some(before), _) => before,
            (None, Some((judged, _))) => judged,
            (None, None) if was_bad => Grade::Substandard,
            (None, None) => Grade::Pass,
        };
        floor.max(stands)
    }

    pub fn class(&self, grade: Grade, confirmation_needed: bool) -> CustomerClass {
        let history = &self.history;
        if self.days_past_due >= 31 || grade >= Grade::Substandard {
            CustomerClass::D
        } else if history.first_instalment_worst_days >= 1 || history.times_past_due_in_window >= 2 {
            CustomerClass::C
        } else if history.worst_days_past_due_in_window >= 1 || confirmation_needed {
            CustomerClass::B
        } else {
            CustomerClass::A
        }
    }
}

/// What a non-retail debtor's claims do to each other (第7条、第10条第4项、第11条第4项).
pub fn debtor_floor(claims: &[(Claim, Grade)], elsewhere: &[Elsewhere]) -> Grade {
    let ours: Vec<&(Claim, Grade)> = claims.iter().filter(|(claim, _)| !claim.is_retail()).collect();
    let sum = |amounts: Vec<Money>| amounts.into_iter().sum::<Money>().fen();
    let all = sum(ours.iter().map(|(claim, _)| claim.outstanding).collect());
    let bad = sum(ours.iter().filter(|(_, grade)| *grade >= Grade::Substandard).map(|(claim, _)| claim.outstanding).collect());
    let late_here = sum(ours.iter().filter(|(claim, _)| claim.days_past_due > 90).map(|(claim, _)| claim.outstanding).collect());
    let late_there = sum(elsewhere.iter().filter(|debt| debt.days_past_due > 90).map(|debt| debt.balance).collect());
    let everywhere = all + sum(elsewhere.iter().map(|debt| debt.balance).collect());
    let any_bad_here = ours.iter().any(|(_, grade)| *grade >= Grade::Substandard);
    let any_bad_there = elsewhere.iter().any(|debt| debt.grade.is_some_and(|grade| grade >= Grade::Substandard));
    if bad * 10 > all || (late_here + late_there) * 5 > everywhere {
        Grade::Substandard
    } else if any_bad_here || any_bad_there {
        Grade::SpecialMention
    } else {
        Grade::Pass
    }
}
