//! What the product asks of itself, beside what was measured.

use std::fmt;

/// One target (性能目标) and what became of it.
#[derive(Clone, Debug)]
pub struct Target {
    what: String,
    limit: Limit,
    measured: f64,
    unit: &'static str,
}

/// Which side of a number is the good one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Target {
    pub fn new(what: impl Into<String>, limit: Limit, measured: f64, unit: &'static str) -> Target {
        Target { what: what.into(), limit, measured, unit }
    }

    pub fn is_met(&self) -> bool {
        match self.limit {
            Limit::AtMost(most) => self.measured <= most,
            Limit::AtLeast(least) => self.measured >= least,
        }
    }
}

/// A row of the table of targets.
impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Target { what, measured, unit, .. } = self;
        let (sign, asked) = match self.limit {
            Limit::AtMost(most) => ("≤", most),
            Limit::AtLeast(least) => ("≥", least),
        };
        let met = if self.is_met() { "yes" } else { "**no**" };
        let asked = format!("{asked:.2}");
        let asked = asked.trim_end_matches('0').trim_end_matches('.');
        write!(f, "| {what} | {sign} {asked}{unit} | {measured:.2}{unit} | {met} |")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_says_whether_it_is_met() {
        let check = |limit, measured, expect: &str| {
            assert_eq!(Target::new("night", limit, measured, " s").to_string(), expect);
        };
        check(Limit::AtMost(1.5), 1.5, "| night | ≤ 1.5 s | 1.50 s | yes |");
        check(Limit::AtMost(1.5), 1.51, "| night | ≤ 1.5 s | 1.51 s | **no** |");
        check(Limit::AtLeast(25.0), 24.9, "| night | ≥ 25 s | 24.90 s | **no** |");
        check(Limit::AtLeast(600.0), 600.0, "| night | ≥ 600 s | 600.00 s | yes |");
    }
}
