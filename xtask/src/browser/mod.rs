//! A real browser over the demo: journeys of each role, pictures of every page, and what is wrong with its accessibility.
//!
//! Debian's `chromium` and `chromium-driver`, driven by the few commands of the WebDriver standard we need (a client
//! library would bring an HTTP stack of its own and have half of the workspace compiled again).

mod journeys;
mod pictures;
mod served;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use journeys::run as journeys;
pub use pictures::{Wanted, run as pictures};

/// How long a page may take before a journey gives up; far more than any should.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long work under way, a night or an import, may take.
const LONG_PATIENCE: Duration = Duration::from_secs(600);

/// What the driver says while a page is turning or a part of it is not yet to be clicked: a moment later it is.
const PASSING: [&str; 5] =
    ["stale element reference", "no such element", "element not interactable", "element click intercepted", "aborted by navigation"];

/// The key under which WebDriver names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// A browser with one window (浏览器).
pub struct Browser {
    driver: Child,
    session: String,
    agent: ureq::Agent,
}

/// How much of a page a picture shows.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    Window,
    Page,
}

/// Something on the page.
pub struct Element<'b> {
    browser: &'b Browser,
    id: String,
}

impl Browser {
    /// Opens a window of this many pixels.
    pub fn open(width: u32, height: u32) -> Result<Browser> {
        let mut driver = Command::new("chromedriver").arg("--port=0").stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("starting chromedriver")?;
        let said = BufReader::new(driver.stdout.take().expect("it is piped"));
        let port = said.lines().map_while(Result::ok).find_map(|line| line.rsplit_once("on port ")?.1.trim_end_matches('.').parse::<u16>().ok().filter(|&port| port > 0));
        let port = port.ok_or_else(|| anyhow!("chromedriver told no port"))?;
        let config = ureq::Agent::config_builder().timeout_global(Some(2 * PATIENCE)).http_status_as_error(false).build();
        let mut browser = Browser { driver, session: format!("http://127.0.0.1:{port}/session"), agent: config.into() };
        // Without a sandbox, because tests run as root in containers; nothing but our own pages is visited.
        let size = format!("--window-size={width},{height}");
        let options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", "--disable-dev-shm-usage", &size];
        let wanted = json!({"capabilities": {"alwaysMatch": {"goog:chromeOptions": {"args": options}}}});
        let opened = browser.post("", &wanted)?;
        let id = opened["sessionId"].as_str().ok_or_else(|| anyhow!("no session: {opened}"))?;
        browser.session = format!("{}/{id}", browser.session);
        Ok(browser)
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value> {
        self.told(path, self.agent.post(format!("{}{path}", self.session)).send(body.to_string()))
    }

    fn get(&self, path: &str) -> Result<Value> {
        self.told(path, self.agent.get(format!("{}{path}", self.session)).call())
    }

    fn told(&self, path: &str, answer: std::result::Result<ureq::http::Response<ureq::Body>, ureq::Error>) -> Result<Value> {
        let text = answer.with_context(|| format!("asking the browser {path}"))?.body_mut().with_config().limit(1 << 27).read_to_string()?;
        let mut told: Value = serde_json::from_str(&text).with_context(|| format!("what the browser said to {path}"))?;
        match told["value"]["error"].as_str() {
            Some(error) => bail!("{path}: {error}: {}", told["value"]["message"].as_str().unwrap_or_default().lines().next().unwrap_or_default()),
            None => Ok(told["value"].take()),
        }
    }

    /// Goes to an address and waits for the page.
    pub fn go(&self, url: &str) -> Result<()> {
        self.post("/url", &json!({"url": url})).map(drop)
    }

    pub fn url(&self) -> Result<String> {
        Ok(self.get("/url")?.as_str().unwrap_or_default().to_owned())
    }

    /// What is there now, by a CSS selector, or by an XPath, which begins `//` or `(//`.
    pub fn all(&self, what: &str) -> Result<Vec<Element<'_>>> {
        let using = if what.trim_start_matches('(').starts_with("//") { "xpath" } else { "css selector" };
        let found = self.post("/elements", &json!({"using": using, "value": what}))?;
        let ids = found.as_array().into_iter().flatten().filter_map(|one| one[ELEMENT].as_str());
        Ok(ids.map(|id| Element { browser: self, id: id.to_owned() }).collect())
    }

    /// What is or will be there.
    pub fn one(&self, what: &str) -> Result<Element<'_>> {
        self.until(PATIENCE, &format!("there is no {what}"), || Ok(self.all(what)?.into_iter().next()))
    }

    /// Asks until there is an answer; gives up with `otherwise` and what the page says.
    pub fn until<T>(&self, patience: Duration, otherwise: &str, ask: impl Fn() -> Result<Option<T>>) -> Result<T> {
        let since = Instant::now();
        loop {
            match ask() {
                Ok(Some(answer)) => return Ok(answer),
                Err(error) if !PASSING.iter().any(|passing| error.to_string().contains(passing)) => return Err(error),
                _ if since.elapsed() > patience => bail!("{otherwise}; the page says: {}", self.text()?.chars().take(600).collect::<String>()),
                _ => std::thread::sleep(Duration::from_millis(50)),
            }
        }
    }

    /// Clicks on what is or will be there.
    pub fn click(&self, what: &str) -> Result<()> {
        self.until(PATIENCE, &format!("{what} is not to be clicked"), || match self.all(what)?.first() {
            Some(found) => found.click().map(Some),
            None => Ok(None),
        })
    }

    /// Presses keys one after the other, wherever the focus is.
    pub fn press(&self, keys: &[&str]) -> Result<()> {
        let strokes: Vec<Value> = keys.iter().flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({"type": kind, "value": key}))).collect();
        self.post("/actions", &json!({"actions": [{"type": "key", "id": "keyboard", "actions": strokes}]})).map(drop)
    }

    /// Does what leads to another page, and waits until that page is there.
    pub fn turn(&self, act: impl FnOnce() -> Result<()>) -> Result<()> {
        self.run("window.isLastPage = true", &[])?;
        act()?;
        self.until(PATIENCE, "no other page comes", || {
            let is_other = self.run("return !window.isLastPage && document.readyState === 'complete'", &[])?;
            Ok((is_other == Value::Bool(true)).then_some(()))
        })
    }

    /// Whoever was signed in is forgotten.
    pub fn forget(&self) -> Result<()> {
        self.told("/cookie", self.agent.delete(format!("{}/cookie", self.session)).call()).map(drop)
    }

    /// What a person reads in the main part of the page.
    pub fn text(&self) -> Result<String> {
        let text = self.run("return document.getElementById('main')?.innerText ?? document.body.innerText", &[])?;
        Ok(text.as_str().unwrap_or_default().to_owned())
    }

    pub fn run(&self, script: &str, args: &[Value]) -> Result<Value> {
        self.post("/execute/sync", &json!({"script": script, "args": args}))
    }

    /// Runs a script that answers a promise.
    pub fn run_async(&self, script: &str) -> Result<Value> {
        self.post("/execute/async", &json!({"script": script, "args": []}))
    }

    /// What the page has to itself. A window as narrow as a phone's is not to be had, so the page is told of one.
    pub fn size(&self, width: u32, height: u32) -> Result<()> {
        let screen = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500});
        self.post("/goog/cdp/execute", &json!({"cmd": "Emulation.setDeviceMetricsOverride", "params": screen})).map(drop)
    }

    /// What is seen without scrolling, at three quarters of its size, or the whole page however long it is.
    pub fn picture(&self, to: &Path, extent: Extent) -> Result<()> {
        let (height, scale) = match extent {
            Extent::Window => (self.run("return window.innerHeight", &[])?, 0.75),
            Extent::Page => (self.run("return Math.min(4000, Math.max(document.documentElement.scrollHeight, window.innerHeight))", &[])?, 1.0),
        };
        let width = self.run("return window.innerWidth", &[])?;
        let shot = json!({"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": extent == Extent::Page,
            "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": scale}}});
        let shot = self.post("/goog/cdp/execute", &shot)?;
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, shot["data"].as_str().unwrap_or_default())?;
        std::fs::write(to, bytes).with_context(|| format!("writing {}", to.display()))
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

impl Element<'_> {
    /// The element as a script is given it.
    pub fn reference(&self) -> Value {
        json!({ELEMENT: self.id})
    }

    fn act(&self, what: &str, body: &Value) -> Result<Value> {
        self.browser.post(&format!("/element/{}/{what}", self.id), body)
    }

    pub fn click(&self) -> Result<()> {
        self.act("click", &json!({})).map(drop)
    }

    /// Types into a field, after what it holds; the path of a file where files are chosen.
    pub fn send(&self, text: &str) -> Result<()> {
        self.act("value", &json!({"text": text})).map(drop)
    }

    pub fn attribute(&self, name: &str) -> Result<String> {
        let value = self.browser.get(&format!("/element/{}/attribute/{name}", self.id))?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }
}
