//! Chance by seed: the only source of variety in the practice world.
//!
//! Every borrower, loan and fault draws from a stream of its own ([`Random::stream`]), so adding a
//! loan to a world does not change what happens to the others, and a failure is reproduced by its
//! seed alone.

/// A seeded source of numbers (随机数): SplitMix64, whose whole state is one counter.
#[derive(Clone, Debug)]
pub struct Random {
    state: u64,
}

/// The odd number nearest to 2⁶⁴ divided by the golden ratio: successive counters lie far apart.
const STEP: u64 = 0x9E37_79B9_7F4A_7C15;

impl Random {
    pub fn new(seed: u64) -> Random {
        Random { state: seed }
    }

    /// The stream that belongs to one thing of one kind, independent of every other stream.
    pub fn stream(seed: u64, kind: &str, index: u64) -> Random {
        let mut state = mix(seed.wrapping_add(STEP));
        for byte in kind.bytes() {
            state = mix(state ^ u64::from(byte).wrapping_mul(STEP));
        }
        Random { state: mix(state ^ index.wrapping_mul(STEP)) }
    }

    pub fn draw(&mut self) -> u64 {
        self.state = self.state.wrapping_add(STEP);
        mix(self.state)
    }

    /// Evenly among `0..bound`; the bias of the multiplication is below 2⁻³² for the bounds used.
    pub fn below(&mut self, bound: u64) -> u64 {
        assert!(bound > 0, "nothing to choose from");
        ((u128::from(self.draw()) * u128::from(bound)) >> 64) as u64
    }

    /// Evenly among `low..=high`.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        assert!(low <= high, "an empty range: {low}..={high}");
        low + self.below((high - low) as u64 + 1) as i64
    }

    /// As [`Random::between`], leaning to the low end as sizes of companies and loans do: the
    /// smaller of two draws.
    pub fn skewed(&mut self, low: i64, high: i64) -> i64 {
        self.between(low, high).min(self.between(low, high))
    }

    /// True `permille` times in a thousand.
    pub fn chance(&mut self, permille: u64) -> bool {
        self.below(1000) < permille
    }

    pub fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        &items[self.below(items.len() as u64) as usize]
    }

    /// The index of one weight, as often as its share of all weights.
    pub fn weighted(&mut self, weights: impl Iterator<Item = u64> + Clone) -> usize {
        let mut rest = self.below(weights.clone().sum());
        for (index, weight) in weights.enumerate() {
            if rest < weight {
                return index;
            }
            rest -= weight;
        }
        unreachable!("the draw is below the sum of the weights")
    }
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(value: u64) -> u64 {
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_published_sequence_of_seed_1234567_comes_out() {
        let mut random = Random::new(1_234_567);
        let first: Vec<u64> = (0..3).map(|_| random.draw()).collect();
        assert_eq!(first, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn draws_stay_in_range_and_reach_both_ends() {
        let mut random = Random::new(7);
        let draws: Vec<i64> = (0..1000).map(|_| random.between(-2, 3)).collect();
        assert_eq!((draws.iter().min(), draws.iter().max()), (Some(&-2), Some(&3)));
        let mut counts = [0; 3];
        (0..1000).for_each(|_| counts[random.weighted([0, 1, 3].into_iter())] += 1);
        assert!(counts[0] == 0 && counts[1] > 150 && counts[2] > 600, "{counts:?}");
    }

    #[test]
    fn streams_do_not_depend_on_each_other() {
        let first = |kind, index| Random::stream(1, kind, index).draw();
        assert_eq!(first("loan", 4), first("loan", 4));
        assert_ne!(first("loan", 4), first("loan", 5));
        assert_ne!(first("loan", 4), first("customer", 4));
    }
}
