//! Long work that somebody began from a page and may leave: one at a time, with progress and an end to be read.

use crate::problem::{Problem, Reply, incident};
use crate::extract::refusal;
use app::desk::Call;
use app::book_import::ImportOutcome;
use app::operations::NightDone;
use app::what_if::WhatIf;
use app::{Failure, Outcome};
use authority::UseCase;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};
use units::{Moment, coded};

coded! {
    /// What long work it is (后台作业类别).
    JobKind {
        Night = "night",
        Import = "import",
        /// Rejects put right and sent again.
        Fix = "fix",
        /// A draft pack tried over the book.
        WhatIf = "what_if",
    }
}

impl JobKind {
    /// The right to begin it, and to see how it ended.
    pub const fn needs(self) -> UseCase {
        match self {
            JobKind::Night => UseCase::NightRun,
            JobKind::Import | JobKind::Fix => UseCase::ImportRun,
            JobKind::WhatIf => UseCase::WhatIfRun,
        }
    }
}

/// One piece of long work (后台作业).
#[derive(Clone)]
pub struct Job {
    pub number: u64,
    pub kind: JobKind,
    /// The night, folder, batch or draft it is about.
    pub subject: String,
    pub by: String,
    pub begun_at: Moment,
    /// What it is at, and how many rows it has done there.
    pub step: String,
    pub rows: u64,
    pub state: JobState,
}

/// How far it has come.
#[derive(Clone)]
pub enum JobState {
    Running,
    Ended(Arc<Ended>),
    Refused(Problem),
}

/// What came of it.
pub enum Ended {
    Night(NightDone),
    Imported(ImportOutcome),
    Tried(WhatIf),
}

impl Job {
    pub fn is_running(&self) -> bool {
        matches!(self.state, JobState::Running)
    }
}

/// All of it (后台作业簿): at most one runs, the last few are remembered while the service runs.
#[derive(Default)]
pub struct Jobs {
    all: Mutex<(u64, VecDeque<Job>)>,
}

/// So many are remembered.
const REMEMBERED: usize = 20;

/// Where work says how far it is.
#[derive(Clone)]
pub struct Teller {
    jobs: Arc<Jobs>,
    number: u64,
}

impl Teller {
    pub fn tell(&self, step: &str, rows: u64) {
        self.jobs.change(self.number, |job| (job.step, job.rows) = (step.to_owned(), rows));
    }
}

impl Jobs {
    fn all(&self) -> MutexGuard<'_, (u64, VecDeque<Job>)> {
        self.all.lock().expect("nobody panics holding it")
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Job)) {
        if let Some(job) = self.all().1.iter_mut().find(|job| job.number == number) {
            change(job);
        }
    }

    pub fn find(&self, number: u64) -> Option<Job> {
        self.all().1.iter().find(|job| job.number == number).cloned()
    }

    /// The latest first.
    pub fn latest(&self) -> Vec<Job> {
        self.all().1.iter().rev().cloned().collect()
    }

    /// Begins work, or says what runs already.
    pub fn begin<F: Future<Output = Outcome<Ended>> + Send + 'static>(
        self: &Arc<Jobs>,
        kind: JobKind,
        subject: &str,
        call: &Call,
        work: impl FnOnce(Teller) -> F,
    ) -> Reply<u64> {
        let number = {
            let (last, jobs) = &mut *self.all();
            if let Some(busy) = jobs.iter().find(|job| job.is_running()) {
                let kind = format!("job_kind.{}", busy.kind.code());
                return Err(refusal("E-WB-10", &[("kind", &kind), ("by", &busy.by), ("since", &busy.begun_at.to_string())]));
            }
            *last += 1;
            jobs.push_back(Job {
                number: *last,
                kind,
                subject: subject.to_owned(),
                by: call.staff_id.clone(),
                begun_at: call.at,
                step: String::new(),
                rows: 0,
                state: JobState::Running,
            });
            if jobs.len() > REMEMBERED {
                jobs.pop_front();
            }
            *last
        };
        let running = tokio::spawn(work(Teller { jobs: self.clone(), number }));
        let jobs = self.clone();
        tokio::spawn(async move {
            let state = match running.await {
                Ok(Ok(ended)) => JobState::Ended(Arc::new(ended)),
                Ok(Err(Failure::Refused(refusal))) => JobState::Refused(Problem::of(&refusal)),
                Ok(Err(Failure::Fault(fault))) => JobState::Refused(Problem::of(&incident(fault))),
                Err(panic) => JobState::Refused(Problem::of(&incident(panic))),
            };
            jobs.change(number, |job| job.state = state);
        });
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn one_runs_at_a_time_and_its_end_is_kept() {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).build().unwrap();
        let jobs = Arc::new(Jobs::default());
        let call = Call { staff_id: "A".to_owned(), only: None, at: Moment::parse("2026-11-20 10:00:00").unwrap(), key: None };
        let _inside = runtime.enter();
        let (end, ended) = oneshot::channel::<()>();
        let first = jobs.begin(JobKind::Night, "n", &call, |teller| async move {
            teller.tell("fold", 7);
            ended.await.unwrap();
            app::refused("E-DE-01", &[])
        });
        let first = first.unwrap_or_else(|_| panic!("nothing runs"));
        let second = jobs.begin(JobKind::Import, "i", &call, |_| async { app::refused("E-DE-01", &[]) });
        let Err(crate::problem::Told(Failure::Refused(busy))) = second else { panic!("two at a time") };
        assert_eq!((busy.code, busy.facts[0].1.as_str()), ("E-WB-10", "job_kind.night"));
        end.send(()).unwrap();
        let told = loop {
            match jobs.find(first).unwrap() {
                Job { state: JobState::Refused(problem), rows, .. } => break (problem.code, rows),
                _ => std::thread::yield_now(),
            }
        };
        assert_eq!(told, ("E-DE-01".to_owned(), 7));
        let third = jobs.begin(JobKind::Import, "i", &call, |_| async { panic!("broken") });
        let third = third.unwrap_or_else(|_| panic!("nothing runs"));
        while jobs.find(third).unwrap().is_running() {
            std::thread::yield_now();
        }
        assert!(matches!(jobs.find(third).unwrap().state, JobState::Refused(problem) if problem.code == "E-WB-07"));
    }
}
