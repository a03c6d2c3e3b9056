//! Signing in with the institution's own identity provider (OpenID Connect, 单点登录): authorisation code flow with PKCE.
//!
//! Nothing is kept between the two halves: `state` carries when it was made and is signed under the client's secret together
//! with a secret of the browser's, which lies in a cookie; nonce and verifier are reckoned from it, and the store remembers
//! that it was used. So nobody is signed in with a state that was begun in another browser. What the provider says is
//! believed of its own signature alone: issuer, audience, nonce, expiry, and an algorithm of [`ALGORITHMS`].

use crate::delivery::signed;
use crate::extract::{bad_request, refusal};
use crate::page::visitor::cookie;
use crate::problem::{Reply, Told};
use crate::server::Server;
use app::sign_in::{self, SignedIn};
use app::workspace::{OidcConfig, Open};
use app::{Outcome, refused};
use axum::http::HeaderMap;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::jwk::JwkSet;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use store::access::Secret;
use units::{Date, Moment, coded};
use utoipa::{IntoParams, ToSchema};

/// Signatures with a key of the provider's alone: no shared secret, never `none`.
const ALGORITHMS: [Algorithm; 8] = [
    Algorithm::RS256, Algorithm::RS384, Algorithm::RS512, Algorithm::PS256, Algorithm::PS384, Algorithm::PS512, Algorithm::ES256,
    Algorithm::ES384,
];

/// A person signs in within this.
pub const STATE_SECONDS: u32 = 600;

/// The cookie that ties a sign-in to the browser it was begun in.
pub const BROWSER: &str = "postloan_oidc";

/// Where the provider sends people back to for a session of the pages.
pub const PAGE_BACK: &str = "/sign-in/oidc/back";

/// The provider answers within this, with no more than that.
const PATIENCE: Duration = Duration::from_secs(10);
const ANSWER_BYTES: u64 = 256 * 1024;

/// So long its endpoints are taken for the same; its keys are asked for each time.
const KNOWN_FOR: Duration = Duration::from_secs(600);

/// Seconds its clock and ours may differ.
const LEEWAY: u64 = 60;

coded! {
    /// What is wrong with an identity token (身份令牌问题).
    IdTokenFault {
        Unreadable = "unreadable",
        Algorithm = "algorithm",
        Key = "key",
        Signature = "signature",
        Issuer = "issuer",
        Audience = "audience",
        Expired = "expired",
        Nonce = "nonce",
        /// It does not say who signed in, by the claim that is configured.
        Claim = "claim",
    }
}

/// The provider as it is configured, and what it last said of itself.
pub struct Oidc {
    config: OidcConfig,
    secret: String,
    known: Mutex<Option<(Instant, Provider)>>,
}

/// Where the provider does what.
#[derive(Clone, Debug, Deserialize)]
struct Provider {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
}

/// A sign-in that has begun: where to go, and until when.
pub struct Started {
    pub address: String,
    pub expires_at: Moment,
}

#[derive(Deserialize)]
struct Tokens {
    id_token: String,
}

impl Oidc {
    /// The provider of a workspace, if one is configured and its secret is there.
    pub fn configured(open: &Open) -> Outcome<Option<Oidc>> {
        let Some(config) = open.config.oidc.clone() else { return Ok(None) };
        for address in [&config.issuer, &config.redirect_uri] {
            if !app::webhook::is_sound(address) {
                return refused("E-SI-07", &[("problem", &address)]);
            }
        }
        let secret = config.client_secret(open.lake.root())?;
        Ok(Some(Oidc { config, secret, known: Mutex::default() }))
    }

    /// Whether people are sent back to the pages.
    pub fn is_for_pages(&self) -> bool {
        self.config.redirect_uri.ends_with(PAGE_BACK)
    }

    /// Where somebody goes to sign in, from the browser that holds this secret.
    pub fn start(&self, browser: &str, at: Moment) -> Reply<Started> {
        let provider = self.provider()?;
        let stem = format!("{}.{}", seconds(at), Secret::fresh().token);
        let state = format!("{stem}.{}", self.state_signature(&stem, browser));
        let asked = [
            ("response_type", "code"), ("scope", "openid"), ("client_id", &self.config.client_id), ("redirect_uri", &self.config.redirect_uri),
            ("state", &state), ("nonce", &self.nonce(&state)), ("code_challenge", &challenge(&self.verifier(&state))),
            ("code_challenge_method", "S256"),
        ];
        let asked: Vec<String> = asked.iter().map(|(name, value)| format!("{name}={}", encoded(value))).collect();
        let (endpoint, asked) = (provider.authorization_endpoint, asked.join("&"));
        let address = if endpoint.contains('?') { format!("{endpoint}&{asked}") } else { format!("{endpoint}?{asked}") };
        Ok(Started { address, expires_at: at.plus_seconds(STATE_SECONDS.into()) })
    }

    fn state_signature(&self, stem: &str, browser: &str) -> String {
        signed(&self.secret, &format!("state {stem} {browser}"))
    }

    /// Whether a state is one of ours, begun in this browser and still good; whether it was used, the store knows.
    pub fn check_state(&self, state: &str, browser: &str, at: Moment) -> Reply<()> {
        let read = || {
            let (stem, signature) = state.rsplit_once('.')?;
            let (made, _) = stem.split_once('.')?;
            let age = seconds(at) - made.parse::<i64>().ok()?;
            let is_ours = !browser.is_empty() && same(&self.state_signature(stem, browser), signature);
            (is_ours && (0..STATE_SECONDS.into()).contains(&age)).then_some(())
        };
        read().ok_or_else(|| refusal("E-SI-04", &[]))
    }

    /// Who signed in, by the provider's word for the code.
    pub fn who(&self, state: &str, code: &str) -> Reply<String> {
        let provider = self.provider()?;
        let (id, verifier) = (encoded(&self.config.client_id), self.verifier(state));
        let form = [
            ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", self.config.redirect_uri.as_str()),
            ("code_verifier", verifier.as_str()),
        ];
        let basic = base64(format!("{id}:{}", encoded(&self.secret)).as_bytes(), STANDARD, Padding::Full);
        let request = agent().post(&provider.token_endpoint).header("Authorization", format!("Basic {basic}"));
        let tokens: Tokens = read(request.send_form(form))?;
        let keys: JwkSet = fetch(&provider.jwks_uri)?;
        let claims = self.claims(&tokens.id_token, &keys, state).map_err(not_accepted)?;
        match claims.get(&self.config.staff_claim).and_then(Value::as_str).filter(|staff_id| !staff_id.is_empty()) {
            Some(staff_id) => Ok(staff_id.to_owned()),
            None => Err(not_accepted(IdTokenFault::Claim)),
        }
    }

    fn claims(&self, token: &str, keys: &JwkSet, state: &str) -> Result<Map<String, Value>, IdTokenFault> {
        let header = decode_header(token).map_err(|error| fault(&error))?;
        if !ALGORITHMS.contains(&header.alg) {
            return Err(IdTokenFault::Algorithm);
        }
        let key = match (&header.kid, keys.keys.as_slice()) {
            (Some(kid), _) => keys.find(kid),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let key = key.and_then(|key| DecodingKey::from_jwk(key).ok()).ok_or(IdTokenFault::Key)?;
        let mut asked = Validation::new(header.alg);
        asked.leeway = LEEWAY;
        asked.validate_nbf = true;
        asked.set_issuer(&[&self.config.issuer]);
        asked.set_audience(&[&self.config.client_id]);
        asked.set_required_spec_claims(&["exp", "iss", "aud"]);
        let claims = decode::<Map<String, Value>>(token, &key, &asked).map_err(|error| fault(&error))?.claims;
        // A token for several parties says which of them asked for it.
        let is_shared = claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.len() > 1);
        let asker = claims.get("azp").and_then(Value::as_str);
        if asker.is_some_and(|asker| asker != self.config.client_id) || (is_shared && asker.is_none()) {
            return Err(IdTokenFault::Audience);
        }
        match claims.get("nonce").and_then(Value::as_str) {
            Some(nonce) if same(nonce, &self.nonce(state)) => Ok(claims),
            _ => Err(IdTokenFault::Nonce),
        }
    }

    fn provider(&self) -> Reply<Provider> {
        let known = self.known.lock().expect("nobody panics holding it").clone();
        if let Some((_, provider)) = known.filter(|(at, _)| at.elapsed() < KNOWN_FOR) {
            return Ok(provider);
        }
        let provider: Provider = fetch(&format!("{}/.well-known/openid-configuration", self.config.issuer.trim_end_matches('/')))?;
        let Provider { issuer, authorization_endpoint, token_endpoint, jwks_uri } = &provider;
        let is_sound = [authorization_endpoint, token_endpoint, jwks_uri].into_iter().all(|address| app::webhook::is_sound(address));
        if *issuer != self.config.issuer || !is_sound {
            return Err(failed("its own description is not of this issuer, or not encrypted"));
        }
        *self.known.lock().expect("nobody panics holding it") = Some((Instant::now(), provider.clone()));
        Ok(provider)
    }

    fn nonce(&self, state: &str) -> String {
        signed(&self.secret, &format!("nonce {state}"))
    }

    fn verifier(&self, state: &str) -> String {
        signed(&self.secret, &format!("verifier {state}"))
    }
}

/// What the provider sends a person back with.
#[derive(Debug, Deserialize, IntoParams, ToSchema)]
#[into_params(parameter_in = Query)]
pub struct Returned {
    pub state: String,
    /// Absent when the provider let nobody in.
    pub code: Option<String>,
    /// Why it did not.
    pub error: Option<String>,
}

/// The provider of a server, asked no more often than is sound.
fn asked_of(server: &Server) -> Reply<Arc<Oidc>> {
    server.within_rate("oidc")?;
    server.oidc.clone().ok_or_else(|| refusal("E-SI-03", &[]))
}

/// Begins a sign-in in the browser of a request: where to go, and the secret to leave in its cookie. Two tabs share one.
pub async fn began(server: &Server, headers: &HeaderMap) -> Reply<(Started, String)> {
    let (oidc, at) = (asked_of(server)?, server.now());
    let browser = cookie(headers, BROWSER).filter(|known| !known.is_empty()).unwrap_or_else(|| Secret::fresh().token);
    let secret = browser.clone();
    let started = tokio::task::spawn_blocking(move || oidc.start(&secret, at)).await.map_err(|_| bad_request("oidc"))?;
    Ok((started?, browser))
}

/// Ends it: a session for whom the provider vouches.
pub async fn ended(server: &Server, headers: &HeaderMap, returned: Returned) -> Reply<SignedIn> {
    let (oidc, at) = (asked_of(server)?, server.now());
    let Returned { state, code, error } = returned;
    oidc.check_state(&state, &cookie(headers, BROWSER).unwrap_or_default(), at)?;
    // Used from here on, whatever comes of it.
    sign_in::state_use(&server.desk, &state, at).await?;
    let Some(code) = code.filter(|_| error.is_none()) else {
        return Err(refusal("E-SI-08", &[("error", error.as_deref().unwrap_or("no code"))]));
    };
    let asked = tokio::task::spawn_blocking(move || oidc.who(&state, &code)).await.map_err(|_| bad_request("oidc"))?;
    Ok(sign_in::sign_in_vouched(&server.desk, &asked?, at).await?)
}

fn seconds(at: Moment) -> i64 {
    at.seconds_since(Moment::new(Date::new(0), 0))
}

/// Equal, in a time that says nothing of where they differ.
fn same(one: &str, other: &str) -> bool {
    one.len() == other.len() && one.bytes().zip(other.bytes()).fold(0, |differ, (one, other)| differ | (one ^ other)) == 0
}

fn challenge(verifier: &str) -> String {
    base64(&Sha256::digest(verifier.as_bytes()), URL_SAFE, Padding::Left)
}

fn fault(error: &jsonwebtoken::errors::Error) -> IdTokenFault {
    match error.kind() {
        ErrorKind::InvalidSignature => IdTokenFault::Signature,
        ErrorKind::InvalidAlgorithm | ErrorKind::InvalidAlgorithmName | ErrorKind::MissingAlgorithm => IdTokenFault::Algorithm,
        ErrorKind::InvalidIssuer => IdTokenFault::Issuer,
        ErrorKind::InvalidAudience => IdTokenFault::Audience,
        ErrorKind::ExpiredSignature | ErrorKind::ImmatureSignature => IdTokenFault::Expired,
        ErrorKind::MissingRequiredClaim(claim) if claim == "iss" => IdTokenFault::Issuer,
        ErrorKind::MissingRequiredClaim(claim) if claim == "aud" => IdTokenFault::Audience,
        ErrorKind::MissingRequiredClaim(_) => IdTokenFault::Expired,
        _ => IdTokenFault::Unreadable,
    }
}

fn not_accepted(fault: IdTokenFault) -> Told {
    refusal("E-SI-06", &[("reason", &format!("id_token_fault.{}", fault.code()))])
}

fn failed(problem: &str) -> Told {
    refusal("E-SI-05", &[("problem", problem)])
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).build().into()
}

fn fetch<T: DeserializeOwned>(address: &str) -> Reply<T> {
    read(agent().get(address).call())
}

/// What a provider answers, never shown to a caller: it may hold tokens.
fn read<T: DeserializeOwned>(answered: Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Reply<T> {
    let mut answer = answered.map_err(|error| failed(&error.to_string()))?;
    let text = answer.body_mut().with_config().limit(ANSWER_BYTES).read_to_string().map_err(|error| failed(&error.to_string()))?;
    serde_json::from_str(&text).map_err(|_| failed("its answer cannot be read"))
}

/// As a query takes it: everything but letters, digits and four signs by its bytes.
fn encoded(text: &str) -> String {
    let sign = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    text.bytes().map(sign).collect()
}

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// Whether the last group is filled up.
enum Padding {
    Full,
    Left,
}

/// RFC 4648.
fn base64(bytes: &[u8], signs: &[u8; 64], padding: Padding) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let value = group.iter().fold(0_u32, |value, byte| value << 8 | u32::from(*byte)) << (8 * (3 - group.len()));
        let group: String = (0..=group.len()).map(|place| char::from(signs[(value >> (18 - 6 * place)) as usize & 63])).collect();
        text.push_str(&group);
        if matches!(padding, Padding::Full) {
            text.extend(std::iter::repeat_n('=', 4 - group.len()));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_challenge_and_a_basic_header_are_the_published_ones() {
        // RFC 7636, appendix B; RFC 7617, section 2.
        assert_eq!(challenge("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
        assert_eq!(base64(b"Aladdin:open sesame", STANDARD, Padding::Full), "QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
        assert_eq!(encoded("a b/\u{e9}"), "a%20b%2F%C3%A9");
    }
}
