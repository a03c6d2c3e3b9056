//! Compliance: personal data opened for a reason, the event in the trail, the chain verified.

use crate::browser::journeys::Journey;
use anyhow::{Result, bail};

const REASON: &str = "the customer complains that the number is not theirs";

pub fn story(at: &mut Journey) -> Result<()> {
    at.step("a compliance officer opens the customer of a loan that is past due");
    at.opens("10:00")?;
    at.signs_in("compliance_officer")?;
    at.goes("/loans?dpd_from=31")?;
    at.follows("tbody tr[data-row] a[href^='/loans/']")?;
    at.follows("main a[href^='/customers/']")?;
    let customer = at.here()?.split('?').next().unwrap_or_default().to_owned();
    at.goes(&format!("{customer}?tab=people"))?;
    at.step("numbers are masked");
    let masked = "//dl[contains(@class, 'facts')]/dd[contains(., '****')]";
    let numbers = at.count(masked)?;
    if numbers == 0 {
        bail!("no number is masked");
    }
    at.step("without a reason nothing is opened");
    let summary = "//section[.//input[@name='reason']]//details[.//input[@name='reason']]/summary";
    at.clicks(summary)?;
    at.clicks("input[name=field][value=phone]")?;
    at.chooses("select[name=purpose]", "complaint")?;
    at.types("input[name=reason]", "why")?;
    at.follows("//form[.//input[@name='reason']]//button")?;
    at.sees("E-AU-93")?;
    at.expects(&at.holds("input[name=reason]")?, "why")?;
    at.sees_some("input[name=field][value=phone]:checked")?;
    at.goes(&format!("{customer}?tab=people"))?;
    if at.count(masked)? != numbers {
        bail!("it was opened all the same");
    }
    at.step("a purpose that is not compliance's is not offered");
    at.clicks(summary)?;
    at.sees_some("select[name=purpose] option[value=complaint]")?;
    at.sees_no("select[name=purpose] option[value=contact]")?;
    at.goes(&format!("{customer}?tab=people"))?;
    at.step("for a complaint and with a reason it is");
    at.clicks(summary)?;
    at.clicks("input[name=field][value=phone]")?;
    at.chooses("select[name=purpose]", "complaint")?;
    at.types("input[name=reason]", REASON)?;
    at.follows("//form[.//input[@name='reason']]//button")?;
    at.arrives(&customer)?;
    if at.count(masked)? >= numbers {
        bail!("the number is still masked");
    }
    at.step("the trail says who, when and why");
    at.goes("/audit")?;
    at.types("input[name=actor]", "A0002")?;
    at.follows("form[action='/audit'] button.main")?;
    let event = at.reads(&format!("//tr[contains(., '{REASON}')]"))?;
    if !event.contains("2026-11-21 10:") || !event.contains("A0002") {
        bail!("the trail says {event:?}");
    }
    at.step("the chain is whole");
    at.follows("form[action='/audit/verify'] button")?;
    at.sees("The chain is whole")?;
    at.step("an auditor sees the same, changes nothing and may not draft");
    at.signs_in("auditor")?;
    at.goes("/audit?actor=A0002")?;
    at.sees(REASON)?;
    at.goes("/packs/drafts")?;
    at.sees_no("textarea[name=text]")
}
