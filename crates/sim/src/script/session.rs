//! One story being told: what is defined, what is known, what day it is.

use super::night::{Known, Night, Nights};
use super::syntax::{Arguments, Problem, paragraphs, parse_date};
use super::{act, agree, define, tell};
use crate::world::{Due, World};
use dayend::{Bindings, ClaimKind, Rules};
use loan::LoanRules;
use policy::Pack;
use std::collections::BTreeMap;
use units::{Date, Money};

/// Where an included text comes from.
pub type Load<'a> = &'a dyn Fn(&str) -> Option<String>;

/// What a command says: lines of output, or why its line makes no sense.
pub type Said = Result<Vec<String>, Problem>;

/// A story under way (故事进程).
pub struct Session<'a> {
    load: Load<'a>,
    /// Texts being included, innermost last.
    including: Vec<String>,
    products: BTreeMap<String, Vec<(String, String)>>,
    pub(super) pack: Pack,
    pub(super) world: World,
    nights: Nights,
    first_day: Option<Date>,
    pub(super) today: Option<Date>,
    /// Instalments stated so far, those stated anew counted again.
    dues: usize,
    /// Nights run so far, those run again counted again.
    nights_run: usize,
}

/// A story may run over at most so many nights, each as many times as it has hundreds of instalments.
const MOST_NIGHTS: usize = 4_000;
const TOO_LONG: &str = "a story runs over at most 4000 nights, fewer with many instalments or in hindsight";
/// A story may state at most so many instalments.
const MOST_DUES: usize = 20_000;

impl<'a> Session<'a> {
    /// A story begins under the pack of Chinese banks.
    pub fn new(load: Load<'a>) -> Session<'a> {
        Session {
            load,
            including: Vec::new(),
            products: BTreeMap::new(),
            pack: Pack::embedded("cn-bank").expect("the embedded pack is sound"),
            world: World::default(),
            nights: Nights::default(),
            first_day: None,
            today: None,
            dues: 0,
            nights_run: 0,
        }
    }

    /// Carries out one line and returns what it says. A refusal leaves the world as it was.
    pub fn perform(&mut self, line: usize, text: &str) -> Said {
        if text.starts_with('#') {
            return Ok(Vec::new());
        }
        let mut arguments = Arguments::new(line, text);
        let before = self.world.clone();
        let said = match arguments.word("a command")? {
            "use" => self.include(&mut arguments),
            "pack" => self.choose_pack(&mut arguments),
            "product" => self.define_product(&mut arguments),
            "customer" => self.define_customer(&mut arguments),
            "loan" => self.define_loan(&mut arguments),
            "instalments" => self.define_instalments(&mut arguments),
            "collateral" => self.define_collateral(&mut arguments),
            "day" => self.turn_to(&mut arguments),
            "repay" => act::repay(self, &mut arguments),
            "reverse" => act::reverse(self, &mut arguments),
            "extend" => agree::extend(self, &mut arguments),
            "waive" => agree::waive(self, &mut arguments),
            "change" => act::change(self, &mut arguments),
            "event" => act::event(self, &mut arguments),
            "other_bank_debt" => act::other_bank_debt(self, &mut arguments),
            "judge" => act::judge(self, &mut arguments),
            "pause" => act::pause(self, &mut arguments),
            "resume" => act::resume(self, &mut arguments),
            "watch" => tell::watch(self, &mut arguments),
            "schedule" => tell::schedule(self, &mut arguments),
            "trace" => tell::trace(self, &mut arguments),
            "explain" => tell::explain(self, &mut arguments),
            "night" => tell::night(self, &mut arguments),
            "metrics" => tell::metrics(self, &mut arguments),
            other => arguments.problem(format!("{other} is not a command")),
        }?;
        arguments.finish()?;
        if said.iter().any(|line| line.starts_with(act::REFUSED)) {
            assert!(self.world == before, "line {line}: a refused command changed something");
        }
        Ok(said)
    }

    fn include(&mut self, arguments: &mut Arguments) -> Said {
        let name = arguments.word("the file to use")?;
        if self.including.iter().any(|open| open == name) {
            return arguments.problem(format!("{name} uses itself"));
        }
        let Some(text) = (self.load)(name) else { return arguments.problem(format!("there is no file {name}")) };
        self.including.push(name.to_owned());
        for (line, command) in paragraphs(&text).iter().flat_map(|paragraph| &paragraph.lines) {
            if let Err(problem) = self.perform(*line, command) {
                return arguments.problem(format!("{name}, {problem}"));
            }
        }
        self.including.pop();
        Ok(Vec::new())
    }

    fn choose_pack(&mut self, arguments: &mut Arguments) -> Said {
        let name = arguments.word("the name of a pack")?;
        match Pack::embedded(name) {
            Ok(pack) => self.pack = pack,
            Err(problems) => return arguments.problem(problems[0].to_string()),
        }
        self.nights = Nights::default();
        Ok(Vec::new())
    }

    fn define_product(&mut self, arguments: &mut Arguments) -> Said {
        let name = arguments.word("the product's name")?;
        let named = arguments.all_named();
        let named = named.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        self.products.insert(name.to_owned(), named);
        Ok(Vec::new())
    }

    fn define_customer(&mut self, arguments: &mut Arguments) -> Said {
        let id = arguments.word("the customer")?;
        let customer = define::customer(arguments)?;
        self.world.customers.put(id, self.known_from(Date::MIN), customer);
        Ok(Vec::new())
    }

    fn define_loan(&mut self, arguments: &mut Arguments) -> Said {
        let id = arguments.word("the loan")?;
        if self.world.loans.holds(id) {
            return arguments.problem(format!("{id} is there already"));
        }
        let named = arguments.named("product").unwrap_or_default();
        let product = match self.products.get(named) {
            Some(product) => product.clone(),
            None if named.is_empty() => Vec::new(),
            None => return arguments.problem(format!("there is no product {named}")),
        };
        let mut terms = arguments.clone();
        arguments.all_named();
        terms.default_to(&product);
        let loan = define::loan(id, named, &mut terms)?;
        let dues = define::agreed_dues(&loan.terms, &mut terms)?;
        terms.finish()?;
        let dues = match dues {
            Ok(dues) => dues,
            Err(refusal) => return Ok(act::refused(refusal.code())),
        };
        if !self.world.customers.holds(&loan.customer) {
            if loan.customer != id {
                return arguments.problem(format!("there is no customer {}", loan.customer));
            }
            self.world.customers.put(id, Date::MIN, define::customer(&mut Arguments::new(0, ""))?);
        }
        let known_from = self.known_from(loan.terms.disbursed_on);
        self.agree(arguments, id, known_from, dues)?;
        self.world.loans.put(id, known_from, loan);
        Ok(Vec::new())
    }

    fn define_instalments(&mut self, arguments: &mut Arguments) -> Said {
        let id = self.loan_named(arguments)?;
        let dues = define::instalments(arguments)?;
        let terms = self.world.loans.get(&id, Date::MAX).expect("the loan was named").terms;
        let principal: Money = dues.iter().map(|due| due.principal).sum();
        if principal != terms.principal {
            return arguments.problem(format!("the instalments add up to {principal}, the loan is {}", terms.principal));
        }
        self.agree(arguments, &id, self.known_from(terms.disbursed_on), dues)?;
        Ok(Vec::new())
    }

    fn define_collateral(&mut self, arguments: &mut Arguments) -> Said {
        let id = self.loan_named(arguments)?;
        let collateral = define::collateral(&id, self.known_from(Date::MIN), arguments)?;
        self.world.collateral.put(&format!("{id}-collateral"), self.known_from(Date::MIN), collateral);
        Ok(Vec::new())
    }

    /// `day D` or `day D1 .. D2`: the nights of all days before have run.
    fn turn_to(&mut self, arguments: &mut Arguments) -> Said {
        let first = date(arguments)?;
        let day = if arguments.takes("..") { date(arguments)? } else { first };
        if self.today.is_some_and(|today| first < today) || day < first {
            return arguments.problem("days only go forward");
        }
        let begun = *self.first_day.get_or_insert(first);
        if day - begun > MOST_NIGHTS as i32 {
            return arguments.problem(TOO_LONG);
        }
        self.today = Some(day);
        Ok(Vec::new())
    }

    /// What is agreed to be paid on a loan, known from a day.
    pub(super) fn agree(&mut self, arguments: &Arguments, id: &str, known_from: Date, dues: Vec<Due>) -> Result<(), Problem> {
        self.dues += dues.len();
        if self.dues > MOST_DUES {
            return arguments.problem(format!("a story states at most {MOST_DUES} instalments"));
        }
        self.world.dues.put(id, known_from, dues);
        Ok(())
    }

    /// Counts nights before they run.
    fn spend(&mut self, arguments: &Arguments, nights: i32) -> Result<(), Problem> {
        self.nights_run += usize::try_from(nights).unwrap_or(0) * (1 + self.dues / 100);
        if self.nights_run > MOST_NIGHTS { arguments.problem(TOO_LONG) } else { Ok(()) }
    }

    /// A loan the story has told of.
    pub(super) fn loan_named(&self, arguments: &mut Arguments) -> Result<String, Problem> {
        let id = arguments.word("the loan")?;
        match self.world.loans.holds(id) {
            true => Ok(id.to_owned()),
            false => arguments.problem(format!("there is no loan {id}")),
        }
    }

    /// Today, or a problem if no day was named yet.
    pub(super) fn day(&self, arguments: &Arguments) -> Result<Date, Problem> {
        match self.today {
            Some(today) => Ok(today),
            None => arguments.problem("say which day it is first: day 2026-02-12"),
        }
    }

    /// Since when something said now is known: today, or its own day while no day was named.
    pub(super) fn known_from(&self, own_day: Date) -> Date {
        self.today.map_or(own_day, |today| today.max(own_day))
    }

    /// The night of a day, with all nights before it run.
    pub(super) fn night_of(&mut self, arguments: &Arguments, day: Date) -> Result<Night, Problem> {
        let today = self.day(arguments)?;
        let first = self.first_day.unwrap_or(today);
        if day < first || day > today {
            return arguments.problem(format!("no night of {day} has run: nights run from {first} to {today}"));
        }
        // What was said today may still change tonight.
        self.nights.forget_from(today);
        self.spend(arguments, day - first + 1 - self.nights.len() as i32)?;
        let ran = self.nights.run(&self.world, &self.pack, first, day, Known::Then);
        ran.map_err(|problem| Problem { line: arguments.line, ..problem })?;
        Ok(self.nights.of(day).expect("the night has run").clone())
    }

    /// All nights to `day` again, as if what is known on `known_on` had been known then.
    pub(super) fn night_in_hindsight(&mut self, arguments: &Arguments, day: Date, known_on: Date) -> Result<Night, Problem> {
        let today = self.day(arguments)?;
        if day > today {
            return arguments.problem(format!("the night of {day} has not come: it is {today}"));
        }
        let mut nights = Nights::default();
        let first = self.first_day.unwrap_or(today).min(day);
        self.spend(arguments, day - first + 1)?;
        let ran = nights.run(&self.world, &self.pack, first, day, Known::On(known_on));
        ran.map_err(|problem| Problem { line: arguments.line, ..problem })?;
        Ok(nights.of(day).expect("the night has run").clone())
    }

    /// The rules that bind a loan on a day.
    pub(super) fn rules_of(&self, arguments: &Arguments, id: &str, day: Date) -> Result<LoanRules, Problem> {
        let problem = |problem: String| Problem { line: arguments.line, what: problem };
        let rules = Rules::compile(&self.pack, day).map_err(|problems| problem(problems[0].to_string()))?;
        let loan = self.world.loans.get(id, Date::MAX).expect("the loan was named");
        let customer = self.world.customers.get(&loan.customer, Date::MAX).expect("a loan has a customer");
        let mut bindings = Bindings::new(&rules);
        let kind = ClaimKind {
            customer_kind: customer.kind,
            scale: customer.scale,
            product: loan.product.clone(),
            protection: loan.protection,
        };
        let number = bindings.bind(&kind).map_err(|one| problem(one.to_string()))?;
        Ok(bindings.get(number).loan.clone())
    }
}

pub(super) fn date(arguments: &mut Arguments) -> Result<Date, Problem> {
    let word = arguments.word("the date")?;
    match parse_date(word) {
        Some(date) => Ok(date),
        None => arguments.problem(format!("{word}: expected a date such as 2026-02-12")),
    }
}
