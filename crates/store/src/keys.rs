//! The keys personal data is kept under: encryption that binds a value to its place, and hashes by which
//! an exact value is found without being readable.

use aes_gcm_siv::aead::{Aead, KeyInit, Payload};
use aes_gcm_siv::{Aes256GcmSiv, Nonce};
use hmac::{Hmac, Mac};
use rand::TryRng;
use rand::rngs::SysRng;
use sha2::{Digest, Sha256};
use std::collections::HashSet;

const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// The keys of a store (密钥), oldest first: the newest encrypts, all decrypt and find.
pub struct Keys(Vec<Key>);

struct Key {
    id: String,
    cipher: Aes256GcmSiv,
    search: [u8; KEY_BYTES],
}

/// Why a text holds no keys; lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum KeyProblem {
    /// There is not one key in it.
    Empty,
    /// A line is not `id:` and 64 hexadecimal digits; an identity has letters, digits, `-` and `_`.
    Unreadable { line: usize },
    /// An identity stands twice.
    Twice { line: usize },
}

/// A value could not be read: changed, moved to another place, or under a key that is not there.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Unsealing {
    #[error("the key {0:?} is not among the keys")]
    KeyMissing(String),
    #[error("a sealed value was changed or moved")]
    Changed,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

impl Keys {
    /// The text of a key file or of an environment variable: a line `id:64 hexadecimal digits` per key, the
    /// newest last; empty lines and lines that begin with `#` say nothing.
    pub fn parse(text: &str) -> Result<Keys, KeyProblem> {
        let (mut keys, mut ids) = (Vec::new(), HashSet::new());
        for (line, written) in (1..).zip(text.lines().map(str::trim)) {
            if written.is_empty() || written.starts_with('#') {
                continue;
            }
            let key = written.split_once(':').and_then(|(id, key)| Some((id, unhex(key)?)));
            let well_named = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
            let Some((id, key)) = key.filter(|(id, key)| well_named(id) && key.len() == KEY_BYTES) else {
                return Err(KeyProblem::Unreadable { line });
            };
            if !ids.insert(id) {
                return Err(KeyProblem::Twice { line });
            }
            // What encrypts and what searches are two keys, so that neither tells of the other.
            let cipher = Aes256GcmSiv::new_from_slice(&keyed(&key, &[b"encrypt"])).expect("a key has 32 bytes");
            keys.push(Key { id: id.to_owned(), cipher, search: keyed(&key, &[b"search"]) });
        }
        if keys.is_empty() { Err(KeyProblem::Empty) } else { Ok(Keys(keys)) }
    }

    /// A line for a key file, with a key nobody has.
    pub fn fresh_line(id: &str) -> String {
        format!("{id}:{}", hex(&random::<KEY_BYTES>()))
    }

    /// The identity of the key that encrypts.
    pub fn newest(&self) -> &str {
        &self.sealing().id
    }

    fn sealing(&self) -> &Key {
        self.0.last().expect("parsed keys are not empty")
    }

    /// `id:nonce and ciphertext`; it opens at this place only.
    pub(crate) fn seal(&self, place: &str, text: &str) -> String {
        let (key, nonce) = (self.sealing(), random::<NONCE_BYTES>());
        let payload = Payload { msg: text.as_bytes(), aad: place.as_bytes() };
        let sealed = key.cipher.encrypt(&Nonce::from(nonce), payload).expect("a field is far below the cipher's limit");
        format!("{}:{}{}", key.id, hex(&nonce), hex(&sealed))
    }

    pub(crate) fn unseal(&self, place: &str, sealed: &str) -> Result<String, Unsealing> {
        let (id, sealed) = sealed.split_once(':').ok_or(Unsealing::Changed)?;
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| Unsealing::KeyMissing(id.to_owned()))?;
        let bytes = unhex(sealed).ok_or(Unsealing::Changed)?;
        let (nonce, sealed) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unsealing::Changed)?;
        let payload = Payload { msg: sealed, aad: place.as_bytes() };
        let text = key.cipher.decrypt(&Nonce::from(*nonce), payload).map_err(|_| Unsealing::Changed)?;
        String::from_utf8(text).map_err(|_| Unsealing::Changed)
    }

    /// What a new value is found by.
    pub(crate) fn search_hash(&self, kind: &str, value: &str) -> String {
        Self::search_hash_under(self.sealing(), kind, value)
    }

    /// What an old or new value is found by, whichever key it was written under.
    pub(crate) fn search_hashes(&self, kind: &str, value: &str) -> Vec<String> {
        self.0.iter().map(|key| Self::search_hash_under(key, kind, value)).collect()
    }

    fn search_hash_under(key: &Key, kind: &str, value: &str) -> String {
        hex(&keyed(&key.search, &[kind.as_bytes(), b"/", value.as_bytes()]))
    }
}

fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; KEY_BYTES] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key may have any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// SHA-256, hexadecimal.
pub(crate) fn digest(parts: &[&[u8]]) -> String {
    let mut sha = Sha256::new();
    parts.iter().for_each(|part| sha.update(part));
    hex(&sha.finalize())
}

/// Chance from the operating system.
pub(crate) fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    SysRng.try_fill_bytes(&mut bytes).expect("the operating system gives chance");
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

pub(crate) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let (pairs, odd) = digits.as_chunks::<2>();
    odd.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key(id: &str, digit: char) -> String {
        format!("{id}:{}", digit.to_string().repeat(64))
    }

    #[test]
    fn a_key_file_is_read_or_its_line_told() {
        let check = |text: String, expect: Result<&str, KeyProblem>| {
            let read = Keys::parse(&text);
            assert_eq!(read.as_ref().map(Keys::newest).map_err(Clone::clone), expect, "{text:?}");
        };
        check(key("k1", 'a'), Ok("k1"));
        check(format!("# ours\n\n{}\r\n{}\n", key("k1", 'a'), key("k2", 'b')), Ok("k2"));
        check(String::new(), Err(KeyProblem::Empty));
        check("# nothing".to_owned(), Err(KeyProblem::Empty));
        check(format!("\n{}a", key("k1", 'a')), Err(KeyProblem::Unreadable { line: 2 }));
        check(key("k 1", 'a'), Err(KeyProblem::Unreadable { line: 1 }));
        check(key("", 'a'), Err(KeyProblem::Unreadable { line: 1 }));
        check(key("k1", 'x'), Err(KeyProblem::Unreadable { line: 1 }));
        check(format!("{}\n{}", key("k1", 'a'), key("k1", 'b')), Err(KeyProblem::Twice { line: 2 }));
        assert!(Keys::parse(&Keys::fresh_line("k9")).is_ok());
        assert_ne!(Keys::fresh_line("k9"), Keys::fresh_line("k9"));
    }

    #[test]
    fn a_value_opens_where_it_was_sealed_and_unchanged() {
        let (old, both) = (key("k1", 'a'), format!("{}\n{}", key("k1", 'a'), key("k2", 'b')));
        let (old, both, other) = (Keys::parse(&old).unwrap(), Keys::parse(&both).unwrap(), Keys::parse(&key("k3", 'c')).unwrap());
        let sealed = old.seal("P1/phone/0", "13800001234");
        assert!(sealed.starts_with("k1:"));
        assert_ne!(sealed, old.seal("P1/phone/0", "13800001234"), "equal values do not look equal");
        assert_eq!(both.unseal("P1/phone/0", &sealed).unwrap(), "13800001234");
        assert!(matches!(both.unseal("P2/phone/0", &sealed), Err(Unsealing::Changed)), "moved to another person");
        assert!(matches!(other.unseal("P1/phone/0", &sealed), Err(Unsealing::KeyMissing(id)) if id == "k1"));
        for (place, _) in sealed.char_indices().skip(3) {
            let digit = if &sealed[place..=place] == "0" { "1" } else { "0" };
            let changed = format!("{}{digit}{}", &sealed[..place], &sealed[place + 1..]);
            assert!(both.unseal("P1/phone/0", &changed).is_err(), "{place}");
        }
        assert_ne!(both.search_hash("phone", "1"), both.search_hash("name", "1"));
        assert!(both.search_hashes("phone", "1").contains(&old.search_hash("phone", "1")));
    }

    proptest! {
        #[test]
        fn bytes_survive_hexadecimal(bytes: Vec<u8>) {
            prop_assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_survives_sealing(place: String, text: String) {
            let keys = Keys::parse(&key("k1", 'a')).unwrap();
            prop_assert_eq!(keys.unseal(&place, &keys.seal(&place, &text)).unwrap(), text);
        }

        #[test]
        fn no_text_panics_the_reader(text: String) {
            let keys = Keys::parse(&key("k1", 'a')).unwrap();
            prop_assert!(keys.unseal("", &text).is_err());
            let _ = Keys::parse(&text);
            let _ = crate::page::Cursor::parse(&text);
        }
    }
}
