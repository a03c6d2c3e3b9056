//! Writes what companies show: their statements and the money on their accounts.

use super::Population;
use super::behaviour::Behaviour;
use super::lending::Loan;
use super::people::Customer;
use super::table::Book;
use super::words::WORDS;
use crate::random::Random;
use units::{Date, Money, Rounding};

pub fn write(population: &Population, book: &mut Book) {
    for (place, customer, loans) in population.loans_by_customer() {
        if !customer.is_company() || loans.is_empty() {
            continue;
        }
        let mut random = Random::stream(population.seed, "company", place as u64);
        let company = Company::of(&mut random, customer, loans);
        if customer.product.kind == "corporate" {
            company.statements(population, book, &mut random);
        }
        company.sales(population, book, &mut random);
        for loan in loans {
            company.use_of_funds(population, book, &mut random, loan);
        }
    }
}

/// A company's size and course (企业经营).
struct Company<'a> {
    customer: &'a Customer,
    debt: Money,
    quarterly_revenue: Money,
    margin_permille: i64,
    /// Since when business has been going down.
    down_since: Option<Date>,
    account: String,
}

impl Company<'_> {
    fn of<'a>(random: &mut Random, customer: &'a Customer, loans: &[Loan]) -> Company<'a> {
        let debt: Money = loans.iter().map(|loan| loan.terms.principal).sum();
        let down_since = match customer.behaviour {
            Behaviour::Squeezed { since } | Behaviour::Failing { since } => {
                Some(since - random.between(60, 200) as i32)
            }
            _ => None,
        };
        Company {
            customer,
            debt,
            quarterly_revenue: debt.mul_div(i128::from(random.between(500, 1800)), 1000, Rounding::Down),
            margin_permille: random.between(80, 260),
            down_since,
            account: format!(
                "8800{:010}",
                customer.id.as_str()[1..].parse::<u64>().expect("customer numbers are digits")
            ),
        }
    }

    /// What is left of good times on `day`, permille: a tenth goes every quarter, down to a quarter.
    fn course_permille(&self, random: &mut Random, day: Date) -> i64 {
        let down_days = self.down_since.map_or(0, |since| (day - since).max(0));
        (1000 - i64::from(down_days) * 110 / 91).max(250) + random.between(-60, 60)
    }

    /// Own quarters for large and medium companies, half-years for small ones; a failing company
    /// stops reporting when it is half down.
    fn statements(&self, population: &Population, book: &mut Book, random: &mut Random) {
        let (months, period) = if self.customer.product.scale == "small" { (6, "half") } else { (3, "quarter") };
        let mut period_end = period_end_after(population.from, months);
        while period_end + 30 <= population.through {
            let course = self.course_permille(random, period_end);
            if course > 450 {
                self.statement(book, random, (period_end, period), course, months);
            }
            period_end = period_end.add_months_on(months, 31);
        }
    }

    fn statement(
        &self,
        book: &mut Book,
        random: &mut Random,
        (period_end, period): (Date, &str),
        course: i64,
        months: i32,
    ) {
        let share = |of: Money, permille: i64| of.mul_div(i128::from(permille), 1000, Rounding::Down);
        let yearly = share(self.quarterly_revenue, 4000);
        let revenue = share(self.quarterly_revenue, course * i64::from(months / 3));
        let margin = self.margin_permille - (1000 - course).max(0) * 3 / 10;
        let operating_cost = share(revenue, 1000 - margin);
        let total_assets = share(yearly, random.between(880, 940)) + share(self.debt, 600);
        let borrowed = share(self.debt, 1000 + (1000 - course).max(0) / 2);
        let payables = share(operating_cost, 350);
        let total_liabilities = borrowed + payables;
        let interest_expense = share(borrowed, 12 * i64::from(months / 3));
        let overhead = share(revenue, 55);
        let net_profit = revenue - operating_cost - interest_expense - overhead;
        // Goods and claims pile up as business slows.
        let slower = 1000 + (1000 - course).max(0);
        let inventory = share(yearly, 90 * slower / 1000);
        let receivables = share(yearly, 120 * slower / 1000);
        let other_receivables = share(total_assets, if course < 700 { 190 } else { 40 });
        let current_assets = inventory + receivables + other_receivables + share(yearly, 70 * course.max(0) / 1000);
        let current_liabilities = payables + share(borrowed, 750);
        let fixed_assets = total_assets.minus_floor_zero(current_assets);
        let operating_cash_flow = net_profit - share(revenue, (1000 - course).max(0) / 4);
        let contingent =
            if self.customer.guaranteed_by.is_some() { share(total_assets, 520) } else { share(total_assets, 30) };
        let opinion =
            if period_end.month() == 12 { if course < 600 { "qualified" } else { "unqualified" } } else { "" };
        let figures = [
            revenue,
            operating_cost,
            net_profit,
            total_assets,
            total_liabilities,
            current_assets,
            current_liabilities,
            inventory,
            receivables,
            other_receivables,
            fixed_assets,
            borrowed,
            interest_expense,
            operating_cash_flow,
            contingent,
        ];
        let figures = figures.map(|figure| Money::from_yuan(figure.fen() / 100).plain());
        let mut cells: Vec<&dyn std::fmt::Display> = vec![&self.customer.id, &period_end, &period];
        cells.extend(figures.iter().map(|figure| figure as &dyn std::fmt::Display));
        cells.push(&opinion);
        book.push("statements", &cells);
    }

    /// What customers pay in over the last year: one collected sum a month.
    fn sales(&self, population: &Population, book: &mut Book, random: &mut Random) {
        if self.customer.product.kind != "corporate" && !random.chance(250) {
            return;
        }
        let month_start = population.through.add_months(-12).month_end().next();
        for month in 0..12 {
            let at = month_start.add_months(month) + random.between(0, 27) as i32;
            let course = self.course_permille(random, at);
            // A borrower in trouble sells past the lender's account.
            let through_us = if course < 700 { 200 } else { random.between(600, 950) };
            let amount = self.quarterly_revenue.mul_div(i128::from(course * through_us), 3_000_000, Rounding::Down);
            if at <= population.through {
                self.flow(book, "", at, "in", round(amount), "trade", "sales", random);
            }
        }
    }

    /// Where the money went after disbursement: to suppliers, as agreed; or not.
    fn use_of_funds(&self, population: &Population, book: &mut Book, random: &mut Random, loan: &Loan) {
        if loan.terms.disbursed_on < population.from {
            return;
        }
        let dishonest = matches!(loan.behaviour, Behaviour::Strategic { .. } | Behaviour::Fraudulent { .. });
        let misused = misused(loan, random, if dishonest { 350 } else { 12 });
        let (parts, kind, memo) = match misused {
            Some(kind) => (random.between(1, 2), kind, kind),
            None => (random.between(1, 3), "trade", "loan_use"),
        };
        let part = Money::from_fen(loan.terms.principal.fen() / parts);
        for _ in 0..parts {
            let at = loan.terms.disbursed_on + random.between(0, 5) as i32;
            if at > population.through {
                continue;
            }
            self.flow(book, loan.id.as_str(), at, "out", part, kind, memo, random);
            // Money sent to a related firm comes back within the week (资金回流).
            if kind == "related" && at + 6 <= population.through {
                self.flow(book, loan.id.as_str(), at + 6, "in", part, kind, memo, random);
            }
        }
    }

    #[expect(clippy::too_many_arguments, reason = "a row has this many columns")]
    fn flow(
        &self,
        book: &mut Book,
        loan_id: &str,
        at: Date,
        direction: &str,
        amount: Money,
        kind: &str,
        memo: &str,
        random: &mut Random,
    ) {
        let id = format!("W{:07}", book.table("account_flows").len() + 1);
        let named = WORDS.counterparties.get(kind).cloned();
        let counterparty = named.unwrap_or_else(|| counterparty(random, self.customer, kind));
        let other_account = format!("8899{:010}", random.below(10_000_000_000));
        book.push(
            "account_flows",
            &[
                &id,
                &self.customer.id,
                &loan_id,
                &self.account,
                &at,
                &direction,
                &amount.plain(),
                &counterparty,
                &other_account,
                &kind,
                &WORDS.memos[memo],
            ],
        );
    }
}

/// Whether a loan's money was used against its purpose, and for what (挪用).
pub fn misused(loan: &Loan, random: &mut Random, permille: u64) -> Option<&'static str> {
    let open = !loan.entrusted && !loan.product.low_risk;
    (open && random.chance(permille)).then(|| *random.pick(&["securities", "property", "related", "lender", "cash"]))
}

fn counterparty(random: &mut Random, customer: &Customer, kind: &str) -> String {
    if kind == "lender" {
        return random.pick(&WORDS.lenders.names).clone();
    }
    let industry = customer.industry.expect("companies have an industry");
    let brand = format!("{}{}", random.pick(&WORDS.brand_first), random.pick(&WORDS.brand_second));
    let town = random.pick(&customer.place.towns);
    format!("{town}{brand}{}{}", random.pick(&industry.trades), WORDS.company_suffix)
}

/// To whole hundreds of yuan.
fn round(amount: Money) -> Money {
    Money::from_yuan((amount.fen() / 10_000).max(1) * 100)
}

fn period_end_after(day: Date, months: i32) -> Date {
    let mut end = day.month_end();
    while !end.month().is_multiple_of(months as u32) {
        end = end.next().month_end();
    }
    end
}
