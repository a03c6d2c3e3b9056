//! The whole way without a mouse: sign in, queue, case, call, result, next case.

use crate::browser::journeys::{ENTER, ESCAPE, Journey};
use anyhow::{Result, bail};

pub fn story(at: &mut Journey) -> Result<()> {
    at.step("tabulator and Enter sign a collector in");
    at.opens("10:00")?;
    at.goes("/lang/en?to=/sign-in")?;
    at.tabs_to("button[data-role=collector]")?;
    at.follows_key(ENTER)?;
    at.step("and lead to the queue");
    at.tabs_to("nav.menu a[href='/queue']")?;
    at.follows_key(ENTER)?;
    at.arrives("/queue")?;
    at.step("j and Enter open the first case");
    at.presses(&["j"])?;
    at.follows_key(ENTER)?;
    at.arrives("/cases/")?;
    at.step("n goes on until somebody may be called");
    let call = "form.way input[name=channel][value=call] ~ button";
    while !at.has(call)? {
        at.arrives("/cases/")?;
        at.follows_key("n")?;
    }
    let case = at.here()?;
    let case = case.split('?').next().unwrap_or_default();
    let before = at.count("#contacts tbody tr")?;
    at.step("the call is begun");
    at.tabs_to(call)?;
    at.follows_key(ENTER)?;
    at.sees_some("#record")?;
    at.step("3 says that nobody answered, s records it and leads to the next case");
    at.presses(&["3"])?;
    at.sees_some("#record [value=no_answer]:checked")?;
    at.presses(&[ESCAPE])?;
    at.follows_key("s")?;
    if at.here()?.starts_with(case) {
        bail!("it is the same case again");
    }
    at.step("the case remembers the call");
    at.goes(case)?;
    at.sees_no("#record")?;
    if at.count("#contacts tbody tr")? != before + 1 {
        bail!("the call was not recorded once");
    }
    let call = at.reads("#contacts tbody tr")?;
    if !call.contains("no answer") {
        bail!("the latest contact is {call:?}");
    }
    at.step("? tells the keys, / leads to the search field, Enter finds");
    at.presses(&["?"])?;
    at.sees_some("dialog#keys[open]")?;
    at.presses(&[ESCAPE])?;
    at.sees_no("dialog#keys[open]")?;
    at.presses(&["/"])?;
    at.sees_some("#find:focus")?;
    let customer = at.reads(".head h1 + .soft")?;
    let customer = customer.split(' ').next().unwrap_or_default().to_owned();
    at.presses(&customer.chars().map(String::from).collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>())?;
    at.follows_key(ENTER)?;
    at.arrives(&format!("/customers/{customer}"))
}
