//! The workspace on disk: one folder, one writer at a time.

use crate::fault::{Context, Fault, bail};
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A workspace (工作区): configuration, immutable batches, snapshots, and unfinished work in `.staging`.
#[derive(Clone, Debug)]
pub struct Workspace {
    root: PathBuf,
}

/// The right to write; given back when dropped, and by the system when the program is killed.
#[derive(Debug)]
pub struct WriteLock {
    _file: File,
}

const CONFIG: &str = "postloan.toml";

impl Workspace {
    /// Makes a new workspace in `root`, which must not hold one yet.
    pub fn init(root: impl Into<PathBuf>, config: &str) -> Result<Workspace, Fault> {
        let root = root.into();
        if root.join(CONFIG).exists() {
            bail!("{} already holds a workspace", root.display());
        }
        fs::create_dir_all(root.join("batches")).with_context(|| format!("making {}", root.display()))?;
        fs::write(root.join(CONFIG), config).with_context(|| format!("writing {CONFIG}"))?;
        Ok(Workspace { root })
    }

    pub fn open(root: impl Into<PathBuf>) -> Result<Workspace, Fault> {
        let root = root.into();
        if !root.join(CONFIG).exists() {
            bail!("{} is not a workspace: it has no {CONFIG}", root.display());
        }
        Ok(Workspace { root })
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

    /// Takes the write lock; a lock held by another program is a fault that names it.
    pub fn lock(&self, what: &str) -> Result<WriteLock, Fault> {
        self.try_lock(what)?.map_err(|holder| anyhow::anyhow!("the workspace is being written to: {holder}"))
    }

    /// Takes the write lock or says who holds it; sweeps what a killed writer left behind.
    pub fn try_lock(&self, what: &str) -> Result<Result<WriteLock, String>, Fault> {
        let path = self.root.join(".lock");
        let mut file = File::options().create(true).truncate(false).read(true).write(true).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                return Ok(Err(holder.trim().to_owned()));
            }
            Err(TryLockError::Error(error)) => return Err(error).context("locking the workspace"),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{what} (process {})", std::process::id())?;
        let staging = self.staging();
        if staging.exists() {
            fs::remove_dir_all(&staging).with_context(|| format!("sweeping {}", staging.display()))?;
        }
        fs::create_dir_all(&staging)?;
        Ok(Ok(WriteLock { _file: file }))
    }
}
