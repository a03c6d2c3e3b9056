//! The rules: drafted, tried over the whole book, signed by somebody else, in force from a day.

use crate::browser::journeys::Journey;
use anyhow::{Result, bail};

/// A draft that is stricter from a day on.
fn draft(version: &str, from: &str) -> String {
    format!(
        "[pack]\nid = \"own\"\nversion = \"{version}\"\ntitle_zh = \"own\"\ntitle_en = \"Own rules {version}\"\nextends = \"cn-bank\"\n\n\
         [[rule]]\nid = \"grade.past_due_over_90\"\nkind = \"grade_floor\"\ntitle_zh = \"60\"\ntitle_en = \"More than 60 days past due\"\n\
         article = \"own\"\nsource = \"own\"\ncertainty = \"D\"\neffective_from = {from}\n\
         params = {{ at_least = \"substandard\", when = {{ days_past_due_over = 60 }} }}"
    )
}

pub fn story(at: &mut Journey) -> Result<()> {
    at.step("the risk analyst pastes a draft that is not one, and is told the line");
    at.opens("10:00")?;
    at.signs_in("risk_analyst")?;
    at.goes("/packs/drafts")?;
    at.types("textarea[name=text]", "[pack]\nid = 7")?;
    at.follows("#draft button")?;
    at.sees("E-PO-02")?;
    at.expects(&at.holds("textarea[name=text]")?, "[pack]\nid = 7")?;
    at.step("then one rule that changes from December");
    at.types("textarea[name=text]", &draft("1", "2026-12-01"))?;
    at.follows("#draft button")?;
    at.arrives("/packs/drafts/")?;
    let place = at.here()?;
    at.sees("grade.past_due_over_90")?;
    at.step("nobody signs what was not tried");
    at.signs_in("compliance_officer")?;
    at.goes(&place)?;
    at.sees("It is tried first, then signed.")?;
    at.step("the analyst tries it over the whole book");
    at.signs_in("risk_analyst")?;
    at.goes(&place)?;
    at.follows("button[value=try]")?;
    at.waits_for_the_end()?;
    at.sees("own@1")?;
    at.sees_some("//td[.='substandard']")?;
    let (in_force, tried) = (at.reads("(//div[@class='card'])[2]/div")?, at.reads("(//div[@class='card'])[3]/div")?);
    if in_force == tried {
        bail!("the allowance stays at {tried}");
    }
    at.step("the analyst cannot sign");
    at.follows("main p a.button.main")?;
    at.arrives(&place)?;
    at.sees_no("button[value=sign]")?;
    at.sends(&place, &[("say", "sign"), ("opinion", "mine")])?;
    at.sees("E-AU-26")?;
    at.step("whoever of compliance drafts does not sign either");
    at.signs_in("compliance_officer")?;
    at.goes("/packs/drafts")?;
    at.types("textarea[name=text]", &draft("2", "2026-12-05"))?;
    at.follows("#draft button")?;
    let own = at.here()?;
    at.sees("Who drafts does not sign.")?;
    at.sees_no("button[value=sign]")?;
    at.sends(&own, &[("say", "sign"), ("opinion", "mine")])?;
    at.sees("E-AU-55")?;
    at.step("a second person signs");
    at.goes(&place)?;
    at.sees_no("button[value=activate]")?;
    at.types("textarea[name=opinion]", "as discussed on Friday")?;
    at.follows("button[value=sign]")?;
    at.sees("as discussed on Friday")?;
    at.step("it cannot be put in force over nights that ran");
    at.types("[name=from]", "2026-11-20")?;
    at.follows("button[value=activate]")?;
    at.sees("E-PO-05")?;
    at.step("and is put in force from a day");
    at.types("[name=from]", "2026-12-01")?;
    at.follows("button[value=activate]")?;
    at.arrives(&place)?;
    at.sees_no("button[value=activate]")?;
    at.step("started anew, the rules in force are the new ones, from that day");
    at.opens("10:00")?;
    at.signs_in("risk_analyst")?;
    at.goes("/packs?book=night&on=2026-12-01&q=grade.past_due_over_90")?;
    at.sees("More than 60 days past due")?;
    at.goes("/packs?book=night&on=2026-11-30&q=grade.past_due_over_90")?;
    at.sees("More than 90 days past due")
}
