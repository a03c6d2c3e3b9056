//! The doctor's visit: look at everything, put right what the rest proves, look again.

use crate::dayend_run::{FoldedBy, night_plan};
use crate::keys::keys;
use crate::failure::{Failure, Outcome, refused};
use crate::workspace::{Open, workspace_open};
use anyhow::Context;
use lake::batch::{self, Batch};
pub use lake::doctor::Finding;
use lake::doctor::{Examination, Part, examine, rebuild_index, set_aside};
use lake::kept::FileDigest;
use lake::snapshot::Run;
use lake::snapshot::write::Staged;
use lake::{Workspace, WriteLock};
use policy::Pack;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use units::Date;

/// Whether the doctor may touch anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Treatment {
    Look,
    Repair,
}

/// What a visit came to (体检结果).
#[derive(Clone, Debug)]
pub struct Checkup {
    /// As the workspace is now.
    pub examination: Examination,
    /// What was found before and is not any more.
    pub repaired: Vec<Finding>,
    /// Who is at work: unfinished work is his.
    pub writer: Option<String>,
}

/// Checks everything in a workspace; with [`Treatment::Repair`] rebuilds what can be rebuilt to the byte.
/// What is damaged is set aside in `.damaged`, never deleted.
pub fn doctor(dir: &Path, treatment: Treatment) -> Outcome<Checkup> {
    if !dir.join("postloan.toml").exists() {
        return refused("E-WS-01", &[("dir", &dir.display())]);
    }
    // Without the keys everything but what is sealed can still be looked at.
    let lake = Workspace::open(dir)?.with_keys(keys(dir).ok().flatten());
    let (configured, wrong) = match workspace_open(dir).and_then(|open| Ok((open.pack(None)?, open))) {
        Ok(configured) => (Some(configured), None),
        Err(Failure::Refused(refusal)) => {
            let path = dir.join("postloan.toml");
            let (code, facts) = (refusal.code, refusal.facts);
            (None, Some(Finding { part: Part::Configuration, place: path.clone(), path, code, facts }))
        }
        Err(fault) => return Err(fault),
    };
    let writer = lake.writer()?;
    let before = examine(&lake)?;
    let mut checkup = Checkup { examination: before, repaired: Vec::new(), writer };
    if treatment == Treatment::Repair && !checkup.examination.findings.is_empty() {
        let lock = lake.lock("doctor")?;
        let before = std::mem::take(&mut checkup.examination.findings);
        repair(&lake, &lock, configured.as_ref(), &before)?;
        checkup.examination = examine(&lake)?;
        checkup.repaired = before.into_iter().filter(|finding| !checkup.examination.findings.contains(finding)).collect();
    }
    checkup.examination.findings.extend(wrong);
    Ok(checkup)
}

/// Batches first: the nights rest on them, each on the one before.
fn repair(lake: &Workspace, lock: &WriteLock, configured: Option<&(Pack, Open)>, findings: &[Finding]) -> Outcome<()> {
    let mut nights = BTreeSet::new();
    for finding in findings {
        match finding.part {
            Part::Identities => repair_identities(lake, lock, finding)?,
            Part::Night => drop(nights.insert(finding.place.clone())),
            Part::Stray => set_aside(lake, lock, &finding.path)?,
            // Taking the lock has swept `.staging`; what lies beside it is nobody's either.
            Part::Unfinished if finding.path.exists() => {
                fs::remove_dir_all(&finding.path).with_context(|| format!("sweeping {}", finding.path.display()))?;
            }
            Part::Unfinished | Part::Configuration | Part::Manifest | Part::Book | Part::Rejects => {}
        }
    }
    if let Some((pack, open)) = configured {
        // By business date: `restated` comes before `snapshots` in the alphabet, and carries from it.
        let (series, restated): (Vec<PathBuf>, Vec<PathBuf>) =
            nights.into_iter().partition(|folder| folder.starts_with(lake.root().join("snapshots")));
        for folder in series.into_iter().chain(restated) {
            repair_night(open, lock, pack, &folder)?;
        }
    }
    Ok(())
}

fn repair_identities(lake: &Workspace, lock: &WriteLock, finding: &Finding) -> Outcome<()> {
    let number = finding.place.file_name().and_then(|name| name.to_str()?.parse().ok());
    let Some(Ok(batch)) = number.map(|number| Batch::read(lake, number)) else { return Ok(()) };
    let is_damaged = |file: &&FileDigest| batch.folder.join(&file.name) == finding.path;
    let file = batch.manifest.files.iter().find(is_damaged);
    if let Some(file) = file.filter(|_| batch.check(is_table).is_ok()) {
        rebuild_index(lake, lock, &batch, file)?;
    }
    Ok(())
}

fn is_table(file: &str) -> bool {
    file.ends_with(".parquet")
}

/// Runs a night again as it ran: with the batches that were there. It takes the place of the damaged one
/// when it is the same to the byte, as far as anything is left to compare it with.
fn repair_night(open: &Open, lock: &WriteLock, pack: &Pack, folder: &Path) -> Outcome<()> {
    let named = |path: Option<&Path>, what: &str| Date::parse(path?.file_name()?.to_str()?.strip_prefix(what)?).ok();
    let series = named(Some(folder), "as_of=").map(|date| (date, date));
    let restated = || named(folder.parent(), "as_of=").zip(named(Some(folder), "known_on="));
    let Some((date, known_on)) = series.or_else(restated) else { return Ok(()) };
    let record = Run::read(folder).ok();
    let newest = match &record {
        Some(run) if run.newest_batch > 0 => run.newest_batch,
        _ => batch::newest(&open.lake)?,
    };
    let then = Open { lake: open.lake.through_batch(newest), config: open.config.clone() };
    let (input, plan) = match night_plan(&then, pack, date, known_on, FoldedBy::ThisMachine, &mut |_| {}) {
        Ok(planned) => planned,
        // What it rests on is damaged too, and has its own finding.
        Err(Failure::Refused(_)) => return Ok(()),
        Err(fault) => return Err(fault),
    };
    let staged = Staged::build(&then.lake, lock, &input, &plan)?;
    let is_the_same = match &record {
        Some(run) => staged.run == *run,
        None => staged.run.files.iter().all(|file| file.check(folder).is_ok()),
    };
    if is_the_same {
        set_aside(&open.lake, lock, folder)?;
        staged.put(folder)?;
    } else {
        staged.discard()?;
    }
    Ok(())
}
