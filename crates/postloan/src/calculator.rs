//! `schedule`: the repayment calculator.

use crate::command::{required_date, say, text};
use crate::print;
use app::schedule_calculate::{Wanted, schedule_calculate};
use app::table::Format;
use app::{Outcome, refused};
use clap::ArgMatches;
use glossary::Lang;
use units::{Money, RatePpm};

pub fn schedule(matches: &ArgMatches, lang: Lang) -> Outcome<()> {
    let word = |name: &'static str| text(matches, name).unwrap_or_default();
    let wanted = Wanted {
        principal: amount("--principal", word("principal"))?,
        annual_rate: match RatePpm::parse(word("rate")) {
            Ok(rate) => rate,
            Err(_) => return refused("E-US-03", &[("option", &"--rate"), ("value", &word("rate"))]),
        },
        instalment_count: *matches.get_one::<u32>("instalments").expect("required"),
        disbursed_on: required_date(matches, "disbursed-on")?,
        method: word("method"),
        frequency: word("frequency"),
        day_count: word("day-count"),
        interest: word("interest"),
        balloon: amount("--balloon", word("balloon"))?,
        rounding: word("rounding"),
        residual: word("residual"),
        roll: word("roll"),
    };
    let calculated = schedule_calculate(&wanted)?;
    let format = if matches.get_flag("json") { Format::Json } else { crate::command::format(matches) };
    print::table(&calculated.table, format, lang);
    if format == Format::Table {
        let (interest, total) = (calculated.interest.to_string(), calculated.total.to_string());
        say("total_interest", lang, &[("interest", &interest), ("total", &total)]);
    }
    Ok(())
}

fn amount(option: &str, value: &str) -> Outcome<Money> {
    match Money::parse(value) {
        Ok(amount) => Ok(amount),
        Err(_) => refused("E-US-02", &[("option", &option), ("value", &value)]),
    }
}
