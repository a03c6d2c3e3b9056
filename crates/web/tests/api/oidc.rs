//! Signing in with an identity provider: a small one on loopback, honest at first, then cheating in every way there is.

use crate::bench::{Answer, Bench};
use axum::extract::{Json, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::Router;
use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

/// Two keys made for this test; the first is the provider's, and this its public half.
const OWN: &[u8] = include_bytes!("issuer.der");
const OTHER: &[u8] = include_bytes!("other.der");
const MODULUS: &str = "90qed5aRvQIc0Zi3z4spAi3j2NwOA98CR5NmvHEyE9dfqA35tDEUfYEkd5jG-ZbcwGhKvm52b3Zpn4eDwvATtcFgEnVotNhGKcBOwl9qEjgl8-qBJ_0pPNHE\
    wL1f9_W6nM7LEgjYd0zHBzQOQ_aaKAgBPAtJM9mLKRi9CyqZ0uug2EOtva8BmH35MwQTn0hgl_Ab9Xzz0MkyDJTJFA-rq6JFRbW8ZG6JeIgbljy0-8hMIhiQ\
    2u1TxPddsFb_NoMPpUJjcuIZ99WHTF1cC3vOBl3KUKxgnD1LJ_I4bSkWrIYb8Y2Gu6xUQcuwAsoFF6uuTpbXgxGsCMMz50MwqSuQTQ";

/// How the provider answers next.
#[derive(Clone)]
struct Manner {
    header: Header,
    key: EncodingKey,
    claims: Value,
}

/// What was asked of the provider last, as it must come.
#[derive(Default)]
struct Seen {
    challenge: String,
    nonce: String,
}

struct Provider {
    address: String,
    manner: Mutex<Option<Manner>>,
    seen: Mutex<Seen>,
}

fn unix(seconds_from_now: i64) -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64 + seconds_from_now
}

async fn token(State(provider): State<Arc<Provider>>, headers: HeaderMap, form: String) -> Result<Json<Value>, StatusCode> {
    let form: HashMap<&str, &str> = form.split('&').filter_map(|pair| pair.split_once('=')).collect();
    // postloan:a+secret, as the header takes it.
    let is_ours = headers["authorization"] == "Basic cG9zdGxvYW46YSUyQnNlY3JldA==";
    let digest = Sha256::digest(form["code_verifier"].as_bytes());
    let expected = provider.seen.lock().unwrap().challenge.clone();
    if !is_ours || form["code"] != "good" || form["grant_type"] != "authorization_code" || base64url(&digest) != expected {
        return Err(StatusCode::BAD_REQUEST);
    }
    let manner = provider.manner.lock().unwrap().clone().unwrap();
    let mut claims = manner.claims;
    if claims.get("nonce").is_none() {
        claims["nonce"] = provider.seen.lock().unwrap().nonce.clone().into();
    }
    Ok(Json(json!({ "access_token": "x", "token_type": "Bearer", "id_token": encode(&manner.header, &claims, &manner.key).unwrap() })))
}

fn base64url(bytes: &[u8]) -> String {
    const SIGNS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let bits: Vec<u8> = bytes.iter().flat_map(|byte| (0..8).rev().map(move |at| byte >> at & 1)).collect();
    let sign = |six: &[u8]| char::from(SIGNS[usize::from((0..6).fold(0, |value, at| value << 1 | six.get(at).unwrap_or(&0)))]);
    bits.chunks(6).map(sign).collect()
}

impl Provider {
    fn start(runtime: &Runtime) -> Arc<Provider> {
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let provider = Arc::new(Provider { address, manner: Mutex::default(), seen: Mutex::default() });
        let description = |State(provider): State<Arc<Provider>>| async move {
            let at = |path: &str| format!("{}{path}", provider.address);
            let said = json!({ "issuer": at(""), "authorization_endpoint": at("/authorize"), "token_endpoint": at("/token"), "jwks_uri": at("/keys") });
            Json(said)
        };
        let keys = || async { Json(json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": "k1", "n": MODULUS, "e": "AQAB" }] })) };
        let routes = Router::new().route("/.well-known/openid-configuration", get(description)).route("/keys", get(keys));
        let routes = routes.route("/token", post(token)).with_state(provider.clone());
        runtime.spawn(async move { axum::serve(listener, routes).await });
        provider
    }

    fn configuration(&self) -> String {
        format!(
            "\n[oidc]\nissuer = \"{}\"\nclient_id = \"postloan\"\nclient_secret_file = \"../oidc.secret\"\n\
             redirect_uri = \"https://postloan.example/back\"\nstaff_claim = \"employee\"\n",
            self.address
        )
    }

    /// What an honest one says of C0001.
    fn honest(&self) -> Manner {
        let claims = json!({ "iss": self.address, "aud": "postloan", "exp": unix(300), "iat": unix(0), "sub": "42", "employee": "C0001" });
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::RS256) };
        Manner { header, key: EncodingKey::from_rsa_der(OWN), claims }
    }
}

/// The state of a sign-in that has begun; the provider sees what the browser would bring it.
fn begin(bench: &Bench, provider: &Provider) -> String {
    let door = bench.send("GET", "/api/v1/sessions/oidc/start", None, None, None);
    assert_eq!(door.status, 200, "{}", door.body);
    let address = door.body["address"].as_str().unwrap();
    let (place, asked) = address.split_once('?').unwrap();
    let asked: HashMap<&str, &str> = asked.split('&').filter_map(|pair| pair.split_once('=')).collect();
    assert_eq!((place, asked["code_challenge_method"]), (format!("{}/authorize", provider.address).as_str(), "S256"));
    assert_eq!((asked["client_id"], asked["redirect_uri"]), ("postloan", "https%3A%2F%2Fpostloan.example%2Fback"));
    *provider.seen.lock().unwrap() = Seen { challenge: asked["code_challenge"].to_owned(), nonce: asked["nonce"].to_owned() };
    asked["state"].to_owned()
}

fn back(bench: &Bench, state: &str) -> Answer {
    bench.send("GET", &format!("/api/v1/sessions/oidc/callback?state={state}&code=good&session_state=1"), None, None, None)
}

fn with(test: impl FnOnce(&Bench, &Provider)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let provider = Provider::start(&runtime);
    let bench = Bench::configured(&provider.configuration(), &[("oidc.secret", "a+secret\n")]);
    test(&bench, &provider);
}

#[test]
fn whom_the_provider_vouches_for_is_signed_in_once() {
    with(|bench, provider| {
        *provider.manner.lock().unwrap() = Some(provider.honest());
        let state = begin(bench, provider);
        let signed = back(bench, &state);
        assert_eq!((signed.status, &signed.body["staff_id"], &signed.body["good_for"]), (201, &json!("C0001"), &json!("work")), "{}", signed.body);
        assert_eq!(bench.get("/api/v1/me", signed.body["token"].as_str().unwrap()).body["staff_id"], "C0001");
        let replayed = back(bench, &state);
        assert_eq!((replayed.status, replayed.body["code"].as_str()), (401, Some("E-SI-04")), "a state serves once");
        let state = begin(bench, provider);
        let posted = bench.post("/api/v1/sessions/oidc/callback", None, json!({ "state": state, "code": "good" }), None);
        assert_eq!(posted.status, 201, "{}", posted.body);
        assert!(!bench.sign_in("C0001").is_empty(), "the password door stays");
    });
}

#[test]
fn every_way_to_cheat_is_refused() {
    with(|bench, provider| {
        let check = |what: &str, change: &dyn Fn(&mut Manner), expect: (u16, &str, &str)| {
            let mut manner = provider.honest();
            change(&mut manner);
            *provider.manner.lock().unwrap() = Some(manner);
            let answer = back(bench, &begin(bench, provider));
            let told = (answer.status, answer.body["code"].as_str().unwrap_or("-"), answer.body["facts"]["reason"].as_str().unwrap_or(""));
            assert_eq!(told, expect, "{what}: {}", answer.body);
        };
        let claim = |name: &'static str, value: Value| move |manner: &mut Manner| manner.claims[name] = value.clone();
        let no = |reason: &'static str| (401, "E-SI-06", reason);
        check("another issuer", &claim("iss", json!("https://elsewhere.example")), no("id_token_fault.issuer"));
        check("another audience", &claim("aud", json!("another")), no("id_token_fault.audience"));
        check("for several, asked by another", &claim("aud", json!(["postloan", "another"])), no("id_token_fault.audience"));
        check("another sign-in", &claim("nonce", json!("0")), no("id_token_fault.nonce"));
        check("run out", &claim("exp", json!(unix(-3600))), no("id_token_fault.expired"));
        check("not yet", &claim("nbf", json!(unix(3600))), no("id_token_fault.expired"));
        check("nobody named", &claim("employee", json!(7)), no("id_token_fault.claim"));
        check("another key", &|manner| manner.key = EncodingKey::from_rsa_der(OTHER), no("id_token_fault.signature"));
        check("an unknown key", &|manner| manner.header.kid = Some("k2".to_owned()), no("id_token_fault.key"));
        let shared = |manner: &mut Manner| {
            manner.header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::HS256) };
            manner.key = EncodingKey::from_secret(MODULUS.as_bytes());
        };
        check("signed with what everybody knows", &shared, no("id_token_fault.algorithm"));
        check("not on the staff list", &claim("employee", json!("X9999")), (403, "E-AU-21", ""));

        let administrator = bench.sign_in("A0001");
        let gone = bench.send("PUT", "/api/v1/staff/C0001/employment", Some(&administrator), Some(r#"{"employment":"left"}"#), None);
        assert_eq!(gone.status, 200, "{}", gone.body);
        check("has left", &|_| {}, (403, "E-AU-22", ""));
    });
}

#[test]
fn a_state_is_ours_young_and_unused() {
    with(|bench, provider| {
        *provider.manner.lock().unwrap() = Some(provider.honest());
        let refused = |state: &str| {
            let answer = back(bench, state);
            assert_eq!((answer.status, answer.body["code"].as_str()), (401, Some("E-SI-04")), "{state}");
        };
        let state = begin(bench, provider);
        let (stem, signature) = state.rsplit_once('.').unwrap();
        refused("made-up");
        refused(&format!("9{stem}.{signature}"));
        refused(&format!("{stem}.{}", "0".repeat(signature.len())));
        bench.set_clock("2026-11-20 10:10:00");
        refused(&state);
        let state = begin(bench, provider);
        let denied = bench.send("GET", &format!("/api/v1/sessions/oidc/callback?state={state}&error=access_denied"), None, None, None);
        assert_eq!((denied.status, denied.body["code"].as_str()), (401, Some("E-SI-08")));
        refused(&state);
        let state = begin(bench, provider);
        let stolen = bench.send("GET", &format!("/api/v1/sessions/oidc/callback?state={state}&code=stolen"), None, None, None);
        assert_eq!((stolen.status, stolen.body["code"].as_str()), (502, Some("E-SI-05")), "{}", stolen.body);
    });
}

#[test]
fn without_a_provider_there_is_no_such_door() {
    let bench = Bench::new();
    let door = bench.send("GET", "/api/v1/sessions/oidc/start", None, None, None);
    assert_eq!((door.status, door.body["code"].as_str()), (404, Some("E-SI-03")));
}
