//! The engine under every schedule: periods, what was lent when, at what rate, and the instalment.
//!
//! A plan is built by events in the order they happened; each event that changes what has to be
//! repaid solves the instalment again from the period it falls in, knowing only what came before.
//! Amounts are in whatever unit the caller rounds to: fen with no decimal places, or yuan with two.
//! A period earns interest on the half-open range of days `[from, until)`.

mod solve;

use super::cadence::Cadence;
use super::share::{Span, YearShare};
use rust_decimal::{Decimal, RoundingStrategy};
use units::{Date, Rounding};

/// What stays level from one instalment to the next (等额对象).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Principal and interest together (等额本息).
    Instalment,
    /// Principal alone (等额本金).
    Principal,
}

/// What interest is reckoned on (计息本金).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InterestOn {
    /// What is still owed.
    Balance,
    /// Everything lent, period by period, until the end.
    Lent,
    /// Everything lent, the interest of all periods together spread evenly over them (等本等息).
    LentSpreadEvenly,
}

/// How the level instalment is found (等额求解).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Solve {
    /// From what each period really earns.
    ByPeriod,
    /// By the textbook formula: as if every period were a whole step of the year and paid its
    /// interest.
    Nominal,
    /// The smallest whole amount whose last instalment is not larger.
    Smallest,
    /// The amount is given, and kept until the rate changes.
    Given(Decimal),
    /// The amount is given, and kept whatever happens.
    Fixed(Decimal),
}

/// Whether a level instalment is moved until the last one is close to it (末期均衡).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Levelling {
    Off,
    On,
}

/// From when a tranche within a period earns interest (分次放款起息).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TrancheInterest {
    FromItsDay,
    FromPeriodStart,
}

/// Which instalment takes what even splitting leaves over (尾差归属).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Residual {
    #[default]
    Last,
    /// The first one; for level principal and evenly spread interest. A level instalment always
    /// settles in the last, because the rounding of its interest is known only then.
    First,
}

/// How an amount becomes a payable one (取整规则). `places: None` keeps every digit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Grid {
    pub places: Option<u32>,
    pub rounding: Rounding,
}

impl Grid {
    pub const EXACT: Grid = Grid { places: None, rounding: Rounding::HalfEven };

    pub fn round(self, amount: Decimal) -> Decimal {
        let strategy = match self.rounding {
            Rounding::HalfUp => RoundingStrategy::MidpointAwayFromZero,
            Rounding::HalfEven => RoundingStrategy::MidpointNearestEven,
            Rounding::Down => RoundingStrategy::ToZero,
            Rounding::Up => RoundingStrategy::AwayFromZero,
        };
        self.places.map_or(amount, |places| amount.round_dp_with_strategy(places, strategy))
    }

    /// To a whole multiple of `multiple`, or to a payable amount without one.
    fn round_to(self, amount: Decimal, multiple: Option<Decimal>) -> Decimal {
        match multiple {
            Some(multiple) => Grid { places: Some(0), ..self }.round(amount / multiple) * multiple,
            None => self.round(amount),
        }
    }
}

/// The rules a plan is drawn up by (还款计划规则).
#[derive(Clone, Copy, Debug)]
pub struct Settings {
    pub level: Level,
    pub interest_on: InterestOn,
    pub year_share: YearShare,
    pub tranche_interest: TrancheInterest,
    pub solve: Solve,
    pub levelling: Levelling,
    pub residual: Residual,
    pub interest_grid: Grid,
    pub instalment_grid: Grid,
    /// Level instalments and down payments are whole multiples of this.
    pub multiple: Option<Decimal>,
    /// Principal left for the last due beside its instalment (气球款).
    pub balloon: Decimal,
    /// Share of every tranche repaid on its own day (首付).
    pub down_payment: Decimal,
}

/// What a period's interest does (计息期利息).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeriodInterest {
    Paid,
    /// Earned, and paid with the next period that pays.
    Deferred,
    /// Not earned.
    Free,
}

/// One period of a plan (计息期): interest runs over `[from, until)`, payment is on `due_on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Period {
    pub from: Date,
    pub until: Date,
    pub due_on: Date,
    /// A whole step of the cadence; otherwise a stub or a moved due date.
    pub regular: bool,
    /// Whether principal is repaid on the due date.
    pub repays: bool,
    pub interest: PeriodInterest,
}

impl Period {
    pub const fn new(from: Date, until: Date, regular: bool) -> Period {
        Period { from, until, due_on: until, regular, repays: true, interest: PeriodInterest::Paid }
    }
}

/// What a prepayment keeps (提前还款后): the instalment, so the loan ends sooner, or the term.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    Instalment,
    Term,
}

/// One line of a plan (还款计划行).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Row {
    pub kind: RowKind,
    pub from: Date,
    pub due_on: Date,
    pub principal: Decimal,
    pub interest: Decimal,
    pub balance: Decimal,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RowKind {
    DownPayment,
    Instalment,
}

/// Why a plan cannot follow an event (计划事件不成立).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PlanRefused {
    /// No period holds the day.
    OutsideThePlan(Date),
    /// No instalment falls due on the day.
    NoSuchDue(Date),
    /// Due dates would not ascend.
    DatesDoNotAscend(Date),
    /// A figure leaves the range of exact arithmetic.
    TooLarge,
}

#[derive(Clone, Copy, Debug)]
struct Tranche {
    on: Date,
    amount: Decimal,
    down_payment: Decimal,
}

/// What is owed as a period begins: principal, and interest put off.
#[derive(Clone, Copy, Debug)]
struct Owed {
    principal: Decimal,
    deferred: Decimal,
}

/// A repayment plan in the making (还款计划).
#[derive(Clone, Debug)]
pub struct Plan {
    settings: Settings,
    /// The cadence in force and the number of the due that is its anchor.
    cadence: Cadence,
    anchored_at: i32,
    periods: Vec<Period>,
    /// The level amount of each period: instalment, or principal.
    level: Vec<Decimal>,
    /// The interest of each period where it is spread evenly.
    spread: Vec<Decimal>,
    tranches: Vec<Tranche>,
    /// Rates from their first day on, in the order they were agreed.
    rates: Vec<(Date, Decimal)>,
    /// Days without interest, `[from, until)`.
    pauses: Vec<(Date, Date)>,
    prepayments: Vec<(usize, Decimal)>,
}

impl Plan {
    /// A plan nothing was lent under yet. Panics without periods.
    pub fn new(settings: Settings, cadence: Cadence, periods: Vec<Period>, annual_rate: Decimal) -> Plan {
        assert!(!periods.is_empty(), "a plan needs a period");
        Plan {
            settings,
            cadence,
            anchored_at: 0,
            level: vec![Decimal::ZERO; periods.len()],
            spread: vec![Decimal::ZERO; periods.len()],
            periods,
            tranches: Vec::new(),
            rates: vec![(Date::MIN, annual_rate)],
            pauses: Vec::new(),
            prepayments: Vec::new(),
        }
    }

    /// Lends a tranche; one on a due date counts from the next period.
    pub fn lend(&mut self, on: Date, amount: Decimal) -> Result<(), PlanRefused> {
        let index = self.period_holding(on)?;
        let share = amount * self.settings.down_payment;
        let down_payment = self.settings.instalment_grid.round_to(share, self.settings.multiple);
        self.tranches.push(Tranche { on, amount, down_payment });
        match self.settings.solve {
            Solve::Given(level) => self.level[index..].fill(level),
            _ => self.solve_from(index)?,
        }
        Ok(())
    }

    /// A new rate from the accrual day `from` on; the instalment is solved again. A day before the
    /// first period changes the first; a day after the last changes nothing.
    pub fn change_rate(&mut self, from: Date, annual_rate: Decimal) -> Result<(), PlanRefused> {
        self.rates.push((from, annual_rate));
        match self.period_holding(from.max(self.periods[0].from)) {
            Ok(index) => self.solve_from(index),
            Err(_) => Ok(()),
        }
    }

    /// No interest over `[from, until)`; the instalment stays and the last one absorbs it.
    pub fn pause_interest(&mut self, from: Date, until: Date) {
        self.pauses.push((from, until));
    }

    /// Moves one due date and, in step, all later ones; the instalment stays.
    pub fn move_due(&mut self, due_on: Date, to: Date) -> Result<(), PlanRefused> {
        let index =
            self.periods.iter().position(|period| period.due_on == due_on).ok_or(PlanRefused::NoSuchDue(due_on))?;
        if to <= self.periods[index].from {
            return Err(PlanRefused::DatesDoNotAscend(to));
        }
        self.cadence.anchor = to;
        self.anchored_at = index as i32 + 1;
        self.periods[index] = Period { until: to, due_on: to, regular: false, ..self.periods[index] };
        for later in index + 1..self.periods.len() {
            let until = self.nth_due(later + 1);
            let from = self.periods[later - 1].until;
            self.periods[later] = Period { from, until, due_on: until, regular: true, ..self.periods[later] };
        }
        Ok(())
    }

    /// Adds periods at the end and solves the instalment from the period that holds the accrual day.
    pub fn extend(&mut self, day: Date, count: usize) -> Result<(), PlanRefused> {
        let index = self.period_holding(day.max(self.periods[0].from))?;
        for _ in 0..count {
            let from = self.periods[self.periods.len() - 1].until;
            let whole_from = self.nth_due(self.periods.len());
            let until = self.nth_due(self.periods.len() + 1);
            if until <= from {
                return Err(PlanRefused::DatesDoNotAscend(until));
            }
            self.periods.push(Period::new(from, until, from == whole_from));
            self.level.push(Decimal::ZERO);
            self.spread.push(Decimal::ZERO);
        }
        self.solve_from(index)
    }

    /// Repays principal together with instalment `number` (from 1).
    pub fn prepay(&mut self, number: usize, amount: Decimal, keep: Keep) -> Result<(), PlanRefused> {
        self.prepayments.push((number - 1, amount));
        match keep {
            Keep::Term if number < self.periods.len() => self.solve_from(number),
            _ => Ok(()),
        }
    }

    /// The lines of the plan, in the order they fall due.
    pub fn rows(&self) -> Vec<Row> {
        let mut rows = Vec::with_capacity(self.periods.len());
        self.walk(0, self.periods.len(), self.nothing_owed(), None, &mut |row| rows.push(row));
        rows
    }

    /// The level amount of one period (from 0).
    pub fn level(&self, index: usize) -> Decimal {
        self.level[index]
    }

    fn nothing_owed(&self) -> Owed {
        Owed { principal: Decimal::ZERO, deferred: Decimal::ZERO }
    }

    fn nth_due(&self, number: usize) -> Date {
        self.cadence.nth(number as i32 - self.anchored_at)
    }

    fn period_holding(&self, day: Date) -> Result<usize, PlanRefused> {
        (0..self.periods.len()).find(|&index| self.holds(index, day)).ok_or(PlanRefused::OutsideThePlan(day))
    }

    /// Whether a day belongs to a period. An instalment due on the first day is a period without
    /// length, and that day belongs to it alone.
    fn holds(&self, index: usize, day: Date) -> bool {
        let Period { from, until, .. } = self.periods[index];
        let taken = index > 0 && self.periods[index - 1].from == day;
        from <= day && (day < until || from == until) && !taken
    }

    fn tranches_of(&self, index: usize) -> impl Iterator<Item = &Tranche> {
        self.tranches.iter().filter(move |tranche| self.holds(index, tranche.on))
    }

    /// The share of the year's interest a period earns on a constant balance, rate included.
    fn factor(&self, index: usize) -> Decimal {
        let period = &self.periods[index];
        if self.settings.solve == Solve::Nominal {
            let span = Span { regular: true, ..self.span(period) };
            let share = YearShare::PeriodsOfYear.of(&span, span.from, span.until);
            return earned(self.rate_on(period.from), share.numerator(), share.denominator(), Decimal::ONE);
        }
        self.earn(period, &|_| Decimal::ONE)
    }

    fn span(&self, period: &Period) -> Span {
        Span { from: period.from, until: period.until, regular: period.regular, step: self.cadence.step }
    }

    fn rate_on(&self, day: Date) -> Decimal {
        let in_force = self.rates.iter().filter(|(from, _)| *from <= day);
        // Of rates from the same day the one agreed last counts.
        in_force.max_by_key(|(from, _)| *from).map_or(Decimal::ZERO, |(_, rate)| *rate)
    }

    /// Interest of one period on a balance that may differ from day to day, not rounded.
    fn earn(&self, period: &Period, balance_on: &dyn Fn(Date) -> Decimal) -> Decimal {
        let span = self.span(period);
        let pause_edges = || self.pauses.iter().flat_map(|(from, until)| [*from, *until]);
        let tranche_days = || self.tranches.iter().map(|tranche| tranche.on);
        let edges = || self.rates.iter().map(|(from, _)| *from).chain(tranche_days()).chain(pause_edges());
        let (mut from, mut sum) = (period.from, Decimal::ZERO);
        while from < period.until {
            let until = edges().filter(|day| from < *day && *day < period.until).min().unwrap_or(period.until);
            let paused = self.pauses.iter().any(|(start, end)| *start <= from && from < *end);
            if !paused {
                let share = self.settings.year_share.of(&span, from, until);
                sum += earned(self.rate_on(from), share.numerator(), share.denominator(), balance_on(from));
            }
            from = until;
        }
        sum
    }

    /// Interest of one period given what was owed as it began, rounded.
    fn interest(&self, index: usize, opening: Decimal) -> Decimal {
        let period = &self.periods[index];
        if period.interest == PeriodInterest::Free {
            return Decimal::ZERO;
        }
        let counts = |tranche: &&Tranche, day: Date| match self.settings.tranche_interest {
            TrancheInterest::FromItsDay => tranche.on <= day,
            TrancheInterest::FromPeriodStart => tranche.on < period.until || tranche.on == period.from,
        };
        let net = |tranche: &Tranche| tranche.amount - tranche.down_payment;
        let earned = match self.settings.interest_on {
            InterestOn::LentSpreadEvenly => return self.spread[index],
            InterestOn::Balance => self.earn(period, &|day| {
                opening + self.tranches_of(index).filter(|tranche| counts(tranche, day)).map(net).sum::<Decimal>()
            }),
            InterestOn::Lent => self.lent_interest(period, &|tranche, day| counts(&tranche, day)),
        };
        self.settings.interest_grid.round(earned)
    }

    fn lent_interest(&self, period: &Period, counts: &dyn Fn(&Tranche, Date) -> bool) -> Decimal {
        self.earn(period, &|day| {
            let lent = self.tranches.iter().filter(|tranche| counts(tranche, day));
            lent.map(|tranche| tranche.amount - tranche.down_payment).sum()
        })
    }

    /// Runs periods `[first, end)` with one level amount, or with each period's own.
    fn walk(
        &self,
        first: usize,
        end: usize,
        mut owed: Owed,
        level: Option<Decimal>,
        sink: &mut dyn FnMut(Row),
    ) -> Owed {
        let last = self.periods.len() - 1;
        for index in first..end {
            let period = &self.periods[index];
            let earned = self.interest(index, owed.principal);
            for tranche in self.tranches_of(index) {
                owed.principal += tranche.amount - tranche.down_payment;
                if !tranche.down_payment.is_zero() {
                    let (principal, balance) = (tranche.down_payment, owed.principal);
                    sink(Row {
                        kind: RowKind::DownPayment,
                        from: tranche.on,
                        due_on: tranche.on,
                        principal,
                        interest: Decimal::ZERO,
                        balance,
                    });
                }
            }
            owed.deferred += earned;
            let pays = period.interest != PeriodInterest::Deferred || index == last;
            let interest = if pays { std::mem::take(&mut owed.deferred) } else { Decimal::ZERO };
            let amount = level.unwrap_or(self.level[index]);
            let mut principal = match self.settings.level {
                _ if index == last => owed.principal,
                _ if !period.repays => Decimal::ZERO,
                Level::Instalment => (amount - interest).clamp(Decimal::ZERO, owed.principal.max(Decimal::ZERO)),
                Level::Principal => amount.min(owed.principal),
            };
            for (_, prepaid) in self.prepayments.iter().filter(|(after, _)| *after == index) {
                principal += (*prepaid).min(owed.principal - principal);
            }
            owed.principal -= principal;
            let balance = owed.principal;
            sink(Row {
                kind: RowKind::Instalment,
                from: period.from,
                due_on: period.due_on,
                principal,
                interest,
                balance,
            });
            if !self.prepayments.is_empty() && owed.principal.is_zero() {
                break;
            }
        }
        owed
    }
}

/// `balance × rate × numerator / denominator`: one division, so that a half stays a half.
fn earned(rate: Decimal, numerator: i128, denominator: i128, balance: Decimal) -> Decimal {
    let exact = |part: i128| Decimal::from_i128_with_scale(part, 0);
    balance * rate * exact(numerator) / exact(denominator)
}

#[cfg(test)]
mod tests;
