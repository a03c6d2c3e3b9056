//! The lawyer: a clock that runs out, an act tried, recorded, the end day moved.

use crate::browser::journeys::Journey;
use anyhow::{Result, bail};

/// When the value of the collateral is too old.
const END: &str = "//section[h2[contains(., 'revaluation')]]/p/strong[1]";

pub fn story(at: &mut Journey) -> Result<()> {
    at.step("a lawyer looks at the own clocks that run out");
    at.opens("10:00")?;
    at.signs_in("asset_preservation_officer")?;
    at.follows("nav.menu a[href='/clocks']")?;
    at.chooses("select[name=kind]", "revaluation")?;
    at.arrives("/clocks?")?;
    at.chooses("select[name=owner]", "me")?;
    at.arrives("/clocks?owner=me")?;
    at.step("and opens the one with the fewest days left");
    at.follows("tbody tr[data-row] a[href^='/clocks/']")?;
    let claim = at.here()?;
    let before = at.reads(END)?;
    let collateral = at.browser.one("//fieldset//label[span='collateral']/input")?.attribute("value")?;
    let fill = |at: &Journey, evidence: &str| {
        at.chooses("#act select[name=kind]", "revalued")?;
        at.clicks("#act input[name=against]:checked")?;
        at.clicks(&format!("#act input[name=against][value='{collateral}']"))?;
        at.clicks(&format!("#act input[name=evidence][value={evidence}]"))
    };
    at.step("a chat about a new valuation would move nothing");
    fill(at, "chat_record")?;
    at.follows("#act button[value=try]")?;
    at.sees("Too weak")?;
    at.sees_no("#tried tr.chosen")?;
    at.step("a certificate would");
    at.goes(&claim)?;
    fill(at, "certificate")?;
    at.follows("#act button[value=try]")?;
    let tried = at.reads("#tried tr.chosen td:last-child strong")?;
    if tried <= before {
        bail!("the end would move from {before} to {tried}");
    }
    at.step("trying recorded nothing");
    at.goes(&claim)?;
    at.expects(&at.reads(END)?, &before)?;
    at.step("it is recorded, and the end moves at once");
    fill(at, "certificate")?;
    at.follows("#act button[value=record]")?;
    at.arrives(&claim)?;
    at.expects(&at.reads(END)?, &tried)?;
    at.step("an act of tomorrow is refused, and what was typed stays");
    fill(at, "certificate")?;
    at.types("#act [name=on]", "2026-11-22")?;
    at.follows("#act button[value=record]")?;
    at.sees("E-CK-")?;
    at.expects(&at.holds("#act select[name=kind]")?, "revalued")?;
    at.expects(&at.holds("#act [name=on]")?, "2026-11-22")?;
    at.sees_some("#act input[value=certificate]:checked")?;
    at.sees_some(&format!("#act input[value='{collateral}']:checked"))?;
    at.expects(&at.reads(END)?, &tried)
}
