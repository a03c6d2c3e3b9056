//! Work that may be shared out, without this room knowing of threads.

use std::ops::Range;

/// Who does two things that need nothing of each other (并行执行者).
pub trait Hands: Sync {
    /// Both results, whoever was first.
    fn both<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B);
}

/// One after the other (单线程).
#[derive(Clone, Copy, Debug)]
pub struct OneHand;

impl Hands for OneHand {
    fn both<A: Send, B: Send>(&self, a: impl FnOnce() -> A + Send, b: impl FnOnce() -> B + Send) -> (A, B) {
        (a(), b())
    }
}

/// Below this a part is not worth handing over.
const SMALLEST_PART: usize = 65_536;

/// One value for each of `range`, made in parts by whoever is free; the order is the range's.
pub(crate) fn in_parts<T: Send>(
    hands: &impl Hands,
    range: Range<usize>,
    make: &(impl Fn(usize) -> T + Sync),
) -> Vec<T> {
    if range.len() <= SMALLEST_PART {
        return range.map(make).collect();
    }
    let middle = range.start + range.len() / 2;
    let halves = (range.start..middle, middle..range.end);
    let (mut first, second) =
        hands.both(|| in_parts(hands, halves.0, make), || in_parts(hands, halves.1, make));
    first.extend(second);
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_come_together_in_order() {
        let made = in_parts(&OneHand, 0..SMALLEST_PART * 3 + 7, &|number| number);
        assert!(made.iter().copied().eq(0..SMALLEST_PART * 3 + 7));
    }
}
