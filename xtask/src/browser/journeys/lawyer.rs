//! The lawyer: a clock that runs out, an act tried, recorded, the end day moved.

use crate::browser::journeys::Journey;
use anyhow::{Result, bail};

/// When the limitation period of the claim ends.
const END: &str = "//section[h2[contains(., 'limitation')]][1]/p/strong[1]";

pub fn story(at: &mut Journey) -> Result<()> {
    at.step("a lawyer looks at the limitation periods that run out");
    at.opens("10:00")?;
    at.signs_in("asset_preservation_officer")?;
    at.follows("nav.menu a[href='/clocks']")?;
    at.chooses("select[name=kind]", "limitation")?;
    at.arrives("/clocks?")?;
    at.step("and opens the one with the fewest days left");
    at.follows("tbody tr[data-row] a[href^='/clocks/']")?;
    let claim = at.here()?;
    let before = at.reads(END)?;
    at.step("a telephone call would move nothing");
    at.chooses("#act select[name=kind]", "phone_call")?;
    at.clicks("#act input[value=recording]")?;
    at.follows("#act button[value=try]")?;
    at.sees("Too weak")?;
    at.expects(&at.reads(END)?, &before)?;
    at.step("a demand the debtor signs would");
    at.chooses("#act select[name=kind]", "demand_signed")?;
    at.clicks("#act input[value=recording]")?;
    at.clicks("#act input[value=debtor_signature]")?;
    at.follows("#act button[value=try]")?;
    at.sees_some("#tried")?;
    let tried = at.reads("#tried tr.chosen td:last-child strong")?;
    if tried <= before {
        bail!("the end would move from {before} to {tried}");
    }
    at.step("trying recorded nothing");
    at.goes(&claim)?;
    at.expects(&at.reads(END)?, &before)?;
    at.step("the demand is recorded, and the end moves at once");
    at.chooses("#act select[name=kind]", "demand_signed")?;
    at.clicks("#act input[value=debtor_signature]")?;
    at.follows("#act button[value=record]")?;
    at.arrives(&claim)?;
    at.expects(&at.reads(END)?, &tried)?;
    at.step("a demand dated tomorrow is refused, and what was typed stays");
    at.chooses("#act select[name=kind]", "demand_signed")?;
    at.types("#act [name=on]", "2026-11-22")?;
    at.clicks("#act input[value=debtor_signature]")?;
    at.follows("#act button[value=record]")?;
    at.sees("E-CK-")?;
    at.expects(&at.holds("#act select[name=kind]")?, "demand_signed")?;
    at.expects(&at.holds("#act [name=on]")?, "2026-11-22")?;
    at.sees_some("#act input[value=debtor_signature]:checked")
}
