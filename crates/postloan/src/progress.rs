//! Progress on long work: a bar on a terminal, silence elsewhere.

use indicatif::{ProgressBar, ProgressStyle};
use std::time::Duration;

/// A bar on standard error; indicatif draws nothing when that is not a terminal.
pub struct Bar(ProgressBar);

impl Bar {
    pub fn new() -> Bar {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(Duration::from_millis(120));
        Bar(bar)
    }

    /// Shows `done` of `total` at `step`; a total of 0 is unknown.
    pub fn show(&mut self, step: &str, done: u64, total: u64) {
        let template = if total == 0 { "{spinner} {msg} {human_pos}" } else { "{msg} [{bar:30}] {human_pos}/{human_len}" };
        self.0.set_style(ProgressStyle::with_template(template).expect("a sound template").progress_chars("=> "));
        self.0.set_length(total);
        self.0.set_position(done);
        self.0.set_message(step.to_owned());
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
