//! A picture of every page, in both languages and at both sizes, and what axe finds on it.
//!
//! Nobody keeps a list of pages: from each role's menu every address is visited, and from each page the first link of
//! every further kind (`/cases/C-1` and `/cases/C-2` are one kind).

use crate::browser::served::{Served, copied, demo, program};
use crate::browser::{Browser, Extent};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What is pictured.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    All,
    Tour,
}

const OFFICE: (&str, u32, u32) = ("office", 1366, 768);
const PHONE: (&str, u32, u32) = ("phone", 390, 844);
const LANGS: &[&str] = &["zh", "en"];

/// What axe must not find; the lesser kinds are told.
const GRAVE: &[&str] = &["serious", "critical"];

/// Who shows the pages several roles have: whoever does most on them.
const FIRST: &[&str] = &["collector", "asset_preservation_officer", "administrator", "risk_analyst", "team_lead"];

/// Where no link leads, yet people come: the door, a search, a list narrowed to nothing, an address that is none.
const BESIDE: &[&str] = &["/search?q=7", "/search?q=nobody", NOWHERE];
const NOWHERE: &str = "/cases/none";

/// The pages of the README's tour: name, role, address, and the link to follow from there.
const TOUR: &[(&str, &str, &str, &str)] = &[
    ("workbench", "collector", "/", ""),
    ("queue", "collector", "/queue", ""),
    ("case", "collector", "/queue", "tr[data-row] a"),
    ("portfolio", "risk_analyst", "/portfolio", ""),
    ("migration", "risk_analyst", "/portfolio/migration", ""),
    ("loan", "risk_analyst", "/loans?bucket=M4", "tr[data-row] a"),
    ("claim", "asset_preservation_officer", "/clocks", "tr[data-row] a"),
    ("rules", "compliance_officer", "/packs", ""),
];

/// Pictures into a folder, of a bank made for them or of a copy of one that is there; fails where a page is broken, wider than its window, or axe finds something serious.
pub fn run(root: &Path, to: &Path, wanted: Wanted, bank: Option<&Path>) -> Result<()> {
    let program = program(root)?;
    let folder = std::env::temp_dir().join(format!("postloan-pictures-{}", std::process::id()));
    match bank {
        None => demo(&program, &folder)?,
        Some(bank) => copied(bank, &folder)?,
    }
    let served = Served::start(&program, &folder, "10:00")?;
    fs::create_dir_all(to)?;
    let browser = Browser::open(1366, 900)?;
    let seen = match wanted {
        Wanted::All => Album { served: &served, browser: &browser, to, axe: axe(root)?, found: BTreeMap::new() }.fill(),
        Wanted::Tour => tour(&served, &browser, to),
    };
    drop(served);
    fs::remove_dir_all(&folder).ok();
    seen
}

fn tour(served: &Served, browser: &Browser, to: &Path) -> Result<()> {
    browser.size(OFFICE.1, OFFICE.2)?;
    for (name, role, path, link) in TOUR {
        served.sign_in(browser, role)?;
        browser.go(&format!("{}/lang/zh?to=/", served.base))?;
        browser.go(&format!("{}{path}", served.base))?;
        if !link.is_empty() {
            let href = browser.one(link)?.attribute("href")?;
            browser.go(&format!("{}{href}", served.base))?;
        }
        browser.picture(&to.join(format!("{name}.png")), Extent::Window)?;
    }
    Ok(())
}

/// The pictures as they are taken, and what is wrong with the pages.
struct Album<'a> {
    served: &'a Served,
    browser: &'a Browser,
    to: &'a Path,
    axe: String,
    found: BTreeMap<String, String>,
}

impl Album<'_> {
    fn fill(mut self) -> Result<()> {
        let mut seen: Vec<String> = Vec::new();
        self.page("/sign-in", "nobody")?;
        let mut roles = self.served.roles(self.browser)?;
        roles.sort_by_key(|role| FIRST.iter().position(|first| first == role).unwrap_or(FIRST.len()));
        for role in roles {
            let pages = self.pages(&role, &mut seen)?;
            println!("{role}: {}", pages.join(" "));
            for path in &pages {
                self.page(path, &role).with_context(|| format!("{role} at {path}"))?;
            }
        }
        println!("{} kinds of pages in {}", seen.len(), self.to.display());
        if !self.found.is_empty() {
            let told: Vec<String> = self.found.iter().map(|(what, place)| format!("  {what} ({place})")).collect();
            bail!("found:\n{}", told.join("\n"));
        }
        Ok(())
    }

    /// Kinds of pages this role reaches that nobody reached before; what others saw is walked through all the same, for it
    /// may lead this role on.
    fn pages(&self, role: &str, seen: &mut Vec<String>) -> Result<Vec<String>> {
        self.served.sign_in(self.browser, role)?;
        let mut waiting: VecDeque<String> = VecDeque::from(["/".to_owned()]);
        waiting.extend(BESIDE.iter().map(|&path| path.to_owned()));
        let mut new = Vec::new();
        let mut walked = BTreeSet::new();
        // The workbench is another one for everybody.
        seen.retain(|kind| kind != "/");
        while let Some(path) = waiting.pop_front() {
            let kind = kind(&path);
            if !walked.insert(kind.clone()) {
                continue;
            }
            self.browser.go(&format!("{}{path}", self.served.base))?;
            // What somebody may not see shows itself to another.
            if self.status()? == 403 {
                continue;
            }
            let links = self.browser.run(
                "return [...document.querySelectorAll('nav.menu a, nav.door a, main a')].map(a => a.getAttribute('href')).filter(h => h && h.startsWith('/') && !h.startsWith('//'))",
                &[],
            )?;
            let links = links.as_array().into_iter().flatten().filter_map(Value::as_str);
            waiting.extend(links.filter(|link| !is_file(link)).map(str::to_owned));
            if !seen.contains(&kind) {
                seen.push(kind);
                new.push(path);
            }
        }
        Ok(new)
    }

    fn status(&self) -> Result<i64> {
        let status = self.browser.run("return performance.getEntriesByType('navigation')[0].responseStatus", &[])?;
        status.as_i64().context("a status")
    }

    fn page(&mut self, path: &str, role: &str) -> Result<()> {
        let name = kind(path).trim_matches('/').replace(['/', '?', '='], "-").replace('…', "one");
        let name = if name.is_empty() { format!("workbench-{role}") } else { name };
        for &lang in LANGS {
            self.browser.go(&format!("{}/lang/{lang}?to=/", self.served.base))?;
            for (size, width, height) in [OFFICE, PHONE] {
                self.browser.size(width, height)?;
                self.browser.go(&format!("{}{path}", self.served.base))?;
                self.browser.picture(&self.to.join(format!("{name}-{lang}-{size}.png")), Extent::Page)?;
                self.look(path, i64::from(width), &format!("{path} {lang} {size}"))?;
            }
        }
        Ok(())
    }

    /// What a program can see of what is wrong with a page.
    fn look(&mut self, path: &str, width: i64, place: &str) -> Result<()> {
        let sideways = self.browser.run("return document.documentElement.scrollWidth", &[])?.as_i64().unwrap_or(0) - width;
        if sideways > 1 {
            self.found.insert(format!("{} is wider than its window", kind(path)), format!("by {sideways} at {place}"));
        }
        let status = self.status()?;
        if status != 200 && path != NOWHERE {
            self.found.insert(format!("{} answers {status}", kind(path)), place.to_owned());
        }
        self.browser.run(&self.axe, &[])?;
        let told = self.browser.run_async("const done = arguments[arguments.length - 1]; axe.run().then(r => done(r.violations.map(v => [v.impact, v.id + ': ' + v.help + ' ' + v.nodes[0].target.join(' ')])))")?;
        for violation in told.as_array().into_iter().flatten() {
            let (impact, what) = (violation[0].as_str().unwrap_or_default(), violation[1].as_str().unwrap_or_default());
            match GRAVE.contains(&impact) {
                true => drop(self.found.entry(what.to_owned()).or_insert_with(|| place.to_owned())),
                false => println!("  {impact}: {what} ({place})"),
            }
        }
        Ok(())
    }
}

/// Files to keep are no pages, and whoever switches language or leaves sees nothing new.
fn is_file(link: &str) -> bool {
    let path = link.split('?').next().unwrap_or_default();
    path.starts_with("/api/") || path.starts_with("/lang/") || path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

/// The address with its identities left open: one picture shows the kind. Tabs are kinds of their own.
fn kind(path: &str) -> String {
    let path = path.split('#').next().unwrap_or_default();
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let open = |step: &str| if step.chars().any(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase() || letter == '%') { "…" } else { step }.to_owned();
    let tab = query.split('&').find(|word| word.starts_with("tab=") || word.starts_with("book="));
    let steps: Vec<String> = path.split('/').map(open).collect();
    tab.map_or_else(|| steps.join("/"), |tab| format!("{}?{tab}", steps.join("/")))
}

/// axe-core from npm, kept beside the built programs.
fn axe(root: &Path) -> Result<String> {
    let folder: PathBuf = std::env::current_exe()?.with_file_name("axe");
    let script = folder.join("node_modules/axe-core/axe.min.js");
    if !script.exists() {
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("package.json"), "{}")?;
        let wanted = fs::read_to_string(root.join("crates/web/tests/axe.txt"))?;
        let installed = Command::new("npm").args(["install", "--no-audit", "--no-fund", "--silent", wanted.trim()]).current_dir(&folder).status();
        if !installed.is_ok_and(|status| status.success()) {
            bail!("axe is missing: npm could not install {}", wanted.trim());
        }
    }
    fs::read_to_string(&script).with_context(|| format!("reading {}", script.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pages_of_one_kind_are_pictured_once() {
        let check = |path: &str, expect: &str| assert_eq!(kind(path), expect);
        check("/cases/C-K0001?because=L1#because", "/cases/…");
        check("/customers/K0001?tab=plans#top", "/customers/…?tab=plans");
        check("/clocks", "/clocks");
        check("/glossary/E-WB-01", "/glossary/…");
        assert!(is_file("/loans.xlsx?grade=loss") && is_file("/lang/en?to=/") && !is_file("/loans?grade=loss"));
    }
}
