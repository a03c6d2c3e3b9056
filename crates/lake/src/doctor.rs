//! The doctor: looks at everything that is kept and names what is not as it was written.
//!
//! Nothing is changed by looking, so it can look while a night runs. What is derived can be rebuilt,
//! and counts as rebuilt when it is what the record says to the byte; facts can not.

mod rebuild;

pub use rebuild::{rebuild_index, set_aside};

use crate::batch::{self, Batch, MANIFEST};
use crate::fault::{Context, Fault};
use crate::kept::{Damaged, FileDigest};
use crate::snapshot::{self, RUN_FILE, Run, below};
use crate::workspace::Workspace;
use parquet::file::reader::{FileReader, SerializedFileReader};
use std::fs::File;
use std::path::{Path, PathBuf};
use units::coded;

coded! {
    /// The part of a workspace a finding is about (受检部位): what it costs, and what helps.
    Part {
        Configuration = "configuration",
        /// What a batch says of itself.
        Manifest = "manifest",
        /// The facts of a batch.
        Book = "book",
        Identities = "identities",
        Rejects = "rejects",
        /// What a night left, in the series or restated.
        Night = "night",
        Unfinished = "unfinished",
        Stray = "stray",
    }
}

/// Something that is not as it was written (检查发现).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    pub part: Part,
    /// The batch's or night's folder, or the thing itself where it belongs to neither.
    pub place: PathBuf,
    pub path: PathBuf,
    pub code: &'static str,
    pub facts: Vec<(&'static str, String)>,
}

/// What was looked at (检查范围), and found.
#[derive(Clone, Debug, Default)]
pub struct Examination {
    pub batches: u64,
    pub nights: u64,
    pub files: u64,
    pub bytes: u64,
    pub findings: Vec<Finding>,
}

/// How the folders begin in which files are shaped before an import; they lie beside `.staging`.
pub const SHAPING: &str = ".shaping-";

/// Looks at every batch, night and leftover. Unfinished work is only that when nobody is at work.
pub fn examine(workspace: &Workspace) -> Result<Examination, Fault> {
    let mut seen = Examination::default();
    let newest = batch::newest(workspace)?;
    for number in 1..=newest {
        seen.batch(workspace, number)?;
    }
    let folders: Vec<PathBuf> = (1..=newest).map(|number| workspace.batches().join(format!("{number:06}"))).collect();
    seen.strays(&workspace.batches(), |path| folders.iter().any(|folder| folder == path))?;
    for folder in snapshot::folders(workspace)? {
        seen.night(workspace, &folder, newest)?;
    }
    if workspace.writer()?.is_none() {
        let is_leftover = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(SHAPING));
        let leftovers = below(workspace.root())?.into_iter().filter(is_leftover).chain(below(&workspace.staging())?);
        leftovers.for_each(|path| seen.find(Part::Unfinished, &path, &path, "E-WS-11", Vec::new()));
    }
    Ok(seen)
}

impl Examination {
    fn batch(&mut self, workspace: &Workspace, number: u32) -> Result<(), Fault> {
        self.batches += 1;
        let batch = match Batch::read(workspace, number) {
            Ok(batch) => batch,
            Err(damaged) => {
                let place = workspace.batches().join(format!("{number:06}"));
                self.damage(Part::Manifest, &place, &damaged);
                return Ok(());
            }
        };
        for file in &batch.manifest.files {
            let part = match file.name.split('/').next() {
                Some("identities") => Part::Identities,
                Some("rejects") => Part::Rejects,
                _ => Part::Book,
            };
            self.file(part, &batch.folder, file)?;
        }
        for table in &batch.manifest.tables {
            let file = |name: String| batch.manifest.files.iter().find(|file| file.name == name).map(|file| file.rows);
            let kept = file(format!("{}.parquet", table.table)).is_none_or(|rows| rows == table.accepted.rows);
            let rejected = file(format!("rejects/{}.csv", table.table)).is_none_or(|rows| rows == table.rejected.rows);
            if !(table.balances() && kept && rejected) {
                self.off_balance(Part::Manifest, &batch.folder, MANIFEST, &table.table);
            }
        }
        // A batch of before files were listed cannot tell what does not belong to it.
        let listed = |path: &Path| batch.manifest.files.is_empty() || is_listed(&batch.folder, MANIFEST, &batch.manifest.files, path);
        self.strays(&batch.folder, listed)
    }

    fn night(&mut self, workspace: &Workspace, folder: &Path, newest: u32) -> Result<(), Fault> {
        self.nights += 1;
        let run = match Run::read(folder) {
            Ok(run) => run,
            Err(damaged) => {
                self.damage(Part::Night, folder, &damaged);
                return Ok(());
            }
        };
        for file in &run.files {
            self.file(Part::Night, folder, file)?;
        }
        let counts = [
            ("loan_states", run.loans),
            ("customer_states", run.customers),
            ("bucket_moves", run.bucket_moves),
            ("grade_moves", run.grade_moves),
            ("exceptions", run.exceptions),
        ];
        for (table, rows) in counts {
            let file = run.files.iter().find(|file| file.name == format!("{table}.parquet"));
            if file.is_some_and(|file| file.rows != rows) {
                self.off_balance(Part::Night, folder, RUN_FILE, table);
            }
        }
        for gone in newest + 1..=run.newest_batch {
            let place = workspace.batches().join(format!("{gone:06}"));
            self.damage(Part::Manifest, &place, &Damaged::missing(&place.join(MANIFEST)));
        }
        self.strays(folder, |path| is_listed(folder, RUN_FILE, &run.files, path))
    }

    fn file(&mut self, part: Part, folder: &Path, file: &FileDigest) -> Result<(), Fault> {
        self.files += 1;
        self.bytes += file.bytes;
        if let Err(damaged) = file.check(folder) {
            self.damage(part, folder, &damaged);
        } else if file.name.ends_with(".parquet") && rows_of(&folder.join(&file.name))? != file.rows {
            self.off_balance(part, folder, &file.name, &file.name);
        }
        Ok(())
    }

    /// Whatever lies in a folder and does not belong there.
    fn strays(&mut self, folder: &Path, belongs: impl Fn(&Path) -> bool) -> Result<(), Fault> {
        for path in below(folder)?.into_iter().filter(|path| !belongs(path)) {
            self.find(Part::Stray, &path, &path, "E-WS-12", Vec::new());
        }
        Ok(())
    }

    fn damage(&mut self, part: Part, place: &Path, damaged: &Damaged) {
        self.find(part, place, &damaged.path, damaged.code(), damaged.facts());
    }

    fn off_balance(&mut self, part: Part, place: &Path, record: &str, table: &str) {
        self.find(part, place, &place.join(record), "E-WS-10", vec![("table", table.to_owned())]);
    }

    fn find(&mut self, part: Part, place: &Path, path: &Path, code: &'static str, mut facts: Vec<(&'static str, String)>) {
        if facts.iter().all(|(name, _)| *name != "file") {
            facts.push(("file", path.display().to_string()));
        }
        let finding = Finding { part, place: place.to_owned(), path: path.to_owned(), code, facts };
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }
}

/// Whether a path in a folder is its record, a listed file, or a folder of listed files.
fn is_listed(folder: &Path, record: &str, files: &[FileDigest], path: &Path) -> bool {
    let Ok(below) = path.strip_prefix(folder) else { return false };
    // A batch makes both folders, whether or not it has something to put there.
    let is_folder = |name: &str| path.is_dir() && ["identities", "rejects"].contains(&name);
    below == Path::new(record)
        || below.to_str().is_some_and(is_folder)
        || files.iter().any(|file| Path::new(&file.name) == below)
}

fn rows_of(path: &Path) -> Result<u64, Fault> {
    let file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    let reader = SerializedFileReader::new(file).with_context(|| format!("reading {}", path.display()))?;
    Ok(reader.metadata().file_metadata().num_rows() as u64)
}
