//! Every target on its corpus and on so many inputs made from it, the same ones every time.
//!
//! A failure leaves its input in the build's temporary folder as `<target>.input`; mended, it becomes a
//! file of the corpus.

mod mutate;

use cap::Cap;
use mutate::Mutator;
use std::alloc::System;
use std::fs;
use std::path::{Path, PathBuf};

#[global_allocator]
static MEMORY: Cap<System> = Cap::new(System, usize::MAX);

/// The inputs of a target's corpus, by name.
fn corpus(target: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(target);
    let mut paths: Vec<PathBuf> = fs::read_dir(folder).expect("a corpus").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.iter().map(|path| fs::read(path).expect("an input")).collect()
}

fn check(target: &str, mutations: u64) {
    MEMORY.set_limit(fuzz::MOST_MEMORY).expect("little is in use yet");
    let run = fuzz::target(target).expect("a target of that name");
    let seeds = corpus(target);
    assert!(!seeds.is_empty(), "{target} has no corpus");
    let last = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{target}.input"));
    let mutator = Mutator::new(&seeds);
    for input in seeds.iter().cloned().chain((0..mutations).map(|seed| mutator.input(seed))) {
        // Written before, because no one is left to write it when memory runs out.
        fs::write(&last, &input).expect("the temporary folder can be written to");
        run(&input);
    }
    fs::remove_file(&last).expect("the input was written");
}

/// A test per target and, so that none is forgotten, one that counts them.
macro_rules! targets {
    ($($name:ident $mutations:literal)*) => {
        $(#[test]
        fn $name() {
            check(stringify!($name), $mutations);
        })*

        #[test]
        fn every_target_is_run() {
            assert_eq!(fuzz::TARGETS.iter().map(|(name, _)| *name).collect::<Vec<_>>(), [$(stringify!($name)),*]);
        }
    };
}

targets! {
    book 50
    file 500
    manifest 2000
    mapping 500
    pack 100
    schedule 2000
    story 100
    workbook 300
}
