//! Signing in: passwords as Argon2id hashes, tokens of which only the hash is kept, attempts.
//!
//! What makes a password good, when an account is locked and how long a session lasts is decided in
//! `authority`; here stands what needs chance, memory-hard hashing and tables.

use crate::fault::Fault;
use crate::chance::{digest, random};
use crate::row::columns::{Bind, Fetch};
use crate::link::{Reads, Tx};
use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, PasswordHasher, PasswordVerifier};
use sea_orm::DbErr;
use units::{Moment, coded};

/// Checked where there is no account, so that an unknown name takes as long as a wrong password.
const DECOY: &str = "$argon2id$v=19$m=19456,t=2,p=1$cG9zdGxvYW5wb3N0bG9hbg$rLZhCRbCh4eF5DmXBCQYTJPRuMYS3NaYOIDNBc+Wp1Y";

/// Whether a password is the one that was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum PasswordCheck {
    Right,
    Wrong,
}

coded! {
    /// What became of an attempt to sign in (登录结果).
    AttemptOutcome {
        Failed = "failed",
        Succeeded = "succeeded",
        /// Somebody entitled lifted the lock (解锁).
        Unlocked = "unlocked",
    }
}

/// A token as it is handed out once (令牌), and its hash, which alone is kept.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret {
    pub token: String,
    pub hash: String,
}

impl Secret {
    /// 256 bits of chance.
    pub fn fresh() -> Secret {
        let token = vault::hex(&random::<32>());
        let hash = Secret::hash_of(&token);
        Secret { token, hash }
    }

    /// Under what a token that somebody presents is looked up.
    pub fn hash_of(token: &str) -> String {
        digest(&[token.as_bytes()])
    }
}

/// The Argon2id hash of a password, with its parameters and salt (PHC string). Takes tens of milliseconds
/// and 19 MiB, on a thread of its own.
pub async fn password_hash(password: String) -> Result<String, Fault> {
    const DOING: &str = "hash a password";
    let hash = move || Argon2::default().hash_password_with_salt(password.as_bytes(), &random::<16>()).map(|hash| hash.to_string());
    tokio::task::spawn_blocking(hash).await.map_err(Fault::doing(DOING))?.map_err(|error| Fault::doing(DOING)(error.to_string()))
}

/// Checks a password against the hash kept for the account, or against nothing just as long.
pub async fn password_check(kept: Option<String>, password: String) -> Result<PasswordCheck, Fault> {
    const DOING: &str = "check a password";
    let check = move || {
        let hash = PasswordHash::new(kept.as_deref().unwrap_or(DECOY)).map_err(|error| error.to_string())?;
        let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
        Ok(if right && kept.is_some() { PasswordCheck::Right } else { PasswordCheck::Wrong })
    };
    let checked: Result<PasswordCheck, String> = tokio::task::spawn_blocking(check).await.map_err(Fault::doing(DOING))?;
    checked.map_err(Fault::doing(DOING))
}

impl Tx {
    /// Notes an attempt to sign in; a fact.
    pub async fn sign_in_attempt_add(&self, account: &str, at: Moment, outcome: AttemptOutcome) -> Result<(), Fault> {
        // Chance tells two attempts of one second apart without anybody waiting for a counter.
        let tie = i64::from_be_bytes(random::<8>()) >> 1;
        let sql = "INSERT INTO sign_in_attempt (account, attempted_at, tie, outcome) VALUES ($1, $2, $3, $4)";
        let values = vec![account.bind(), at.bind(), tie.bind(), outcome.code().bind()];
        self.write("note an attempt to sign in", sql, values).await.map(drop)
    }

    /// Notes that a session was used; not an edit, so its version stays.
    pub async fn session_seen(&self, session_hash: &str, at: Moment) -> Result<(), Fault> {
        let sql = "UPDATE session SET seen_at = $2 WHERE session_hash = $1";
        self.write("note the use of a session", sql, vec![session_hash.bind(), at.bind()]).await.map(drop)
    }

    /// Ends every session of a person: how many.
    pub async fn session_close_all(&self, staff_id: &str, at: Moment) -> Result<u64, Fault> {
        let sql = "UPDATE session SET closed_at = $2 WHERE staff_id = $1 AND closed_at IS NULL";
        self.write("close sessions", sql, vec![staff_id.bind(), at.bind()]).await
    }
}

impl Reads {
    /// The attempts on an account since then, in order: what a lock is decided from.
    pub async fn sign_in_attempts(&self, account: &str, since: Moment) -> Result<Vec<(Moment, AttemptOutcome)>, Fault> {
        const DOING: &str = "read the attempts to sign in";
        let sql = "SELECT attempted_at, outcome FROM sign_in_attempt WHERE account = $1 AND attempted_at >= $2 \
                   ORDER BY attempted_at, tie";
        let rows = self.rows(DOING, sql, vec![account.bind(), since.bind()]).await?;
        let attempt = |row| {
            let code = String::fetch(row, "outcome")?;
            let outcome = AttemptOutcome::from_code(&code).ok_or_else(|| DbErr::Type(format!("unknown outcome {code:?}")))?;
            Ok((Fetch::fetch(row, "attempted_at")?, outcome))
        };
        rows.iter().map(attempt).collect::<Result<_, DbErr>>().map_err(Fault::doing(DOING))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_right_or_wrong_and_a_hash_tells_nothing() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let hash = password_hash("correct horse".to_owned()).await.unwrap();
            assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
            assert_ne!(hash, password_hash("correct horse".to_owned()).await.unwrap(), "salted");
            let check = async |kept: Option<&str>, password: &str| password_check(kept.map(str::to_owned), password.to_owned()).await;
            assert_eq!(check(Some(&hash), "correct horse").await.unwrap(), PasswordCheck::Right);
            assert_eq!(check(Some(&hash), "correct horsE").await.unwrap(), PasswordCheck::Wrong);
            assert_eq!(check(None, "correct horse").await.unwrap(), PasswordCheck::Wrong);
            assert!(check(Some("not a hash"), "correct horse").await.is_err());
        });
    }

    #[test]
    fn a_token_is_found_by_its_hash() {
        let secret = Secret::fresh();
        assert_eq!((secret.token.len(), Secret::hash_of(&secret.token)), (64, secret.hash.clone()));
        assert_ne!(Secret::fresh().token, secret.token);
    }
}
