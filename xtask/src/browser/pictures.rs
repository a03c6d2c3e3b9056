//! A picture of every page, in both languages and at both sizes, and what axe finds on it.
//!
//! Nobody keeps a list of pages: from each role's menu every address is visited, and from each page the first link of
//! every further kind (`/cases/C-1` and `/cases/C-2` are one kind).

use crate::browser::served::{Served, demo, program};
use crate::browser::Browser;
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::collections::{BTreeMap, VecDeque};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const SIZES: &[(&str, u32, u32)] = &[("office", 1366, 768), ("phone", 390, 844)];
const LANGS: &[&str] = &["zh", "en"];

/// What axe must not find; the lesser kinds are told.
const GRAVE: &[&str] = &["serious", "critical"];

/// Pictures into a folder; fails where axe finds something serious.
pub fn run(root: &Path, to: &Path) -> Result<()> {
    let program = program(root)?;
    let folder = std::env::temp_dir().join(format!("postloan-pictures-{}", std::process::id()));
    demo(&program, &folder)?;
    let served = Served::start(&program, &folder, "10:00")?;
    fs::create_dir_all(to)?;
    let axe = axe(root)?;
    let mut found: BTreeMap<String, String> = BTreeMap::new();
    let browser = Browser::open(1366, 900)?;
    let mut seen: Vec<String> = Vec::new();
    for role in served.roles(&browser)? {
        let pages = pages(&served, &browser, &role, &mut seen)?;
        println!("{role}: {} pages", pages.len());
        for path in &pages {
            page(&served, &browser, path, &role, to, &axe, &mut found).with_context(|| format!("{role} at {path}"))?;
        }
    }
    drop(served);
    fs::remove_dir_all(&folder).ok();
    println!("{} kinds of pages in {}", seen.len(), to.display());
    if !found.is_empty() {
        let told: Vec<String> = found.iter().map(|(what, place)| format!("  {what} ({place})")).collect();
        bail!("axe finds:\n{}", told.join("\n"));
    }
    Ok(())
}

/// Kinds of pages this role reaches that nobody reached before.
fn pages(served: &Served, browser: &Browser, role: &str, seen: &mut Vec<String>) -> Result<Vec<String>> {
    served.sign_in(browser, role)?;
    let mut waiting: VecDeque<String> = VecDeque::from(["/".to_owned()]);
    let mut new = Vec::new();
    // The workbench is another one for everybody.
    seen.retain(|kind| kind != "/");
    while let Some(path) = waiting.pop_front() {
        let kind = kind(&path);
        if seen.contains(&kind) {
            continue;
        }
        seen.push(kind);
        browser.go(&format!("{}{path}", served.base))?;
        let links = browser.run(
            "return [...document.querySelectorAll('nav.menu a, main a')].map(a => a.getAttribute('href')).filter(h => h && h.startsWith('/') && !h.startsWith('//'))",
            &[],
        )?;
        let links = links.as_array().into_iter().flatten().filter_map(Value::as_str);
        waiting.extend(links.filter(|link| !is_file(link)).map(str::to_owned));
        new.push(path);
    }
    Ok(new)
}

/// Files to keep are no pages, and whoever switches language or leaves sees nothing new.
fn is_file(link: &str) -> bool {
    let path = link.split('?').next().unwrap_or_default();
    path.starts_with("/api/") || path.starts_with("/lang/") || path.rsplit('/').next().is_some_and(|last| last.contains('.'))
}

/// The address with its identities left open: one picture shows the kind.
fn kind(path: &str) -> String {
    let steps = path.split(['?', '#']).next().unwrap_or_default().split('/');
    let open = |step: &str| if step.chars().any(|letter| letter.is_ascii_digit() || letter.is_ascii_uppercase() || letter == '%') { "…" } else { step }.to_owned();
    steps.map(open).collect::<Vec<_>>().join("/")
}

fn page(
    served: &Served, browser: &Browser, path: &str, role: &str, to: &Path, axe: &str, found: &mut BTreeMap<String, String>,
) -> Result<()> {
    let name = kind(path).trim_matches('/').replace('/', "-").replace('…', "one");
    let name = if name.is_empty() { format!("workbench-{role}") } else { name };
    for &(size, width, height) in SIZES {
        browser.size(width, height)?;
        for lang in LANGS {
            browser.go(&format!("{}/lang/{lang}?to={path}", served.base))?;
            browser.picture(&to.join(format!("{name}-{lang}-{size}.png")))?;
        }
        let sideways = browser.run("return document.documentElement.scrollWidth - window.innerWidth", &[])?.as_i64().unwrap_or(0);
        if sideways > 1 {
            found.entry(format!("wider than the window by {sideways} on {size}")).or_insert_with(|| path.to_owned());
        }
        browser.run(axe, &[])?;
        let told = browser.run_async("const done = arguments[arguments.length - 1]; axe.run().then(r => done(r.violations.map(v => [v.impact, v.id + ': ' + v.help + ' ' + v.nodes[0].target.join(' ')])))")?;
        for violation in told.as_array().into_iter().flatten() {
            let (impact, what) = (violation[0].as_str().unwrap_or_default(), violation[1].as_str().unwrap_or_default());
            match GRAVE.contains(&impact) {
                true => drop(found.entry(what.to_owned()).or_insert_with(|| format!("{path} {size}"))),
                false => println!("  {impact}: {what} ({path} {size})"),
            }
        }
    }
    Ok(())
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
        check("/cases/C-K0001?tab=plan#top", "/cases/…");
        check("/clocks", "/clocks");
        check("/glossary/E-WB-01", "/glossary/…");
        assert!(is_file("/loans.xlsx?grade=loss") && is_file("/lang/en?to=/") && !is_file("/loans?grade=loss"));
    }
}
