//! Personal data sealed at rest (个人信息加密): keys, sealed texts, hashes to search by.
//!
//! A sealed text is `<key id>:<nonce and ciphertext, hexadecimal>`; it opens only with its key and only in the
//! place it was sealed for (`customers.phone`, `P1/phone/0`), so nobody can move a value elsewhere.
//! AES-256-GCM-SIV; what encrypts, what draws nonces and what searches are three keys drawn from the one
//! in the file, so that none tells of another.
//!
//! ```text
//! Keys::parse("k1:00ff…")?                          one `id:64 hex digits` a line; the last one seals
//! keys.seal("P1/phone/0", "13800005678", nonce)     -> "k1:…"; equal values look different
//! keys.seal_same("customers.phone", "13800005678")  -> "k1:…"; the same bytes every time, for files that must be reproduced
//! keys.open("customers.phone", sealed)?             -> "13800005678"
//! keys.search_hashes("phone", "13800005678")        -> what a search compares, one a key
//! ```
//!
//! Invariants: no IO and no chance here, keys and nonces are arguments; keys never show in `Debug`.

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

pub const KEY_BYTES: usize = 32;
pub const NONCE_BYTES: usize = 12;

/// The keys of a workspace (密钥), oldest first: the last one seals, all open and find.
#[derive(Clone)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    cipher: Aes256GcmSiv,
    nonces: [u8; KEY_BYTES],
    search: [u8; KEY_BYTES],
}

/// What is wrong with a text of keys (密钥文件有误); lines count from 1.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("there is no key")]
    Empty,
    /// An identity has letters, digits, `-` and `_`.
    #[error("line {line} is not `id:64 hex digits`")]
    Malformed { line: usize },
    #[error("line {line} repeats a key's id")]
    Repeated { line: usize },
}

/// Why a sealed text stays shut (无法解密).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    #[error("the key {id} is not there")]
    KeyMissing { id: String },
    /// Changed, cut off, or sealed for another place.
    #[error("the sealed text is damaged or stands in the wrong place")]
    Damaged,
}

impl Keys {
    /// Reads one `id:64 hex digits` a line; empty lines and lines beginning with `#` say nothing.
    pub fn parse(text: &str) -> Result<Keys, KeyProblem> {
        let mut keys: Vec<Key> = Vec::new();
        for (line, written) in (1..).zip(text.lines().map(str::trim)) {
            if written.is_empty() || written.starts_with('#') {
                continue;
            }
            let key = written.split_once(':').and_then(|(id, digits)| Key::new(id, &unhex(digits)?));
            let key = key.ok_or(KeyProblem::Malformed { line })?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyProblem::Repeated { line });
            }
            keys.push(key);
        }
        if keys.is_empty() { Err(KeyProblem::Empty) } else { Ok(Keys(keys)) }
    }

    /// The line of a key, to be kept where [`Keys::parse`] will read it.
    pub fn line(id: &str, random: [u8; KEY_BYTES]) -> String {
        format!("{id}:{}\n", hex(&random))
    }

    /// How many keys there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// The id of the key that seals now.
    pub fn newest(&self) -> &str {
        &self.last().id
    }

    /// Seals under a nonce that is used once: equal values look different.
    pub fn seal(&self, place: &str, plain: &str, nonce: [u8; NONCE_BYTES]) -> String {
        let key = self.last();
        let message = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
        let shut = key.cipher.encrypt(&Nonce::from(nonce), message).expect("a text is shorter than the cipher's limit");
        format!("{}:{}{}", key.id, hex(&nonce), hex(&shut))
    }

    /// Seals under a nonce drawn from place and text: the same bytes every time, and nothing shown but that.
    pub fn seal_same(&self, place: &str, plain: &str) -> String {
        let drawn = keyed(&self.last().nonces, &[place.as_bytes(), b"\0", plain.as_bytes()]);
        let nonce = *drawn.first_chunk().expect("a hash is longer than a nonce");
        self.seal(place, plain, nonce)
    }

    /// What was sealed for the place.
    pub fn open(&self, place: &str, sealed: &str) -> Result<String, Unopened> {
        let (id, digits) = sealed.split_once(':').ok_or(Unopened::Damaged)?;
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| Unopened::KeyMissing { id: id.to_owned() })?;
        let bytes = unhex(digits).ok_or(Unopened::Damaged)?;
        let (nonce, shut) = bytes.split_first_chunk::<NONCE_BYTES>().ok_or(Unopened::Damaged)?;
        let opened = key.cipher.decrypt(&Nonce::from(*nonce), Payload { msg: shut, aad: place.as_bytes() });
        String::from_utf8(opened.map_err(|_| Unopened::Damaged)?).map_err(|_| Unopened::Damaged)
    }

    /// What a new value is found by.
    pub fn search_hash(&self, kind: &str, value: &str) -> String {
        self.last().search_hash(kind, value)
    }

    /// What an old or new value is found by, whichever key it was written under.
    pub fn search_hashes(&self, kind: &str, value: &str) -> Vec<String> {
        self.0.iter().map(|key| key.search_hash(kind, value)).collect()
    }

    fn last(&self) -> &Key {
        self.0.last().expect("never empty")
    }
}

impl Key {
    fn new(id: &str, secret: &[u8]) -> Option<Key> {
        let named = !id.is_empty() && id.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
        if !named || secret.len() != KEY_BYTES {
            return None;
        }
        let cipher = Aes256GcmSiv::new_from_slice(&keyed(secret, &[b"encrypt"])).expect("a key of the right length");
        Some(Key { id: id.to_owned(), cipher, nonces: keyed(secret, &[b"nonce"]), search: keyed(secret, &[b"search"]) })
    }

    fn search_hash(&self, kind: &str, value: &str) -> String {
        hex(&keyed(&self.search, &[kind.as_bytes(), b"/", value.as_bytes()]))
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

/// HMAC-SHA-256 over the parts.
fn keyed(key: &[u8], parts: &[&[u8]]) -> [u8; KEY_BYTES] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(key).expect("a key may have any length");
    parts.iter().for_each(|part| mac.update(part));
    mac.finalize().into_bytes().into()
}

/// Bytes as hexadecimal digits, two each.
pub fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// The bytes of hexadecimal digits; `None` for anything else.
pub fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Vec<u8> = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8)).collect::<Option<_>>()?;
    let (pairs, odd) = digits.as_chunks::<2>();
    odd.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const PHONE: &str = "13800001234";
    const NONCE: [u8; NONCE_BYTES] = [9; NONCE_BYTES];

    fn keys(ids: &[(&str, u8)]) -> Keys {
        let text: String = ids.iter().map(|&(id, byte)| Keys::line(id, [byte; KEY_BYTES])).collect();
        Keys::parse(&text).unwrap()
    }

    #[test]
    fn a_key_file_is_read_or_its_line_told() {
        let key = |id: &str, digit: char| format!("{id}:{}", digit.to_string().repeat(64));
        let check = |text: String, expect: Result<&str, KeyProblem>| {
            let read = Keys::parse(&text);
            assert_eq!(read.as_ref().map(Keys::newest).map_err(Clone::clone), expect, "{text:?}");
        };
        check(key("k1", 'a'), Ok("k1"));
        check(format!("# ours\n\n{}\r\n{}\n", key("k1", 'a'), key("k2", 'b')), Ok("k2"));
        check(String::new(), Err(KeyProblem::Empty));
        check("# nothing".to_owned(), Err(KeyProblem::Empty));
        check(format!("\n{}a", key("k1", 'a')), Err(KeyProblem::Malformed { line: 2 }));
        check(key("k 1", 'a'), Err(KeyProblem::Malformed { line: 1 }));
        check(key("", 'a'), Err(KeyProblem::Malformed { line: 1 }));
        check(key("k1", 'x'), Err(KeyProblem::Malformed { line: 1 }));
        check(format!("{}\n{}", key("k1", 'a'), key("k1", 'b')), Err(KeyProblem::Repeated { line: 2 }));
        assert_eq!(format!("{:?}", Keys::parse(&key("k1", 'a')).unwrap()), r#"["k1"]"#);
    }

    #[test]
    fn a_value_opens_where_it_was_sealed_and_unchanged() {
        let (old, both, other) = (keys(&[("k1", 1)]), keys(&[("k1", 1), ("k2", 2)]), keys(&[("k3", 3)]));
        let sealed = old.seal("P1/phone/0", PHONE, NONCE);
        assert!(sealed.starts_with("k1:") && !sealed.contains(PHONE));
        assert_ne!(sealed, old.seal("P1/phone/0", PHONE, [8; NONCE_BYTES]), "equal values do not look equal");
        assert_eq!(old.seal_same("P1/phone/0", PHONE), old.seal_same("P1/phone/0", PHONE), "unless they are to");
        assert_ne!(old.seal_same("P1/phone/0", PHONE)[3..27], old.seal_same("P2/phone/0", PHONE)[3..27], "in one place only");
        assert_eq!(both.open("P1/phone/0", &sealed).unwrap(), PHONE);
        assert!(both.seal_same("P1/phone/0", PHONE).starts_with("k2:"), "the new key seals");
        assert_eq!(both.open("P2/phone/0", &sealed), Err(Unopened::Damaged), "moved to another person");
        assert_eq!(other.open("P1/phone/0", &sealed), Err(Unopened::KeyMissing { id: "k1".to_owned() }));
        for (place, _) in sealed.char_indices().skip(3) {
            let digit = if &sealed[place..=place] == "0" { "1" } else { "0" };
            let changed = format!("{}{digit}{}", &sealed[..place], &sealed[place + 1..]);
            assert!(both.open("P1/phone/0", &changed).is_err(), "{place}");
        }
        assert_ne!(both.search_hash("phone", "1"), both.search_hash("name", "1"));
        assert!(both.search_hashes("phone", "1").contains(&old.search_hash("phone", "1")), "found after a rotation");
    }

    proptest! {
        #[test]
        fn bytes_survive_hexadecimal(bytes: Vec<u8>) {
            prop_assert_eq!(unhex(&hex(&bytes)), Some(bytes));
        }

        #[test]
        fn any_text_survives_sealing(place: String, text: String, nonce: [u8; NONCE_BYTES]) {
            let keys = keys(&[("k1", 1)]);
            prop_assert_eq!(keys.open(&place, &keys.seal(&place, &text, nonce)).unwrap(), text.clone());
            prop_assert_eq!(keys.open(&place, &keys.seal_same(&place, &text)).unwrap(), text);
        }

        #[test]
        fn no_text_panics_the_reader(text: String) {
            prop_assert!(keys(&[("k1", 1)]).open("", &text).is_err());
            let _ = Keys::parse(&text);
        }
    }
}
