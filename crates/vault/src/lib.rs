//! Personal data sealed at rest (个人信息加密): keys and sealed texts.
//!
//! A sealed text is `sealed:<key id>:<base64>`; it opens only with its key and only in the place it was
//! sealed for (`customers.phone`), so that nobody can move a value into another column. The same text in
//! the same place under the same key seals to the same bytes: batches stay reproducible. AES-256-GCM-SIV
//! with a nonce drawn from the text by HMAC, so equal values show that they are equal and nothing else.
//!
//! ```text
//! Keys::parse("k1:00ff…")?                     one `id:64 hex digits` a line; the last one seals
//! keys.seal("customers.phone", "13800005678")  -> "sealed:k1:…"
//! keys.open("customers.phone", sealed)?        -> "13800005678"; a text that is not sealed is itself
//! ```
//!
//! Invariants: no IO and no chance here, keys come as text; keys never show in `Debug`. What people are searched
//! by lies in `store`, which has keys of the same file.

use aes_gcm_siv::aead::{Aead, Payload};
use aes_gcm_siv::{Aes256GcmSiv, KeyInit, Nonce};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use std::fmt;

const PREFIX: &str = "sealed:";
const KEY_BYTES: usize = 32;
const NONCE_BYTES: usize = 12;

/// The keys of a workspace (密钥), oldest first; the last one seals.
#[derive(Clone)]
pub struct Keys(Vec<Key>);

#[derive(Clone)]
struct Key {
    id: String,
    secret: [u8; KEY_BYTES],
    cipher: Aes256GcmSiv,
}

/// What is wrong with a text of keys (密钥文件有误).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyProblem {
    #[error("there is no key")]
    Empty,
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
    /// Reads one `id:64 hex digits` a line; empty lines and lines beginning with `#` are left out.
    pub fn parse(text: &str) -> Result<Keys, KeyProblem> {
        let mut keys: Vec<Key> = Vec::new();
        for (number, line) in text.lines().enumerate().map(|(at, line)| (at + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let key = line.split_once(':').and_then(|(id, digits)| Key::new(id, &bytes_of(digits)?));
            let key = key.ok_or(KeyProblem::Malformed { line: number })?;
            if keys.iter().any(|known| known.id == key.id) {
                return Err(KeyProblem::Repeated { line: number });
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

    pub fn seal(&self, place: &str, plain: &str) -> String {
        let key = self.last();
        let nonce = &mac(&key.secret, &[b"nonce", place.as_bytes(), plain.as_bytes()])[..NONCE_BYTES];
        let message = Payload { msg: plain.as_bytes(), aad: place.as_bytes() };
        let shut = key.cipher.encrypt(&nonce_of(nonce), message).expect("a text is shorter than the cipher's limit");
        format!("{PREFIX}{}:{}", key.id, URL_SAFE_NO_PAD.encode([nonce, &shut[..]].concat()))
    }

    /// What was sealed for the place; a text that was never sealed is handed back.
    pub fn open(&self, place: &str, text: &str) -> Result<String, Unopened> {
        let Some((id, sealed)) = text.strip_prefix(PREFIX).and_then(|rest| rest.split_once(':')) else {
            return Ok(text.to_owned());
        };
        let key = self.0.iter().find(|key| key.id == id).ok_or_else(|| Unopened::KeyMissing { id: id.to_owned() })?;
        let bytes = URL_SAFE_NO_PAD.decode(sealed).map_err(|_| Unopened::Damaged)?;
        let (nonce, shut) = bytes.split_at_checked(NONCE_BYTES).ok_or(Unopened::Damaged)?;
        let opened = key.cipher.decrypt(&nonce_of(nonce), Payload { msg: shut, aad: place.as_bytes() });
        String::from_utf8(opened.map_err(|_| Unopened::Damaged)?).map_err(|_| Unopened::Damaged)
    }

    fn last(&self) -> &Key {
        self.0.last().expect("never empty")
    }
}

/// Whether a text was sealed, by whatever key.
pub fn is_sealed(text: &str) -> bool {
    text.starts_with(PREFIX)
}

impl Key {
    fn new(id: &str, secret: &[u8]) -> Option<Key> {
        let named = !id.is_empty() && id.chars().all(|one| one.is_ascii_alphanumeric() || "-_".contains(one));
        let secret: [u8; KEY_BYTES] = secret.try_into().ok().filter(|_| named)?;
        let cipher = Aes256GcmSiv::new_from_slice(&secret).expect("a key of the right length");
        Some(Key { id: id.to_owned(), secret, cipher })
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.iter().map(|key| &key.id)).finish()
    }
}

fn nonce_of(bytes: &[u8]) -> Nonce {
    Nonce::try_from(bytes).expect("a nonce of the right length")
}

/// HMAC-SHA-256 over the parts, each with its length before it.
fn mac(secret: &[u8], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(secret).expect("a key of any length");
    for part in parts {
        mac.update(&(part.len() as u64).to_le_bytes());
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn bytes_of(digits: &str) -> Option<Vec<u8>> {
    let pairs = digits.is_ascii().then(|| digits.as_bytes().chunks_exact(2))?;
    if !pairs.remainder().is_empty() {
        return None;
    }
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PHONE: &str = "13800005678";

    fn keys(ids: &[(&str, u8)]) -> Keys {
        let text: String = ids.iter().map(|&(id, byte)| Keys::line(id, [byte; 32])).collect();
        Keys::parse(&text).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let keys = keys(&[("k1", 1)]);
        let sealed = keys.seal("customers.phone", PHONE);
        assert!(is_sealed(&sealed) && !sealed.contains(PHONE));
        assert_eq!(keys.seal("customers.phone", PHONE), sealed, "the same batch has the same bytes");
        assert_eq!(keys.open("customers.phone", &sealed).unwrap(), PHONE);
        assert_eq!(keys.open("contacts.phone", &sealed), Err(Unopened::Damaged));
        let mut broken = sealed.clone();
        broken.replace_range(sealed.len() - 4..sealed.len() - 3, if sealed.as_bytes()[sealed.len() - 4] == b'A' { "B" } else { "A" });
        assert_eq!(keys.open("customers.phone", &broken), Err(Unopened::Damaged));
        assert_eq!(keys.open("customers.phone", "never sealed").unwrap(), "never sealed");
    }

    #[test]
    fn a_new_key_seals_and_the_old_one_still_opens() {
        let (old, both, new) = (keys(&[("k1", 1)]), keys(&[("k1", 1), ("k2", 2)]), keys(&[("k2", 2)]));
        let sealed = old.seal("p", PHONE);
        assert_eq!(both.open("p", &sealed).unwrap(), PHONE);
        let again = both.seal("p", PHONE);
        assert!(again.starts_with("sealed:k2:"));
        assert_eq!(new.open("p", &again).unwrap(), PHONE);
        assert_eq!(new.open("p", &sealed), Err(Unopened::KeyMissing { id: "k1".to_owned() }));
    }

    #[test]
    fn keys_that_cannot_be_read_are_named_by_line() {
        let good = Keys::line("k1", [7; 32]);
        assert_eq!(Keys::parse("# none\n\n").unwrap_err(), KeyProblem::Empty);
        assert_eq!(Keys::parse(&format!("{good}k2:00\n")).unwrap_err(), KeyProblem::Malformed { line: 2 });
        assert_eq!(Keys::parse(&format!("{good}{good}")).unwrap_err(), KeyProblem::Repeated { line: 2 });
        assert_eq!(format!("{:?}", Keys::parse(&good).unwrap()), r#"["k1"]"#);
    }
}
