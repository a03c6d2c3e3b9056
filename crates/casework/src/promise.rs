//! Promises to pay: made with their three elements or not at all, kept or broken by what comes in.

use policy::{PackOnDate, PackProblem, RuleKind, read};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use units::{Date, Money, coded};

coded! {
    /// By which way a promise is paid (还款方式).
    PaymentWay {
        BankTransfer = "bank_transfer",
        /// Drawn from the debtor's account (代扣).
        Deduction = "deduction",
        /// In the lender's own app (手机银行).
        App = "app",
        /// At a counter of the lender (柜面).
        Counter = "counter",
        /// By somebody else who wants to pay (第三人代还).
        ThirdParty = "third_party",
    }
}

coded! {
    /// What became of a promise (承诺结果).
    PromiseStatus {
        Open = "open",
        Kept = "kept",
        PartlyKept = "partly_kept",
        Broken = "broken",
    }
}

units::serde_by_code!(PaymentWay, PromiseStatus);

/// What somebody says will be paid, as it was noted (承诺草稿).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromiseDraft {
    pub promise_id: String,
    pub case_id: String,
    pub customer_id: String,
    /// The contact in which it was said.
    pub contact_id: Option<String>,
    pub staff_id: String,
    /// When (还款时间).
    pub pay_on: Option<Date>,
    /// How (还款方式).
    pub way: Option<PaymentWay>,
    /// How much (还款金额).
    pub amount: Option<Money>,
}

/// A promise to pay (承诺还款) with its three elements: time, way, amount (SEED 004).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Promise {
    pub promise_id: String,
    pub case_id: String,
    pub customer_id: String,
    pub contact_id: Option<String>,
    pub staff_id: String,
    pub made_on: Date,
    pub pay_on: Date,
    pub way: PaymentWay,
    pub amount: Money,
    pub status: PromiseStatus,
    /// The night that decided it; `None` while open.
    pub decided_on: Option<Date>,
    /// What had come in for it when it was decided.
    pub received: Money,
}

/// How exactly a promise must be kept (承诺兑现容差).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PromiseRules {
    /// Money that counts up to so many days after the promised day is in time.
    pub late_days: i32,
    /// So much may be missing.
    #[serde(deserialize_with = "read::money")]
    short_by: Money,
    /// At least this share paid is partly kept; less is broken.
    partly_from_ppm: u32,
    /// A promise lies at most so many days ahead.
    within_days: i32,
}

/// What is known when a promise is made.
#[derive(Clone, Copy, Debug)]
pub struct PromiseDesk<'a> {
    pub business_date: Date,
    /// Everything past due and due by the promised day, and what may be paid ahead: the whole debt.
    pub owed: Money,
    /// The customer's promises, decided ones too.
    pub promises: &'a [Promise],
}

/// Why a promise is refused, in order of precedence (拒绝承诺原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromiseRefused {
    TimeMissing,
    WayMissing,
    AmountMissing,
    AmountMustBePositive,
    DayInPast {
        business_date: Date,
    },
    DayTooLate {
        latest: Date,
    },
    DayAlreadyPromised {
        day: Date,
    },
    /// More than is owed beyond what is promised already.
    MoreThanOwed {
        owed: Money,
    },
}

impl PromiseRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            PromiseRefused::TimeMissing => "E-PR-01",
            PromiseRefused::WayMissing => "E-PR-02",
            PromiseRefused::AmountMissing => "E-PR-03",
            PromiseRefused::AmountMustBePositive => "E-PR-04",
            PromiseRefused::DayInPast { .. } => "E-PR-05",
            PromiseRefused::DayTooLate { .. } => "E-PR-06",
            PromiseRefused::DayAlreadyPromised { .. } => "E-PR-07",
            PromiseRefused::MoreThanOwed { .. } => "E-PR-08",
        }
    }

    /// The facts under the names the message has for them; a code stands as its place in the glossary.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            PromiseRefused::DayInPast { business_date } => vec![("business_date", business_date.to_string())],
            PromiseRefused::DayTooLate { latest } => vec![("latest", latest.to_string())],
            PromiseRefused::DayAlreadyPromised { day } => vec![("day", day.to_string())],
            PromiseRefused::MoreThanOwed { owed } => vec![("owed", owed.to_string())],
            PromiseRefused::TimeMissing
            | PromiseRefused::WayMissing
            | PromiseRefused::AmountMissing
            | PromiseRefused::AmountMustBePositive => vec![],
        }
    }
}

/// A promise of three elements, or why it is none.
pub fn make(draft: &PromiseDraft, desk: &PromiseDesk, rules: &PromiseRules) -> Result<Promise, PromiseRefused> {
    use PromiseRefused::*;
    let pay_on = draft.pay_on.ok_or(TimeMissing)?;
    let way = draft.way.ok_or(WayMissing)?;
    let amount = draft.amount.ok_or(AmountMissing)?;
    let latest = desk.business_date + rules.within_days;
    let open = || desk.promises.iter().filter(|promise| promise.status == PromiseStatus::Open);
    let promised: Money = open().map(|promise| promise.amount).sum();
    let owed = desk.owed.minus_floor_zero(promised);
    match pay_on {
        _ if !amount.is_positive() => return Err(AmountMustBePositive),
        day if day < desk.business_date => return Err(DayInPast { business_date: desk.business_date }),
        day if day > latest => return Err(DayTooLate { latest }),
        day if open().any(|promise| promise.pay_on == day) => return Err(DayAlreadyPromised { day }),
        _ if amount > owed => return Err(MoreThanOwed { owed }),
        _ => {}
    }
    Ok(Promise {
        promise_id: draft.promise_id.clone(),
        case_id: draft.case_id.clone(),
        customer_id: draft.customer_id.clone(),
        contact_id: draft.contact_id.clone(),
        staff_id: draft.staff_id.clone(),
        made_on: desk.business_date,
        pay_on,
        way,
        amount,
        status: PromiseStatus::Open,
        decided_on: None,
        received: Money::ZERO,
    })
}

/// Money that came in for a customer (到账).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Receipt {
    pub received_on: Date,
    pub amount: Money,
}

impl PromiseRules {
    pub fn compile(pack: &PackOnDate) -> Result<PromiseRules, PackProblem> {
        let (_, text) = pack.only(RuleKind::PromiseTolerance)?;
        let rules: PromiseRules = text.params()?;
        let is_share = (1..=1_000_000).contains(&rules.partly_from_ppm);
        let sound = !rules.short_by.is_negative() && is_share && rules.within_days > 0;
        let remedy = "correct the params of this rule";
        if sound { Ok(rules) } else { Err(text.problem("a tolerance is negative, or a share above the whole", remedy)) }
    }

    /// The last day on which money counts for a promise.
    pub fn last_day(&self, promise: &Promise) -> Date {
        promise.pay_on + self.late_days
    }

    /// One customer's promises that tonight decides, decided, in the order of their days.
    ///
    /// Money counts once: receipts from the day a promise was made to its last day serve the promise
    /// that is due first, the oldest receipt first, and what a decided promise has received is used up.
    /// A promise is kept as soon as it is paid but for the tolerance; otherwise it is decided on the night
    /// of its last day. Neither the order of promises nor of receipts matters.
    pub fn decide(&self, promises: &[&Promise], receipts: &[Receipt], business_date: Date) -> Vec<Promise> {
        let mut receipts: Vec<Receipt> = receipts.to_vec();
        receipts.sort_unstable();
        let mut promises: Vec<&Promise> = promises.to_vec();
        promises.sort_unstable_by_key(|promise| {
            (promise.status == PromiseStatus::Open, promise.pay_on, &promise.promise_id)
        });
        let mut decided = Vec::new();
        for promise in promises {
            let wanted = if promise.status == PromiseStatus::Open { promise.amount } else { promise.received };
            let last_day = self.last_day(promise).min(promise.decided_on.unwrap_or(business_date));
            let received = take(&mut receipts, promise.made_on, last_day, wanted);
            if promise.status != PromiseStatus::Open {
                continue;
            }
            let status = if received + self.short_by >= promise.amount {
                PromiseStatus::Kept
            } else if business_date < self.last_day(promise) {
                continue;
            } else if received.is_positive()
                && received >= promise.amount.mul_div(self.partly_from_ppm.into(), 1_000_000, units::Rounding::Up)
            {
                PromiseStatus::PartlyKept
            } else {
                PromiseStatus::Broken
            };
            decided.push(Promise { status, decided_on: Some(business_date), received, ..promise.clone() });
        }
        decided
    }
}

/// Takes at most `wanted` from what came in between two days, the oldest first.
fn take(receipts: &mut [Receipt], from: Date, to: Date, wanted: Money) -> Money {
    let mut taken = Money::ZERO;
    for receipt in receipts.iter_mut().filter(|receipt| from <= receipt.received_on && receipt.received_on <= to) {
        let part = receipt.amount.min(wanted - taken).max(Money::ZERO);
        receipt.amount -= part;
        taken += part;
    }
    taken
}

/// What is promised for one day (承诺日历).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PromisedDay {
    pub amount: Money,
    /// Sorted.
    pub promise_ids: Vec<String>,
}

/// The open promises by the day they are to be paid.
pub fn calendar<'a>(promises: impl IntoIterator<Item = &'a Promise>) -> BTreeMap<Date, PromisedDay> {
    let mut days: BTreeMap<Date, PromisedDay> = BTreeMap::new();
    for promise in promises.into_iter().filter(|promise| promise.status == PromiseStatus::Open) {
        let day = days.entry(promise.pay_on).or_default();
        day.amount += promise.amount;
        let place = day.promise_ids.partition_point(|id| *id < promise.promise_id);
        day.promise_ids.insert(place, promise.promise_id.clone());
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desk::{date, money, problems_of, rules, today};
    use proptest::prelude::*;

    /// `id made_on pay_on amount`, days of November 2026.
    fn promise(text: &str) -> Promise {
        let words: Vec<&str> = text.split_whitespace().collect();
        let day = |text: &str| date("2026-11-01") + text.parse::<i32>().unwrap() - 1;
        Promise {
            promise_id: words[0].to_owned(),
            case_id: "C1".to_owned(),
            customer_id: "U1".to_owned(),
            contact_id: None,
            staff_id: "S1".to_owned(),
            made_on: day(words[1]),
            pay_on: day(words[2]),
            way: PaymentWay::App,
            amount: money(words[3]),
            status: PromiseStatus::Open,
            decided_on: None,
            received: Money::ZERO,
        }
    }

    fn promises(text: &str) -> Vec<Promise> {
        text.split(';').map(promise).collect()
    }

    #[test]
    fn a_promise_has_time_way_and_amount_or_is_refused() {
        let rules = rules().promise;
        let known = promises("P1 18 25 1000");
        // `pay_on way amount`, `-` for what was not said; 5,000 is owed and 1,000 of it promised.
        let check = |text: &str, expect: Result<(), &str>| {
            let words: Vec<Option<&str>> = text.split_whitespace().map(|word| (word != "-").then_some(word)).collect();
            let draft = PromiseDraft {
                promise_id: "P2".to_owned(),
                case_id: "C1".to_owned(),
                customer_id: "U1".to_owned(),
                contact_id: None,
                staff_id: "S1".to_owned(),
                pay_on: words[0].map(date),
                way: words[1].map(|code| PaymentWay::from_code(code).unwrap()),
                amount: words[2].map(money),
            };
            let desk = PromiseDesk { business_date: today(), owed: money("5,000"), promises: &known };
            let made = make(&draft, &desk, &rules)
                .map(|made| assert_eq!((Some(made.pay_on), made.status), (draft.pay_on, PromiseStatus::Open)));
            assert_eq!(made.map_err(|refused| refused.code()), expect, "{text}");
        };
        check("2026-11-24 app 4,000", Ok(()));
        check("2026-11-20 counter 0.01", Ok(()));
        check("- - -", Err("E-PR-01"));
        check("2026-11-24 - -", Err("E-PR-02"));
        check("2026-11-24 app -", Err("E-PR-03"));
        check("2026-11-19 app 0", Err("E-PR-04"));
        check("2026-11-19 app 9,000", Err("E-PR-05"));
        check("2026-12-21 app 9,000", Err("E-PR-06"));
        check("2026-12-20 app 1,000", Ok(()));
        check("2026-11-25 app 9,000", Err("E-PR-07"));
        check("2026-11-24 app 4,000.01", Err("E-PR-08"));
    }

    /// Receipts are `day amount`; the outcome of each promise decided on a night of November.
    fn check(known: &str, receipts: &str, night: i32, expect: &str) {
        let known = promises(known);
        let receipts: Vec<Receipt> = receipts
            .split(';')
            .filter(|text| !text.trim().is_empty())
            .map(|text| {
                let (day, amount) = text.trim().split_once(' ').unwrap();
                Receipt { received_on: date("2026-11-01") + day.parse::<i32>().unwrap() - 1, amount: money(amount) }
            })
            .collect();
        let decided =
            rules().promise.decide(&known.iter().collect::<Vec<_>>(), &receipts, date("2026-11-01") + night - 1);
        let found: Vec<String> =
            decided.iter().map(|one| format!("{} {} {}", one.promise_id, one.status.code(), one.received)).collect();
        assert_eq!(found.join("; "), expect, "night {night}: {receipts:?}");
    }

    #[test]
    fn what_comes_in_decides_a_promise_within_the_tolerance() {
        check("P1 2 10 1000", "", 11, "");
        check("P1 2 10 1000", "", 12, "P1 broken 0.00");
        check("P1 2 10 1000", "3 1000", 3, "P1 kept 1,000.00");
        check("P1 2 10 1000", "12 999", 12, "P1 kept 999.00");
        check("P1 2 10 1000", "12 998.99", 12, "P1 partly_kept 998.99");
        check("P1 2 10 1000", "13 1000", 13, "P1 broken 0.00");
        check("P1 2 10 1000", "1 1000", 12, "P1 broken 0.00");
        check("P1 2 10 1000", "5 100; 6 150", 12, "P1 partly_kept 250.00");
        check("P1 2 10 1000", "5 99.99", 12, "P1 broken 99.99");
        // Money counts once, for the promise due first.
        check("P2 2 11 500; P1 2 10 1000", "9 1200", 13, "P1 kept 1,000.00; P2 partly_kept 200.00");
    }

    #[test]
    fn a_calendar_shows_what_is_promised_for_each_day() {
        let known = promises("P2 2 10 5; P1 2 10 7; P3 2 11 1");
        let days = calendar(&known);
        let shown: Vec<String> =
            days.iter().map(|(on, day)| format!("{on} {} {}", day.amount, day.promise_ids.join(","))).collect();
        assert_eq!(shown.join("; "), "2026-11-10 12.00 P1,P2; 2026-11-11 1.00 P3");
    }

    #[test]
    fn a_tolerance_out_of_bounds_is_a_problem() {
        let draft = "id=\"promise.tolerance\"\nkind=\"promise_tolerance\"\nparams={ late_days=1, short_by=\"-1\", partly_from_ppm=1, within_days=3 }";
        let problems = problems_of(draft, |pack| PromiseRules::compile(pack).err().map(|problem| vec![problem]));
        assert!(problems.contains("a tolerance is negative"), "{problems}");
    }

    proptest! {
        /// No fen serves two promises, and neither order matters.
        #[test]
        fn money_counts_once_in_whatever_order_it_is_listed(
            days in prop::collection::vec((1i32..28, 0i32..10, 1i64..2_000), 1..5),
            money_in in prop::collection::vec((1i32..30, 1i64..2_000), 0..6),
            night in 1i32..45,
        ) {
            let made = date("2026-11-01");
            let known: Vec<Promise> = days.iter().enumerate().map(|(n, &(day, ahead, fen))| Promise {
                promise_id: format!("P{n}"), made_on: made + day, pay_on: made + day + ahead, amount: Money::from_fen(fen), ..promise("P 1 1 1")
            }).collect();
            let receipts: Vec<Receipt> =
                money_in.iter().map(|&(day, fen)| Receipt { received_on: made + day, amount: Money::from_fen(fen) }).collect();
            let rules = rules().promise;
            let forward: Vec<&Promise> = known.iter().collect();
            let backward: Vec<&Promise> = known.iter().rev().collect();
            let turned: Vec<Receipt> = receipts.iter().rev().copied().collect();
            let decided = rules.decide(&forward, &receipts, made + night);
            prop_assert_eq!(&decided, &rules.decide(&backward, &turned, made + night));
            let used: Money = decided.iter().map(|one| one.received).sum();
            prop_assert!(used <= receipts.iter().map(|one| one.amount).sum());
            prop_assert!(decided.iter().all(|one| one.received <= one.amount));
            let open_beyond = known.iter().filter(|one| made + night >= rules.last_day(one)).count();
            prop_assert!(decided.len() >= open_beyond, "every promise is decided by the night of its last day");
        }
    }
}
