//! Signing in: passwords, lockout, sessions. Hashes and tokens are somebody else's; here is what
//! follows from right and wrong, and from time.
//!
//! Every [`Moment`] is of one clock without daylight saving, the institution's or UTC.

use serde::{Deserialize, Serialize};
use units::{Moment, coded};

/// What a pack asks of signing in (登录规则), a rule of kind `sign_in`.
///
/// GB/T 22239-2019, 8.1.4.1: complex passwords changed at intervals, an end to failed attempts, an end
/// to sessions nobody uses. The numbers are the lender's.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SignInRules {
    /// In characters.
    pub shortest_password: usize,
    /// In bytes: hashing is dear on purpose, and nobody shall make it dearer.
    pub longest_password_bytes: usize,
    /// How many of: small letters, capitals, digits, others.
    pub kinds_of_character: usize,
    /// Words no password holds, in small letters.
    pub never_contains: Vec<String>,
    /// Days after which a password must be changed; 0 is never.
    pub password_days: u32,
    pub lock_after_failures: usize,
    /// Failures count together within so many minutes.
    pub failures_within_minutes: u32,
    pub locked_for_minutes: u32,
    pub session_idle_minutes: u32,
    pub session_longest_minutes: u32,
}

/// Why a new password is not taken, in order of precedence (拒绝口令原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PasswordRefused {
    TooShort {
        least: usize,
    },
    PasswordTooLong {
        most_bytes: usize,
    },
    ContainsAccount,
    ContainsKnownWord,
    TooFewKinds {
        least: usize,
    },
    /// A forced change that changes nothing.
    SameAsBefore,
}

/// What is known of a person's password beside its hash (口令状态).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Credential {
    pub origin: PasswordOrigin,
    pub changed_at: Moment,
    /// Wrong attempts since the last right one, the newest last, no more than lock it.
    pub failures: Vec<Moment>,
    pub locked_until: Option<Moment>,
}

coded! {
    /// Who chose the password (口令来源).
    PasswordOrigin {
        /// By an administrator, the first one or a new one: to be changed at once.
        Given = "given",
        /// By the person.
        Chosen = "chosen",
    }
}

/// Whether the password entered was the right one (口令核对结果).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Right,
    Wrong,
}

coded! {
    /// What a session is good for (会话用途).
    SessionUse {
        /// Changing the password and nothing else.
        PasswordChange = "password_change",
        Work = "work",
    }
}

units::serde_by_code!(PasswordOrigin, SessionUse);

/// A signed-in person (会话).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    pub staff_id: String,
    pub good_for: SessionUse,
    pub began_at: Moment,
    /// When it was last used.
    pub used_at: Moment,
}

/// Why somebody is not signed in, in order of precedence (拒绝登录原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInRefused {
    /// Even the right password is not looked at.
    Locked {
        until: Moment,
    },
    WrongPassword,
}

/// Why a session does not serve, in order of precedence (会话失效原因).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionRefused {
    SessionOver,
    SessionIdle { minutes: u32 },
    PasswordMustChange,
}

impl PasswordRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            PasswordRefused::TooShort { .. } => "E-AU-71",
            PasswordRefused::PasswordTooLong { .. } => "E-AU-72",
            PasswordRefused::ContainsAccount => "E-AU-73",
            PasswordRefused::ContainsKnownWord => "E-AU-74",
            PasswordRefused::TooFewKinds { .. } => "E-AU-75",
            PasswordRefused::SameAsBefore => "E-AU-76",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            PasswordRefused::TooShort { least } | PasswordRefused::TooFewKinds { least } => {
                vec![("least", least.to_string())]
            }
            PasswordRefused::PasswordTooLong { most_bytes } => vec![("most_bytes", most_bytes.to_string())],
            _ => vec![],
        }
    }
}

impl SignInRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            SignInRefused::Locked { .. } => "E-AU-77",
            SignInRefused::WrongPassword => "E-AU-78",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            SignInRefused::Locked { until } => vec![("until", until.to_string())],
            SignInRefused::WrongPassword => vec![],
        }
    }
}

impl SessionRefused {
    pub const fn code(&self) -> &'static str {
        match self {
            SessionRefused::SessionOver => "E-AU-79",
            SessionRefused::SessionIdle { .. } => "E-AU-80",
            SessionRefused::PasswordMustChange => "E-AU-81",
        }
    }

    pub fn facts(&self) -> Vec<(&'static str, String)> {
        match self {
            SessionRefused::SessionIdle { minutes } => vec![("minutes", minutes.to_string())],
            _ => vec![],
        }
    }
}

/// Shorter accounts stand in many a password by chance.
const TELLING_ACCOUNT: usize = 3;

const fn minutes(count: u32) -> i64 {
    count as i64 * 60
}

impl SignInRules {
    /// What no person could ever meet.
    pub(crate) fn contradiction(&self) -> Option<&'static str> {
        match () {
            () if self.longest_password_bytes < self.shortest_password => Some("its passwords are longer than allowed"),
            () if self.kinds_of_character > 4 => Some("there are four kinds of characters"),
            () if self.lock_after_failures == 0 => Some("it locks before the first attempt"),
            () if self.session_idle_minutes == 0 || self.session_longest_minutes == 0 => {
                Some("its sessions end at once")
            }
            () if self.never_contains.iter().any(|word| word.trim().is_empty()) => {
                Some("every password contains nothing")
            }
            () => None,
        }
    }

    /// Whether a person may choose this password; `before` is the one it replaces, if it was entered.
    pub fn check_password(&self, account: &str, new: &str, before: Option<&str>) -> Result<(), PasswordRefused> {
        let small = new.to_lowercase();
        let account = account.trim().to_lowercase();
        let kinds: [fn(char) -> bool; 4] = [
            |it| it.is_lowercase(),
            |it| it.is_uppercase(),
            |it| it.is_numeric(),
            |it| !it.is_alphanumeric() || is_caseless(it),
        ];
        let kinds = kinds.iter().filter(|kind| new.chars().any(kind)).count();
        match () {
            () if new.chars().count() < self.shortest_password => {
                Err(PasswordRefused::TooShort { least: self.shortest_password })
            }
            () if new.len() > self.longest_password_bytes => {
                Err(PasswordRefused::PasswordTooLong { most_bytes: self.longest_password_bytes })
            }
            () if account.chars().count() >= TELLING_ACCOUNT && small.contains(&account) => {
                Err(PasswordRefused::ContainsAccount)
            }
            () if self.never_contains.iter().any(|word| small.contains(&word.to_lowercase())) => {
                Err(PasswordRefused::ContainsKnownWord)
            }
            () if kinds < self.kinds_of_character => {
                Err(PasswordRefused::TooFewKinds { least: self.kinds_of_character })
            }
            () if before == Some(new) => Err(PasswordRefused::SameAsBefore),
            () => Ok(()),
        }
    }

    /// To be asked before the password is looked at: hashing is dear, and a locked account learns nothing.
    pub fn check_lock(&self, credential: &Credential, at: Moment) -> Result<(), SignInRefused> {
        match credential.locked_until {
            Some(until) if at < until => Err(SignInRefused::Locked { until }),
            _ => Ok(()),
        }
    }

    /// What an attempt to sign in leaves behind, and what it gives.
    pub fn sign_in(
        &self,
        credential: &Credential,
        staff_id: &str,
        proof: Proof,
        at: Moment,
    ) -> (Credential, Result<Session, SignInRefused>) {
        if let Err(locked) = self.check_lock(credential, at) {
            return (credential.clone(), Err(locked));
        }
        let mut after = Credential { locked_until: None, ..credential.clone() };
        if proof == Proof::Right {
            after.failures.clear();
            let session = Session {
                staff_id: staff_id.to_owned(),
                good_for: self.good_for(&after, at),
                began_at: at,
                used_at: at,
            };
            return (after, Ok(session));
        }
        // A lock that ran out starts the count anew, or one more mistake would lock again.
        if credential.locked_until.is_some() {
            after.failures.clear();
        }
        let within = minutes(self.failures_within_minutes);
        after.failures.retain(|&failed| at.seconds_since(failed) < within);
        after.failures.push(at);
        if after.failures.len() < self.lock_after_failures {
            return (after, Err(SignInRefused::WrongPassword));
        }
        let until = at.plus_seconds(minutes(self.locked_for_minutes));
        after.locked_until = Some(until);
        (after, Err(SignInRefused::Locked { until }))
    }

    /// The session after one more use; what was not used for a while, or for too long, is over.
    pub fn session_use(&self, session: &Session, wanted: SessionUse, at: Moment) -> Result<Session, SessionRefused> {
        let too_old = at.seconds_since(session.began_at) >= minutes(self.session_longest_minutes);
        let idle = at.seconds_since(session.used_at) >= minutes(self.session_idle_minutes);
        match () {
            () if too_old => Err(SessionRefused::SessionOver),
            () if idle => Err(SessionRefused::SessionIdle { minutes: self.session_idle_minutes }),
            () if wanted > session.good_for => Err(SessionRefused::PasswordMustChange),
            // A clock set back shortens nobody's session.
            () => Ok(Session { used_at: at.max(session.used_at), ..session.clone() }),
        }
    }

    fn good_for(&self, credential: &Credential, at: Moment) -> SessionUse {
        let days = (at.day().day_number() - credential.changed_at.day().day_number()).max(0);
        let is_old = self.password_days > 0 && i64::from(days) >= i64::from(self.password_days);
        match credential.origin {
            PasswordOrigin::Chosen if !is_old => SessionUse::Work,
            PasswordOrigin::Chosen | PasswordOrigin::Given => SessionUse::PasswordChange,
        }
    }
}

impl Credential {
    /// Of a password just set.
    pub fn new(origin: PasswordOrigin, at: Moment) -> Credential {
        Credential { origin, changed_at: at, failures: Vec::new(), locked_until: None }
    }
}

/// Letters without capitals, as Chinese ones: they count as others.
fn is_caseless(letter: char) -> bool {
    letter.is_alphabetic() && !letter.is_lowercase() && !letter.is_uppercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::example::{moment, rules};

    #[test]
    fn a_password_is_long_mixed_and_says_nothing_known() {
        let rules = rules().sign_in;
        let check = |new: &str, expect: Result<(), &str>| {
            let told = rules.check_password("Zhang3", new, Some("Before-2026x"));
            assert_eq!(told.map_err(|refused| refused.code()), expect, "{new}");
        };
        check("river-Lamp-42", Ok(()));
        check("short-4A", Err("E-AU-71"));
        check(&"aB3-".repeat(40), Err("E-AU-72"));
        check("my-zHANG3-lamp", Err("E-AU-73"));
        check("my-PassWord-42", Err("E-AU-74"));
        check("riverlamplight", Err("E-AU-75"));
        check("Before-2026x", Err("E-AU-76"));
        assert_eq!(rules.check_password("R", "river-Lamp-42", None), Ok(()));
        // Ten characters, not ten bytes.
        check("\u{6cb3}\u{706f}\u{6cb3}\u{706f}aB3", Err("E-AU-71"));
        check("\u{6cb3}\u{706f}\u{6cb3}\u{706f}\u{6cb3}\u{706f}\u{6cb3}aB3", Ok(()));
    }

    /// Attempts as `R` and `W` with minutes between them, from noon: what each gives.
    fn attempts(rules: &SignInRules, text: &str) -> String {
        let mut credential = Credential::new(PasswordOrigin::Chosen, moment("2026-06-01 09:00"));
        let mut at = moment("2026-06-10 12:00");
        let mut told = String::new();
        for word in text.split(' ') {
            let proof = match word {
                "R" => Proof::Right,
                "W" => Proof::Wrong,
                pause => {
                    at = at.plus_seconds(pause.parse::<i64>().unwrap() * 60);
                    continue;
                }
            };
            let (after, given) = rules.sign_in(&credential, "A", proof, at);
            credential = after;
            told += match given {
                Ok(_) => "in ",
                Err(SignInRefused::Locked { .. }) => "locked ",
                Err(SignInRefused::WrongPassword) => "wrong ",
            };
        }
        told.trim_end().to_owned()
    }

    #[test]
    fn too_many_failures_lock_for_a_while() {
        let shipped = rules().sign_in;
        let check = |text: &str, expect: &str| assert_eq!(attempts(&shipped, text), expect, "{text}");
        check("W W W W R", "wrong wrong wrong wrong in");
        check("W W W W W R", "wrong wrong wrong wrong locked locked");
        // A right one forgets the wrong ones.
        check("W W W W R W W W W R", "wrong wrong wrong wrong in wrong wrong wrong wrong in");
        // Those of long ago no longer count.
        check("W W W W 15 W R", "wrong wrong wrong wrong wrong in");
        check("W W W W 14 W R", "wrong wrong wrong wrong locked locked");
        // The lock runs out, and the count begins anew.
        check("W W W W W 29 R 1 R", "wrong wrong wrong wrong locked locked in");
        check("W W W W W 30 W R", "wrong wrong wrong wrong locked wrong in");
        // Even where failures count for longer than a lock lasts.
        let longer = SignInRules { failures_within_minutes: 600, ..shipped.clone() };
        assert_eq!(attempts(&longer, "W W W W W 30 W R"), "wrong wrong wrong wrong locked wrong in");
    }

    #[test]
    fn a_given_or_old_password_is_good_for_its_change_only() {
        let rules = rules().sign_in;
        let check = |origin, changed: &str, expect| {
            let at = moment("2026-06-10 12:00");
            let (_, session) = rules.sign_in(&Credential::new(origin, moment(changed)), "A", Proof::Right, at);
            assert_eq!(session.unwrap().good_for, expect, "{changed}");
        };
        check(PasswordOrigin::Chosen, "2026-06-10 08:00", SessionUse::Work);
        check(PasswordOrigin::Given, "2026-06-10 08:00", SessionUse::PasswordChange);
        check(PasswordOrigin::Chosen, "2026-03-13 23:00", SessionUse::Work);
        check(PasswordOrigin::Chosen, "2026-03-12 23:00", SessionUse::PasswordChange);
    }

    #[test]
    fn a_session_ends_by_rest_by_age_and_serves_only_its_use() {
        let rules = rules().sign_in;
        let check = |good_for, began: &str, used: &str, expect: Result<&str, &str>| {
            let session =
                Session { staff_id: "A".to_owned(), good_for, began_at: moment(began), used_at: moment(used) };
            let told = rules.session_use(&session, SessionUse::Work, moment("2026-06-10 18:00"));
            let told = told.map(|session| session.used_at.to_string());
            assert_eq!(told.as_deref().map_err(|refused| refused.code()), expect, "{began} {used}");
        };
        let (work, change) = (SessionUse::Work, SessionUse::PasswordChange);
        check(work, "2026-06-10 09:00", "2026-06-10 17:31", Ok("2026-06-10 18:00:00"));
        check(work, "2026-06-10 08:00", "2026-06-10 17:59", Err("E-AU-79"));
        check(work, "2026-06-10 09:00", "2026-06-10 17:30", Err("E-AU-80"));
        check(change, "2026-06-10 17:50", "2026-06-10 17:50", Err("E-AU-81"));
        check(work, "2026-06-10 09:00", "2026-06-10 18:20", Ok("2026-06-10 18:20:00"));
    }
}
