//! A real browser over the demo: pictures of every page, and what is wrong with its accessibility.
//!
//! Debian's `chromium` and `chromium-driver`, driven by the few commands of the WebDriver standard we need (a client
//! library would bring an HTTP stack of its own and have half of the workspace compiled again).

mod pictures;
mod served;

use anyhow::{Context, Result, anyhow, bail};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

pub use pictures::{Wanted, run as pictures};

/// How long a page may take before a journey gives up; far more than any should.
const PATIENCE: Duration = Duration::from_secs(60);

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
        let options = ["--headless=new", "--no-sandbox", "--hide-scrollbars", "--disable-gpu", "--disable-dev-shm-usage", "--lang=zh-CN", &size];
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

    /// What is there now, by a CSS selector.
    pub fn all(&self, css: &str) -> Result<Vec<Element<'_>>> {
        let found = self.post("/elements", &json!({"using": "css selector", "value": css}))?;
        let ids = found.as_array().into_iter().flatten().filter_map(|one| one[ELEMENT].as_str());
        Ok(ids.map(|id| Element { browser: self, id: id.to_owned() }).collect())
    }

    /// What is or will be there.
    pub fn one(&self, css: &str) -> Result<Element<'_>> {
        let since = Instant::now();
        loop {
            if let Some(found) = self.all(css)?.into_iter().next() {
                return Ok(found);
            }
            if since.elapsed() > PATIENCE {
                bail!("{} has no {css}; it says: {}", self.url()?, self.text()?.chars().take(400).collect::<String>());
            }
            std::thread::sleep(Duration::from_millis(50));
        }
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

    /// What is seen without scrolling, or the whole page however long it is.
    pub fn picture(&self, to: &Path, extent: Extent) -> Result<()> {
        let height = match extent {
            Extent::Window => self.run("return window.innerHeight", &[])?,
            Extent::Page => self.run("return Math.min(4000, Math.max(document.documentElement.scrollHeight, window.innerHeight))", &[])?,
        };
        let width = self.run("return window.innerWidth", &[])?;
        let shot = json!({"cmd": "Page.captureScreenshot", "params": {"captureBeyondViewport": extent == Extent::Page,
            "clip": {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}}});
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
    fn act(&self, what: &str, body: &Value) -> Result<Value> {
        self.browser.post(&format!("/element/{}/{what}", self.id), body)
    }

    pub fn click(&self) -> Result<()> {
        self.act("click", &json!({})).map(drop)
    }

    pub fn attribute(&self, name: &str) -> Result<String> {
        let value = self.browser.get(&format!("/element/{}/attribute/{name}", self.id))?;
        Ok(value.as_str().unwrap_or_default().to_owned())
    }
}
