//! Signing in and out; who a token speaks for.

use crate::desk::{Begun, Call, Desk, PAGE, refusal, required, stored};
use crate::failure::{Outcome, refused};
use crate::staff::Employee;
use authority::{Credential, PasswordOrigin, Proof, Role, Session, SessionUse, Staff, Target, UseCase};
use serde::{Deserialize, Serialize};
use store::access::{PasswordCheck, Secret, password_check, password_hash};
use store::{ApiTokenRow, CredentialRow, Kept, Once, SessionRow, Stamp, Tx};
use units::Moment;

/// A session that has begun (登录结果). The token is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub token: String,
    pub staff_id: String,
    pub good_for: SessionUse,
    pub expires_at: Moment,
}

/// A program's key to the API, as its owner named it (接口令牌).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenScope {
    pub label: String,
    pub only: Vec<UseCase>,
}

/// A program's key just made. The key itself is shown this once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenMade {
    pub token_id: String,
    /// `None` when the same command is heard again: what was lost is revoked and made anew.
    pub token: Option<String>,
}

/// A program's key in a list (接口令牌).
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TokenView {
    pub token_id: String,
    #[serde(flatten)]
    pub scope: TokenScope,
    pub expires_at: Option<Moment>,
    pub revoked_at: Option<Moment>,
}

/// Who writes where nobody has signed in yet.
const NOBODY: &str = "-";

/// Checks a password and begins a session. Unknown people and wrong passwords are told the same.
pub async fn sign_in(desk: &Desk, staff_id: &str, password: &str, at: Moment) -> Outcome<SignedIn> {
    let rules = &desk.rules.authority.sign_in;
    if password.len() > rules.longest_password_bytes {
        return refused("E-AU-78", &[]);
    }
    let kept: Option<Kept<CredentialRow, Credential>> = desk.store.load(staff_id).await?;
    if let Some(kept) = &kept {
        rules.check_lock(&kept.body, at).map_err(|no| refusal(no.code(), no.facts()))?;
    }
    let hash = kept.as_ref().map(|kept| kept.row.password_hash.clone());
    let right = password_check(hash, password.to_owned()).await? == PasswordCheck::Right;
    let Some(kept) = kept else { return refused("E-AU-78", &[]) };
    let proof = if right { Proof::Right } else { Proof::Wrong };
    let (after, outcome) = rules.sign_in(&kept.body, staff_id, proof, at);
    let mut tx = desk.store.begin().await?;
    let stamp = Stamp { by: NOBODY, at };
    stored(tx.save(&kept.row, &after, kept.version, stamp).await?)?;
    let call = Call { staff_id: staff_id.to_owned(), only: None, at, key: None };
    match outcome {
        Err(no) => {
            tx.audit(call.audit("sign_in_refused", format!("staff/{staff_id}"), no.code()));
            tx.commit().await?;
            Err(refusal(no.code(), no.facts()))
        }
        Ok(session) => {
            // Whoever left, or has no post today, gets no session.
            let people = desk.people(at).await?;
            people.actor(&people.institution(&desk.rules.authority, at.day()), &call)?;
            begun(desk, tx, &call, session, "").await
        }
    }
}

/// Keeps a session that begins; the token leaves with it and is kept as a hash alone.
async fn begun(desk: &Desk, mut tx: Tx, call: &Call, session: Session, why: &str) -> Outcome<SignedIn> {
    let (secret, at) = (Secret::fresh(), call.at);
    let expires_at = at.plus_seconds(i64::from(desk.rules.authority.sign_in.session_longest_minutes) * 60);
    let staff_id = call.staff_id.clone();
    let row = SessionRow { session_hash: secret.hash, staff_id: staff_id.clone(), opened_at: at, seen_at: at, expires_at, closed_at: None };
    stored(tx.save(&row, &session, 0, Stamp { by: NOBODY, at }).await?)?;
    tx.audit(call.audit("sign_in", format!("staff/{staff_id}"), why));
    tx.commit().await?;
    Ok(SignedIn { token: secret.token, staff_id, good_for: session.good_for, expires_at })
}

/// Uses up the state of a sign-in elsewhere: once.
pub async fn state_use(desk: &Desk, state: &str, at: Moment) -> Outcome<()> {
    let (tx, stamp) = (desk.store.begin().await?, Stamp { by: NOBODY, at });
    let key = format!("oidc {}", Secret::hash_of(state));
    match tx.once::<()>(&key, "", stamp).await? {
        Once::First => {
            tx.once_result(&key, &(), stamp).await?;
            Ok(tx.commit().await?)
        }
        Once::Again(()) | Once::OtherInput => refused("E-SI-04", &[]),
    }
}

/// Begins a session for whom an identity provider vouches. Who is not on the staff list, left, or has no post today
/// gets none.
pub async fn sign_in_vouched(desk: &Desk, staff_id: &str, at: Moment) -> Outcome<SignedIn> {
    vouched(desk, staff_id, "oidc", at).await
}

async fn vouched(desk: &Desk, staff_id: &str, by: &str, at: Moment) -> Outcome<SignedIn> {
    let call = Call { staff_id: staff_id.to_owned(), only: None, at, key: None };
    let people = desk.people(at).await?;
    people.actor(&people.institution(&desk.rules.authority, at.day()), &call)?;
    let session = Session { staff_id: staff_id.to_owned(), good_for: SessionUse::Work, began_at: at, used_at: at };
    begun(desk, desk.store.begin().await?, &call, session, by).await
}

/// One person of each role, by identity, where the institution is the demo; nobody elsewhere.
pub async fn demo_people(desk: &Desk, at: Moment) -> Outcome<Vec<(Role, String, String)>> {
    if !desk.open.config.demo {
        return Ok(Vec::new());
    }
    let people = desk.people(at).await?;
    let first = |role: Role| {
        let holds = |staff: &Staff| staff.is_employed() && staff.posts_on(at.day()).any(|post| post.role == role);
        let mut holders: Vec<&Employee> = people.employees.iter().filter(|employee| holds(&employee.staff)).collect();
        // Whoever has work to show goes before who has none; whoever does nothing else shows a role best.
        holders.sort_by_key(|employee| (employee.work.is_none(), employee.staff.posts.len()));
        holders.first().map(|employee| (role, employee.staff.staff_id.clone(), employee.staff.name.clone()))
    };
    Ok(Role::ALL.iter().filter_map(|&role| first(role)).collect())
}

/// Begins a session as one of the demo's people, without a password; refused anywhere else.
pub async fn sign_in_demo(desk: &Desk, staff_id: &str, at: Moment) -> Outcome<SignedIn> {
    if !desk.open.config.demo {
        return refused("E-SI-09", &[]);
    }
    vouched(desk, staff_id, "demo", at).await
}

/// Whom a token speaks for now; for work, unless only a password is to be changed.
pub async fn call(desk: &Desk, token: &str, at: Moment) -> Outcome<Call> {
    call_for(desk, token, SessionUse::Work, at).await
}

async fn call_for(desk: &Desk, token: &str, wanted: SessionUse, at: Moment) -> Outcome<Call> {
    let hash = Secret::hash_of(token);
    let session: Option<Kept<SessionRow, Session>> = desk.store.load(&hash).await?;
    if let Some(kept) = session {
        if kept.row.closed_at.is_some() {
            return refused("E-AU-79", &[]);
        }
        let used = Session { used_at: kept.row.seen_at, ..kept.body };
        desk.rules.authority.sign_in.session_use(&used, wanted, at).map_err(|no| refusal(no.code(), no.facts()))?;
        // A minute's grain keeps reading from becoming writing.
        if at.seconds_since(kept.row.seen_at) >= 60 {
            let tx = desk.store.begin().await?;
            tx.session_seen(&hash, at).await?;
            tx.commit().await?;
        }
        return Ok(Call { staff_id: kept.row.staff_id, only: None, at, key: None });
    }
    let token: Option<Kept<ApiTokenRow, TokenScope>> = desk.store.load(&hash).await?;
    match token {
        Some(kept) if kept.row.revoked_at.is_none() && kept.row.expires_at.is_none_or(|end| at < end) => {
            Ok(Call { staff_id: kept.row.staff_id, only: Some(kept.body.only), at, key: None })
        }
        _ => refused("E-SI-02", &[]),
    }
}

/// Ends the session of a token; a second time changes nothing.
pub async fn sign_out(desk: &Desk, token: &str, at: Moment) -> Outcome<()> {
    let hash = Secret::hash_of(token);
    let Some(kept): Option<Kept<SessionRow, Session>> = desk.store.load(&hash).await? else { return Ok(()) };
    if kept.row.closed_at.is_some() {
        return Ok(());
    }
    let mut tx = desk.store.begin().await?;
    let row = SessionRow { closed_at: Some(at), ..kept.row };
    stored(tx.save(&row, &kept.body, kept.version, Stamp { by: &row.staff_id, at }).await?)?;
    let call = Call { staff_id: row.staff_id.clone(), only: None, at, key: None };
    tx.audit(call.audit("sign_out", format!("staff/{}", row.staff_id), ""));
    Ok(tx.commit().await?)
}

/// The old password and the one that is to take its place.
pub struct PasswordChange<'a> {
    pub old: &'a str,
    pub new: &'a str,
}

/// Sets a password of the person's own; every session of the person ends, and a new one begins with the next sign-in.
pub async fn password_change(desk: &Desk, token: &str, key: Option<&str>, said: PasswordChange<'_>, at: Moment) -> Outcome<()> {
    let PasswordChange { old, new } = said;
    // The command that ended the session is answered under its key, though the session is over.
    if let Some(over) = closed_call(desk, token, key, at).await?
        && let Begun::Again(first) = desk.begin(&over, "password_change", &()).await?
    {
        return heard_with(&over, first, new).await;
    }
    let call = Call { key: key.map(str::to_owned), ..call_for(desk, token, SessionUse::PasswordChange, at).await? };
    let rules = &desk.rules.authority.sign_in;
    let kept: Kept<CredentialRow, Credential> = desk.load(&desk.store, "credential", &call.staff_id).await?;
    rules.check_lock(&kept.body, at).map_err(|no| refusal(no.code(), no.facts()))?;
    let right = password_check(Some(kept.row.password_hash.clone()), old.to_owned()).await? == PasswordCheck::Right;
    if !right {
        return refused("E-AU-78", &[]);
    }
    rules.check_password(&call.staff_id, new, Some(old)).map_err(|no| refusal(no.code(), no.facts()))?;
    let row = CredentialRow { staff_id: call.staff_id.clone(), password_hash: password_hash(new.to_owned()).await? };
    let mut tx = match desk.begin(&call, "password_change", &()).await? {
        Begun::Again(first) => return heard_with(&call, first, new).await,
        Begun::First(tx) => tx,
    };
    stored(tx.save(&row, &Credential::new(PasswordOrigin::Chosen, at), kept.version, call.stamp()).await?)?;
    tx.session_close_all(&call.staff_id, at).await?;
    tx.audit(call.audit("password_change", format!("staff/{}", call.staff_id), ""));
    desk.commit(tx, &call, row.password_hash).await?;
    Ok(())
}

/// Who had a session that was closed, if a command is named that may have closed it.
async fn closed_call(desk: &Desk, token: &str, key: Option<&str>, at: Moment) -> Outcome<Option<Call>> {
    let Some(key) = key else { return Ok(None) };
    let session: Option<Kept<SessionRow, Session>> = desk.store.load(&Secret::hash_of(token)).await?;
    let closed = session.filter(|kept| kept.row.closed_at.is_some());
    Ok(closed.map(|kept| Call { staff_id: kept.row.staff_id, only: None, at, key: Some(key.to_owned()) }))
}

/// A password command heard again. What is kept of the first is the hash of its password and no digest, which
/// would be quicker to guess from; another password is another input.
pub(crate) async fn heard_with(call: &Call, first: String, password: &str) -> Outcome<()> {
    match password_check(Some(first), password.to_owned()).await? {
        PasswordCheck::Right => Ok(()),
        PasswordCheck::Wrong => refused("E-AP-03", &[("key", &call.key.as_deref().unwrap_or_default())]),
    }
}

/// A password an administrator hands over: good for nothing but choosing another.
pub async fn password_give(desk: &Desk, call: &Call, staff_id: &str, password: &str) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    let hash = given_hash(desk, staff_id, password).await?;
    let mut tx = match desk.begin(call, "password_give", &staff_id).await? {
        Begun::Again(first) => return heard_with(call, first, password).await,
        Begun::First(tx) => tx,
    };
    set_given(&mut tx, call, staff_id, &hash).await?;
    desk.commit(tx, call, hash).await?;
    Ok(())
}

/// The hash of a password that may be given to somebody; made before anything is held, for it takes long.
pub(crate) async fn given_hash(desk: &Desk, staff_id: &str, password: &str) -> Outcome<String> {
    let rules = &desk.rules.authority.sign_in;
    rules.check_password(staff_id, password, None).map_err(|no| refusal(no.code(), no.facts()))?;
    Ok(password_hash(password.to_owned()).await?)
}

pub(crate) async fn set_given(tx: &mut Tx, call: &Call, staff_id: &str, hash: &str) -> Outcome<()> {
    let row = CredentialRow { staff_id: staff_id.to_owned(), password_hash: hash.to_owned() };
    let kept: Option<Kept<CredentialRow, Credential>> = tx.load(staff_id).await?;
    let over = kept.map_or(0, |kept| kept.version);
    stored(tx.save(&row, &Credential::new(PasswordOrigin::Given, call.at), over, call.stamp()).await?)?;
    tx.session_close_all(staff_id, call.at).await?;
    tx.audit(call.audit("password_give", format!("staff/{staff_id}"), ""));
    Ok(())
}

/// A key for a program that acts for the caller, within these use cases, until a day.
pub async fn token_make(desk: &Desk, call: &Call, scope: TokenScope, expires_at: Option<Moment>) -> Outcome<TokenMade> {
    required("label", &scope.label)?;
    may_manage(desk, call).await?;
    let mut tx = match desk.begin(call, "token_make", &(&scope, expires_at)).await? {
        Begun::Again(done) => return Ok(done),
        Begun::First(tx) => tx,
    };
    let secret = Secret::fresh();
    let row = ApiTokenRow { token_hash: secret.hash.clone(), staff_id: call.staff_id.clone(), expires_at, revoked_at: None };
    stored(tx.save(&row, &scope, 0, call.stamp()).await?)?;
    let token_id = token_id(&row);
    tx.audit(call.audit("token_make", format!("token/{token_id}"), &scope.label));
    // The token lies nowhere in the clear, not with the answer that is kept either.
    let done = desk.commit(tx, call, TokenMade { token_id, token: None }).await?;
    Ok(TokenMade { token: Some(secret.token), ..done })
}

async fn may_manage(desk: &Desk, call: &Call) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    let own = Target { owner: Some(call.staff_id.clone()), ..Target::default() };
    desk.may(&people, call, UseCase::TokenManage, &own)?;
    Ok(())
}

/// As a token is spoken of: the beginning of its hash.
fn token_id(row: &ApiTokenRow) -> String {
    row.token_hash[..12].to_owned()
}

/// The caller's keys for programs, revoked ones too.
pub async fn token_list(desk: &Desk, call: &Call) -> Outcome<Vec<TokenView>> {
    may_manage(desk, call).await?;
    let page = desk.store.api_token_of_staff::<TokenScope>(&call.staff_id, None, PAGE).await?;
    let view = |kept: Kept<ApiTokenRow, TokenScope>| TokenView {
        token_id: token_id(&kept.row),
        scope: kept.body,
        expires_at: kept.row.expires_at,
        revoked_at: kept.row.revoked_at,
    };
    Ok(page.rows.into_iter().map(view).collect())
}

/// Takes a key for programs out of use; a second time changes nothing.
pub async fn token_revoke(desk: &Desk, call: &Call, wanted: &str) -> Outcome<()> {
    may_manage(desk, call).await?;
    let mut tx = match desk.begin(call, "token_revoke", &wanted).await? {
        Begun::Again(()) => return Ok(()),
        Begun::First(tx) => tx,
    };
    let own = tx.api_token_of_staff::<TokenScope>(&call.staff_id, None, PAGE).await?;
    let Some(kept) = own.rows.into_iter().find(|kept| token_id(&kept.row) == wanted) else {
        return refused("E-AP-01", &[("what", &"token"), ("id", &wanted)]);
    };
    if kept.row.revoked_at.is_none() {
        let row = ApiTokenRow { revoked_at: Some(call.at), ..kept.row };
        stored(tx.save(&row, &kept.body, kept.version, call.stamp()).await?)?;
        tx.audit(call.audit("token_revoke", format!("token/{wanted}"), &kept.body.label));
    }
    desk.commit(tx, call, ()).await
}
