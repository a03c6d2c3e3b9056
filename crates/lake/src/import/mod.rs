//! Import: files become one immutable batch, every row accounted for.
//!
//! Read, judge, write: files are read in the order of the schema, so that parents are known before
//! their children; nothing is written before every row is judged; the batch is built in
//! `.staging` and renamed into place, or not at all.

mod grouping;
mod instalments;
mod known;
mod known_from;
mod longs;
mod repayments;
mod table;
mod verdict;
mod write;

pub(crate) use instalments::instalment_content;
pub use instalments::{Instalments, NO_FEE};
pub use known::Directory;
pub use known_from::Knowledge;
pub use longs::Longs;
pub(crate) use repayments::repayment_content;
pub use repayments::{Booked, Repayments};
pub use table::StagedTable;
pub(crate) use write::{identity_converter, identity_rows};

use crate::batch::{self, Batch, MANIFEST, Manifest, TableSummary};
use crate::dossier;
use crate::fault::{Context, Fault, bail};
use crate::identity::{Index, KeyMap, high};
use crate::kept::{self, FileDigest};
use crate::mapping::{LayoutRefused, Mapping};
use crate::refused::Rejection;
use crate::rejects;
use crate::source::{self, TableFile, TableReader};
use crate::workspace::Workspace;
use known::{CONTRACTS, Known, Parents};
use sha2::{Digest, Sha256};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::thread;
use units::Date;

/// What to import (导入请求).
#[derive(Clone, Debug, Default)]
pub struct ImportRequest {
    /// A folder of files named after tables, or one such file.
    pub from: PathBuf,
    pub mapping: Mapping,
    /// The batch's business date; the latest date among its facts when absent.
    pub as_of: Option<Date>,
    /// Judges everything and leaves nothing behind.
    pub dry_run: bool,
    /// What the caller's clock says; only ever shown.
    pub imported_at: Option<String>,
}

/// How an import ended (导入结果).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ImportOutcome {
    /// A new batch stands in the workspace, rejected rows beside it.
    Imported(Manifest),
    /// The rehearsal of a batch; nothing was kept.
    Rehearsed(Manifest),
    /// These very files are an earlier batch.
    AlreadyKnown { batch: u32 },
    /// Other files, but every row in them is known.
    NothingNew(Vec<TableSummary>),
    /// The files are not laid out as tables; nothing was read.
    Refused(Vec<LayoutRefused>),
}

/// What an import is doing (导入进度).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Progress {
    Reading { table: &'static str, rows: u64 },
    Judging { table: &'static str },
    Writing { table: &'static str },
}

/// Imports a folder or a file.
pub fn run(workspace: &Workspace, request: &ImportRequest, progress: &mut dyn FnMut(Progress)) -> Result<ImportOutcome, Fault> {
    let _lock = workspace.lock("import")?;
    refused_or(|| match source::find(&request.from, &request.mapping)? {
        Ok(files) => Import::new(workspace, request, None, files)?.run(progress),
        Err(refused) => Ok(ImportOutcome::Refused(refused)),
    })
}

/// A file found wanting while it was read refuses the import; any other fault is one.
fn refused_or(import: impl FnOnce() -> Result<ImportOutcome, Fault>) -> Result<ImportOutcome, Fault> {
    import().or_else(|fault| Ok(ImportOutcome::Refused(vec![fault.downcast::<LayoutRefused>()?])))
}

/// Imports corrected rejects of a batch; a new batch that says which one it fixes.
///
/// The files have the original columns, read with the mapping the batch was imported with.
pub fn fix(workspace: &Workspace, number: u32, request: &ImportRequest, progress: &mut dyn FnMut(Progress)) -> Result<ImportOutcome, Fault> {
    let _lock = workspace.lock("fix")?;
    let batches = batch::list(workspace)?;
    let Some(fixed) = batches.iter().find(|batch| batch.manifest.number == number) else {
        bail!("there is no batch {number}");
    };
    let mapping = Mapping::parse(&fixed.manifest.mapping).map_err(|error| anyhow::anyhow!("mapping of batch {number}: {error}"))?;
    refused_or(|| match source::find(&request.from, &Mapping::default())? {
        Ok(files) => {
            let files = files.into_iter().map(|file| file.corrected(&mapping, workspace.keys())).collect();
            let request = ImportRequest { mapping, ..request.clone() };
            Import::new(workspace, &request, Some(number), files)?.run(progress)
        }
        Err(refused) => Ok(ImportOutcome::Refused(refused)),
    })
}

/// A hundred trillion yuan, three times what the largest bank has lent. Three hundred years of interest
/// and penalty interest on it, at the highest rate a file may name, still add up within 64 bits.
const LARGEST_LENT: i128 = 10_000_000_000_000_000;

struct Import<'a> {
    workspace: &'a Workspace,
    request: &'a ImportRequest,
    fixes: Option<u32>,
    files: Vec<TableFile>,
    earlier: Vec<Batch>,
    parents: Parents,
    directory: Directory,
    tables: Vec<StagedTable>,
    instalments: Instalments,
    repayments: Repayments,
}

impl<'a> Import<'a> {
    fn new(workspace: &'a Workspace, request: &'a ImportRequest, fixes: Option<u32>, files: Vec<TableFile>) -> Result<Import<'a>, Fault> {
        Ok(Import {
            workspace,
            request,
            fixes,
            files,
            earlier: batch::list(workspace)?,
            parents: Parents::default(),
            directory: Directory::default(),
            tables: Vec::new(),
            instalments: Instalments::default(),
            repayments: Repayments::default(),
        })
    }

    fn run(mut self, progress: &mut dyn FnMut(Progress)) -> Result<ImportOutcome, Fault> {
        let mut readers = Vec::new();
        let mut refused = Vec::new();
        for file in &self.files {
            match file.open()? {
                Ok(reader) => readers.push((file.table, reader)),
                Err(layout) => refused.extend(layout),
            }
        }
        if !refused.is_empty() {
            return Ok(ImportOutcome::Refused(refused));
        }
        let sizes: Vec<u64> = self.files.iter().map(|file| Ok(fs::metadata(&file.path)?.len())).collect::<Result<_, Fault>>()?;
        let (files, mapping) = (self.files.clone(), self.request.mapping.text.clone());
        let digest = thread::spawn(move || digest(&files, &mapping));
        // Only files of the same sizes can be the same: otherwise hashing runs beside the reading.
        let twin = self.earlier.iter().any(|batch| batch.manifest.tables.iter().map(|table| table.bytes).eq(sizes.iter().copied()));
        let digest = move || digest.join().expect("hashing does not panic");
        let digest = if twin {
            let digest = digest()?;
            if let Some(batch) = self.earlier.iter().find(|batch| batch.manifest.digest == digest) {
                return Ok(ImportOutcome::AlreadyKnown { batch: batch.manifest.number });
            }
            self.take_all(readers, progress)?;
            digest
        } else {
            self.take_all(readers, progress)?;
            digest()?
        };
        self.finish(digest, &sizes, progress)
    }

    fn take_all(&mut self, readers: Vec<(&'static crate::schema::Table, TableReader)>, progress: &mut dyn FnMut(Progress)) -> Result<(), Fault> {
        // What this batch will build on is what was written, or nothing is built.
        for batch in &self.earlier {
            batch.check(|file| dossier::is_part(file) || file.starts_with("identities/"))?;
        }
        self.parents = Parents::load(&self.earlier)?;
        self.directory = Directory::load(&self.earlier)?;
        for (table, mut reader) in readers {
            let mut staged = StagedTable::new(table, if table.in_dossier() && table.name != "loans" { &[] } else { &self.earlier })?;
            let mut rows = 0;
            while let Some(chunk) = reader.next_chunk()? {
                rows += chunk.len() as u64;
                if rows >= u64::from(u32::MAX) {
                    bail!("{} holds more rows than one import takes: split the file", table.name);
                }
                match table.name {
                    "instalments" => self.instalments.take(chunk, &self.directory),
                    "repayments" => self.repayments.take(chunk, &self.directory),
                    _ => staged.take(chunk, &mut self.parents)?,
                }
                progress(Progress::Reading { table: table.name, rows });
            }
            progress(Progress::Judging { table: table.name });
            match table.name {
                "instalments" => self.instalments.judge(&self.directory, &Known::load(&self.earlier, table.name)?),
                "repayments" => self.judge_repayments()?,
                "loans" => self.list_loans(&staged),
                _ => {}
            }
            staged.close();
            self.tables.push(staged);
        }
        Ok(())
    }

    fn list_loans(&mut self, staged: &StagedTable) {
        use arrow::array::AsArray;
        use arrow::datatypes::{Date32Type, Int64Type};
        let (principal, disbursed_on) = (staged.table.position("principal"), staged.table.position("disbursed_on"));
        let mut entries = staged.entries.iter();
        for batch in &staged.batches {
            let ids = batch.column(0).as_string::<i32>();
            let principal = batch.column(principal).as_primitive::<Int64Type>();
            let disbursed_on = batch.column(disbursed_on).as_primitive::<Date32Type>();
            for row in 0..batch.num_rows() {
                let key = high(entries.next().expect("an entry per accepted row").0);
                self.directory.set(key, ids.value(row), principal.value(row), disbursed_on.value(row));
            }
        }
    }

    fn judge_repayments(&mut self) -> Result<(), Fault> {
        let mut booked: KeyMap<Booked> = KeyMap::default();
        let loans = self.repayments.loans_with_reversals();
        if !loans.is_empty() {
            for batch in &self.earlier {
                dossier::read_booked(&batch.dossiers(), &self.directory, &loans, &mut booked)?;
            }
        }
        let known = Known::load(&self.earlier, "repayments")?;
        self.repayments.judge(&self.directory, &known, &booked);
        Ok(())
    }

    /// The business date: as asked, else the latest date among the facts, never before an earlier batch's.
    fn as_of(&self) -> Option<Date> {
        let latest = self.tables.iter().filter_map(StagedTable::latest_day).chain(self.repayments.latest_day()).max();
        let before = self.earlier.iter().filter_map(|batch| Date::parse(batch.manifest.as_of.as_deref()?).ok()).max();
        self.request.as_of.or(latest.map(Date::new).max(before))
    }

    fn summaries(&self, sizes: &[u64]) -> Vec<TableSummary> {
        let summary = |(staged, (file, &bytes)): (&StagedTable, (&TableFile, &u64))| {
            let summary = match staged.table.name {
                "instalments" => self.instalments.summary(),
                "repayments" => self.repayments.summary(),
                _ => staged.summary(),
            };
            TableSummary { file: file.name(), bytes, ..summary }
        };
        self.tables.iter().zip(self.files.iter().zip(sizes)).map(summary).collect()
    }

    /// Whether a table, earlier batches included, holds more money than the sums of a night are made for.
    fn is_beyond_any_book(&self, table: &TableSummary) -> bool {
        let before = self.earlier.iter().filter_map(|batch| batch.manifest.table(&table.table));
        let total: i128 = before.map(|table| table.accepted.fen).chain([table.read.fen]).sum();
        // The same money comes and goes many times.
        total > if table.table == "loans" { LARGEST_LENT } else { 10 * LARGEST_LENT }
    }

    fn finish(self, digest: String, sizes: &[u64], progress: &mut dyn FnMut(Progress)) -> Result<ImportOutcome, Fault> {
        let tables = self.summaries(sizes);
        if let Some(beyond) = tables.iter().find(|table| self.is_beyond_any_book(table)) {
            return Ok(ImportOutcome::Refused(vec![LayoutRefused::TotalTooLarge { table: beyond.table.clone() }]));
        }
        if tables.iter().all(|table| table.accepted.rows + table.rejected.rows == 0) {
            return Ok(ImportOutcome::NothingNew(tables));
        }
        let as_of = self.as_of();
        let manifest = Manifest {
            number: self.earlier.last().map_or(1, |batch| batch.manifest.number + 1),
            as_of: as_of.map(|date| date.to_string()),
            digest,
            imported_at: self.request.imported_at.clone(),
            fixes: self.fixes,
            mapping: self.request.mapping.text.clone(),
            tables,
            files: Vec::new(),
        };
        if self.request.dry_run {
            return Ok(ImportOutcome::Rehearsed(manifest));
        }
        let name = format!("{:06}", manifest.number);
        let mut staged = Batch { folder: self.workspace.staging().join(&name), manifest };
        let knowledge =
            Knowledge { first_batch: self.earlier.is_empty(), as_of: as_of.map_or(i32::MIN, Date::day_number) };
        let written = self.write(&mut staged, knowledge, progress);
        let placed = written.and_then(|()| batch::put_in_place(&staged.folder, &self.workspace.batches().join(name)));
        if placed.is_err() {
            // The reason matters more than a failure to tidy up; the next writer sweeps again.
            let _ = fs::remove_dir_all(&staged.folder);
        }
        placed.map(|()| ImportOutcome::Imported(staged.manifest))
    }

    fn write(&self, batch: &mut Batch, knowledge: Knowledge, progress: &mut dyn FnMut(Progress)) -> Result<(), Fault> {
        for folder in ["identities", "rejects"] {
            fs::create_dir_all(batch.folder.join(folder)).context("making the batch's folder")?;
        }
        let mut files = Vec::new();
        for (staged, file) in self.tables.iter().zip(&self.files) {
            let rejections = self.rejections(staged);
            if !rejections.is_empty() {
                files.push(rejects::write(&batch.folder, file, rejections, self.workspace.keys())?);
            }
        }
        let folder = &batch.folder;
        thread::scope(|scope| {
            // As large as the rows themselves: they keep the disk busy while the rows keep the processor busy.
            let indexes = scope.spawn(|| self.write_indexes(folder));
            files.extend(self.write_tables(folder, knowledge, progress)?);
            files.extend(indexes.join().expect("writing an index does not panic")?);
            Ok::<_, Fault>(())
        })?;
        batch.manifest.files = files;
        kept::write_record(&batch.folder.join(MANIFEST), &batch.manifest)
    }

    fn write_tables(
        &self,
        folder: &Path,
        knowledge: Knowledge,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Vec<FileDigest>, Fault> {
        let (loans, others): (Vec<&StagedTable>, Vec<&StagedTable>) =
            self.tables.iter().filter(|staged| !staged.entries.is_empty()).partition(|staged| staged.table.name == "loans");
        let mut files = Vec::new();
        for staged in others {
            progress(Progress::Writing { table: staged.table.name });
            files.push(write::write(folder, staged, knowledge, self.workspace.keys())?);
        }
        progress(Progress::Writing { table: "dossier" });
        let (instalments, repayments) = (&self.instalments, &self.repayments);
        files.extend(dossier::write(folder, &self.directory, loans.first().copied(), instalments, repayments, knowledge)?);
        Ok(files)
    }

    fn write_indexes(&self, folder: &Path) -> Result<Vec<FileDigest>, Fault> {
        let mut files = Vec::new();
        files.extend(self.repayments.write_index(folder, &self.directory)?);
        files.extend(self.instalments.write_index(folder)?);
        for staged in self.tables.iter().filter(|staged| !staged.entries.is_empty()) {
            files.push(staged.index().write(folder, staged.table.name)?);
            if staged.table.name == "loans" {
                let contracts = self.parents.of(CONTRACTS).accepted().map(|key| (key, 0)).collect();
                files.push(Index::new(contracts).write(folder, "contracts")?);
            }
        }
        Ok(files)
    }

    fn rejections<'b>(&'b self, staged: &'b StagedTable) -> &'b [Rejection] {
        match staged.table.name {
            "instalments" => &self.instalments.verdicts.rejections,
            "repayments" => &self.repayments.verdicts.rejections,
            _ => &staged.verdicts.rejections,
        }
    }
}

/// SHA-256 over the mapping and every table's name and bytes.
fn digest(files: &[TableFile], mapping: &str) -> Result<String, Fault> {
    let mut hash = Sha256::new();
    hash.update(mapping.as_bytes());
    let mut buffer = vec![0; 1 << 20];
    for file in files {
        hash.update(file.table.name.as_bytes());
        hash_file(&file.path, &mut hash, &mut buffer)?;
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn hash_file(path: &Path, hash: &mut Sha256, buffer: &mut [u8]) -> Result<(), Fault> {
    let mut file = File::open(path).with_context(|| format!("opening {}", path.display()))?;
    loop {
        match file.read(buffer)? {
            0 => return Ok(()),
            read => hash.update(&buffer[..read]),
        }
    }
}
