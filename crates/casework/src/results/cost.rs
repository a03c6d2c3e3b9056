//! What work costs (作业成本): minutes of people, charges of channels, the commission of agencies, at the pack's rates.

use crate::case::Owner;
use crate::contact::{Channel, Contact, Direction};
use crate::results::comparison::Comparison;
use policy::{PackOnDate, PackProblem, RuleKind, read};
use serde::Deserialize;
use std::collections::BTreeMap;
use units::{Money, Rounding};

/// How work is reckoned (作业核算), a rule of kind `work_results`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WorkRules {
    /// One minute of one person's work.
    #[serde(deserialize_with = "read::money")]
    minute: Money,
    /// Of what came in while an agency had the case.
    agency_commission_ppm: u32,
    channels: BTreeMap<Channel, Charge>,
    pub comparison: Comparison,
}

/// What one contact by a channel costs (渠道费率).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Charge {
    /// For one message, letter, call or visit.
    #[serde(deserialize_with = "read::money")]
    each: Money,
    /// For every minute begun on the line.
    #[serde(default, deserialize_with = "read::money")]
    per_minute: Money,
    /// Of every person there, beside speaking: to prepare, to travel, to note.
    minutes: i64,
    /// Who speaks: a person, or a machine whose time is nobody's.
    speaks: Speaks,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Speaks {
    Person,
    Machine,
}

impl WorkRules {
    pub fn compile(pack: &PackOnDate) -> Result<WorkRules, PackProblem> {
        let (_, text) = pack.only(RuleKind::WorkResults)?;
        let rules: WorkRules = text.params()?;
        let is_sound = |charge: &Charge| !charge.each.is_negative() && !charge.per_minute.is_negative() && charge.minutes >= 0;
        let missing = Channel::ALL.iter().find(|channel| !rules.channels.contains_key(channel));
        let what = if let Some(channel) = missing {
            format!("channels say nothing of {}", channel.code())
        } else if rules.minute.is_negative() || !rules.channels.values().all(is_sound) {
            "a rate or a time is negative".to_owned()
        } else if rules.agency_commission_ppm > 1_000_000 {
            "the commission is more than what came in".to_owned()
        } else if !rules.comparison.is_sound() {
            "least_cases and z_ppm are positive".to_owned()
        } else {
            return Ok(rules);
        };
        Err(text.problem(what, "correct the params of this rule"))
    }

    /// What a contact cost the lender; one made by an agency is paid by its commission.
    pub fn contact(&self, contact: &Contact) -> Money {
        if contact.agency_id.is_some() {
            return Money::ZERO;
        }
        let charge = &self.channels[&contact.channel];
        let spoken = i64::from(contact.seconds.div_ceil(60));
        // Who calls pays for the line.
        let line = match contact.direction {
            Direction::Outbound => charge.each + times(charge.per_minute, spoken),
            Direction::Inbound => Money::ZERO,
        };
        let attended = match charge.speaks {
            Speaks::Person => spoken,
            Speaks::Machine => 0,
        };
        line + times(self.minute, i64::from(contact.people) * (charge.minutes + attended))
    }

    /// What is owed to whoever had the case for money that came in: an agency works for a commission.
    pub fn commission(&self, owner: &Owner, amount: Money) -> Money {
        match owner {
            Owner::Staff(_) => Money::ZERO,
            Owner::Agency(_) => amount.mul_div(i128::from(self.agency_commission_ppm), 1_000_000, Rounding::HalfUp),
        }
    }
}

fn times(money: Money, count: i64) -> Money {
    Money::from_fen(money.fen() * count)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{ContactResult, Purpose, Relation};
    use crate::desk::{money, problems_of, rules};
    use units::Moment;

    fn contact(text: &str) -> Contact {
        let words: Vec<&str> = text.split(' ').collect();
        Contact {
            contact_id: "K1".to_owned(),
            customer_id: "U1".to_owned(),
            case_id: "C1".to_owned(),
            person_id: "U1".to_owned(),
            relation: Relation::Debtor,
            channel: Channel::from_code(words[0]).unwrap(),
            direction: if words.contains(&"inbound") { Direction::Inbound } else { Direction::Outbound },
            purpose: Purpose::Collect,
            contact_point: "p".to_owned(),
            at: Moment::parse("2026-11-20 10:00").unwrap(),
            staff_id: "S1".to_owned(),
            agency_id: words.contains(&"agency").then(|| "A1".to_owned()),
            people: if words[0] == "visit" { 2 } else { 1 },
            result: ContactResult::Reached,
            seconds: words[1].parse().unwrap(),
        }
    }

    #[test]
    fn a_contact_costs_its_channel_and_the_minutes_of_people() {
        let check = |text: &str, expect: &str| assert_eq!(rules().work.contact(&contact(text)), money(expect), "{text}");
        check("sms 0", "0.05");
        // Two minutes begun on the line, and two to prepare and to note.
        check("call 61", "5.04");
        check("call 0", "2.40");
        check("call 61 inbound", "4.80");
        check("ai_voice 61", "0.40");
        check("letter 0", "18.00");
        // Two people, two hours each and what is driven.
        check("visit 600", "372.00");
        check("call 61 agency", "0.00");
    }

    #[test]
    fn an_agency_is_paid_for_what_came_in_and_a_colleague_is_not() {
        let rules = rules().work;
        assert_eq!(rules.commission(&Owner::Agency("A1".to_owned()), money("1,000")), money("250"));
        assert_eq!(rules.commission(&Owner::Staff("S1".to_owned()), money("1,000")), Money::ZERO);
    }

    #[test]
    fn rates_that_say_too_little_or_too_much_are_a_problem() {
        let good = "minute=\"1\"\nagency_commission_ppm=250000\ncomparison={ least_cases=200, z_ppm=1960000 }\n";
        let channels: String = Channel::ALL
            .iter()
            .map(|channel| format!("channels.{}={{ each=\"1\", minutes=1, speaks=\"person\" }}\n", channel.code()))
            .collect();
        let check = |params: &str, expect: &str| {
            let params = params.trim_end().lines().map(|line| format!("params.{line}\n")).collect::<String>();
            let draft = format!("id=\"results.work\"\nkind=\"work_results\"\n{params}");
            let problems = problems_of(&draft, |pack| WorkRules::compile(pack).err().map(|problem| vec![problem]));
            assert!(problems.contains(expect) && problems.is_empty() == expect.is_empty(), "{params}: {problems}");
        };
        let all = format!("{good}{channels}");
        check(&all, "");
        check(&all.replace("channels.visit=", "channels.dove="), "unknown code \"dove\"");
        check(&all.lines().filter(|line| !line.contains("visit")).collect::<Vec<_>>().join("\n"), "say nothing of visit");
        check(&all.replace("minute=\"1\"", "minute=\"-1\""), "negative");
        check(&all.replace("250000", "1000001"), "more than what came in");
        check(&all.replace("least_cases=200", "least_cases=0"), "positive");
    }
}
