//! An empty institution with its first administrator, and somebody who reads pages and sends forms.

use app::book_import::{BookImport, book_import};
use app::office::{desk_open, first_administrator};
use app::workspace::workspace_init;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;
use units::Moment;
use web::{Clock, Server};

/// What everybody is given first.
pub const PASSWORD: &str = "Winter-2026-alt";

/// What everybody then chooses.
const CHOSEN: &str = "Sommer-2026-neu";

/// A served institution.
pub struct House {
    pub address: String,
    pub dir: TempDir,
    _runtime: Runtime,
}

impl House {
    /// With the branch `H`, come in as batch 1, and the administrator `A0001`, at ten in the morning.
    pub fn new() -> House {
        let dir = tempfile::tempdir().unwrap();
        let at = Moment::parse("2026-11-20 10:00:00").unwrap();
        let open = workspace_init(&dir.path().join("bank"), "cn-bank", "Bench").map_err(|no| format!("{no:?}")).unwrap();
        let branches = dir.path().join("branches.csv");
        std::fs::write(&branches, "branch_id,name\nH,Head\n").unwrap();
        let wanted = BookImport { from: branches, ..BookImport::default() };
        book_import(&open, &wanted, &mut |_| {}).map_err(|no| format!("{no:?}")).unwrap();
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let clock = Arc::new(Mutex::new(at));
        let address = runtime.block_on(async {
            let desk = desk_open(&open, None, at.day()).await.unwrap();
            first_administrator(&desk, "A0001", "A", PASSWORD, at).await.map_err(|no| format!("{no:?}")).unwrap();
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let address = listener.local_addr().unwrap().to_string();
            let server = Server::new(desk, Clock::new(move || *clock.lock().unwrap()));
            tokio::spawn(web::serve(listener, server, std::future::pending()));
            address
        });
        House { address, dir, _runtime: runtime }
    }

    /// Somebody who has signed in and chosen a password.
    pub fn sign_in(&self, staff_id: &str) -> Browser {
        let mut browser = Browser { address: self.address.clone(), cookies: Vec::new() };
        browser.cookies.push(("postloan_lang".to_owned(), "en".to_owned()));
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
pub struct Browser {
    address: String,
    cookies: Vec<(String, String)>,
}

/// A page as it came.
pub struct Page {
    pub status: u16,
    pub location: String,
    pub text: String,
}

impl Page {
    /// Whether the page says this.
    #[track_caller]
    pub fn says(&self, text: &str) -> &Page {
        assert!(self.text.contains(text), "{} does not say {text:?}:\n{}", self.status, self.text);
        self
    }

    /// The value of a hidden field of the first form that has it.
    pub fn hidden(&self, name: &str) -> String {
        let (_, after) = self.text.split_once(&format!("name=\"{name}\" value=\"")).unwrap_or_else(|| panic!("no field {name}:\n{}", self.text));
        after.split('"').next().unwrap().to_owned()
    }
}

impl Browser {
    fn answer(&mut self, request: ureq::http::request::Builder, body: Option<(String, Vec<u8>)>) -> Page {
        let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = request.header("cookie", cookies.join("; "));
        let mut answer = match body {
            Some((kind, body)) => agent.run(request.header("content-type", kind).body(body).unwrap()).unwrap(),
            None => agent.run(request.body(()).unwrap()).unwrap(),
        };
        for set in answer.headers().get_all("set-cookie") {
            let (name, value) = set.to_str().unwrap().split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.retain(|(known, _)| known != name);
            if !value.is_empty() {
                self.cookies.push((name.to_owned(), value.to_owned()));
            }
        }
        let location = answer.headers().get("location").map_or("", |to| to.to_str().unwrap()).to_owned();
        Page { status: answer.status().as_u16(), location, text: answer.body_mut().read_to_string().unwrap() }
    }

    pub fn get(&mut self, path: &str) -> Page {
        let request = ureq::http::Request::builder().uri(format!("http://{}{path}", self.address));
        self.answer(request, None)
    }

    fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = ureq::http::Request::builder().method("POST").uri(format!("http://{}{path}", self.address));
        self.answer(request, Some(("application/x-www-form-urlencoded".to_owned(), body.into_bytes())))
    }

    /// Fills in the form that leads to `to` on the page `from`, and sends it.
    pub fn fill(&mut self, from: &str, to: &str, fields: &[(&str, &str)]) -> Page {
        let page = self.get(from);
        assert_eq!(page.status, 200, "{}", page.text);
        let (csrf, key) = (page.hidden("_csrf"), page.hidden("_key"));
        let hidden = [("_csrf", csrf.as_str()), ("_key", key.as_str()), ("_from", from)];
        self.send(to, &[&hidden, fields].concat())
    }

    /// Sends a file as a form does.
    pub fn upload(&mut self, from: &str, to: &str, files: &[(&str, &str)]) -> Page {
        let csrf = self.get(from).hidden("_csrf");
        let mut body = format!("--edge\r\nContent-Disposition: form-data; name=\"_csrf\"\r\n\r\n{csrf}\r\n");
        body += &format!("--edge\r\nContent-Disposition: form-data; name=\"_from\"\r\n\r\n{from}\r\n");
        for (name, text) in files {
            body += &format!("--edge\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: text/csv\r\n\r\n{text}\r\n");
        }
        body += "--edge--\r\n";
        let request = ureq::http::Request::builder().method("POST").uri(format!("http://{}{to}", self.address));
        self.answer(request, Some(("multipart/form-data; boundary=edge".to_owned(), body.into_bytes())))
    }

    /// Follows work under way to its end.
    pub fn end_of_work(&mut self, begun: &Page) -> Page {
        assert_eq!(begun.status, 303, "{}", begun.text);
        for _ in 0..600 {
            let page = self.get(&begun.location);
            if !page.text.contains("<progress") {
                return page;
            }
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        panic!("it never ends: {}", begun.location)
    }
}
