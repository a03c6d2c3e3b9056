//! Rhythm of the due dates: every so many months, weeks or days from an anchor.

use units::Date;

/// The step from one due date to the next (还款间隔).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Months(i32),
    Weeks(i32),
    Days(i32),
}

/// Where a due date goes in a month that lacks its day (月末规则).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MonthEnd {
    /// The month's last day; the agreed day comes back in longer months (民法典 202).
    #[default]
    Clamp,
    /// The first of the next month.
    NextMonth,
    /// An anchor on its month's last day keeps every due date on the last day.
    Stick,
}

/// Due dates counted from an anchor (还款日序列): the anchor itself is number 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    pub anchor: Date,
    pub step: Step,
    pub month_end: MonthEnd,
}

impl Cadence {
    /// The due date `number` steps after the anchor, or before it when negative.
    pub fn nth(&self, number: i32) -> Date {
        let months = match self.step {
            Step::Days(days) => return self.anchor + days * number,
            Step::Weeks(weeks) => return self.anchor + 7 * weeks * number,
            Step::Months(months) => months * number,
        };
        let aimed = self.anchor.add_months(months);
        match self.month_end {
            MonthEnd::Clamp => aimed,
            MonthEnd::NextMonth if aimed.day() < self.anchor.day() => aimed.next(),
            MonthEnd::NextMonth => aimed,
            MonthEnd::Stick if self.anchor.is_month_end() => aimed.month_end(),
            MonthEnd::Stick => aimed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_due_day_survives_short_months() {
        let check = |anchor, step, month_end, expect: &str| {
            let cadence = Cadence { anchor: Date::parse(anchor).unwrap(), step, month_end };
            let dates: Vec<String> = (1..=4).map(|number| cadence.nth(number).to_string()).collect();
            assert_eq!(dates.join(" "), expect);
        };
        check("2023-12-31", Step::Months(1), MonthEnd::Clamp, "2024-01-31 2024-02-29 2024-03-31 2024-04-30");
        check("2025-01-31", Step::Months(1), MonthEnd::NextMonth, "2025-03-01 2025-03-31 2025-05-01 2025-05-31");
        check("2026-02-28", Step::Months(1), MonthEnd::Stick, "2026-03-31 2026-04-30 2026-05-31 2026-06-30");
        check("2026-02-28", Step::Months(1), MonthEnd::Clamp, "2026-03-28 2026-04-28 2026-05-28 2026-06-28");
        check("2026-01-20", Step::Months(3), MonthEnd::Clamp, "2026-04-20 2026-07-20 2026-10-20 2027-01-20");
        check("2026-01-20", Step::Weeks(2), MonthEnd::Clamp, "2026-02-03 2026-02-17 2026-03-03 2026-03-17");
        check("2026-01-20", Step::Days(30), MonthEnd::Clamp, "2026-02-19 2026-03-21 2026-04-20 2026-05-20");
    }
}
