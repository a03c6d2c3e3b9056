//! A simulated institution: people with habits work real cases through real nights, and an auditor who
//! knows nothing of the gate counts what they did.
//!
//! `SEEDS=20 NIGHTS=90 cargo nextest run --workspace --test institution --no-capture` is the long run; by default
//! one seed and a dozen nights. About five hundred cases are open at a time, worked by thirty people and two agencies.
//! Faults are part of every day: two people on one case, a second click, a clock set back, somebody leaves with cases
//! and unsigned papers, an agency loses a case it just called about, a night dies half way and is run again.

mod agencies;
mod auditor;
mod bank;
mod faults;
mod people;

use agencies::Agencies;
use app::case_night::{Applied, CaseNight, SHARDS, case_night};
use app::dayend_run::NightRun;
use app::desk::Desk;
use bank::{Institution, THROUGH};
use sim::random::Random;
use std::time::Instant;
use units::Date;

/// One line per day, as an operator would read it.
fn told(date: Date, open: u64, done: &CaseNight, day: &people::Day, watch: &Stopwatch) -> String {
    let people::Day { asked, made, refused, promised, conflicts, placed, recalled, left } = day;
    format!(
        "{date} open {open} opened {} closed {} promises_decided {} signals {} | asked {asked} made {made} refused {refused} \
         promised {promised} conflicts {conflicts} placed {placed} recalled {recalled} left {left} | {}",
        done.opened, done.closed, done.promises_decided, done.clock_signals, watch.laps.join(" ")
    )
}

/// How long each part of a day took.
struct Stopwatch {
    since: Instant,
    laps: Vec<String>,
}

impl Stopwatch {
    fn lap(&mut self, what: &str) {
        self.laps.push(format!("{what} {} ms", self.since.elapsed().as_millis()));
        self.since = Instant::now();
    }
}

async fn applied(desk: &Desk, run: &NightRun) -> CaseNight {
    match case_night(desk, run).await.expect("the night applies") {
        Applied::Done(done) => done,
        other => panic!("people work here, night after night: {other:?}"),
    }
}

async fn live(seed: u64, nights: i32) {
    let through = Date::parse(THROUGH).expect("a date");
    let (first, start) = (through - nights + 1, Instant::now());
    let institution = Institution::found(seed, first).await;
    let desk = &institution.desk;
    let mut agencies = Agencies::admitted(desk, first, through).await;
    let mut random = Random::stream(seed, "institution", 0);
    let (mut total, mut open, mut most_open) = (people::Day::default(), 0, 0);
    for number in first.day_number()..=through.day_number() {
        let date = Date::new(number);
        let wrong = |wrong: String| -> () { panic!("seed {seed}, {date}: {wrong}") };
        let mut watch = Stopwatch { since: Instant::now(), laps: Vec::new() };
        let run = institution.night(date);
        watch.lap("night");
        if random.chance(300) {
            faults::killed_on_the_way(case_night(desk, &run), random.below(6_000)).await;
        }
        let done = applied(desk, &run).await;
        if random.chance(250) {
            // Started again after the last chunk: nothing happens twice.
            let again = applied(desk, &run).await;
            assert_eq!(again.chunks_before, 2 * SHARDS, "seed {seed}, {date}: every chunk was there");
        }
        watch.lap("desk");
        let found = auditor::after_night(&institution, &run, first).await.unwrap_or_else(|what| panic!("seed {seed}, {date}: {what}"));
        // A night that died has opened and closed some of them.
        if done.chunks_before == 0 && open + done.opened - done.closed != found {
            wrong(format!("{open} were open, {} opened, {} closed, {found} are open", done.opened, done.closed));
        }
        watch.lap("audit");
        (open, most_open) = (found, most_open.max(found));
        agencies.see_nothing_that_was_recalled(desk, date).await;
        let mut day = people::work(desk, seed, date, &mut random).await;
        day += agencies.work(desk, date, &mut random).await;
        day += faults::trouble(desk, date, &mut random).await;
        watch.lap("day");
        println!("seed {seed} {}", told(date, open, &done, &day, &watch));
        total += day;
    }
    // A day of the past is run again: no case goes back to what it was then.
    let past = case_night(desk, &institution.night(first)).await.expect("it is told");
    assert_eq!(past, Applied::LaterNight { date: through });
    auditor::whole(desk, &total, through).await.unwrap_or_else(|wrong| panic!("seed {seed}: {wrong}"));
    assert!(total.made > 50 && total.refused > 20 && total.promised > 5, "seed {seed}: hardly anybody worked: {total:?}");
    let seconds = start.elapsed().as_secs();
    println!("seed {seed} in all: {nights} nights, {seconds} s, at most {most_open} cases open, {total:?}");
}

fn from_environment(name: &str, usual: u64) -> u64 {
    std::env::var(name).ok().and_then(|value| value.parse().ok()).unwrap_or(usual)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_institution_breaks_no_limit_and_loses_no_case() {
    let first = from_environment("SEED", 1);
    for seed in first..first + from_environment("SEEDS", 1) {
        live(seed, from_environment("NIGHTS", 12) as i32).await;
    }
}
