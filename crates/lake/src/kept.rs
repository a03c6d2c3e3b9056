//! Kept files: written once, with a digest of every byte, so that damage is found and named.
//!
//! A record (a batch's manifest, the account of a run, of a backup) lists the files beside it and
//! seals itself: its last member is the digest of the rest. The digest is XXH3 in 128 bits, which
//! finds damage as fast as memory is read; it does not prove who wrote a file.

use crate::fault::{Context, Fault};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use twox_hash::XxHash3_128;

/// A file of a folder and its digest (文件指纹).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    /// The path below the folder of the record, parted by `/`.
    pub name: String,
    pub rows: u64,
    pub bytes: u64,
    /// Empty in a record of before this digest: then only the size can be checked.
    #[serde(default)]
    pub xxh3: String,
}

/// What is wrong with a kept file (文件损坏), gravest first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    Missing,
    /// The disk does not give it back.
    Unreadable { cause: String },
    WrongSize { written: u64, found: u64 },
    WrongContent,
}

/// A kept file that is not what was written (受损文件).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Damaged {
    pub path: PathBuf,
    pub damage: Damage,
}

/// No room to write (空间不足): the disk, a quota or a limit on files is used up.
#[derive(Debug)]
pub struct NoRoom {
    path: PathBuf,
    written: u64,
    cause: io::Error,
}

/// How much is read at a time; it stays in the processor's cache while it is digested.
const STRETCH: usize = 256 << 10;

impl FileDigest {
    /// The digest of a file as it lies there.
    pub fn of(folder: &Path, name: &str, rows: u64) -> Result<FileDigest, Damaged> {
        let path = folder.join(name);
        let (bytes, xxh3) = digest_of(&path).map_err(|error| Damaged::unread(&path, &error))?;
        Ok(FileDigest { name: name.to_owned(), rows, bytes, xxh3 })
    }

    /// Whether the file in `folder` is still what was written. Reads all of it.
    pub fn check(&self, folder: &Path) -> Result<(), Damaged> {
        let path = folder.join(&self.name);
        let found = path.metadata().map_err(|error| Damaged::unread(&path, &error))?.len();
        if found != self.bytes {
            let damage = Damage::WrongSize { written: self.bytes, found };
            return Err(Damaged { path, damage });
        }
        if !self.xxh3.is_empty() && FileDigest::of(folder, &self.name, self.rows)?.xxh3 != self.xxh3 {
            return Err(Damaged { path, damage: Damage::WrongContent });
        }
        Ok(())
    }
}

fn digest_of(path: &Path) -> io::Result<(u64, String)> {
    let (mut file, mut digest) = (File::open(path)?, XxHash3_128::new());
    let (mut buffer, mut bytes) = (vec![0; STRETCH], 0);
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hex(digest.finish_128()))),
            read => {
                digest.write(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

fn hex(digest: u128) -> String {
    format!("{digest:032x}")
}

impl Damaged {
    pub fn missing(path: &Path) -> Damaged {
        Damaged { path: path.to_owned(), damage: Damage::Missing }
    }

    pub(crate) fn unread(path: &Path, error: &io::Error) -> Damaged {
        let damage = match error.kind() {
            ErrorKind::NotFound | ErrorKind::NotADirectory => Damage::Missing,
            _ => Damage::Unreadable { cause: error.to_string() },
        };
        Damaged { path: path.to_owned(), damage }
    }

    pub fn code(&self) -> &'static str {
        match self.damage {
            Damage::Missing => "E-WS-05",
            Damage::Unreadable { .. } => "E-WS-06",
            Damage::WrongSize { .. } => "E-WS-07",
            Damage::WrongContent => "E-WS-08",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![("file", self.path.display().to_string())];
        match &self.damage {
            Damage::Unreadable { cause } => facts.push(("cause", cause.clone())),
            Damage::WrongSize { written, found } => {
                facts.extend([("written", written.to_string()), ("found", found.to_string())]);
            }
            Damage::Missing | Damage::WrongContent => {}
        }
        facts
    }
}

impl NoRoom {
    /// The same error, saying which file could not grow, when that is what happened.
    fn explain(cause: io::Error, path: &Path, written: u64) -> io::Error {
        match cause.kind() {
            kind @ (ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge) => {
                io::Error::new(kind, NoRoom { path: path.to_owned(), written, cause })
            }
            _ => cause,
        }
    }

    pub fn code(&self) -> &'static str {
        "E-WS-09"
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        vec![("file", self.path.display().to_string()), ("written", self.written.to_string()), ("cause", self.cause.to_string())]
    }
}

/// A diagnosis for logs and tests; people read the glossary's sentence.
impl fmt::Display for Damaged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is damaged: {:?}", self.path.display(), self.damage)
    }
}

impl fmt::Display for NoRoom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "no room for {} after {} bytes: {}", self.path.display(), self.written, self.cause)
    }
}

impl std::error::Error for Damaged {}
impl std::error::Error for NoRoom {}

/// A file on its way to the disk (写入中的文件), digested as it grows.
pub struct Writing {
    file: File,
    path: PathBuf,
    digest: XxHash3_128,
    bytes: u64,
}

impl Writing {
    pub fn create(path: &Path) -> Result<Writing, Fault> {
        let file = File::create(path).map_err(|error| NoRoom::explain(error, path, 0));
        let file = file.with_context(|| format!("making {}", path.display()))?;
        Ok(Writing { file, path: path.to_owned(), digest: XxHash3_128::new(), bytes: 0 })
    }

    /// The finished file as its record in `folder` lists it; its bytes are on the disk.
    pub fn finish(self, folder: &Path, rows: u64) -> Result<FileDigest, Fault> {
        let synced = self.file.sync_all().map_err(|error| NoRoom::explain(error, &self.path, self.bytes));
        synced.with_context(|| format!("writing {}", self.path.display()))?;
        let below = self.path.strip_prefix(folder).expect("a file lies below its record");
        let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy()).collect();
        Ok(FileDigest { name: parts.join("/"), rows, bytes: self.bytes, xxh3: hex(self.digest.finish_128()) })
    }
}

impl Write for Writing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes).map_err(|error| NoRoom::explain(error, &self.path, self.bytes))?;
        self.digest.write(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

/// What stands between a record and its digest.
const SEAL: &str = ",\n  \"seal\": \"";

/// Writes a record with its seal, which must not be empty; it is on the disk afterwards.
pub fn write_record(path: &Path, record: &impl Serialize) -> Result<(), Fault> {
    let mut writing = Writing::create(path)?;
    let written = writing.write_all(sealed(&serde_json::to_string_pretty(record)?).as_bytes());
    written.with_context(|| format!("writing {}", path.display()))?;
    writing.finish(Path::new(""), 1)?;
    Ok(())
}

/// Reads a record whose seal is whole.
pub fn read_record<T: DeserializeOwned>(path: &Path) -> Result<T, Damaged> {
    let bytes = std::fs::read(path).map_err(|error| Damaged::unread(path, &error))?;
    let text = str::from_utf8(&bytes).ok().filter(|text| is_whole(text));
    let record = text.and_then(|text| serde_json::from_str(text).ok());
    record.ok_or(Damaged { path: path.to_owned(), damage: Damage::WrongContent })
}

fn sealed(record: &str) -> String {
    let body = record.strip_suffix("\n}").expect("a record is a JSON object with members");
    format!("{body}{}", seal_of(body))
}

fn seal_of(body: &str) -> String {
    format!("{SEAL}{}\"\n}}", hex(XxHash3_128::oneshot(body.as_bytes())))
}

/// A record without a seal is from before there were seals; it names no digest either.
fn is_whole(text: &str) -> bool {
    match text.rfind(SEAL) {
        Some(at) => text[at..] == seal_of(&text[..at]),
        None => !text.contains("\"xxh3\""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn kept(folder: &Path) -> FileDigest {
        let mut writing = Writing::create(&folder.join("a.bin")).unwrap();
        writing.write_all(b"one fen").unwrap();
        writing.finish(folder, 1).unwrap()
    }

    #[test]
    fn damage_is_named_the_gravest_first() {
        let folder = tempfile::tempdir().unwrap();
        let (folder, path) = (folder.path(), folder.path().join("a.bin"));
        let digest = kept(folder);
        let found = |digest: &FileDigest| digest.check(folder).err().map(|damaged| (damaged.code(), damaged.damage));
        assert_eq!(found(&digest), None);
        assert_eq!(FileDigest::of(folder, "a.bin", 1), Ok(digest.clone()));
        fs::write(&path, b"one fem").unwrap();
        assert_eq!(found(&digest), Some(("E-WS-08", Damage::WrongContent)));
        assert_eq!(found(&FileDigest { xxh3: String::new(), ..digest.clone() }), None);
        fs::write(&path, b"one f").unwrap();
        assert_eq!(found(&digest), Some(("E-WS-07", Damage::WrongSize { written: 7, found: 5 })));
        fs::remove_file(&path).unwrap();
        assert_eq!(found(&digest), Some(("E-WS-05", Damage::Missing)));
        fs::create_dir(&path).unwrap();
        let size = path.metadata().unwrap().len();
        assert_eq!(found(&FileDigest { bytes: size, ..digest }).map(|found| found.0), Some("E-WS-06"));
    }

    #[test]
    fn a_flipped_bit_anywhere_in_a_record_is_found() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("record.json");
        write_record(&path, &vec![kept(folder.path())][0]).unwrap();
        let whole = fs::read(&path).unwrap();
        assert!(read_record::<FileDigest>(&path).is_ok());
        for bit in 0..whole.len() * 8 {
            let mut flipped = whole.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, flipped).unwrap();
            assert!(read_record::<FileDigest>(&path).is_err(), "bit {bit}");
        }
        fs::write(&path, &whole[..whole.len() / 2]).unwrap();
        assert!(read_record::<FileDigest>(&path).is_err());
    }

    #[test]
    fn only_a_lack_of_room_is_called_so() {
        let check = |kind: ErrorKind, expect: bool| {
            let explained = NoRoom::explain(kind.into(), Path::new("a.bin"), 7);
            let said = explained.get_ref().and_then(|inner| inner.downcast_ref::<NoRoom>());
            assert_eq!(said.map(|no_room| no_room.written), expect.then_some(7), "{kind}");
        };
        check(ErrorKind::StorageFull, true);
        check(ErrorKind::QuotaExceeded, true);
        check(ErrorKind::FileTooLarge, true);
        check(ErrorKind::PermissionDenied, false);
        check(ErrorKind::Interrupted, false);
    }
}
