//! The team lead: work evened out, a proposal signed within authority, none of one's own and none beyond.

use crate::browser::journeys::Journey;
use anyhow::{Result, bail};

pub fn story(at: &mut Journey) -> Result<()> {
    a_case_handed_over(at)?;
    let mine = a_plan_of_ones_own(at)?;
    at.step("somebody else with the authority sees it and signs");
    at.signs_in("branch_head")?;
    at.goes(&mine)?;
    at.sees("proposed")?;
    Ok(())
}

fn a_case_handed_over(at: &mut Journey) -> Result<()> {
    at.step("a lead looks at the cases of the fullest desk");
    at.opens("10:00")?;
    at.signs_in("team_lead")?;
    at.goes("/team")?;
    at.follows("tbody tr[data-row] a[href^='/queue?owner=']")?;
    let whose = at.here()?;
    let ticked = at.browser.one("tbody input[name=case]")?.attribute("value")?;
    let case = ticked.split('@').next().unwrap_or_default().to_owned();
    at.step("and hands the first to somebody else");
    at.clicks("tbody input[name=case]")?;
    let owner = whose.rsplit('=').next().unwrap_or_default().to_owned();
    let to = at.browser.one(&format!("select[name=to] option:not([value='']):not([value='{owner}'])"))?.attribute("value")?;
    at.chooses(".bulk select[name=to]", &to)?;
    at.follows("button[value=hand_over]")?;
    at.goes(&format!("/cases/{case}"))?;
    let hands = at.reads("#hands tbody tr:last-child")?;
    if !hands.contains(&to) || !hands.contains("2026-11-21") {
        bail!("the case's hands say {hands:?}, not that it went to {to}");
    }
    Ok(())
}

/// Where the proposal stands.
fn a_plan_of_ones_own(at: &mut Journey) -> Result<String> {
    at.step("proposes a plan for a household");
    at.clicks("#plan details > summary")?;
    at.follows("#plan form button.main")?;
    at.step("and cannot sign it");
    at.goes("/approvals/mine")?;
    at.follows("tbody tr[data-row] a")?;
    let mine = at.here()?;
    at.sees_no("button[value=sign]")?;
    Ok(mine)
}
