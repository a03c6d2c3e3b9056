//! What the auditor is told: the pack's settings, written out instead of compiled.

use loan::accrual::PenaltyRule;
use loan::position::DayRule;
use loan::waterfall::{Advance, Allocation, Component, Strategy};
use loan::Terms;
use units::{RatePpm, Rounding, div_round};

/// How money and days are counted, for one who reads the pack himself (审计口径).
#[derive(Clone, Debug)]
pub struct AuditRules {
    pub usual: Orders,
    pub long_past_due: Option<(i32, Orders)>,
    pub pays_in_advance: bool,
    pub penalty: PenaltyRule,
    pub days: DayRule,
    pub window_months: i32,
}

/// An order of components and the way it is walked (冲抵顺序).
#[derive(Clone, Debug)]
pub struct Orders {
    pub style: Style,
    pub order: Vec<Component>,
}

/// Which way an order is walked (冲抵方式).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    ByInstalment,
    ByComponent,
}

impl AuditRules {
    /// `None` for an order the auditor has not learnt to keep by hand.
    pub fn new(allocation: &Allocation, penalty: PenaltyRule, days: DayRule) -> Option<AuditRules> {
        let long_past_due = match &allocation.when_days_past_due_over {
            Some(switch) => Some((switch.days, Orders::new(&switch.then)?)),
            None => None,
        };
        Some(AuditRules {
            usual: Orders::new(&allocation.usual)?,
            long_past_due,
            pays_in_advance: allocation.advance == Advance::NextInstalments,
            penalty,
            days,
            window_months: 3,
        })
    }

    pub fn penalty_rate(&self, terms: &Terms) -> RatePpm {
        match (terms.penalty_rate, self.penalty.margin_ppm) {
            (Some(agreed), _) => agreed,
            (None, None) => RatePpm::ZERO,
            (None, Some(margin)) => {
                let raised = i128::from(terms.annual_rate.ppm()) * i128::from(1_000_000 + margin);
                RatePpm::new(div_round(raised, 1_000_000, Rounding::HalfUp) as i64)
            }
        }
    }
}

impl Orders {
    fn new(strategy: &Strategy) -> Option<Orders> {
        let (style, order) = match strategy {
            Strategy::ByInstalment { order } => (Style::ByInstalment, order),
            Strategy::ByComponent { order } => (Style::ByComponent, order),
            Strategy::DueThenAdvance { .. } | Strategy::Advanced { .. } => return None,
        };
        Some(Orders { style, order: order.clone() })
    }
}
