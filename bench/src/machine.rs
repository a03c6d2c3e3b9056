//! What was measured on what: a figure without its machine says nothing.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::thread;

/// One paragraph: processors, memory, profile, commit, and how busy the machine already was.
pub fn describe() -> String {
    let cores = thread::available_parallelism().map_or(0, usize::from);
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let model = field(&read("/proc/cpuinfo"), "model name").unwrap_or_else(|| "an unnamed processor".to_owned());
    let memory = field(&read("/proc/meminfo"), "MemTotal").and_then(|text| gibibytes(&text)).unwrap_or_default();
    let load = read("/proc/loadavg").split(' ').next().and_then(|load| load.parse::<f64>().ok()).unwrap_or_default();
    let busy = if load > 0.5 { "; it was busy, so read the CPU seconds and not the clock" } else { "" };
    let profile = if cfg!(debug_assertions) { "development" } else { "release" };
    let commit = commit().unwrap_or_else(|| "unknown".to_owned());
    format!(
        "Machine: {cores} cores ({model}), {memory} GiB, load {load} before the start{busy}. \
         Commit {commit}, {profile} profile."
    )
}

/// The value of a `name : value` line.
fn field(text: &str, name: &str) -> Option<String> {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.trim_start().strip_prefix(':'))?;
    Some(line.trim().to_owned())
}

/// `16000000 kB`, rounded to whole gibibytes.
fn gibibytes(text: &str) -> Option<u64> {
    let kibibytes: u64 = text.strip_suffix(" kB")?.parse().ok()?;
    Some((kibibytes + (1 << 19)) >> 20)
}

fn commit() -> Option<String> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let said = Command::new("git").args(["describe", "--always", "--dirty"]).current_dir(here).output().ok()?;
    said.status.success().then(|| String::from_utf8_lossy(&said.stdout).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_words_are_read() {
        let text = "MemTotal:       25165824 kB\nmodel name\t: A processor\n";
        assert_eq!(field(text, "model name").as_deref(), Some("A processor"));
        assert_eq!(field(text, "MemTotal").and_then(|text| gibibytes(&text)), Some(24));
        assert_eq!(field(text, "model"), None);
    }
}
