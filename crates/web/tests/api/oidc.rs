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

    fn configuration(&self, back: &str) -> String {
        format!(
            "\n[oidc]\nissuer = \"{}\"\nclient_id = \"postloan\"\nclient_secret_file = \"../oidc.secret\"\n\
             redirect_uri = \"https://postloan.example{back}\"\nstaff_claim = \"employee\"\n",
            self.address
        )
    }

    /// Sees what the browser brings; the state to come back with.
    fn visited(&self, address: &str) -> String {
        let (place, asked) = address.split_once('?').unwrap();
        let asked: HashMap<&str, &str> = asked.split('&').filter_map(|pair| pair.split_once('=')).collect();
        assert_eq!((place, asked["code_challenge_method"]), (format!("{}/authorize", self.address).as_str(), "S256"));
        assert_eq!(asked["client_id"], "postloan");
        assert!(asked["redirect_uri"].starts_with("https%3A%2F%2Fpostloan.example%2F"));
        *self.seen.lock().unwrap() = Seen { challenge: asked["code_challenge"].to_owned(), nonce: asked["nonce"].to_owned() };
        asked["state"].to_owned()
    }

    /// What an honest one says of C0001.
    fn honest(&self) -> Manner {
        let claims = json!({ "iss": self.address, "aud": "postloan", "exp": unix(300), "iat": unix(0), "sub": "42", "employee": "C0001" });
        let header = Header { kid: Some("k1".to_owned()), ..Header::new(Algorithm::RS256) };
        Manner { header, key: EncodingKey::from_rsa_der(OWN), claims }
    }
}

/// A sign-in that has begun: its state, and the cookie of the browser.
#[derive(Clone)]
struct Begun {
    state: String,
    cookie: String,
}

fn begin(bench: &Bench, provider: &Provider) -> Begun {
    let door = bench.send("GET", "/api/v1/sessions/oidc/start", None, None, None);
    assert_eq!(door.status, 200, "{}", door.body);
    let (cookie, kept) = door.header("set-cookie").split_once(';').unwrap();
    assert_eq!(kept, " Path=/; HttpOnly; SameSite=Lax; Max-Age=600");
    Begun { state: provider.visited(door.body["address"].as_str().unwrap()), cookie: cookie.to_owned() }
}

/// Back from the provider, in the browser it was begun in.
fn back(bench: &Bench, Begun { state, cookie }: &Begun) -> Answer {
    back_with(bench, &format!("state={state}&code=good&session_state=1"), Some(cookie))
}

fn back_with(bench: &Bench, query: &str, cookie: Option<&str>) -> Answer {
    bench.send_from(cookie, "GET", &format!("/api/v1/sessions/oidc/callback?{query}"), None, None, None)
}

fn with(test: impl FnOnce(&Bench, &Provider)) {
    with_back("/back", test);
}

fn with_back(back: &str, test: impl FnOnce(&Bench, &Provider)) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let provider = Provider::start(&runtime);
    let bench = Bench::configured(&provider.configuration(back), &[("oidc.secret", "a+secret\n")]);
    test(&bench, &provider);
}

#[test]
fn whom_the_provider_vouches_for_is_signed_in_once() {
    with(|bench, provider| {
        *provider.manner.lock().unwrap() = Some(provider.honest());
        let begun = begin(bench, provider);
        let signed = back(bench, &begun);
        assert_eq!((signed.status, &signed.body["staff_id"], &signed.body["good_for"]), (201, &json!("C0001"), &json!("work")), "{}", signed.body);
        assert_eq!(bench.get("/api/v1/me", signed.body["token"].as_str().unwrap()).body["staff_id"], "C0001");
        let replayed = back(bench, &begun);
        assert_eq!((replayed.status, replayed.body["code"].as_str()), (401, Some("E-SI-04")), "a state serves once");
        let Begun { state, cookie } = begin(bench, provider);
        let said = json!({ "state": state, "code": "good" }).to_string();
        let posted = bench.send_from(Some(&cookie), "POST", "/api/v1/sessions/oidc/callback", None, Some(&said), None);
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
        let refused = |state: &str, cookie: Option<&str>| {
            let answer = back_with(bench, &format!("state={state}&code=good"), cookie);
            assert_eq!((answer.status, answer.body["code"].as_str()), (401, Some("E-SI-04")), "{state} {cookie:?}");
        };
        let Begun { state, cookie } = begin(bench, provider);
        let (stem, signature) = state.rsplit_once('.').unwrap();
        refused("made-up", Some(&cookie));
        refused(&format!("9{stem}.{signature}"), Some(&cookie));
        refused(&format!("{stem}.{}", "0".repeat(signature.len())), Some(&cookie));
        // Begun by somebody else, who sends the person a link to end it by.
        refused(&state, None);
        refused(&state, Some("postloan_oidc="));
        refused(&state, Some(&begin(bench, provider).cookie));
        bench.set_clock("2026-11-20 10:10:00");
        refused(&state, Some(&cookie));
        let Begun { state, cookie } = begin(bench, provider);
        let denied = back_with(bench, &format!("state={state}&error=access_denied"), Some(&cookie));
        assert_eq!((denied.status, denied.body["code"].as_str()), (401, Some("E-SI-08")));
        refused(&state, Some(&cookie));
        let Begun { state, cookie } = begin(bench, provider);
        let stolen = back_with(bench, &format!("state={state}&code=stolen"), Some(&cookie));
        assert_eq!((stolen.status, stolen.body["code"].as_str()), (502, Some("E-SI-05")), "{}", stolen.body);
    });
}

/// A page as a browser gets it that follows nothing: status, where it leads, cookies set, text.
struct Shown {
    status: u16,
    leads_to: String,
    cookies: Vec<String>,
    text: String,
}

fn visit(bench: &Bench, path: &str, cookie: &str) -> Shown {
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let mut answer = agent.get(format!("http://{}{path}", bench.address)).header("cookie", cookie).call().unwrap();
    let all = |name: &str| -> Vec<String> { answer.headers().get_all(name).iter().map(|value| value.to_str().unwrap().to_owned()).collect() };
    let (leads_to, cookies) = (all("location").pop().unwrap_or_default(), all("set-cookie"));
    Shown { status: answer.status().as_u16(), leads_to, cookies, text: answer.body_mut().read_to_string().unwrap() }
}

/// The cookies a browser then sends.
fn jar(cookies: &[String]) -> String {
    let pairs: Vec<&str> = cookies.iter().filter_map(|cookie| cookie.split(';').next()).filter(|pair| !pair.ends_with('=')).collect();
    pairs.join("; ")
}

#[test]
fn people_sign_in_at_the_pages_with_the_institutions_account() {
    with_back("/sign-in/oidc/back", |bench, provider| {
        *provider.manner.lock().unwrap() = Some(provider.honest());
        let door = visit(bench, "/sign-in?to=/queue%3Fstate%3Dlate", "postloan_lang=en");
        assert!(door.text.contains(r#"href="/sign-in/oidc?to=/queue%3Fstate%3Dlate""#), "{}", door.text);
        let left = visit(bench, "/sign-in/oidc?to=/queue%3Fstate%3Dlate", "");
        let state = provider.visited(&left.leads_to);
        let back = format!("/sign-in/oidc/back?state={state}&code=good");

        let elsewhere = visit(bench, &back, "postloan_lang=en");
        assert_eq!(elsewhere.status, 401, "another browser is not let in");
        assert!(elsewhere.text.contains("This sign-in was not begun here") && jar(&elsewhere.cookies).is_empty(), "{}", elsewhere.text);

        let entered = visit(bench, &back, &jar(&left.cookies));
        assert_eq!((entered.status, entered.leads_to.as_str()), (303, "/queue?state=late"));
        let session = jar(&entered.cookies);
        assert!(session.starts_with("postloan_session=") && !session.contains(';'), "the rest is taken away: {session}");
        assert_eq!(visit(bench, "/queue?state=late", &session).status, 200);

        let left = visit(bench, "/sign-in/oidc?to=//elsewhere.example", "");
        let state = provider.visited(&left.leads_to);
        let entered = visit(bench, &format!("/sign-in/oidc/back?state={state}&code=good"), &jar(&left.cookies));
        assert_eq!(entered.leads_to, "/", "only an address of our own is led on to");
    });
}

#[test]
fn without_a_provider_there_is_no_such_door() {
    let bench = Bench::new();
    let door = bench.send("GET", "/api/v1/sessions/oidc/start", None, None, None);
    assert_eq!((door.status, door.body["code"].as_str()), (404, Some("E-SI-03")));
    assert!(!visit(&bench, "/sign-in", "").text.contains("/sign-in/oidc"));
}
