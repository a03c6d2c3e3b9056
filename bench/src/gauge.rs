//! One process, measured from outside: seconds, CPU seconds, the most memory it held, the bytes it read.

use anyhow::{Context, Result, bail};
use std::fs;
use std::io::Read;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a process needed (用量).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_bytes: u64,
    /// Handed over by the system when the process asked to read, from the disk or from its cache.
    pub read_bytes: u64,
}

/// The same step several times (重复测量).
#[derive(Clone, Debug, Default)]
pub struct Measured {
    pub runs: Vec<Usage>,
}

impl Measured {
    fn sorted<T: Ord>(&self, of: impl Fn(&Usage) -> T) -> Vec<T> {
        let mut values: Vec<T> = self.runs.iter().map(of).collect();
        values.sort();
        values
    }

    /// The middle of the runs; of an even number the later of the two.
    pub fn seconds(&self) -> f64 {
        self.sorted(|run| run.wall).get(self.runs.len() / 2).map_or(0.0, Duration::as_secs_f64)
    }

    pub fn cpu_seconds(&self) -> f64 {
        self.sorted(|run| run.cpu).get(self.runs.len() / 2).map_or(0.0, Duration::as_secs_f64)
    }

    pub fn fastest_and_slowest(&self) -> (f64, f64) {
        let walls = self.sorted(|run| run.wall);
        let end = |wall: Option<&Duration>| wall.map_or(0.0, Duration::as_secs_f64);
        (end(walls.first()), end(walls.last()))
    }

    /// The most of any run.
    pub fn peak_bytes(&self) -> u64 {
        self.runs.iter().map(|run| run.peak_bytes).max().unwrap_or_default()
    }

    pub fn read_bytes(&self) -> u64 {
        self.runs.iter().map(|run| run.read_bytes).max().unwrap_or_default()
    }
}

/// How often the kernel is asked. What a process holds only in its last such moment is missed.
const LOOK: Duration = Duration::from_millis(2);

/// The kernel counts CPU time in hundredths of a second (`USER_HZ`) on every Linux machine.
const TICK: Duration = Duration::from_millis(10);

/// Runs a command to its end; a failure carries what it said on standard error. Standard output is
/// left to nobody.
pub fn measure(command: &mut Command) -> Result<Usage> {
    let start = Instant::now();
    let mut child =
        command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().with_context(|| format!("{command:?}"))?;
    let mut said = child.stderr.take().expect("piped");
    // Read aside, so that a talkative process is not held up by a full pipe.
    let listener = thread::spawn(move || {
        let mut text = Vec::new();
        said.read_to_end(&mut text).map(|_| text)
    });
    let folder = format!("/proc/{}", child.id());
    let asked = |name: &str| fs::read_to_string(format!("{folder}/{name}")).ok();
    let mut usage = Usage::default();
    let status = loop {
        // Read before the process is waited for: afterwards its counts are gone.
        if let Some(peak) = asked("status").and_then(|text| peak_bytes(&text)) {
            usage.peak_bytes = usage.peak_bytes.max(peak);
        }
        if let Some(ticks) = asked("stat").and_then(|text| ticks(&text)) {
            usage.cpu = TICK * ticks;
        }
        if let Some(bytes) = asked("io").and_then(|text| read_bytes(&text)) {
            usage.read_bytes = bytes;
        }
        if let Some(status) = child.try_wait()? {
            usage.wall = start.elapsed();
            break status;
        }
        thread::sleep(LOOK);
    };
    let said = listener.join().expect("reading does not panic").context("listening to the process")?;
    if !status.success() {
        bail!("{command:?} ended with {status}\n{}", String::from_utf8_lossy(&said).trim_end());
    }
    Ok(usage)
}

/// The high-water mark of resident memory in `/proc/N/status`.
fn peak_bytes(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// User and system time in `/proc/N/stat`; the name before them may hold anything but ends with `)`.
fn ticks(stat: &str) -> Option<u32> {
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    Some(fields.get(11)?.parse::<u32>().ok()? + fields.get(12)?.parse::<u32>().ok()?)
}

/// What was read through the system's calls, in `/proc/N/io`; pages mapped into memory do not count.
fn read_bytes(io: &str) -> Option<u64> {
    io.lines().find_map(|line| line.strip_prefix("rchar:"))?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(peak_bytes("Name:\tpostloan\nVmHWM:\t  204800 kB\nVmRSS:\t 100 kB\n"), Some(204_800 * 1024));
        assert_eq!(peak_bytes("Name:\tzombie\n"), None);
        assert_eq!(read_bytes("rchar: 4096\nwchar: 12\n"), Some(4096));
        assert_eq!(ticks("12 (a) name) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0"), Some(300));
    }

    #[test]
    fn the_middle_run_stands_for_all() {
        let run = |milliseconds| Usage { wall: Duration::from_millis(milliseconds), ..Usage::default() };
        let check = |runs: &[u64], expect| {
            let measured = Measured { runs: runs.iter().copied().map(run).collect() };
            assert_eq!(measured.seconds(), expect);
        };
        check(&[900, 100, 300], 0.3);
        check(&[200, 100], 0.2);
        check(&[], 0.0);
    }

    #[test]
    fn a_failing_process_tells_why() {
        let error = measure(Command::new("sh").args(["-c", "echo broken >&2; exit 3"])).unwrap_err();
        assert!(error.to_string().ends_with("\nbroken"), "{error}");
    }
}
