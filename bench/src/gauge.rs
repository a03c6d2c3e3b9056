//! One process, measured from outside: seconds, CPU seconds, and the most memory it held.

use anyhow::{Context, Result, bail};
use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// What a process needed (用量).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    pub wall: Duration,
    pub cpu: Duration,
    pub peak_bytes: u64,
}

/// How often the kernel is asked. What a process holds only in its last such moment is missed.
const LOOK: Duration = Duration::from_millis(2);

/// The kernel counts CPU time in hundredths of a second (`USER_HZ`) on every Linux machine.
const TICK: Duration = Duration::from_millis(10);

/// Runs a command to its end; fails when it fails. Standard output is left to nobody.
pub fn measure(command: &mut Command) -> Result<Usage> {
    let start = Instant::now();
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().context("starting postloan")?;
    let folder = format!("/proc/{}", child.id());
    let mut usage = Usage::default();
    loop {
        // Read before the process is waited for: afterwards its counts are gone.
        if let Some(peak) = fs::read_to_string(format!("{folder}/status")).ok().and_then(|text| peak_bytes(&text)) {
            usage.peak_bytes = usage.peak_bytes.max(peak);
        }
        if let Some(ticks) = fs::read_to_string(format!("{folder}/stat")).ok().and_then(|text| ticks(&text)) {
            usage.cpu = TICK * ticks;
        }
        if let Some(status) = child.try_wait()? {
            usage.wall = start.elapsed();
            if !status.success() {
                bail!("{command:?} ended with {status}");
            }
            return Ok(usage);
        }
        thread::sleep(LOOK);
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        assert_eq!(peak_bytes("Name:\tpostloan\nVmHWM:\t  204800 kB\nVmRSS:\t 100 kB\n"), Some(204_800 * 1024));
        assert_eq!(peak_bytes("Name:\tzombie\n"), None);
        assert_eq!(ticks("12 (a) name) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0"), Some(300));
    }
}
