//! Two hundred people at work (并发访问): the program serves a large bank, and wrk clicks for everybody.
//!
//! Who clicks what is written down before: each person's own queue is opened and its cases are read, so that every click is
//! one a person could make. One click in eleven records something. wrk tells how long answers took as the people saw them, the
//! program's log how long each kind of page took.

use crate::bank::{Scratch, postloan};
use crate::sheet::Format;
use crate::{Wanted, files, machine};
use anyhow::{Context, Result, anyhow, bail};
use app::office::{blocking, demo_staff, desk_open};
use app::workspace::workspace_init_demo;
use authority::Role;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use store::access::Secret;
use units::Moment;

/// How many people, how long, and how many milliseconds somebody looks at a page before the next click.
#[derive(Clone, Copy, Debug)]
pub struct Crowd {
    pub people: usize,
    pub seconds: u32,
    pub pause: u32,
}

/// Nobody signs in with it: the demo's door needs one click.
const PASSWORD: &str = "Lan-Qiao-2026";

/// Cases of a person's queue that are opened.
const CASES: usize = 5;

/// Makes the bank, serves it, lets everybody click, and prints what they waited for.
pub fn run(wanted: &Wanted) -> Result<()> {
    let crowd = wanted.crowd;
    println!("{}\n", machine::describe());
    let scratch = Scratch::new("load")?;
    let bank = wanted.bank.clone().unwrap_or_else(|| scratch.at("bank"));
    if wanted.bank.is_none() {
        found(wanted, &scratch, &bank)?;
    }
    let log = scratch.at("serve.log");
    let served = Served::start(&bank, &log)?;
    let clicks = scratch.at("clicks.tsv");
    let people = served.people(crowd.people, wanted)?;
    fs::write(&clicks, people.concat())?;
    println!("{} people, {} different clicks", people.len(), people.concat().lines().count());
    let before = fs::metadata(&log)?.len();
    for (name, pause) in [("at work", crowd.pause), ("without a pause", 2)] {
        let told = served.crowd(&clicks, Crowd { pause, ..crowd })?;
        println!("{name}: {told}");
        if name == "at work" {
            print!("{}", by_route(&fs::read_to_string(&log)?[usize::try_from(before)?..]));
        }
    }
    Ok(())
}

/// The book imported, people hired, and two nights run, the second with everybody's cases.
fn found(wanted: &Wanted, scratch: &Scratch, bank: &Path) -> Result<()> {
    let drawn = scratch.at("book");
    let book = wanted.folder.clone().unwrap_or(drawn);
    if wanted.folder.is_none() {
        println!("The book: {}.", files::write(&book, wanted, Format::Parquet)?);
    }
    let open = workspace_init_demo(bank, "cn-bank", "Bench").map_err(|no| anyhow!("{no:?}"))?;
    let done = |mut command: Command| match command.stdout(Stdio::null()).status()? {
        status if status.success() => Ok(()),
        status => bail!("{command:?}: {status}"),
    };
    for (folder, _) in files::deliveries(&book, wanted.loans) {
        done(postloan("import", bank, &["--from", &folder.display().to_string()])?)?;
    }
    let (yesterday, today) = ((wanted.business_date - 1).to_string(), wanted.business_date.to_string());
    done(postloan("day-end", bank, &["--date", &yesterday])?)?;
    let at = Moment::new(wanted.business_date, 0);
    let hired = blocking(async {
        let desk = desk_open(&open, None, at.day()).await?;
        demo_staff(&desk, &|_| Some(Role::Collector), at, PASSWORD).await
    });
    println!("{} people work here", hired.map_err(|no| anyhow!("{no:?}"))?);
    done(postloan("day-end", bank, &["--date", &today])?)
}

/// The program, serving a bank for as long as this lives.
struct Served {
    program: Child,
    base: String,
    agent: ureq::Agent,
}

impl Served {
    fn start(bank: &Path, log: &Path) -> Result<Served> {
        let mut command = postloan("serve", bank, &["--listen", "127.0.0.1:0", "--at", "10:00", "--lang", "en"])?;
        let said = log.with_extension("out");
        let program = command.stdout(File::create(&said)?).stderr(File::create(log)?).spawn()?;
        let config = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).timeout_global(Some(Duration::from_secs(300))).build();
        let mut served = Served { program, base: String::new(), agent: config.into() };
        while served.base.is_empty() {
            std::thread::sleep(Duration::from_millis(100));
            let said = fs::read_to_string(&said)?;
            served.base = said.split_whitespace().find(|word| word.starts_with("http://")).unwrap_or_default().trim_end_matches('/').to_owned();
            if let Some(status) = served.program.try_wait()? {
                bail!("the program ended: {status}: {}", fs::read_to_string(log)?);
            }
        }
        Ok(served)
    }

    fn page(&self, cookie: &str, path: &str) -> Result<String> {
        let mut answer = self.agent.get(format!("{}{path}", self.base)).header("cookie", cookie).call()?;
        let text = answer.body_mut().read_to_string()?;
        if answer.status() != 200 { Err(anyhow!("{path}: {}", answer.status())) } else { Ok(text) }
    }

    fn sign_in(&self, staff_id: &str) -> Result<String> {
        let answer = self.agent.post(format!("{}/sign-in/demo", self.base)).send_form([("staff_id", staff_id), ("to", "/")])?;
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|cookie| cookie.to_str().ok());
        let session = cookies.filter_map(|cookie| cookie.split(';').next()).find(|pair| pair.starts_with("postloan_session="));
        session.map(str::to_owned).with_context(|| format!("{staff_id} could not sign in: {}", answer.status()))
    }

    /// The clicks of each of so many people: one of each role the door offers, collectors for the rest.
    fn people(&self, count: usize, wanted: &Wanted) -> Result<Vec<String>> {
        let door = self.agent.get(format!("{}/sign-in", self.base)).call()?.body_mut().read_to_string()?;
        let offered: Vec<&str> = door.split("button name=\"staff_id\" value=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let mut people = Vec::new();
        for staff_id in offered {
            people.push(self.officer(&self.sign_in(staff_id)?)?);
        }
        let officers = (0..files::officers(wanted.loans)).map(files::officer_id);
        for staff_id in officers.take(count.saturating_sub(people.len())) {
            people.push(self.collector(&self.sign_in(&staff_id)?)?);
        }
        Ok(people)
    }

    /// What somebody with cases clicks: half of it is the next case.
    fn collector(&self, session: &str) -> Result<String> {
        let mut clicks = String::new();
        let queue = self.page(session, "/queue")?;
        let csrf = Secret::hash_of(&format!("form {}", session.split_once('=').map_or("", |(_, token)| token)));
        for case in links(&queue, "/cases/").into_iter().take(CASES) {
            let page = self.page(session, &case)?;
            let form = part(&page, "/inbound\"", "</form>");
            let person = part(form, "name=\"person\"><option value=\"", "\"");
            let (way, case_path) = (part(part(form, "name=\"channel\">", "</select>"), "value=\"", "\""), case.split('?').next().unwrap_or_default());
            write!(clicks, "GET\t{case}\t{session}\t\nGET\t{case}\t{session}\t\n")?;
            for customer in links(&page, "/customers/").into_iter().take(1) {
                writeln!(clicks, "GET\t{customer}\t{session}\t")?;
                writeln!(clicks, "GET\t/search?q={}\t{session}\t", customer.rsplit('/').next().unwrap_or_default())?;
            }
            writeln!(clicks, "POST\t{case_path}/inbound\t{session}\t_csrf={csrf}&_from={case_path}&person={person}&channel={way}&result=reached")?;
        }
        for path in ["/", "/", "/queue", "/queue", "/queue", "/queue/next", "/visits", "/loans", "/glossary"] {
            writeln!(clicks, "GET\t{path}\t{session}\t")?;
        }
        Ok(clicks)
    }

    /// What somebody who looks after the whole clicks: whatever the menu offers, and the charts and lists behind it.
    fn officer(&self, session: &str) -> Result<String> {
        let home = self.page(session, "/")?;
        let mut paths = links(part(&home, "<nav class=\"menu\"", "</nav>"), "/");
        if paths.iter().any(|path| path == "/portfolio") {
            let behind = [
                "/portfolio/time", "/portfolio/migration", "/portfolio/vintages", "/portfolio/concentration",
                "/loans?bucket=M2", "/loans?bucket=M2&page=3", "/loans?grade=substandard&sort=principal_outstanding", "/loans?branch=B00001",
            ];
            paths.extend(behind.map(str::to_owned));
        }
        let mut clicks = String::new();
        for path in paths {
            // Some kinds of pages are for other roles; nobody clicks what the menu does not show him.
            if self.page(session, &path).is_ok() {
                writeln!(clicks, "GET\t{path}\t{session}\t")?;
            }
        }
        Ok(clicks)
    }

    /// Lets wrk click; what it tells.
    fn crowd(&self, clicks: &Path, crowd: Crowd) -> Result<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("load/clicks.lua");
        let mut wrk = Command::new("wrk");
        wrk.args(["--threads", "1", "--timeout", "60", "--connections"]).arg(crowd.people.to_string()).arg("--duration").arg(format!("{}s", crowd.seconds));
        let told = wrk.arg("--script").arg(script).arg(&self.base).arg("--").arg(clicks).arg(crowd.pause.to_string()).output();
        let told = told.context("wrk is missing: apt-get install wrk")?;
        let text = String::from_utf8_lossy(&told.stdout).into_owned();
        let figures: Vec<f64> = text.lines().find_map(|line| line.strip_prefix("load\t")).map(|line| line.split('\t').filter_map(|word| word.parse().ok()).collect()).unwrap_or_default();
        let [requests, micros, p50, p95, p99, most, refused, broken] = figures[..] else { bail!("wrk told nothing: {text}{}", String::from_utf8_lossy(&told.stderr)) };
        let (a_second, ms) = (requests / micros * 1e6, |micros: f64| micros / 1e3);
        Ok(format!(
            "{requests} clicks, {a_second:.0} a second; p50 {:.0} ms, p95 {:.0} ms, p99 {:.0} ms, longest {:.0} ms; {refused} refused, {broken} broken",
            ms(p50), ms(p95), ms(p99), ms(most)
        ))
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.program.kill();
        let _ = self.program.wait();
    }
}

/// Addresses of our own that a page leads to, beginning with this; each once.
fn links(page: &str, under: &str) -> Vec<String> {
    let mut links: Vec<String> = Vec::new();
    for rest in page.split("href=\"").skip(1) {
        let link = rest.split(['"', '#']).next().unwrap_or_default().replace("&amp;", "&");
        if link.starts_with(under) && !link.starts_with("/lang/") && !links.contains(&link) {
            links.push(link);
        }
    }
    links
}

/// What stands between two pieces of a text; nothing where they are not there.
fn part<'t>(text: &'t str, from: &str, to: &str) -> &'t str {
    text.split_once(from).map_or("", |(_, rest)| rest.split(to).next().unwrap_or_default())
}

/// The program's own count: how long it took over each kind of page.
fn by_route(log: &str) -> String {
    let mut routes: BTreeMap<&str, Vec<u32>> = BTreeMap::new();
    for line in log.lines().filter(|line| line.starts_with("request ")) {
        let word = |name: &str| line.split(' ').find_map(|word| word.strip_prefix(name)?.strip_prefix('='));
        if let (Some(route), Some(took)) = (word("route"), word("duration_ms").and_then(|took| took.parse().ok())) {
            routes.entry(route).or_default().push(took);
        }
    }
    let mut told = "\n| page | clicks | p50 ms | p95 ms | longest ms |\n|---|---:|---:|---:|---:|\n".to_owned();
    for (route, mut took) in routes {
        took.sort_unstable();
        let at = |percent: usize| took[(took.len() * percent / 100).min(took.len() - 1)];
        let _ = writeln!(told, "| {route} | {} | {} | {} | {} |", took.len(), at(50), at(95), at(100));
    }
    told + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_of_a_page_are_found_once() {
        let page = "<a href=\"/cases/C-1?skip=\">a</a><a href=\"/cases/C-1?skip=\">b</a><a href=\"/lang/en\">c</a><a href=\"/loans?a=1&amp;b=2#top\">d</a>";
        assert_eq!(links(page, "/cases/"), ["/cases/C-1?skip="]);
        assert_eq!(links(page, "/"), ["/cases/C-1?skip=", "/loans?a=1&b=2"]);
    }

    #[test]
    fn the_log_tells_each_page_apart() {
        let log = "request method=GET route=/queue status=200 duration_ms=4\nrules pack=x\nrequest method=GET route=/queue status=200 duration_ms=8\n";
        assert!(by_route(log).contains("| /queue | 2 | 8 | 8 | 8 |"), "{}", by_route(log));
    }
}
