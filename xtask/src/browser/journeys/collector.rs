//! The collector: refused at night before the dial, a promise by day, kept after the next night.

use crate::browser::journeys::{ENTER, Journey};
use anyhow::{Result, bail};

/// Forms that begin a contact for which there are hours; a letter may be written at night.
const DIAL: &str = "form.way input[name=channel]:is([value=call], [value=sms], [value=visit])";

/// What was said about this case, as rows.
const CONTACTS: &str = "#contacts tbody tr";

pub fn story(at: &mut Journey) -> Result<()> {
    at_half_past_ten_at_night(at)?;
    let (case, loan) = a_promise_by_day(at)?;
    the_money_comes(at, &loan)?;
    at.step("the next morning the case says that the promise was kept");
    at.opens("10:00")?;
    at.signs_in("collector")?;
    at.goes(&case)?;
    let promise = at.reads("//section[@id='promises']//tbody/tr[contains(., '120.00')]")?;
    if !promise.contains("kept") || promise.contains("partly") || promise.matches("120.00").count() != 2 {
        bail!("the promise stands as {promise:?}");
    }
    Ok(())
}

fn at_half_past_ten_at_night(at: &mut Journey) -> Result<()> {
    at.step("at half past ten at night a collector signs in and sees the queue");
    at.opens("22:30")?;
    at.signs_in("collector")?;
    at.goes("/queue")?;
    let first = at.reads("tr[data-row] a .soft, tr[data-row] .soft")?;
    at.step("j and k move through the queue, Enter opens the first case");
    at.presses(&["j", "j", "k"])?;
    at.follows_key(ENTER)?;
    at.arrives("/cases/")?;
    at.sees(&first)?;
    at.step("no number can be dialled, and the page says by which rule and from when");
    at.sees_no(DIAL)?;
    at.sees("not now")?;
    at.sees("between 08:00 and 22:00")?;
    at.sees("Next lawful slot: 2026-11-22 08:00")?;
    let article = at.reads("(//div[contains(@class, 'refused')]//summary)[1]")?;
    let rule = at.reads("(//div[contains(@class, 'refused')]//details/p)[1]")?;
    if article.is_empty() || !rule.contains("hours") {
        bail!("the refusal names article {article:?} and rule {rule:?}");
    }
    at.step("a page left open since the afternoon dials nothing either, and nothing is recorded");
    let before = at.count(CONTACTS)?;
    let (case, customer) = (at.here()?, at.reads(".head h1 + .soft")?);
    let customer = customer.split(' ').next().unwrap_or_default().to_owned();
    let point = format!("{customer}/phone/0");
    at.sends(&format!("{case}/contacts"), &[("person", &customer), ("channel", "call"), ("purpose", "collect"), ("point", &point), ("people", "1")])?;
    at.sees("E-CG-09")?;
    at.goes(&case)?;
    at.sees_no("#record")?;
    if at.count(CONTACTS)? != before {
        bail!("a contact was recorded");
    }
    at.step("n leads on to another case");
    at.follows_key("n")?;
    at.arrives("/cases/")?;
    if at.here()?.starts_with(&case) {
        bail!("it is the same case again");
    }
    Ok(())
}

/// Case and loan of the promise.
fn a_promise_by_day(at: &mut Journey) -> Result<(String, String)> {
    at.step("at ten in the morning the collector goes from case to case until somebody may be called who has promised nothing");
    at.opens("10:00")?;
    at.signs_in("collector")?;
    at.goes("/")?;
    at.follows_key("n")?;
    let free = "form.way input[name=channel][value=call]";
    while !at.has(free)? || !at.has("#promises > p")? {
        at.arrives("/cases/")?;
        at.follows_key("n")?;
    }
    let case = at.here()?.split('?').next().unwrap_or_default().to_owned();
    let loan = at.reads("#loans tbody tr td a")?;
    at.step("calls, and the page asks what came of it");
    at.follows("//form[contains(@class, 'way')][input[@name='channel'][@value='call']]//button")?;
    at.sees_some("#record")?;
    at.step("a promise needs its day; what was typed stays");
    at.presses(&["1"])?;
    at.types("#record [name=pay_on]", "")?;
    at.types("#record [name=amount]", "120.00")?;
    at.chooses("#record [name=way]", "counter")?;
    at.types("#record [name=note]", "after payday")?;
    at.follows("#record button[value=stay]")?;
    at.sees("E-PR-01")?;
    at.step("a promise needs its amount; what was typed stays");
    at.types("#record [name=pay_on]", "2026-11-24")?;
    at.types("#record [name=amount]", "")?;
    at.follows("#record button[value=stay]")?;
    at.sees("E-PR-03")?;
    at.sees_some("#record [name=result][value=promised]:checked")?;
    at.expects(&at.holds("#record [name=pay_on]")?, "2026-11-24")?;
    at.expects(&at.holds("#record [name=way]")?, "counter")?;
    at.expects(&at.holds("#record [name=note]")?, "after payday")?;
    at.step("with day, amount and way it is recorded");
    at.types("#record [name=amount]", "120.00")?;
    at.follows("#record button[value=stay]")?;
    at.arrives(&case)?;
    at.sees_no("#record")?;
    let promise = at.reads("//section[@id='promises']//tbody/tr[1]")?;
    if !["2026-11-24", "120.00", "open"].iter().all(|word| promise.contains(word)) {
        bail!("the promise stands as {promise:?}");
    }
    Ok((case, loan))
}

fn the_money_comes(at: &mut Journey, loan: &str) -> Result<()> {
    at.step("the day's repayments come in");
    at.signs_in("administrator")?;
    at.goes("/operations/import")?;
    at.attaches("input[type=file]", "repayments.csv", &format!("repayment_id,loan_id,paid_on,amount\nJOURNEY-1,{loan},2026-11-21,120.00\n"))?;
    at.follows("form[action='/operations/upload'] button")?;
    at.sees("no mapping is needed")?;
    at.follows("button[value=import]")?;
    at.waits_for_the_end()?;
    at.sees("accepted 1 rows, rejected 0")?;
    at.step("and the night is run");
    at.goes("/operations")?;
    at.types("form[action='/operations/nights'] [name=date]", "2026-11-21")?;
    at.follows("form[action='/operations/nights'] button")?;
    at.waits_for_the_end()?;
    at.sees("The night is done and written.")
}
