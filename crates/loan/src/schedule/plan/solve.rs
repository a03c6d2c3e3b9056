//! Finding the level amount of a plan: what stays the same until everything is repaid.

use super::{InterestOn, Level, Levelling, Owed, PeriodInterest, Plan, PlanRefused, Residual, RowKind, Solve, Tranche};
use rust_decimal::Decimal;

impl Plan {
    /// Solves the level amount of every period from `first` on.
    pub(super) fn solve_from(&mut self, first: usize) -> Result<(), PlanRefused> {
        if let Solve::Fixed(level) = self.settings.solve {
            self.level[first..].fill(level);
            return Ok(());
        }
        let opening = self.walk(0, first, self.nothing_owed(), None, &mut |_| {});
        let lent = (first..self.periods.len()).flat_map(|index| self.tranches_of(index));
        let lent: Decimal = lent.map(|tranche| tranche.amount - tranche.down_payment).sum();
        let owed = Owed { principal: opening.principal + lent, ..opening };
        if self.settings.interest_on == InterestOn::LentSpreadEvenly {
            self.spread_interest(first);
        }
        let repaying = self.periods[first..].iter().filter(|period| period.repays).count().max(1);
        let repaying = Decimal::from(repaying);
        let level = match (self.settings.level, self.settings.interest_on) {
            (Level::Principal, _) => {
                return self.level_principal(first, owed.principal - self.settings.balloon, repaying);
            }
            (Level::Instalment, InterestOn::Lent | InterestOn::LentSpreadEvenly) => {
                let interest: Decimal =
                    (first..self.periods.len()).map(|index| self.interest(index, Decimal::ZERO)).sum();
                (owed.principal + owed.deferred + interest - self.settings.balloon) / repaying
            }
            (Level::Instalment, InterestOn::Balance) if self.settings.solve == Solve::Smallest => {
                self.smallest(first, opening, owed)
            }
            (Level::Instalment, InterestOn::Balance) => self.annuity(first, owed).ok_or(PlanRefused::TooLarge)?,
        };
        let level = self.settings.instalment_grid.round_to(level, self.settings.multiple);
        let level = match self.settings.levelling {
            Levelling::On => self.levelled(first, opening, level),
            Levelling::Off => level,
        };
        self.level[first..].fill(level);
        Ok(())
    }

    /// The amount that brings the balance to the balloon. The balance after each period is a line
    /// `fixed − slope × amount`; the amount is where the last line meets the balloon.
    fn annuity(&self, first: usize, owed: Owed) -> Option<Decimal> {
        let (mut fixed, mut slope) = (owed.principal, Decimal::ZERO);
        let (mut put_off, mut put_off_slope) = (owed.deferred, Decimal::ZERO);
        for (index, period) in self.periods.iter().enumerate().skip(first) {
            let interest = match self.settings.solve {
                Solve::Nominal => PeriodInterest::Paid,
                _ => period.interest,
            };
            let factor = if interest == PeriodInterest::Free { Decimal::ZERO } else { self.factor(index) };
            put_off = put_off.checked_add(fixed.checked_mul(factor)?)?;
            put_off_slope = put_off_slope.checked_add(slope.checked_mul(factor)?)?;
            let last = index + 1 == self.periods.len();
            let pays = interest != PeriodInterest::Deferred || last;
            let (interest, interest_slope) = match pays {
                true => (std::mem::take(&mut put_off), std::mem::take(&mut put_off_slope)),
                false => (Decimal::ZERO, Decimal::ZERO),
            };
            if period.repays || last {
                fixed = fixed.checked_add(interest)?;
                slope = slope.checked_add(interest_slope)?.checked_add(Decimal::ONE)?;
            }
        }
        (fixed - self.settings.balloon).checked_div(slope)
    }

    /// What the last instalment comes to when the level is `level`.
    fn last_instalment(&self, first: usize, opening: Owed, level: Decimal) -> Decimal {
        let mut last = Decimal::ZERO;
        self.walk(first, self.periods.len(), opening, Some(level), &mut |row| {
            if row.kind == RowKind::Instalment {
                last = row.principal + row.interest;
            }
        });
        last - self.settings.balloon
    }

    /// Moves the level until the last instalment is within half a unit per two periods of it: at
    /// most three times, and only while the gap shrinks.
    fn levelled(&self, first: usize, opening: Owed, mut level: Decimal) -> Decimal {
        let count = self.periods.len() - first;
        let places = self.settings.instalment_grid.places.unwrap_or(0);
        let tolerance = Decimal::new((count / 2) as i64, places);
        let mut gap = self.last_instalment(first, opening, level) - level;
        for _ in 0..3 {
            if count < 2 || gap.abs() <= tolerance {
                break;
            }
            let moved = level + gap / Decimal::from(count);
            let moved = self.settings.instalment_grid.round_to(moved, self.settings.multiple);
            let moved_gap = self.last_instalment(first, opening, moved) - moved;
            if moved_gap.abs() >= gap.abs() {
                break;
            }
            (level, gap) = (moved, moved_gap);
        }
        level
    }

    /// The smallest payable amount whose last instalment is not larger, by bisection.
    fn smallest(&self, first: usize, opening: Owed, owed: Owed) -> Decimal {
        let unit = Decimal::new(1, self.settings.instalment_grid.places.unwrap_or(2));
        let enough = |units: i128| {
            let level = unit * Decimal::from_i128_with_scale(units, 0);
            self.last_instalment(first, opening, level) <= level
        };
        let everything = (first..self.periods.len()).map(|index| self.interest(index, owed.principal)).sum::<Decimal>();
        let ceiling = (owed.principal + owed.deferred + everything) / unit;
        let (mut below, mut above) = (-1, i128::try_from(ceiling.ceil()).unwrap_or(i128::from(i64::MAX)));
        while above - below > 1 {
            let middle = (below + above) / 2;
            if enough(middle) { above = middle } else { below = middle }
        }
        unit * Decimal::from_i128_with_scale(above, 0)
    }

    /// Equal parts of the principal; what they leave over goes to the first or the last.
    fn level_principal(&mut self, first: usize, principal: Decimal, repaying: Decimal) -> Result<(), PlanRefused> {
        let part = self.settings.instalment_grid.round(principal / repaying);
        self.level[first..].fill(part);
        if self.settings.residual == Residual::First {
            let head = self.periods[first..].iter().position(|period| period.repays).unwrap_or(0);
            self.level[first + head] = principal - part * (repaying - Decimal::ONE);
        }
        Ok(())
    }

    /// The interest of all periods from `first` on, in equal parts.
    fn spread_interest(&mut self, first: usize) {
        let earning = |index: &usize| self.periods[*index].interest != PeriodInterest::Free;
        let indices: Vec<usize> = (first..self.periods.len()).filter(earning).collect();
        let everything = |_: &Tranche, _| true;
        let total: Decimal = indices.iter().map(|&index| self.lent_interest(&self.periods[index], &everything)).sum();
        let total = self.settings.interest_grid.round(total);
        let Some(&rest_at) = (match self.settings.residual {
            Residual::First => indices.first(),
            Residual::Last => indices.last(),
        }) else {
            return;
        };
        let part = self.settings.interest_grid.round(total / Decimal::from(indices.len()));
        self.spread[first..].fill(Decimal::ZERO);
        for &index in &indices {
            self.spread[index] = part;
        }
        self.spread[rest_at] = total - part * Decimal::from(indices.len() - 1);
    }
}
