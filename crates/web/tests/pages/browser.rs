//! Served institutions, and somebody who reads pages and sends forms.

use app::book_import::{BookImport, book_import};
use app::desk::Desk;
use app::office::{desk_open, first_administrator};
use app::workspace::{Open, workspace_init};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, header};
use std::cell::RefCell;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::runtime::Runtime;
use tower::ServiceExt;
use units::Moment;
use web::{Clock, Server};

/// What everybody is given first.
pub const PASSWORD: &str = "Winter-2026-alt";

/// What everybody then chooses.
const CHOSEN: &str = "Sommer-2026-neu";

/// A served institution whose clock the test sets.
pub struct House {
    pages: Router,
    runtime: Runtime,
    clock: Arc<Mutex<Moment>>,
    demo: bool,
    pub dir: TempDir,
}

impl House {
    /// Serves what `found` made of a workspace in `dir`; with what it brought along.
    pub fn serve<T>(dir: TempDir, open: &Open, at: Moment, found: impl AsyncFnOnce(&Desk) -> T) -> (House, T) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        let clock = Arc::new(Mutex::new(at));
        let hand = clock.clone();
        let (pages, found) = runtime.block_on(async {
            let desk = desk_open(open, None, at.day()).await.unwrap();
            let found = found(&desk).await;
            (web::router(Server::new(desk, Clock::new(move || *hand.lock().unwrap()))), found)
        });
        (House { pages, runtime, clock, demo: open.config.demo, dir }, found)
    }

    /// With the branch `H`, come in as batch 1, and the administrator `A0001`, at ten in the morning.
    pub fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        let at = Moment::parse("2026-11-20 10:00:00").unwrap();
        let open = workspace_init(&dir.path().join("bank"), "cn-bank", "Bench").map_err(|no| format!("{no:?}")).unwrap();
        let branches = dir.path().join("branches.csv");
        std::fs::write(&branches, "branch_id,name\nH,Head\n").unwrap();
        let wanted = BookImport { from: branches, ..BookImport::default() };
        book_import(&open, &wanted, &mut |_| {}).map_err(|no| format!("{no:?}")).unwrap();
        let administrator = async |desk: &Desk| first_administrator(desk, "A0001", "A", PASSWORD, at).await.map_err(|no| format!("{no:?}")).unwrap();
        House::serve(dir, &open, at, administrator).0
    }

    pub fn set_clock(&self, at: &str) {
        *self.clock.lock().unwrap() = Moment::parse(at).unwrap();
    }

    /// Somebody who has signed in: with one click in a demo, else with a password chosen by oneself.
    pub fn sign_in(&self, staff_id: &str) -> Browser<'_> {
        let browser = Browser { house: self, cookies: RefCell::new(vec![("postloan_lang".to_owned(), "en".to_owned())]) };
        if self.demo {
            let entered = browser.send("/sign-in/demo", &[("staff_id", staff_id), ("to", "/")]);
            assert_eq!((entered.status, entered.location.as_str()), (303, "/"), "{}", entered.text);
            return browser;
        }
        let first = browser.send("/sign-in", &[("staff_id", staff_id), ("password", PASSWORD)]);
        if first.status == 303 && first.location == "/password" {
            browser.send("/password", &[("old", PASSWORD), ("new", CHOSEN)]);
        }
        let signed = browser.send("/sign-in", &[("staff_id", staff_id), ("password", CHOSEN)]);
        assert_eq!((signed.status, signed.location.as_str()), (303, "/"), "{}", signed.text);
        browser
    }
}

/// Somebody at a browser.
pub struct Browser<'a> {
    house: &'a House,
    cookies: RefCell<Vec<(String, String)>>,
}

/// A page as it came.
pub struct Page {
    pub status: u16,
    pub kind: String,
    pub location: String,
    pub text: String,
}

impl Page {
    /// Panics unless the page says this.
    #[track_caller]
    pub fn says(self, text: &str) -> Page {
        assert!(self.text.contains(text), "{} does not say {text:?}:\n{}", self.status, self.text);
        self
    }

    #[track_caller]
    pub fn says_not(self, text: &str) -> Page {
        assert!(!self.text.contains(text), "says {text:?}");
        self
    }

    /// The value of the first field of this name.
    #[track_caller]
    pub fn field(&self, name: &str) -> String {
        between(&self.text, &format!("name=\"{name}\" value=\""), "\"").replace("&#38;", "&").replace("&amp;", "&")
    }
}

/// What stands between two pieces of a page that has both.
#[track_caller]
pub fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before} in {text}"));
    rest.split_once(after).unwrap().0
}

impl Browser<'_> {
    fn answer(&self, path: &str, body: Option<(&str, String)>) -> Page {
        let cookies: Vec<String> = self.cookies.borrow().iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = Request::builder().uri(path).header(header::HOST, "127.0.0.1").header(header::COOKIE, cookies.join("; "));
        let request = match body {
            Some((kind, body)) => request.method("POST").header(header::CONTENT_TYPE, kind).body(Body::from(body)),
            None => request.body(Body::empty()),
        };
        self.house.runtime.block_on(async {
            let answer = self.house.pages.clone().oneshot(request.unwrap()).await.unwrap();
            let of = |name: header::HeaderName| answer.headers().get(name).map_or("", |value| value.to_str().unwrap()).to_owned();
            let (status, kind, location) = (answer.status().as_u16(), of(header::CONTENT_TYPE), of(header::LOCATION));
            for set in answer.headers().get_all(header::SET_COOKIE) {
                let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
                self.cookies.borrow_mut().retain(|(known, _)| known != name);
                if !value.is_empty() {
                    self.cookies.borrow_mut().push((name.to_owned(), value.to_owned()));
                }
            }
            let bytes = to_bytes(answer.into_body(), 1 << 26).await.unwrap();
            Page { status, kind, location, text: String::from_utf8_lossy(&bytes).into_owned() }
        })
    }

    pub fn get(&self, path: &str) -> Page {
        self.answer(path, None)
    }

    /// A page that must be there.
    #[track_caller]
    pub fn shown(&self, path: &str) -> String {
        let page = self.get(path);
        assert_eq!(page.status, 200, "{path}: {}", page.text);
        page.text
    }

    pub fn send(&self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.answer(path, Some(("application/x-www-form-urlencoded", body)))
    }

    /// Sends a form of the page `from` under a key of that page.
    #[track_caller]
    pub fn fill(&self, from: &str, to: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from);
        assert_eq!(page.status, 200, "{}", page.text);
        self.fill_once(&page, &page.field("_key"), to, fields)
    }

    /// The same under a key the test keeps.
    #[track_caller]
    pub fn fill_once(&self, page: &Page, key: &str, to: &str, fields: &[(&str, &str)]) -> Page {
        let (csrf, from) = (page.field("_csrf"), page.field("_from"));
        let hidden = [("_csrf", csrf.as_str()), ("_key", key), ("_from", from.as_str())];
        self.send(to, &[&hidden, fields].concat())
    }

    /// Sends files as a form does.
    pub fn upload(&self, from: &str, to: &str, files: &[(&str, &str)]) -> Page {
        let page = self.get(from);
        let hidden = ["_csrf", "_from"].map(|name| format!("--edge\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{}\r\n", page.field(name)));
        let mut body = hidden.concat();
        for (name, text) in files {
            body += &format!("--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n");
        }
        body += "--edge--\r\n";
        self.answer(to, Some(("multipart/form-data; boundary=edge", body)))
    }

    /// Follows work under way to its end.
    #[track_caller]
    pub fn end_of_work(&self, begun: &Page) -> Page {
        assert_eq!(begun.status, 303, "{}", begun.text);
        for _ in 0..600 {
            let page = self.get(&begun.location);
            if !page.text.contains("<progress") {
                return page;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("it never ends: {}", begun.location)
    }
}
