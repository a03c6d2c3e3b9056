//! Tells cargo that the embedded packs are input: a new pack file must rebuild this room.

fn main() {
    println!("cargo::rerun-if-changed=../../policy");
}
