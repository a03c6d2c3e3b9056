//! The targets under a coverage-guided engine; `cargo xtask fuzz` builds and starts this.

#![no_main]

use cap::Cap;
use std::alloc::System;
use std::sync::OnceLock;

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

static TARGET: OnceLock<fn(&[u8])> = OnceLock::new();

/// Which target runs, by name.
const WHICH: &str = "POSTLOAN_FUZZ_TARGET";

libfuzzer_sys::fuzz_target!(
    init: {
        let name = std::env::var(WHICH).expect("the target's name");
        let run = fuzz::target(&name).expect("a target of that name");
        TARGET.set(run).expect("set once");
        // A library that panics is caught where the product catches it; the engine's own hook would not
        // let it come so far. Panics that get through end the process all the same.
        std::panic::set_hook(Box::new(|panic| {
            if std::env::var_os("POSTLOAN_FUZZ_PANICS").is_some() {
                eprintln!("{panic}");
            }
        }));
        MEMORY.set_limit(fuzz::MOST_MEMORY).expect("little is in use yet");
    },
    |bytes: &[u8]| TARGET.get().expect("set before")(bytes)
);
