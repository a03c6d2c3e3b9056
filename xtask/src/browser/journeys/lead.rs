//! The team lead: work evened out, a proposal signed within authority, none of one's own and none beyond.

use crate::browser::journeys::Journey;
use anyhow::{Context, Result, bail};

/// Up to so much of a plan per household is a lead's to approve, in fen.
const AUTHORITY: i64 = 20_000_000;

/// Who is taken on.
const NEW: &str = "N0001";

pub fn story(at: &mut Journey) -> Result<()> {
    at.opens("10:00")?;
    a_case_handed_over(at)?;
    a_waiver_signed(at)?;
    let own = a_plan_of_ones_own(at)?;
    at.step("the branch head may, and signs it");
    at.signs_in("branch_head")?;
    at.goes(&own)?;
    at.types("textarea[name=opinion]", "agreed")?;
    at.follows("button[value=sign]")?;
    at.sees("agreed")?;
    at.sees_no("button[value=sign]")?;
    beyond_authority(at)
}

/// Takes a collector on in the lead's team, and hands over to the newcomer.
fn a_case_handed_over(at: &mut Journey) -> Result<()> {
    at.step("a lead sees a desk that is full, and one collector only");
    at.signs_in("team_lead")?;
    at.goes("/team")?;
    let team = at.reads("section.sheet h2")?;
    at.step("the administrator takes a second collector on");
    at.signs_in("administrator")?;
    at.goes("/staff")?;
    let form = [("staff_id", NEW), ("name", "Newcomer"), ("password", "Erste-2026-Wahl"), ("capacity", "60"), ("team", &team)];
    for (field, text) in form {
        at.types(&format!("#add input[name={field}]"), text)?;
    }
    at.chooses("#add select[name=role]", "collector")?;
    at.chooses("#add select[name=level]", "sub_branch")?;
    for skill in ["reminder", "negotiation", "visit"] {
        at.clicks(&format!("#add input[name=skill][value={skill}]"))?;
    }
    at.follows("#add button.main")?;
    at.arrives(&format!("/staff/{NEW}"))?;
    at.step("the lead looks at the cases of the full desk");
    at.signs_in("team_lead")?;
    at.goes("/team")?;
    at.follows("tbody tr[data-row] a[href^='/queue?owner=']")?;
    let owner = at.here()?.rsplit('=').next().unwrap_or_default().to_owned();
    let ticked = at.browser.one("tbody input[name=case]")?.attribute("value")?;
    let case = ticked.split('@').next().unwrap_or_default().to_owned();
    let lawyer = at.browser.one(&format!(".bulk select[name=to] option:not([value='']):not([value='{owner}']):not([value='{NEW}'])"))?.attribute("value")?;
    at.step("to somebody who lacks the skill nothing is handed over, and the page says why");
    at.clicks("tbody input[name=case]")?;
    at.chooses(".bulk select[name=to]", &lawyer)?;
    at.follows("button[value=hand_over]")?;
    at.sees("E-CS-05")?;
    at.follows("main p a.button")?;
    at.sees_some(&format!("tbody input[value='{ticked}']"))?;
    at.step("the first goes to the newcomer; nobody is chosen beforehand");
    at.expects(&at.holds(".bulk select[name=to]")?, "")?;
    at.clicks("tbody input[name=case]")?;
    at.chooses(".bulk select[name=to]", NEW)?;
    at.follows("button[value=hand_over]")?;
    at.arrives("/queue?")?;
    at.sees_no(&format!("tbody input[value='{ticked}']"))?;
    at.goes(&format!("/cases/{case}"))?;
    let hands = at.reads("#hands tbody tr")?;
    if !hands.contains(&format!("{owner} →")) || !hands.contains(NEW) || !hands.contains("2026-11-21") {
        bail!("the case's hands say {hands:?}, not that it went from {owner} to {NEW}");
    }
    Ok(())
}

fn a_waiver_signed(at: &mut Journey) -> Result<()> {
    at.step("signs a waiver a collector proposed, within authority");
    at.goes("/approvals")?;
    let waiting = at.count("tbody tr[data-row]")?;
    at.follows("tbody tr[data-row] a")?;
    at.sees("waiver")?;
    at.types("textarea[name=opinion]", "the customer pays the rest")?;
    at.follows("button[value=sign]")?;
    at.sees("the customer pays the rest")?;
    at.sees_no("button[value=sign]")?;
    at.goes("/approvals")?;
    if at.count("tbody tr[data-row]")? != waiting - 1 {
        bail!("it still waits");
    }
    Ok(())
}

/// The address of a proposal of the lead's own.
fn a_plan_of_ones_own(at: &mut Journey) -> Result<String> {
    at.step("proposes a plan for a household");
    at.goes("/team")?;
    at.follows("tbody tr[data-row] a[href^='/queue?owner=']")?;
    let case = case_within_authority(at)?;
    plan(at, &case)?;
    at.step("and cannot sign it");
    let own = latest_of_mine(at)?;
    at.sees_no("button[value=sign]")?;
    let version = at.browser.one("input[name=version]")?.attribute("value")?;
    at.sends(&own, &[("say", "sign"), ("version", &version), ("opinion", "mine")])?;
    at.sees("E-AU-55")?;
    Ok(own)
}

fn beyond_authority(at: &mut Journey) -> Result<()> {
    at.step("a collector proposes a waiver of more than a lead may approve; an amount that is none is refused, and what was typed stays");
    at.signs_in("collector")?;
    at.goes("/queue/next")?;
    at.arrives("/cases/")?;
    at.clicks("#concession > summary")?;
    at.chooses("#concession select[name=decision]", "settlement")?;
    at.types("#concession input[name=given_up]", "a lot")?;
    at.types("#concession input[name=terms]", "pays the rest at once")?;
    at.follows("#concession button")?;
    at.sees("E-WB-09")?;
    at.expects(&at.holds("#concession select[name=decision]")?, "settlement")?;
    at.expects(&at.holds("#concession input[name=terms]")?, "pays the rest at once")?;
    at.chooses("#concession select[name=decision]", "waiver")?;
    at.types("#concession input[name=given_up]", "1500.00")?;
    at.follows("#concession button")?;
    at.sees("Put forward for approval.")?;
    let large = latest_of_mine(at)?;
    let version = at.browser.one("input[name=version]")?.attribute("value")?;
    at.step("it does not wait for the lead, who cannot sign it either");
    at.signs_in("team_lead")?;
    at.goes("/approvals")?;
    at.sees_no(&format!("tbody a[href='{large}']"))?;
    at.goes(&large)?;
    at.sees("This is not yours to decide.")?;
    at.sees_no("button[value=sign]")?;
    at.sends(&large, &[("say", "sign"), ("version", &version), ("opinion", "quickly")])?;
    at.sees("E-AU-")?;
    at.goes(&large)?;
    at.sees("waiting")
}

/// The address of a case of the queue shown that owes no more than a lead may approve a plan over.
fn case_within_authority(at: &Journey) -> Result<String> {
    at.goes(&format!("{}&col=outstanding", at.here()?))?;
    for row in 1..=at.count("tr[data-row]")? {
        let cell = |place: &str| format!("(//tr[@data-row])[{row}]{place}");
        let owed: String = at.reads(&cell("/td[last()]"))?.chars().filter(char::is_ascii_digit).collect();
        if owed.parse().is_ok_and(|owed: i64| owed <= AUTHORITY) {
            return at.browser.one(&cell("//a"))?.attribute("href");
        }
    }
    bail!("every case owes more")
}

/// Puts forward that a household pays in parts.
fn plan(at: &Journey, case: &str) -> Result<()> {
    const LEVER: &str = "lever.instalments";
    at.goes(case)?;
    at.clicks("#plan > details:last-of-type > summary")?;
    at.clicks(&format!("input[name=lever][value='{LEVER}']"))?;
    for (field, text) in [("recovery", "1000.00"), ("days", "30"), ("percent", "180")] {
        at.types(&format!("[name='{field}.{LEVER}']"), text)?;
    }
    for condition in ["debtor_consents", "ability_verified"] {
        at.clicks(&format!("input[name='attested.{LEVER}'][value={condition}]"))?;
    }
    at.types("#plan input[name=step]", "call after payday")?;
    // A chance above certainty: refused, and what was typed and ticked stays.
    at.follows("#plan form button.main")?;
    at.sees("E-WB-09")?;
    at.types(&format!("[name='percent.{LEVER}']"), "80")?;
    at.follows("#plan form button.main")?;
    at.sees("Put forward for approval.")
}

fn latest_of_mine(at: &Journey) -> Result<String> {
    at.goes("/approvals/mine")?;
    at.follows("tbody tr[data-row] a")?;
    at.here().context("the proposal has an address")
}
