//! The nights of a story: each runs the real plan over the world as it was known.

use super::syntax::Problem;
use crate::world::World;
use crate::world::night::Carry;
use dayend::{NightInput, NightPlan, Rules, check, plan};
use policy::Pack;
use units::Date;

/// One night of a story (日终), with what it read.
#[derive(Clone, Debug)]
pub struct Night {
    pub input: NightInput,
    pub plan: NightPlan,
}

/// What a night knew (已知口径).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Known {
    /// What was known that evening.
    Then,
    /// What was known on that later day, whatever night is rebuilt.
    On(Date),
}

/// The nights run so far, one for each day from the first.
#[derive(Default)]
pub struct Nights {
    nights: Vec<Night>,
}

impl Nights {
    /// Runs what is missing up to the night of `through`.
    pub fn run(&mut self, world: &World, pack: &Pack, first: Date, through: Date, known: Known) -> Result<(), Problem> {
        let mut carry = self.nights.last().map_or_else(Carry::default, |night| Carry::of(&night.input, &night.plan));
        let mut day = first + self.nights.len() as i32;
        while day <= through {
            let night = one_night(world, pack, day, known, &carry)?;
            carry = Carry::of(&night.input, &night.plan);
            self.nights.push(night);
            day = day.next();
        }
        Ok(())
    }

    pub fn len(&self) -> usize {
        self.nights.len()
    }

    pub fn of(&self, day: Date) -> Option<&Night> {
        let first = self.nights.first()?.input.business_date;
        self.nights.get(usize::try_from(day - first).ok()?)
    }

    /// Forgets the nights from `day` on: something became known before they closed.
    pub fn forget_from(&mut self, day: Date) {
        self.nights.retain(|night| night.input.business_date < day);
    }
}

fn one_night(world: &World, pack: &Pack, day: Date, known: Known, carry: &Carry) -> Result<Night, Problem> {
    let known_on = match known {
        Known::Then => day,
        Known::On(known_on) => known_on,
    };
    let problem = |what: String| Problem { line: 0, what };
    let rules = Rules::compile(pack, day).map_err(|problems| problem(problems[0].to_string()))?;
    let input = world.night_input(day, known_on, carry, &rules).map_err(|one| problem(one.to_string()))?;
    let plan = plan(&input, &rules);
    let violations = check(&input, &plan);
    assert!(violations.is_empty(), "the night of {day} breaks an invariant: {}", violations[0]);
    Ok(Night { input, plan })
}

impl Night {
    /// The number of a loan in this night.
    pub fn loan(&self, id: &str) -> Option<usize> {
        self.input.loan_ids.find_sorted(id)
    }
}
