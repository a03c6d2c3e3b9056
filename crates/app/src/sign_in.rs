//! Signing in and out; who a token speaks for.

use crate::desk::{Call, Desk, refusal, required, stored};
use crate::failure::{Outcome, refused};
use authority::{Credential, PasswordOrigin, Proof, Role, Session, SessionUse, Staff, Target, UseCase};
use serde::{Deserialize, Serialize};
use store::access::{PasswordCheck, Secret, password_check, password_hash};
use store::{ApiTokenRow, CredentialRow, Kept, SessionRow, Stamp, Tx};
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
            session_begin(desk, tx, &call, session, "").await
        }
    }
}

/// Begins a session for a person whose identity is proved; `by` says how, when not by a password.
async fn session_begin(desk: &Desk, mut tx: Tx, call: &Call, session: Session, by: &str) -> Outcome<SignedIn> {
    // Whoever left, or has no post today, gets no session.
    let people = desk.people(call.at).await?;
    people.actor(&people.institution(&desk.rules.authority, call.at.day()), call)?;
    let secret = Secret::fresh();
    let expires_at = call.at.plus_seconds(i64::from(desk.rules.authority.sign_in.session_longest_minutes) * 60);
    let row = SessionRow {
        session_hash: secret.hash,
        staff_id: call.staff_id.clone(),
        opened_at: call.at,
        seen_at: call.at,
        expires_at,
        closed_at: None,
    };
    stored(tx.save(&row, &session, 0, Stamp { by: NOBODY, at: call.at }).await?)?;
    tx.audit(call.audit("sign_in", format!("staff/{}", call.staff_id), by));
    tx.commit().await?;
    Ok(SignedIn { token: secret.token, staff_id: call.staff_id.clone(), good_for: session.good_for, expires_at })
}

/// One person of each role, by identity, where the institution is the demo; nobody elsewhere.
pub async fn demo_people(desk: &Desk, at: Moment) -> Outcome<Vec<(Role, String, String)>> {
    if !desk.open.config.demo {
        return Ok(Vec::new());
    }
    let people = desk.people(at).await?;
    let first = |role: Role| {
        let holds = |staff: &&Staff| staff.is_employed() && staff.posts_on(at.day()).any(|post| post.role == role);
        // Whoever has work to show goes before who has none.
        let mut holders: Vec<&Staff> = people.staff.iter().filter(holds).collect();
        holders.sort_by_key(|staff| staff.posts.len());
        holders.first().map(|staff| (role, staff.staff_id.clone(), staff.name.clone()))
    };
    Ok(Role::ALL.iter().filter_map(|&role| first(role)).collect())
}

/// Begins a session as one of the demo's people, without a password; refused anywhere else.
pub async fn sign_in_demo(desk: &Desk, staff_id: &str, at: Moment) -> Outcome<SignedIn> {
    if !desk.open.config.demo {
        return refused("E-SI-03", &[]);
    }
    let call = Call { staff_id: staff_id.to_owned(), only: None, at, key: None };
    session_begin(desk, desk.store.begin().await?, &call, Session { staff_id: staff_id.to_owned(), good_for: SessionUse::Work, began_at: at, used_at: at }, "demo").await
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

/// Sets a password of the person's own; every session of the person ends, and a new one begins with the next sign-in.
pub async fn password_change(desk: &Desk, token: &str, old: &str, new: &str, at: Moment) -> Outcome<()> {
    let call = call_for(desk, token, SessionUse::PasswordChange, at).await?;
    let rules = &desk.rules.authority.sign_in;
    let kept: Kept<CredentialRow, Credential> = desk.load(&desk.store, "credential", &call.staff_id).await?;
    rules.check_lock(&kept.body, at).map_err(|no| refusal(no.code(), no.facts()))?;
    let right = password_check(Some(kept.row.password_hash.clone()), old.to_owned()).await? == PasswordCheck::Right;
    if !right {
        return refused("E-AU-78", &[]);
    }
    rules.check_password(&call.staff_id, new, Some(old)).map_err(|no| refusal(no.code(), no.facts()))?;
    let row = CredentialRow { staff_id: call.staff_id.clone(), password_hash: password_hash(new.to_owned()).await? };
    let mut tx = desk.store.begin().await?;
    stored(tx.save(&row, &Credential::new(PasswordOrigin::Chosen, at), kept.version, call.stamp()).await?)?;
    tx.session_close_all(&call.staff_id, at).await?;
    tx.audit(call.audit("password_change", format!("staff/{}", call.staff_id), ""));
    Ok(tx.commit().await?)
}

/// A password an administrator hands over: good for nothing but choosing another.
pub async fn password_give(desk: &Desk, call: &Call, staff_id: &str, password: &str) -> Outcome<()> {
    let people = desk.people(call.at).await?;
    desk.may(&people, call, UseCase::StaffManage, &Target::default())?;
    set_given(desk, call, staff_id, password).await
}

pub(crate) async fn set_given(desk: &Desk, call: &Call, staff_id: &str, password: &str) -> Outcome<()> {
    let rules = &desk.rules.authority.sign_in;
    rules.check_password(staff_id, password, None).map_err(|no| refusal(no.code(), no.facts()))?;
    let row = CredentialRow { staff_id: staff_id.to_owned(), password_hash: password_hash(password.to_owned()).await? };
    let mut tx = desk.store.begin().await?;
    let kept: Option<Kept<CredentialRow, Credential>> = tx.load(staff_id).await?;
    let over = kept.map_or(0, |kept| kept.version);
    stored(tx.save(&row, &Credential::new(PasswordOrigin::Given, call.at), over, call.stamp()).await?)?;
    tx.session_close_all(staff_id, call.at).await?;
    tx.audit(call.audit("password_give", format!("staff/{staff_id}"), ""));
    Ok(tx.commit().await?)
}

/// A key for a program that acts for the caller, within these use cases, until a day.
pub async fn token_make(desk: &Desk, call: &Call, scope: TokenScope, expires_at: Option<Moment>) -> Outcome<String> {
    required("label", &scope.label)?;
    let people = desk.people(call.at).await?;
    let own = Target { owner: Some(call.staff_id.clone()), ..Target::default() };
    desk.may(&people, call, UseCase::TokenManage, &own)?;
    let secret = Secret::fresh();
    let row = ApiTokenRow { token_hash: secret.hash.clone(), staff_id: call.staff_id.clone(), expires_at, revoked_at: None };
    let mut tx = desk.store.begin().await?;
    stored(tx.save(&row, &scope, 0, call.stamp()).await?)?;
    tx.audit(call.audit("token_make", format!("token/{}", &secret.hash[..12]), &scope.label));
    tx.commit().await?;
    Ok(secret.token)
}
