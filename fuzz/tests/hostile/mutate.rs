//! New inputs out of old ones: bits flipped, pieces cut, repeated and mixed, words of trouble put in.

use sim::random::Random;

/// Words that have broken parsers before.
const WORDS: &[&[u8]] = &[
    b"\"", b"\"\"", b"\n", b"\r\n", b",", b";", b"\0", b"\xEF\xBB\xBF", b"\xFF\xFE", b"\xED\xA0\x80", b"\xEF\xBF\xBD", b"\x81\x30\x81\x30",
    b"-", b"0", b"1", b"2147483647", b"2147483648", b"-2147483649", b"4294967296", b"9223372036854775807", b"-9223372036854775808",
    b"99999999999999999999999999", b"10000000000000.00", b"1e308", b"0.0000001", b"NaN", b"0001-01-01", b"1900-01-01", b"2200-12-31",
    b"9999-12-31", b"2024-02-29", b"[[[[[[[[[[[[[[[[", b"{{{{{{{{{{{{{{{{", b"a.a.a.a.a.a.a.a", b"<", b">", b"&amp;", b"]]>", b"====", b"----",
];

/// Makes inputs from the inputs of a corpus (变异).
pub struct Mutator<'a> {
    seeds: &'a [Vec<u8>],
}

impl<'a> Mutator<'a> {
    pub fn new(seeds: &'a [Vec<u8>]) -> Mutator<'a> {
        Mutator { seeds }
    }

    /// The input of a seed, always the same.
    pub fn input(&self, seed: u64) -> Vec<u8> {
        let mut random = Random::stream(seed, "input", 0);
        let mut input = random.pick(self.seeds).clone();
        for _ in 0..=random.below(6) {
            self.change(&mut input, &mut random);
        }
        input
    }

    fn change(&self, input: &mut Vec<u8>, random: &mut Random) {
        let at = random.below(input.len() as u64 + 1) as usize;
        let piece = |of: &[u8], random: &mut Random| {
            let from = random.below(of.len() as u64 + 1) as usize;
            let most = (of.len() - from).min(200) as u64;
            of[from..from + random.below(most + 1) as usize].to_vec()
        };
        match random.below(6) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 => input.truncate(at),
            2 => drop(input.splice(at..at, random.pick(WORDS).iter().copied())),
            3 => {
                let end = (at + random.below(20) as usize).min(input.len());
                input.splice(at..end, random.pick(WORDS).iter().copied());
            }
            4 => {
                let again = piece(input, random).repeat(1 + random.skewed(0, 50) as usize);
                input.splice(at..at, again);
            }
            _ => {
                let other = random.pick(self.seeds);
                let others = piece(other, random);
                input.splice(at..at, others);
            }
        }
    }
}
