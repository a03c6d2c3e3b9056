//! Facts by identity, appended and never changed, with the day each version became known.

use std::collections::BTreeMap;
use units::Date;

/// Versions of facts by identity (事实版本).
///
/// Construction: `default`, [`Shelf::put`]. A later version of the same identity is a correction;
/// the earlier one stays, so that any past day can be seen as it was known then.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shelf<T>(BTreeMap<String, Vec<(Date, T)>>);

impl<T> Default for Shelf<T> {
    fn default() -> Shelf<T> {
        Shelf(BTreeMap::new())
    }
}

impl<T> Shelf<T> {
    pub fn put(&mut self, id: &str, known_from: Date, fact: T) {
        self.0.entry(id.to_owned()).or_default().push((known_from, fact));
    }

    /// The newest version known on a day.
    pub fn get(&self, id: &str, known_on: Date) -> Option<&T> {
        newest(self.0.get(id)?, known_on)
    }

    /// The version first given.
    pub fn first(&self, id: &str) -> Option<&T> {
        self.0.get(id)?.first().map(|(_, fact)| fact)
    }

    /// Everything known on a day, by identity in byte order.
    pub fn known(&self, known_on: Date) -> impl Iterator<Item = (&str, &T)> {
        self.0.iter().filter_map(move |(id, versions)| Some((id.as_str(), newest(versions, known_on)?)))
    }

    /// Since when the newest version known on a day is known.
    pub fn known_from(&self, id: &str, known_on: Date) -> Option<Date> {
        self.0.get(id)?.iter().map(|(known_from, _)| *known_from).rfind(|known_from| *known_from <= known_on)
    }

    /// Whether the identity was ever given, known yet or not.
    pub fn holds(&self, id: &str) -> bool {
        self.0.contains_key(id)
    }
}

fn newest<T>(versions: &[(Date, T)], known_on: Date) -> Option<&T> {
    versions.iter().rfind(|(known_from, _)| *known_from <= known_on).map(|(_, fact)| fact)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correction_is_seen_from_its_day_on() {
        let day = |day| Date::from_ymd(2026, 3, day).unwrap();
        let mut shelf = Shelf::default();
        shelf.put("R1", day(2), 500);
        shelf.put("R1", day(9), 600);
        let check = |on, expect: Option<i32>| assert_eq!(shelf.get("R1", day(on)).copied(), expect, "on {on}");
        check(1, None);
        check(2, Some(500));
        check(8, Some(500));
        check(9, Some(600));
        assert_eq!(shelf.known(day(20)).collect::<Vec<_>>(), [("R1", &600)]);
    }
}
