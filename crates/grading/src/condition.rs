//! Conditions as data: "at least this tier when that fact holds".
//!
//! Grade floors, stages and recoverability are all ladders of such rungs; the worst rung that holds
//! decides ("max severity wins").

use crate::grade::Grade;
use policy::{AppliesTo, Bearer, RuleRef};
use serde::Deserialize;
use std::fmt;
use units::{Date, coded};

coded! {
    /// Something that happened and bears on the grade while in force (分类事件).
    EventKind {
        /// The purpose of the money was changed without consent (擅自改变资金用途).
        FundMisuse = "fund_misuse",
        /// Repaid with new debt (借新还旧).
        Refinancing = "refinancing",
        /// A renewal of a small business loan that meets the conditions (符合条件的小微企业续贷).
        QualifyingRenewal = "qualifying_renewal",
        /// Past due for an operational or technical cause only (操作性或技术性原因).
        TechnicalDelay = "technical_delay",
        /// The asset is credit-impaired in the accounts (已发生信用减值).
        CreditImpaired = "credit_impaired",
        /// The outside rating fell sharply (外部评级大幅下调).
        RatingDowngrade = "rating_downgrade",
        /// The debtor evades its debts (逃废银行债务).
        Evasion = "evasion",
        /// The debtor is in bankruptcy liquidation (破产清算).
        BankruptcyLiquidation = "bankruptcy_liquidation",
        /// Restructured again during observation (观察期内再次重组).
        RepeatedRestructuring = "repeated_restructuring",
        /// Another claim on this debtor is credit-impaired (债务人其他资产已减值).
        OtherClaimImpaired = "other_claim_impaired",
        /// The paying entity changed by merger or acquisition (并购导致偿债主体变化).
        PayerChanged = "payer_changed",
        /// A major event or warning of the small-business guidance (重大事件或预警信号).
        WarningSignal = "warning_signal",
    }
}

/// The events in force for one loan (有效事件集).
///
/// Construction: [`EventSet::default`] is empty; `with` adds. Compared as a set. Lives in a column
/// as four bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EventSet(u32);

impl EventSet {
    #[must_use]
    pub const fn with(self, event: EventKind) -> EventSet {
        EventSet(self.0 | 1 << event as u32)
    }

    #[must_use]
    pub const fn union(self, other: EventSet) -> EventSet {
        EventSet(self.0 | other.0)
    }

    pub const fn has(self, event: EventKind) -> bool {
        self.0 & 1 << event as u32 != 0
    }

    pub fn first_of(self, events: &[EventKind]) -> Option<EventKind> {
        events.iter().copied().find(|&event| self.has(event))
    }
}

impl FromIterator<EventKind> for EventSet {
    fn from_iter<I: IntoIterator<Item = EventKind>>(events: I) -> EventSet {
        events.into_iter().fold(EventSet::default(), EventSet::with)
    }
}

/// What a rung is tried on: one loan's facts of the day (分类事实).
#[derive(Clone, Copy, Debug)]
pub struct Facts {
    pub days_past_due: i32,
    pub events: EventSet,
    /// Expected credit loss over book balance, in parts per million; 0 when nobody computed it.
    pub ecl_share_ppm: i64,
    /// The grade in force; `Pass` while the grade itself is being decided.
    pub grade: Grade,
}

/// The fact a decision rests on, for `explain` (依据事实).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fact {
    DaysPastDue(i32),
    Event(EventKind),
    EclSharePpm(i64),
    Grade(Grade),
    /// The cell of the guarantee matrix: the protection and the days past due.
    Matrix(loan::Protection, i32),
    /// Observed since that day, with so many dues met; `None`: nothing fell due yet.
    Observed { since: Option<Date>, dues_met: u32 },
    /// The highest days past due ever, not yet overcome by the conditions for an upgrade.
    WorstDaysPastDue(i32),
    /// The grade in force on that earlier night.
    CarriedFrom(Date),
    /// The judgement approved on that day.
    JudgedOn(Date),
    /// A share of the debtor's debt, in parts per million.
    DebtSharePpm(i64),
}

/// What must hold for a rung (触发条件).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum When {
    /// More than so many days past due: `90` means from the 91st day.
    DaysPastDueOver(i32),
    Event(#[serde(deserialize_with = "policy::read::code")] EventKind),
    /// Credit-impaired, and the expected loss is at least this share of the book balance.
    ImpairedEclShareAtLeastPpm(i64),
    GradeAtLeast(#[serde(deserialize_with = "policy::read::code")] Grade),
}

/// What lifts a rung that would hold (例外): an event, if need be only up to so many days past due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unless {
    #[serde(deserialize_with = "policy::read::code")]
    event: EventKind,
    days_past_due_up_to: Option<i32>,
}

/// "At least `tier` when …" (至少归为).
#[derive(Clone, Debug)]
pub(crate) struct Rung<T> {
    pub tier: T,
    pub when: When,
    pub unless: Option<Unless>,
    pub rule: RuleRef,
    pub applies_to: AppliesTo,
}

impl When {
    /// The fact that makes it hold.
    fn holds(self, facts: &Facts) -> Option<Fact> {
        match self {
            When::DaysPastDueOver(days) => {
                (facts.days_past_due > days).then_some(Fact::DaysPastDue(facts.days_past_due))
            }
            When::Event(event) => facts.events.has(event).then_some(Fact::Event(event)),
            When::ImpairedEclShareAtLeastPpm(share) => {
                let holds = facts.events.has(EventKind::CreditImpaired) && facts.ecl_share_ppm >= share;
                holds.then_some(Fact::EclSharePpm(facts.ecl_share_ppm))
            }
            When::GradeAtLeast(grade) => (facts.grade >= grade).then_some(Fact::Grade(facts.grade)),
        }
    }
}

impl Unless {
    fn lifts(self, facts: &Facts) -> bool {
        facts.events.has(self.event) && self.days_past_due_up_to.is_none_or(|days| facts.days_past_due <= days)
    }
}

/// Which rungs of a ladder bind a kind of claim, one bit each.
pub(crate) type Rungs = u64;

/// Rungs of one kind of rule, worst tier first (分类阶梯).
#[derive(Clone, Debug)]
pub(crate) struct Ladder<T>(Vec<Rung<T>>);

impl<T: Copy + Ord> Ladder<T> {
    /// More rungs than bits is a pack nobody could review; compile refuses it before this.
    pub const MOST: usize = Rungs::BITS as usize;

    pub fn new(mut rungs: Vec<Rung<T>>) -> Ladder<T> {
        assert!(rungs.len() <= Ladder::<T>::MOST, "a ladder has at most {} rungs", Ladder::<T>::MOST);
        rungs.sort_by_key(|rung| std::cmp::Reverse(rung.tier));
        Ladder(rungs)
    }

    pub fn rungs(&self) -> &[Rung<T>] {
        &self.0
    }

    pub fn binding(&self, bearer: &Bearer) -> Rungs {
        let bit = |(index, rung): (usize, &Rung<T>)| Rungs::from(rung.applies_to.covers(bearer)) << index;
        self.0.iter().enumerate().map(bit).sum()
    }

    /// Every binding rung that holds, worst first.
    pub fn holding(&self, binding: Rungs, facts: &Facts) -> impl Iterator<Item = (T, RuleRef, Fact)> {
        self.0.iter().enumerate().filter(move |(index, _)| binding >> index & 1 == 1).filter_map(|(_, rung)| {
            let fact = rung.when.holds(facts)?;
            let lifted = rung.unless.is_some_and(|unless| unless.lifts(facts));
            (!lifted).then_some((rung.tier, rung.rule, fact))
        })
    }
}

impl fmt::Display for Fact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fact::DaysPastDue(days) => write!(f, "days_past_due={days}"),
            Fact::Event(event) => write!(f, "event={}", event.code()),
            Fact::EclSharePpm(share) => write!(f, "ecl_share={}", units::RatePpm::new(*share)),
            Fact::Grade(grade) => write!(f, "grade={}", grade.code()),
            Fact::Matrix(protection, days) => write!(f, "protection={} days_past_due={days}", protection.code()),
            Fact::Observed { since: Some(since), dues_met } => write!(f, "observed_since={since} dues_met={dues_met}"),
            Fact::Observed { since: None, dues_met } => write!(f, "observed_since=none dues_met={dues_met}"),
            Fact::WorstDaysPastDue(days) => write!(f, "worst_days_past_due={days}"),
            Fact::CarriedFrom(night) => write!(f, "carried_from={night}"),
            Fact::JudgedOn(day) => write!(f, "judged_on={day}"),
            Fact::DebtSharePpm(share) => write!(f, "debt_share={}", units::RatePpm::new(*share)),
        }
    }
}
