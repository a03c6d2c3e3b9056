//! Digests and chance; the keys themselves are the vault's.

use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};

/// SHA-256, hexadecimal.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    parts.iter().for_each(|part| sha.update(part));
    vault::hex(&sha.finalize())
}

/// Chance from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives chance");
    bytes
}
