//! Laws every position obeys, whatever was agreed and paid.

use loan::ledger::{ChargePosting, Entry, Event, Instalment, Ledger};
use loan::position::{AfterGrace, DayRule, UnpaidPenalty};
use loan::{
    Advance, Allocation, Component, DayCount, Frequency, History, LoanRules, LoanView, Pause, PenaltyBase, PenaltyRule,
    PenaltyStart, Position, RepaymentMethod, Strategy as Order, Switch, Terms, positions,
};
use proptest::prelude::*;
use units::{Date, Money, RatePpm, Rounding};

const START: i32 = 20_000;

/// One made-up loan: dues (days after the start, principal, interest, fee) and receipts.
#[derive(Clone, Debug)]
struct Made {
    terms: Terms,
    due_on: Vec<Date>,
    principal_due: Vec<Money>,
    interest_due: Vec<Money>,
    fee_due: Vec<Money>,
    paid_on: Vec<Date>,
    paid: Vec<Money>,
    pauses: Vec<Pause>,
}

impl Made {
    fn view(&self) -> LoanView<'_> {
        LoanView {
            terms: &self.terms,
            due_on: &self.due_on,
            principal_due: &self.principal_due,
            interest_due: &self.interest_due,
            fee_due: &self.fee_due,
            paid_on: &self.paid_on,
            paid: &self.paid,
            pauses: &self.pauses,
        }
    }

    fn on(&self, rules: &LoanRules, days: &[Date]) -> (Vec<Position>, History) {
        let mut out = vec![Position::default(); days.len()];
        let history = positions(&self.view(), rules, days, &mut out);
        (out, history)
    }
}

fn made() -> impl Strategy<Value = Made> {
    let dues =
        prop::collection::vec((1..40i32, 0..2000i64, 0..200i64, prop_oneof![4 => Just(0i64), 1 => 0..50i64]), 1..8);
    let receipts = prop::collection::vec((0..45i32, 1..2500i64), 0..8);
    let pauses = prop::collection::vec((1..60i32, 1..40i32), 0..3);
    (dues, receipts, pauses).prop_map(|(dues, receipts, pauses)| {
        let running = |steps: Vec<i32>| {
            let mut day = START;
            steps
                .into_iter()
                .map(|step| {
                    day += step;
                    Date::new(day)
                })
                .collect::<Vec<_>>()
        };
        let money = |amounts: Vec<i64>| amounts.into_iter().map(Money::from_fen).collect::<Vec<_>>();
        let due_on = running(dues.iter().map(|due| due.0).collect());
        let principal_due = money(dues.iter().map(|due| due.1).collect());
        let mut day = START;
        let pauses = pauses.into_iter().map(|(gap, length)| {
            let from = day + gap;
            day = from + length;
            Pause { from: Date::new(from), until: Date::new(day) }
        });
        Made {
            terms: Terms {
                principal: principal_due.iter().copied().sum(),
                disbursed_on: Date::new(START),
                matures_on: *due_on.last().expect("one due at least"),
                annual_rate: RatePpm::new(60_000),
                penalty_rate: None,
                day_count: DayCount::Act360,
                method: RepaymentMethod::Irregular,
                instalment_count: due_on.len() as u32,
                frequency: Frequency::Monthly,
            },
            interest_due: money(dues.iter().map(|due| due.2).collect()),
            fee_due: money(dues.iter().map(|due| due.3).collect()),
            paid_on: running(receipts.iter().map(|receipt| receipt.0).collect()),
            paid: money(receipts.iter().map(|receipt| receipt.1).collect()),
            pauses: pauses.collect(),
            due_on,
            principal_due,
        }
    })
}

fn components() -> impl Strategy<Value = Vec<Component>> {
    Just(Component::ALL.to_vec()).prop_shuffle()
}

/// Orders the kernel serves, as a pack writes them.
fn orders() -> impl Strategy<Value = Order> {
    let advanced = (any::<bool>(), components(), components(), components()).prop_map(|(vertical, past_due, due, later)| {
        let buckets = [("past_due", past_due), ("due", due), ("in_advance", later)];
        let places = buckets.iter().flat_map(|(bucket, list)| {
            list.iter().map(move |component| format!("\"{bucket}.{}\"", component.code()))
        });
        let order = places.collect::<Vec<_>>().join(", ");
        let processing = if vertical { "vertical" } else { "horizontal" };
        let text = format!(r#"{{"strategy": "advanced", "processing": "{processing}", "rules": {{"default": {{"order": [{order}]}}}}}}"#);
        serde_json::from_str(&text).expect("an order")
    });
    prop_oneof![
        components().prop_map(|order| Order::ByInstalment { order }),
        components().prop_map(|order| Order::ByComponent { order }),
        advanced,
    ]
}

fn rules(usual: Order, advance: Advance, penalty: PenaltyRule, days: DayRule) -> LoanRules {
    let allocation = Allocation { usual, advance, when_days_past_due_over: None };
    LoanRules::new(&allocation, penalty, days).expect("an order that goes oldest first")
}

fn any_rules() -> impl Strategy<Value = LoanRules> {
    let base = prop::sample::select(PenaltyBase::ALL);
    let start = prop::sample::select(PenaltyStart::ALL);
    let advance = prop::sample::select(Advance::ALL);
    let days = (0..4i32, prop::sample::select(AfterGrace::ALL), prop::sample::select(UnpaidPenalty::ALL))
        .prop_map(|(grace_days, after_grace, unpaid_penalty)| DayRule { grace_days, after_grace, unpaid_penalty });
    (orders(), advance, base, start, days, any::<bool>()).prop_map(|(usual, advance, base, start, days, switches)| {
        let then = Order::ByComponent {
            order: vec![Component::Principal, Component::Interest, Component::Penalty, Component::Fee],
        };
        let when_days_past_due_over = switches.then_some(Switch { days: 30, then });
        let penalty = PenaltyRule { margin_ppm: Some(20_000_000), base, start };
        let allocation = Allocation { usual, advance, when_days_past_due_over };
        LoanRules::new(&allocation, penalty, days).expect("oldest first")
    })
}

/// Every day of the loan's life and a while after.
fn all_days(made: &Made) -> Vec<Date> {
    let last = *made.due_on.last().max(made.paid_on.last()).expect("one due at least");
    (START..last.day_number() + 45).map(Date::new).collect()
}

/// The history as somebody reading the nights' snapshots one by one would write it.
fn history_of(nights: &[(Date, Position)], first: usize, made: &Made, window_after: Date) -> History {
    let mut history = History::default();
    let (mut before, mut worst, mut fallen_at_cure) = (0, 0, 0);
    let fallen = |day: Date| made.due_on.iter().filter(|&&due| due <= day).count();
    for (day, night) in nights {
        let days = night.days_past_due;
        history.worst_days_past_due = history.worst_days_past_due.max(days);
        if *day > window_after {
            history.worst_days_past_due_in_window = history.worst_days_past_due_in_window.max(days);
            history.times_past_due_in_window += u32::from(before == 0 && days > 0);
        }
        if days > 0 && made.due_on.get(first) == night.oldest_unpaid_due_on.as_ref() {
            history.first_instalment_past_due = true;
            history.first_instalment_worst_days = history.first_instalment_worst_days.max(days);
        }
        if before == 0 && days > 0 {
            (history.cured_on, history.cured_from_days) = (None, 0);
        }
        if before > 0 && days == 0 {
            (history.cured_on, history.cured_from_days) = (Some(*day), worst);
            (worst, fallen_at_cure) = (0, fallen(*day));
        }
        worst = worst.max(days);
        before = days;
    }
    if let (Some(_), Some((day, night))) = (history.cured_on, nights.last()) {
        let met = night
            .oldest_unpaid_due_on
            .map_or(fallen(*day), |oldest| made.due_on.iter().filter(|&&due| due < oldest).count());
        history.dues_met_since_cure = met.saturating_sub(fallen_at_cure) as u32;
    }
    history
}

proptest! {
    #[test]
    fn the_kernel_and_the_ledger_agree(made in made(), order in orders(), skip in 0..60i32) {
        let no_grace = DayRule::default();
        let rules = rules(order.clone(), Advance::NextInstalments, PenaltyRule::NONE, no_grace);
        let day = Date::new(START + 3 * skip);
        let (positions, _) = made.on(&rules, &[day]);
        let agreed: Vec<Instalment> = (0..made.due_on.len())
            .map(|index| {
                let from = if index == 0 { Date::new(START) } else { made.due_on[index - 1] };
                let mut one = Instalment::agreed(from, made.due_on[index], made.principal_due[index], made.interest_due[index]);
                one.owed[Component::Fee] = made.fee_due[index];
                one
            })
            .collect();
        let receipts = made.paid_on.iter().zip(&made.paid).filter(|(on, _)| **on <= day);
        let entries: Vec<Entry> = receipts
            .map(|(&on, &amount)| Entry { value_date: on, entered_on: on, event: Event::Payment { kind: "repayment".into(), amount } })
            .collect();
        let (ledger, _) = Ledger::replay(&agreed, &entries, &order, ChargePosting::First);
        let paid = |component| ledger.instalments.iter().map(|one| one.paid[component]).sum::<Money>();
        let past_due = |component| {
            ledger.instalments.iter().filter(|one| one.due_on < day).map(|one| one.outstanding_of(component)).sum::<Money>()
        };
        let unpaid = || ledger.instalments.iter().filter(|one| one.due_on <= day && one.outstanding().is_positive());
        let found = positions[0];
        prop_assert_eq!(found.paid_principal, paid(Component::Principal));
        prop_assert_eq!(found.paid_interest, paid(Component::Interest));
        prop_assert_eq!(found.paid_fee, paid(Component::Fee));
        prop_assert_eq!(found.principal_past_due, past_due(Component::Principal));
        prop_assert_eq!(found.interest_past_due, past_due(Component::Interest));
        prop_assert_eq!(found.fee_past_due, past_due(Component::Fee));
        prop_assert_eq!(found.surplus, ledger.surplus());
        prop_assert_eq!(found.unpaid_instalments as usize, unpaid().count());
        prop_assert_eq!(found.oldest_unpaid_due_on, unpaid().map(|one| one.due_on).next());
        let next = ledger.instalments.iter().find(|one| one.due_on > day && one.outstanding().is_positive());
        prop_assert_eq!(found.next_due_on, next.map(|one| one.due_on));
        prop_assert_eq!(found.next_due_amount, next.map_or(Money::ZERO, Instalment::outstanding));
    }

    #[test]
    fn not_one_fen_is_lost_or_made(made in made(), rules in any_rules()) {
        for (day, night) in all_days(&made).iter().zip(made.on(&rules, &all_days(&made)).0) {
            let received: Money = made.paid_on.iter().zip(&made.paid).filter(|(on, _)| *on <= day).map(|(_, paid)| *paid).sum();
            let used = night.paid_principal + night.paid_interest + night.paid_fee + night.paid_penalty;
            prop_assert_eq!(received, used + night.surplus);
            prop_assert_eq!(night.principal_outstanding, made.terms.principal - night.paid_principal);
            prop_assert!(!night.penalty_accrued.is_negative());
        }
    }

    #[test]
    fn one_pass_over_many_days_is_many_passes_over_one(made in made(), rules in any_rules()) {
        let days = all_days(&made);
        let (nights, _) = made.on(&rules, &days);
        for (&day, night) in days.iter().zip(&nights).step_by(7) {
            prop_assert_eq!(made.on(&rules, &[day]).0[0], *night);
        }
    }

    #[test]
    fn the_history_is_what_the_nights_showed(made in made(), rules in any_rules(), share in 1..100usize) {
        let days = all_days(&made);
        let last = (days.len() - 1) * share / 100;
        let (nights, history) = made.on(&rules, &days[..=last]);
        prop_assert_eq!(made.on(&rules, &[days[last]]).1, history);
        let has_due = |&index: &usize| {
            !(made.principal_due[index] + made.interest_due[index] + made.fee_due[index]).is_zero()
        };
        let first = (0..made.due_on.len()).find(has_due).unwrap_or(made.due_on.len());
        // A row of zeros is never unpaid, so it is no instalment that could be met or missed.
        prop_assume!((0..made.due_on.len()).all(|index| has_due(&index)));
        let nights: Vec<(Date, Position)> = days.iter().copied().zip(nights).collect();
        prop_assert_eq!(history_of(&nights, first, &made, days[last].add_months(-3)), history);
    }

    #[test]
    fn penalty_interest_is_the_sum_over_days_rounded_once(made in made(), order in orders()) {
        let rules = rules(order, Advance::NextInstalments, PenaltyRule::default(), DayRule::default());
        let days = all_days(&made);
        let mut fen_days = 0i128;
        for (&day, night) in days.iter().zip(made.on(&rules, &days).0) {
            let accrued = Money::from_fen(1).mul_div(fen_days * 90_000, 360 * 1_000_000, Rounding::HalfUp);
            prop_assert_eq!(night.penalty_accrued + night.paid_penalty, accrued);
            let due: Money = made.due_on.iter().zip(&made.principal_due).filter(|(due, _)| **due <= day).map(|(_, amount)| *amount).sum();
            fen_days += i128::from(due.minus_floor_zero(night.paid_principal).fen());
        }
    }

    #[test]
    fn money_in_two_parts_of_a_day_is_money_in_one(made in made(), order in components(), cut in 1..99i128) {
        let rules = rules(Order::ByInstalment { order }, Advance::NextInstalments, PenaltyRule::default(), DayRule::default());
        let mut parted = made.clone();
        parted.paid_on = made.paid_on.iter().flat_map(|&on| [on, on]).collect();
        parted.paid = made
            .paid
            .iter()
            .flat_map(|&amount| {
                let part = amount.mul_div(cut, 100, Rounding::Down);
                [part, amount - part]
            })
            .collect();
        let days = all_days(&made);
        prop_assert_eq!(parted.on(&rules, &days), made.on(&rules, &days));
    }

    #[test]
    fn days_past_due_fall_only_by_money(made in made(), rules in any_rules()) {
        let days = all_days(&made);
        let (nights, _) = made.on(&rules, &days);
        for (index, pair) in nights.windows(2).enumerate() {
            let fell = pair[1].days_past_due < pair[0].days_past_due;
            let money_moved = made.paid_on.contains(&days[index + 1]) || !pair[0].surplus.is_zero();
            prop_assert!(!fell || money_moved, "on {}", days[index + 1]);
        }
    }
}
