//! Operations: a foreign file with a wrong row comes in, is put right, and the night counts it.

use crate::browser::journeys::Journey;
use anyhow::{Context, Result, bail};

pub fn story(at: &mut Journey) -> Result<()> {
    at.step("the administrator sees the last night");
    at.opens("10:00")?;
    at.signs_in("administrator")?;
    at.goes("/operations")?;
    let received = "//tr[td[1]/a='2026-11-20']/td[4]";
    let before = fen(&at.reads(received)?)?;
    let loans = loans_paid_before(at)?;

    at.step("uploads what another system wrote: its own words, semicolons and dates, and a day there never was");
    at.goes("/operations/import")?;
    let file = format!("Repayment ID;Loan ID;Paid On;Amount;Clerk\nX-1;{};2026/11/21;800.00;7\nX-2;{};2026/13/21;200.00;7\n", loans[0], loans[1]);
    at.attaches("input[type=file]", "export.csv", &file)?;
    at.follows("form[action='/operations/upload'] button")?;
    at.step("the page guesses table, columns and how days are written");
    at.sees_some("select[name='table.export.csv'] option[value=repayments]:checked")?;
    at.expects(&at.holds("select[name='from.export.csv.paid_on']")?, "Paid On")?;
    at.expects(&at.holds("select[name='from.export.csv.loan_id']")?, "Loan ID")?;
    at.sees("%Y/%m/%d")?;
    at.step("a rehearsal keeps nothing");
    at.follows("button[value=rehearse]")?;
    at.waits_for_the_end()?;
    at.sees("A rehearsal; nothing was kept")?;
    at.sees("E-IM-04")?;
    at.step("the import takes one row and rejects the other");
    at.follows("main p a.button.main")?;
    at.follows("button[value=import]")?;
    at.waits_for_the_end()?;
    at.sees("accepted 1 rows, rejected 1")?;

    at.step("the reject says why and what to do");
    at.follows("main p a.button.main")?;
    at.sees("Rejected rows still to be put right: 1")?;
    at.follows("main tr[data-row] td a")?;
    at.sees("2026/13/21")?;
    at.sees("E-IM-04")?;
    at.step("it is put right in the page and comes in");
    at.types("main td input:not([type=checkbox])", "2026/11/21")?;
    at.follows("main form button.main")?;
    at.waits_for_the_end()?;
    at.sees("accepted 1 rows, rejected 0")?;

    at.step("the night is due, and is run from the page");
    at.goes("/operations")?;
    at.sees("data reach 2026-11-21")?;
    at.expects(&at.holds("[name=date]")?, "2026-11-21")?;
    at.follows("form[action='/operations/nights'] button")?;
    at.waits_for_the_end()?;
    at.sees("The night is done and written.")?;
    at.step("the figures count exactly what came in");
    at.goes("/operations")?;
    let after = fen(&at.reads("//tr[td[1]/a='2026-11-21']/td[4]")?)?;
    if after - before != 100_000 {
        bail!("received before {before} fen, after {after} fen");
    }
    at.step("the night again changes nothing");
    at.follows("form[action='/operations/nights'] button")?;
    at.waits_for_the_end()?;
    at.sees("nothing was changed")?;
    at.step("a lead sees the money on the loan");
    at.signs_in("risk_analyst")?;
    at.goes(&format!("/loans/{}", loans[0]))?;
    at.sees("800.00")
}

/// Two loans that were paid on the last day, as the core system tells.
fn loans_paid_before(at: &Journey) -> Result<Vec<String>> {
    let file = std::fs::read_to_string(at.folder().join("inbox/2026-11-20/repayments.csv")).context("the core system's last file")?;
    let mut lines = file.lines();
    let column = lines.next().and_then(|head| head.split(',').position(|name| name == "loan_id")).context("a file of repayments names its loans")?;
    let loans: Vec<String> = lines.filter_map(|line| line.split(',').nth(column)).take(2).map(str::to_owned).collect();
    if loans.len() == 2 { Ok(loans) } else { bail!("nobody paid on the last day") }
}

/// `1,234.50` as fen.
fn fen(amount: &str) -> Result<i64> {
    let digits: String = amount.chars().filter(char::is_ascii_digit).collect();
    digits.parse().with_context(|| format!("{amount:?} is no amount"))
}
