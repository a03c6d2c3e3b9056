//! The rules as people look after them: in force on a day, compared, drafted, tried over the book, signed, put in force.
//!
//! A draft is a file beside the workspace, named after its digest; who drafted, tried, signed and activated it stands in the
//! audit trail under `pack/<digest>`, where it cannot be changed. Who drafts does not sign.

use crate::desk::{Call, Desk, PAGE, required};
use crate::failure::{Outcome, refused};
use crate::figures::last_night;
use crate::operations::{aside, may};
use crate::what_if::{WhatIf, all_begun, what_if};
use crate::workspace::{Open, lock, refused_pack, workspace_open};
use anyhow::Context;
use authority::UseCase;
use lake::snapshot;
use policy::{Change, Pack, Rule, RuleKind, compare, embedded_packs};
use std::fs;
use std::path::PathBuf;
use store::AuditEvent;
use units::{Date, Moment, coded};

coded! {
    /// What a pack is for (规则用途).
    PackUse {
        /// Grades, buckets, allowance: what the nights are run by.
        Night = "night",
        /// Contact, queues, clocks, rights: what cases are worked by.
        Casework = "casework",
    }
}

units::serde_by_code!(PackUse);

/// One rule as a page shows it (规则条目).
#[derive(Clone, Debug, PartialEq)]
pub struct RuleView {
    pub id: String,
    pub kind: RuleKind,
    pub title_zh: String,
    pub title_en: String,
    pub article: String,
    pub source: String,
    pub certainty: &'static str,
    pub reviewed: Option<(String, Date)>,
    pub from: Date,
    pub to: Option<Date>,
    /// Whom it binds, dimension by dimension; empty binds all.
    pub binds: Vec<(&'static str, Vec<String>)>,
    pub params: String,
}

impl RuleView {
    pub fn kind_code(&self) -> &'static str {
        self.kind.code()
    }

    fn of(rule: &Rule) -> RuleView {
        let to = &rule.applies_to;
        let binds = [("customer_kind", &to.customer_kinds), ("scale", &to.scales), ("product", &to.products), ("protection", &to.protections)];
        RuleView {
            id: rule.id.clone(),
            kind: rule.kind,
            title_zh: rule.title_zh.clone(),
            title_en: rule.title_en.clone(),
            article: rule.provenance.article.clone(),
            source: rule.provenance.source.clone(),
            certainty: rule.provenance.certainty.code(),
            reviewed: rule.provenance.reviewed.clone(),
            from: rule.effective_from,
            to: rule.effective_to,
            binds: binds.into_iter().filter(|(_, codes)| !codes.is_empty()).map(|(name, codes)| (name, codes.clone())).collect(),
            params: rule.params_text(),
        }
    }
}

/// A pack on a day (某日规则).
#[derive(Clone, Debug)]
pub struct PackView {
    pub name: String,
    pub title_zh: String,
    pub title_en: String,
    pub digest: String,
    pub rules: Vec<RuleView>,
    pub not_reviewed: usize,
    /// Names a comparison may be made with: those embedded, and the drafts.
    pub known: Vec<String>,
}

fn current(open: &Open, used: PackUse) -> Outcome<(String, Pack)> {
    // Opened anew: a pack may have been activated since the service started.
    let config = workspace_open(open.lake.root())?.config;
    let name = if used == PackUse::Night { config.pack } else { config.casework_pack };
    let pack = open.pack(Some(&name))?;
    Ok((name, pack))
}

/// The pack of a name: embedded, a draft by its digest, or the one in force for `""`.
fn named(open: &Open, used: PackUse, name: &str) -> Outcome<Pack> {
    match name {
        "" => Ok(current(open, used)?.1),
        name if embedded_packs().contains(&name) => open.pack(Some(name)),
        digest => parsed(&draft_text(open, digest)?),
    }
}

/// Every rule in force on a day.
pub async fn pack_view(desk: &Desk, call: &Call, used: PackUse, on: Date) -> Outcome<PackView> {
    may(desk, call, UseCase::PackView).await?;
    let open = desk.open.clone();
    aside(move || {
        let (_, pack) = current(&open, used)?;
        let rules = pack.on(on).rules().map(|(_, rule)| RuleView::of(rule)).collect();
        let header = pack.header();
        let mut known: Vec<String> = embedded_packs().into_iter().map(str::to_owned).collect();
        known.extend(draft_digests(&open));
        Ok(PackView {
            name: pack.name(),
            title_zh: header.title_zh.clone(),
            title_en: header.title_en.clone(),
            digest: format!("{:016x}", pack.digest()),
            not_reviewed: pack.not_reviewed().count(),
            rules,
            known,
        })
    })
    .await
}

/// Every version of one rule, the oldest first.
pub async fn rule_view(desk: &Desk, call: &Call, used: PackUse, rule_id: &str) -> Outcome<Vec<RuleView>> {
    may(desk, call, UseCase::PackView).await?;
    let (open, wanted) = (desk.open.clone(), rule_id.to_owned());
    let rules = aside(move || {
        let (_, pack) = current(&open, used)?;
        let mut rules: Vec<RuleView> = pack.rules().iter().filter(|rule| rule.id == wanted).map(RuleView::of).collect();
        rules.sort_by_key(|rule| rule.from);
        Ok(rules)
    })
    .await?;
    if rules.is_empty() { refused("E-AP-01", &[("what", &"rule"), ("id", &rule_id)]) } else { Ok(rules) }
}

/// A rule that differs (规则差异行).
#[derive(Clone, Debug)]
pub struct RuleCompared {
    pub change: Change,
    pub before: Option<RuleView>,
    pub after: Option<RuleView>,
}

impl RuleCompared {
    pub fn change_code(&self) -> &'static str {
        self.change.code()
    }

    /// The side that is there, the later before the earlier.
    pub fn rule(&self) -> &RuleView {
        self.after.as_ref().or(self.before.as_ref()).expect("one side is there")
    }
}

/// A pack on a day: its name, `""` for the one in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Side {
    pub pack: String,
    pub on: Date,
}

/// What differs between two packs or days.
pub async fn pack_compare(desk: &Desk, call: &Call, used: PackUse, before: Side, after: Side) -> Outcome<Vec<RuleCompared>> {
    may(desk, call, UseCase::PackView).await?;
    let open = desk.open.clone();
    aside(move || Ok(differences(&named(&open, used, &before.pack)?, before.on, &named(&open, used, &after.pack)?, after.on))).await
}

fn differences(before: &Pack, on: Date, after: &Pack, then: Date) -> Vec<RuleCompared> {
    let rows = compare(&before.on(on), &after.on(then)).into_iter();
    rows.map(|row| RuleCompared { change: row.change, before: row.before.map(RuleView::of), after: row.after.map(RuleView::of) }).collect()
}

fn drafts(open: &Open) -> PathBuf {
    open.lake.root().join("packs").join("drafts")
}

fn draft_digests(open: &Open) -> Vec<String> {
    let listing = fs::read_dir(drafts(open)).into_iter().flatten().filter_map(Result::ok);
    let mut names: Vec<String> = listing.filter_map(|entry| Some(entry.file_name().to_str()?.strip_suffix(".toml")?.to_owned())).collect();
    names.retain(|name| is_digest(name));
    names.sort();
    names
}

fn is_digest(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// The text of a draft, if it is still the one its name says.
fn draft_text(open: &Open, digest: &str) -> Outcome<String> {
    let missing = || refused("E-AP-01", &[("what", &"pack"), ("id", &digest)]);
    if !is_digest(digest) {
        return missing();
    }
    match fs::read_to_string(drafts(open).join(format!("{digest}.toml"))) {
        Ok(text) if store::audit::state_digest(&text)? == digest => Ok(text),
        _ => missing(),
    }
}

fn parsed(text: &str) -> Outcome<Pack> {
    Pack::parse(&[("draft.toml", text)]).or_else(|problems| refused_pack("draft.toml", &problems))
}

/// What was done with a draft, as the audit trail has it (草案履历).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DraftStep {
    pub action: String,
    pub actor: String,
    pub at: Moment,
    pub why: String,
}

/// A draft of a pack (规则草案).
#[derive(Clone, Debug)]
pub struct DraftView {
    pub digest: String,
    pub name: String,
    pub title_zh: String,
    pub title_en: String,
    pub text: String,
    /// The first step first.
    pub steps: Vec<DraftStep>,
    /// Against the pack in force, on the later of today and the day its last rule begins.
    pub changes: Vec<RuleCompared>,
    pub compared_on: Date,
}

impl DraftView {
    pub fn did(&self, action: &str) -> Option<&DraftStep> {
        self.steps.iter().find(|step| step.action == action)
    }
}

async fn steps(desk: &Desk, digest: &str) -> Outcome<Vec<DraftStep>> {
    let page = desk.store.audit_of_subject(&subject(digest), None, PAGE).await?;
    let step = |AuditEvent { action, actor, happened_at, why, .. }| DraftStep { action, actor, at: happened_at, why };
    Ok(page.rows.into_iter().rev().map(|record| step(record.event)).collect())
}

fn subject(digest: &str) -> String {
    format!("pack/{digest}")
}

async fn note(desk: &Desk, call: &Call, action: &str, digest: &str, why: &str) -> Outcome<()> {
    let mut tx = desk.store.begin().await?;
    tx.audit(AuditEvent { after_digest: Some(digest.to_owned()), ..call.audit(action, subject(digest), why) });
    Ok(tx.commit().await?)
}

/// Every draft with its steps.
pub async fn draft_list(desk: &Desk, call: &Call) -> Outcome<Vec<DraftView>> {
    may(desk, call, UseCase::PackView).await?;
    let mut views = Vec::new();
    for digest in draft_digests(&desk.open) {
        if let Ok(view) = draft(desk, call, &digest).await {
            views.push(view);
        }
    }
    views.sort_by_key(|view| std::cmp::Reverse(view.steps.first().map(|step| step.at)));
    Ok(views)
}

pub async fn draft_view(desk: &Desk, call: &Call, digest: &str) -> Outcome<DraftView> {
    may(desk, call, UseCase::PackView).await?;
    draft(desk, call, digest).await
}

async fn draft(desk: &Desk, call: &Call, digest: &str) -> Outcome<DraftView> {
    let (open, wanted, today) = (desk.open.clone(), digest.to_owned(), call.at.day());
    let steps = steps(desk, digest).await?;
    aside(move || {
        let text = draft_text(&open, &wanted)?;
        let (pack, (_, now)) = (parsed(&text)?, current(&open, PackUse::Night)?);
        let on = all_begun(&now, &pack, today);
        let header = pack.header();
        Ok(DraftView {
            name: pack.name(),
            title_zh: header.title_zh.clone(),
            title_en: header.title_en.clone(),
            changes: differences(&now, on, &pack, on),
            compared_on: on,
            digest: wanted,
            text,
            steps,
        })
    })
    .await
}

/// Keeps a draft, if it can be read, and names it by its digest.
pub async fn draft_put(desk: &Desk, call: &Call, text: &str) -> Outcome<String> {
    may(desk, call, UseCase::WhatIfRun).await?;
    let text = text.replace("\r\n", "\n");
    required("pack", &text)?;
    let pack = parsed(&text)?;
    let digest = store::audit::state_digest(&text)?;
    let path = drafts(&desk.open).join(format!("{digest}.toml"));
    if !path.exists() {
        fs::create_dir_all(drafts(&desk.open)).context("making the folder of drafts")?;
        fs::write(&path, &text).with_context(|| format!("writing {}", path.display()))?;
        note(desk, call, "pack_draft", &digest, &pack.name()).await?;
    }
    Ok(digest)
}

/// Tries a draft over the book of a night. Nothing of the book is written; that it was tried is noted.
pub async fn draft_try(desk: &Desk, call: &Call, digest: &str, date: Option<Date>, mut progress: Box<dyn FnMut(u64) + Send>) -> Outcome<WhatIf> {
    may(desk, call, UseCase::WhatIfRun).await?;
    let (root, wanted) = (desk.open.lake.root().to_owned(), digest.to_owned());
    let tried = aside(move || {
        let open = workspace_open(&root)?;
        let pack = parsed(&draft_text(&open, &wanted)?)?;
        let date = match date.map_or_else(|| last_night(&open), |date| Ok(Some(date)))? {
            Some(date) => date,
            None => return refused("E-DE-01", &[]),
        };
        what_if(&open, date, &pack, &mut progress)
    })
    .await?;
    let (before, after) = (tried.allowance_before, tried.allowance_after);
    let why = format!("{} loans move as of {}, allowance {before} -> {after}", tried.loans.rows.len(), tried.date);
    note(desk, call, "pack_what_if", digest, &why).await?;
    Ok(tried)
}

/// Signs a draft: somebody else than who drafted it, after it was tried.
pub async fn draft_sign(desk: &Desk, call: &Call, digest: &str, opinion: &str) -> Outcome<()> {
    may(desk, call, UseCase::PackSign).await?;
    required("opinion", opinion)?;
    let view = draft(desk, call, digest).await?;
    match view.did("pack_draft") {
        Some(step) if step.actor == call.staff_id => return refused("E-AU-55", &[]),
        Some(_) => {}
        None => return refused("E-AP-01", &[("what", &"pack"), ("id", &digest)]),
    }
    if view.did("pack_what_if").is_none() {
        return refused("E-PO-03", &[("pack", &view.name)]);
    }
    if let Some(step) = view.did("pack_sign") {
        return refused("E-AU-57", &[("staff", &step.actor)]);
    }
    note(desk, call, "pack_sign", digest, opinion.trim()).await
}

/// Puts a signed draft in force from a day after the last night. Until then it says what the pack in force says, or it is
/// refused: no night that ran would come out otherwise.
pub async fn draft_activate(desk: &Desk, call: &Call, digest: &str, from: Date) -> Outcome<()> {
    may(desk, call, UseCase::PackSign).await?;
    let view = draft(desk, call, digest).await?;
    if view.did("pack_sign").is_none() {
        return refused("E-PO-04", &[("pack", &view.name)]);
    }
    let (open, text) = (desk.open.clone(), view.text);
    aside(move || put_in_force(&open, &text, from)).await?;
    note(desk, call, "pack_activate", digest, &format!("{} {from}", view.name)).await
}

fn put_in_force(open: &Open, text: &str, from: Date) -> Outcome<()> {
    let _writing = lock(open, "activate")?;
    let (pack, (in_force, now)) = (parsed(text)?, current(open, PackUse::Night)?);
    let nights = snapshot::nights(&open.lake)?;
    if let Some(last) = nights.last().filter(|last| from <= last.business_date) {
        return refused("E-PO-05", &[("from", &from), ("date", &last.business_date)]);
    }
    let past = nights.iter().map(|night| night.business_date).chain([from.previous()]);
    for day in past {
        let changed = compare(&now.on(day), &pack.on(day)).into_iter().find(|row| row.change != Change::Reworded);
        if let Some(row) = changed {
            let rule = row.after.or(row.before).map_or_else(String::new, |rule| rule.id.clone());
            return refused("E-PO-06", &[("rule", &rule), ("date", &day), ("from", &from)]);
        }
    }
    crate::dayend_run::rules_of(&pack, from)?;
    let root = open.lake.root();
    let header = pack.header();
    let file = format!("{}-{}.toml", plain(&header.id), plain(&header.version));
    fs::write(root.join("packs").join(&file), text).with_context(|| format!("writing {file}"))?;
    let path = root.join("postloan.toml");
    let config = fs::read_to_string(&path).context("reading the configuration")?;
    let aside = root.join("postloan.toml.new");
    fs::write(&aside, renamed(&config, &in_force, &format!("packs/{file}"))).context("writing the configuration")?;
    Ok(fs::rename(&aside, &path).context("putting the configuration in place")?)
}

fn plain(text: &str) -> String {
    text.chars().map(|letter| if letter.is_ascii_alphanumeric() || letter == '.' || letter == '-' { letter } else { '_' }).collect()
}

/// The configuration with another pack; every other line stays.
fn renamed(config: &str, from: &str, to: &str) -> String {
    let line = |line: &str| {
        let is_pack = line.split_once('=').is_some_and(|(name, _)| name.trim() == "pack");
        if is_pack { format!("# Before: {from}\npack = \"{to}\"\n") } else { format!("{line}\n") }
    };
    config.lines().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_configuration_changes_in_one_line() {
        let config = "# pack = no\ninstitution = \"x\"\npack = \"cn-bank\"\ncasework_pack = \"y\"\n";
        let told = renamed(config, "cn-bank", "packs/own-2.toml");
        assert_eq!(told, "# pack = no\ninstitution = \"x\"\n# Before: cn-bank\npack = \"packs/own-2.toml\"\ncasework_pack = \"y\"\n");
    }
}
