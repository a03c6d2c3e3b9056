//! Journeys: what each role does from the door to the result, in a real browser over the demo bank.
//!
//! A story reads as an officer would tell it. Each begins with a copy of the bank of its own; a step that fails says which
//! it was, at what address, and leaves a picture.

mod collector;
mod compliance;
mod keyboard;
mod lawyer;
mod lead;
mod operations;
mod risk;

use crate::browser::served::{Served, copied, demo, program};
use crate::browser::{Browser, Extent, LONG_PATIENCE, PATIENCE};
use anyhow::{Result, anyhow, bail};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Somebody's way through the pages.
type Story = fn(&mut Journey) -> Result<()>;

const STORIES: &[(&str, Story)] = &[
    ("collector", collector::story),
    ("keyboard", keyboard::story),
    ("operations", operations::story),
    ("risk", risk::story),
    ("compliance", compliance::story),
    ("lawyer", lawyer::story),
    ("lead", lead::story),
];

/// Keys that write nothing, as WebDriver names them.
pub const TAB: &str = "\u{E004}";
pub const ENTER: &str = "\u{E007}";
pub const ESCAPE: &str = "\u{E00C}";

/// All stories or one, over a bank made for them or over copies of one that is there.
pub fn run(root: &Path, only: Option<&str>, bank: Option<&Path>) -> Result<()> {
    let told: Vec<&(&str, Story)> = STORIES.iter().filter(|(name, _)| only.is_none_or(|only| only == *name)).collect();
    if told.is_empty() {
        bail!("there is no such journey; there are {}", STORIES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", "));
    }
    let program = program(root)?;
    let own = Folder(std::env::temp_dir().join(format!("postloan-journeys-{}", std::process::id())));
    fs::create_dir_all(&own.0)?;
    let made = own.0.join("bank");
    let bank = match bank {
        Some(bank) => bank,
        None => {
            demo(&program, &made)?;
            &made
        }
    };
    let browser = Browser::open(1366, 768)?;
    let mut failed = Vec::new();
    for (name, story) in told {
        let folder = own.0.join(name);
        copied(bank, &folder)?;
        browser.forget()?;
        let since = Instant::now();
        let mut journey = Journey { program: &program, folder: Folder(folder), browser: &browser, served: None, step: String::new(), steps: 0 };
        match story(&mut journey) {
            Ok(()) => println!("journey {name}: {} steps in {:.1} s", journey.steps, since.elapsed().as_secs_f64()),
            Err(error) => {
                let picture = root.join(format!("target/journeys/{name}.png"));
                println!("journey {name}: {}", journey.told(&error, &picture));
                failed.push(*name);
            }
        }
    }
    if failed.is_empty() { Ok(()) } else { Err(anyhow!("journeys that do not reach their end: {}", failed.join(", "))) }
}

/// A folder that goes when we go.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.0).ok();
    }
}

/// A person at the browser, and the bank behind it (旅程).
pub struct Journey<'a> {
    program: &'a Path,
    folder: Folder,
    browser: &'a Browser,
    served: Option<Served>,
    step: String,
    steps: usize,
}

impl Journey<'_> {
    /// What follows is this step.
    pub fn step(&mut self, what: &str) {
        self.steps += 1;
        what.clone_into(&mut self.step);
    }

    fn told(&self, error: &anyhow::Error, picture: &Path) -> String {
        let at = self.browser.url().unwrap_or_default();
        let taken = picture.parent().map(fs::create_dir_all).is_some_and(|made| made.is_ok()) && self.browser.picture(picture, Extent::Page).is_ok();
        let picture = if taken { format!("\n  picture: {}", picture.display()) } else { String::new() };
        format!("step {} fails: {}\n  at {at}\n  {error:#}{picture}", self.steps, self.step)
    }

    /// The bank opens at an hour of the day after its last night.
    pub fn opens(&mut self, hour: &str) -> Result<()> {
        self.served = None;
        self.served = Some(Served::start(self.program, &self.folder.0, hour)?);
        self.browser.forget()
    }

    fn served(&self) -> &Served {
        self.served.as_ref().expect("the bank is open")
    }

    /// The bank's own folder, to look up what a core system would know.
    pub fn folder(&self) -> &Path {
        &self.folder.0
    }

    /// Signs in with one click as the first of a role, and reads English.
    pub fn signs_in(&self, role: &str) -> Result<()> {
        self.goes("/lang/en?to=/sign-in")?;
        self.follows(&format!("button[data-role={role}]"))?;
        self.browser.one("nav.menu").map(drop)
    }

    pub fn goes(&self, path: &str) -> Result<()> {
        self.browser.go(&format!("{}{path}", self.served().base))
    }

    /// Path and query of the page.
    pub fn here(&self) -> Result<String> {
        let url = self.browser.url()?;
        Ok(url.strip_prefix(&self.served().base).unwrap_or(&url).to_owned())
    }

    /// The page is or will be one under this path.
    pub fn arrives(&self, path: &str) -> Result<()> {
        self.browser.until(PATIENCE, &format!("{path} is not reached"), || Ok(self.here()?.starts_with(path).then_some(())))
    }

    /// The main part says this, or will in a moment.
    pub fn sees(&self, text: &str) -> Result<()> {
        self.browser.until(PATIENCE, &format!("the page does not say {text:?}"), || {
            let said = self.browser.text()?;
            Ok(said.split_whitespace().collect::<Vec<_>>().join(" ").contains(text).then_some(()))
        })
    }

    /// What stands there, or will in a moment.
    pub fn sees_some(&self, what: &str) -> Result<()> {
        self.browser.one(what).map(drop)
    }

    /// Nothing like this is on the page as it stands.
    pub fn sees_no(&self, what: &str) -> Result<()> {
        match self.browser.all(what)?.len() {
            0 => Ok(()),
            many => bail!("there should be no {what}, and there are {many}"),
        }
    }

    pub fn has(&self, what: &str) -> Result<bool> {
        Ok(!self.browser.all(what)?.is_empty())
    }

    pub fn count(&self, what: &str) -> Result<usize> {
        Ok(self.browser.all(what)?.len())
    }

    /// The words of what stands there; also of what is folded away.
    pub fn reads(&self, what: &str) -> Result<String> {
        let text = self.of_one(what, "return arguments[0].textContent")?;
        Ok(text.split_whitespace().collect::<Vec<_>>().join(" "))
    }

    /// What a field holds.
    pub fn holds(&self, field: &str) -> Result<String> {
        self.of_one(field, "return arguments[0].value")
    }

    fn of_one(&self, what: &str, script: &str) -> Result<String> {
        self.browser.until(PATIENCE, &format!("there is no {what}"), || match self.browser.all(what)?.first() {
            Some(found) => Ok(self.browser.run(script, &[found.reference()])?.as_str().map(str::to_owned)),
            None => Ok(None),
        })
    }

    pub fn expects(&self, found: &str, expected: &str) -> Result<()> {
        if found == expected { Ok(()) } else { bail!("found {found:?}, expected {expected:?}") }
    }

    /// Clicks on something that stays on the page.
    pub fn clicks(&self, what: &str) -> Result<()> {
        self.browser.click(what)
    }

    /// Clicks on what leads to another page, and waits for it.
    pub fn follows(&self, what: &str) -> Result<()> {
        self.browser.turn(|| self.browser.click(what))
    }

    /// Presses keys that stay on the page.
    pub fn presses(&self, keys: &[&str]) -> Result<()> {
        self.browser.press(keys)
    }

    /// Presses a key that leads to another page, and waits for it.
    pub fn follows_key(&self, key: &str) -> Result<()> {
        self.browser.turn(|| self.browser.press(&[key]))
    }

    /// Moves on with the tabulator until something has the focus.
    pub fn tabs_to(&self, what: &str) -> Result<()> {
        const MOST: usize = 300;
        for _ in 0..MOST {
            let is_there = self.browser.run("return document.activeElement !== null && document.activeElement.matches(arguments[0])", &[json!(what)])?;
            if is_there == Value::Bool(true) {
                return Ok(());
            }
            self.browser.press(&[TAB])?;
        }
        bail!("the tabulator never reaches {what}")
    }

    /// Writes a text over what a field holds; a day is written as the page sends it.
    pub fn types(&self, field: &str, text: &str) -> Result<()> {
        let found = self.browser.one(field)?;
        let set = "const [field, text] = arguments; field.focus(); field.value = text; field.dispatchEvent(new Event('input', {bubbles: true}))";
        self.browser.run(set, &[found.reference(), json!(text)])?;
        let held = self.holds(field)?;
        // Lines end as the page has them.
        self.expects(&held, text)
    }

    /// Chooses one of the values of a list.
    pub fn chooses(&self, list: &str, code: &str) -> Result<()> {
        self.browser.click(&format!("{list} option[value=\"{code}\"]"))?;
        let held = self.holds(list)?;
        self.expects(&held, code)
    }

    /// Chooses a file of this name and text to be sent.
    pub fn attaches(&self, field: &str, name: &str, text: &str) -> Result<()> {
        let folder = self.folder().with_extension("files");
        fs::create_dir_all(&folder)?;
        let path = folder.join(name);
        fs::write(&path, text)?;
        self.browser.one(field)?.send(&path.to_string_lossy())
    }

    /// Waits for the end of work under way: its page asks again by itself.
    pub fn waits_for_the_end(&self) -> Result<()> {
        self.arrives("/operations/jobs/")?;
        let is_over = "return document.readyState === 'complete' && document.querySelector('main h1') !== null && document.querySelector('main progress') === null";
        self.browser.until(LONG_PATIENCE, "the work does not end", || Ok((self.browser.run(is_over, &[])? == Value::Bool(true)).then_some(())))
    }

    /// Sends a form that the page does not offer, as somebody would whose page is older than the rules of the hour.
    pub fn sends(&self, to: &str, fields: &[(&str, &str)]) -> Result<()> {
        let script = "const [to, fields] = arguments; const own = document.querySelector('form[method=post]'); \
                      const form = document.createElement('form'); form.method = 'post'; form.action = to; \
                      const add = (name, value) => { const field = document.createElement('input'); field.type = 'hidden'; field.name = name; field.value = value; form.append(field); }; \
                      for (const name of ['_csrf', '_key', '_from']) add(name, own.elements[name].value); \
                      for (const [name, value] of fields) add(name, value); document.body.append(form); form.submit()";
        self.browser.turn(|| self.browser.run(script, &[json!(to), json!(fields)]).map(drop))
    }
}
