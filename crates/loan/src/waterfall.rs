//! In which order money settles what is owed, as data.
//!
//! Every order is a list of stages. A stage names some instalments and some components; within it
//! one instalment is settled through the components before the next is touched. So an order "by
//! instalment" is one long stage, an order "by component" is many short ones, and nothing else is
//! needed to state either.

use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::{AddAssign, Index, IndexMut};
use units::{Money, coded};

coded! {
    /// What a fen of debt is (债权构成).
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    Component {
        /// Costs and fees (费用).
        Fee = "fee",
        /// Penalty interest and interest on interest (罚息、复利).
        Penalty = "penalty",
        /// Interest of the term (利息).
        Interest = "interest",
        /// Principal (本金).
        Principal = "principal",
    }
}

coded! {
    /// Which instalments a stage looks at, seen from the day of the money (期次范围).
    #[derive(Deserialize)]
    #[serde(rename_all = "snake_case")]
    Reach {
        /// Due before the day (逾期).
        PastDue = "past_due",
        /// Due on the day (当期).
        Due = "due",
        /// Due on the day or before (应还).
        Owed = "owed",
        /// Charges of later instalments whose own day has come (已到期费用).
        ChargesDue = "charges_due",
        /// Due after the day (未到期).
        InAdvance = "in_advance",
    }
}

coded! {
    /// Which later instalment takes money paid in advance (提前还款冲抵方向).
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    Future {
        /// The next, then the one after it.
        #[default]
        Next = "next",
        /// The last, then the one before it.
        Last = "last",
        /// All later ones evenly, the remainder to the last.
        Spread = "spread",
        /// The one whose period is running, else the last.
        NextLast = "next_last",
    }
}

/// An amount by component (金额构成).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Split([Money; 4]);

impl Split {
    pub fn total(self) -> Money {
        self.0.into_iter().sum()
    }

    pub fn of(component: Component, amount: Money) -> Split {
        let mut split = Split::default();
        split[component] = amount;
        split
    }
}

impl AddAssign for Split {
    fn add_assign(&mut self, other: Split) {
        Component::ALL.iter().for_each(|&component| self[component] += other[component]);
    }
}

impl Index<Component> for Split {
    type Output = Money;
    fn index(&self, component: Component) -> &Money {
        &self.0[component as usize]
    }
}

impl IndexMut<Component> for Split {
    fn index_mut(&mut self, component: Component) -> &mut Money {
        &mut self.0[component as usize]
    }
}

/// `interest 115.14 + principal 1,950.46`, leaving out what is zero.
impl fmt::Display for Split {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut parts = Component::ALL.iter().filter(|&&component| !self[component].is_zero()).peekable();
        if parts.peek().is_none() {
            return f.write_str("nothing");
        }
        while let Some(&component) = parts.next() {
            let plus = if parts.peek().is_some() { " + " } else { "" };
            write!(f, "{} {}{plus}", component.code(), self[component])?;
        }
        Ok(())
    }
}

/// One step of an order (冲抵阶段): these components of these instalments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stage {
    pub reach: Reach,
    pub components: Vec<Component>,
    pub future: Future,
}

/// An order of allocation (还款冲抵顺序): stages, first to last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Order {
    pub stages: Vec<Stage>,
}

impl Order {
    /// The oldest instalment first, its components in order, then the next (按期冲抵).
    pub fn by_instalment(components: &[Component]) -> Order {
        Order::due_then_advance(components, components, &[])
    }

    /// One component over everything owed before the next component (按科目冲抵); later
    /// instalments afterwards, one by one.
    pub fn by_component(components: &[Component]) -> Order {
        let mut stages: Vec<Stage> = components.iter().map(|&one| stage(Reach::Owed, &[one])).collect();
        stages.push(stage(Reach::InAdvance, components));
        Order { stages }
    }

    fn due_then_advance(due: &[Component], advance: &[Component], charges_due: &[Component]) -> Order {
        let mut stages = vec![stage(Reach::Owed, due)];
        if !charges_due.is_empty() {
            stages.push(stage(Reach::ChargesDue, charges_due));
        }
        stages.push(stage(Reach::InAdvance, advance));
        Order { stages }
    }

    fn from_rule(rule: &Rule, processing: Processing) -> Order {
        let mut stages: Vec<Stage> = Vec::new();
        for &Place(reach, component) in &rule.order {
            match stages.last_mut() {
                Some(last) if last.reach == reach && processing == Processing::Horizontal => {
                    last.components.push(component)
                }
                _ => stages.push(Stage { reach, components: vec![component], future: rule.future }),
            }
        }
        Order { stages }
    }

    /// Whether each component is settled oldest instalment first, whatever money comes when: then
    /// three running totals say where a loan stands, and the night's kernel may serve it.
    pub fn is_oldest_first(&self) -> bool {
        let goes_on = |component: &Component| {
            let mut settled_to = 0;
            self.stages.iter().filter(|stage| stage.components.contains(component)).all(|stage| {
                // Past due, due and in advance are 1, 2 and 3.
                let (from, to) = match stage.reach {
                    Reach::PastDue => (1, 1),
                    Reach::Due => (2, 2),
                    Reach::Owed => (1, 2),
                    Reach::InAdvance => (3, 3),
                    Reach::ChargesDue => return false,
                };
                let leaves_none_out = from <= settled_to + 1;
                settled_to = settled_to.max(to);
                leaves_none_out && stage.future == Future::Next
            })
        };
        Component::ALL.iter().all(goes_on)
    }

    /// Whether money meets everything due by its day before any of it goes to a later instalment.
    pub fn meets_dues_first(&self) -> bool {
        let by_now = |stage: &&Stage| matches!(stage.reach, Reach::PastDue | Reach::Due | Reach::Owed);
        let first: Vec<&Stage> = self.stages.iter().take_while(by_now).collect();
        let meets = |component: &Component| {
            first.iter().any(|stage| stage.reach != Reach::PastDue && stage.components.contains(component))
        };
        Component::ALL.iter().all(meets)
    }
}

fn stage(reach: Reach, components: &[Component]) -> Stage {
    Stage { reach, components: components.to_vec(), future: Future::Next }
}

/// How an order is written in a pack (冲抵规则), the shape the published vectors use too.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "strategy", rename_all = "snake_case", deny_unknown_fields)]
pub enum Strategy {
    ByInstalment { order: Vec<Component> },
    ByComponent { order: Vec<Component> },
    DueThenAdvance { due_order: Vec<Component>, advance_order: Vec<Component> },
    Advanced { processing: Processing, rules: BTreeMap<String, Rule> },
}

/// Whether an instalment (horizontal) or a component (vertical) is finished first (冲抵方向).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Processing {
    Horizontal,
    Vertical,
}

/// The order for one kind of payment (分类冲抵规则).
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    pub order: Vec<Place>,
    #[serde(default)]
    pub future: Future,
}

/// One component within one reach (冲抵位置), written `past_due.interest`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Place(pub Reach, pub Component);

impl TryFrom<String> for Place {
    type Error = String;

    fn try_from(text: String) -> Result<Place, String> {
        let (reach, component) = text.split_once('.').unwrap_or((&text, ""));
        match (Reach::from_code(reach), Component::from_code(component)) {
            (Some(reach), Some(component)) => Ok(Place(reach, component)),
            _ => Err(format!("{text:?} is not reach.component")),
        }
    }
}

impl Strategy {
    /// The order for a kind of payment; a kind without its own rule follows `default`.
    pub fn order_for(&self, kind: &str) -> Order {
        match self {
            Strategy::ByInstalment { order } => Order::by_instalment(order),
            Strategy::ByComponent { order } => Order::by_component(order),
            Strategy::DueThenAdvance { due_order, advance_order } => {
                Order::due_then_advance(due_order, advance_order, &[Component::Penalty, Component::Fee])
            }
            Strategy::Advanced { processing, rules } => match rules.get(kind).or_else(|| rules.get("default")) {
                Some(rule) => Order::from_rule(rule, *processing),
                None => Order { stages: Vec::new() },
            },
        }
    }
}

coded! {
    /// What becomes of money beyond what is due (多还款处理).
    #[derive(Default, Deserialize)]
    #[serde(rename_all = "snake_case")]
    Advance {
        /// It settles the coming instalments at once, in due order.
        #[default]
        NextInstalments = "next_instalments",
        /// It is held, and settles each instalment on its due date.
        HoldUntilDue = "hold_until_due",
    }
}

/// The pack's rule on allocation (冲抵政策).
///
/// Fees, penalty interest, interest, principal is the order of civil code article 561 with the
/// penalty before the interest; what happens on non-performing loans is the contract's to say.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Allocation {
    pub usual: Strategy,
    #[serde(default)]
    pub advance: Advance,
    pub when_days_past_due_over: Option<Switch>,
}

/// Another order once a loan is long past due (不良贷款冲抵顺序), e.g. principal first over 90 days.
/// The days are those at the opening of the day, so money paid in two parts is treated as one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    pub days: i32,
    pub then: Strategy,
}

#[cfg(test)]
mod tests {
    use super::*;
    use Component::*;

    #[test]
    fn a_split_reads_as_a_sum() {
        let mut split = Split::of(Interest, Money::from_fen(11_514));
        split[Principal] = Money::from_fen(195_046);
        assert_eq!(split.to_string(), "interest 115.14 + principal 1,950.46");
        assert_eq!(split.total(), Money::from_fen(206_560));
        assert_eq!(Split::default().to_string(), "nothing");
    }

    #[test]
    fn a_horizontal_order_joins_what_a_vertical_one_keeps_apart() {
        let order: Vec<Place> = ["past_due.fee", "past_due.interest", "due.fee", "in_advance.fee"]
            .map(|place| Place::try_from(place.to_owned()).unwrap())
            .to_vec();
        let rule = Rule { order, future: Future::Next };
        let stages = |processing| Order::from_rule(&rule, processing).stages.len();
        assert_eq!(stages(Processing::Horizontal), 3);
        assert_eq!(stages(Processing::Vertical), 4);
        assert!(Place::try_from("late.fee".to_owned()).is_err());
    }

    #[test]
    fn oldest_first_is_seen_in_the_stages() {
        let check = |stages: &[(Reach, &[Component])], expect| {
            let stages = stages.iter().map(|(reach, components)| stage(*reach, components)).collect();
            assert_eq!(Order { stages }.is_oldest_first(), expect);
        };
        let (past_due, due, owed, later) = (Reach::PastDue, Reach::Due, Reach::Owed, Reach::InAdvance);
        check(&[(owed, &[Fee, Interest]), (later, &[Fee, Interest])], true);
        check(&[(past_due, &[Interest]), (due, &[Interest]), (later, &[Interest])], true);
        check(&[(due, &[Interest]), (past_due, &[Interest])], false);
        check(&[(owed, &[Interest]), (Reach::ChargesDue, &[Fee]), (later, &[Fee])], false);
        check(&[(later, &[Interest])], false);
    }
}
