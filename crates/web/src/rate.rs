//! How often one caller may ask: a bucket of requests for each, filled steadily.

use std::collections::HashMap;
use std::collections::hash_map::DefaultHasher;
use std::hash::{Hash, Hasher};
use std::sync::Mutex;
use std::time::Instant;

/// What one request takes; a bucket is counted in millionths of a request.
const ONE: u64 = 1_000_000;

/// Requests a caller may make at once after a pause.
const AT_ONCE: u64 = 200 * ONE;

/// Requests a second in the long run: a page asks ten, a program that reads everything is told to wait.
const A_SECOND: u64 = 50;

/// Callers remembered; beyond them those whose bucket is full again are forgotten.
const CALLERS: usize = 20_000;

/// The buckets of everybody who asked lately (限速). Tokens are known by a hash alone.
#[derive(Default)]
pub struct Rates(Mutex<HashMap<u64, Bucket>>);

struct Bucket {
    left: u64,
    at: Instant,
}

impl Bucket {
    fn filled(&self, now: Instant) -> u64 {
        // Requests a second are millionths of a request a microsecond.
        let passed = u64::try_from(now.duration_since(self.at).as_micros()).unwrap_or(u64::MAX);
        self.left.saturating_add(passed.saturating_mul(A_SECOND)).min(AT_ONCE)
    }
}

impl Rates {
    /// Takes one request from a caller's bucket; false when it is empty.
    pub fn take(&self, who: &str) -> bool {
        self.take_at(who, Instant::now())
    }

    fn take_at(&self, who: &str, now: Instant) -> bool {
        let mut hasher = DefaultHasher::new();
        who.hash(&mut hasher);
        let mut buckets = self.0.lock().expect("nobody panics holding it");
        if buckets.len() >= CALLERS {
            buckets.retain(|_, bucket| bucket.filled(now) < AT_ONCE);
        }
        let bucket = buckets.entry(hasher.finish()).or_insert(Bucket { left: AT_ONCE, at: now });
        let left = bucket.filled(now);
        let is_allowed = left >= ONE;
        *bucket = Bucket { left: if is_allowed { left - ONE } else { left }, at: now };
        is_allowed
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_bucket_empties_and_fills_for_each_caller_alone() {
        let (rates, now) = (Rates::default(), Instant::now());
        assert!((0..200).all(|_| rates.take_at("one", now)));
        assert!(!rates.take_at("one", now));
        assert!(rates.take_at("another", now));
        let later = now + Duration::from_millis(100);
        assert_eq!((0..10).filter(|_| rates.take_at("one", later)).count(), 5);
    }
}
