//! What scheduler and executors say while they run: plain lines on standard error.

use log::{Level, LevelFilter, Log, Metadata, Record};
use std::sync::Mutex;

/// Our own lines, and what the engine warns of. A line that only repeats the one before is not
/// written again: an executor without a scheduler would say the same twenty times a second.
struct Lines {
    last: Mutex<String>,
}

static LINES: Lines = Lines { last: Mutex::new(String::new()) };

/// Sends the lines to standard error from now on.
pub(crate) fn start() {
    if log::set_logger(&LINES).is_ok() {
        log::set_max_level(LevelFilter::Info);
    }
}

impl Log for Lines {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.level() <= Level::Warn || metadata.target().starts_with("cluster")
    }

    fn log(&self, record: &Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = format!("{} {}", record.level(), record.args());
        let mut last = self.last.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        if *last != line {
            eprintln!("{line}");
            *last = line;
        }
    }

    fn flush(&self) {}
}
