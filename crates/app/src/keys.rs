//! The keys that seal personal data: a file beside the book, or elsewhere.

use crate::failure::{Outcome, refused};
use anyhow::Context;
use rand::TryRng;
use rand::rngs::SysRng;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use vault::Keys;

/// In the workspace; backups leave it out, for a backup must not carry the key to itself.
const KEY_FILE: &str = "postloan.keys";

/// Names another file, on another disk or from a secret store.
const VARIABLE: &str = "POSTLOAN_KEYS";

/// Where the keys of a workspace lie.
pub fn key_file(dir: &Path) -> PathBuf {
    std::env::var_os(VARIABLE).map_or_else(|| dir.join(KEY_FILE), PathBuf::from)
}

/// The keys of a workspace. One restored from a backup waits for them: a batch beside sealed ones is not
/// written in the clear, nor under a key that opens nothing.
pub fn keys(dir: &Path) -> Outcome<Option<Keys>> {
    let path = key_file(dir);
    let holds_batches = fs::read_dir(dir.join("batches")).is_ok_and(|mut batches| batches.next().is_some());
    if !path.exists() && !holds_batches && std::env::var_os(VARIABLE).is_none() {
        return Ok(None);
    }
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return refused("E-WS-15", &[("path", &path.display()), ("problem", &error)]),
    };
    match Keys::parse(&text) {
        Ok(keys) => Ok(Some(keys)),
        Err(problem) => refused("E-WS-15", &[("path", &path.display()), ("problem", &problem)]),
    }
}

/// Makes the first key of a new workspace; a file that is there is left as it is.
pub fn make_keys(dir: &Path) -> Outcome<()> {
    let path = key_file(dir);
    if !path.exists() {
        append(&path, "k1")?;
    }
    Ok(())
}

/// Adds a key that seals from now on, and names it (密钥轮换). What older keys sealed still opens.
pub fn rotate(dir: &Path) -> Outcome<String> {
    let known = keys(dir)?.map_or(0, |keys| keys.count());
    let id = format!("k{}", known + 1);
    append(&key_file(dir), &id)?;
    Ok(id)
}

fn append(path: &Path, id: &str) -> Outcome<()> {
    let mut random = [0; 32];
    SysRng.try_fill_bytes(&mut random).context("drawing a key")?;
    let mut file = for_the_owner_alone(path).with_context(|| format!("opening {}", path.display()))?;
    file.write_all(Keys::line(id, random).as_bytes()).and_then(|()| file.sync_all()).context("writing a key")?;
    Ok(())
}

fn for_the_owner_alone(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.create(true).append(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// A password nobody has chosen: letters, digits and a sign, from chance.
pub fn first_password() -> Outcome<String> {
    const SIGNS: &[u8] = b"abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    let mut random = [0; 16];
    SysRng.try_fill_bytes(&mut random).context("drawing a password")?;
    let signs = random.iter().map(|byte| char::from(SIGNS[usize::from(*byte) % SIGNS.len()]));
    Ok(signs.collect::<String>() + "-7aZ")
}
