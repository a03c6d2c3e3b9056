//! The workspace on disk: one folder, one writer at a time.

use crate::fault::{Context, Fault, bail};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;
use vault::Keys;

/// A workspace (工作区): configuration, immutable batches, snapshots, and unfinished work in `.staging`.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
    newest_batch: u32,
    keys: Option<Keys>,
}

/// The right to write; given back when dropped, and by the system when the program is killed.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

/// Somebody else is writing (正在被写入).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the workspace is being written to: {holder}")]
pub struct Busy {
    pub holder: String,
}

impl Busy {
    pub fn code(&self) -> &'static str {
        "E-WS-04"
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        vec![("holder", self.holder.clone())]
    }
}

const CONFIG: &str = "postloan.toml";

/// How often a held lock is looked at before it counts as held, and how long in between.
const GLANCES: u32 = 4;
const GLANCE: Duration = Duration::from_millis(5);

impl Workspace {
    /// Makes a new workspace in `root`, which must not hold one yet.
    pub fn init(root: impl Into<PathBuf>, config: &str) -> Result<Workspace, Fault> {
        let root = root.into();
        if root.join(CONFIG).exists() {
            bail!("{} already holds a workspace", root.display());
        }
        fs::create_dir_all(root.join("batches")).with_context(|| format!("making {}", root.display()))?;
        // Whole or not there: who finds it finds all of it.
        let new = root.join(".new");
        fs::write(&new, config).with_context(|| format!("writing {}", new.display()))?;
        fs::rename(&new, root.join(CONFIG)).with_context(|| format!("writing {CONFIG}"))?;
        Workspace::open(root)
    }

    pub fn open(root: impl Into<PathBuf>) -> Result<Workspace, Fault> {
        let root = root.into();
        if !root.join(CONFIG).exists() {
            bail!("{} is not a workspace: it has no {CONFIG}", root.display());
        }
        Ok(Workspace { root, newest_batch: u32::MAX, keys: None })
    }

    /// The workspace as it was when `number` was its newest batch.
    pub fn through_batch(&self, number: u32) -> Workspace {
        Workspace { newest_batch: number, ..self.clone() }
    }

    /// The same, whose batches seal what tells who somebody is; without keys they hold it as it came.
    pub fn with_keys(self, keys: Option<Keys>) -> Workspace {
        Workspace { keys, ..self }
    }

    pub fn keys(&self) -> Option<&Keys> {
        self.keys.as_ref()
    }

    pub(crate) fn newest_batch(&self) -> u32 {
        self.newest_batch
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn batches(&self) -> PathBuf {
        self.root.join("batches")
    }

    pub fn staging(&self) -> PathBuf {
        self.root.join(".staging")
    }

    /// Who is writing just now, if anybody is.
    pub fn writer(&self) -> Result<Option<String>, Fault> {
        let path = self.root.join(".lock");
        if !path.exists() {
            return Ok(None);
        }
        let file = File::open(&path).with_context(|| format!("opening {}", path.display()))?;
        match file.try_lock_shared() {
            Ok(()) => Ok(None),
            Err(TryLockError::WouldBlock) => holder(file).map(Some),
            Err(TryLockError::Error(error)) => Err(error).context("looking at the lock"),
        }
    }

    /// Takes the write lock, or fails with [`Busy`]; sweeps what a killed writer left behind.
    pub fn lock(&self, what: &str) -> Result<WriteLock, Fault> {
        let lock = lock_folder(&self.root, what)?;
        let staging = self.staging();
        if staging.exists() {
            fs::remove_dir_all(&staging).with_context(|| format!("sweeping {}", staging.display()))?;
        }
        fs::create_dir_all(&staging)?;
        Ok(lock)
    }
}

/// Takes the lock of a folder, a workspace's or a backup's, or fails with [`Busy`].
pub fn lock_folder(folder: &Path, what: &str) -> Result<WriteLock, Fault> {
    let path = folder.join(".lock");
    let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
    let mut file = file.with_context(|| format!("opening {}", path.display()))?;
    for glances in (0..GLANCES).rev() {
        match file.try_lock() {
            Ok(()) => break,
            // Nobody holds it as briefly as [`Workspace::writer`] does.
            Err(TryLockError::WouldBlock) if glances > 0 => thread::sleep(GLANCE),
            Err(TryLockError::WouldBlock) => return Err(Busy { holder: holder(file)? }.into()),
            Err(TryLockError::Error(error)) => return Err(error).context("locking the workspace"),
        }
    }
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{what} (process {})", std::process::id())?;
    Ok(WriteLock { _file: file })
}

/// What the holder of a lock has said of itself.
fn holder(mut lock: File) -> Result<String, Fault> {
    let mut said = String::new();
    lock.read_to_string(&mut said)?;
    Ok(said.trim().to_owned())
}
